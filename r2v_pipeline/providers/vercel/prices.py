"""The gateway's prices of today, by its public list of models; what it does not say stays as the catalog has it.

Pure.  Source: Vercel documentation, REST API of the AI Gateway: models.  A list price is one a second of the clip;
whether seconds of reference videos are billed on is said nowhere, so that they only raise the upper end.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from r2v_pipeline.providers.catalog.requests import billed
from r2v_pipeline.providers.client import Cost
from r2v_pipeline.providers.http.amounts import micros_of
from r2v_pipeline.providers.request import RenderRequest


def listed(data: Any) -> dict[str, Mapping[str, Any]]:
    """The entries of the list by their ids; empty for what is no list."""
    rows = data.get("data") if isinstance(data, dict) else None
    rows = rows if isinstance(rows, list) else []
    return {row["id"]: row for row in rows if isinstance(row, dict) and isinstance(row.get("id"), str)}


def rates(row: Mapping[str, Any], resolution: str, audio: bool) -> list[int]:
    """The prices a second that may hold for a clip, in millionths of a dollar, the least first."""
    pricing = row.get("pricing")
    tiers = pricing.get("video_duration_pricing") if isinstance(pricing, dict) else None
    found = set()
    for tier in tiers if isinstance(tiers, list) else []:
        if not isinstance(tier, dict) or tier.get("resolution") not in (None, resolution):
            continue
        if tier.get("audio") in (None, audio) and (micros := micros_of(tier.get("cost_per_second"))) is not None:
            found.add(micros)
    return sorted(found)


def quote(row: Mapping[str, Any], request: RenderRequest) -> Cost | None:
    """What a request costs by the list; None where the list does not say, or the seconds have no bound."""
    prices, seconds = rates(row, request.resolution, request.audio), billed(request)
    if not prices or seconds is None:
        return None
    return Cost((seconds.low * prices[0] + 500) // 1000, (seconds.high * prices[-1] + 500) // 1000, "USD")
