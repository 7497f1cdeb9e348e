"""The waits of one build between questions about its jobs, and what it learns from them.

polling.py says when, limiter.py how much an account may be used; this module has the clocks, the dice and the sleep.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from r2v_pipeline.execute import history, polling
from r2v_pipeline.execute.journal import Journal
from r2v_pipeline.execute.limiter import Limiter
from r2v_pipeline.execute.turnaround import Turnaround
from r2v_pipeline.providers.base import LOCAL, Terms

# Seconds between looks at a job of this machine: first, longest, growth.
LOCAL_WAIT = (0.05, 0.5, 1.4)


class Pacing:
    """One for each build.

    `wall` gives seconds since the epoch, `chance` numbers from 0 to 1.  Waits themselves are measured by the event
    loop's time, which no setting of the clock moves.
    """

    def __init__(
        self,
        journal: Journal,
        wall: Callable[[], float] = time.time,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.wall, self.chance = wall, chance
        self._journal = journal
        self._times: dict[tuple[str, str], Turnaround] = {}

    def times(self, provider: str, model: str, usual_s: float = 0.0) -> Turnaround:
        """What is known of how long jobs of a model take; all jobs of the build learn and read the same."""
        what = provider, model
        if what not in self._times:
            self._times[what] = history.turnaround(self._journal.select, provider, model, usual_s)
        return self._times[what]

    def waiter(
        self, provider: str, model: str, terms: Terms, limits: Limiter, accepted_at: float | None = None
    ) -> Waiter:
        """For one job that runs at a provider, within the limits of its account.

        `accepted_at` is when an earlier build was given it, in seconds since the epoch; None: it was accepted just
        now.
        """
        if terms.submit == LOCAL:
            return Waiter()
        return RemoteWaiter(self, self.times(provider, model, terms.usual_s), terms, limits, accepted_at)


class Waiter:
    """The wait for one job: `turn`, then ask, then say what came of it, and again.  A context manager.

    This one is for a job of this machine: asking is free, and nobody else wants to.
    """

    def __init__(self) -> None:
        self._pause = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """The job is not waited for any more."""

    @property
    def pause_s(self) -> float:
        """How long the next `turn` will sleep, at least."""
        return self._pause

    async def turn(self) -> None:
        """Sleep until the job is to be asked about.  May be cancelled."""
        if self._pause:
            await asyncio.sleep(self._pause)
        first, longest, growth = LOCAL_WAIT
        self._pause = min(self._pause * growth, longest) or first

    def running(self) -> None:
        """It is not finished."""

    def failed(self, after_s: float | None = None) -> None:
        """It could not be asked about; the provider may have said for how long it does not want to be asked."""

    def finished(self) -> tuple[float, float] | None:
        """It is finished: how long it took since it was accepted, at least and at most, in seconds; None where that
        was not seen."""
        return None


class RemoteWaiter(Waiter):
    """For a job at a provider."""

    def __init__(
        self, pacing: Pacing, times: Turnaround, terms: Terms, limits: Limiter, accepted_at: float | None
    ) -> None:
        super().__init__()
        self._pacing, self._times, self._limits = pacing, times, limits
        self._pace = polling.pace(terms.poll_every_s)
        self._state = polling.Asked()
        self._now = asyncio.get_running_loop().time
        now, wall = self._now(), pacing.wall()
        # The two clocks as they stood: if they part, one was set or the machine slept, and what was seen is no measure.
        self._apart = wall - now
        before = 0.0 if accepted_at is None else wall - accepted_at
        self._believed = accepted_at is None or history.sane(0.0, before)
        self._began = now - (before if self._believed else 0.0)
        self._asked = self._due = now
        # Since acceptance: when it was last known to be unfinished.  Nobody looked while no build ran.
        self._unfinished = 0.0 if accepted_at is None else None
        if accepted_at is None:
            self._plan()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """See Waiter."""
        self._limits.want(self, 0.0)

    @property
    def pause_s(self) -> float:
        """See Waiter."""
        return max(self._due - self._now(), 0.0)

    async def turn(self) -> None:
        """See Waiter.  Where more want to ask than the account allows, who is due longest goes first."""
        if pause := self.pause_s:
            await asyncio.sleep(pause)
        await self._limits.polls.turn(self._due)
        self._asked = self._now()

    def running(self) -> None:
        """See Waiter."""
        # As of the question: the answer was on its way since some moment after it.
        self._unfinished = self._asked - self._began
        self._state = self._state.answered()
        self._plan()

    def failed(self, after_s: float | None = None) -> None:
        """See Waiter."""
        self._state = self._state.failed(after_s)
        if after_s:
            # What it says to one job it says to the account.
            self._limits.polls.close(min(after_s, polling.LONGEST_AFTER_S))
        self._plan()

    def finished(self) -> tuple[float, float] | None:
        """See Waiter.  All jobs of the model that still run are asked about with this one in mind."""
        now = self._now()
        took, parted = now - self._began, abs(self._pacing.wall() - now - self._apart)
        if self._unfinished is None or not self._believed or parted > 1 + 0.01 * took:
            return None
        seen = self._unfinished, took
        if not history.sane(*seen):
            return None
        self._times.learn(*seen)
        return seen

    def _plan(self) -> None:
        now, stretch = self._now(), self._limits.stretch
        chance = self._pacing.chance()
        seconds = polling.wait(self._times, self._pace, now - self._began, self._state, chance, stretch)
        self._limits.want(self, stretch / seconds)
        self._due = now + seconds
