"""What has to hold for any two storyboards."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from repos import Repo
from versions import keys, version

from r2v_pipeline.report.diff import Compared, to_json
from r2v_pipeline.review.compare import review
from r2v_pipeline.review.types import Bill

WORDS = st.sampled_from(
    ["Snow falls.", "{{ Gift }} opens.", "{{ Lamp }} burns beside {{ gift }}.", "雪落下。", "Dawn."]
)
PATIENT = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def shots(draw, id: str) -> dict:
    """A shot in few enough forms that two of them are often the same."""
    shot = {
        "id": id,
        "prompt": draw(WORDS),
        "duration": draw(st.sampled_from(["3s", "5s"])),
        "cast": draw(st.sampled_from([["gift"], ["gift", "lamp"]])),
    }
    optional = {
        "take": st.just(2),
        "style": st.just("Fine grain."),
        "tags": st.just(["night"]),
        "trim": st.just("0-2s"),
        "negative": st.just("text"),
        "title_card": st.just({"text": "Later", "for": "1s"}),
        "render": st.sampled_from([{"seed": 7}, {"resolution": "1080p"}, {"provider": "animatic"}]),
    }
    for key in draw(st.sets(st.sampled_from(sorted(optional)), max_size=2)):
        shot[key] = draw(optional[key])
    return shot


@st.composite
def boards(draw) -> dict:
    """A storyboard of up to four shots; the ids are few, so that shots come, go and change places."""
    ids = draw(st.lists(st.sampled_from("abcde"), unique=True, min_size=1, max_size=4))
    return {
        "r2v": 1,
        "title": draw(st.sampled_from(["One", "Two"])),
        "cast": {
            "gift": {"kind": "object", "image": draw(st.sampled_from(["refs/gift.png", "refs/copy.png"]))},
            "lamp": {"kind": "object", "image": "refs/lantern.png"},
        },
        "defaults": {"render": {"provider": "dashscope", "model": "wan2.6-r2v"}},
        "film": {"fps": draw(st.sampled_from([24, 30]))},
        "shots": [draw(shots(id)) for id in ids],
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A project in which the same picture lies under two names."""
    repo = Repo(tmp_path_factory.mktemp("any") / "repo").start()
    repo.write("refs/copy.png", (repo.root / "refs" / "gift.png").read_bytes())
    return repo.root


def sides(folder: Path, *boards: dict):
    return [version(folder, json.dumps(board, ensure_ascii=False)) for board in boards]


def outputs(version) -> list[tuple]:
    """All that a compile gives, except where things are written."""
    return [(job.id, job.key, version.price(job) if job.request else None) for job in version.compilation.jobs]


def never(_: str) -> bool:
    return False


@PATIENT
@given(board=boards())
def test_a_storyboard_does_not_differ_from_itself(board: dict, folder: Path) -> None:
    found = review(*sides(folder, board, board), never)
    assert found.is_empty
    assert ((), (), (), Bill((), 0)) == (found.shots, found.film, found.templates, found.to_pay)


@PATIENT
@given(before=boards(), after=boards())
def test_a_diff_is_empty_exactly_when_both_compile_to_the_same(before: dict, after: dict, folder: Path) -> None:
    old, now = sides(folder, before, after)
    assert (outputs(old) == outputs(now)) == review(old, now, never).is_empty


@PATIENT
@given(board=boards(), data=st.data())
def test_one_changed_shot_is_all_that_is_told(board: dict, data, folder: Path) -> None:
    number = data.draw(st.integers(0, len(board["shots"]) - 1))
    id = board["shots"][number]["id"]
    other = {**board, "shots": list(board["shots"])}
    other["shots"][number] = data.draw(shots(id))
    old, now = sides(folder, board, other)
    found = review(old, now, never)
    had = {key for made in keys(old).values() for key in made}
    assert {shot for shot, made in keys(now).items() if not had.issuperset(made)} == {s.shot for s in found.renders}
    assert {shot.shot for shot in found.shots} <= {id}


@PATIENT
@given(before=boards(), after=boards(), built=st.sets(st.sampled_from("abcde")))
def test_what_renders_is_what_nobody_has(before: dict, after: dict, built: set[str], folder: Path) -> None:
    """Every key that is in neither side's past is made, once, and that is what is paid."""
    old, now = sides(folder, before, after)
    stored = {key for shot in built for key in keys(now).get(shot, ())}
    found = review(old, now, stored.__contains__)
    had = {key for made in keys(old).values() for key in made} | stored
    lacking = {job.key: now.price(job) for job in now.compilation.jobs if job.kind == "render" and job.key not in had}
    assert {shot for shot, made in keys(now).items() if not had.issuperset(made)} == {s.shot for s in found.renders}
    assert Bill.of(lacking.values()) == found.to_pay


@PATIENT
@given(before=boards(), after=boards())
def test_every_shot_is_told_of_once(before: dict, after: dict, folder: Path) -> None:
    old, now = sides(folder, before, after)
    found = review(old, now, never)
    ids = {shot["id"] for shot in before["shots"]}, {shot["id"] for shot in after["shots"]}
    gone = [shot.shot for shot in found.shots if shot.change == "removed"]
    came = [shot.shot for shot in found.shots if shot.change == "added"]
    renamed = [(shot.was, shot.shot) for shot in found.shots if shot.change == "renamed"]
    assert sorted(ids[0] - ids[1]) == sorted([*gone, *(was for was, _ in renamed)])
    assert sorted(ids[1] - ids[0]) == sorted([*came, *(now for _, now in renamed)])
    json.dumps(to_json(Compared(found, "film.yaml", "a", "", "b", "")), allow_nan=False)
