"""What may be wrong around a command, before it knows anything of a storyboard."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("words", ["status", "check s.yaml", "build", "init", "gc", "costs", "doctor"])
def test_a_folder_that_is_gone_is_named_as_the_reason(tmp_path: Path, environment: dict[str, str], words: str) -> None:
    (tmp_path / "gone").mkdir()
    shell = f'cd gone && rmdir ../gone && exec "$0" -m r2v_pipeline {words}'
    done = subprocess.run(
        ["sh", "-c", shell, sys.executable],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (7, "") == (done.returncode, done.stdout)
    assert "error: the folder that r2v was started in is gone\n  help: go to one that is there\n" in done.stderr
    assert [] == list(tmp_path.iterdir())
