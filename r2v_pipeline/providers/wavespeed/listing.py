"""WaveSpeedAI's list of models with the schemas of their requests, and what it says that plain clips cost today."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

from r2v_pipeline.canonical import canonical
from r2v_pipeline.errors import NetworkTrouble
from r2v_pipeline.providers.catalog.live import Live, Price
from r2v_pipeline.providers.catalog.load import entries
from r2v_pipeline.providers.catalog.prices import price
from r2v_pipeline.providers.catalog.types import Asked, Entry
from r2v_pipeline.providers.http.channel import Channel
from r2v_pipeline.providers.http.place import Where, place
from r2v_pipeline.providers.wavespeed import prices, wire

# A new model is told of when its name says that it makes clips from references.
_OURS = "reference-to-video"

# What a clip whose price is compared lasts, where the model makes one.
_SECONDS_MS = 5000

_IMAGE, _VIDEO = "https://reference.invalid/0.png", "https://reference.invalid/0.mp4"


async def listed(where: Where) -> tuple[Live, ...]:
    """Every model of the catalog that is there, and those that are not in it and make clips from references.

    Raises:
        EnvironmentTrouble: there is no key.
        NetworkTrouble: the list cannot be had, or is none.
    """
    channel = place(wire.NAME, where=where).channel()
    try:
        told = await channel.ask("GET", "api/v3/models", most=64 * 1024 * 1024, deadline_s=120.0)
        rows = told.data.get("data") if isinstance(told.data, dict) else told.data
        found = {row["model_id"]: row for row in rows or () if isinstance(row, dict) and _named(row)}
        if not found:
            raise NetworkTrouble(f"{channel.title} answered without its list of models", status=told.status)
        own = [entry for entry in entries() if entry.provider == wire.NAME and entry.id in found]
        asked = await asyncio.gather(*(_prices(channel, entry) for entry in own))
    finally:
        await channel.close()
    known = tuple(
        _live(entry, _schema(found[entry.id]))._replace(prices=told) for entry, told in zip(own, asked, strict=True)
    )
    ids = {entry.id for entry in own}
    return known + tuple(Live(id) for id in found if id not in ids and _OURS in id)


def _named(row: Mapping[str, Any]) -> bool:
    return isinstance(row.get("model_id"), str)


def _schema(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema of a run's request; empty where the list does not have it in the place that the SDKs look at."""
    try:
        found = row["api_schema"]["api_schemas"][0]["request_schema"]
    except (KeyError, IndexError, TypeError):
        return {}
    return found if isinstance(found, dict) and isinstance(found.get("properties"), dict) else {}


def _live(entry: Entry, schema: Mapping[str, Any]) -> Live:
    if not schema:
        return Live(entry.id)
    fields: Mapping[str, Any] = {n: p for n, p in schema["properties"].items() if isinstance(p, dict)}
    sources = {field.path[0]: field.source for field in entry.fields}
    values = {
        ours: found
        for name, source in sources.items()
        if (ours := {"duration": "seconds"}.get(source, source)) in ("resolution", "ratio", "size", "seconds")
        and (found := _values(fields.get(name, {})))
    }
    most = {name: fields[name]["maxItems"] for name in fields if isinstance(fields[name].get("maxItems"), int)}
    required = schema.get("required")
    names = frozenset(required) if isinstance(required, list) else frozenset()
    return Live(entry.id, (), values, frozenset(schema["properties"]), names, most)


def _values(field: Mapping[str, Any]) -> tuple[str, ...]:
    """The values that a field may have; empty where the schema does not bound them."""
    if isinstance(field.get("enum"), list):
        return tuple(str(value) for value in field["enum"])
    least, most = field.get("minimum"), field.get("maximum")
    if isinstance(least, int) and isinstance(most, int) and 0 <= least <= most < least + 100:
        return tuple(str(value) for value in range(least, most + 1))
    return ()


async def _prices(channel: Channel, entry: Entry) -> tuple[Price, ...]:
    """A plain clip of each resolution, as the catalog has it and as the service says."""
    found = []
    for of, body, ours in _plain_clips(entry):
        asked = canonical({"model_id": entry.id, "inputs": body})
        theirs = await prices.ask(channel, asked)
        if theirs is not None:
            found.append(Price(of, ours, theirs))
    return tuple(found)


def _plain_clips(entry: Entry) -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Which clip, its inputs, and its price by the catalog: one reference, the shortest length from 5 s on."""
    images, videos = _reference(entry)
    for resolution in entry.settings.get("resolution", ("",)):
        for audio in entry.settings.get("audio", (True,)):
            ratio = str(next(iter(entry.settings.get("ratio", ("",)))))
            asked = Asked("", images, (_SECONDS_MS,) * videos, False, str(resolution), ratio, bool(audio))
            rule = entry.duration_rule(asked)
            clip_ms = (rule.covering(_SECONDS_MS) or rule.longest_ms) if rule else _SECONDS_MS
            known = {
                "prompt": "a lamp", "duration": clip_ms // 1000, "resolution": resolution, "ratio": ratio,
                "audio": audio, "size": entry.sizes.get((str(resolution), ratio)), "images": [_IMAGE] * images,
                "videos": [_VIDEO] * videos, "references": [_IMAGE] * images + [_VIDEO] * videos,
                "video": _VIDEO if videos else None, "shot_type": "single", "prompt_extend": False,
            }  # fmt: skip
            values = {f.path[0]: f.value if f.source == "value" else known.get(f.source) for f in entry.fields}
            body = {name: value for name, value in values.items() if value not in (None, "", [])}
            sound = "" if len(entry.settings.get("audio", ())) < 2 else " with sound" if audio else " without sound"
            of = f"{clip_ms // 1000} s" + (f" of {resolution}" if resolution else "") + sound
            yield of, body, price(entry, asked, clip_ms)


def _reference(entry: Entry) -> tuple[int, int]:
    """One picture where the model takes any, else one video, else nothing."""
    least = {rule.of: rule.at_most for rule in entry.counts if not rule.when.facts}
    if least.get("all") == 0:
        return 0, 0
    return (0, 1) if least.get("image") == 0 else (1, 0)
