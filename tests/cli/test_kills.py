"""kill -9 at any moment of the real command: the next build finishes, with the same film, and nothing twice."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from textwrap import dedent

import pytest

REFS = Path(__file__).parents[2] / "examples" / "storyboards" / "refs"

# Every build of a round is killed; `make torture` sets R2V_TORTURE and does many more rounds.
ROUNDS = 60 if os.environ.get("R2V_TORTURE") else 3

BOARD = """
r2v: 1
title: Killed
cast: {gift: {kind: object, image: refs/gift.png}}
defaults: {render: {resolution: 480p}}
shots:
  - {id: a, prompt: "{{ gift }} in the snow.", duration: 1s}
  - {id: b, prompt: "{{ gift }} in the rain.", duration: 1s, first_frame: {from: {shot: a, frame: last}}}
"""


def build(project: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "r2v_pipeline", "build", "s.yaml"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(command, cwd=project, env=environment, **quiet)


def make(project: Path) -> Path:
    (project / "refs").mkdir(parents=True)
    shutil.copy(REFS / "gift.png", project / "refs")
    (project / "s.yaml").write_text(dedent(BOARD), encoding="utf-8")
    return project


@pytest.mark.torture
def test_killed_at_random_and_built_again(tmp_path, environment, r2v):
    whole = make(tmp_path / "whole")
    began = time.monotonic()
    assert 0 == r2v("build", "s.yaml", cwd=whole).rc
    lasts = time.monotonic() - began
    film = (whole / "build/s/film.mp4").read_bytes()
    dice = random.Random(20261121)
    for number in range(ROUNDS):
        project = make(tmp_path / str(number))
        for _ in range(4):
            process = build(project, environment)
            time.sleep(dice.uniform(0, lasts))
            process.kill()
            process.wait()
        assert 0 == r2v("build", "s.yaml", cwd=project).rc, number
        assert film == (project / "build/s/film.mp4").read_bytes()
        with closing(sqlite3.connect(project / ".r2v/state.db")) as journal:
            rows = journal.execute("SELECT count(*) FROM attempt WHERE state = 'stored' GROUP BY job_key").fetchall()
        assert {(1,)} == {*rows}
        left = [p.name for p in project.rglob("*") if p.name.startswith((".film-", ".joining-", ".r2v-"))]
        assert [] == left
        shutil.rmtree(project)
