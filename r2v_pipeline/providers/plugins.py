"""Providers of other packages: the entry points of the group `r2v.providers`.

A package is imported when a storyboard or the command line names its provider, never because it is installed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from r2v_pipeline.errors import EnvironmentTrouble

GROUP = "r2v.providers"
_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")


@cache
def plugged() -> Mapping[str, Any]:
    """Entry points by the names of their providers; the first of a name counts.  Reads what is installed, imports
    nothing of it."""
    from importlib.metadata import entry_points

    found = [point for point in entry_points(group=GROUP) if _NAME.fullmatch(point.name)]
    return {point.name: point for point in reversed(found)}


def part(name: str, what: str) -> Any:
    """`dialect` or `client` of a provider, both functions: see r2v_pipeline.providers.contract.

    Raises:
        EnvironmentTrouble: the package cannot be imported, or has no such function.
    """
    point = plugged()[name]
    of = f"the provider '{name}' of the package '{point.dist.name if point.dist else '?'}'"
    try:
        found = getattr(point.load(), what)
    except Exception as why:  # of somebody else's code, anything
        message = f"{of} cannot be used: {type(why).__name__}: {why}"
        raise EnvironmentTrouble(message, "bring the package up to date, or take it out") from why
    if not callable(found):
        raise EnvironmentTrouble(f"{of} cannot be used: its '{what}' is no function", "bring the package up to date")
    return found
