"""When a provider is asked next: the rules one by one, and the goals of issue 4 in simulated time."""

from __future__ import annotations

import math
import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from virtual import DISTRIBUTIONS, GOALS, best_fixed, learned, lognormal

from r2v_pipeline.execute import polling
from r2v_pipeline.execute.polling import LEAST_S, LONGEST_S, Asked, Pace, left, pace, wait
from r2v_pipeline.execute.turnaround import USUAL_S, Turnaround
from r2v_pipeline.providers.base import OPAQUE, Terms

PACE = Pace(1.0, 60.0)
FINE = Asked()


@pytest.fixture(autouse=True)
def house_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other tests here hurry; these are about the real waits, in a time that costs nothing."""
    monkeypatch.setattr(polling, "LEAST_S", LEAST_S)
    monkeypatch.setattr(polling, "LONGEST_S", LONGEST_S)


def known(seconds: float, jobs: int = 60, sigma: float = 0.1) -> Turnaround:
    """What is known after so many jobs that took about so long."""
    dice, times = random.Random(1), Turnaround()
    for _ in range(jobs):
        took = dice.lognormvariate(math.log(seconds), sigma)
        times.learn(took - 1, took + 1)
    return times


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_learned_waits_beat_every_fixed_interval_by_the_goal(name: str) -> None:
    """From the first job on, with nothing known; the goals are those of whole runs, the first jobs included."""
    draw = DISTRIBUTIONS[name]
    seen = learned(draw, 1000)
    assert seen.product <= GOALS[name] * best_fixed(draw, 1000)


@pytest.mark.parametrize("sigma", [0.25, 0.5])
def test_a_job_of_a_minute_and_a_half_is_noticed_within_five_seconds(sigma: float) -> None:
    assert learned(lognormal(sigma), 400).late_s <= 5


def test_same_seed_same_polls() -> None:
    assert learned(lognormal(0.5), 50, seed=3) == learned(lognormal(0.5), 50, seed=3)


def test_twenty_jobs_are_enough_to_be_better_than_any_fixed_interval() -> None:
    ratios = [
        learned(draw, 20, at_once=1, seed=seed).product / best_fixed(draw, 20, seed)
        for draw in (lognormal(0.25), lognormal(0.5))
        for seed in range(10)
    ]
    assert sum(ratios) / len(ratios) < 0.95


@pytest.mark.parametrize("factor", [0.4, 3.0])
def test_a_provider_that_changed_is_noticed(factor: float) -> None:
    """After 200 jobs of 90 s come others: their polls times lateness are soon like those of a fixed interval, or
    better."""
    dice, times = random.Random(1), known(90, 200, 0.25)
    polls, late, took = 0, 0.0, 0.0
    for number in range(120):
        duration, elapsed, before = dice.lognormvariate(math.log(90 * factor), 0.25), 0.0, 0.0
        while elapsed < duration:
            before, elapsed = elapsed, elapsed + wait(times, PACE, elapsed, FINE, 0.5)
            polls += number >= 60
        times.learn(before, elapsed)
        if number >= 60:
            late, took = late + elapsed - duration, took + duration
    assert polls * late / 60 < 0.85 * took / 2


@given(
    st.lists(st.tuples(st.floats(0, 90_000), st.floats(0, 90_000)).map(sorted), max_size=30),
    st.floats(0, 200_000),
    st.floats(0, 1),
    st.floats(1, 50),
)
def test_waits_stay_within_bounds_whatever_was_learned(
    seen: list[list[float]], elapsed: float, chance: float, stretch: float
) -> None:
    times = Turnaround()
    for least, most in seen:
        times.learn(least, most)
    assert PACE.least_s <= wait(times, PACE, elapsed, FINE, chance, stretch) <= PACE.longest_s * stretch


def test_waits_grow_once_a_job_is_late() -> None:
    times = known(90)
    waits = [wait(times, PACE, elapsed, FINE, 0.5) for elapsed in (200, 400, 1000, 3000, 10_000)]
    assert all(early < late for early, late in pairwise(waits))


def test_a_long_job_is_not_asked_about_each_minute() -> None:
    """An hour and a half every time: the doubt that it may be quicker for once costs a few questions, no more."""
    times, elapsed, polls = known(5400, 200), 0.0, 0
    while elapsed < 4000:
        elapsed += wait(times, Pace(1.0, 3600.0), elapsed, FINE, 0.5)
        polls += 1
    assert polls <= 12


def test_a_sudden_quick_job_is_looked_for_though_none_was_quick() -> None:
    assert wait(known(5400), Pace(1.0, 3600.0), 0.0, FINE, 0.5) < 1000


def test_old_jobs_are_forgotten() -> None:
    times = known(90, 400)
    for _ in range(200):
        times.learn(269, 271)
    assert 250 < times.left(0) < 290


def test_after_days_a_job_is_asked_about_as_seldom_as_may_be() -> None:
    assert {60.0} == {wait(known(90), PACE, elapsed, FINE, 0.5) for elapsed in (100_000, 180_000, 1e7)}


def test_the_wait_ends_near_the_time_when_jobs_end() -> None:
    times = known(90, sigma=0.02)
    assert 60 < wait(times, PACE._replace(longest_s=600), 0.0, FINE, 0.5) < 92
    assert wait(times, PACE, 88.0, FINE, 0.5) < 4


def test_more_jobs_than_the_limit_allows_are_asked_about_less() -> None:
    times = Turnaround()
    assert 2 * wait(times, PACE, 90, FINE, 0.5) < wait(times, PACE, 90, FINE, 0.5, stretch=3.0)


def test_jitter_never_goes_below_the_least_interval() -> None:
    times = known(5, 200, 0.02)
    assert {7.0} == {wait(times, Pace(7.0, 60.0), 4.5, FINE, chance) for chance in (0, 0.5, 1)}


def test_two_builds_do_not_ask_together_for_ever() -> None:
    times = Turnaround()
    assert wait(times, PACE, 90, FINE, 0.0) < wait(times, PACE, 90, FINE, 1.0)


@pytest.mark.parametrize("chance", [0.0, 0.5, 1.0])
def test_retry_after_is_honoured_to_the_second(chance: float) -> None:
    asked = FINE.failed(after_s=45.0)
    assert 45 <= wait(known(90), PACE, 89, asked, chance) <= 48


def test_retry_after_of_a_running_answer_counts_too_and_only_once() -> None:
    asked = FINE.answered(after_s=45.0)
    assert wait(known(90), PACE, 89, asked, 0.0) >= 45
    assert wait(known(90), PACE, 89, asked.answered(), 0.0) < 45


def test_an_absurd_retry_after_is_clamped() -> None:
    assert 300 <= wait(known(90), PACE, 89, FINE.failed(after_s=1e9), 1.0) <= 315
    assert wait(known(90), PACE, 89, FINE.failed(after_s=-1), 0.0) < 10


def test_failed_questions_back_off_by_doubling_to_two_minutes_and_forget_at_the_first_answer() -> None:
    times, asked, waits = known(90), FINE, []
    for _ in range(40):
        asked = asked.failed()
        waits.append(wait(times, PACE, 89, asked, 1.0))
    assert [2, 4, 8, 16, 32, 64, 120, 120] == waits[:8]
    assert waits[-1] == 120
    assert wait(times, PACE, 89, asked.answered(), 0.5) == wait(times, PACE, 89, FINE, 0.5)


def test_a_provider_that_names_no_interval_gets_the_house_bounds() -> None:
    assert Pace(LEAST_S, LONGEST_S) == pace(0.0)
    assert Pace(15.0, LONGEST_S) == pace(15.0)
    assert Pace(90.0, 90.0) == pace(90.0)


def test_vendor_limits_are_kept_by_many_jobs_at_once() -> None:
    """2.5 polls a second for 100 jobs of 90 s would be 25 s of lateness for any fixed interval that keeps them."""
    seen = learned(lognormal(0.25), 400, at_once=100, terms=Terms(OPAQUE, "", polls_a_second=2.5, poll_every_s=20.0))
    assert seen.busiest <= 2.5
    assert seen.shortest_s >= 20
    assert seen.late_s < 25


def test_a_job_is_first_asked_about_when_it_may_be_done() -> None:
    """Nothing is known of this provider: its first job is left alone for a while, in proportion to its own word."""
    assert 10 < wait(Turnaround(), PACE, 0.0, FINE, 0.5) < 30
    assert 1 < wait(Turnaround(9.0), PACE, 0.0, FINE, 0.5) < 3


def test_left_is_the_median_of_what_is_left() -> None:
    assert math.isclose(USUAL_S, Turnaround().left(0), rel_tol=0.02)
    times = known(90, 200, 0.25)
    assert 80 < times.left(0) < 97
    assert 8 < times.left(90) < 25
    assert times.left(60) < times.left(30) < times.left(0)


def test_left_never_ends_and_never_lies_about_the_far_future() -> None:
    times = known(90)
    assert 0 < times.left(100_000) <= 172_800
    assert 0 <= times.left(1e9)


def test_left_in_words() -> None:
    times = known(90, 200, 0.05)
    assert "about 60 s left" == left(times, 30)
    assert "a few s left" == left(times, 89)
    assert "about 90 s left" == left(times, -5)
    assert "about 10 min left" == left(known(600), 0)
    assert "about 2 h left" == left(known(7200), 0)
