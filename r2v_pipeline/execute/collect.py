"""From a finished job to a clip in the store: fetched, looked at whole, and only then believed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from r2v_pipeline.compile.jobs import Job
from r2v_pipeline.diagnostics import Diagnostic
from r2v_pipeline.errors import MediaTrouble, R2VError
from r2v_pipeline.execute import fault, problems, states
from r2v_pipeline.execute.accounts import Account
from r2v_pipeline.execute.bench import Bench
from r2v_pipeline.execute.delivered import differences
from r2v_pipeline.execute.records import Attempt, Blob, Change
from r2v_pipeline.execute.waiting import passing, poll
from r2v_pipeline.providers.base import Finished, RenderRequest

# Times that a clip is fetched: a torn download or an error page instead of it must not cost a clip.
FETCHES = 3
# Seconds before it is fetched again.
PAUSE_S = 1.0


async def collect(
    bench: Bench, account: Account, job: Job, attempt: Attempt, output: Mapping[str, Any]
) -> tuple[Attempt, tuple[Diagnostic, ...]]:
    """Fetch, check, store; the attempt is then `stored`, with warnings where the clip is not as asked.

    A clip that is broken however often it is fetched is kept for a person.  If it was drawn here the attempt has
    `failed`; one that was paid for stays `ready`: the next build fetches it again, and nothing is bought meanwhile.

    Raises:
        Stopped: the build is being stopped.
        R2VError, OSError: it cannot be fetched; the row stays `ready`.
    """
    temp = bench.blobs.temp(".mp4")
    try:
        for tried in range(1, FETCHES + 1):
            try:
                why, found = await _fetch(bench, account, job, output, temp)
            except (R2VError, OSError) as error:
                if account.local or tried == FETCHES or not passing(error):
                    raise
                why, found = str(error), ()
            if not why:
                fault.point("clip.checked")
                blob: Blob = await asyncio.to_thread(bench.blobs.put, temp)
                change = Change(blob=blob, code=found[0].code, reason=found[0].message) if found else Change(blob=blob)
                attempt = bench.journal.move(attempt, states.STORED, change)
                fault.point("stored.durable")
                return attempt, found
            if tried < FETCHES:
                temp.unlink(missing_ok=True)
                output = await _fresh(bench, account, attempt, output, tried)
        kept = bench.blobs.keep_failed(temp, f"{attempt.token[:16]}.mp4")
    finally:
        temp.unlink(missing_ok=True)
    why = f"{why} (kept as {kept})"
    if account.local:
        return bench.journal.move(attempt, states.FAILED, Change(code=problems.CHECK_FAILED, reason=why)), ()
    return bench.journal.note(attempt, problems.CHECK_FAILED, why), ()


async def _fetch(
    bench: Bench, account: Account, job: Job, output: Mapping[str, Any], temp: Path
) -> tuple[str, tuple[Diagnostic, ...]]:
    """What its check holds against the clip (empty: it came whole), and what there is to say about a whole one."""
    with bench.stop.cuttable():
        await account.client.fetch(output, temp)
    fault.point("clip.fetched")
    try:
        seen = await asyncio.to_thread(bench.check, temp)
    except MediaTrouble as error:
        return error.message or "it does not decode", ()
    request: RenderRequest | None = job.request
    # What r2v draws itself is as it was asked for: its own tests see to that.
    other = differences(request, seen) if request and seen and not account.local else ()
    return "", (problems.not_as_asked(job, other),) if other else ()


async def _fresh(
    bench: Bench, account: Account, attempt: Attempt, output: Mapping[str, Any], tried: int
) -> Mapping[str, Any]:
    """The output as the provider names it now, since a link may have expired; the old one where it does not say."""
    if account.local:
        return output
    with bench.stop.cuttable():
        await asyncio.sleep(PAUSE_S * tried)
    try:
        with bench.stop.cuttable():
            await account.limits.polls.turn()
        answer = await poll(bench, account, attempt)
    except (R2VError, OSError):
        return output
    return answer.output if isinstance(answer, Finished) else output
