"""The one place where r2v asks a provider for a clip, and so the one place where money leaves.

The order is the guarantee: the row with exactly these bytes and this token is on the disk before the provider can see
them; its answer is on the disk before anything is read from it.  A kill between two lines leaves a row that says
"may exist", which is what a lost answer leaves too, and the next build treats both alike.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from r2v_pipeline.errors import DiskTrouble, R2VError, StateTrouble
from r2v_pipeline.execute import fault, states
from r2v_pipeline.execute.journal import Journal
from r2v_pipeline.execute.records import Attempt, Change, Intent
from r2v_pipeline.providers.base import Accepted, Client, Refused, Unknown

# Seconds between tries to write down an answer on a full disk or past a lock: a bought clip's only name is in it.
KEEP_TRYING = (0.2, 1.0, 4.0, 10.0)


async def submit(journal: Journal, client: Client, intent: Intent) -> Attempt:
    """Ask once.  Returns the attempt running, rejected, or still submitting when nobody knows.

    Must not be cancelled from outside while it waits: see interrupts.py.

    Raises:
        StateTrouble, DiskTrouble: before anything was sent; or after, then the message carries the provider's answer.
    """
    fault.point("intent.before")
    attempt = journal.intend(intent)
    fault.point("intent.durable")
    try:
        answer = await client.submit(attempt.request, attempt.token)
    except (R2VError, OSError) as error:
        # A client answers Refused when it is sure; whatever else it says may have come after the request left.
        answer = Unknown(str(error))
    fault.point("answer.read")
    attempt = await _write_down(journal, attempt, json.dumps(_plain(answer), sort_keys=True))
    fault.point("answer.durable")
    attempt = settle(journal, attempt)
    fault.point("submit.settled")
    return attempt


def settle(journal: Journal, attempt: Attempt) -> Attempt:
    """Move a submitting attempt to where its written answer says; without one it stays, in doubt.

    Called right after a submit, and for rows of a build that was killed between writing and reading the answer.
    """
    answer = json.loads(attempt.answer) if attempt.answer else {}
    if "accepted" in answer:
        return journal.move(attempt, states.RUNNING, Change(handle=answer["accepted"]))
    if "refused" in answer:
        return journal.move(attempt, states.REJECTED, Change(**answer["refused"]))
    if attempt.free:
        why = f"{doubt(attempt)}; nothing is owed"
        return journal.move(attempt, states.ABANDONED, Change(reason=why, again=True))
    return attempt


def doubt(attempt: Attempt) -> str:
    """Why nobody knows whether a submitting attempt was accepted."""
    answer = json.loads(attempt.answer) if attempt.answer else {}
    return str(answer.get("unknown", "the build ended before its submit was answered"))


def _plain(answer: Accepted | Refused | Unknown) -> Mapping[str, Any]:
    if isinstance(answer, Accepted):
        return {"accepted": dict(answer.handle)}
    if isinstance(answer, Refused):
        return {"refused": {"code": answer.code, "reason": answer.message, "again": answer.again}}
    return {"unknown": answer.message}


async def _write_down(journal: Journal, attempt: Attempt, answer: str) -> Attempt:
    for wait in KEEP_TRYING:
        try:
            return journal.answered(attempt, answer)
        except (DiskTrouble, StateTrouble):
            await asyncio.sleep(wait)
    try:
        return journal.answered(attempt, answer)
    except (DiskTrouble, StateTrouble) as error:
        raise type(error)(
            f"{attempt.provider} answered for shot '{attempt.shot}' and it could not be written down: {answer}",
            f"keep this line: it names what may have been bought. Then: {error.help}",
        ) from error
