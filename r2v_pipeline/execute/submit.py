"""The one place where r2v asks a provider for a clip, and so the one place where money leaves.

The order is the guarantee: the row with exactly these bytes and this token, and the reservation of its price, are on
the disk before the provider can see them; its answer is on the disk before anything is read from it.  A kill between
two lines leaves a row that says "may exist", which is what a lost answer leaves too, and recovery.py treats both alike.
"""

from __future__ import annotations

import asyncio

from r2v_pipeline.errors import DiskTrouble, R2VError, StateTrouble
from r2v_pipeline.execute import answers, fault, states
from r2v_pipeline.execute.budget import Budget
from r2v_pipeline.execute.journal import Journal
from r2v_pipeline.execute.records import Attempt, Change, Intent
from r2v_pipeline.providers.base import Accepted, Answer, Client, Lost, NotSent, Refused, Unknown

# Seconds between tries to write down an answer on a full disk or past a lock: a bought clip's only name is in it.
KEEP_TRYING = (0.2, 1.0, 4.0, 10.0)
# A client gives up by itself; whatever keeps it from that, no answer after so many seconds is a lost one.
PATIENCE_S = 300.0

# What an attempt in doubt says of itself in `code`, until it is settled; empty: nobody has read an answer yet.
UNCLEAR, RESENT, DISPUTED, SOUGHT = "unclear", "resent", "disputed", "sought"


async def submit(journal: Journal, client: Client, intent: Intent, budget: Budget = Budget()) -> Attempt:  # noqa: B008
    """Ask once.  Returns the attempt running, rejected, or still submitting when nobody knows.

    Must not be cancelled from outside while it waits: see interrupts.py.

    Raises:
        Declined: the budget does not allow it; nothing was sent.
        StateTrouble, DiskTrouble: before anything was sent; or after, then the message carries the provider's answer.
    """
    fault.point("intent.before")
    attempt = journal.intend(intent, budget)
    fault.point("intent.durable")
    attempt = settle(journal, client, await ask(journal, client, attempt))
    fault.point("submit.settled")
    return attempt


async def ask(journal: Journal, client: Client, attempt: Attempt) -> Attempt:
    """Send exactly what the row holds and keep what comes back.  A row that was sent before must say so (`RESENT`)."""
    said: Answer | NotSent | Lost
    try:
        async with asyncio.timeout(PATIENCE_S):
            said = await client.send(attempt.request, attempt.token, attempt.model)
    except (R2VError, OSError) as error:
        # A client answers NotSent when it is sure; whatever else it says may have come after the request left.
        said = Lost(str(error) or f"no answer within {PATIENCE_S:.0f} s")
    fault.point("answer.read")
    attempt = await _write_down(journal, attempt, answers.plain(said))
    fault.point("answer.durable")
    return attempt


def settle(journal: Journal, client: Client, attempt: Attempt) -> Attempt:
    """Move a submitting attempt to where its written answer says; without one it stays, in doubt.

    A refusal settles only what was sent once: of a row that was sent again it may be about who asks or how often, or
    about a link that has expired, while the first request was accepted.
    """
    said = answers.meaning(client, attempt.answer, attempt.model)
    if isinstance(said, Accepted):
        return journal.move(attempt, states.RUNNING, Change(handle=said.handle))
    if isinstance(said, Refused):
        change = Change(code=said.code, reason=said.message, again=said.again)
        if not attempt.code:
            return journal.move(attempt, states.REJECTED, change)
        passing = said.again or said.account
        why = f"asked again, it was refused ({said.code}): {said.message}"
        return journal.note(attempt, RESENT if passing else DISPUTED, why)
    if isinstance(said, Unknown):
        return journal.note(attempt, attempt.code or UNCLEAR, said.message)
    return attempt


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
