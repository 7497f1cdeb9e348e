"""`check`: quick when nothing changed, and never wrong about that."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from r2v_pipeline.cli.stages.front import Options, read

DIAGNOSTICS = Path(__file__).parents[1] / "diagnostics"
CASES = sorted(path.name for path in DIAGNOSTICS.iterdir() if (path / "in.yaml").exists())

BOARD = """\
r2v: 1
title: Test
include: scenes/*.yaml
cast:
  mia: {image: refs/mia.png}
shots:
  - {id: a, prompt: "{{ mia }} waits.", duration: 5s, template: t.j2}
"""


@pytest.fixture
def studio(tmp_path):
    project = tmp_path / "p"
    for folder in ("refs", "scenes", "templates"):
        (project / folder).mkdir(parents=True)
    (project / "refs" / "mia.png").write_bytes(b"png")
    (project / "scenes" / "1.yaml").write_text("shots:\n  - {id: b, prompt: A boat., duration: 5s}\n")
    (project / "templates" / "t.j2").write_text("{{ shot.prompt }}")
    (project / "s.yaml").write_text(BOARD)
    old = 1_600_000_000
    for path in project.rglob("*"):
        os.utime(path, (old, old))
    return project


def settle(project, r2v):
    """A check whose verdict is kept: the files have to be older than the run."""
    import time

    time.sleep(0.12)
    assert 0 == r2v("check", "s.yaml", cwd=project).rc


def imported(project, environment) -> set[str]:
    """What a check loads: nothing of the pipeline when it only repeats its verdict."""
    import subprocess
    import sys

    code = "import sys; from r2v_pipeline.cli.main import main; main(['check', 's.yaml'])"
    code += "; print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], cwd=project, env=environment, capture_output=True, text=True)
    return set(done.stderr.split())


def test_an_unchanged_check_repeats_its_verdict_without_reading(studio, environment, r2v):
    settle(studio, r2v)
    assert "yaml" not in imported(studio, environment)
    assert "s.yaml: 2 shots, no mistakes\n" == r2v("check", "s.yaml", cwd=studio).out


@pytest.mark.parametrize(
    "change",
    [
        lambda p: (p / "s.yaml").write_text(BOARD.replace("waits", "w@its")),
        lambda p: (p / "scenes" / "1.yaml").write_text("shots: []\n"),
        lambda p: (p / "scenes" / "2.yaml").write_text("shots: []\n"),
        lambda p: (p / "templates" / "t.j2").write_text("{{ shot.nothing }}"),
        lambda p: (p / "refs" / "mia.png").unlink(),
        lambda p: (p / ".git").mkdir(),
    ],
)
def test_any_change_ends_the_verdict(studio, environment, r2v, change):
    settle(studio, r2v)
    change(studio)
    assert "yaml" in imported(studio, environment)


def test_a_change_that_keeps_size_and_time_ends_the_verdict(studio, environment, r2v):
    settle(studio, r2v)
    path = studio / "s.yaml"
    stat = path.stat()
    path.write_text(BOARD.replace("waits", "wakes"))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert "yaml" in imported(studio, environment)


def test_no_verdict_is_kept_of_a_refused_storyboard(studio, environment, r2v):
    (studio / "refs" / "mia.png").unlink()
    for _ in range(2):
        assert 1 == r2v("check", "s.yaml", cwd=studio).rc
    assert "yaml" in imported(studio, environment)


def test_a_damaged_cache_is_no_trouble(studio, r2v):
    settle(studio, r2v)
    for path in Path(os.environ["XDG_CACHE_HOME"]).rglob("*"):
        if path.is_file():
            path.write_bytes(b"\xff\x00rubbish")
    assert "s.yaml: 2 shots, no mistakes\n" == r2v("check", "s.yaml", cwd=studio).out


def test_json_has_the_shape_that_programs_rely_on(studio, r2v):
    (studio / "refs" / "mia.png").unlink()
    ran = r2v("check", "s.yaml", "--format", "json", cwd=studio)
    assert 1 == ran.rc
    (found,) = json.loads(ran.out)["diagnostics"]
    expected = {"code": "R2V203", "severity": "error", "file": "s.yaml", "line": 5, "column": 16, "end_line": 5}
    assert expected == {key: found[key] for key in expected}
    assert {*expected, "message", "end_column", "help"} == set(found)


@pytest.mark.parametrize("case", CASES)
def test_a_check_finds_what_a_build_finds(case, tmp_path, monkeypatch):
    """`check` writes no prompts, which makes it twice as quick; it must not see less."""
    shutil.copytree(DIAGNOSTICS / case, tmp_path / "p")
    monkeypatch.chdir(tmp_path / "p")
    quick, whole = (read("in.yaml", Options(), prompts=prompts).diagnostics for prompts in (False, True))
    assert [(d.code, d.message, str(d.span)) for d in whole] == [(d.code, d.message, str(d.span)) for d in quick]


@pytest.mark.parametrize(
    ("arguments", "rc", "said"),
    [
        ([], 2, "usage: r2v COMMAND"),
        (["--version"], 0, "r2v 0.1.0"),
        (["--help"], 0, "exit codes:"),
        (["chekc"], 2, "did you mean 'check'?"),
        (["check", "nothing.yaml"], 1, "does not exist"),
        (["check", "--profile"], 2, "expected one argument"),
        (["plan", "s.yaml", "--var", "x"], 2, "--var name=value"),
        (["build", "s.yaml", "--jobs", "0"], 2, "is not a whole number from 1 up"),
        (["compile", "s.yaml", "--shot", "zz"], 2, "R2V201"),
        (["check", "refs"], 1, "is a folder"),
    ],
)
def test_exit_codes(studio, r2v, arguments, rc, said):
    ran = r2v(*arguments, cwd=studio)
    assert rc == ran.rc
    assert said in ran.out + ran.err
    assert "Traceback" not in ran.err
