"""One render job from its plan to a clip in the store, or to the reason why there is none.

The journal says where to begin: a job with an open attempt goes on from its state, whether this build or a killed one
brought it there.  There is no other recovery.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from r2v_pipeline.compile.jobs import Job
from r2v_pipeline.errors import MediaTrouble, R2VError
from r2v_pipeline.execute import fault, problems, states
from r2v_pipeline.execute.bench import Bench, Outcome
from r2v_pipeline.execute.inputs import Inputs
from r2v_pipeline.execute.interrupts import Stopped
from r2v_pipeline.execute.records import Attempt, Blob, Change, Intent
from r2v_pipeline.execute.submit import doubt, settle, submit
from r2v_pipeline.plan.types import Action
from r2v_pipeline.providers.base import Client, Failed, Finished, RenderRequest, Running

# Further attempts in one build, where nothing is owed for the one that ended and another may succeed.
FURTHER = 2
# Seconds before a refused or lost attempt is made again, and between polls: first, longest, growth.
PAUSE = 0.2
LOCAL_WAIT = (0.05, 0.5, 1.4)
REMOTE_WAIT = (2.0, 15.0, 1.3)
# Seconds that a client gets to stop a local job.
CANCEL_WAIT = 5.0


async def render(
    bench: Bench, action: Action, request: RenderRequest, inputs: Inputs, found: Attempt | None
) -> Outcome:
    """Bring a job to its end.  `found` is the open attempt that an earlier build left.

    Raises:
        Stopped: the build is being stopped; the row says how far this job came.
        R2VError, OSError: the provider cannot be asked (the row stays as it is) or the machine is in the way.
        Refusal: its inputs are not what the plan was made for.
    """
    job, client, made, attempt = action.job, bench.clients[request.provider], 0, found
    began = bench.clock.elapsed()
    while True:
        if attempt is None:
            attempt = await _ask(bench, action, request, inputs)
            made += 1
        attempt = await _drive(bench, job, client, attempt)
        if attempt.state in states.OPEN:
            why = doubt(attempt)
            bench.tell("held", job.id, message=why, shot=job.shot)
            return Outcome(job.id, "held", None, problems.held(job, why), bench.clock.elapsed() - began)
        if attempt.blob:
            seconds = bench.clock.elapsed() - began
            bench.tell("stored", job.id, blob=attempt.blob, seconds=round(seconds, 3), shot=job.shot)
            return Outcome(job.id, "stored", attempt.blob, None, seconds)
        if not _worth_another(attempt) or made > FURTHER:
            problem = problems.ended(job, attempt)
            told = {"code": problem.code, "message": problem.message, "again": attempt.again}
            bench.tell("failed", job.id, **told, shot=job.shot)
            return Outcome(job.id, "failed", None, problem, bench.clock.elapsed() - began)
        attempt = None
        with bench.stop.cuttable():
            await asyncio.sleep(PAUSE * made)


def _worth_another(attempt: Attempt) -> bool:
    """Only what owes nothing is asked for again by itself; another paid try is the user's to order."""
    return attempt.again and (attempt.free or attempt.state == states.REJECTED)


async def _ask(bench: Bench, action: Action, request: RenderRequest, inputs: Inputs) -> Attempt:
    job, client = action.job, bench.clients[request.provider]
    body = await inputs.body(job, request, client)
    bench.stop.check()
    intent = Intent(job.key, job.shot, request.provider, "", body, action.cost)
    attempt = await submit(bench.journal, client, intent)
    if attempt.state == states.RUNNING:
        bench.tell("submitted", job.id, provider=request.provider, attempt=attempt.no, used_ms=action.used_ms)
    return attempt


async def _drive(bench: Bench, job: Job, client: Client, attempt: Attempt) -> Attempt:
    """As far as an attempt goes without asking for another: to its end, or to doubt."""
    if attempt.state == states.SUBMITTING:
        attempt = settle(bench.journal, attempt)
    if attempt.state not in (states.RUNNING, states.READY):
        return attempt
    try:
        answer = await _wait(bench, job, client, attempt)
    except Stopped:
        await _give_up(bench, client, attempt)
        raise
    fault.point("finished.seen")
    if isinstance(answer, Failed):
        # A provider that has lost a finished job was paid for it: that is another end than a failure.
        end = states.EXPIRED if attempt.state == states.READY else states.FAILED
        again = answer.again or (answer.lost and attempt.free)
        return bench.journal.move(attempt, end, Change(code=answer.code, reason=answer.message, again=again))
    if attempt.state == states.RUNNING:
        attempt = bench.journal.move(attempt, states.READY, Change(cost=answer.cost))
        fault.point("ready.durable")
    return await _collect(bench, client, attempt, answer.output)


async def _wait(bench: Bench, job: Job, client: Client, attempt: Attempt) -> Finished | Failed:
    """Ask until the provider is done, with growing pauses.  A `ready` row is asked about too: links expire, and are
    never written down."""
    assert attempt.handle is not None  # the schema demands one of running and ready rows
    pause, longest, growth = LOCAL_WAIT if attempt.free else REMOTE_WAIT
    told = -1.0
    while True:
        with bench.stop.cuttable():
            answer = await client.poll(attempt.handle)
        if not isinstance(answer, Running):
            return answer
        if answer.progress is not None and answer.progress - told >= 0.01:
            told = answer.progress
            bench.tell("progress", job.id, fraction=round(told, 3))
        with bench.stop.cuttable():
            await asyncio.sleep(pause)
        pause = min(pause * growth, longest)


async def _collect(bench: Bench, client: Client, attempt: Attempt, output: Mapping[str, Any]) -> Attempt:
    """Fetch, check, store.  A clip that does not decode is fetched once more: a torn download must not cost a clip."""
    temp = bench.blobs.temp(".mp4")
    try:
        why = await _fetch(bench, client, output, temp) and await _fetch(bench, client, output, temp)
        if why:
            kept = bench.blobs.keep_failed(temp, f"{attempt.token[:16]}.mp4")
            change = Change(code=problems.CHECK_FAILED, reason=f"{why} (kept as {kept})")
            return bench.journal.move(attempt, states.FAILED, change)
        fault.point("clip.checked")
        blob: Blob = await asyncio.to_thread(bench.blobs.put, temp)
    finally:
        temp.unlink(missing_ok=True)
    attempt = bench.journal.move(attempt, states.STORED, Change(blob=blob))
    fault.point("stored.durable")
    return attempt


async def _fetch(bench: Bench, client: Client, output: Mapping[str, Any], temp: Path) -> str:
    """Empty when the clip came whole, else what its check found."""
    with bench.stop.cuttable():
        await client.fetch(output, temp)
    fault.point("clip.fetched")
    try:
        await asyncio.to_thread(bench.check, temp)
    except MediaTrouble as error:
        return error.message or "it does not decode"
    return ""


async def _give_up(bench: Bench, client: Client, attempt: Attempt) -> None:
    """On the way out: a job that runs here is stopped; one at a provider goes on, and the next build collects it."""
    if not attempt.free or attempt.state != states.RUNNING or attempt.handle is None:
        return
    # What cannot be stopped stays running in the journal, and the next build finds it lost.
    with contextlib.suppress(R2VError, OSError, TimeoutError):
        await asyncio.wait_for(client.cancel(attempt.handle), CANCEL_WAIT)
        bench.journal.move(attempt, states.CANCELLED, Change(reason="the build was interrupted", again=True))
