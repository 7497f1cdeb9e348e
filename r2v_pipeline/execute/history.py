"""What earlier builds tell this one: how long jobs took, and what was submitted a moment ago.

Both are read from attempts.  A wall clock may have jumped between two builds, so nothing absurd is believed, and
whatever is believed weighs little by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from r2v_pipeline.execute.journal import Journal
from r2v_pipeline.execute.turnaround import HALF_LIFE, Turnaround

# Reads rows of the journal: `Journal.select`, or a reader's own (journal_view.read) where no build runs.
Select = Callable[[str, tuple[Any, ...]], list[tuple[Any, ...]]]

# Older jobs than these weigh next to nothing.
_JOBS = 3 * HALF_LIFE
# Longer than any provider keeps a job: 24 hours at most of those in the catalog.
LONGEST_JOB_S = 86_400.0
_TOOK = (
    "SELECT took_least_s, took_most_s FROM attempt WHERE provider = ? AND model = ? AND took_most_s IS NOT NULL"
    " ORDER BY id DESC LIMIT ?"
)
_SUBMITTED = "SELECT created_at FROM attempt WHERE provider = ? AND account = ? ORDER BY id DESC LIMIT ?"


def sane(least_s: float, most_s: float) -> bool:
    """Whether a job can have been unfinished for `least_s` and finished by `most_s`, both since its acceptance."""
    return 0 <= least_s < most_s <= LONGEST_JOB_S


def turnaround(select: Select, provider: str, model: str, usual_s: float = 0.0) -> Turnaround:
    """What all jobs of a model told so far; `usual_s` is the provider's word for a first job, 0 without one."""
    learned = Turnaround(usual_s)
    for least_s, most_s in reversed(select(_TOOK, (provider, model, _JOBS))):
        if sane(least_s, most_s):
            learned.learn(least_s, most_s)
    return learned


def submitted(journal: Journal, provider: str, account: str, now: float, count: int) -> list[float]:
    """How many seconds ago the account was last submitted to, at most `count` times and a minute back.

    A build that begins a moment after another owes the provider the rest of that minute.  A row from the future (the
    clock was set back) counts as of now.
    """
    rows = journal.select(_SUBMITTED, (provider, account, count))
    return [max(now - at, 0.0) for (at,) in rows if now - at < 60]
