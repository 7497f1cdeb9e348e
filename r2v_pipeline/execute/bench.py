"""What every job of one build works with, and what becomes of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from r2v_pipeline.diagnostics import Diagnostic
from r2v_pipeline.execute.accounts import Account, Quota
from r2v_pipeline.execute.blobs import Blobs
from r2v_pipeline.execute.events import Event, Reporter
from r2v_pipeline.execute.interrupts import Stop
from r2v_pipeline.execute.journal import Journal
from r2v_pipeline.execute.pacing import Pacing
from r2v_pipeline.execute.purse import Purse
from r2v_pipeline.execute.records import Attempt

if TYPE_CHECKING:  # PyAV is imported when a clip is there to be decoded
    from r2v_pipeline.media.pyav import Decoded

# Takes `first`, `last` or the picture at a millisecond out of a clip into a new file; MediaTrouble when it cannot.
Extract = Callable[[Path, str | int, Path], None]
# Joins clips, so many milliseconds of each from its start, into a new file; MediaTrouble when it cannot.  It calls the
# last argument now and then, from its own thread, and ends at once when that raises.
Splice = Callable[[Sequence[tuple[Path, int]], Path, Callable[[], None]], None]
# What a full decode of a clip found (None: nobody looked); MediaTrouble when it does not decode, and anything else that
# is raised is not held against the clip.
Check = Callable[[Path], "Decoded | None"]


class Clock(NamedTuple):
    """`elapsed` gives seconds since the build began and never goes back."""

    elapsed: Callable[[], float]


def clock() -> Clock:
    """A clock that starts now."""
    began = time.monotonic()
    return Clock(lambda: time.monotonic() - began)


class Outcome(NamedTuple):
    """What became of a job: `stored` (made or collected now), `reused`, `failed`, `held` (in doubt, or paid for and
    gone: a person decides), `declined` (the budget does not allow it), `detached` (it goes on at its provider, longer
    than this build waits), `skipped` or `interrupted`.

    `blob` is the digest of its result, None where it has none.  `problem` says why not, `warnings` in what a result is
    not as asked.
    """

    job_id: str
    state: str
    blob: str | None
    problem: Diagnostic | None
    seconds: float
    warnings: tuple[Diagnostic, ...] = ()


class Run(NamedTuple):
    """Outcomes of all jobs but the joins, in the plan's order.  `interrupted`: a signal ended the build."""

    outcomes: tuple[Outcome, ...]
    interrupted: bool


class Bench(NamedTuple):
    """The tools, handed to every function that works on a job.

    `accounts` are by desk: a provider in one region (`RenderRequest.desk`).  `patience_s`: how long this build waits
    for one job at a provider.
    """

    journal: Journal
    blobs: Blobs
    accounts: Mapping[str, Account]
    purse: Purse
    quota: Quota
    pacing: Pacing
    patience_s: float
    reporter: Reporter
    root: Path
    clock: Clock
    extract: Extract
    splice: Splice
    check: Check
    stop: Stop

    def account_of(self, attempt: Attempt) -> Account | None:
        """The account that an attempt was sent from; None where this build has not got it."""
        there = (account for desk, account in self.accounts.items() if desk.partition("@")[0] == attempt.provider)
        return next((account for account in there if account.terms.account == attempt.account), None)

    def tell(self, kind: str, job_id: str, **data: Any) -> None:
        """Report an event of events.py."""
        self.reporter.event(Event(kind, self.clock.elapsed(), job_id, data))
