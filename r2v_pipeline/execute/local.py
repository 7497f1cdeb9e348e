"""What a build does here and owes nobody: pictures out of finished clips, clips out of their parts, and clearing up
after a dead build."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Container, Iterable, Sequence
from pathlib import Path

from r2v_pipeline.compile.jobs import Job
from r2v_pipeline.errors import MediaTrouble
from r2v_pipeline.execute import problems, results, states
from r2v_pipeline.execute.bench import Bench, Outcome
from r2v_pipeline.execute.inputs import Refusal
from r2v_pipeline.execute.journal import Journal
from r2v_pipeline.execute.records import Attempt, Blob, Change

_ENDS = {states.SUBMITTING: states.ABANDONED, states.RUNNING: states.CANCELLED, states.READY: states.EXPIRED}


async def take_frame(bench: Bench, job: Job, clip: Blob | None) -> Outcome:
    """A picture out of the clip that a job needs, kept like any other result.

    Raises:
        Refusal: there is no clip, or it has no such picture.
        DiskTrouble: it could not be stored.
    """
    began = bench.clock.elapsed()
    (whole,) = _there(bench, job, [clip])
    at = job.frame
    assert at is not None  # what makes it a frame job
    try:
        blob = await _derived(bench, job, ".png", lambda to: bench.extract(whole, at, to))
    except MediaTrouble as error:
        raise Refusal(problems.frame_failed(job, error.message)) from error
    bench.tell("frame", job.id, blob=blob.digest, shot=job.shot)
    return Outcome(job.id, "stored", blob.digest, None, bench.clock.elapsed() - began)


async def join_parts(bench: Bench, job: Job, clips: Sequence[Blob | None]) -> Outcome:
    """The clip of a split shot out of the clips of its parts, each cut to its written length.

    Raises:
        Refusal: a part is missing, or they cannot be joined.
        Stopped: the build is being stopped; joining them again costs nothing but time.
        DiskTrouble: it could not be stored.
    """
    began = bench.clock.elapsed()
    parts = list(zip(_there(bench, job, clips), job.lengths_ms, strict=True))
    try:
        blob = await _derived(bench, job, ".mp4", lambda to: bench.splice(parts, to, bench.stop.check))
    except MediaTrouble as error:
        raise Refusal(problems.splice_failed(job, error)) from error
    bench.tell("spliced", job.id, blob=blob.digest, shot=job.shot, parts=len(parts))
    return Outcome(job.id, "stored", blob.digest, None, bench.clock.elapsed() - began)


def _there(bench: Bench, job: Job, clips: Sequence[Blob | None]) -> list[Path]:
    """The files of the clips that a job needs, in the order of its needs."""
    for need, clip in zip(job.needs, clips, strict=True):
        if clip is None:
            raise Refusal(problems.needs_missing(job, need, "has no clip in the store"))
    return [bench.blobs.path(clip.digest) for clip in clips if clip]


async def _derived(bench: Bench, job: Job, suffix: str, make: Callable[[Path], None]) -> Blob:
    """What `make` writes, in the store under the job's key; it runs in a thread of its own."""
    bench.stop.check()
    temp = bench.blobs.temp(suffix)
    try:
        await asyncio.to_thread(make, temp)
        blob = await asyncio.to_thread(bench.blobs.put, temp)
    finally:
        temp.unlink(missing_ok=True)
    results.derive(bench.journal, job.key, blob)
    return blob


def drop_orphans(journal: Journal, attempts: Iterable[Attempt], wanted: Container[str]) -> None:
    """End the free attempts of earlier builds that no job of this plan wants: nothing is owed, and the process that
    worked on them is gone.  One that may cost stays open until it is settled."""
    for attempt in attempts:
        if not attempt.free or attempt.job_key in wanted:
            continue
        journal.move(attempt, _ENDS[attempt.state], Change(reason="no job wants it any more"))
