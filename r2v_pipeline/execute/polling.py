"""When to ask a provider about a job again.  Pure: time, chance and answers come in, seconds to wait go out.

What is kept, in this order: what the provider asked for (Retry-After), the least interval, waits that double while it
cannot be asked, and then what is cheapest (turnaround.py).
"""

from __future__ import annotations

from typing import NamedTuple

from r2v_pipeline.execute.turnaround import Turnaround

# Seconds between two questions about one job: the least where a provider names none, and the most.
LEAST_S, LONGEST_S = 1.0, 60.0
# Two builds that began together should not ask together for ever: waits vary by so much.
JITTER = 0.05
# The longest wait that a provider may ask for, in seconds; more is more likely a slip than a wish.
LONGEST_AFTER_S = 300.0


class Pace(NamedTuple):
    """Between what bounds one job may be asked about, in seconds."""

    least_s: float
    longest_s: float


def pace(poll_every_s: float) -> Pace:
    """The bounds for a provider that wants so many seconds between two polls of a job; 0: it does not say."""
    least = poll_every_s or LEAST_S
    return Pace(least, max(LONGEST_S, least))


class Asked(NamedTuple):
    """How asking about a job went so far: failed questions in a row, and the wait that the provider asked for."""

    failures: int = 0
    after_s: float = 0.0

    def failed(self, after_s: float | None = None) -> Asked:
        """The provider could not be asked, or did not want to be; it may have said for how long."""
        return Asked(self.failures + 1, after_s or 0.0)

    def answered(self, after_s: float | None = None) -> Asked:
        """It answered that the job is not finished."""
        return Asked(0, after_s or 0.0)


def wait(times: Turnaround, pace: Pace, elapsed_s: float, asked: Asked, chance: float, stretch: float = 1.0) -> float:
    """Seconds from now to the next question about a job accepted `elapsed_s` ago and not known to have ended.

    `chance` is 0 to 1, drawn by the caller.  `stretch` above 1 thins the questions of all jobs of an account alike,
    where they would come to more than its limit.
    """
    cheapest = times.after(elapsed_s, stretch) * (1 + JITTER * (2 * chance - 1))
    seconds = min(max(cheapest, pace.least_s), pace.longest_s * max(stretch, 1.0))
    if asked.failures:
        # Grows to twice the longest wait and no further; the half that chance decides keeps builds apart.
        backoff = min(pace.least_s * 2.0 ** min(asked.failures, 30), 2 * pace.longest_s)
        seconds = max(pace.least_s, backoff * (1 + chance) / 2)
    if asked.after_s > 0:
        # Never earlier than was asked for; a little later, each job another little.
        seconds = max(seconds, min(asked.after_s, LONGEST_AFTER_S) * (1 + JITTER * chance))
    return seconds


def left(times: Turnaround, elapsed_s: float) -> str:
    """For progress displays: about how long a job that is not finished will still take, in round words.

    Median of what is left, given how long it has been; nothing is promised by it.
    """
    seconds = times.left(max(elapsed_s, 0.0))
    if seconds < 7.5:
        return "a few s left"
    if seconds < 95:
        return f"about {round(seconds / 5) * 5} s left"
    if seconds < 5400:
        return f"about {round(seconds / 60)} min left"
    return f"about {round(seconds / 3600)} h left"
