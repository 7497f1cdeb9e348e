"""The wait for one job, in simulated time: when it is asked about, and what is learned from what was seen."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from virtual import EPOCH, UNLIMITED, Unwritten, pacing, simulated

from r2v_pipeline.execute import polling
from r2v_pipeline.execute.limiter import Limiter
from r2v_pipeline.execute.pacing import LOCAL_WAIT, Pacing, Waiter
from r2v_pipeline.execute.polling import LEAST_S, LONGEST_S
from r2v_pipeline.providers.base import LOCAL, OPAQUE, Terms


@pytest.fixture(autouse=True)
def house_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other tests here hurry; these are about the real waits, in a time that costs nothing."""
    monkeypatch.setattr(polling, "LEAST_S", LEAST_S)
    monkeypatch.setattr(polling, "LONGEST_S", LONGEST_S)


def waiter(paced: Pacing, accepted_at: float | None = None, terms: Terms = UNLIMITED, **limits: Any) -> Waiter:
    """For a job of a model that nothing is known of."""
    allowed = limits.get("limits") or Limiter(terms, asyncio.get_running_loop())
    return paced.waiter("p", "m", terms, allowed, accepted_at)


async def watch(wait: Waiter, done_at: float) -> list[float]:
    """Ask until the job is done; the moments of asking."""
    asked = []
    with wait:
        while True:
            await wait.turn()
            asked.append(asyncio.get_running_loop().time())
            if asked[-1] >= done_at:
                return asked
            wait.running()


def test_a_job_accepted_now_is_left_alone_first_and_learned_from() -> None:
    async def run() -> tuple[list[float], Any, int]:
        paced = pacing()
        wait = waiter(paced)
        assert wait.pause_s > 10
        asked = await watch(wait, 60.0)
        return asked, wait.finished(), paced.times("p", "m").count

    asked, took, count = simulated(run())
    assert asked[0] > 10
    assert (asked[-2], asked[-1]) == took
    assert asked[-2] < 60 <= asked[-1]
    assert count == 1


def test_a_job_of_an_earlier_build_is_asked_about_at_once() -> None:
    """When it ended between the builds nobody knows, so nothing is learned from it."""

    async def run() -> tuple[float, list[float], Any]:
        wait = waiter(pacing(), accepted_at=EPOCH - 3600)
        return wait.pause_s, await watch(wait, 0.0), wait.finished()

    assert simulated(run()) == (0.0, [0.0], None)


def test_a_job_of_an_earlier_build_that_still_runs_teaches_its_whole_length() -> None:
    async def run() -> tuple[list[float], Any]:
        wait = waiter(pacing(), accepted_at=EPOCH - 50)
        return await watch(wait, 30.0), wait.finished()

    asked, took = simulated(run())
    assert asked[0] == 0
    assert (50 + asked[-2], 50 + asked[-1]) == took


@pytest.mark.parametrize("accepted_at", [EPOCH + 500, EPOCH - 10 * 86_400], ids=["in the future", "ten days ago"])
def test_an_acceptance_that_cannot_be_teaches_nothing(accepted_at: float) -> None:
    """The wall clock was set since: the job is waited for as if it were new, and its length is not believed."""

    async def run() -> tuple[list[float], Any, int]:
        paced = pacing()
        wait = waiter(paced, accepted_at)
        return await watch(wait, 80.0), wait.finished(), paced.times("p", "m").count

    asked, took, count = simulated(run())
    assert asked[0] == 0
    assert 10 < asked[1] < 30
    assert (None, 0) == (took, count)


@pytest.mark.parametrize("jump", [3600.0, -3600.0, 30.0])
def test_a_clock_that_parts_from_the_other_teaches_nothing(jump: float) -> None:
    """A clock that was set, or a machine that slept: the loop's time stood still, the provider's did not."""

    async def run() -> Any:
        loop, jumped = asyncio.get_running_loop(), [0.0]
        paced = Pacing(Unwritten(), lambda: EPOCH + loop.time() + jumped[0], lambda: 0.5)  # type: ignore[arg-type]
        wait = waiter(paced)
        with wait:
            await wait.turn()
            wait.running()
            jumped[0] = jump
            await wait.turn()
        return wait.finished(), paced.times("p", "m").count

    assert simulated(run()) == (None, 0)


def test_jobs_in_flight_learn_from_each_other() -> None:
    async def run() -> float:
        paced = pacing()
        for _ in range(20):
            wait = waiter(paced)
            began = asyncio.get_running_loop().time()
            await watch(wait, began + 10)
            wait.finished()
        began = asyncio.get_running_loop().time()
        return (await watch(waiter(paced), began + 10))[0] - began

    assert simulated(run()) < 13


def test_a_provider_that_cannot_be_asked_is_asked_less_and_less() -> None:
    async def run() -> list[float]:
        wait, pauses = waiter(pacing(), accepted_at=EPOCH - 60), []
        with wait:
            for _ in range(6):
                await wait.turn()
                wait.failed()
                pauses.append(wait.pause_s)
        return pauses

    pauses = simulated(run())
    assert pauses[-1] > 8 * pauses[0]


def test_one_answer_makes_up_for_many_failures() -> None:
    async def run() -> tuple[float, float]:
        wait = waiter(pacing(), accepted_at=EPOCH - 60)
        with wait:
            for _ in range(7):
                await wait.turn()
                wait.failed()
            failing = wait.pause_s
            await wait.turn()
            wait.running()
        return failing, wait.pause_s

    failing, answered = simulated(run())
    assert failing > 60
    assert answered < 30


def test_retry_after_holds_every_job_of_the_account() -> None:
    async def run() -> list[float]:
        loop, paced = asyncio.get_running_loop(), pacing()
        limits = Limiter(UNLIMITED, loop)
        told, other = (waiter(paced, EPOCH - 60, limits=limits) for _ in range(2))
        with told, other:
            await told.turn()
            told.failed(after_s=45.0)
            await other.turn()
            at = loop.time()
            await told.turn()
        return [at, loop.time()]

    other, told = simulated(run())
    assert other == 45.0
    assert 45 <= told <= 48


def test_a_wait_can_be_cancelled_and_wants_nothing_then() -> None:
    async def run() -> tuple[float, float]:
        loop, paced = asyncio.get_running_loop(), pacing()
        terms = Terms(OPAQUE, "", polls_a_second=0.01)
        limits = Limiter(terms, loop)
        tasks = [asyncio.create_task(watch(waiter(paced, None, terms, limits=limits), 1e6)) for _ in range(20)]
        await asyncio.sleep(500)
        crowded = limits.stretch
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return crowded, limits.stretch

    crowded, after = simulated(run())
    assert crowded > 1
    assert after == 1.0


def test_looks_at_a_local_job_are_as_they_were() -> None:
    """An animatic is looked at at once, then soon, then twice a second; it is nobody's account."""

    async def run() -> tuple[list[float], Any]:
        wait = waiter(pacing(), terms=Terms(LOCAL, ""))
        assert wait.pause_s == 0
        asked = await watch(wait, 5.0)
        wait.failed()
        return asked, wait.finished()

    asked, took = simulated(run())
    first, longest, growth = LOCAL_WAIT
    assert [0, first, first + first * growth] == [round(at, 6) for at in asked[:3]]
    assert round(asked[-1] - asked[-2], 6) == longest
    assert took is None


def test_a_job_of_more_than_a_day_teaches_nothing() -> None:
    async def run() -> Any:
        paced = pacing()
        wait = waiter(paced)
        await watch(wait, 90_000.0)
        return wait.finished(), paced.times("p", "m").count

    assert simulated(run()) == (None, 0)
