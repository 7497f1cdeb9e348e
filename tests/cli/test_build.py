"""The one verb: what a second build does, what one changed word costs, what is noticed, what survives."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from textwrap import dedent

import pytest

ROOT = Path(__file__).parents[2]
REFS = ROOT / "examples" / "storyboards" / "refs"

BOARD = """
r2v: 1
title: Two shots
cast:
  gift: {kind: object, image: refs/gift.png}
  nora: {kind: person, image: refs/nora.png, name: Nora}
defaults: {render: {resolution: 480p}}
shots:
  - id: first
    tags: [quiet]
    segments:
      - {for: 1s, camera: slow push in, action: "{{ Nora }} finds {{ gift }} in the snow."}
  - id: second
    intro: Later that day.
    segments:
      - {for: 0.5s, action: "{{ Gift }} stands on a table."}
      - {for: 0.5s, action: "{{ Nora }} smiles", say: {by: nora, line: Oh., speech: 0.4s}}
film: {subtitles: {files: [srt, vtt], soft: true}}
"""


@pytest.fixture
def studio(tmp_path):
    project = tmp_path / "project"
    (project / "refs").mkdir(parents=True)
    for name in ("gift.png", "nora.png"):
        shutil.copy(REFS / name, project / "refs" / name)
    (project / "s.yaml").write_text(dedent(BOARD), encoding="utf-8")
    return project


@pytest.fixture
def built(studio, r2v):
    ran = r2v("build", "s.yaml", cwd=studio)
    assert 0 == ran.rc, ran.out + ran.err
    return studio


def change(project, old, new, name="s.yaml"):
    path = project / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def events(project, r2v, *arguments):
    """The kinds of events of a build, with the jobs they are about, and the exit code."""
    ran = r2v("build", "s.yaml", "--events", "events.jsonl", *arguments, cwd=project)
    path = project / "events.jsonl"
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []
    path.unlink(missing_ok=True)
    return ran.rc, [(line["kind"], line.get("job", "")) for line in lines], ran


def rendered(found):
    return sorted(job for kind, job in found if kind == "stored")


def test_what_a_build_leaves(built):
    names = sorted(str(p.relative_to(built / "build")) for p in (built / "build").rglob("*") if p.is_file())
    clips = ["s/clips/first.mp4", "s/clips/second.mp4"]
    assert [*clips, "s/film.mp4", "s/film.srt", "s/film.vtt", "s/poster.jpg"] == names
    assert "*\n" == (built / ".r2v" / ".gitignore").read_text("utf-8")


def test_a_second_build_does_nothing_and_says_so(built, r2v):
    rc, found, ran = events(built, r2v)
    assert (0, []) == (rc, found)
    assert "nothing to do: 2 clips and the film up to date\n  build/s/film.mp4\n" == ran.out


@pytest.mark.parametrize(
    ("old", "new", "shots"),
    [
        ("in the snow", "in the rain", ["first"]),
        ("Later that day", "Later that night", ["second"]),
        ("slow push in", "slow pan left", ["first"]),
        ("line: Oh.", "line: Ah.", ["second"]),
        ("{for: 1s,", "{for: 1.5s,", ["first"]),
        ("resolution: 480p", "resolution: 480p, ratio: '1:1'", ["first", "second"]),
        ("name: Nora", "name: Nora, look: old", []),
        ("tags: [quiet]", "tags: [loud]", []),
    ],
)
def test_one_change_renders_what_it_reaches_and_nothing_else(built, r2v, old, new, shots):
    change(built, old, new)
    rc, found, _ = events(built, r2v)
    assert (0, shots) == (rc, rendered(found))
    assert bool(shots) == (("joined", "") in found)


def test_why_names_the_word_and_its_line(built, r2v):
    change(built, "in the snow", "in the rain")
    ran = r2v("why", "first", "-f", "s.yaml", cwd=built)
    assert 0 == ran.rc
    assert "[-snow-]{+rain+}" in ran.out
    assert "s.yaml:12:" in ran.out
    assert "second" not in ran.out


def test_plan_says_what_and_why_and_never_writes(built, r2v):
    change(built, "in the snow", "in the rain")
    before = {p: p.stat().st_mtime_ns for p in built.rglob("*")}
    ran = r2v("plan", "s.yaml", "--format", "json", "--exit-code", cwd=built)
    assert 10 == ran.rc
    verbs = {a["job"]: a["verb"] for a in json.loads(ran.out)["actions"]}
    assert {"first": "render", "second": "reuse", "film": "render"} == verbs
    assert before == {p: p.stat().st_mtime_ns for p in built.rglob("*")}


def test_changed_bytes_of_a_reference_are_noticed(built, r2v):
    data = (built / "refs" / "gift.png").read_bytes()
    (built / "refs" / "gift.png").write_bytes(data + b"\0")
    os.utime(built / "refs" / "gift.png", ns=(10**18, 10**18))
    rc, found, ran = events(built, r2v)
    assert (0, ["first", "second"]) == (rc, rendered(found))
    assert "refs/gift.png" in ran.out


def test_a_changed_reference_that_keeps_size_and_time_is_noticed(built, r2v):
    """A copy tool may put the old time back; the change time tells."""
    path = built / "refs" / "nora.png"
    stat, data = path.stat(), bytearray(path.read_bytes())
    data[-20] ^= 1
    path.write_bytes(bytes(data))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    ran = r2v("plan", "s.yaml", "--exit-code", cwd=built)
    assert 10 == ran.rc


@pytest.mark.parametrize(
    ("damage", "remade"),
    [
        (lambda p: (p / "build/s/film.mp4").unlink(), "film.mp4"),
        (lambda p: (p / "build/s/film.mp4").write_bytes(b"x"), "film.mp4"),
        (lambda p: (p / "build/s/clips/first.mp4").unlink(), "clips/first.mp4"),
        (lambda p: (p / "build/s/clips/second.mp4").write_bytes(b"x"), "clips/second.mp4"),
        (lambda p: (p / "build/s/film.srt").unlink(), "film.srt"),
        (lambda p: shutil.rmtree(p / "build"), "film.mp4"),
    ],
)
def test_what_was_damaged_in_the_output_folder_is_put_back_without_rendering(built, r2v, damage, remade):
    whole = (built / "build/s" / remade).read_bytes()
    assert r2v("build", "s.yaml", cwd=built).out.startswith("nothing to do")
    damage(built)
    rc, found, _ = events(built, r2v)
    assert (0, []) == (rc, rendered(found))
    assert whole == (built / "build/s" / remade).read_bytes()


def test_a_clip_that_is_gone_from_the_store_is_planned_openly(built, r2v):
    for blob in (built / ".r2v/cas/sha256").rglob("*"):
        if blob.is_file():
            blob.unlink()
    ran = r2v("plan", "s.yaml", cwd=built)
    assert "gone from .r2v" in ran.out
    assert 0 == r2v("build", "s.yaml", cwd=built).rc


def test_the_same_film_from_the_same_inputs(studio, tmp_path, r2v):
    """Two projects, two folders, two runs: the same bytes."""
    other = tmp_path / "other"
    shutil.copytree(studio, other)
    films = []
    for project in (studio, other):
        assert 0 == r2v("build", "s.yaml", cwd=project).rc
        films.append((project / "build/s/film.mp4").read_bytes())
    assert films[0] == films[1]


def test_a_lost_state_folder_costs_time_and_nothing_else(built, r2v):
    film = (built / "build/s/film.mp4").read_bytes()
    shutil.rmtree(built / ".r2v")
    assert 0 == r2v("build", "s.yaml", cwd=built).rc
    assert film == (built / "build/s/film.mp4").read_bytes()


def test_a_selection_renders_only_what_it_names(studio, r2v):
    rc, found, ran = events(studio, r2v, "tag:quiet")
    assert (0, ["first"]) == (rc, rendered(found))
    assert not (studio / "build/s/film.mp4").exists()
    assert "second" in ran.out  # the plan says which clips the film still lacks
    rc, found, _ = events(studio, r2v)
    assert (0, ["second"]) == (rc, rendered(found))
    assert (studio / "build/s/film.mp4").exists()


def test_an_unknown_shot_is_a_wrong_command_line(studio, r2v):
    ran = r2v("build", "s.yaml", "frist", cwd=studio)
    assert 2 == ran.rc
    assert "did you mean 'first'?" in ran.err


def test_a_preview_has_its_own_folder(studio, r2v):
    assert 0 == r2v("build", "s.yaml", "--preview", cwd=studio).rc
    assert (studio / "build/s@preview/film.mp4").exists()
    assert not (studio / "build/s").exists()


def test_a_wrong_storyboard_builds_nothing(studio, r2v):
    change(studio, "{{ gift }}", "{{ gfit }}")
    ran = r2v("build", "s.yaml", cwd=studio)
    assert 1 == ran.rc
    assert "did you mean 'gift'?" in ran.err
    assert not (studio / ".r2v").exists()


def test_a_paid_provider_that_this_version_lacks_is_named(studio, r2v):
    change(studio, "{resolution: 480p}", "{resolution: 480p, provider: runway, model: wan2.6-r2v-flash}")
    ran = r2v("build", "s.yaml", cwd=studio)
    assert 1 == ran.rc
    assert "R2V509" in ran.err
    assert "--preview" in ran.err


def test_a_paid_provider_without_a_key_is_asked_nothing(studio, r2v):
    change(studio, "{resolution: 480p}", "{resolution: 720p, provider: dashscope, model: wan2.6}")
    ran = r2v("build", "s.yaml", "--yes", cwd=studio, DASHSCOPE_API_KEY="")
    assert 7 == ran.rc, ran
    assert "there is no key: DASHSCOPE_API_KEY is not set" in ran.err
    assert "'r2v build --sandbox' needs none" in ran.err
    assert not (studio / "build").exists()
    assert 0 == r2v("build", "s.yaml", "--preview", cwd=studio).rc


def test_a_film_can_be_put_elsewhere(studio, r2v, tmp_path):
    target = tmp_path / "out" / "my film.mp4"
    done = r2v("build", "s.yaml", "-o", str(target), cwd=studio)
    assert (0, True) == (done.rc, f"\n{target}: " in done.out), done
    assert (studio / "build/s/film.mp4").read_bytes() == target.read_bytes()


def test_own_footage_goes_into_the_film_untouched(built, r2v):
    shutil.copy(built / "build/s/clips/first.mp4", built / "packshot.mp4")
    change(built, "film: {sub", "  - {id: pack, clip: packshot.mp4}\nfilm: {sub")
    rc, found, _ = events(built, r2v)
    assert (0, []) == (rc, rendered(found))
    from r2v_pipeline.media.pyav import check_clip

    assert 90 == check_clip(built / "build/s/film.mp4").frames


def test_a_title_card_lengthens_the_film(built, r2v):
    change(built, "    tags: [quiet]", "    title_card: {text: Winter, for: 1s}")
    rc, found, _ = events(built, r2v)
    assert (0, []) == (rc, rendered(found))
    from r2v_pipeline.media.pyav import check_clip

    assert 90 == check_clip(built / "build/s/film.mp4").frames


@pytest.mark.parametrize("after", [0.1, 0.6, 1.2, 2.0])
def test_an_interrupted_build_goes_on(studio, environment, r2v, after):
    command = [sys.executable, "-m", "r2v_pipeline", "build", "s.yaml"]
    process = subprocess.Popen(command, cwd=studio, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    time.sleep(after)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=30)
    # Killed outright only where Python itself was still starting, before a line of r2v ran.
    assert process.returncode in (0, 130, -signal.SIGINT if after < 0.5 else 0), out
    assert 0 == r2v("build", "s.yaml", cwd=studio).rc
    assert r2v("build", "s.yaml", cwd=studio).out.startswith("nothing to do")
    left = [p for p in studio.rglob("*") if p.name.startswith((".film-", ".joining-")) or p.suffix == ".part"]
    assert [] == left


def test_two_builds_at_once_are_refused(studio, environment, r2v):
    command = [sys.executable, "-m", "r2v_pipeline", "build", "s.yaml"]
    process = subprocess.Popen(command, cwd=studio, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    deadline = time.monotonic() + 20
    codes = set()
    while process.poll() is None and time.monotonic() < deadline:
        if (studio / ".r2v" / "state.db").exists():
            codes.add(r2v("build", "s.yaml", cwd=studio).rc)
    process.communicate()
    assert 6 in codes


def test_a_folder_that_cannot_be_written_is_said_so(studio, r2v):
    if os.geteuid() == 0:
        (studio / ".r2v").write_text("not a folder")
    else:
        studio.chmod(0o555)
    ran = r2v("build", "s.yaml", cwd=studio)
    studio.chmod(0o755)
    assert 7 == ran.rc
    assert "Traceback" not in ran.err


def test_looking_needs_no_writable_folder(built, r2v):
    change(built, "in the snow", "in the rain")
    for path in (built, built / ".r2v"):
        path.chmod(0o555)
    try:
        for command in (["check", "s.yaml"], ["plan", "s.yaml"], ["why", "-f", "s.yaml"], ["status", "s.yaml"]):
            assert 0 == r2v(*command, cwd=built).rc, command
    finally:
        for path in (built, built / ".r2v"):
            path.chmod(0o755)


def test_missing_fonts_are_named_before_anything_is_drawn(studio, r2v):
    """U+13000, an Egyptian bird, is in no font of a usual machine; the board itself shows a notice in its place."""
    change(studio, "in the snow", "in the \U00013000 snow")
    ran = r2v("build", "s.yaml", cwd=studio)
    assert 0 == ran.rc, ran.err
    assert "note: no font on this machine has 1 of the characters" in ran.out
