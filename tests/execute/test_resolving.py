"""What a person decides about a doubt, and what the next build makes of it."""

from __future__ import annotations

import pytest
from scripted import (
    DEARLY,
    PAID,
    Scripted,
    answer,
    build,
    codes,
    intent_of,
    plan_of,
    render_job,
    rows,
    states,
)

from r2v_pipeline.errors import UsageError
from r2v_pipeline.execute import resolving
from r2v_pipeline.execute import states as way
from r2v_pipeline.execute.answers import plain
from r2v_pipeline.execute.records import Attempt, Change
from r2v_pipeline.execute.session import Session
from r2v_pipeline.providers.base import FREE, Accepted, Failed, Lost

JOB = render_job("s1")
GONE = Failed("unknown", "no such task", lost=True)


def waiting(session: Session, storyboard: str = "story.yaml") -> list[Attempt]:
    return resolving.waiting(session.journal, storyboard)


def doubtful(session: Session, client: Scripted) -> Attempt:
    client.answers["s1"] = [Lost("the answer did not come")]
    build(session, plan_of(JOB, cost=PAID), client)
    (attempt,) = waiting(session)
    return attempt


def summed(session: Session) -> int:
    return int(session.journal.select("SELECT coalesce(sum(micros), 0) FROM balance")[0][0])


def test_what_was_found_is_collected(session: Session, client: Scripted) -> None:
    attempt = doubtful(session, client)
    said = resolving.found(session.journal, attempt, {"id": "s1-0"})
    assert "'s1' is known again: `r2v build` collects it, for nothing more" == said
    assert {"s1": "stored"} == states(build(session, plan_of(JOB, cost=PAID), client))
    assert (["s1"], 980_000) == (client.bill, summed(session))


def test_what_never_ran_is_bought_by_the_next_build(session: Session, client: Scripted) -> None:
    attempt = doubtful(session, client)
    assert 980_000 == summed(session)
    said = resolving.never_ran(session.journal, attempt)
    assert "'s1' never ran: $0.98 counts no more, and the next build may buy it" == said
    assert 0 == summed(session)
    assert {"s1": "stored"} == states(build(session, plan_of(JOB, cost=PAID), client))
    assert [("s1", 1, "abandoned"), ("s1", 2, "stored")] == rows(session)
    assert 980_000 == summed(session)


def test_what_is_sent_again_counts_twice(session: Session, client: Scripted) -> None:
    attempt = doubtful(session, client)
    said = resolving.resubmit(session.journal, attempt)
    assert "'s1' may be bought again by the next build; the $0.98 of the first request stay counted" == said
    assert ["s1"] == client.bill, "the command itself sends nothing"
    assert {"s1": "stored"} == states(build(session, plan_of(JOB, cost=PAID), client))
    assert (["s1", "s1"], 1_960_000) == (client.bill, summed(session))
    assert 2 == len(client.sent), "with a token of its own"


def test_what_is_gone_may_be_bought_again(session: Session, client: Scripted) -> None:
    client.polls["s1"] = [GONE]
    build(session, plan_of(JOB, cost=PAID), client)
    (attempt,) = waiting(session)
    for option in (resolving.never_ran, lambda journal, one: resolving.found(journal, one, {"id": "x"})):
        with pytest.raises(UsageError, match="did run, and its clip is gone or broken"):
            option(session.journal, attempt)
    resolving.resubmit(session.journal, attempt)
    assert [] == waiting(session)
    assert {"s1": "stored"} == states(build(session, plan_of(JOB, cost=PAID), client))
    assert 1_960_000 == summed(session)


def test_what_is_broken_may_be_bought_again(session: Session, client: Scripted) -> None:
    client.clips["s1"] = [b"junk"] * 3
    assert ["R2V801"] == codes(build(session, plan_of(JOB, cost=PAID), client))
    (attempt,) = waiting(session)
    resolving.resubmit(session.journal, attempt)
    assert {"s1": "stored"} == states(build(session, plan_of(JOB, cost=PAID), client))
    assert [("s1", 1, "failed"), ("s1", 2, "stored")] == rows(session)


def test_the_job_of_another_shot_is_not_taken(session: Session, client: Scripted) -> None:
    build(session, plan_of(render_job("s2"), cost=PAID), client)
    attempt = doubtful(session, client)
    with pytest.raises(UsageError, match="the one of another shot"):
        resolving.found(session.journal, attempt, {"id": "s2-0"})
    assert "submitting" == session.journal.attempt(attempt.id).state


@pytest.mark.parametrize("option", [resolving.never_ran, resolving.resubmit])
def test_what_is_answered_is_no_doubt(session: Session, option) -> None:
    """A build that was killed between writing an answer and reading it: the clip may be bought, and known."""
    attempt = session.journal.intend(intent_of(JOB, PAID))
    attempt = session.journal.answered(attempt, plain(answer(Accepted({"id": "old"}))))
    with pytest.raises(UsageError, match="its answer is here"):
        option(session.journal, attempt)


def test_only_what_waits_for_a_person_is_listed(session: Session, client: Scripted) -> None:
    build(session, plan_of(*(render_job(f"s{n}") for n in (2, 3)), cost=PAID), client)
    session.journal.intend(intent_of(render_job("free"), FREE))
    going = session.journal.intend(intent_of(render_job("going"), PAID))
    session.journal.move(going, way.RUNNING, Change(handle={"id": "x"}))
    attempt = doubtful(session, client)
    assert [attempt] == waiting(session)


def test_each_storyboard_has_its_own_doubts(session: Session, client: Scripted) -> None:
    """Two may have a shot of the same name."""
    attempt = doubtful(session, client)
    assert [] == waiting(session, "other.yaml")
    loose = session.journal.intend(intent_of(render_job("s9"), PAID, terms=DEARLY))
    assert [loose] == waiting(session, "other.yaml")
    assert [attempt, loose] == waiting(session)
