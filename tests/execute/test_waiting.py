"""Waiting for a provider: how long, through what trouble, and what it learns."""

from __future__ import annotations

import pytest
from scripted import DEARLY, PAID, Heard, Scripted, build, codes, intent_of, plan_of, render_job, rows, states

from r2v_pipeline.errors import DiskTrouble, NetworkTrouble
from r2v_pipeline.execute import polling, waiting
from r2v_pipeline.execute import states as way
from r2v_pipeline.execute.bench import Clock
from r2v_pipeline.execute.records import Change
from r2v_pipeline.execute.session import Session
from r2v_pipeline.providers.base import Cost, Failed, Finished, Running

JOB = render_job("s1")
GONE = Failed("unknown", "no such task", lost=True)


def ticking(step: float) -> Clock:
    """A clock that moves on at every look."""
    at = [0.0]

    def now() -> float:
        at[0] += step
        return at[0]

    return Clock(now)


def test_a_job_that_takes_too_long_goes_on_and_is_collected_later(
    session: Session, client: Scripted, heard: Heard
) -> None:
    client.polls["s1"] = [Running()] * 100
    run = build(
        session, plan_of(JOB, render_job("s2"), cost=PAID), client, heard=heard, patience_s=600.0, clock=ticking(30.0)
    )
    assert "detached" == states(run)["s1"]
    assert ["R2V618"] == codes(run)
    assert "shot 's1' is not finished at animatic after 1" in run.outcomes[0].problem.message
    assert ("s1", 1, "running") == rows(session)[0]
    assert ["s1"] == [event.job for event in heard if event.kind == "detached"]
    client.polls.clear()
    assert "stored" == states(build(session, plan_of(JOB, verbs={"s1": "collect"}, cost=PAID), client))["s1"]
    assert 1 == client.bill.count("s1")


def test_what_needs_it_waits_with_it(session: Session, client: Scripted) -> None:
    from scripted import frame_job, from_job

    frame = frame_job(JOB)
    client.polls["s1"] = [Running()] * 100
    plan = plan_of(JOB, frame, render_job("s2", from_job(frame)), cost=PAID)
    run = build(session, plan, client, patience_s=0.0, clock=ticking(1.0))
    assert {"s1": "detached", "s1@last": "skipped", "s2": "skipped"} == states(run)
    assert "'s1@last' was skipped: it needs 's1', which is not finished" == run.outcomes[1].problem.message


def test_a_local_job_is_waited_for_however_long(session: Session, client: Scripted) -> None:
    client.polls["s1"] = [Running()] * 5
    run = build(session, plan_of(JOB), client, patience_s=0.0, clock=ticking(1.0))
    assert {"s1": "stored"} == states(run)


@pytest.mark.parametrize("error", [ConnectionError("unreachable"), NetworkTrouble("HTTP 503", after_s=0.001)])
def test_a_moment_of_trouble_is_waited_out(session: Session, client: Scripted, error: Exception) -> None:
    client.polls["s1"] = [error] * (waiting.UNANSWERED - 1) + [Running()] + [error] * (waiting.UNANSWERED - 1)
    assert {"s1": "stored"} == states(build(session, plan_of(JOB, cost=PAID), client))


@pytest.mark.parametrize(
    ("error", "times"), [(ConnectionError("unreachable"), 8), (NetworkTrouble("HTTP 401", again=False), 1)]
)
def test_lasting_trouble_leaves_the_job_where_it_is(
    session: Session, client: Scripted, error: Exception, times: int
) -> None:
    client.polls["s1"] = [error] * times
    run = build(session, plan_of(JOB, cost=PAID), client)
    assert ({"s1": "failed"}, ["R2V704"]) == (states(run), codes(run))
    assert [("s1", 1, "running")] == rows(session)


def test_trouble_with_the_disk_is_no_trouble_with_the_provider(session: Session, client: Scripted) -> None:
    client.polls["s1"] = [DiskTrouble("no room")]
    with pytest.raises(DiskTrouble):
        build(session, plan_of(JOB, cost=PAID), client)


def test_a_job_that_is_not_known_yet_is_asked_about_again(
    session: Session, client: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "UNKNOWN_FOR_S", 60.0)
    client.polls["s1"] = [GONE, GONE, Running(), Finished({"shot": "s1"})]
    run = build(session, plan_of(JOB, cost=PAID), client, clock=ticking(1.0))
    assert {"s1": "stored"} == states(run)


def test_one_that_stays_unknown_for_a_minute_is_gone(
    session: Session, client: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "UNKNOWN_FOR_S", 60.0)
    client.polls["s1"] = [GONE] * 200
    run = build(session, plan_of(JOB, cost=PAID), client, clock=ticking(1.0))
    assert ({"s1": "held"}, ["R2V617"]) == (states(run), codes(run))
    assert 100 < len(client.polls["s1"]) < 190
    assert [("s1", 1, "expired")] == rows(session)


@pytest.mark.parametrize(("billed", "owed"), [(None, 980_000), (True, 980_000), (False, 0)])
def test_a_failure_counts_unless_the_provider_says_that_it_is_free(
    session: Session, client: Scripted, billed: bool | None, owed: int
) -> None:
    client.polls["s1"] = [Failed("bad", "no", billed=billed)]
    build(session, plan_of(JOB, cost=PAID), client)
    assert [(owed,)] == session.journal.select("SELECT sum(micros) FROM balance")


def test_what_was_really_billed_takes_the_place_of_the_estimate(session: Session, client: Scripted) -> None:
    client.polls["s1"] = [Finished({"shot": "s1"}, Cost(420_000, 420_000, "USD"))]
    build(session, plan_of(JOB, cost=PAID), client)
    assert [(420_000, 0)] == session.journal.select("SELECT sum(micros), sum(unknown) FROM balance")


def test_how_long_a_job_took_is_kept(session: Session, client: Scripted) -> None:
    client.polls["s1"] = [Running(), Running()]
    build(session, plan_of(JOB, cost=PAID), client)
    ((least, most),) = rows(session, "took_least_s, took_most_s")
    assert 0 < least < most < 60


def test_a_job_of_an_earlier_build_is_no_measure_before_it_was_seen_running(session: Session, client: Scripted) -> None:
    """Nobody looked while no build ran."""
    attempt = session.journal.intend(intent_of(JOB, PAID, terms=DEARLY))
    session.journal.move(attempt, way.RUNNING, Change(handle={"id": "old"}))
    client.jobs["old"] = "s1"
    build(session, plan_of(JOB, verbs={"s1": "collect"}, cost=PAID), client)
    assert [(None, None)] == rows(session, "took_least_s, took_most_s")


def test_waits_of_a_provider_are_the_pacing_s(
    session: Session, client: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []
    honest = polling.wait
    monkeypatch.setattr(polling, "wait", lambda *given, **more: asked.append(1) or honest(*given, **more))
    client.polls["s1"] = [Running()] * 3
    build(session, plan_of(JOB, cost=PAID), client)
    assert 4 <= len(asked)
