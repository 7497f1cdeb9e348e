"""One storyboard at every model that it could go to: what all of it would cost there, or what stands against it.

The whole film is counted as if nothing of it were there yet, so that models can be compared with each other.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from r2v_pipeline.plan.planner import sums
from r2v_pipeline.providers.base import Cost, RenderRequest
from r2v_pipeline.providers.catalog.prices import Billed
from r2v_pipeline.providers.catalog.requests import billed


class Refusal(NamedTuple):
    """Why a model cannot make a shot: a diagnostic's code and message, and the shot."""

    code: str
    shot: str
    message: str


class Rival(NamedTuple):
    """A model at a provider, or a family of models there, of which each shot gets its own.

    `written`: it is what the storyboard itself asks for.  `makes` is as in the catalog, `family` for a family.
    `region` is where it would be asked, empty where there is no choice.  Of one that takes every shot: `jobs` are clips
    that are bought, `costs` one sum a currency, `unknown` how many prices nobody knows, `billed` the seconds that are
    paid for (None where nothing bounds them) and `used_ms` what the film has of them.  Of any other: `refusals`.
    """

    provider: str
    model: str
    makes: str
    region: str
    written: bool
    jobs: int = 0
    costs: tuple[Cost, ...] = ()
    unknown: int = 0
    billed: Billed | None = None
    used_ms: int = 0
    refusals: tuple[Refusal, ...] = ()

    @property
    def fits(self) -> bool:
        """Whether it takes every shot."""
        return not self.refusals


def priced(rival: Rival, requests: Iterable[tuple[RenderRequest, Cost]]) -> Rival:
    """The rival with what these requests, each bought once, come to."""
    bought = list(requests)
    costs, unknown = sums(cost for _, cost in bought)
    seconds = [billed(request) for request, _ in bought]
    known = [found for found in seconds if found is not None]
    together = Billed(sum(found.low for found in known), sum(found.high for found in known))
    used = sum(request.used_ms for request, _ in bought)
    return rival._replace(
        jobs=len(bought), costs=costs, unknown=unknown, used_ms=used,
        billed=together if len(known) == len(seconds) else None,
    )  # fmt: skip


def in_order(rivals: Iterable[Rival]) -> tuple[Rival, ...]:
    """Those that take every shot first, by currency and the most that they may cost, unknown prices last."""
    return tuple(sorted(rivals, key=_dearness))


def _dearness(rival: Rival) -> tuple[bool, bool, tuple[str, ...], int]:
    currencies = tuple(cost.currency for cost in rival.costs)
    # Dollars before others: most are asked for in them.
    ordered = tuple("" if currency == "USD" else currency for currency in currencies)
    return not rival.fits, rival.unknown > 0, ordered, max((cost.high_micros for cost in rival.costs), default=0)
