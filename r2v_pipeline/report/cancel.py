"""What came of asking providers to stop, and what it means for the bill."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from r2v_pipeline.execute import states
from r2v_pipeline.execute.cancel import FINISHED, GOES_ON, OTHER, OVER, STOPPED, UNASKED, Cancelled
from r2v_pipeline.execute.records import Attempt
from r2v_pipeline.report.safe import safe
from r2v_pipeline.report.words import columns, number, price

VERSION = 1

_WORDS = {
    STOPPED: "stopped; it is not billed",
    OVER: "it is over; it may be billed",
    FINISHED: "finished before it could be stopped, so it is paid for: the next build fetches it",
    GOES_ON: "does not stop; it goes on and may be billed: a build collects it",
    UNASKED: "did not answer, so nobody knows whether it stopped: ask again, or let a build look",
    OTHER: "was sent from another account: ask with the key of that one",
    states.READY: "finished and paid for: the next build fetches it",
    states.SUBMITTING: "in doubt, so there is nothing to stop: see r2v resolve",
}


def to_text(done: Sequence[Cancelled], others: Sequence[Attempt]) -> str:
    """A line a job; `others` are open and were not asked about, because they cannot be stopped."""
    rows = [_row(each.attempt, each.outcome, each.said) for each in done]
    rows += [_row(attempt, attempt.state, "") for attempt in others]
    if not rows:
        return "Nothing runs at a provider.\n"
    return "\n".join(columns(rows)) + "\n"


def to_json(done: Sequence[Cancelled], others: Sequence[Attempt]) -> dict[str, Any]:
    """Version 1; `price` is what was expected, null where nobody knew."""
    jobs = [_json(each.attempt, each.outcome, each.said) for each in done]
    jobs += [_json(attempt, attempt.state, "") for attempt in others]
    return {"version": VERSION, "jobs": jobs}


def _row(attempt: Attempt, outcome: str, said: str) -> tuple[str, ...]:
    words = _WORDS[outcome] + (f" ({said})" if said else "")
    return safe(attempt.job), safe(attempt.provider), price(attempt.estimate), safe(words)


def _json(attempt: Attempt, outcome: str, said: str) -> dict[str, Any]:
    cost = attempt.estimate
    amount = number(cost.high_micros, 1_000_000) if cost.known else None
    who = {"shot": attempt.shot, "job": attempt.job, "provider": attempt.provider}
    return {**who, "outcome": outcome, "price": amount, "currency": cost.currency, "said": said}
