"""How often and how much at once: gates, slots, and what all jobs of an account want together."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from virtual import busiest, simulated

from r2v_pipeline.execute.limiter import SHARE, Gate, Limiter, Slots
from r2v_pipeline.providers.base import IDEMPOTENT, OPAQUE, Terms


def gate(*limits: tuple[int, float]) -> Gate:
    """A gate on the clock of the simulated loop that runs."""
    return Gate(limits, asyncio.get_running_loop())


async def passing(through: Gate, passed: list[Any], name: Any = None, urgency: float | None = None) -> None:
    """Note when one came through."""
    await through.turn(urgency)
    passed.append((name, asyncio.get_running_loop().time()) if name else asyncio.get_running_loop().time())


def test_a_gate_without_limits_is_open() -> None:
    async def run() -> list[float]:
        passed: list[float] = []
        through = gate()
        await asyncio.gather(*(passing(through, passed) for _ in range(100)))
        return passed

    assert [0.0] * 100 == simulated(run())


def test_no_window_holds_more_than_the_limit() -> None:
    """Five a minute, one a second: five at once a second apart, then nobody until the first is a minute old."""

    async def run() -> list[float]:
        passed: list[float] = []
        through = gate((5, 60.0), (1, 1.0))
        await asyncio.gather(*(passing(through, passed) for _ in range(7)))
        return passed

    assert [0, 1, 2, 3, 4, 60, 61] == [round(at, 3) for at in simulated(run())]


@given(st.lists(st.floats(0, 20), min_size=1, max_size=60), st.integers(1, 6), st.floats(0.3, 8))
def test_whoever_comes_whenever_the_limit_holds_and_nobody_is_forgotten(
    arrivals: list[float], count: int, seconds: float
) -> None:
    async def run() -> list[float]:
        passed: list[float] = []
        through = gate((count, seconds))

        async def one(at: float) -> None:
            await asyncio.sleep(at)
            await passing(through, passed)

        await asyncio.gather(*map(one, arrivals))
        return passed

    passed = simulated(run())
    assert len(arrivals) == len(passed)
    assert busiest(passed, seconds - 1e-4) <= count


def test_the_most_urgent_goes_first_and_equals_in_order() -> None:
    async def run() -> list[tuple[str, float]]:
        passed: list[tuple[str, float]] = []
        through = gate((1, 1.0))
        waits = [("first", 0.0), ("late", 9.0), ("due", 1.0), ("due too", 1.0)]
        await asyncio.gather(*(passing(through, passed, name, urgency) for name, urgency in waits))
        return passed

    assert ["first", "due", "due too", "late"] == [name for name, _ in simulated(run())]


def test_who_gives_up_takes_no_place() -> None:
    async def run() -> list[tuple[str, float]]:
        passed: list[tuple[str, float]] = []
        through = gate((1, 10.0))
        await through.turn()
        impatient = asyncio.create_task(passing(through, passed, "impatient"))
        patient = asyncio.create_task(passing(through, passed, "patient"))
        await asyncio.sleep(1)
        impatient.cancel()
        await patient
        return passed

    assert [("patient", 10.0)] == simulated(run())


def test_a_closed_gate_lets_nobody_through_until_it_opens() -> None:
    async def run() -> list[float]:
        passed: list[float] = []
        through = gate((10, 1.0))
        through.close(45.0)
        waiting = [asyncio.create_task(passing(through, passed)) for _ in range(2)]
        await asyncio.sleep(5)
        through.close(10.0)
        await asyncio.gather(*waiting)
        through.close(7.0)
        await passing(through, passed)
        return passed

    assert [45.0, 45.0, 52.0] == simulated(run())


def test_closing_holds_those_who_wait_already() -> None:
    async def run() -> list[float]:
        passed: list[float] = []
        through = gate((1, 2.0))
        await through.turn()
        waiting = asyncio.create_task(passing(through, passed))
        await asyncio.sleep(1)
        through.close(30.0)
        await waiting
        return passed

    assert [31.0] == simulated(run())


def test_what_passed_before_this_build_counts() -> None:
    async def run() -> list[float]:
        passed: list[float] = []
        through = gate((2, 60.0))
        through.remember([10.0, 50.0, 59.0])
        await asyncio.gather(*(passing(through, passed) for _ in range(3)))
        return passed

    # The two latest were 50 and 10 s ago: they leave the minute in 10 and 50 s.
    assert [10.0, 50.0, 70.0] == simulated(run())


def test_waiting_is_not_busy() -> None:
    """However many wait, and however long: one call of the timer for each that passes."""

    class Counting:
        calls = 0

        def time(self) -> float:
            return asyncio.get_running_loop().time()

        def call_at(self, when: float, callback: Callable[[], object]) -> Any:
            self.calls += 1
            return asyncio.get_running_loop().call_at(when, callback)

    async def run() -> int:
        timer = Counting()
        through = Gate(((1, 18.0),), timer)
        await asyncio.gather(*(through.turn() for _ in range(200)))
        return timer.calls

    assert simulated(run()) == 199


async def held(slots: Slots, seconds: float, log: list[int], already: bool = False) -> None:
    """Take a slot for so long; `log` says how many were taken then."""
    async with slots.one(already):
        log.append(log[-1] + 1)
        await asyncio.sleep(seconds)
        log.append(log[-1] - 1)


def test_slots_never_hold_more_than_the_cap() -> None:
    async def run() -> tuple[int, float]:
        log, slots = [0], Slots(3)
        await asyncio.gather(*(held(slots, 1.0 + number % 3, log) for number in range(30)))
        return max(log), asyncio.get_running_loop().time()

    most, seconds = simulated(run())
    assert most == 3
    assert seconds <= 22


def test_no_cap_is_no_cap() -> None:
    async def run() -> int:
        log, slots = [0], Slots(0)
        await asyncio.gather(*(held(slots, 1.0, log) for _ in range(100)))
        return max(log)

    assert simulated(run()) == 100


def test_what_runs_at_the_provider_already_does_not_wait_but_counts() -> None:
    async def run() -> tuple[int, float]:
        log, slots = [0], Slots(2)
        old = [asyncio.create_task(held(slots, 5.0, log, already=True)) for _ in range(3)]
        await asyncio.sleep(0)
        async with slots.one():
            began = asyncio.get_running_loop().time()
        await asyncio.gather(*old)
        return max(log), began

    assert simulated(run()) == (3, 5.0)


@given(st.lists(st.tuples(st.floats(0, 3), st.floats(0.1, 3)), max_size=20))
def test_a_cancelled_wait_loses_no_slot(lives: list[tuple[float, float]]) -> None:
    """Tasks that are cancelled after a while, in the very moment of being served too, leave all slots free."""

    async def run() -> None:
        slots, log = Slots(2), [0]

        async def one(start: float) -> None:
            await asyncio.sleep(start)
            with contextlib.suppress(asyncio.CancelledError):
                await held(slots, 1.0, log)

        tasks = [asyncio.create_task(one(start)) for start, _ in lives]
        loop = asyncio.get_running_loop()
        for task, (_, end) in zip(tasks, lives, strict=True):
            loop.call_at(end, task.cancel)
        await asyncio.gather(*tasks, return_exceptions=True)
        async with asyncio.timeout(0.1), slots.one(), slots.one():
            pass

    simulated(run())


def test_a_slot_handed_over_while_being_cancelled_goes_on_to_the_next() -> None:
    async def run() -> bool:
        slots, order = Slots(1), []

        async def second() -> None:
            async with slots.one():
                order.append("second")

        async def third() -> None:
            async with slots.one():
                order.append("third")

        async with slots.one():
            cancelled, last = asyncio.create_task(second()), asyncio.create_task(third())
            await asyncio.sleep(0)
        # The slot was given to the second, which has not run since.
        cancelled.cancel()
        await last
        return order == ["third"] and cancelled.cancelled()

    assert simulated(run())


def limiter(**terms: Any) -> Limiter:
    """The limits of an account with these terms, on the simulated loop that runs."""
    return Limiter(Terms(OPAQUE, "", **terms), asyncio.get_running_loop())


def test_submits_keep_the_minute_and_the_second() -> None:
    """Alibaba Model Studio names 300 a minute and counts them by the second: five in each."""

    async def run() -> list[float]:
        passed: list[float] = []
        limits = limiter(submits_a_minute=300)
        await asyncio.gather(*(passing(limits.submits, passed) for _ in range(700)))
        return passed

    passed = simulated(run())
    assert busiest(passed, 60.0) <= 300
    assert busiest(passed, 1.0) <= 5
    assert passed[-1] < 700 / 5 * 1.05


def test_polls_keep_a_share_of_the_limit() -> None:
    async def run() -> list[float]:
        passed: list[float] = []
        limits = limiter(polls_a_second=20.0)
        await asyncio.gather(*(passing(limits.polls, passed) for _ in range(100)))
        return passed

    assert busiest(simulated(run()), 1.0) == 20 * SHARE


def test_terms_without_limits_limit_nothing() -> None:
    async def run() -> tuple[float, float]:
        limits = Limiter(Terms(IDEMPOTENT, "acc"), asyncio.get_running_loop())
        for _ in range(1000):
            await limits.polls.turn()
            await limits.submits.turn()
        limits.want("job", 1e6)
        return asyncio.get_running_loop().time(), limits.stretch

    assert simulated(run()) == (0.0, 1.0)


def test_stretch_is_what_all_jobs_want_over_what_the_limit_gives() -> None:
    async def run() -> list[float]:
        limits, seen = limiter(polls_a_second=10.0), []
        for wanted in (("a", 4.0), ("b", 40.0), ("b", 8.0), ("a", 0.0), ("b", 0.0)):
            limits.want(*wanted)
            seen.append(limits.stretch)
        return seen

    few, many, some, one, none = simulated(run())
    assert few == one == none == 1.0
    assert 4 < many < 6
    assert 1.0 < some < many


def test_what_is_wanted_is_counted_exactly_over_many_changes() -> None:
    async def run() -> float:
        limits = limiter(polls_a_second=1.0)
        for number in range(10_000):
            limits.want(number % 7, math.sqrt(number + 1))
        for job in range(7):
            limits.want(job, 0.0)
        return limits.stretch

    assert simulated(run()) == 1.0
