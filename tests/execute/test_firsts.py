"""Of a model that is new to a project, one clip is tried before the others are asked for."""

from __future__ import annotations

from typing import Any

import pytest
from scripted import DEARLY, PAID, REPLAYED, Heard, Scripted, build, codes, plan_of, render_job, states

from r2v_pipeline.errors import NetworkTrouble
from r2v_pipeline.execute import waiting
from r2v_pipeline.execute.session import Session
from r2v_pipeline.providers.base import Accepted, Failed, Lost, Refused, Running

BROKEN = Failed("bad_size", "no such size", billed=True)


def shots(count: int) -> list[Any]:
    return [render_job(f"s{n}", provider="vendor") for n in range(count)]


def alone(session: Session, client: Scripted, count: int = 6, **more: Any) -> dict[str, str]:
    return states(build(session, plan_of(*shots(count), cost=PAID), client, alone_first=True, **more))


def test_the_others_wait_until_a_clip_has_come(session: Session, client: Scripted, heard: Heard) -> None:
    client.polls = {f"s{n}": [Running()] * 3 for n in range(6)}
    seen: list[int] = []
    client.on_submit = lambda *_: seen.append(client.under_way)
    assert {"stored"} == {*alone(session, client, heard=heard).values()}
    assert [0, 0, 1, 2, 3, 4] == seen
    notes = [note for note in heard.of("note") if "waits until the first clip" in note["text"]]
    assert 1 == len(notes)


def test_a_mistake_that_all_share_costs_three_and_not_all(session: Session, client: Scripted) -> None:
    """The provider accepts each; only when it renders does it say what is wrong."""
    client.polls = {f"s{n}": [BROKEN] for n in range(6)}
    run = build(session, plan_of(*shots(6), cost=PAID), client, alone_first=True)
    assert ["failed"] * 3 + ["skipped"] * 3 == [*states(run).values()]
    assert ["s0", "s1", "s2"] == client.bill
    assert ["R2V615"] * 3 == codes(run)[3:]
    assert "no more were asked for" in run.outcomes[3].problem.message


def test_one_that_fails_for_its_own_words_stops_nobody(session: Session, client: Scripted) -> None:
    client.polls = {"s0": [BROKEN]}
    client.answers = {"s1": [Refused("422", "no")]}
    assert ["failed", "failed", *["stored"] * 4] == [*alone(session, client).values()]


def test_a_model_that_made_a_clip_before_is_trusted(session: Session, client: Scripted) -> None:
    alone(session, client, 1)
    client.polls = {f"s{n}": [Running()] * 3 for n in range(1, 6)}
    alone(session, client)
    assert 5 == client.most_under_way


def test_the_next_build_tries_it_again(session: Session, client: Scripted) -> None:
    client.polls = {f"s{n}": [BROKEN] for n in range(3)}
    alone(session, client)
    assert {"stored"} == {*alone(session, client).values()}


@pytest.mark.parametrize("client", [Scripted(terms=DEARLY)], ids=["opaque"])
def test_doubts_count_against_it(session: Session, client: Scripted) -> None:
    """Of a hundred shots no more than three wait for a person."""
    client.answers = {f"s{n}": [Lost("the connection broke")] for n in range(6)}
    assert ["held"] * 3 + ["skipped"] * 3 == [*alone(session, client).values()]


def test_what_is_there_already_is_collected_beside_it(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs of an earlier build wait for nobody, and their clip proves the model."""
    client = Scripted(terms=REPLAYED)
    client.answers = {f"s{n}": [Accepted({"id": f"s{n}-{n}"})] for n in range(2)}
    client.polls = {f"s{n}": [Running()] * 10_000 for n in range(2)}
    assert {"detached"} == {*states(build(session, plan_of(*shots(2), cost=PAID), client, patience_s=-1.0)).values()}
    client.polls.clear()
    monkeypatch.setattr(waiting, "UNKNOWN_FOR_S", 0.0)
    assert {"stored"} == {*alone(session, client).values()}


def test_a_provider_that_cannot_be_asked_counts_too(session: Session, client: Scripted) -> None:
    client.clips = {f"s{n}": [NetworkTrouble("no route", again=False)] * 3 for n in range(6)}
    assert ["failed"] * 3 + ["skipped"] * 3 == [*alone(session, client).values()]


def test_without_being_told_nobody_waits(session: Session, client: Scripted) -> None:
    client.polls = {f"s{n}": [Running()] * 3 for n in range(6)}
    build(session, plan_of(*shots(6), cost=PAID), client)
    assert 6 == client.most_under_way


def test_what_is_drawn_here_waits_for_nobody(session: Session, client: Scripted) -> None:
    client.polls = {f"s{n}": [BROKEN] for n in range(6)}
    run = build(session, plan_of(*shots(6)), client, alone_first=True)
    assert ["failed"] * 6 == [*states(run).values()]
