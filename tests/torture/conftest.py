"""Puts ordeal.py where the tests of this folder find it, and starts the vendor that all their builds buy from."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from ordeal import AS_DELIVERED, MODES, SMALLER, Trial

from r2v_pipeline.providers.fake.server import Running, serving
from r2v_pipeline.providers.fake.vendor import Settings


@pytest.fixture(scope="package")
def vendor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One for all: each trial has an account of its own there."""
    with serving(tmp_path_factory.mktemp("vendor"), Settings(render_s=0, credit_micros=10**12)) as made:
        yield made


@pytest.fixture(scope="package")
def films(tmp_path_factory: pytest.TempPathFactory, vendor: Running) -> dict[str, bytes]:
    """What an undisturbed build makes, by size: whoever sells the clips, they are the same."""
    import r2v_pipeline

    folder = tmp_path_factory.mktemp("undisturbed")
    environment = {**os.environ, "PYTHONPATH": str(Path(r2v_pipeline.__file__).parent.parent)}
    made = {}
    for size in (AS_DELIVERED, SMALLER):
        trial = Trial(folder / size, vendor, environment, MODES[0], size)
        done = trial.build()
        assert 0 == done.rc, done.said
        made[size] = trial.film.read_bytes()
    return made
