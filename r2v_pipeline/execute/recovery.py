"""The one way out of doubt, for every row in `submitting`, whether a build was killed or an answer was lost just now.

What is written is read first.  Else the provider's terms decide: a local worker starts over; an idempotent provider is
sent the same bytes and token again, in the first half of its token's life; a findable one is asked for its listing,
once the submit must be visible in it.  What stays in doubt is held for a person: r2v resolve.
"""

from __future__ import annotations

import asyncio

from r2v_pipeline.errors import R2VError
from r2v_pipeline.execute import answers, fault, states
from r2v_pipeline.execute.accounts import Account, Closed, Quota
from r2v_pipeline.execute.interrupts import Stop
from r2v_pipeline.execute.journal import Journal, handle_text
from r2v_pipeline.execute.records import Attempt, Change
from r2v_pipeline.execute.submit import DISPUTED, RESENT, SOUGHT, ask, settle
from r2v_pipeline.providers.base import FINDABLE, IDEMPOTENT, Found, Sought

# How often one build sends the same token again, and the seconds before each but the first.
RESENDS, PAUSE_S = 3, 2.0
# Seconds that a listing may take to be read, page by page.
FIND_S = 300.0
# Seconds around a lost submit that its listing is searched for, and by which two clocks may differ without a word.
MARGIN_S = 120.0


async def recover(journal: Journal, account: Account, quota: Quota, stop: Stop, attempt: Attempt) -> Attempt:
    """Settle an attempt in doubt as far as it can be; still `submitting` means that a person must decide.

    Raises:
        Stopped: the build is being stopped.
        StateTrouble, DiskTrouble
    """
    attempt = settle(journal, account.client, attempt)
    if attempt.state != states.SUBMITTING:
        return attempt
    if account.local:
        why = f"{answers.doubt(account.client, attempt.answer)}; nothing is owed"
        return journal.move(attempt, states.ABANDONED, Change(reason=why, again=True, billed=False))
    if attempt.account != account.terms.account:
        return attempt
    if account.terms.submit == IDEMPOTENT:
        return await _send_again(journal, account, quota, stop, attempt)
    if account.terms.submit == FINDABLE:
        return await _look_for(journal, account, stop, attempt)
    return attempt


def replayable(now: float, sent: float, key_life_s: float) -> bool:
    """Whether a token still certainly means the same submit: in the first half of its life, by a clock that has not
    been set back.  The other half is the margin for a clock that was, and for a request that is long on its way."""
    return 0 <= now - sent < key_life_s / 2


def settles_itself(way: str, code: str, now: float, sent: float, key_life_s: float) -> bool:
    """Whether a build will probably settle a doubt without a person, as far as the row alone can tell."""
    if way == IDEMPOTENT:
        return code != DISPUTED and replayable(now, sent, key_life_s)
    return way == FINDABLE and code != SOUGHT


async def _send_again(journal: Journal, account: Account, quota: Quota, stop: Stop, attempt: Attempt) -> Attempt:
    for tried in range(RESENDS):
        if attempt.code == DISPUTED or (tried and not quota.take()):
            break
        if tried:
            refused = answers.refusal(account.client, attempt.answer)
            with stop.cuttable():
                await asyncio.sleep(max(PAUSE_S * 2**tried, refused.after_s or 0.0))
        try:
            async with account.turn():
                # Asked here, since a turn may be long in coming.
                if not replayable(journal.now(), attempt.created_at, min(attempt.key_life_s, account.terms.key_life_s)):
                    break
                # Durable before it is sent: from now on a refusal proves nothing.
                attempt = journal.note(attempt, RESENT, attempt.reason or answers.doubt(account.client, attempt.answer))
                fault.point("resend.durable")
                attempt = await ask(journal, account.client, attempt)
        except Closed:
            break
        attempt = settle(journal, account.client, attempt)
        fault.point("resend.settled")
        if attempt.state != states.SUBMITTING:
            break
    return attempt


async def _look_for(journal: Journal, account: Account, stop: Stop, attempt: Attempt) -> Attempt:
    settle_s = account.terms.settle_s
    age = journal.now() - attempt.created_at
    with stop.cuttable():
        await asyncio.sleep(settle_s - age if 0 <= age <= settle_s else 0.0 if age > settle_s else settle_s)
    claimed = journal.claimed(attempt.provider, attempt)
    since, until = attempt.created_at - MARGIN_S, attempt.created_at + settle_s + MARGIN_S
    sought = Sought(attempt.request, attempt.token, since, until, claimed, attempt.model)
    try:
        found = await _find(account, stop, sought)
        if not found.handles and found.now is not None and abs(wrong := found.now - journal.now()) > MARGIN_S / 2:
            # The provider dates its jobs by its own clock, and ours was wrong when this one was sent.
            found = await _find(account, stop, sought._replace(since=since + wrong, until=until + wrong))
    except (R2VError, OSError) as error:
        return journal.note(attempt, attempt.code, f"it could not be looked for at {attempt.provider}: {error}")
    fault.point("sought.read")
    handles = [handle for handle in found.handles if handle_text(handle) not in claimed]
    if len(handles) == 1 and found.complete:
        adopted = Change(handle=handles[0], code="adopted", reason="its answer was lost; found in the listing")
        attempt = journal.move(attempt, states.RUNNING, adopted)
    else:
        attempt = journal.note(attempt, SOUGHT, _not_sure(len(handles), found.complete, attempt.provider))
    fault.point("sought.durable")
    return attempt


async def _find(account: Account, stop: Stop, sought: Sought) -> Found:
    with stop.cuttable():
        async with asyncio.timeout(FIND_S):
            return await account.client.find(sought)


def _not_sure(count: int, complete: bool, provider: str) -> str:
    if not complete:
        return f"its answer was lost, and the listing of {provider} could not be read to its end"
    if count:
        return f"its answer was lost, and {count} jobs in the listing of {provider} may be it"
    return f"its answer was lost, and the listing of {provider} does not show it"
