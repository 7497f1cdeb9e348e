"""The one function that spends: what is durable before it, what becomes of every answer, that there is no other."""

from __future__ import annotations

import ast
import asyncio
import json
from pathlib import Path

import pytest
from scripted import DEARLY, PAID, Scripted, answer, build, codes, plan_of, render_job, rows, states

import r2v_pipeline
from r2v_pipeline.errors import DiskTrouble, EnvironmentTrouble, StateTrouble
from r2v_pipeline.execute import submit as submit_module
from r2v_pipeline.execute.budget import Budget
from r2v_pipeline.execute.journal import Journal, token
from r2v_pipeline.execute.journal_view import read
from r2v_pipeline.execute.records import Attempt, Intent
from r2v_pipeline.execute.session import Session
from r2v_pipeline.execute.submit import settle, submit
from r2v_pipeline.providers.base import Accepted, Cost, Lost, NotSent, Refused, Unknown

BODY = b'{"shot":"s1"}'


def ask(session: Session, client: Scripted, cost: Cost = PAID) -> Attempt:
    return asyncio.run(submit(session.journal, client, Intent("k1", "s1", "s1", "vendor", "m1", DEARLY, BODY, cost)))


def test_the_row_is_on_the_disk_before_the_provider_hears_of_it(session: Session, client: Scripted) -> None:
    """Read by another connection, as a build after a kill would: bytes and token are exactly those that are sent."""
    seen: list[tuple] = []
    sql = "SELECT state, request, token, (SELECT count(*) FROM answer) FROM attempt WHERE shot = 's1'"
    client.on_submit = lambda *_: seen.extend(read(session.journal.path, sql))
    ask(session, client)
    assert [("submitting", BODY, token("k1", 1), 0)] == seen
    assert {token("k1", 1): BODY} == client.sent


def test_it_is_there_for_every_job_of_a_build(session: Session, client: Scripted) -> None:
    jobs = [render_job(f"s{n}") for n in range(5)]
    seen: list[tuple[str, list]] = []
    client.on_submit = lambda shot, sent: seen.append(
        (shot, read(session.journal.path, "SELECT shot FROM attempt WHERE state = 'submitting' AND token = ?", (sent,)))
    )
    build(session, plan_of(*jobs), client)
    assert [(job.shot, [(job.shot,)]) for job in jobs] == seen


def test_a_journal_that_cannot_be_written_stops_everything_before_anything_is_sent(
    session: Session, client: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest, fails = session.journal.intend, [True]

    def full_once(intent: Intent, budget: Budget) -> Attempt:
        if fails:
            raise DiskTrouble("no room" * fails.pop())
        return honest(intent, budget)

    monkeypatch.setattr(session.journal, "intend", full_once)
    with pytest.raises(DiskTrouble, match="no room"):
        build(session, plan_of(render_job("s1"), render_job("s2")), client)
    assert ([], []) == (client.bill, rows(session)), "s2 had begun, and stops before it asks for anything"


def test_nothing_else_in_the_package_submits() -> None:
    """A second place that calls `.send(` would be a second way to spend, without the order that this one keeps.

    Below the seam, in providers/, the word belongs to whoever speaks HTTP.
    """
    calls = []
    for path in Path(r2v_pipeline.__file__).parent.rglob("*.py"):
        if "providers" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Await) and isinstance(node.value, ast.Call):
                function = node.value.func
                if isinstance(function, ast.Attribute) and function.attr == "send":
                    calls.append(path.name)
    assert ["submit.py"] == calls


@pytest.mark.parametrize(
    ("said", "cost", "state", "again"),
    [
        (Accepted({"id": 7, "speed": 0.5}), PAID, "running", False),
        (Refused("400", "no"), PAID, "rejected", False),
        (Refused("429", "later", again=True), PAID, "rejected", True),
        (Unknown("HTTP 500"), PAID, "submitting", False),
        (Lost("timed out"), PAID, "submitting", False),
        (Lost("timed out"), Cost(0, 0, "USD", known=False), "submitting", False),
        (NotSent("dns", "no such host", again=True), PAID, "rejected", True),
        (NotSent("tls", "the certificate is wrong", again=False), PAID, "rejected", False),
        (ConnectionResetError("reset"), PAID, "submitting", False),
        (EnvironmentTrouble("proxy"), PAID, "submitting", False),
    ],
)
def test_every_answer_has_its_state(session: Session, client: Scripted, said, cost, state: str, again: bool) -> None:
    client.answers["s1"] = [said]
    attempt = ask(session, client, cost)
    assert (state, again) == (attempt.state, attempt.again)
    if isinstance(said, Accepted):
        assert said.handle == attempt.handle


def test_an_answer_is_on_the_disk_before_it_is_read(
    session: Session, client: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A defect in the reading must not lose a bought clip's only name; the next build reads the same row."""

    def defect(*_: object) -> None:
        raise RuntimeError("a defect")

    with monkeypatch.context() as broken:
        broken.setattr(submit_module, "settle", defect)
        with pytest.raises(RuntimeError):
            ask(session, client)
    attempt = session.journal.open_attempts()["k1"]
    said = {"answer": answer(Accepted({"id": "s1-0"}))._asdict()}
    assert ("submitting", json.loads(json.dumps(said))) == (attempt.state, json.loads(attempt.answer or ""))
    settled = settle(session.journal, client, attempt)
    assert ("running", {"id": "s1-0"}) == (settled.state, settled.handle)


def test_a_full_disk_after_the_answer_is_tried_again(
    session: Session, client: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = [StateTrouble("locked"), DiskTrouble("full")]
    honest = Journal.answered

    def full_for_a_while(journal: Journal, attempt: Attempt, answer: str) -> Attempt:
        if left:
            raise left.pop()
        return honest(journal, attempt, answer)

    monkeypatch.setattr(submit_module, "KEEP_TRYING", (0.0, 0.0, 0.0))
    monkeypatch.setattr(Journal, "answered", full_for_a_while)
    assert "running" == ask(session, client).state


def test_a_disk_that_stays_full_prints_the_only_name_of_what_was_bought(
    session: Session, client: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise DiskTrouble("full", "free some space")

    monkeypatch.setattr(submit_module, "KEEP_TRYING", (0.0,))
    monkeypatch.setattr(Journal, "answered", full)
    with pytest.raises(DiskTrouble, match="s1-0"):
        ask(session, client)
    assert [("s1", 1, "submitting")] == rows(session)


def test_a_refused_shot_says_what_the_provider_said(session: Session, client: Scripted) -> None:
    client.answers["s1"] = [Refused("InvalidParameter", "size is not allowed")]
    run = build(session, plan_of(render_job("s1")), client)
    assert {"s1": "failed"} == states(run)
    assert ["R2V701"] == codes(run)
    problem = run.outcomes[0].problem
    assert problem is not None
    assert "animatic refused shot 's1' (InvalidParameter): size is not allowed" == problem.message
