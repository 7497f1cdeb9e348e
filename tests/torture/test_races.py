"""Two to eight builds of one project at once: 1,000 races under `make torture`, a few in the suite."""

from __future__ import annotations

import random
import shutil
import time
from pathlib import Path

import pytest
from ordeal import AS_DELIVERED, MANY, MODES, Trial

from r2v_pipeline.providers.fake.server import Running

RACES = 1000 if MANY else 5
REFUSED = 6


@pytest.mark.torture
def test_builds_at_once_buy_once(
    tmp_path: Path, vendor: Running, environment: dict[str, str], films: dict[str, bytes]
) -> None:
    """One builds; whoever comes meanwhile is refused and told by whom, and whoever comes after finds all done."""
    built = turned_away = 0
    for number in range(RACES):
        dice = random.Random(number)
        trial = Trial(tmp_path / str(number), vendor, environment, MODES[number % 3])
        racers = []
        for _ in range(2 + number % 7):
            racers.append(trial.start("build", "s.yaml", "--yes"))
            time.sleep(dice.choice((0.0, 0.0, 0.02, 0.2)))
        said = [racer.communicate(timeout=120)[0].decode("utf-8") for racer in racers]
        codes = [racer.returncode for racer in racers]
        assert {0} <= {*codes} <= {0, REFUSED}, (codes, said)
        assert all("is building in this project" in text for rc, text in zip(codes, said, strict=True) if rc == REFUSED)
        assert 1 == sum("3 rendered in" in text for text in said), said
        assert "" == trial.mended(films[AS_DELIVERED])
        built, turned_away = built + codes.count(0), turned_away + codes.count(REFUSED)
        shutil.rmtree(trial.folder)
    assert turned_away
    print(f"{RACES} races: {built} ended well, {turned_away} were refused")
