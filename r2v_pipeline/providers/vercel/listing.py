"""The gateway's public list of models, as the catalog can be compared with it; anybody may ask for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from r2v_pipeline.errors import NetworkTrouble
from r2v_pipeline.providers.catalog.live import Live, Price
from r2v_pipeline.providers.catalog.load import entries
from r2v_pipeline.providers.catalog.types import Asked, Entry
from r2v_pipeline.providers.client import Cost
from r2v_pipeline.providers.http.place import Where, keyless
from r2v_pipeline.providers.vercel import prices, wire

_ROUTE = "v1/models"


async def listed(where: Where) -> tuple[Live, ...]:
    """Every model that makes videos.

    Raises:
        NetworkTrouble: the list cannot be had, or is none.
    """
    channel = keyless(wire.NAME, where)
    channel.base = channel.base._replace(url=wire.root_of(channel.base.url)[0])
    try:
        told = await channel.ask("GET", _ROUTE)
    finally:
        await channel.close()
    rows = prices.listed(told.data)
    if not rows:
        raise NetworkTrouble(f"{channel.title} answered without its list of models", status=told.status)
    own = {entry.id: entry for entry in entries() if entry.provider == wire.NAME}
    return tuple(_live(row, own.get(id)) for id, row in rows.items() if row.get("type") == "video" or id in own)


def _live(row: Mapping[str, Any], entry: Entry | None) -> Live:
    if entry is None:
        return Live(row["id"])
    can = row.get("video_capabilities")
    can = can if isinstance(can, dict) else {}
    named = {"resolution": "resolutions", "ratio": "aspect_ratios"}
    values = {ours: tuple(map(str, can[theirs])) for ours, theirs in named.items() if _words(can.get(theirs))}
    return Live(entry.id, tuple(_prices(row, entry)), values)


def _prices(row: Mapping[str, Any], entry: Entry) -> list[Price]:
    """A second of each resolution, with and without sound where the model has both."""
    found = []
    for resolution in entry.settings.get("resolution", ()):
        for audio in entry.settings.get("audio", (True,)):
            asked = Asked(resolution=resolution, audio=audio)
            ours = next((rate for rate in entry.rates if rate.when.holds(asked)), None)
            theirs = prices.rates(row, resolution, audio)
            if ours and theirs:
                sound = "" if len(entry.settings.get("audio", ())) < 2 else " with sound" if audio else " without sound"
                of = f"a second of {resolution}{sound}"
                cost = Cost(theirs[0], theirs[-1], "USD")
                found.append(Price(of, Cost(ours.micros, ours.micros, ours.currency), cost))
    return found


def _words(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, str) for item in value)
