"""Clips that were paid for and that no shot asks for any more, because it was changed while they were made.

They are collected when they are finished, since a change may be taken back, and a provider keeps them for a day only.
Nobody waits for them, and nothing is bought for them.
"""

from __future__ import annotations

from collections.abc import Container, Iterable

from r2v_pipeline.compile.jobs import Job
from r2v_pipeline.errors import R2VError
from r2v_pipeline.execute import states
from r2v_pipeline.execute.bench import Bench
from r2v_pipeline.execute.collect import collect
from r2v_pipeline.execute.interrupts import Stopped
from r2v_pipeline.execute.records import Attempt, Change
from r2v_pipeline.execute.waiting import passing, poll
from r2v_pipeline.providers.base import Failed, Finished


def strays(bench: Bench, attempts: Iterable[Attempt], wanted: Container[str]) -> list[Attempt]:
    """The open attempts that a build can collect and that no job of its plan wants, by `wanted` keys."""
    return [
        attempt
        for attempt in attempts
        if attempt.state in (states.RUNNING, states.READY)
        and not attempt.free
        and attempt.job_key not in wanted
        and bench.account_of(attempt)
    ]


async def take_in(bench: Bench, attempt: Attempt) -> None:
    """Collect one if it is finished; whatever is in the way, another build may.

    Raises:
        DiskTrouble, StateTrouble
    """
    account = bench.account_of(attempt)
    assert account is not None  # else it is none of `strays`
    try:
        with bench.stop.cuttable():
            await account.limits.polls.turn()
        answer = await poll(bench, account, attempt)
        if isinstance(answer, Failed) and not answer.lost and attempt.state == states.RUNNING:
            over = Change(code=answer.code, reason=answer.message, billed=answer.billed)
            bench.journal.move(attempt, states.FAILED, over)
        if not isinstance(answer, Finished):
            return
        if attempt.state == states.RUNNING:
            attempt = bench.journal.move(attempt, states.READY, Change(cost=answer.cost))
        job = Job(attempt.job, "render", attempt.shot, attempt.job_key, None, (), (), None, None, None)
        attempt, _ = await collect(bench, account, job, attempt, answer.output)
    except Stopped:
        return
    except (R2VError, OSError) as error:
        if passing(error):
            return
        raise
    if attempt.state == states.STORED:
        text = f"a clip of '{attempt.job}' that was paid for before the shot was changed is kept"
        bench.tell("note", "", text=text)
