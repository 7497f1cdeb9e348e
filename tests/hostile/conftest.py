"""Puts ground.py where the tests of this folder find it, and gives them a project to be hostile in."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from ground import Ground


@pytest.fixture
def ground(project, environment, monkeypatch, capsys) -> Ground:
    """An empty project that is the current folder."""
    monkeypatch.chdir(project)
    monkeypatch.setenv("NO_COLOR", "1")
    return Ground(project, environment, Path(os.environ["XDG_CACHE_HOME"]), capsys)
