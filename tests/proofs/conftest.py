"""The modules of the proofs, and two processes to run them in."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "execute")]


@pytest.fixture(scope="session")
def workers() -> Iterator[ProcessPoolExecutor]:
    """Each search is a process's own: it changes `os` and the production code under its feet."""
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool
        pool.shutdown(cancel_futures=True)
