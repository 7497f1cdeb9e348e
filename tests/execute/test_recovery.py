"""What a build does with attempts that an earlier one left open: the same code as for its own."""

from __future__ import annotations

import pytest
from scripted import (
    PAID,
    Heard,
    Scripted,
    answer,
    build,
    codes,
    frame_job,
    from_job,
    intent_of,
    plan_of,
    render_job,
    rows,
    states,
)

from r2v_pipeline.execute import states as way
from r2v_pipeline.execute.answers import plain
from r2v_pipeline.execute.records import Attempt, Change
from r2v_pipeline.execute.session import Session
from r2v_pipeline.providers.base import FREE, Accepted, Cost, Refused

JOB = render_job("s1")
ACCEPTED = plain(answer(Accepted({"id": "old"})))


def left(session: Session, state: str, cost: Cost = FREE, answer: str = "", shot: str = "s1") -> Attempt:
    """An open attempt, as a build that was killed leaves it."""
    job = render_job(shot)
    attempt = session.journal.intend(intent_of(job, cost))
    if answer:
        attempt = session.journal.answered(attempt, answer)
    for new in {"submitting": [], "running": [way.RUNNING], "ready": [way.RUNNING, way.READY]}[state]:
        change = Change(handle={"id": "old"}) if new == way.RUNNING else Change()
        attempt = session.journal.move(attempt, new, change)
    return attempt


@pytest.mark.parametrize("state", ["running", "ready"])
@pytest.mark.parametrize("cost", [FREE, PAID])
def test_what_was_bought_is_collected_and_not_bought_again(
    session: Session, client: Scripted, heard: Heard, state: str, cost: Cost
) -> None:
    left(session, state, cost)
    client.jobs["old"] = "s1"
    run = build(session, plan_of(JOB, verbs={"s1": "collect"}, cost=cost), client, heard=heard)
    assert {"s1": "stored"} == states(run)
    assert [] == client.bill
    assert [("s1", 1, "stored")] == rows(session)
    assert ["stored"] == heard.kinds()


def test_it_is_collected_even_if_the_plan_did_not_know(session: Session, client: Scripted) -> None:
    """The journal decides, not the verb."""
    left(session, "running", PAID)
    client.jobs["old"] = "s1"
    assert {"s1": "stored"} == states(build(session, plan_of(JOB, cost=PAID), client))
    assert [] == client.bill


@pytest.mark.parametrize(("state", "end"), [("running", "failed"), ("ready", "expired")])
def test_a_local_job_that_died_with_its_build_is_drawn_again(
    session: Session, client: Scripted, state: str, end: str
) -> None:
    left(session, state)
    assert {"s1": "stored"} == states(build(session, plan_of(JOB, verbs={"s1": "collect"}), client))
    assert [("s1", 1, end), ("s1", 2, "stored")] == rows(session)


@pytest.mark.parametrize("state", ["running", "ready"])
def test_a_paid_job_that_the_provider_lost_is_a_person_s_to_buy_again(
    session: Session, client: Scripted, state: str
) -> None:
    """Not failed: that would be planned, and bought, again.  The next build says the same and asks nobody."""
    left(session, state, PAID)
    for _ in range(2):
        run = build(session, plan_of(JOB, verbs={"s1": "collect"}, cost=PAID), client)
        assert ({"s1": "held"}, ["R2V617"]) == (states(run), codes(run))
    assert [("s1", 1, "expired")] == rows(session)
    assert [] == client.bill
    problem = run.outcomes[0].problem
    assert problem is not None
    assert "bought from animatic ($0.98, " in problem.message
    assert "'r2v resolve s1 -f story.yaml --resubmit' lets" in problem.help
    session.journal.permit(session.journal.gone()[JOB.key])
    assert {"s1": "stored"} == states(build(session, plan_of(JOB, cost=PAID), client))
    assert [("s1", 1, "expired"), ("s1", 2, "stored")] == rows(session)


def test_an_unanswered_free_submit_is_dropped_and_made_again(session: Session, client: Scripted) -> None:
    left(session, "submitting")
    assert {"s1": "stored"} == states(build(session, plan_of(JOB), client))
    assert [("s1", 1, "abandoned"), ("s1", 2, "stored")] == rows(session)
    (reason,) = rows(session, "reason")[0]
    assert "nothing is owed" in reason


def test_an_unanswered_paid_submit_is_held(session: Session, client: Scripted) -> None:
    left(session, "submitting", PAID)
    assert {"s1": "held"} == states(build(session, plan_of(JOB, cost=PAID), client))
    assert [] == client.bill


@pytest.mark.parametrize("cost", [FREE, PAID])
def test_an_answer_that_was_written_and_not_read_is_read_now(session: Session, client: Scripted, cost: Cost) -> None:
    left(session, "submitting", cost, answer=ACCEPTED)
    client.jobs["old"] = "s1"
    assert {"s1": "stored"} == states(build(session, plan_of(JOB, verbs={"s1": "collect"}, cost=cost), client))
    assert [] == client.bill


def test_a_refusal_that_was_written_and_not_read_is_one(session: Session, client: Scripted) -> None:
    refused = plain(answer(Refused("400", "no")))
    left(session, "submitting", PAID, answer=refused)
    assert {"s1": "failed"} == states(build(session, plan_of(JOB, cost=PAID), client))
    assert [("s1", 1, "rejected")] == rows(session)


@pytest.mark.parametrize(
    ("state", "end"), [("submitting", "abandoned"), ("running", "cancelled"), ("ready", "expired")]
)
def test_free_leftovers_that_nobody_wants_are_ended(session: Session, client: Scripted, state: str, end: str) -> None:
    left(session, state, shot="old shot")
    build(session, plan_of(JOB), client)
    assert [("old shot", 1, end), ("s1", 1, "stored")] == rows(session)


def test_a_free_leftover_that_was_answered_is_ended_too(session: Session, client: Scripted) -> None:
    left(session, "submitting", answer=ACCEPTED, shot="old shot")
    build(session, plan_of(JOB), client)
    assert [("old shot", 1, "abandoned"), ("s1", 1, "stored")] == rows(session)


@pytest.mark.parametrize("state", ["submitting", "running", "ready"])
def test_paid_leftovers_stay_until_somebody_settles_them(session: Session, client: Scripted, state: str) -> None:
    left(session, state, PAID, shot="old shot")
    build(session, plan_of(JOB), client)
    assert [("old shot", 1, state), ("s1", 1, "stored")] == rows(session)


def test_a_lost_job_is_made_again_from_results_of_the_build_before(session: Session, client: Scripted) -> None:
    """Its picture is not planned again, since it is stored; the new attempt still gets it."""
    frame = frame_job(JOB)
    second = render_job("s2", from_job(frame))
    build(session, plan_of(JOB, frame), client)
    attempt = session.journal.intend(intent_of(second))
    session.journal.move(attempt, way.RUNNING, Change(handle={"id": "old"}))
    verbs = {"s1": "reuse", "s1@last": "reuse", "s2": "collect"}
    run = build(session, plan_of(JOB, frame, second, verbs=verbs), client)
    assert {"s1": "reused", "s1@last": "reused", "s2": "stored"} == states(run)


def test_a_lost_job_whose_picture_is_gone_too_says_so(session: Session, client: Scripted) -> None:
    frame = frame_job(JOB)
    second = render_job("s2", from_job(frame))
    attempt = session.journal.intend(intent_of(second))
    session.journal.move(attempt, way.RUNNING, Change(handle={"id": "old"}))
    run = build(session, plan_of(JOB, frame, second, verbs={"s1@last": "skip", "s2": "collect"}), client)
    assert {"s1": "stored", "s1@last": "skipped", "s2": "failed"} == states(run)
    assert ["R2V613"] == codes(run)
    assert {"s2": "stored"}.items() <= states(build(session, plan_of(JOB, frame, second), client)).items()


def test_a_clip_that_is_here_is_used_whatever_was_lost_later(session: Session, client: Scripted) -> None:
    build(session, plan_of(JOB, cost=PAID), client)
    attempt = session.journal.intend(intent_of(JOB, PAID))
    session.journal.move(
        session.journal.move(attempt, way.RUNNING, Change(handle={"id": "old"})), way.EXPIRED, Change(code="gone")
    )
    assert {"s1": "reused"} == states(build(session, plan_of(JOB, verbs={"s1": "reuse"}, cost=PAID), client))
