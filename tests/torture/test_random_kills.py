"""kill -9 at random moments of the real command: 1,000 under `make torture`, 50 in the suite."""

from __future__ import annotations

import random
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from ordeal import AS_DELIVERED, MANY, MODES, Trial

from r2v_pipeline.providers.fake.server import Running

KILLS, IN_A_ROW = (1000, 2) if MANY else (50, 4)
AT_ONCE = 3


@pytest.fixture
def lasts(tmp_path: Path, vendor: Running, environment: dict[str, str], films: dict[str, bytes]) -> float:  # noqa: ARG001
    """Seconds of an undisturbed build here and now, with as many others at once as in the test."""

    def one(number: int) -> float:
        trial = Trial(tmp_path / f"measured-{number}", vendor, environment, MODES[0])
        began = time.monotonic()
        assert 0 == trial.build().rc
        return time.monotonic() - began

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return max(pool.map(one, range(AT_ONCE)))


@pytest.mark.torture
def test_killed_at_random_and_built_again(
    tmp_path: Path, vendor: Running, environment: dict[str, str], films: dict[str, bytes], lasts: float
) -> None:
    """A kill counts when it met a living process.  What starts an interpreter is a third of a build, and is spared."""
    film, struck, wrong, pace = films[AS_DELIVERED], 0, [], [lasts]

    def one(number: int) -> int:
        dice = random.Random(number)
        trial = Trial(tmp_path / str(number), vendor, environment, MODES[number % 3])
        met = 0
        for _ in range(IN_A_ROW):
            process, began = trial.start("build", "s.yaml", "--yes"), time.monotonic()
            try:
                process.wait(dice.uniform(0.3, 1.0) * pace[0])
            except subprocess.TimeoutExpired:
                process.kill()
            else:  # a machine that has less to do now: the next ones are struck sooner
                pace[0] = (pace[0] + time.monotonic() - began) / 2
            process.communicate()
            met += process.returncode == -9
        if why := trial.mended(film):
            wrong.append(f"{number} ({trial.mode}): {why}")
        else:
            shutil.rmtree(trial.folder)
        return met

    number = 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while struck < KILLS and not wrong:
            ahead = range(number, number + min(48, -(-(KILLS - struck) // IN_A_ROW)))
            struck, number = struck + sum(pool.map(one, ahead)), ahead.stop
    assert [] == wrong
    print(f"{struck} kills in {number} builds")
