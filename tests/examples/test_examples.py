"""The examples are checked, their prompts are the published ones, and their films are real."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "examples" / "storyboards"
GOLDEN = ROOT / "tests" / "golden" / "prompts"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml") if not path.name.endswith(".lock.yaml"))
PUBLISHED = sorted(path.stem for path in GOLDEN.glob("*.txt"))


@pytest.fixture
def studio(tmp_path):
    """The examples, copied into a project of their own so that a build leaves nothing in the checkout."""
    import shutil

    ignore = shutil.ignore_patterns("build", ".r2v")
    shutil.copytree(FOLDER, tmp_path / "project", ignore=ignore)
    return tmp_path / "project"


def test_all_the_published_samples_are_here():
    assert {"holiday_unboxing", "window_song", "two_person_dialogue", "silent_dance"} == set(PUBLISHED)
    assert set(PUBLISHED) < set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_an_example_has_no_mistakes_not_even_warnings(name, studio, r2v):
    ran = r2v("check", f"{name}.yaml", "--format", "json", cwd=studio)
    assert 0 == ran.rc, ran.err
    assert [] == json.loads(ran.out)["diagnostics"]


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_compiled_prompt_is_the_published_one(name, studio, r2v):
    ran = r2v("compile", f"{name}.yaml", "--format", "json", cwd=studio)
    assert 0 == ran.rc, ran.err
    prompt = json.loads(ran.out)["jobs"][0]["prompt"]
    published = " ".join((GOLDEN / f"{name}.txt").read_text("utf-8").split())
    assert re.sub(r"\.(?=[A-Z])", ". ", published) == prompt


def test_the_unboxing_references(studio, r2v):
    job = json.loads(r2v("compile", "holiday_unboxing.yaml", "--format", "json", cwd=studio).out)["jobs"][0]
    assert [("mia", "character1", "video", "refs/mia.mp4")] == [
        (r["id"], r["name"], r["kind"], r["source"]) for r in job["references"]
    ]
    assert 10 == job["duration_s"]


def test_four_references_in_the_order_of_the_cast(studio, r2v):
    job = json.loads(r2v("compile", "window_song.yaml", "--format", "json", cwd=studio).out)["jobs"][0]
    assert ["character1", "character2", "character3", "character4"] == [r["name"] for r in job["references"]]
    assert ["mia", "leo", "guitar", "room"] == [r["id"] for r in job["references"]]


def test_compile_is_the_same_bytes_for_any_hash_seed_locale_and_folder(studio, tmp_path, r2v):
    import shutil

    elsewhere = tmp_path / "another place" / "ünï"
    shutil.copytree(studio, elsewhere)
    (tmp_path / ".git").mkdir()  # a root further up changes no key, only the paths that are shown
    seen = set()
    for cwd, seed, locale in ((studio, "0", "C"), (studio, "7", "C.UTF-8"), (elsewhere, "42", "POSIX")):
        ran = r2v("compile", "lighthouse.yaml", "--format", "json", cwd=cwd, PYTHONHASHSEED=seed, LC_ALL=locale)
        assert 0 == ran.rc, ran.err
        seen.add(tuple(job["key"] for job in json.loads(ran.out)["jobs"]))
    assert 1 == len(seen)


FILMS = {"silent_dance": 5.0, "chain": 13.0, "lighthouse": 31.5}


@pytest.mark.parametrize("name", FILMS)
def test_a_film_is_built_once(name, studio, r2v):
    """Offline, exact to the frame, and the second build renders nothing and says so."""
    from r2v_pipeline.media.boxes import probe
    from r2v_pipeline.media.pyav import check_clip

    first = r2v("build", f"{name}.yaml", cwd=studio, timeout_s=120)
    assert 0 == first.rc, first.out + first.err
    film = studio / "build" / name / "film.mp4"
    decoded = check_clip(film)
    assert round(FILMS[name] * 30) == decoded.frames
    found = probe(film)
    assert ("h264", 1280, 720, True) == (
        found.codec.replace("avc1", "h264"),
        found.width,
        found.height,
        found.faststart,
    )
    before = film.stat().st_mtime_ns
    second = r2v("build", f"{name}.yaml", cwd=studio)
    assert 0 == second.rc
    assert second.out.startswith("nothing to do")
    assert before == film.stat().st_mtime_ns
