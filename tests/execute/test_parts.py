"""Split shots: bought by the part, joined here, made again for nothing, and never half a clip."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from scripted import (
    OUTPUT,
    PAID,
    Heard,
    Scripted,
    build,
    clip_of,
    codes,
    frame_job,
    from_job,
    names,
    plan_of,
    render_job,
    rows,
    spliced,
    split_job,
    states,
)

from r2v_pipeline.compile.jobs import Job
from r2v_pipeline.errors import DiskTrouble, MediaTrouble
from r2v_pipeline.execute.bench import Bench, Clock
from r2v_pipeline.execute.inputs import Refusal
from r2v_pipeline.execute.journal_view import JournalView
from r2v_pipeline.execute.local import join_parts
from r2v_pipeline.execute.outputs import Outputs
from r2v_pipeline.execute.session import Session
from r2v_pipeline.providers.base import Cost, Failed, Running, Unknown

HARBOR = split_job("harbor", 12_000, 12_000, 6_000)
WHOLE = spliced((clip_of("harbor.1"), 12_000), (clip_of("harbor.2"), 12_000), (clip_of("harbor.3"), 6_000))
PARTS = {"harbor.1": "reuse", "harbor.2": "reuse", "harbor.3": "reuse"}


def after(upstream: Job) -> list[Job]:
    """A shot that opens with the last picture of another one."""
    last = frame_job(upstream)
    return [last, render_job("after", from_job(last))]


def content(session: Session, run, job: str) -> bytes:
    """What the store has for a job of a run."""
    (blob,) = [outcome.blob for outcome in run.outcomes if outcome.job_id == job]
    return session.blobs.path(blob).read_bytes()


def test_parts_are_joined_in_their_order_and_cut_to_their_lengths(
    session: Session, client: Scripted, heard: Heard
) -> None:
    run = build(session, plan_of(*HARBOR, *after(HARBOR[-1])), client, heard=heard)
    assert {"stored"} == set(states(run).values())
    assert WHOLE == content(session, run, "harbor")
    assert b"picture last of " + WHOLE == content(session, run, "harbor@last"), "of the joined clip"
    assert ["harbor.1", "harbor.2", "harbor.3", "after"] == client.bill
    (told,) = heard.of("spliced")
    assert (3, "harbor", 64) == (told["parts"], told["shot"], len(told["blob"]))
    assert ["harbor"] * 3 == [data["shot"] for data in heard.of("stored")][:3]
    assert [] == [name for name in names(session.state) if name.startswith("tmp/")]


def test_a_second_build_buys_and_joins_nothing(session: Session, client: Scripted, heard: Heard) -> None:
    build(session, plan_of(*HARBOR), client)
    run = build(session, plan_of(*HARBOR, verbs={**PARTS, "harbor": "reuse"}), client, heard=heard)
    assert {"reused"} == set(states(run).values())
    assert ["reused"] * 4 == heard.kinds()
    assert 3 == len(client.bill)


@pytest.mark.parametrize("lost", ["gone", "damaged"])
def test_a_lost_clip_is_joined_again_out_of_what_was_bought(session: Session, client: Scripted, lost: str) -> None:
    first = build(session, plan_of(*HARBOR), client)
    path = session.blobs.path(next(o.blob for o in first.outcomes if o.job_id == "harbor") or "")
    path.unlink()
    if lost == "damaged":
        path.write_bytes(b"clip of something else")
    assert JournalView(session.state, Path("/")).lost(HARBOR[-1].key)
    run = build(session, plan_of(*HARBOR, verbs=PARTS), client)
    assert {**dict.fromkeys(PARTS, "reused"), "harbor": "stored"} == states(run)
    assert WHOLE == content(session, run, "harbor")
    assert 3 == len(client.bill)


def test_a_changed_part_is_bought_alone(session: Session, client: Scripted) -> None:
    build(session, plan_of(*HARBOR), client)
    second = render_job("harbor.2", prompt="Gulls.")._replace(shot="harbor")
    whole = HARBOR[-1]._replace(key="another")
    client.clips["harbor.2"] = [b"clip of gulls"]
    run = build(session, plan_of(HARBOR[0], second, HARBOR[2], whole, verbs=PARTS | {"harbor.2": "render"}), client)
    assert ["harbor.1", "harbor.2", "harbor.3", "harbor.2"] == client.bill
    expected = spliced((clip_of("harbor.1"), 12_000), (b"clip of gulls", 12_000), (clip_of("harbor.3"), 6_000))
    assert expected == content(session, run, "harbor")


def test_a_failed_part_leaves_the_shot_without_a_clip_and_keeps_the_others(
    session: Session, client: Scripted, heard: Heard
) -> None:
    client.polls["harbor.2"] = [Failed("bad", "refused")]
    run = build(session, plan_of(*HARBOR, *after(HARBOR[-1]), render_job("alone")), client, heard=heard)
    skipped = dict.fromkeys(("harbor", "harbor@last", "after"), "skipped")
    assert {"harbor.1": "stored", "harbor.2": "failed", "harbor.3": "stored", **skipped, "alone": "stored"} == states(
        run
    )
    assert ["R2V702", "R2V613", "R2V613", "R2V613"] == codes(run)
    messages = [outcome.problem.message for outcome in run.outcomes if outcome.problem]
    assert "shot 'harbor.2' failed at animatic (bad): refused" == messages[0]
    assert "'harbor' was skipped: it needs 'harbor.2', which failed" == messages[1]
    assert ["harbor"] == [data["shot"] for data in heard.of("failed")]
    again = build(session, plan_of(*HARBOR, verbs={"harbor.1": "reuse", "harbor.3": "reuse"}), client)
    assert "stored" == states(again)["harbor"]
    assert 1 == client.bill.count("harbor.1")


def test_a_part_in_doubt_holds_the_shot(session: Session, client: Scripted) -> None:
    client.answers["harbor.2"] = [Unknown("timed out")]
    run = build(session, plan_of(*HARBOR, cost=PAID), client)
    assert {"harbor.1": "stored", "harbor.2": "held", "harbor.3": "stored", "harbor": "skipped"} == states(run)
    assert ["R2V614", "R2V613"] == codes(run)


def test_two_parts_that_ask_for_the_same_are_bought_once(session: Session, client: Scripted) -> None:
    parts = split_job("rain", 3000, 3000)
    twin = parts[1]._replace(key=parts[0].key, request=parts[0].request)
    run = build(session, plan_of(parts[0], twin, parts[2]), client)
    assert ["rain.1"] == client.bill
    assert {"rain.1": "stored", "rain.2": "reused", "rain": "stored"} == states(run)
    assert spliced((clip_of("rain.1"), 3000), (clip_of("rain.1"), 3000)) == content(session, run, "rain")


def refusing(trouble: Exception) -> Callable[..., None]:
    def splice(_parts: Sequence[tuple[Path, int]], to: Path, _going: Callable[[], None]) -> None:
        to.write_bytes(b"half a cl")
        raise trouble

    return splice


def test_parts_that_cannot_be_joined_are_kept(session: Session, client: Scripted) -> None:
    run = build(session, plan_of(*HARBOR), client, splice=refusing(MediaTrouble("ffmpeg failed", "install ffmpeg")))
    assert {"harbor.1": "stored", "harbor.2": "stored", "harbor.3": "stored", "harbor": "failed"} == states(run)
    (problem,) = [outcome.problem for outcome in run.outcomes if outcome.problem]
    assert "R2V803" == problem.code
    assert "the parts of shot 'harbor' cannot be joined: ffmpeg failed" == problem.message
    assert "install ffmpeg" == problem.help
    assert [] == [name for name in names(session.state) if name.startswith("tmp/")]
    assert "stored" == states(build(session, plan_of(*HARBOR, verbs=PARTS), client))["harbor"]
    assert 3 == len(client.bill)


def test_a_full_disk_ends_the_build_in_order(session: Session, client: Scripted) -> None:
    with pytest.raises(DiskTrouble):
        build(session, plan_of(*HARBOR, render_job("alone")), client, splice=refusing(DiskTrouble("no room")))
    assert 3 <= [state for _, _, state in rows(session)].count("stored")


def test_a_part_that_vanished_while_the_build_ran_is_told(session: Session, client: Scripted) -> None:
    """The plan knew of no clip to buy: another plan has to say what that costs."""
    run = build(session, plan_of(*HARBOR, verbs=PARTS), client)
    assert [] == client.bill
    assert {"harbor.1": "failed", "harbor.2": "failed", "harbor.3": "failed", "harbor": "skipped"} == states(run)
    alone = build(session, plan_of(*HARBOR, verbs=dict.fromkeys(PARTS, "skip")), client)
    assert {**dict.fromkeys(PARTS, "skipped"), "harbor": "skipped"} == states(alone)


def test_a_part_that_is_not_there_is_no_half_clip(session: Session, heard: Heard) -> None:
    tools = {"journal": session.journal, "blobs": session.blobs, "reporter": heard, "clock": Clock(lambda: 0.0)}
    bench = Bench(**dict.fromkeys(Bench._fields) | tools)
    with pytest.raises(Refusal) as refusal:
        asyncio.run(join_parts(bench, HARBOR[-1], [None, None, None]))
    assert "'harbor' was skipped: it needs 'harbor.1', which has no clip in the store" == refusal.value.problem.message


def test_a_part_that_vanishes_while_the_others_are_made(session: Session, client: Scripted) -> None:
    """Somebody clears the store under a build: the shot fails, and the next plan knows what is missing."""

    class Clearing(Heard):
        def event(self, event) -> None:
            super().event(event)
            if event.kind == "stored" and event.job == "harbor.3":
                session.blobs.path(
                    next(e.data["blob"] for e in self if e.job == "harbor.1" and "blob" in e.data)
                ).unlink()

    run = build(session, plan_of(*HARBOR), client, heard=Clearing(), jobs=1)
    assert "failed" == states(run)["harbor"]
    assert ["R2V704"] == codes(run)
    assert JournalView(session.state, Path("/")).lost(HARBOR[0].key)
    verbs = {"harbor.2": "reuse", "harbor.3": "reuse"}
    assert "stored" == states(build(session, plan_of(*HARBOR, verbs=verbs), client))["harbor"]
    assert ["harbor.1", "harbor.2", "harbor.3", "harbor.1"] == client.bill


@pytest.mark.parametrize("cost", [Cost(0, 0, "USD"), PAID])
def test_a_signal_stops_the_joining_and_the_next_build_does_it(session: Session, client: Scripted, cost: Cost) -> None:
    """ffmpeg may take a minute; the build does not."""
    asked = []

    def endless(_parts: Sequence[tuple[Path, int]], to: Path, going: Callable[[], None]) -> None:
        to.write_bytes(b"half a cl")
        os.kill(os.getpid(), signal.SIGINT)
        while True:
            asked.append(1)
            going()

    run = build(session, plan_of(*HARBOR, cost=cost), client, splice=endless)
    assert run.interrupted
    assert "interrupted" == states(run)["harbor"]
    assert asked
    assert [] == [name for name in names(session.state) if name.startswith("tmp/")]
    assert "stored" == states(build(session, plan_of(*HARBOR, verbs=PARTS, cost=cost), client))["harbor"]
    assert 3 == len(client.bill)


def test_a_part_that_is_interrupted_leaves_the_shot_interrupted(session: Session, client: Scripted) -> None:
    client.polls["harbor.2"] = [Running(0.5)] * 10_000

    class Impatient(Heard):
        def event(self, event) -> None:
            super().event(event)
            if event.kind == "progress":
                os.kill(os.getpid(), signal.SIGTERM)

    run = build(session, plan_of(*HARBOR, cost=PAID), client, heard=Impatient())
    assert ("interrupted", "interrupted") == (states(run)["harbor.2"], states(run)["harbor"])
    client.polls.clear()
    again = build(session, plan_of(*HARBOR, cost=PAID), client)
    assert "stored" == states(again)["harbor"]
    assert 3 == len(client.bill)


def test_parts_and_clip_lie_side_by_side(session: Session, client: Scripted, project: Path) -> None:
    """No shot id has a dot, so no other shot's clip can have a part's name."""
    run = build(session, plan_of(*HARBOR), client)
    outputs = Outputs(project, OUTPUT, session.journal, session.blobs, print)
    for outcome, job in zip(run.outcomes, HARBOR, strict=True):
        outputs.publish(f"clips/{job.id}.mp4", outcome.blob or "", job.key)
    expected = ["clips/harbor.1.mp4", "clips/harbor.2.mp4", "clips/harbor.3.mp4", "clips/harbor.mp4"]
    assert expected == names(project / OUTPUT)
    assert WHOLE == (project / OUTPUT / "clips/harbor.mp4").read_bytes()
    outputs.prune({"clips/harbor.mp4", "clips/harbor.1.mp4"})
    assert ["clips/harbor.1.mp4", "clips/harbor.mp4"] == names(project / OUTPUT)
