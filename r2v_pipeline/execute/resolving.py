"""What a person may decide about an attempt that r2v cannot settle: the rows behind `r2v resolve`.

Nothing here asks a provider for a clip.  `resubmit` only permits the next build to; what the first request may have
cost stays counted.  The caller holds the project's lock.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from r2v_pipeline.errors import UsageError
from r2v_pipeline.execute import problems, states
from r2v_pipeline.execute.journal import GONE, Journal, handle_text
from r2v_pipeline.execute.records import Attempt, Change
from r2v_pipeline.plan.amounts import price

_WAITING = (
    "SELECT id FROM attempt WHERE way <> 'local' AND (state = 'submitting' OR (state = 'ready' AND code = ?)"
    f" OR ({GONE})) AND (run IS NULL OR run IN (SELECT id FROM run WHERE storyboard = ?)) ORDER BY id"
)


def waiting(journal: Journal, storyboard: str) -> list[Attempt]:
    """Every attempt of a storyboard (its place in the project) that waits for a person: in doubt, paid for and gone,
    or paid for and broken."""
    rows = journal.select(_WAITING, (problems.CHECK_FAILED, storyboard))
    return [journal.attempt(id) for (id,) in rows]


def found(journal: Journal, attempt: Attempt, handle: Mapping[str, Any]) -> str:
    """It is this job at the provider: the next build collects it.  Returns what was done, in words.

    Raises:
        UsageError: it is not in doubt, or that job is another shot's.
    """
    _in_doubt(attempt, "--found")
    if handle_text(handle) in journal.claimed(attempt.provider, attempt):
        raise UsageError(f"that job of {attempt.provider} is the one of another shot", "see `r2v status`")
    journal.move(attempt, states.RUNNING, Change(handle=handle, code="found", reason="a person found it"))
    return f"'{attempt.job}' is known again: `r2v build` collects it, for nothing more"


def never_ran(journal: Journal, attempt: Attempt) -> str:
    """It is not at the provider: nothing is owed, and the next build may buy it.  Returns what was done, in words.

    Raises:
        UsageError: it is not in doubt.
    """
    _in_doubt(attempt, "--never-ran")
    change = Change(reason="a person says that it never ran", billed=False)
    journal.move(attempt, states.ABANDONED, change)
    return f"'{attempt.job}' never ran: {price(attempt.estimate)} counts no more, and the next build may buy it"


def resubmit(journal: Journal, attempt: Attempt) -> str:
    """It may be bought again although it may exist, or was paid for.  Returns what was done, in words.

    Raises:
        UsageError: its answer is written down, and only has to be read.
    """
    if attempt.state == states.EXPIRED:
        journal.permit(attempt)
    elif attempt.state == states.READY:
        change = Change(code=attempt.code, reason=attempt.reason)
        journal.move(attempt, states.FAILED, change)
    else:
        _in_doubt(attempt, "--resubmit")
        journal.move(attempt, states.ABANDONED, Change(reason="a person had it sent again"))
    counted = f"the {price(attempt.estimate)} of the first request stay counted"
    return f"'{attempt.job}' may be bought again by the next build; {counted}"


def _in_doubt(attempt: Attempt, option: str) -> None:
    if attempt.state != states.SUBMITTING:
        raise UsageError(
            f"{option}: '{attempt.job}' did run, and its clip is gone or broken",
            f"`r2v resolve {attempt.job} --resubmit` lets the next build buy it again",
        )
    if attempt.answer is not None and not attempt.code:
        raise UsageError(f"'{attempt.job}' is not in doubt: its answer is here", "`r2v build` reads it")
