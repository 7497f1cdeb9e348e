"""Storyboards as two sides of a review, compiled from a folder."""

from __future__ import annotations

from pathlib import Path

from r2v_pipeline.cli.stages.front import Options
from r2v_pipeline.cli.stages.sides import side
from r2v_pipeline.review.compare import review
from r2v_pipeline.review.types import Review, Version
from r2v_pipeline.source.files import Disk


def version(folder: Path, text: str) -> Version:
    """A storyboard compiled where its pictures are; it must be right."""
    (folder / "film.yaml").write_text(text, "utf-8")
    made = side("here", Disk(str(folder)), "film.yaml", Options())
    assert made.version, made.diagnostics
    return made.version


def compared(folder: Path, before: str, after: str) -> Review:
    """What differs, where nothing was ever built."""
    return review(version(folder, before), version(folder, after), lambda _: False)


def keys(version: Version) -> dict[str, list[str]]:
    """The keys of the renders of each shot."""
    found: dict[str, list[str]] = {}
    for job in version.compilation.jobs:
        if job.kind == "render":
            found.setdefault(job.shot, []).append(job.key)
    return found
