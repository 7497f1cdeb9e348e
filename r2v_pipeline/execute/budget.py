"""Caps on what a build may spend, and whether a price still fits.

A cap compares in its own currency.  What is in another one needs a rate, given by the caller; without it, and for a
price that nobody knows, it counts as over: r2v never guesses that something is cheap enough.  The sums come from the
journal, which refuses by itself what is refused here (money_schema.py); this module is what can say why.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import NamedTuple

from r2v_pipeline.plan.amounts import money
from r2v_pipeline.providers.base import Cost

BUILD, MONTH = "build", "month"
_WORDS = {BUILD: "this build", MONTH: "this month"}


class Cap(NamedTuple):
    """At most so many millionths of a currency for one `build`, or for all builds of this project in a `month`.

    Months are of UTC.
    """

    scope: str
    micros: int
    currency: str


class Budget(NamedTuple):
    """What one build may spend.  Without caps there is no limit: the caller has asked the user.

    `rates` maps (from, to) to the price of one unit of the first in millionths of the second.  `unknown_fits`: a job
    whose price nobody knows may be bought all the same.
    """

    caps: tuple[Cap, ...] = ()
    rates: Mapping[tuple[str, str], int] = {}
    unknown_fits: bool = False


class Counted(NamedTuple):
    """What counts against one cap so far: spent, reserved and in doubt, in the cap's currency.

    `unknown` attempts have no known price; `foreign_sums` are amounts in currencies without a rate.
    """

    scope: str
    most: int
    currency: str
    unknown_fits: bool
    micros: int
    unknown: int
    foreign_sums: int


class Declined(Exception):
    """The budget does not allow a job; nothing was written and nothing sent."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def month_of(now: float) -> str:
    """The month that a moment (seconds since the epoch) counts to, as the journal writes it."""
    return time.strftime("%Y-%m", time.gmtime(now))


def in_currency(micros: int, source: str, target: str, rates: Mapping[tuple[str, str], int]) -> int | None:
    """An amount in another currency, rounded up; None without a rate."""
    if source == target or not micros:
        return micros
    rate = rates.get((source, target))
    return None if rate is None else -(-micros * rate // 1_000_000)


def objection(counted: Counted, cost: Cost, rates: Mapping[tuple[str, str], int]) -> str:
    """Why a price does not fit under a cap any more; empty when it does."""
    if cost.known and not cost.high_micros:
        return ""
    cap = f"{money(counted.most, counted.currency)} for {_WORDS[counted.scope]}"
    if not counted.unknown_fits:
        if not cost.known:
            return f"its price is unknown, which counts as over the cap of {cap}"
        if counted.unknown:
            return f"the price of something that was bought is unknown, which counts as over the cap of {cap}"
    price = in_currency(cost.high_micros, cost.currency, counted.currency, rates) if cost.known else 0
    if price is None or counted.foreign_sums:
        other = cost.currency if price is None else "another currency"
        return f"the cap of {cap} is compared in {counted.currency}, and there is no rate from {other}"
    if counted.micros + price <= counted.most:
        return ""
    left = money(max(counted.most - counted.micros, 0), counted.currency)
    return f"it may cost {money(price, counted.currency)}, and {left} is left of the cap of {cap}"
