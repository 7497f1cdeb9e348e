"""What all jobs of a build share of an account: one submit at a time, its limits, its refusals, further tries."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from scripted import (
    DEARLY,
    PAID,
    Heard,
    Said,
    Scripted,
    answer,
    build,
    codes,
    plan_of,
    render_job,
    rows,
    states,
)

from r2v_pipeline.execute import accounts
from r2v_pipeline.execute.accounts import FURTHER, QUOTA, Account, Closed, Quota
from r2v_pipeline.execute.interrupts import Stop, Stopped
from r2v_pipeline.execute.limiter import Gate
from r2v_pipeline.execute.session import Session
from r2v_pipeline.providers.base import Accepted, NotSent, Refused, Running

JOBS = [render_job(f"s{n}") for n in range(1, 6)]
SLOW_DOWN = Refused("429", "slow down", again=True, after_s=0.01)
NO_KEY = Refused("401", "the key is not valid", account=True)


class Overlapping(Scripted):
    """Notices how many submits are out at once."""

    def __init__(self) -> None:
        super().__init__(terms=DEARLY)
        self.out = self.most_out = 0

    async def send(self, body: bytes, token: str, model: str = "") -> Said:
        self.out += 1
        self.most_out = max(self.most_out, self.out)
        await asyncio.sleep(0.005)
        self.out -= 1
        return await super().send(body, token, model)


def test_one_submit_is_out_at_a_time_and_jobs_run_side_by_side(session: Session) -> None:
    """So that a crash or a dead line can put no more than one purchase in doubt."""
    client = Overlapping()
    for job in JOBS:
        client.polls[job.shot] = [Running()] * 200
    build(session, plan_of(*JOBS, cost=PAID), client)
    assert 1 == client.most_out
    assert len(JOBS) == client.most_under_way


def test_no_row_waits_for_its_turn(session: Session) -> None:
    """A row says "may exist" from the moment that it is written: whoever waits must not have one."""
    client = Overlapping()
    open_rows: list[int] = []
    client.on_submit = lambda *_: open_rows.append(
        session.journal.select("SELECT count(*) FROM attempt WHERE state = 'submitting'")[0][0]
    )
    build(session, plan_of(*JOBS, cost=PAID), client)
    assert [1] * len(JOBS) == open_rows


def test_a_provider_s_own_cap_takes_the_place_of_ours(session: Session) -> None:
    client = Scripted(terms=DEARLY._replace(running=2))
    for job in JOBS:
        client.polls[job.shot] = [Running()] * 3
    build(session, plan_of(*JOBS, cost=PAID), client, jobs=1)
    assert 2 == client.most_under_way
    assert len(JOBS) == len(client.bill)


def test_a_job_that_is_finished_there_makes_room_for_another(session: Session) -> None:
    """Its clip may take long to fetch, and while it does the provider has nothing to do."""
    client = Scripted(terms=DEARLY._replace(running=1))
    fetching, honest = asyncio.Event(), client.fetch

    async def slow(output: Mapping[str, Any], to: Path) -> None:
        if output["shot"] == "s1":
            await asyncio.wait_for(fetching.wait(), 10)
        fetching.set()
        await honest(output, to)

    client.fetch = slow  # type: ignore[method-assign]
    run = build(session, plan_of(*JOBS[:2], cost=PAID), client)
    assert {"s1": "stored", "s2": "stored"} == states(run)
    assert 1 == client.most_under_way, "and yet never more of them at work than it allows"


def test_what_is_refused_makes_room_while_it_waits(session: Session) -> None:
    client = Scripted(terms=DEARLY._replace(running=1))
    client.answers["s1"] = [SLOW_DOWN]
    client.polls["s2"] = [Running()] * 3
    heard = Heard()
    build(session, plan_of(*JOBS[:2], cost=PAID), client, heard=heard)
    assert ["s2", "s1"] == [event.job for event in heard if event.kind == "submitted"]
    assert 1 == client.most_under_way


def test_what_runs_there_already_is_collected_beside_the_cap(session: Session) -> None:
    """Else finished clips would wait, and expire, behind new ones."""
    client = Scripted(terms=DEARLY._replace(running=1))
    for job in JOBS[:3]:
        client.polls[job.shot] = [Running()] * 9
    early = build(session, plan_of(*JOBS[:1], cost=PAID), client, patience_s=0.0)
    assert {"s1": "detached"} == states(early)
    client.polls["s2"] = [Running()] * 50
    order = Heard()
    build(session, plan_of(*JOBS[:2], verbs={"s1": "collect"}, cost=PAID), client, heard=order)
    assert ["s1", "s2"] == [event.job for event in order if event.kind == "stored"]


def test_a_refusal_that_may_pass_is_tried_three_times_again(session: Session, client: Scripted) -> None:
    client.answers["s1"] = [SLOW_DOWN] * 9
    run = build(session, plan_of(JOBS[0], cost=PAID), client)
    assert [("s1", n, "rejected") for n in range(1, FURTHER + 2)] == rows(session)
    assert ({"s1": "failed"}, ["R2V701"]) == (states(run), codes(run))
    assert "building again may succeed" == run.outcomes[0].problem.help
    assert [] == client.bill


@pytest.mark.parametrize("said", [NotSent("dns", "no such host", again=True), SLOW_DOWN])
def test_each_try_is_a_new_attempt_with_a_token_of_its_own(session: Session, client: Scripted, said: object) -> None:
    client.answers["s1"] = [said, said]
    assert {"s1": "stored"} == states(build(session, plan_of(JOBS[0], cost=PAID), client))
    assert [1, 2, 3] == [no for _, no, _ in rows(session)]
    assert 3 == len({token for (token,) in rows(session, "token")})
    assert [0, 0] == [micros for micros, state in rows(session, f"{owed()}, state") if state == "rejected"], (
        "nothing is owed for what was not taken"
    )


def owed() -> str:
    from r2v_pipeline.execute.money_schema import OWED

    return OWED.format("attempt")


def test_what_will_not_pass_is_not_tried_again(session: Session, client: Scripted) -> None:
    client.answers["s1"] = [NotSent("tls", "the certificate is of another host", again=False)]
    run = build(session, plan_of(JOBS[0], cost=PAID), client)
    assert ({"s1": "failed"}, [("s1", 1, "rejected")]) == (states(run), rows(session))


def test_the_provider_s_wait_is_kept_and_holds_for_all(
    session: Session, client: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    closed: list[float] = []
    sleep = asyncio.sleep

    async def note(seconds: float) -> None:
        waits.append(seconds)
        await sleep(0)

    monkeypatch.setattr(accounts.asyncio, "sleep", note)
    monkeypatch.setattr(Gate, "close", lambda _, seconds: closed.append(seconds))
    client.answers["s1"] = [Refused("429", "slow down", again=True, after_s=7.0)]
    build(session, plan_of(JOBS[0], cost=PAID), client)
    assert 7.0 in waits
    assert [7.0] == closed


def test_further_tries_are_shared_by_a_run(session: Session, client: Scripted) -> None:
    """A provider in trouble is not asked four times for each of a thousand shots."""
    jobs = [render_job(f"s{n}") for n in range(60)]
    for job in jobs:
        client.answers[job.shot] = [SLOW_DOWN._replace(after_s=None)] * 9
    run = build(session, plan_of(*jobs, cost=PAID), client)
    assert {"failed"} == set(states(run).values())
    assert len(jobs) + QUOTA == len(client.asked)


def test_what_succeeds_gives_tries_back() -> None:
    quota = Quota(2)
    assert [True, True, False, False] == [quota.take() for _ in range(4)]
    quota.give_back()
    assert [True, False] == [quota.take(), quota.take()]
    for _ in range(9):
        quota.give_back()
    assert [True, True, False] == [quota.take() for _ in range(3)]


def test_a_refused_account_is_said_once_and_nothing_more_is_sent(
    session: Session, client: Scripted, heard: Heard
) -> None:
    client.answers["s2"] = [NO_KEY]
    run = build(session, plan_of(*JOBS, cost=PAID), client, heard=heard)
    assert {"s1": "stored", "s2": "failed", "s3": "skipped", "s4": "skipped", "s5": "skipped"} == states(run)
    assert ["s1", "s2"] == client.asked
    assert ["R2V705", "R2V615", "R2V615", "R2V615"] == codes(run)
    assert ["R2V705"] == [data["code"] for data in heard.of("failed")]
    assert (
        "animatic refuses this account (401): the key is not valid; nothing more is sent to it"
        == run.outcomes[1].problem.message
    )
    assert "'s3' was not begun: animatic refuses this account" == run.outcomes[2].problem.message


def test_what_a_refused_account_has_there_is_still_collected(session: Session, client: Scripted) -> None:
    build(session, plan_of(JOBS[0], cost=PAID), client, patience_s=0.0, clock=ticking())
    client.answers["s2"] = [NO_KEY]
    client.polls["s1"] = [Running()] * 5
    run = build(session, plan_of(*JOBS[:2], verbs={"s1": "collect"}, cost=PAID), client)
    assert {"s1": "stored", "s2": "failed"} == states(run)


def ticking():
    """A clock that a second passes on at every look."""
    from r2v_pipeline.execute.bench import Clock

    at = iter(range(10_000))
    return Clock(lambda: float(next(at)))


def test_two_refusals_of_the_account_are_one_message(session: Session, client: Scripted) -> None:
    """Of a job that was waiting for its next try when another was refused."""
    client.answers["s1"] = [SLOW_DOWN, NO_KEY]
    client.answers["s2"] = [NO_KEY]
    run = build(session, plan_of(*JOBS[:2], cost=PAID), client)
    assert ["R2V705", "R2V615"] == sorted(codes(run), reverse=True)


def test_a_turn_that_comes_after_the_end_is_none() -> None:
    async def late() -> list[str]:
        stop = Stop()
        account = Account(Scripted(terms=DEARLY), stop)
        seen: list[str] = []

        async def first() -> None:
            async with account.turn():
                await asyncio.sleep(0.01)
                account.closed = "no key"

        async def second() -> None:
            try:
                async with account.turn():
                    seen.append("sent")
            except Closed as closed:
                seen.append(closed.why)

        await asyncio.gather(first(), second())
        stop.ask()
        with pytest.raises(Stopped):
            async with account.turn():
                seen.append("sent")
        return seen

    assert ["no key"] == asyncio.run(late())


def test_a_build_that_is_stopped_begins_nobody_s_turn(session: Session) -> None:
    """A job whose turn comes when the stop was asked has no row."""
    client = Overlapping()

    async def stopping(body: bytes, token: str, model: str = "") -> Said:  # noqa: ARG001
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.sleep(0.05)
        return answer(Accepted({"id": f"{json.loads(body)['shot']}-{token}"}))

    client.send = stopping  # type: ignore[method-assign]
    run = build(session, plan_of(*JOBS, cost=PAID), client)
    assert run.interrupted
    assert [("s1", 1, "running")] == rows(session)


def test_the_last_minute_of_another_build_counts(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[float]] = []
    monkeypatch.setattr(Gate, "remember", lambda _, ages: seen.append(ages))
    for job in JOBS[:2]:
        client = Scripted(terms=DEARLY._replace(submits_a_minute=600))
        build(session, plan_of(job, cost=PAID), client)
    assert [0, 1] == [len(ages) for ages in seen]


def test_one_job_for_two_requests_is_said(session: Session, client: Scripted, heard: Heard) -> None:
    """A provider's slip, or its cache; both prices stay counted."""
    client.answers["s2"] = [Accepted({"id": "s1-0"})]
    run = build(session, plan_of(*JOBS[:2], cost=PAID), client, heard=heard)
    assert {"s1": "stored", "s2": "stored"} == states(run)
    said = "animatic gave it the job of 's1': see whether both clips are right, and what was billed"
    assert [("s2", said)] == [(event.job, event.data["text"]) for event in heard if event.kind == "note"]
    assert [(1_960_000,)] == session.journal.select("SELECT sum(micros) FROM balance")
