"""A project's state, held for one test."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from scripted import Heard, Scripted

from r2v_pipeline.execute import collect, fault, polling, recovery, render, waiting
from r2v_pipeline.execute.session import Session, hold


@pytest.fixture
def session(project: Path) -> Iterator[Session]:
    """The state of an empty project, ours."""
    with hold(project) as held:
        yield held


@pytest.fixture
def client() -> Scripted:
    """A provider where everything succeeds until the test says otherwise."""
    return Scripted()


@pytest.fixture
def heard() -> Heard:
    """What a build tells."""
    return Heard()


@pytest.fixture(autouse=True)
def nobody_watches(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fault points do nothing after a test, and a test does not wait for a provider that is not there."""
    monkeypatch.setattr(render, "PAUSE", 0.0)
    monkeypatch.setattr(render, "LOCAL_PAUSE", 0.0)
    monkeypatch.setattr(recovery, "PAUSE_S", 0.0)
    monkeypatch.setattr(collect, "PAUSE_S", 0.0)
    monkeypatch.setattr(waiting, "UNKNOWN_FOR_S", 0.0)
    monkeypatch.setattr(polling, "LONGEST_S", 0.02)
    yield
    fault.watch(None)
