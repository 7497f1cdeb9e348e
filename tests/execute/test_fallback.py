"""The next provider is asked only when the one before has certainly refused: nothing is bought twice, nothing in doubt
is left behind."""

from __future__ import annotations

from typing import Any

import pytest
from scripted import DEARLY, LISTED, PAID, Heard, Scripted, build, codes, plan_of, render_job, rows, states

from r2v_pipeline.compile.jobs import Job, Way
from r2v_pipeline.errors import NetworkTrouble
from r2v_pipeline.execute.session import Session
from r2v_pipeline.providers.base import (
    Accepted,
    Cost,
    Failed,
    Finished,
    Found,
    Lost,
    NotSent,
    Refused,
    Running,
    Unknown,
)

CHEAP, DEAR = Cost(500_000, 500_000, "USD"), Cost(900_000, 900_000, "USD")


def job(shot: str = "s1") -> Job:
    """A job that `one` and then `two` may be asked for."""
    first = render_job(shot, provider="one")
    assert first.request is not None
    second = first.request._replace(provider="two", body={**first.request.body, "prompt": "for two"})
    return first._replace(ways=(Way(first.request, CHEAP), Way(second, DEAR)))


def plan(*shots: str) -> Any:
    return plan_of(*(job(shot) for shot in shots or ("s1",)), cost=PAID)


def both(one: Scripted, two: Scripted) -> dict[str, Scripted]:
    for client in (one, two):
        client.terms = client.terms or DEARLY
    return {"one": one, "two": two}


def run(session: Session, one: Scripted, two: Scripted, *shots: str, heard: Heard | None = None) -> Any:
    return build(session, plan(*shots), one, clients=both(one, two), heard=heard)


def refuses(said: Any) -> Scripted:
    client = Scripted()
    client.answers["s1"] = [said] * 9
    return client


@pytest.mark.parametrize(
    "said",
    [
        Refused("InvalidParameter", "Model not exist."),
        Refused("Arrearage", "pay", account=True),
        Refused("InvalidApiKey", "no", account=True),
        Refused("Throttling", "later", again=True),
        Refused("415", "it answered 415"),
        NotSent("dns", "one has no address", again=True),
    ],
)
def test_a_refusal_is_taken_to_the_next(session: Session, heard: Heard, said: Any) -> None:
    one, two = refuses(said), Scripted()
    assert {"s1": "stored"} == states(run(session, one, two, heard=heard))
    assert ([], ["s1"]) == (one.bill, two.bill)
    assert [("one", "rejected"), ("two", "stored")] == list(dict.fromkeys(rows(session, "provider, state")))
    assert any("two is asked" in note["text"] for note in heard.of("note"))
    assert "failed" not in heard.kinds()


def test_a_job_that_was_given_up_free_of_charge_too(session: Session) -> None:
    """Some services say what is wrong with a request only in its task."""
    one, two = Scripted(), Scripted()
    one.polls["s1"] = [Failed("InvalidParameter", "no", billed=False)]
    assert {"s1": "stored"} == states(run(session, one, two))
    assert (["s1"], ["s1"]) == (one.bill, two.bill)


@pytest.mark.parametrize(
    ("answers", "polls"),
    [
        ([Lost("the connection broke")], []),
        ([Unknown("it answered 500")], []),
        ([], [Failed("InternalError", "oops", billed=None)]),
        ([], [Failed("InternalError", "oops", billed=True)]),
        ([], [Failed("UNKNOWN", "gone", lost=True)]),
        ([], [Failed("DataInspectionFailed", "no", billed=False)]),
        ([Refused("DataInspectionFailed", "no")], []),
    ],
)
def test_nothing_else_is(
    session: Session, monkeypatch: pytest.MonkeyPatch, answers: list[Any], polls: list[Any]
) -> None:
    """A doubt, a bill, a job that is gone, or what a filter objects to."""
    monkeypatch.setattr("r2v_pipeline.execute.waiting.UNKNOWN_FOR_S", 0.0)
    monkeypatch.setattr("r2v_pipeline.execute.problems.kind_of", _as_dashscope)
    one, two = Scripted(), Scripted()
    one.answers["s1"], one.polls["s1"] = answers, polls
    assert states(run(session, one, two))["s1"] in ("held", "failed")
    assert [] == two.asked


def _as_dashscope(_provider: str, *said: Any) -> Any:
    from r2v_pipeline.providers.catalog.troubles import kind_of

    return kind_of("dashscope", *said)


def test_each_provider_gets_its_own_request_and_price(session: Session) -> None:
    one, two = refuses(Refused("400", "no")), Scripted()
    run(session, one, two)
    ((sent,),) = (list(two.sent.values()),)
    assert b"for two" in sent
    assert [(500_000,), (900_000,)] == rows(session, "est_micros")
    assert 1 == len({key for (key,) in rows(session, "job_key")})


def test_a_clip_of_the_second_is_the_clip_of_the_job(session: Session) -> None:
    run(session, refuses(Refused("400", "no")), Scripted())
    one, two = Scripted(), Scripted()
    assert {"s1": "reused"} == states(run(session, one, two))
    assert [] == one.asked + two.asked


def test_the_next_build_begins_with_the_first_again(session: Session) -> None:
    run(session, refuses(Refused("400", "no")), refuses(Refused("400", "no")))
    one, two = Scripted(), Scripted()
    assert {"s1": "stored"} == states(run(session, one, two))
    assert (["s1"], []) == (one.bill, two.bill)


def test_when_all_refuse_the_last_one_says_why(session: Session) -> None:
    outcome = run(session, refuses(Refused("400", "not here")), refuses(Refused("422", "nor there")))
    assert ["R2V701"] == codes(outcome)
    assert "nor there" in outcome.outcomes[0].problem.message


def test_an_account_that_is_refused_is_asked_once_for_all_jobs(session: Session) -> None:
    one, two = Scripted(), Scripted()
    for shot in ("s1", "s2", "s3"):
        one.answers[shot] = [Refused("Arrearage", "pay", account=True)]
    assert {"stored"} == set(states(run(session, one, two, "s1", "s2", "s3")).values())
    assert 1 == len(one.asked)
    assert 3 == len(two.bill)


def test_a_key_that_is_refused_when_files_are_brought(session: Session, project: Any) -> None:
    from scripted import from_file

    (project / "face.png").write_bytes(b"a face")
    first = render_job("s1", from_file(project, "face.png"), provider="one")
    second = first.request._replace(provider="two")
    both_ways = first._replace(ways=(Way(first.request, CHEAP), Way(second, DEAR)))
    one, two = Scripted(), Scripted()

    async def refused(*_: Any, **__: Any) -> str:
        raise NetworkTrouble("one answered 401", "see the key", again=False, status=401)

    one.upload = refused  # type: ignore[method-assign]
    done = build(session, plan_of(both_ways, cost=PAID), one, clients=both(one, two), root=project)
    assert {"s1": "stored"} == states(done)
    alone = build(session, plan_of(render_job("s2", from_file(project, "face.png"), provider="one"), cost=PAID), one,
                  clients={"one": one}, root=project)  # fmt: skip
    assert ["R2V705"] == codes(alone)
    assert "see the key" == alone.outcomes[0].problem.help


def test_what_an_earlier_build_left_at_the_second_is_collected_there(session: Session) -> None:
    """And not asked of the first, whatever it would say now."""
    jobs: dict[str, str] = {}
    slow = Scripted(jobs)
    slow.polls["s1"] = [Running()] * 99
    build(session, plan(), Scripted(), clients=both(refuses(Refused("400", "no")), slow), patience_s=0.0)
    assert [("two", "running")] == rows(session, "provider, state")[1:]
    one, two = Scripted(), Scripted(jobs)
    assert {"s1": "stored"} == states(run(session, one, two))
    assert [] == one.asked + two.asked


@pytest.mark.parametrize("there", [True, False])
def test_what_is_left_at_a_provider_that_is_named_no_more(session: Session, there: bool) -> None:
    """It is collected where its key is set, and else waits: it is not bought again."""
    jobs: dict[str, str] = {}
    slow = Scripted(jobs)
    slow.polls["s1"] = [Running()] * 99
    build(session, plan(), Scripted(), clients=both(refuses(Refused("400", "no")), slow), patience_s=0.0)
    one, two = Scripted(), Scripted(jobs)
    clients = both(one, two) if there else {"one": one}
    one.terms = DEARLY
    only = plan_of(render_job("s1", provider="one"), cost=PAID)
    done = build(session, only, one, clients=clients)
    assert {"s1": "stored" if there else "held"} == states(done)
    assert [] == one.asked


def test_a_lost_submit_of_the_second_is_looked_for_there(session: Session) -> None:
    one, two = refuses(Refused("400", "no")), Scripted(terms=LISTED)
    two.answers["s1"] = [Lost("the connection broke")]
    two.listings = [Found((), True)]
    run(session, one, two)
    again, listed = Scripted(), Scripted(two.jobs, terms=LISTED)
    listed.taken = two.taken
    assert {"s1": "stored"} == states(run(session, again, listed))
    assert [] == again.asked + listed.asked


def test_an_accepted_job_stays_where_it_is(session: Session) -> None:
    one, two = Scripted(), Scripted()
    one.answers["s1"] = [Accepted({"id": "x"})]
    one.polls["s1"] = [Running(), Finished({"shot": "s1"})]
    run(session, one, two)
    assert [] == two.asked
