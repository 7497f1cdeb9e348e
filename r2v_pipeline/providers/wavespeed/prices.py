"""What WaveSpeedAI says today that a request would cost: its own answer to the very inputs, not a table.

Asking is free of charge.  Source: WaveSpeedAI documentation, pricing API; the older of two routes is asked where there
is no newer one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from r2v_pipeline.canonical import canonical
from r2v_pipeline.providers.client import Cost
from r2v_pipeline.providers.http.amounts import micros_of
from r2v_pipeline.providers.http.channel import Channel
from r2v_pipeline.providers.request import RenderRequest
from r2v_pipeline.providers.wavespeed.wire import FINE, inside

_ROUTES = ("api/v3/model/price", "api/v3/model/pricing")

# What is really taken comes first: a discount, then the price, then what the older route calls it.
_FIELDS = ("discounted_price", "price", "unit_price")


async def quote(channel: Channel, request: RenderRequest) -> Cost | None:
    """The price of a request; None where the service does not tell one.

    Raises:
        NetworkTrouble: it cannot be asked.
    """
    return await ask(channel, canonical({"model_id": request.model, "inputs": _inputs(request)}))


async def ask(channel: Channel, asked: bytes) -> Cost | None:
    """The price of a model's inputs, as the body of the question; None where the service does not tell one.

    Raises:
        NetworkTrouble: it cannot be asked.
    """
    for route in _ROUTES:
        told = await channel.ask("POST", route, body=asked, headers={"content-type": "application/json"})
        if told.status != 404:
            fine = told.status == FINE and isinstance(told.data, dict) and told.data.get("code") in (None, FINE)
            return _cost(inside(told.data)) if fine else None
    return None


def _cost(told: Mapping[str, Any]) -> Cost | None:
    micros = next((amount for name in _FIELDS if (amount := micros_of(told.get(name))) is not None), None)
    currency = told.get("currency") or "USD"
    if micros is None or not isinstance(currency, str) or len(currency) != 3 or not currency.isalpha():
        return None
    return Cost(micros, micros, currency.upper())


def _inputs(request: RenderRequest) -> Any:
    """The body with addresses where files are still to be uploaded: prices go by how many there are, at most."""
    kinds = {r.placeholder: "mp4" if r.kind == "video" else "png" for r in request.references}
    stands = {
        placeholder: f"https://reference.invalid/{number}.{suffix}"
        for number, (placeholder, suffix) in enumerate(kinds.items())
        if placeholder.startswith("r2v-")
    }
    return _replaced(request.body, stands)


def _replaced(value: Any, stands: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return stands.get(value, value)
    if isinstance(value, Mapping):
        return {name: _replaced(inner, stands) for name, inner in value.items()}
    return [_replaced(inner, stands) for inner in value] if isinstance(value, (list, tuple)) else value
