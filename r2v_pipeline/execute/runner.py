"""Doing what a plan says: each job as soon as what it needs is there, several at once, as far as can be done.

One event loop, one task per job at work (none for jobs that wait), one thread for the journal.  A failure ends its job
and skips what depends on it; trouble with the machine ends the build in order.  No way out loses a finished clip.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from pathlib import Path

from r2v_pipeline.errors import R2VError
from r2v_pipeline.execute.accounts import Account, Quota
from r2v_pipeline.execute.bench import Bench, Check, Clock, Extract, Run, Splice
from r2v_pipeline.execute.blobs import Blobs
from r2v_pipeline.execute.budget import Budget
from r2v_pipeline.execute.course import Course
from r2v_pipeline.execute.events import Reporter
from r2v_pipeline.execute.interrupts import Stop, listening
from r2v_pipeline.execute.journal import Journal
from r2v_pipeline.execute.pacing import Pacing
from r2v_pipeline.execute.purse import Purse
from r2v_pipeline.plan.types import Plan
from r2v_pipeline.providers.base import Client

# Seconds that a build waits for one job at a provider before it leaves it to the next build.
PATIENCE_S = 2 * 3600.0


def execute(
    plan: Plan,
    *,
    journal: Journal,
    blobs: Blobs,
    clients: Mapping[str, Client],
    reporter: Reporter,
    root: Path,
    jobs: int,
    fail_fast: bool,
    clock: Clock,
    extract: Extract,
    splice: Splice,
    check: Check,
    budget: Budget = Budget(),  # noqa: B008 - a value
    revision: str = "",
    patience_s: float = PATIENCE_S,
    alone_first: bool = False,
    named: str = "",
) -> Run:
    """Carry out a plan; returns when nothing more can be done.  Joins are left to the caller.

    `clients` has one for each desk that the plan renders at; they are closed at the end.  At most `jobs` renders
    are under way on this machine; at a provider its own terms decide.  `budget` holds for every submit; without caps it
    is the caller who has asked.  `revision` is the Git commit that is built.  A job that its provider has not finished
    after `patience_s` seconds is left to the next build.  `alone_first`: of a model that has made no
    clip for this project, one job is tried before the others.  `named` are the words by which a command means this
    build, for what a person is told to type; without them it is the storyboard's place in the project.  The caller
    holds the project's lock (session.py).

    Raises:
        DiskTrouble, StateTrouble: the build ended early, in order; what was finished is stored.
    """

    async def run() -> Run:
        stop = Stop()
        purse = Purse(journal, plan.compilation.storyboard.path, revision, budget, named)
        try:
            accounts = {desk: Account(client, stop) for desk, client in clients.items()}
            for desk, account in accounts.items():
                account.remember(journal, desk.partition("@")[0])
                if alone_first:
                    account.alone_first(journal, desk.partition("@")[0])
            bought = (accounts, purse, Quota(), Pacing(journal, journal.now), patience_s)
            bench = Bench(journal, blobs, *bought, reporter, root, clock, extract, splice, check, stop)
            with listening(stop):
                return await Course(plan, bench, jobs, fail_fast).run()
        finally:
            for client in clients.values():
                # A connection that will not close has no say in what the build achieved.
                with contextlib.suppress(R2VError, OSError):
                    await client.close()

    return asyncio.run(run())
