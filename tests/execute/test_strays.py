"""Clips that were paid for under a key that no shot has any more: collected when they are there, never waited for."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from scripted import (
    DEARLY,
    FREELY,
    PAID,
    Heard,
    Scripted,
    build,
    clip_of,
    intent_of,
    plan_of,
    render_job,
    rows,
    states,
)

from r2v_pipeline.errors import DiskTrouble
from r2v_pipeline.execute import states as way
from r2v_pipeline.execute.journal_view import JournalView
from r2v_pipeline.execute.records import Change
from r2v_pipeline.execute.session import Session
from r2v_pipeline.providers.base import Cost, Failed, Finished, Running, Terms

OLD, NEW = render_job("s1", prompt="dawn"), render_job("s1", prompt="dusk")
OTHER = render_job("s2")
BEFORE = ("s1", 1)


@pytest.fixture
def client() -> Scripted:
    return Scripted({"old": "s1"}, DEARLY)


def left(session: Session, state: str = way.RUNNING, terms: Terms = DEARLY, provider: str = "animatic") -> None:
    attempt = session.journal.intend(intent_of(OLD, PAID, terms=terms, provider=provider))
    if state != way.SUBMITTING:
        attempt = session.journal.move(attempt, way.RUNNING, Change(handle={"id": "old"}))
    if state == way.READY:
        session.journal.move(attempt, way.READY)


@pytest.mark.parametrize("state", [way.RUNNING, way.READY])
def test_it_is_kept_in_case_the_change_is_taken_back(
    session: Session, client: Scripted, heard: Heard, state: str
) -> None:
    left(session, state)
    run = build(session, plan_of(NEW, cost=PAID), client, heard=heard)
    assert {"s1": "stored"} == states(run)
    assert [(*BEFORE, "stored"), ("s1", 1, "stored")] == rows(session)
    assert ["s1"] == client.bill
    assert JournalView(session.state, Path("/")).stored(OLD.key)
    said = "a clip of 's1' that was paid for before the shot was changed is kept"
    assert [{"text": said}] == heard.of("note")


def test_nobody_waits_for_it(session: Session, client: Scripted) -> None:
    left(session)
    client.polls["s1"] = [Running(0.5)]
    build(session, plan_of(OTHER, cost=PAID), client)
    assert [(*BEFORE, "running"), ("s2", 1, "stored")] == rows(session)


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (Failed("bad", "no", billed=False), "failed"),
        (Failed("unknown", "no such task", lost=True), "running"),
        (ConnectionError("unreachable"), "running"),
    ],
)
def test_what_is_in_its_way_is_nobody_s_trouble(session: Session, client: Scripted, answer: object, state: str) -> None:
    left(session)
    client.polls["s1"] = [answer]
    assert {"s2": "stored"} == states(build(session, plan_of(OTHER, cost=PAID), client))
    assert (*BEFORE, state) == rows(session)[0]


def test_one_that_is_broken_stays_as_it_is(session: Session, client: Scripted, heard: Heard) -> None:
    left(session)
    client.clips["s1"] = [b"junk"] * 3
    build(session, plan_of(OTHER, cost=PAID), client, heard=heard)
    assert (*BEFORE, "ready") == rows(session)[0]
    assert [] == heard.of("note")


def test_its_price_is_kept(session: Session, client: Scripted) -> None:
    left(session)
    client.polls["s1"] = [Finished({"shot": "s1"}, Cost(5, 5, "USD"))]
    build(session, plan_of(OTHER, cost=PAID), client)
    assert (5,) == rows(session, "actual_micros")[0]


@pytest.mark.parametrize(
    ("state", "terms", "provider"),
    [
        (way.SUBMITTING, DEARLY, "animatic"),
        (way.RUNNING, DEARLY._replace(account="theirs"), "animatic"),
        (way.RUNNING, DEARLY, "another"),
    ],
)
def test_what_this_build_cannot_ask_for_stays(
    session: Session, client: Scripted, state: str, terms: Terms, provider: str
) -> None:
    left(session, state, terms, provider)
    build(session, plan_of(OTHER, cost=PAID), client)
    assert (*BEFORE, state) == rows(session)[0]
    assert ["s2"] == client.asked


def test_a_free_one_is_ended_and_not_fetched(session: Session, client: Scripted) -> None:
    left(session, terms=FREELY)
    build(session, plan_of(OTHER, cost=PAID), client)
    assert (*BEFORE, "cancelled") == rows(session)[0]


def test_a_full_disk_ends_the_build(session: Session, client: Scripted) -> None:
    left(session)
    client.clips["s1"] = [OSError(28, "No space left on device")]
    with pytest.raises(DiskTrouble):
        build(session, plan_of(OTHER, cost=PAID), client)
    assert (*BEFORE, "ready") == rows(session)[0]


def test_a_defect_is_not_hushed_up(session: Session, client: Scripted) -> None:
    left(session)
    client.polls["s1"] = [ZeroDivisionError("a defect")]
    with pytest.raises(ZeroDivisionError):
        build(session, plan_of(OTHER, cost=PAID), client)
    assert ("s2", 1, "stored") == rows(session)[1]


def test_a_signal_cuts_it_short(session: Session, client: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    async def endless(_output: object, to: Path) -> None:
        import asyncio

        to.write_bytes(clip_of("s1")[:4])
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.Event().wait()

    left(session)
    monkeypatch.setattr(client, "fetch", endless)
    assert build(session, plan_of(cost=PAID), client).interrupted is False
    assert build(session, plan_of(OTHER, cost=PAID), client).interrupted
    assert (*BEFORE, "ready") == rows(session)[0]
