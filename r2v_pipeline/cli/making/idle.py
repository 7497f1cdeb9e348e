"""A build with nothing to do: whether it is one, and what there is to say about it."""

from __future__ import annotations

import os
from pathlib import Path

from r2v_pipeline.cli.making.filming import FILM
from r2v_pipeline.compile.jobs import CLIPS as CLIP_KINDS
from r2v_pipeline.execute import results
from r2v_pipeline.execute.blobs import same_bytes
from r2v_pipeline.execute.outputs import CLIPS
from r2v_pipeline.execute.session import Session
from r2v_pipeline.plan.types import Action, Plan

IDLE = ("reuse", "skip")


def nothing_to_do(made: Plan, held: Session, root: Path) -> bool:
    """Whether a plan does nothing, and the output folder has every finished clip as r2v put it there."""
    return all(action.verb in IDLE for action in made.actions) and _clips_lie_there(made, held, root)


def in_words(made: Plan, root: Path, *, selected: bool) -> str:
    """The sentence to say, and where the film is when it is all there; `selected`: only some shots were asked for."""
    shots = len([a for a in _clips(made) if a.verb == "reuse" and a.job.id == a.job.shot])
    clips = "1 clip" if shots == 1 else f"{shots} clips"
    if selected or any(a.verb == "skip" for a in made.actions if a.job.kind == "join"):
        return f"nothing to do: {clips} up to date\n"
    film = os.path.relpath(root / made.output / FILM).replace(os.sep, "/")
    return f"nothing to do: {clips} and the film up to date\n  {film}\n"


def looked(held: Session, folder: Path) -> list[str]:
    """What lies on the disk because of earlier builds: any change to it ends the verdict that nothing is to do."""
    store = held.state / "cas" / "sha256"
    names = [str(store), *_folders(store), str(held.state / "state.db")]
    names += [str(folder), str(folder / CLIPS), *_files(folder), *_files(folder / CLIPS)]
    return names


def _clips_lie_there(made: Plan, held: Session, root: Path) -> bool:
    known = results.files(held.journal, made.output)
    names = {f"{CLIPS}/{a.job.id}.mp4": a.job.key for a in _clips(made) if a.verb == "reuse"}
    return all(
        name in known and known[name].key == key and same_bytes(root / made.output / name, known[name])
        for name, key in names.items()
    )


def _clips(made: Plan) -> list[Action]:
    return [a for a in made.actions if a.job.kind in CLIP_KINDS]


def _folders(place: Path) -> list[str]:
    return sorted(entry.path for entry in os.scandir(place) if entry.is_dir()) if place.is_dir() else []


def _files(place: Path) -> list[str]:
    return sorted(entry.path for entry in os.scandir(place) if entry.is_file()) if place.is_dir() else []
