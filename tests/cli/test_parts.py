"""`split: auto`, from the text to the film, by the real command: what lies on the disk, and what a change costs."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

import r2v_pipeline
from r2v_pipeline.media.boxes import probe

ROOT = Path(__file__).parents[2]
NORA = ROOT / "examples" / "storyboards" / "refs" / "nora.png"

# wan2.6-r2v makes 10 s at most, under the animatic as well: 8 s and 4 s.
BOARD = """
r2v: 1
title: Harbor
cast:
  nora: {kind: person, image: refs/nora.png, name: Nora}
  quay: {kind: place, from: {shot: harbor, frame: last}}
defaults: {render: {model: wan2.6-r2v, resolution: 720p}}
shots:
  - id: harbor
    split: auto
    intro: A grey morning.
    segments:
      - {for: 4s, action: "{{ Nora }} walks along the pier."}
      - {for: 4s, action: The ships lie still.}
      - {for: 4s, action: "A gull lands.", say: {nora: There you are.}}
  - id: after
    segments:
      - {for: 1.5s, action: "{{ Nora }} leaves {{ quay }}."}
film: {subtitles: {files: [srt]}}
"""


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project after its first build; tests work on copies, which nothing tells from it but the place."""
    project = tmp_path_factory.mktemp("master") / "project"
    (project / "refs").mkdir(parents=True)
    shutil.copy(NORA, project / "refs")
    (project / "s.yaml").write_text(dedent(BOARD), encoding="utf-8")
    home = str(tmp_path_factory.mktemp("master-home"))
    path = os.pathsep.join((str(ROOT / "tests" / "offline"), str(Path(r2v_pipeline.__file__).parent.parent)))
    environment = {**os.environ, "PYTHONPATH": path, "HOME": home, "XDG_CACHE_HOME": home}
    command = [sys.executable, "-m", "r2v_pipeline", "build", "s.yaml", "--events", "../first.jsonl"]
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stdout + done.stderr
    return project


@pytest.fixture
def built(master: Path, tmp_path: Path) -> Path:
    project = tmp_path / "project"
    shutil.copytree(master, project)
    return project


def told(path: Path, *kinds: str) -> list[tuple[str, str]]:
    """The events of these kinds, with the jobs they are about."""
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return [(line["kind"], line["job"]) for line in lines if line["kind"] in kinds]


def rebuilt(project: Path, r2v, *arguments: str) -> list[tuple[str, str]]:
    """What another build makes."""
    ran = r2v("build", "s.yaml", "--events", "again.jsonl", *arguments, cwd=project)
    assert 0 == ran.rc, ran.out + ran.err
    return sorted(told(project / "again.jsonl", "stored", "spliced", "frame", "joined"))


def change(project: Path, old: str, new: str) -> None:
    path = project / "s.yaml"
    text = path.read_text("utf-8")
    assert 1 == text.count(old)
    path.write_text(text.replace(old, new), encoding="utf-8")


def frames(path: Path) -> int:
    found = probe(path)
    assert found is not None
    return found.frames


def test_parts_whole_and_film(master: Path) -> None:
    folder = master / "build" / "s"
    clips = ["after.mp4", "harbor.1.mp4", "harbor.2.mp4", "harbor.mp4"]
    assert clips == sorted(path.name for path in (folder / "clips").iterdir())
    assert [45, 240, 120, 360] == [frames(folder / "clips" / name) for name in clips]
    assert 405 == frames(folder / "film.mp4")
    assert "00:00:08,000 --> 00:00:12,000\nThere you are." in (folder / "film.srt").read_text("utf-8")
    made = told(master.parent / "first.jsonl", "stored", "spliced", "frame")
    assert {("stored", "harbor.1"), ("stored", "harbor.2")} == set(made[:2])
    assert [("spliced", "harbor"), ("frame", "harbor@last"), ("stored", "after")] == made[2:]


def test_a_second_build_does_nothing(built: Path, r2v) -> None:
    ran = r2v("build", "s.yaml", cwd=built)
    assert (0, "nothing to do: 2 clips and the film up to date\n  build/s/film.mp4\n") == (ran.rc, ran.out)


@pytest.mark.parametrize(("old", "new", "part"), [("gull", "crow", "harbor.2"), ("lie still", "sleep", "harbor.1")])
def test_one_word_renders_the_part_that_holds_it(built: Path, r2v, old: str, new: str, part: str) -> None:
    """And the shot that shows the last picture of the whole."""
    change(built, old, new)
    ran = r2v("why", "harbor", "-f", "s.yaml", cwd=built)
    assert f"{part} renders again" in ran.out
    assert f"harbor is joined again because {part} changes" in ran.out
    expected = [("frame", "harbor@last"), ("joined", ""), ("spliced", "harbor"), ("stored", "after"), ("stored", part)]
    assert expected == rebuilt(built, r2v)
    assert 405 == frames(built / "build/s/film.mp4")


def test_a_setting_of_the_shot_reaches_every_part(built: Path, r2v) -> None:
    change(built, "A grey morning.", "A red morning.")
    assert [("stored", name) for name in ("after", "harbor.1", "harbor.2")] == rebuilt(built, r2v)[-3:]


def test_a_lost_clip_is_joined_again(built: Path, r2v) -> None:
    digest = hashlib.sha256((built / "build/s/clips/harbor.mp4").read_bytes()).hexdigest()
    (built / ".r2v" / "cas" / "sha256" / digest[:2] / digest).unlink()
    planned = r2v("plan", "s.yaml", cwd=built)
    assert "the parts of harbor are joined again: its clip is gone from .r2v" in planned.out
    assert [("joined", ""), ("spliced", "harbor")] == rebuilt(built, r2v)
    again = r2v("build", "s.yaml", cwd=built)
    assert "nothing to do" in again.out


def test_a_lost_part_is_not_made_for_nobody(built: Path, r2v) -> None:
    digest = hashlib.sha256((built / "build/s/clips/harbor.1.mp4").read_bytes()).hexdigest()
    (built / ".r2v" / "cas" / "sha256" / digest[:2] / digest).unlink()
    ran = r2v("build", "s.yaml", cwd=built)
    assert (0, "nothing to do: 2 clips and the film up to date\n  build/s/film.mp4\n") == (ran.rc, ran.out)


def test_a_trim_takes_its_range_of_the_whole(built: Path, r2v) -> None:
    """From 3 s in the first part to 10 s in the second; no part is rendered for it."""
    change(built, "    intro:", "    trim: 3-10s\n    intro:")
    assert [("joined", "")] == rebuilt(built, r2v)
    assert 255 == frames(built / "build/s/film.mp4")
    assert "00:00:05,000 --> 00:00:07,000\nThere you are." in (built / "build/s/film.srt").read_text("utf-8")


def test_another_cut_takes_the_old_parts_away(built: Path, r2v) -> None:
    """At 10 s the shot is one piece again; a part that was cut out is nobody's file any more."""
    change(built, "      - {for: 4s, action: The ships lie still.}\n", "")
    expected = [("frame", "harbor@last"), ("joined", ""), ("stored", "after"), ("stored", "harbor")]
    assert expected == rebuilt(built, r2v)
    assert ["after.mp4", "harbor.mp4"] == sorted(path.name for path in (built / "build/s/clips").iterdir())
    assert 285 == frames(built / "build/s/film.mp4")


def test_status_and_compile_name_the_parts(built: Path, r2v) -> None:
    shown = json.loads(r2v("status", "s.yaml", "--format", "json", cwd=built).out)
    assert [("harbor", "harbor.1"), ("harbor", "harbor.2"), ("after", "after")] == [
        (row["shot"], row["job"]) for row in shown["shots"]
    ]
    assert 0 == shown["store"]["unused"]
    compiled = json.loads(r2v("compile", "s.yaml", "--format", "json", cwd=built).out)
    assert [("harbor.1", 8), ("harbor.2", 4), ("after", 1.5)] == [(j["job"], j["duration_s"]) for j in compiled["jobs"]]
    assert ["nora"] == [reference["id"] for reference in compiled["jobs"][1]["references"]]
    assert 'A grey morning. A gull lands. Character1 says: "There you are."' == compiled["jobs"][1]["prompt"]


def test_a_plan_for_money_has_a_price_for_each_part(built: Path, r2v) -> None:
    told = json.loads(r2v("plan", "s.yaml", "--provider", "dashscope", "--format", "json", cwd=built).out)
    found = {action["job"]: action for action in told["actions"]}
    assert [8, 4, 0] == [found[name]["seconds_billed"] for name in ("harbor.1", "harbor.2", "harbor")]
    assert found["harbor.1"]["cost"]["high"] == 2 * found["harbor.2"]["cost"]["high"] > 0
    assert (14, 13.5) == (told["totals"]["seconds_billed"], told["totals"]["seconds_used"])
    text = r2v("plan", "s.yaml", "--provider", "dashscope", cwd=built).out
    assert "14 s are paid for and 13.5 s used: 0.5 s are trimmed away." in text
