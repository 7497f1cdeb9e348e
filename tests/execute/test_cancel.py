"""Asking a provider to stop: what ends in the journal, and what stays for the next build because nobody is sure."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from scripted import DEARLY, FREELY, PAID, Scripted, build, intent_of, plan_of, render_job, rows, states

from r2v_pipeline.errors import NetworkTrouble
from r2v_pipeline.execute import states as way
from r2v_pipeline.execute.cancel import FINISHED, GOES_ON, OTHER, OVER, STOPPED, UNASKED, Cancelled, belonging, cancel
from r2v_pipeline.execute.records import Attempt, Change
from r2v_pipeline.execute.session import Session
from r2v_pipeline.providers.base import FREE, Cost, Failed, Finished, Running, Terms

JOB = render_job("s1")


class Stubborn(Scripted):
    """Does not promise to stop anything."""

    async def cancel(self, handle: Mapping[str, Any]) -> bool:
        self.cancelled.append(handle["id"])
        return False


def running(
    session: Session, shot: str = "s1", cost: Cost = PAID, terms: Terms = DEARLY, run: int | None = None
) -> Attempt:
    attempt = session.journal.intend(intent_of(render_job(shot), cost, terms=terms, run=run))
    return session.journal.move(attempt, way.RUNNING, Change(handle={"id": "old"}))


def asked(session: Session, client: Scripted, attempt: Attempt) -> Cancelled:
    client.jobs["old"] = "s1"
    client.terms = client.terms or DEARLY
    return asyncio.run(cancel(session.journal, client, attempt))


def owed(session: Session) -> int:
    return int(session.journal.select("SELECT coalesce(sum(micros), 0) FROM balance")[0][0])


def test_what_certainly_stops_is_over_and_free(session: Session, client: Scripted) -> None:
    done = asked(session, client, running(session))
    assert (STOPPED, way.CANCELLED, False, "") == (done.outcome, done.attempt.state, done.attempt.billed, done.said)
    assert 0 == owed(session)
    assert {"s1": "stored"} == states(build(session, plan_of(JOB, cost=PAID), Scripted())), "it may be bought anew"
    assert [("s1", 1, "cancelled"), ("s1", 2, "stored")] == rows(session)


@pytest.mark.parametrize(
    ("now", "outcome", "billed", "reason", "counts"),
    [
        (Failed("cancelled", "it was stopped", billed=False), STOPPED, False, "it was stopped", 0),
        (Failed("cancelled", "too late", billed=True), OVER, True, "too late", 980_000),
        (Failed("cancelled", "", billed=None), OVER, None, "", 980_000),
    ],
)
def test_what_is_found_to_be_over_ends_with_its_bill(
    session: Session, now: Failed, outcome: str, billed: bool | None, reason: str, counts: int
) -> None:
    client = Stubborn()
    client.polls["s1"] = [now]
    done = asked(session, client, running(session))
    assert (outcome, way.CANCELLED, billed) == (done.outcome, done.attempt.state, done.attempt.billed)
    assert f"cancelled with `r2v cancel`{': ' if reason else ''}{reason}" == done.attempt.reason
    assert (reason, counts) == (done.said, owed(session))


@pytest.mark.parametrize(
    ("now", "outcome", "said"),
    [
        (Running(0.5), GOES_ON, ""),
        (Finished({"shot": "s1"}), FINISHED, ""),
        (Failed("unknown", "no such job", lost=True), UNASKED, "no such job"),
        (NetworkTrouble("the line is dead"), UNASKED, "the line is dead"),
        (ConnectionError("unreachable"), UNASKED, "unreachable"),
    ],
)
def test_whatever_else_stays_for_the_next_build(session: Session, now: Any, outcome: str, said: str) -> None:
    """Above all a job that its provider does not know: it may only be late, and what has ended may be bought again."""
    client = Stubborn()
    client.polls["s1"] = [now]
    attempt = running(session)
    done = asked(session, client, attempt)
    assert (outcome, said) == (done.outcome, done.said)
    assert attempt == done.attempt == session.journal.attempt(attempt.id)
    assert 980_000 == owed(session)


def test_another_account_is_not_asked(session: Session, client: Scripted) -> None:
    attempt = running(session, terms=DEARLY._replace(account="somebody else"))
    assert Cancelled(attempt, OTHER) == asked(session, client, attempt)
    assert [] == client.cancelled


def test_what_belongs_to_a_storyboard(session: Session) -> None:
    """Oldest first; also what was begun without a word of whose it is; never what this machine draws."""
    ours, theirs = (session.journal.begin(f"{name}.yaml", "", budget()) for name in ("story", "other"))
    mine = [running(session, "s1", run=ours), running(session, "s2", run=None)]
    running(session, "s3", run=theirs)
    running(session, "s4", FREE, FREELY, run=ours)
    waits = session.journal.intend(intent_of(render_job("s5"), PAID, run=ours))
    over = running(session, "s6", run=ours)
    session.journal.move(over, way.FAILED)
    assert [*mine, waits] == belonging(session.journal, "story.yaml")


def budget() -> Any:
    from r2v_pipeline.execute.budget import Budget

    return Budget()
