"""A storyboard by its name alone, for commands about what was built: it may have errors now, or be gone."""

from __future__ import annotations

import argparse
import os
import shlex
from pathlib import Path
from typing import NamedTuple

from r2v_pipeline.cli.stages.front import storyboard_or_only, within
from r2v_pipeline.diagnostics import did_you_mean
from r2v_pipeline.errors import UsageError
from r2v_pipeline.execute import state_dir
from r2v_pipeline.execute.clips import storyboards
from r2v_pipeline.source.files import project_root

UNPAID = "In the sandbox: nothing of it is paid.\n"


class Named(NamedTuple):
    """A storyboard: the file as a person names it, its place in the project, the project, and its state folder."""

    file: str
    path: str
    root: Path
    state: Path


def add_sandbox_option(parser: argparse.ArgumentParser) -> None:
    """For a command about what was built: it may be meant of the sandbox's builds."""
    parser.add_argument("--sandbox", action="store_true", help="of what 'r2v build --sandbox' made")


def words_for(root: Path, path: str, *, sandbox: bool = False) -> str:
    """What a command about a storyboard's builds is given, for a person to type here; `path` is its place in the
    project."""
    file = os.path.relpath(root / path).replace(os.sep, "/")
    return shlex.join(["-f", file, *(("--sandbox",) if sandbox else ())])


def named(file: str, how: str = "-f FILE", *, sandbox: bool = False) -> Named:
    """The storyboard that is meant: as given, else the project's only one.

    Raises:
        UsageError: there is no such file, and none was ever built under that name; or none is given, and the project
            has several, or none.
    """
    file = storyboard_or_only(file, how)
    root = project_root(file)
    path = os.path.relpath(os.path.abspath(file), root).replace(os.sep, "/")
    state = state_dir.locate(Path(root), within=within(sandbox))
    if not os.path.isfile(file):
        built = storyboards(state)
        if path not in built:
            raise UsageError(f"there is no storyboard '{file}'", did_you_mean(path, built, "built here"))
    return Named(file, path, Path(root), state)
