"""Rows 96 to 104: ffmpeg in the way of a film whose clips are bought."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from ordeal import SMALLER, Trial

from r2v_pipeline.media import ffmpeg

# Says that it is an ffmpeg, and does then what a test wants.
PROGRAM = """#!/bin/sh
case "$*" in *-version*) exec {real} "$@";; esac
{deed}
"""
DEEDS = {
    "crashes": "kill -SEGV $$",
    "talks without end": "head -c 100000000 /dev/zero >&2; exit 1",
    "writes half": '{real} "$@" -t 0.2 >/dev/null; exit 255',
}


@pytest.mark.parametrize("how", DEEDS)
def test_a_film_that_cannot_be_joined_costs_no_clip(trial: Callable[..., Trial], tmp_path: Path, how: str) -> None:
    real = ffmpeg.find().path
    program = tmp_path / "ffmpeg"
    program.write_text(PROGRAM.format(real=real, deed=DEEDS[how].format(real=real)))
    program.chmod(0o755)
    made = trial("opaque", size=SMALLER)
    made.environment["R2V_FFMPEG"] = str(program)
    done = made.build()
    assert 7 == done.rc, done.said[-2000:]
    assert "Traceback" not in done.said
    assert len(done.said) < 10_000
    assert not made.film.exists()
    assert 3 == len(made.accepted())
    made.environment.pop("R2V_FFMPEG")
    assert "" == made.mended(None)


def test_one_processor_joins_the_same_film_as_many(trial: Callable[..., Trial]) -> None:
    """Two encoders share the work differently; the bytes may not tell."""
    films = []
    for count in (1, 2):
        made = trial("opaque", name=str(count), size=SMALLER)
        mine = sorted(os.sched_getaffinity(0))[:count] if hasattr(os, "sched_setaffinity") else []
        deed = f"import os, sys; {mine} and os.sched_setaffinity(0, {mine})"
        words = [sys.executable, "-P", "-c", f"{deed}; from r2v_pipeline.cli.main import main; sys.exit(main())"]
        done = made.run_program([*words, "build", "s.yaml", "--yes"])
        assert 0 == done.rc, done.said
        films.append(made.film.read_bytes())
    assert films[0] == films[1]
