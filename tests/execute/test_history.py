"""What earlier builds tell the next: durations and recent submits, out of a real journal, whatever the clock did."""

from __future__ import annotations

import math
from functools import partial

import pytest

from r2v_pipeline.execute import history, journal_view, states
from r2v_pipeline.execute.journal import Journal
from r2v_pipeline.execute.records import Attempt, Change, Intent
from r2v_pipeline.execute.session import Session
from r2v_pipeline.execute.turnaround import Turnaround
from r2v_pipeline.providers.base import OPAQUE, Cost, Terms

NOW = 1_767_225_600.0


def submit(journal: Journal, key: str, provider: str = "wavespeed", model: str = "m1", account: str = "a") -> Attempt:
    """A job that was accepted."""
    cost = Cost(1, 1, "USD")
    intent = Intent(key, key, key, provider, model, Terms(OPAQUE, account), b"{}", cost)
    attempt = journal.answered(journal.intend(intent), "yes")
    return journal.move(attempt, states.RUNNING, Change(handle={"id": key}))


def finish(journal: Journal, least_s: float, most_s: float, model: str = "m1") -> None:
    """A job that took so long."""
    number = journal.select("SELECT count(*) FROM attempt")[0][0]
    attempt = submit(journal, f"job{number}", model=model)
    journal.move(attempt, states.READY, Change(took_s=(least_s, most_s)))


def test_durations_come_back_in_the_order_they_were_seen(session: Session) -> None:
    expected = Turnaround()
    for number in range(30):
        seen = (40.0 + number, 44.0 + 2 * number)
        finish(session.journal, *seen)
        expected.learn(*seen)
    read = history.turnaround(session.journal.select, "wavespeed", "m1")
    assert read.count == 30
    assert [expected.after(at) for at in (0, 30, 60)] == [read.after(at) for at in (0, 30, 60)]


def test_another_command_reads_the_same_without_the_lock(session: Session) -> None:
    """For "about so long left" beside a build that runs."""
    finish(session.journal, 40, 44)
    read = history.turnaround(partial(journal_view.read, session.state / "state.db"), "wavespeed", "m1")
    assert read.left(0) == history.turnaround(session.journal.select, "wavespeed", "m1").left(0)


def test_each_model_has_its_own(session: Session) -> None:
    finish(session.journal, 40, 44, "m1")
    finish(session.journal, 400, 440, "m2")
    submit(session.journal, "still running", model="m1")
    counts = [history.turnaround(session.journal.select, "wavespeed", model).count for model in ("m1", "m2", "m3")]
    assert [1, 1, 0] == counts
    assert history.turnaround(session.journal.select, "vercel", "m1").count == 0


def test_without_history_the_word_of_the_provider_counts(session: Session) -> None:
    assert math.isclose(5.0, history.turnaround(session.journal.select, "p", "m", usual_s=5.0).left(0), rel_tol=0.02)


def test_a_clock_that_jumped_poisons_nothing(session: Session) -> None:
    """Whatever stands in the rows: time that ran backwards, a job of a year, no number at all."""
    for seen in ((-5.0, 40.0), (50.0, 40.0), (10.0, 3e7), (-3e7, -1.0), (0.0, math.inf), (40.0, 40.0)):
        finish(session.journal, *seen)
    finish(session.journal, 40, 44)
    assert history.turnaround(session.journal.select, "wavespeed", "m1").count == 1


def test_one_absurd_but_possible_duration_moves_little() -> None:
    times, other = Turnaround(), Turnaround()
    for _ in range(50):
        times.learn(85, 95)
        other.learn(85, 95)
    other.learn(80_000, 80_010)
    assert abs(times.left(0) - other.left(0)) < 5


def test_only_the_last_few_hundred_jobs_are_read(session: Session) -> None:
    row = "INSERT INTO attempt (job_key, no, job, shot, provider, model, account, way, key_life_s, request, token,"
    row += " currency, state, created_at, changed_at) VALUES (?, 1, 's', 's', 'p', 'm', '', 'opaque', 0, x'7b7d', ?,"
    row += " 'USD', 'submitting', 0, 0)"
    with session.journal.transaction() as db:
        db.executemany(row, ((f"k{n}", f"t{n}") for n in range(500)))
        db.execute("UPDATE attempt SET state = 'running', handle = '{}', took_least_s = 10 + id, took_most_s = 11 + id")
    read = history.turnaround(session.journal.select, "p", "m")
    assert 300 < read.count < 500
    assert read.left(0) > 300


@pytest.mark.parametrize("now", [NOW, NOW + 0.5])
def test_recent_submits_of_an_account(session: Session, now: float) -> None:
    at = iter((NOW - 100, NOW - 100, NOW - 100, NOW - 30, NOW - 30, NOW - 30, NOW - 5, NOW - 5, NOW - 5))
    with Journal(session.state / "state.db", lambda: next(at)) as journal:
        for key in ("old", "recent", "last"):
            submit(journal, key)
    ages = history.submitted(session.journal, "wavespeed", "a", now, 5)
    assert [5.0 + now - NOW, 30.0 + now - NOW] == ages
    assert [5.0 + now - NOW] == history.submitted(session.journal, "wavespeed", "a", now, 1)
    assert [] == history.submitted(session.journal, "wavespeed", "other", now, 5)


def test_a_submit_of_the_future_counts_as_of_now(session: Session) -> None:
    with Journal(session.state / "state.db", lambda: NOW + 3600) as journal:
        submit(journal, "ahead")
    assert [0.0] == history.submitted(session.journal, "wavespeed", "a", NOW, 5)
