"""Asking a provider to stop a job that it still renders, and keeping what it said about the bill."""

from __future__ import annotations

from typing import NamedTuple

from r2v_pipeline.errors import R2VError
from r2v_pipeline.execute import states
from r2v_pipeline.execute.journal import Journal
from r2v_pipeline.execute.records import Attempt, Change
from r2v_pipeline.providers.base import Client, Failed, Finished

# What came of it: stopped and certainly free; over and perhaps billed; finished, so there is a clip to fetch; it goes
# on; the provider could not be asked; it belongs to another account.
STOPPED, OVER, FINISHED, GOES_ON, UNASKED, OTHER = "stopped", "over", "finished", "goes_on", "unasked", "other_account"
# After these the job still runs, as far as anybody knows.
GOING_ON = (GOES_ON, UNASKED, OTHER)

_ASKED = "cancelled with `r2v cancel`"


class Cancelled(NamedTuple):
    """One job after it was asked to stop.  `said` are the provider's words, empty where it had none."""

    attempt: Attempt
    outcome: str
    said: str = ""


async def cancel(journal: Journal, client: Client, attempt: Attempt) -> Cancelled:
    """Ask once.  The attempt ends in the journal only when the job certainly has ended; else it stays as it was, and
    the next build collects it.

    Raises:
        StateTrouble, DiskTrouble
    """
    if attempt.account != client.terms.account:
        return Cancelled(attempt, OTHER)
    assert attempt.handle is not None  # the schema demands one of running rows
    try:
        sure = await client.cancel(attempt.handle)
        now = None if sure else await client.poll(attempt.handle)
    except (R2VError, OSError) as error:
        return Cancelled(attempt, UNASKED, str(error))
    if sure:
        change = Change(code="cancelled", reason=_ASKED, again=True, billed=False)
        return Cancelled(journal.move(attempt, states.CANCELLED, change), STOPPED)
    if isinstance(now, Failed) and now.lost:
        # Perhaps only late in knowing it; and whatever ends here may be bought again.  A build looks more than once.
        return Cancelled(attempt, UNASKED, now.message)
    if isinstance(now, Failed):
        reason = f"{_ASKED}: {now.message}" if now.message else _ASKED
        change = Change(code=now.code, reason=reason, again=True, billed=now.billed)
        outcome = STOPPED if now.billed is False else OVER
        return Cancelled(journal.move(attempt, states.CANCELLED, change), outcome, now.message)
    return Cancelled(attempt, FINISHED if isinstance(now, Finished) else GOES_ON)


def belonging(journal: Journal, storyboard: str) -> list[Attempt]:
    """The open attempts of a storyboard at providers, oldest first; of a build that did not say its storyboard too."""
    ours = {run for (run,) in journal.select("SELECT id FROM run WHERE storyboard = ?", (storyboard,))}
    found = [a for a in journal.open_attempts().values() if not a.free and (a.run is None or a.run in ours)]
    return sorted(found, key=lambda attempt: attempt.id)
