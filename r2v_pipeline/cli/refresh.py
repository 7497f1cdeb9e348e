"""`r2v models --refresh`: the catalog against the services' own lists of today.

It says what differs and edits nothing: every figure of the catalog has a source that somebody read.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from importlib import import_module

from r2v_pipeline.cli.stages.front import paint_for
from r2v_pipeline.errors import R2VError, UsageError
from r2v_pipeline.providers.catalog.live import differences
from r2v_pipeline.providers.catalog.load import providers
from r2v_pipeline.providers.http.place import Where
from r2v_pipeline.report.refresh import Compared, to_json, to_text
from r2v_pipeline.report.safe import safe_json

DIFFERENT = 10

# Services with a list that can be asked for: the module whose `listed(where)` brings it.
_LISTS: Mapping[str, str] = {
    "vercel": "r2v_pipeline.providers.vercel.listing",
    "wavespeed": "r2v_pipeline.providers.wavespeed.listing",
}
_NO_LIST = "it documents no list of its models"


def run(provider: str, form: str, where: Where = Where()) -> int:  # noqa: B008 - a value
    """0 when nothing differs, 10 when something does, 7 when none of the lists could be had, or not the one asked for.

    Raises:
        UsageError: the catalog has no such provider, or it has no list.
    """
    if provider and provider not in _LISTS:
        raise UsageError(f"--refresh: '{provider}' has no list to compare with", f"{' and '.join(_LISTS)} have one")
    names = [provider] if provider else list(providers())
    compared = [_compared(name, where) for name in names]
    if form == "json":
        sys.stdout.write(safe_json(to_json(compared)) + "\n")
    else:
        sys.stdout.write(to_text(compared, providers(), paint_for(sys.stdout)))
    if not any(one.asked for one in compared):
        return 7
    return DIFFERENT if any(one.differences for one in compared) else 0


def _compared(name: str, where: Where) -> Compared:
    if name not in _LISTS:
        return Compared(name, False, _NO_LIST)
    try:
        live = asyncio.run(import_module(_LISTS[name]).listed(where))
    except R2VError as trouble:
        return Compared(name, False, trouble.message, trouble.help)
    return Compared(name, True, differences=tuple(differences(name, live)), models=len(live))
