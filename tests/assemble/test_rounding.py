"""`fit: trim` from the provider to the film: clips last as long as was asked, the film as long as was written.

The scripted provider is asked for 2 s where 1.5 s are written, as by a model that makes whole seconds only.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "execute"))

from boards import board, line, segment, shot
from making import beeps, flashes, make_clip
from scripted import Scripted, build, plan_of, render_job, split_job, states

from r2v_pipeline.assemble.splice import splice
from r2v_pipeline.execute.session import hold
from r2v_pipeline.media.pyav import check_clip


class Rounding(Scripted):
    """Renders the asked 2 s: a flash and a beep at 1 s, another picture for every shot."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder

    async def fetch(self, output: Mapping[str, Any], to: Path) -> None:
        made = make_clip(self.folder / f"{output['shot']}.mp4", frames=60, seed=len(self.jobs))
        to.write_bytes(made.read_bytes())


def checked(path: Path) -> None:
    assert 2000 == check_clip(path).duration_ms


@pytest.mark.parametrize("trim", [None, (500, 3000)])
def test_the_film_is_as_long_as_was_written(project: Path, tmp_path: Path, pieces: Path, joined, trim) -> None:
    jobs = [*split_job("harbor", 1500, 1500), render_job("after")]
    with hold(project) as session:
        join = partial(splice, pieces=pieces)
        run = build(session, plan_of(*jobs), Rounding(tmp_path), splice=join, check=checked)
        assert {"stored"} == set(states(run).values())
        clips = {outcome.job_id: session.blobs.path(outcome.blob or "") for outcome in run.outcomes}
    assert 3000 == check_clip(clips["harbor"]).duration_ms
    storyboard = board(
        shot("harbor", 3000, segment(0, 1500, line("One.")), segment(1500, 3000, line("Two.")), trim=trim),
        shot("after", 1500, segment(0, 1500, line("Three."))),
        files=("srt",),
    )
    film = joined(storyboard, {name: clips[name] for name in ("harbor", "after")})
    away = trim[0] if trim else 0
    assert 4500 - away == film.duration_ms
    assert [(ms - away) * 30 // 1000 for ms in (1000, 2500, 4000)] == flashes(film.path)
    assert [(ms - away) * 48 for ms in (1000, 2500, 4000)] == beeps(film.path)
    shown = [row for row in (film.path.parent / "film.srt").read_text("utf-8").splitlines() if "-->" in row]
    assert [f"00:00:{_clock(ms - away)}" for ms in (1500, 3000, 4500)] == [row.split(" --> ")[1] for row in shown]


def _clock(ms: int) -> str:
    return f"{ms // 1000:02},{ms % 1000:03}"
