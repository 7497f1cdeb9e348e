"""What a build does here and owes nobody: pictures out of finished clips, and clearing up after a dead build."""

from __future__ import annotations

import asyncio
from collections.abc import Container, Iterable

from r2v_pipeline.compile.jobs import Job
from r2v_pipeline.errors import MediaTrouble
from r2v_pipeline.execute import problems, results, states
from r2v_pipeline.execute.bench import Bench, Outcome
from r2v_pipeline.execute.inputs import Refusal
from r2v_pipeline.execute.journal import Journal
from r2v_pipeline.execute.records import Attempt, Blob, Change
from r2v_pipeline.execute.submit import settle

_ENDS = {states.RUNNING: states.CANCELLED, states.READY: states.EXPIRED}


async def take_frame(bench: Bench, job: Job, clip: Blob | None) -> Outcome:
    """A picture out of the clip that a job needs, kept like any other result.

    Raises:
        Refusal: there is no clip, or it has no such picture.
        DiskTrouble: it could not be stored.
    """
    assert job.frame is not None  # what makes it a frame job
    began = bench.clock.elapsed()
    if clip is None:
        raise Refusal(problems.needs_missing(job, job.needs[0], "has no clip in the store"))
    bench.stop.check()
    temp = bench.blobs.temp(".png")
    try:
        await asyncio.to_thread(bench.extract, bench.blobs.path(clip.digest), job.frame, temp)
        blob = await asyncio.to_thread(bench.blobs.put, temp)
    except MediaTrouble as error:
        raise Refusal(problems.frame_failed(job, error.message)) from error
    finally:
        temp.unlink(missing_ok=True)
    results.derive(bench.journal, job.key, blob)
    bench.tell("frame", job.id, blob=blob.digest, shot=job.shot)
    return Outcome(job.id, "stored", blob.digest, None, bench.clock.elapsed() - began)


def drop_orphans(journal: Journal, attempts: Iterable[Attempt], wanted: Container[str]) -> None:
    """End the free attempts of earlier builds that no job of this plan wants: nothing is owed, and the process that
    worked on them is gone.  One that may cost stays open until it is settled."""
    for attempt in attempts:
        if not attempt.free or attempt.job_key in wanted:
            continue
        left = settle(journal, attempt) if attempt.state == states.SUBMITTING else attempt
        if left.state in _ENDS:
            journal.move(left, _ENDS[left.state], Change(reason="no job wants it any more"))
