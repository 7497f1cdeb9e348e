"""Looking for a submit whose answer was lost, in the account's history of predictions.

The history can show what each was asked with, so that the one is known by exactly that.  Source: WaveSpeedAI
documentation, prediction history: newest first, kept 7 days, submits over the API and in the browser alike.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from r2v_pipeline.canonical import canonical
from r2v_pipeline.providers.client import Found, Sought
from r2v_pipeline.providers.http.channel import Channel
from r2v_pipeline.providers.http.reading import epoch, parsed, safe_id
from r2v_pipeline.providers.wavespeed.wire import FINE, inside

PAGE = 100
# A history longer than this is not read to its end.
PAGES = 100

# What the service may write beside our own fields: what it takes for a field that was left out.
_NOTHING = ("null", '""', "[]", "{}", "false", "-1")


class _Page(NamedTuple):
    """Rows of one page, None where it cannot be read, and the service's clock."""

    rows: list[Any] | None
    now: float | None


async def find(channel: Channel, sought: Sought) -> Found:
    """Predictions of the same model, made at the time, with exactly what was asked, that nobody has claimed.

    Raises:
        NetworkTrouble: the history cannot be read.
    """
    body = parsed(sought.body.decode())
    matches: dict[str, None] = {}
    now = None
    for page in range(1, PAGES + 1):
        rows, now = await _page(channel, sought, page)
        if rows is None:
            return Found((), False, now)
        for row in rows:
            id = safe_id(row.get("id")) if isinstance(row, dict) else ""
            asked = _asked_with(row) if id else None
            if asked is None:
                return Found((), False, now)  # it might be the one
            if row.get("model") in (None, sought.model) and same(body, asked) and not _claimed(id, sought):
                matches[id] = None
        if len(rows) < PAGE:
            return Found(tuple({"id": id} for id in matches), True, now)
    return Found((), False, now)


def same(body: Mapping[str, Any], asked: Mapping[str, Any]) -> bool:
    """Whether a prediction was asked with a body: all of it, and beside it only what means nothing."""
    beside = [_spelled(value) for name, value in asked.items() if name not in body]
    return all(_spelled(asked.get(name)) == _spelled(body[name]) for name in body) and all(
        value in _NOTHING for value in beside
    )


async def _page(channel: Channel, sought: Sought, page: int) -> _Page:
    asked = {
        "page": page,
        "page_size": PAGE,
        "model": sought.model,
        "created_after": _time(sought.since),
        "created_before": _time(sought.until),
        "include_inputs": True,
    }
    headers = {"content-type": "application/json"}
    told = await channel.ask("POST", "api/v3/predictions", body=canonical(asked), headers=headers)
    now = epoch(told.headers.get("date", ""))
    if told.status != FINE or not isinstance(told.data, dict) or told.data.get("code") not in (None, FINE):
        return _Page(None, now)
    held = inside(told.data)
    rows = next((held[name] for name in ("items", "predictions", "list") if name in held), told.data.get("data"))
    return _Page(rows if isinstance(rows, list) else None, now)


def _asked_with(row: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What a prediction was asked with; None where the history does not show it."""
    shown = row.get("input") or row.get("inputs")
    return shown if isinstance(shown, dict) else None


def _spelled(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _claimed(id: str, sought: Sought) -> bool:
    return canonical({"id": id}).decode() in sought.claimed


def _time(seconds: float) -> str:
    """A time as the service writes it, to the second."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
