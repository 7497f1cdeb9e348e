"""Providers in simulated time: the real waits and limits run on an event loop that skips what nobody does anything in.

benchmarks/polling.py prints what tests/execute/test_polling.py holds to its goals.
"""

from __future__ import annotations

import asyncio
import math
import random
import selectors
from collections.abc import Callable, Coroutine
from statistics import fmean
from typing import Any, NamedTuple

from r2v_pipeline.execute.limiter import Limiter
from r2v_pipeline.execute.pacing import Pacing
from r2v_pipeline.providers.base import OPAQUE, Terms

# 2026-01-01, so that nothing depends on the day of a test.
EPOCH = 1_767_225_600.0
Draw = Callable[[random.Random], float]


def lognormal(sigma: float, median_s: float = 90.0) -> Draw:
    """Durations as one model's jobs often have them."""
    return lambda dice: dice.lognormvariate(math.log(median_s), sigma)


def bimodal(dice: random.Random) -> float:
    """Half of the jobs are short ones, half long."""
    return dice.lognormvariate(math.log(dice.choice((40.0, 240.0))), 0.2)


DISTRIBUTIONS: dict[str, Draw] = {
    "lognormal, sigma 0.25": lognormal(0.25),
    "lognormal, sigma 0.5": lognormal(0.5),
    "lognormal, sigma 0.9": lognormal(0.9),
    "bimodal, 40 and 240 s": bimodal,
}
# At most so much of the best fixed interval's polls times lateness.
GOALS = dict(zip(DISTRIBUTIONS, (0.55, 0.8, 1.05, 1.05), strict=True))

UNLIMITED = Terms(OPAQUE, "")


class _Skipping(selectors.DefaultSelector):
    """Waits for nothing but other threads; instead, the time that the loop would have slept has passed."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            return super().select(None)
        self.now += max(timeout, 0.0)
        return super().select(0)


class SkippingLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock begins at 0 and moves only while everybody sleeps."""

    def __init__(self) -> None:
        self.skipping = _Skipping()
        super().__init__(self.skipping)

    def time(self) -> float:
        return self.skipping.now


def simulated(work: Coroutine[Any, Any, Any]) -> Any:
    """`asyncio.run` in simulated time."""
    with asyncio.Runner(loop_factory=SkippingLoop) as runner:
        return runner.run(work)


class Unwritten:
    """A journal of a project that never built anything."""

    def select(self, _sql: str, _values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        return []


def pacing(seed: int = 1) -> Pacing:
    """The waits of a first build, inside a simulated loop."""
    loop = asyncio.get_running_loop()
    return Pacing(Unwritten(), lambda: EPOCH + loop.time(), random.Random(seed).random)  # type: ignore[arg-type]


class Seen(NamedTuple):
    """How jobs were asked about: polls a job, mean and 95th percentile of the seconds between a job's end and its
    being noticed, the mean duration, the shortest time between two polls of one job, and the polls in the busiest
    second (any second, not those of the clock)."""

    polls: float
    late_s: float
    late_95_s: float
    mean_s: float
    shortest_s: float
    busiest: int

    @property
    def product(self) -> float:
        """Questions times lateness: what a policy has to keep small."""
        return self.polls * self.late_s


def learned(draw: Draw, jobs: int, *, at_once: int = 5, seed: int = 1, terms: Terms = UNLIMITED) -> Seen:
    """Jobs of a model that nobody knows anything of, so many in flight at a time, each waited for as a build does."""

    async def run() -> Seen:
        loop, paced, dice = asyncio.get_running_loop(), pacing(seed), random.Random(seed)
        limits = Limiter(terms, loop)
        left = [draw(dice) for _ in range(jobs)]
        durations, late, asked = list(left), [], []
        gaps = [math.inf]

        async def job(duration: float) -> None:
            accepted = before = loop.time()
            with paced.waiter("provider", "model", terms, limits) as waiter:
                while True:
                    await waiter.turn()
                    now = loop.time()
                    asked.append(now)
                    gaps.append(now - before)
                    before = now
                    if now - accepted >= duration:
                        break
                    waiter.running()
                waiter.finished()
            late.append(now - accepted - duration)

        async def worker() -> None:
            while left:
                await job(left.pop())

        await asyncio.gather(*(worker() for _ in range(at_once)))
        late.sort()
        return Seen(
            len(asked) / jobs,
            fmean(late),
            late[int(0.95 * jobs)],
            fmean(durations),
            min(gaps),
            busiest(asked),
        )

    return simulated(run())


def busiest(times: list[float], seconds: float = 1.0) -> int:
    """The most of these moments, in order, that lie within any span shorter than `seconds`."""
    most = first = 0
    for last, at in enumerate(times):
        while at - times[first] >= seconds - 1e-9:
            first += 1
        most = max(most, last - first + 1)
    return most


def fixed(draw: Draw, jobs: int, every_s: float, seed: int = 1) -> Seen:
    """The same jobs, asked about at fixed intervals."""
    dice = random.Random(seed)
    durations = [draw(dice) for _ in range(jobs)]
    polls = [math.ceil(duration / every_s) for duration in durations]
    late = sorted(asked * every_s - duration for asked, duration in zip(polls, durations, strict=True))
    return Seen(fmean(polls), fmean(late), late[int(0.95 * jobs)], fmean(durations), every_s, 0)


def best_fixed(draw: Draw, jobs: int, seed: int = 1) -> float:
    """The least product that any fixed interval has: half the mean duration, which ever shorter ones come near to."""
    products = [fixed(draw, jobs, every_s, seed).product for every_s in (1, 2, 3, 5, 7, 10, 15, 20, 30, 45, 60)]
    return min(*products, fixed(draw, jobs, 1, seed).mean_s / 2)
