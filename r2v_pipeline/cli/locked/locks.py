"""All locks of a project, or of one storyboard in all its versions, as they lie there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from r2v_pipeline.cli.locked.locking import Held, held
from r2v_pipeline.cli.stages.front import show
from r2v_pipeline.errors import EnvironmentTrouble, UsageError
from r2v_pipeline.plan.lockfile import ENDING
from r2v_pipeline.source.files import Disk


def named_clips(root: Path, file: str = "") -> dict[str, str]:
    """Every clip that a lock names, by its sha256, with words for it: `first take 2`.

    Raises:
        UsageError: there is no such storyboard.
        EnvironmentTrouble: a lock cannot be read.
    """
    found: dict[str, str] = {}
    for lock in _locks(root, file):
        for side in (lock.lock.shots, lock.lock.rivals):
            for shot, entry in side.items():
                for take in entry.takes:
                    for number, piece in enumerate(take.pieces, 1):
                        part = f".{number}" if len(take.pieces) > 1 else ""
                        found.setdefault(piece.clip, f"{shot}{part} take {take.take}")
    found.pop("", None)
    return found


def _locks(root: Path, file: str) -> Iterator[Held]:
    disk = Disk(str(root))
    own = _stem(root, file) if file else ""
    for path in disk.walk(""):
        if path.endswith(ENDING) and (not file or path.removesuffix(ENDING).partition("@")[0] == own):
            lock = held(disk, path)
            if lock.found:
                show(lock.found)
                raise EnvironmentTrouble(f"the lock {path} cannot be read", "what it needs is not known")
            yield lock


def _stem(root: Path, file: str) -> str:
    """A storyboard's place in the project without its suffix, as its locks begin."""
    if not os.path.isfile(file):
        raise UsageError(f"there is no storyboard '{file}'")
    path = os.path.relpath(os.path.abspath(file), root).replace(os.sep, "/")
    return path.removesuffix(".yaml").removesuffix(".yml")
