"""How often, and how much at once, an account may be used: submits a minute, jobs running, polls a second.

One limiter an account serves all jobs of a build.  Whoever waits here sleeps on a future; one timer wakes the next.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from heapq import heappop, heappush
from typing import Any, Protocol

from r2v_pipeline.providers.base import Terms

# A provider counts requests as they arrive and we as they leave; and others may use the same account.  So windows last
# a little longer than the provider's, and of its polls a second this part is used.
MARGIN, SHARE = 1.02, 0.8
# Polls of all jobs are thinned out alike until they come to so many times what the limit lets through: a little more
# than fits, so that it is used to the full.
FULL = 1.1
# A timer may ring this much too early, in seconds.
_EARLY = 1e-6


class Timer(Protocol):
    """Time in seconds that never goes back, and a call at one; an asyncio event loop is one."""

    def time(self) -> float:
        """Now."""
        ...

    def call_at(self, when: float, callback: Callable[[], object]) -> Any:
        """Call once, then."""
        ...


class Gate:
    """Lets through at most `count` in any `seconds`, for each of `limits`: the most urgent of those who wait first."""

    def __init__(self, limits: tuple[tuple[int, float], ...], timer: Timer) -> None:
        self._limits, self._timer = limits, timer
        self._passed: deque[float] = deque(maxlen=max((count for count, _ in limits), default=1))
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []
        self._number = 0
        self._closed_until = -math.inf
        self._wakes_at = math.inf

    async def turn(self, urgency: float | None = None) -> None:
        """Wait for a place.  The least `urgency` goes first (by default, the time of asking), equals in order.

        Cancelled while waiting, it takes no place.
        """
        now = self._timer.time()
        if not self._waiting and self._free_at() <= now + _EARLY:
            self._passed.append(now)
            return
        place = asyncio.get_running_loop().create_future()
        self._number += 1
        heappush(self._waiting, (now if urgency is None else urgency, self._number, place))
        self._wake()
        await place

    def close(self, seconds: float) -> None:
        """Let nobody through for so long: the provider asked for it."""
        self._closed_until = max(self._closed_until, self._timer.time() + seconds)

    def remember(self, ages_s: list[float]) -> None:
        """Count what passed before this build: so many seconds ago each."""
        now = self._timer.time()
        self._passed.extend(now - age for age in sorted(ages_s, reverse=True))

    def _free_at(self) -> float:
        """When the next may pass."""
        at = self._closed_until
        for count, seconds in self._limits:
            if len(self._passed) >= count:
                at = max(at, self._passed[-count] + seconds)
        return at

    def _serve(self) -> None:
        self._wakes_at = math.inf
        now = self._timer.time()
        while self._waiting and self._free_at() <= now + _EARLY:
            place = heappop(self._waiting)[2]
            if not place.done():
                self._passed.append(now)
                place.set_result(None)
        self._wake()

    def _wake(self) -> None:
        """One call at the next free moment, unless there is one already."""
        at = self._free_at()
        if self._waiting and at < self._wakes_at:
            self._wakes_at = at
            self._timer.call_at(at, self._serve)


class Slots:
    """At most `cap` at once (0: any number), first come first served."""

    def __init__(self, cap: int) -> None:
        self._cap, self._taken = cap, 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    @asynccontextmanager
    async def one(self, already: bool = False) -> AsyncIterator[None]:
        """A slot for as long as the block runs.  `already`: what takes it runs at the provider; it does not wait."""
        if not already and 0 < self._cap <= self._taken:
            place = asyncio.get_running_loop().create_future()
            self._waiting.append(place)
            try:
                await place
            except asyncio.CancelledError:
                # The slot may have been handed over in the very moment of being cancelled.
                if place.done() and not place.cancelled():
                    self._give()
                raise
        else:
            self._taken += 1
        try:
            yield
        finally:
            self._give()

    def _give(self) -> None:
        self._taken -= 1
        while self._waiting and self._taken < self._cap:
            place = self._waiting.popleft()
            if not place.done():
                self._taken += 1
                place.set_result(None)


class Limiter:
    """The limits of one account, as its client states them."""

    def __init__(self, terms: Terms, timer: Timer) -> None:
        self.submits = Gate(_submit_limits(terms.submits_a_minute), timer)
        self._rate = terms.polls_a_second * SHARE
        self.polls = Gate(((1, 1 / self._rate),) if self._rate else (), timer)
        self.running = Slots(terms.running)
        self._wanted: dict[object, float] = {}
        self._total = 0.0

    def want(self, job: object, polls_a_second: float) -> None:
        """A job in flight would poll so often if it were alone; 0: it has ended."""
        self._total += polls_a_second - self._wanted.pop(job, 0.0)
        if polls_a_second:
            self._wanted[job] = polls_a_second
        elif not self._wanted:
            self._total = 0.0  # what rounding left

    @property
    def stretch(self) -> float:
        """By how much all jobs must thin out their polls for the account's limit; 1: not at all.

        Thinned alike, each still asks when it is likely to be finished; a queue in front of the gate would make all
        wait the same, however unlikely their end.
        """
        return max(self._total / (self._rate * FULL), 1.0) if self._rate else 1.0


def _submit_limits(a_minute: int) -> tuple[tuple[int, float], ...]:
    """A minute's worth in any minute, and a second's worth (at least one) in any second."""
    if not a_minute:
        return ()
    return (a_minute, 60 * MARGIN), (math.ceil(a_minute / 60), 1 * MARGIN)
