"""Join the clips, and put the film and its companions where people look for them."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from r2v_pipeline.assemble.film import Film, assemble
from r2v_pipeline.cli.stages.front import show
from r2v_pipeline.compile.jobs import Job
from r2v_pipeline.compile.written import Expanded
from r2v_pipeline.execute.disk import writing
from r2v_pipeline.execute.outputs import Outputs
from r2v_pipeline.media.typeset import draw_title_card

_WORK = ".film-"

FILM = "film.mp4"

# Said by the plan already, before anything was rendered.
_SAID = ("R2V813",)

Tell = Callable[[str, dict[str, Any]], None]


def make_film(
    expanded: Expanded,
    clips: Mapping[str, Path],
    outputs: Outputs,
    job: Job,
    *,
    pieces: Path,
    tell: Tell,
    copy_to: Path | None,
) -> Film:
    """Joins and publishes; files of an earlier film stay until the new one is finished and checked.

    `clips` has a file for every shot, `copy_to` is a second place for the film.

    Raises:
        MediaTrouble, DiskTrouble: there is no film, and the clips are all still there.
    """
    tell("joining", {"clips": len(clips)})
    with writing(outputs.folder):
        outputs.folder.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=_WORK, dir=outputs.folder))
    try:
        film = assemble(
            expanded.storyboard,
            clips,
            work,
            pieces=pieces,
            draw_card=draw_title_card,
            report=lambda fraction: tell("join_progress", {"fraction": fraction}),
            words=expanded.compiler.spoken_text,
            digests={shot: path.name for shot, path in clips.items() if len(path.name) == 64},
        )
        for name in reversed(film.files):  # the film last: when it is there, everything is
            outputs.adopt(work / name, name, job.key)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    outputs.prune(film.files, within="film.")  # captions that nobody asks for any more
    show(d for d in film.diagnostics if d.code not in _SAID)
    place = outputs.folder / film.files[0]
    if copy_to:
        place = copy_film(place, copy_to)
    about = {"frames": film.frames, "fps": film.fps, "duration_ms": film.duration_ms}
    # As it was asked for where that is a whole path, else as it is reached from here.
    shown = str(place) if copy_to and copy_to.is_absolute() else os.path.relpath(place)
    tell("joined", {"film": shown.replace(os.sep, "/"), **about})
    return film


def sweep(folder: Path) -> None:
    """Remove what a killed build left in its output folder; the caller holds the project's lock."""
    for stale in folder.glob(f"{_WORK}*"):
        shutil.rmtree(stale, ignore_errors=True)


def copy_film(film: Path, to: Path) -> Path:
    """The film at the place that `-o` names; the user's own business, so it is simply written there."""
    target = to / film.name if to.is_dir() else to
    part = target.with_name(f".{target.name}.part")
    with writing(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(film, part)
        part.replace(target)
    return target
