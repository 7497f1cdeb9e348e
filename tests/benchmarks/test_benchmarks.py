"""The benchmarks that stand in for a provider still know how one is spoken to; what they measure is nobody's test."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import r2v_pipeline

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def run(tmp_path: Path, *words: str) -> str:
    """What a Python of ours prints, in the folder of the benchmarks."""
    paths = (str(Path(r2v_pipeline.__file__).parents[1]), os.environ.get("PYTHONPATH", ""))
    env = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    command = [sys.executable, *words]
    done = subprocess.run(command, cwd=BENCHMARKS, env=env, capture_output=True, text=True, timeout=60)
    assert 0 == done.returncode, done.stderr
    return done.stdout


def test_jobs_in_flight(tmp_path: Path) -> None:
    told = json.loads(run(tmp_path, "inflight.py", "--jobs", "3", "--case", "memory"))
    assert 5 <= told["commits a job"]
    assert 1 <= told["polls a job"]


def test_a_finished_build_is_made_up(tmp_path: Path) -> None:
    code = (
        "import sys, common; from pathlib import Path; from seed import seed\n"
        "project = Path(sys.argv[1]); common.write_project(project, 3); seed(project, 3)"
    )
    run(tmp_path, "-c", code, str(tmp_path / "project"))
    assert 3 == len(list((tmp_path / "project").glob("build/*/clips/*.mp4")))
