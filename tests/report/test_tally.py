"""What a build's events are worth in words and in time left."""

from __future__ import annotations

from typing import Any

import pytest

from r2v_pipeline.execute.events import KINDS, Event
from r2v_pipeline.report.tally import Tally


def told(
    *events: tuple[str, float, str, dict[str, Any]], shots: int = 3, renders: int | None = None
) -> tuple[Tally, list[str]]:
    """A tally that heard these events, and all it had to say."""
    tally, lines = Tally(), []
    count = shots if renders is None else renders
    free = {"low_micros": 0, "high_micros": 0, "currency": "USD"}
    for event in (
        ("build", 0.0, "", {"storyboard": "a.yaml", "output": "build/a", "shots": shots, "film_ms": 9}),
        ("plan", 0.0, "", {"verbs": {"render": count}, "renders": count, **free}),
        *events,
    ):
        lines += tally.event(Event(*event))
    return tally, lines


def submitted(at: float, job: str, attempt: int = 1) -> tuple[str, float, str, dict[str, Any]]:
    return "submitted", at, job, {"provider": "wan", "attempt": attempt, "used_ms": 2000}


def stored(at: float, job: str, seconds: float) -> tuple[str, float, str, dict[str, Any]]:
    return "stored", at, job, {"blob": "ab", "seconds": seconds, "shot": job.partition(".")[0]}


def test_a_whole_build() -> None:
    _, lines = told(
        ("reused", 0.1, "s01", {"blob": "ab", "shot": "s01"}),
        submitted(0.2, "s02"),
        submitted(0.2, "s03", 2),
        ("progress", 1.0, "s02", {"fraction": 0.5}),
        stored(4.3, "s02", 4.1),
        ("frame", 4.4, "s02@last", {"blob": "cd", "shot": "s02"}),
        ("failed", 5.0, "s03", {"code": "R2V701", "message": "refused: \x1b[2J", "again": True, "shot": "s03"}),
        ("joining", 5.0, "", {"clips": 3}),
        ("join_progress", 5.5, "", {"fraction": 0.5}),
        ("joined", 6.0, "", {"film": "build/a/film.mp4", "frames": 900, "fps": 30, "duration_ms": 30_000}),
        ("done", 70.2, "", {"exit_code": 4, "rendered": 1, "reused": 1, "failed": 1, "seconds": 70.2}),
    )
    assert [
        "1 shot reused",
        "s02 starts (wan)",
        "s03 starts (wan, attempt 2)",
        "[2/3] s02 rendered in 4.1 s",
        "[3/3] refused: \\x1b[2J (R2V701); the next build tries again",
        "joining 3 clips",
        "build/a/film.mp4: 30 s, 900 frames at 30 fps",
        "1 rendered, 1 reused, 1 failed in 1:10",
    ] == lines


@pytest.mark.parametrize(
    ("kind", "job", "data", "line"),
    [
        ("held", "s01", {"message": "answer lost", "shot": "s01"}, "[1/3] answer lost"),
        (
            "failed",
            "s01",
            {"code": "R2V1", "message": "no", "again": False, "shot": "s01"},
            "[1/3] no (R2V1)",
        ),
        ("note", "", {"text": "::error::x"}, "note: ::error::x"),
        ("note", "s01", {"text": "slow"}, "note: s01: slow"),
        (
            "interrupted",
            "",
            {"running": ["s01", "s02", "s03"], "going": {"s01": "vercel", "s02": "dashscope"}},
            "interrupted: 2 renders go on at dashscope, vercel; r2v build collects them",
        ),
        (
            "interrupted",
            "",
            {"running": ["s01"], "going": {"s01": "vercel"}},
            "interrupted: s01 goes on at vercel; r2v build collects it",
        ),
        ("interrupted", "", {"running": ["s01"], "going": {}}, "interrupted; r2v build goes on from here"),
        (
            "done",
            "",
            {"exit_code": 130, "rendered": 0, "reused": 0, "failed": 0, "seconds": 0.04},
            "nothing rendered in 0.0 s",
        ),
        (
            "done",
            "",
            {"exit_code": 0, "rendered": 0, "reused": 0, "failed": 0, "seconds": 0.04},
            "nothing to do in 0.0 s",
        ),
    ],
)
def test_lines(kind: str, job: str, data: dict[str, Any], line: str) -> None:
    assert [line] == told((kind, 1.0, job, data))[1]


def test_a_job_cannot_begin_a_line_with_a_command() -> None:
    assert ["\\x3a:set-output starts (wan)"] == told(submitted(0.0, "::set-output"))[1]


def test_every_kind_is_known() -> None:
    """A kind without words is one that was left out on purpose."""
    handled = {name.removeprefix("_on_") for name in vars(Tally) if name.startswith("_on_")}
    assert {"frame"} == set(KINDS) - handled
    assert set() == handled - set(KINDS)


def test_no_time_is_left_before_anything_is_known() -> None:
    assert told()[0].left(1.0) is None
    assert told(submitted(0.0, "s01"))[0].left(1.0) is None


def test_time_left_is_learned_from_finished_shots() -> None:
    """One of four in ten seconds, one at work: three more at that pace, less what is half done."""
    tally, _ = told(submitted(0.0, "s01"), stored(10.0, "s01", 10.0), shots=4)
    assert 30.0 == tally.left(10.0)
    tally.event(Event(*submitted(10.0, "s02")))
    tally.event(Event("progress", 15.0, "s02", {"fraction": 0.5}))
    assert 25.0 == tally.left(15.0)


def test_a_silent_render_counts_by_its_age() -> None:
    tally, _ = told(submitted(0.0, "s01"), stored(10.0, "s01", 10.0), submitted(10.0, "s02"), shots=2)
    assert 5.0 == tally.left(15.0)
    assert 0 < (tally.left(100.0) or 0) < 5, "it is late, and nearly there"


def test_what_failed_is_not_waited_for() -> None:
    failed = ("failed", 10.0, "s02", {"code": "", "message": "", "again": False, "shot": "s02"})
    tally, _ = told(submitted(0.0, "s01"), submitted(0.0, "s02"), stored(10.0, "s01", 10.0), failed, shots=2)
    assert 0.0 == tally.left(10.0)
    assert {} == tally.work


def reused(job: str) -> tuple[str, float, str, dict[str, Any]]:
    return "reused", 0.1, job, {"blob": "ab", "shot": job.partition(".")[0].partition("@")[0]}


def test_a_split_shot_has_ended_when_its_parts_are_joined() -> None:
    """Parts go by their own names and count as no shots; nor does a picture out of a clip."""
    tally, lines = told(
        reused("s01@last"),
        reused("s01"),
        reused("s02.1"),
        stored(4.0, "s02.2", 4.0),
        stored(8.0, "s02.3", 4.0),
        ("spliced", 8.1, "s02", {"blob": "ab", "shot": "s02", "parts": 3}),
        renders=2,
    )
    assert [
        "1 shot reused",
        "[1/3] s02.2 rendered in 4.0 s",
        "[1/3] s02.3 rendered in 4.0 s",
        "[2/3] s02 joined out of 3 parts",
    ] == lines
    assert {"s01", "s02"} == tally.ended


def test_a_split_shot_has_ended_when_one_part_failed() -> None:
    failed = ("failed", 1.0, "s02.1", {"code": "R2V701", "message": "no", "again": False, "shot": "s02"})
    _, lines = told(failed, stored(2.0, "s02.2", 2.0), stored(3.0, "s01", 2.0), renders=4)
    assert [
        "[1/3] no (R2V701)",
        "[1/3] s02.2 rendered in 2.0 s",
        "[2/3] s01 rendered in 2.0 s",
    ] == lines


def test_time_left_counts_the_parts() -> None:
    """One shot of four parts, one of them there in ten seconds: three more to wait for."""
    tally, _ = told(submitted(0.0, "s01.1"), stored(10.0, "s01.1", 10.0), shots=1, renders=4)
    assert 30.0 == tally.left(10.0)
