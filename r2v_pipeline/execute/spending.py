"""What was spent, reads only: one row for every attempt that could cost something, and the sums of a month.

How an attempt counts is said once, in money_schema.py, so that a report and a cap can never disagree.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from r2v_pipeline.execute.journal_view import read
from r2v_pipeline.execute.money_schema import CURRENCY, KIND, OWED

_ROWS = f"""
SELECT coalesce(run.storyboard, ''), coalesce(run.revision, ''), a.shot, a.provider, a.model, a.created_at,
  {KIND.format("a")}, a.est_micros, a.currency, {OWED.format("a")}, {CURRENCY.format("a")},
  a.actual_micros IS NOT NULL
FROM attempt a LEFT JOIN run ON run.id = a.run
WHERE a.way <> 'local' OR a.est_micros IS NULL OR a.est_micros > 0
ORDER BY a.id
"""
_MONTH = "SELECT currency, sum(micros), sum(unknown) FROM balance WHERE month >= ? GROUP BY currency ORDER BY currency"


class Spending(NamedTuple):
    """One attempt at a provider that takes money.

    `at` is seconds since the epoch.  `kind` is `reserved` (on the way), `doubt` (possibly bought), `spent`, or `none`
    (certainly free).  `estimate` is the most that was expected, `owed` what counts; both in millionths, None where
    nobody knows.  `told`: the provider itself said what it billed.
    """

    storyboard: str
    revision: str
    shot: str
    provider: str
    model: str
    at: float
    kind: str
    estimate: int | None
    currency: str
    owed: int | None
    owed_currency: str
    told: bool


class Sum(NamedTuple):
    """Spent, reserved and in doubt together in one currency, and how many attempts of unknown price beside it."""

    currency: str
    micros: int
    unknown: int


def spendings(state: Path) -> tuple[Spending, ...]:
    """Every such attempt of the project, oldest first.

    Raises:
        StateTrouble: the journal cannot be read.
    """
    return tuple(Spending._make((*row[:-1], bool(row[-1]))) for row in read(state / "state.db", _ROWS))


def this_month(state: Path, month: str) -> tuple[Sum, ...]:
    """What counts against a month's cap so far; `month` as `budget.month_of` writes it.

    Raises:
        StateTrouble: the journal cannot be read.
    """
    return tuple(Sum(*row) for row in read(state / "state.db", _MONTH, (month,)))
