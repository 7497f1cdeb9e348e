"""Puts repos.py where the tests of this folder find it, and gives them a repository to compare revisions of."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from r2v_pipeline.cli.guard import guarded

sys.path.insert(0, str(Path(__file__).parent))

from repos import Repo


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """One commit: a storyboard of three paid shots, and its pictures."""
    return Repo(tmp_path / "repo").start()


@pytest.fixture
def diff(repo: Repo, monkeypatch, capsys) -> Callable[..., tuple[int, str, str]]:
    """`r2v diff …` in the repository, or in `cwd`: exit code, output, complaints."""

    def run(*words: str, cwd: Path | None = None) -> tuple[int, str, str]:
        monkeypatch.chdir(cwd or repo.root)
        rc = guarded(["diff", *words], {"diff": "diff"})
        return rc, *capsys.readouterr()

    return run
