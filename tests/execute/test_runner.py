"""Whole builds: order, caps, failures, retries, reuse, and what is told of them."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from scripted import (
    OUTPUT,
    PAID,
    Heard,
    Scripted,
    build,
    check,
    clip_of,
    codes,
    frame_job,
    from_job,
    names,
    plan_of,
    render_job,
    rows,
    states,
)

from r2v_pipeline.canonical import digest_bytes
from r2v_pipeline.compile.jobs import Job
from r2v_pipeline.errors import DiskTrouble, EnvironmentTrouble, MediaTrouble
from r2v_pipeline.execute import render
from r2v_pipeline.execute.bench import clock
from r2v_pipeline.execute.events import KINDS
from r2v_pipeline.execute.session import Session, hold
from r2v_pipeline.providers.base import Cost, Failed, Finished, Refused, Running, Unknown


def chain() -> list[Job]:
    """Two shots, the second beginning with the last picture of the first."""
    first = render_job("s1")
    frame = frame_job(first)
    return [first, frame, render_job("s2", from_job(frame))]


def test_a_plan_is_carried_out(session: Session, client: Scripted, heard: Heard) -> None:
    run = build(session, plan_of(*chain()), client, heard=heard)
    assert {"s1": "stored", "s1@last": "stored", "s2": "stored"} == states(run)
    assert not run.interrupted
    assert [clip_of("s1"), b"picture last of clip of s1", clip_of("s2")] == [
        session.blobs.path(outcome.blob or "").read_bytes() for outcome in run.outcomes
    ]
    assert ["submitted", "stored", "frame", "submitted", "stored"] == heard.kinds()
    assert set(heard.kinds()) <= set(KINDS)
    assert {"provider": "animatic", "attempt": 1, "used_ms": 1500} == heard.of("submitted")[0]
    assert {"blob": digest_bytes(clip_of("s1")), "shot": "s1", "seconds": 0.0} == heard.of("stored")[0]
    assert [] == [name for name in names(session.state) if name.startswith("tmp/")]
    assert 1 == client.closed


def test_a_second_build_buys_nothing(session: Session, client: Scripted, heard: Heard) -> None:
    build(session, plan_of(*chain()), client)
    before = session.journal.select("SELECT total_changes()")
    run = build(session, plan_of(*chain()), client, heard=heard)
    assert {"s1": "reused", "s1@last": "reused", "s2": "reused"} == states(run)
    assert ["reused"] * 3 == heard.kinds()
    assert ["s1", "s2"] == client.bill
    assert before == session.journal.select("SELECT total_changes()"), "a build that does nothing writes nothing"


def test_joins_are_left_to_the_caller(session: Session, client: Scripted) -> None:
    first = render_job("s1")
    film = Job("film", "join", "", "f" * 64, None, (), ("s1",), None, None, None)
    assert {"s1": "stored"} == states(build(session, plan_of(first, film), client))


def test_a_cap_holds_for_each_provider(session: Session, client: Scripted) -> None:
    for n in range(9):
        client.polls[f"s{n}"] = [Running(), Running()]
    build(session, plan_of(*[render_job(f"s{n}") for n in range(9)]), client, jobs=3)
    assert 3 == client.most_under_way
    assert 9 == len(client.bill)


def test_progress_is_told_when_it_changes(session: Session, client: Scripted, heard: Heard) -> None:
    client.polls["s1"] = [Running(), Running(0.25), Running(0.2501), Running(0.5)]
    build(session, plan_of(render_job("s1")), client, heard=heard)
    assert [{"fraction": 0.25}, {"fraction": 0.5}] == heard.of("progress")


def test_one_failure_skips_only_what_needs_it(session: Session, client: Scripted, heard: Heard) -> None:
    client.polls["s1"] = [Failed("bad", "the prompt was refused")]
    run = build(session, plan_of(*chain(), render_job("s3")), client, heard=heard)
    assert {"s1": "failed", "s1@last": "skipped", "s2": "skipped", "s3": "stored"} == states(run)
    assert ["R2V702", "R2V613", "R2V613"] == codes(run)
    said = "shot 's1' failed at animatic (bad): the prompt was refused"
    assert [{"code": "R2V702", "message": said, "again": False, "shot": "s1"}] == heard.of("failed")
    assert [
        "'s1@last' was skipped: it needs 's1', which failed",
        "'s2' was skipped: it needs 's1@last', which was skipped",
    ] == [data["text"] for data in heard.of("note")]


def test_the_next_build_tries_a_failed_job_again(session: Session, client: Scripted) -> None:
    client.polls["s1"] = [Failed("bad", "no")]
    build(session, plan_of(render_job("s1")), client)
    build(session, plan_of(render_job("s1")), client)
    assert [("s1", 1, "failed"), ("s1", 2, "stored")] == rows(session)


def test_fail_fast_begins_nothing_more(session: Session, client: Scripted) -> None:
    client.answers["s1"] = [Refused("400", "no")]
    client.polls["s2"] = [Running(), Running()]
    jobs = [render_job(f"s{n}") for n in range(1, 5)]
    run = build(session, plan_of(*jobs), client, jobs=2, fail_fast=True)
    assert {"s1": "failed", "s2": "stored", "s3": "skipped", "s4": "skipped"} == states(run)
    assert ["R2V701", "R2V615", "R2V615"] == codes(run)


def test_a_free_job_that_was_lost_is_tried_twice_more(session: Session, client: Scripted) -> None:
    lost = Failed("gone", "the worker died", lost=True)
    client.polls["s1"] = [lost, lost]
    assert {"s1": "stored"} == states(build(session, plan_of(render_job("s1")), client))
    assert [("s1", 1, "failed"), ("s1", 2, "failed"), ("s1", 3, "stored")] == rows(session)


def test_and_not_more_than_three_times(session: Session, client: Scripted, heard: Heard) -> None:
    client.polls["s1"] = [Failed("gone", "the worker died", lost=True)] * 9
    run = build(session, plan_of(render_job("s1")), client, heard=heard)
    assert {"s1": "failed"} == states(run)
    assert 4 == len(client.bill)
    assert [("R2V702", True)] == [(data["code"], data["again"]) for data in heard.of("failed")]


@pytest.mark.parametrize("cost", [PAID, Cost(0, 0, "USD", known=False)])
@pytest.mark.parametrize(
    ("failed", "state"), [(Failed("gone", "", lost=True), "held"), (Failed("busy", "", again=True), "failed")]
)
def test_a_job_that_may_cost_is_never_bought_again_by_itself(
    session: Session, client: Scripted, failed: Failed, state: str, cost: Cost
) -> None:
    client.polls["s1"] = [failed]
    assert {"s1": state} == states(build(session, plan_of(render_job("s1"), cost=cost), client))
    assert ["s1"] == client.bill


def test_a_refusal_that_may_pass_is_asked_again_even_of_a_paid_provider(session: Session, client: Scripted) -> None:
    """Certainly not accepted: nothing is owed for the first."""
    client.answers["s1"] = [Refused("429", "slow down", again=True)]
    assert {"s1": "stored"} == states(build(session, plan_of(render_job("s1"), cost=PAID), client))
    assert [("s1", 1, "rejected"), ("s1", 2, "stored")] == rows(session)
    assert ["s1"] == client.bill


def test_a_paid_submit_in_doubt_is_held_for_ever(session: Session, client: Scripted, heard: Heard) -> None:
    client.answers["s1"] = [Unknown("the connection broke")]
    for _ in range(3):
        run = build(session, plan_of(*chain(), cost=PAID), client, heard=heard)
        assert {"s1": "held", "s1@last": "skipped", "s2": "skipped"} == states(run)
        assert ["R2V614", "R2V613", "R2V613"] == codes(run)
    assert ["s1"] == client.bill
    said = "shot 's1' is held: animatic may have taken it and bill $0.98; the connection broke"
    assert [{"message": said, "shot": "s1"}] * 3 == heard.of("held")


def test_what_the_plan_holds_is_held(session: Session, client: Scripted, heard: Heard) -> None:
    run = build(session, plan_of(*chain(), verbs={"s1": "hold"}), client, heard=heard)
    assert "held" == states(run)["s1"]
    assert [] == client.bill
    assert [{"message": "shot 's1' is held: a test wants it", "shot": "s1"}] == heard.of("held")


def test_what_nobody_selected_is_not_bought_and_its_clip_still_serves(session: Session, client: Scripted) -> None:
    first, frame, second = chain()
    build(session, plan_of(first, render_job("s3")), client)
    run = build(session, plan_of(first, frame, second, render_job("s4"), verbs={"s1": "skip", "s4": "skip"}), client)
    assert {"s1": "skipped", "s1@last": "stored", "s2": "stored", "s4": "skipped"} == states(run)
    assert ["s1", "s3", "s2"] == client.bill
    assert run.outcomes[0].blob
    assert run.outcomes[3].blob is None


def test_two_shots_that_ask_for_the_same_are_bought_once(session: Session, client: Scripted) -> None:
    first = render_job("s1")
    run = build(session, plan_of(first, first._replace(id="s2", shot="s2")), client)
    assert {"s1": "stored", "s2": "reused"} == states(run)
    assert ["s1"] == client.bill
    assert run.outcomes[0].blob == run.outcomes[1].blob


def test_a_clip_that_vanished_since_the_plan_is_not_silently_bought_again(session: Session, client: Scripted) -> None:
    build(session, plan_of(render_job("s1")), client)
    path = session.blobs.path(digest_bytes(clip_of("s1")))
    path.chmod(0o644)
    path.write_bytes(b"edited")
    run = build(session, plan_of(render_job("s1"), verbs={"s1": "reuse"}), client)
    assert {"s1": "failed"} == states(run)
    assert ["R2V612"] == codes(run)
    assert ["s1"] == client.bill
    assert b"edited" == next((session.state / "damaged").iterdir()).read_bytes()
    # The plan after that sees that it is gone and says so with its price.
    assert {"s1": "stored"} == states(build(session, plan_of(render_job("s1")), client))


def test_a_torn_download_is_fetched_again_and_not_bought_again(session: Session, client: Scripted) -> None:
    client.clips["s1"] = [b"cli"]
    assert {"s1": "stored"} == states(build(session, plan_of(render_job("s1"), cost=PAID), client))
    assert ["s1"] == client.bill


def test_a_clip_that_is_broken_at_the_provider_is_kept_for_a_person(session: Session, client: Scripted) -> None:
    client.clips["s1"] = [b"<html>sorry</html>"] * 3
    run = build(session, plan_of(render_job("s1")), client)
    assert ["R2V801"] == codes(run)
    assert [("s1", 1, "failed", "R2V801")] == rows(session, "shot, no, state, code")
    kept = list((session.state / "failed").iterdir())
    assert [b"<html>sorry</html>"] == [path.read_bytes() for path in kept]
    problem = run.outcomes[0].problem
    assert problem is not None
    assert str(kept[0]) in problem.message
    assert [] == [name for name in names(session.state) if name.startswith("tmp/")]


def test_trouble_in_the_check_itself_is_not_held_against_the_clip(session: Session, client: Scripted) -> None:
    def broken(_: Path) -> None:
        raise EnvironmentTrouble("the decoder is missing")

    run = build(session, plan_of(render_job("s1"), cost=PAID), client, check=broken)
    assert ["R2V704"] == codes(run)
    assert [("s1", 1, "ready")] == rows(session)
    assert {"s1": "stored"} == states(build(session, plan_of(render_job("s1"), cost=PAID), client))
    assert ["s1"] == client.bill


@pytest.mark.parametrize("where", ["polls", "clips"])
def test_a_provider_that_cannot_be_reached_keeps_its_job(session: Session, client: Scripted, where: str) -> None:
    getattr(client, where)["s1"] = [ConnectionError("unreachable")] * (8 if where == "polls" else 3)
    run = build(session, plan_of(render_job("s1"), render_job("s2"), cost=PAID), client)
    assert {"s1": "failed", "s2": "stored"} == states(run)
    assert ["R2V704"] == codes(run)
    assert {"s1": "stored", "s2": "reused"} == states(
        build(session, plan_of(render_job("s1"), render_job("s2"), verbs={"s1": "collect"}, cost=PAID), client)
    )
    assert ["s1", "s2"] == client.bill


def test_a_picture_that_cannot_be_taken_skips_its_users(session: Session, client: Scripted) -> None:
    def past_the_end(*_: object) -> None:
        raise MediaTrouble("the clip ends before that")

    run = build(session, plan_of(*chain()), client, extract=past_the_end)
    assert {"s1": "stored", "s1@last": "failed", "s2": "skipped"} == states(run)
    assert ["R2V802", "R2V613"] == codes(run)


def test_a_defect_in_one_job_costs_no_other_and_is_not_hushed_up(session: Session, client: Scripted) -> None:
    client.polls["s1"] = [ZeroDivisionError("a defect")]
    client.polls["s2"] = [Running(), Running(), Running()]
    with pytest.raises(ZeroDivisionError):
        build(session, plan_of(render_job("s1"), render_job("s2")), client)
    assert [("s1", 1, "running"), ("s2", 1, "stored")] == rows(session)


def test_a_disk_without_room_ends_the_build_in_order(session: Session, client: Scripted, heard: Heard) -> None:
    """Nothing more is bought; what runs here is stopped; what is finished stays."""
    client.polls["s2"] = [Running(), Running()]
    client.clips["s2"] = [OSError(28, "No space left on device")]
    client.polls |= {"s3": [Running()] * 1000, "s4": [Running()] * 1000}
    jobs = [render_job(f"s{n}") for n in range(1, 7)]
    with pytest.raises(DiskTrouble, match="No space left"):
        build(session, plan_of(*jobs), client, jobs=3, heard=heard)
    assert "stored" == rows(session)[0][2]
    assert "ready" == rows(session)[1][2]
    assert ("s3", 1, "cancelled") in rows(session)
    assert ["s1", "s2", "s3", "s4"] == sorted(client.bill)
    client.polls.clear()
    assert {"stored"} == set(states(build(session, plan_of(*jobs[1:]), client)).values())


def test_what_an_output_was_made_of_is_remembered(session: Session, client: Scripted) -> None:
    used = "SELECT job, key, ingredients FROM used JOIN job USING (key) WHERE output = ? ORDER BY job"
    old = render_job("s1", prompt="dawn")
    build(session, plan_of(old, render_job("gone")), client)
    assert [("gone", '{"prompt": ""}'), ("s1", '{"prompt": "dawn"}')] == [
        (job, made) for job, _, made in session.journal.select(used, (OUTPUT,))
    ]
    client.answers["s1"] = [Refused("400", "no")]
    new = render_job("s1", prompt="dusk")
    build(session, plan_of(new), client)
    assert [("s1", old.key)] == [(job, key) for job, key, _ in session.journal.select(used, (OUTPUT,))]
    build(session, plan_of(new), client)
    assert [("s1", new.key)] == [(job, key) for job, key, _ in session.journal.select(used, (OUTPUT,))]


def test_a_price_that_the_provider_reports_is_kept(session: Session, client: Scripted) -> None:
    client.polls["s1"] = [Finished({"shot": "s1"}, Cost(500_000, 500_000, "USD"))]
    build(session, plan_of(render_job("s1"), cost=PAID), client)
    assert [(980_000, 500_000, "USD")] == rows(session, "est_micros, actual_micros, actual_currency")


def test_a_build_runs_off_the_main_thread(project: Path) -> None:
    """Signals are a matter of the main thread; without them everything else is the same."""
    found: list[dict[str, str]] = []

    def work() -> None:
        with hold(project) as session:
            found.append(states(build(session, plan_of(*chain()), Scripted())))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(30)
    assert [{"s1": "stored", "s1@last": "stored", "s2": "stored"}] == found


def test_a_client_that_will_not_close_changes_nothing(
    session: Session, client: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stuck() -> None:
        raise ConnectionError("already gone")

    monkeypatch.setattr(client, "close", stuck)
    assert {"s1": "stored"} == states(build(session, plan_of(render_job("s1")), client))


def test_a_thousand_jobs_are_under_way_at_once(session: Session, client: Scripted) -> None:
    jobs = [render_job(f"s{n}") for n in range(1000)]
    for job in jobs:
        client.polls[job.shot] = [Running()]
    run = build(session, plan_of(*jobs), client, jobs=1000)
    assert {"stored"} == set(states(run).values())
    assert 900 < client.most_under_way


def test_a_clock_starts_when_it_is_made() -> None:
    now = clock()
    assert 0 <= now.elapsed() <= now.elapsed() < 60


def test_waits_grow_and_stay_short_here(session: Session, client: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    sleep = render.asyncio.sleep

    async def note(seconds: float) -> None:
        waits.append(seconds)
        await sleep(0)

    monkeypatch.setattr(render.asyncio, "sleep", note)
    client.polls["s1"] = [Running()] * 12
    build(session, plan_of(render_job("s1")), client, check=check)
    assert 0.05 == waits[0]
    assert 0.5 == waits[-1]
    assert waits == sorted(waits)


def test_a_damaged_clip_that_cannot_be_moved_aside_ends_the_build(
    session: Session, client: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(session, plan_of(render_job("s1")), client)
    session.blobs.path(digest_bytes(clip_of("s1"))).unlink()

    def stuck(_: object, digest: str) -> None:
        raise DiskTrouble(f"cannot move {digest}")

    monkeypatch.setattr(type(session.blobs), "quarantine", stuck)
    with pytest.raises(DiskTrouble, match="cannot move"):
        build(session, plan_of(render_job("s1"), render_job("s2"), verbs={"s1": "reuse"}), client)
    assert ["s1"] == client.bill


def test_a_paid_clip_that_is_damaged_says_what_it_was_bought_for(session: Session, client: Scripted) -> None:
    build(session, plan_of(render_job("s1"), cost=PAID), client)
    session.blobs.path(digest_bytes(clip_of("s1"))).unlink()
    run = build(session, plan_of(render_job("s1"), verbs={"s1": "reuse"}, cost=PAID), client)
    assert ["R2V612"] == codes(run)
    assert run.outcomes[0].problem.message.endswith("; it was bought for $0.98")
    assert ["s1"] == client.bill
