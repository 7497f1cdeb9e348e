"""`build --fill animatic`: the whole film now, for nothing, with what is bought already."""

from __future__ import annotations

import json
import shutil

import pytest

FILL = ("build", "s.yaml", "--fill", "animatic")


def stored(ran_or_events):
    return sorted(line["job"] for line in ran_or_events if line["kind"] == "stored")


def events(project, r2v, *words):
    ran = r2v(*words, "--events", "e.jsonl", cwd=project)
    path = project / "e.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    path.unlink(missing_ok=True)
    return ran, lines


def test_a_film_for_nothing(studio, vendor, r2v) -> None:
    """Neither a key nor a yes is needed, and the vendor hears nothing."""
    ran, lines = events(studio, r2v, *FILL)
    assert (0, ["first", "second"]) == (ran.rc, stored(lines)), ran.err
    assert "2 of 2 shots render, free (animatic)." in ran.out
    assert (studio / "build/s@fill/film.mp4").exists()
    assert not (studio / "build/s").exists()
    assert {} == dict(vendor.server.vendor.requests)
    assert r2v(*FILL, cwd=studio).out.startswith("nothing to do: 2 clips and the film up to date")


def test_what_is_bought_is_used(studio, vendor, r2v) -> None:
    assert 0 == r2v("build", "s.yaml", "second", "--yes", cwd=studio).rc
    bought = (studio / "build/s/clips/second.mp4").read_bytes()
    ran, lines = events(studio, r2v, *FILL)
    assert (0, ["first"]) == (ran.rc, stored(lines)), ran.err
    assert bought == (studio / "build/s@fill/clips/second.mp4").read_bytes()
    assert 1 == len(vendor.ledger()["jobs"])
    film = (studio / "build/s@fill/film.mp4").read_bytes()
    assert 0 == r2v("build", "s.yaml", "--yes", cwd=studio).rc
    assert 0 == r2v(*FILL, cwd=studio).rc
    assert film != (studio / "build/s@fill/film.mp4").read_bytes()
    assert 2 == len(vendor.ledger()["jobs"])


CHAIN = """
r2v: 1
title: A chain
cast:
  gift: {kind: object, image: refs/gift.png}
  end: {kind: object, from: {shot: first, frame: last}}
defaults: {render: {provider: fake-opaque, resolution: 480p}}
shots:
  - {id: first, prompt: "{{ gift }} in the snow.", duration: 1s}
  - {id: second, prompt: It melts., duration: 1s, first_frame: end}
  - {id: third, prompt: "Own footage follows {{ gift }}.", duration: 1s, render: {provider: animatic}}
  - {id: card, clip: refs/gift.png, duration: 1s}
"""


def test_what_hangs_on_a_drawn_shot_hangs_on_its_drawing(studio, vendor, r2v) -> None:
    (studio / "s.yaml").write_text(CHAIN)
    ran, lines = events(studio, r2v, *FILL)
    assert (0, ["first", "second", "third"]) == (ran.rc, stored(lines)), ran.err
    assert ["first@last"] == [line["job"] for line in lines if line["kind"] == "frame"]
    assert [] == vendor.ledger()["jobs"]
    assert 0 == r2v("build", "s.yaml", "first", "--yes", cwd=studio).rc
    ran, lines = events(studio, r2v, *FILL)
    assert (0, ["second"]) == (ran.rc, stored(lines)), ran.err
    assert 1 == len(vendor.ledger()["jobs"])


def test_a_bought_clip_that_is_lost_is_drawn_and_not_bought_again(studio, vendor, r2v) -> None:
    assert 0 == r2v("build", "s.yaml", "--yes", cwd=studio).rc
    shutil.rmtree(studio / ".r2v/cas")
    ran, lines = events(studio, r2v, *FILL)
    assert (0, ["first", "second"]) == (ran.rc, stored(lines)), ran.err
    assert 2 == len(vendor.ledger()["jobs"])


def test_own_footage_goes_through_without_a_job(studio, vendor, r2v, change) -> None:
    segments = '    segments: [{for: 1s, action: "{{ Gift }} lies in the snow."}]'
    change(segments, "    clip: refs/gift.png\n    duration: 1s")
    ran, lines = events(studio, r2v, "build", "s.yaml", "--yes")
    assert (0, ["second"]) == (ran.rc, stored(lines)), ran.err
    assert 1 == len(vendor.ledger()["jobs"])
    assert ["second"] == [line["shot"] for line in lines if line["kind"] == "stored"]


def test_no_key_is_needed(studio, r2v, change) -> None:
    change("fake-opaque, resolution: 480p", "dashscope, model: wan2.6-r2v-flash, resolution: 720p")
    assert 7 == r2v("build", "s.yaml", "--yes", cwd=studio, DASHSCOPE_API_KEY="").rc
    change('1s, action: "{{ Gift }} lies', '2s, action: "{{ Gift }} lies')
    ran = r2v(*FILL, "first", cwd=studio)
    assert 0 == ran.rc, ran.out + ran.err


@pytest.mark.parametrize("words", [("--preview",), ("--provider", "animatic")])
def test_what_it_does_not_go_with(studio, vendor, r2v, words) -> None:
    ran = r2v(*FILL, *words, cwd=studio)
    assert (2, True) == (ran.rc, "does not go with --preview or --provider" in ran.err)
    assert [] == vendor.ledger()["jobs"]


def test_an_unknown_filling(studio, r2v) -> None:
    assert 2 == r2v("build", "s.yaml", "--fill", "gold", cwd=studio).rc
