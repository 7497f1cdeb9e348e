"""Asking a provider about a job until it has ended, or until this build has waited long enough."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from r2v_pipeline.compile.jobs import Job
from r2v_pipeline.errors import DiskTrouble, NetworkTrouble, R2VError, StateTrouble
from r2v_pipeline.execute import disk
from r2v_pipeline.execute.accounts import Account
from r2v_pipeline.execute.bench import Bench
from r2v_pipeline.execute.records import Attempt
from r2v_pipeline.providers.base import Failed, Finished, Running

# Questions in a row that a provider may leave unanswered.
UNANSWERED = 8
# A client gives up by itself; whatever keeps it from that, no answer after so many seconds is none.
ASK_S = 120.0
# A provider that does not know a job may only be late: a list that lags, a server that has not heard of it.
UNKNOWN_FOR_S = 60.0


class Ended(NamedTuple):
    """How a job ended; `answer` None: it has not, and this build waits no longer.

    `took_s` is how long it ran, at least and at most, where that was seen.
    """

    answer: Finished | Failed | None
    took_s: tuple[float, float] | None = None


async def ended(bench: Bench, account: Account, job: Job, attempt: Attempt, *, fresh: bool) -> Ended:
    """Wait for a job.  `fresh`: it was accepted a moment ago, by this build.

    A `ready` row is asked about too: links expire, and are never written down.

    Raises:
        Stopped: the build is being stopped.
        R2VError, OSError: the provider cannot be asked.
    """
    until = bench.clock.elapsed() + bench.patience_s
    told, unanswered, unknown_since = -1.0, 0, -1.0
    since = None if fresh else attempt.created_at
    with bench.pacing.waiter(attempt.provider, attempt.model, account.terms, account.limits, since) as waiter:
        while True:
            if not account.local and bench.clock.elapsed() + waiter.pause_s > until:
                return Ended(None)
            with bench.stop.cuttable():
                await waiter.turn()
            try:
                answer = await poll(bench, account, attempt)
            except (R2VError, OSError) as error:
                unanswered += 1
                if account.local or not passing(error) or unanswered >= UNANSWERED:
                    raise
                waiter.failed(error.after_s if isinstance(error, NetworkTrouble) else None)
                continue
            unanswered = 0
            if isinstance(answer, Failed) and answer.lost and not account.local:
                unknown_since = bench.clock.elapsed() if unknown_since < 0 else unknown_since
                if bench.clock.elapsed() - unknown_since < UNKNOWN_FOR_S:
                    waiter.failed()
                    continue
            if not isinstance(answer, Running):
                return Ended(answer, waiter.finished() if isinstance(answer, Finished) else None)
            waiter.running()
            if answer.progress is not None and answer.progress - told >= 0.01:
                told = answer.progress
                bench.tell("progress", job.id, fraction=round(told, 3))


async def poll(bench: Bench, account: Account, attempt: Attempt) -> Running | Finished | Failed:
    """Ask once, now.

    Raises:
        Stopped: the build is being stopped.
        R2VError, OSError: the provider cannot be asked.
    """
    assert attempt.handle is not None  # the schema demands one of running and ready rows
    with bench.stop.cuttable():
        async with asyncio.timeout(ASK_S):
            return await account.client.poll(attempt.handle)


def passing(error: R2VError | OSError) -> bool:
    """Whether it may be the network's or the provider's moment of weakness, and not this machine's disk."""
    if isinstance(error, OSError):
        return not disk.is_disk(error)
    if isinstance(error, NetworkTrouble):
        return error.again
    return not isinstance(error, (DiskTrouble, StateTrouble))
