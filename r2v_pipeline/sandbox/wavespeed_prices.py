"""WaveSpeedAI's models with their parameters, what a run of one would cost, and what is left of the account."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from r2v_pipeline.providers.catalog.load import entries
from r2v_pipeline.providers.catalog.types import Entry
from r2v_pipeline.sandbox.routes import Call, House
from r2v_pipeline.sandbox.schema import Fault, body_schema
from r2v_pipeline.sandbox.wanted import Wanted, bill, entry_of, settle
from r2v_pipeline.sandbox.wavespeed_shape import parsed, refused, success
from r2v_pipeline.sandbox.wire import Reply

_CREDIT = 1000.0  # dollars, of every account
_TYPES = {"text": "text-to-video", "frame": "image-to-video", "reference": "image-to-video"}


class Prices:
    """`understood` says what a body asks a model for."""

    def __init__(self, house: House, understood: Callable[[Call, Entry, dict[str, Any]], Wanted | Fault]) -> None:
        self._house, self._understood = house, understood

    def models(self, call: Call) -> Reply:  # noqa: ARG002 (the same for every account)
        """Every model with the schema of its body, as the official clients read it."""
        own = [entry for entry in entries() if entry.provider == "wavespeed"]
        return success([_model(entry, order) for order, entry in enumerate(own)])

    def balance(self, call: Call) -> Reply:
        """Dollars, as a number."""
        spent = sum(job.micros for job in self._house.jobs.of("wavespeed", call.account) if job.owed)
        return success({"balance": round(_CREDIT - spent / 1_000_000, 6)})

    def price(self, call: Call) -> Reply:
        """What a submit would cost; the base price where its inputs are not complete.  Costs nothing."""
        asked = parsed(call.request) or {}
        entry = entry_of("wavespeed", str(asked.get("model_id")))
        if entry is None:
            return refused(404, f"model not found: {str(asked.get('model_id'))[:200]}")
        inputs = asked.get("inputs")
        wanted = self._understood(call, entry, inputs if isinstance(inputs, dict) else {})
        price = bill(wanted).micros / 1_000_000 if isinstance(wanted, Wanted) else base_price(entry)
        if call.request.path.endswith("pricing"):  # as the older clients know it
            return success({"model_id": entry.id, "unit_price": price, "currency": "USD"})
        return success({"model_id": entry.id, "price": price, "discounted_price": price, "currency": "USD"})


def base_price(entry: Entry) -> float:
    """What the shortest usual clip costs, in dollars."""
    nothing: dict[str, Any] = {"resolution": "", "ratio": "", "audio": True}
    return bill(settle(entry, "", nothing, 0, ("", ""), (), None, ())).micros / 1_000_000


def _model(entry: Entry, order: int) -> dict[str, Any]:
    schema = body_schema(entry)
    return {
        "model_id": entry.id, "name": entry.id, "description": entry.title, "type": _TYPES[entry.makes],
        "base_price": base_price(entry), "formula": "", "sort_order": order,
        "api_schema": {
            "api_schemas": [
                {"type": "model_run", "request_schema": {**schema, "x-order-properties": list(schema["properties"])}},
            ],
        },
    }  # fmt: skip
