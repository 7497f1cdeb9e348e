"""`r2v takes SHOT`: every clip that a shot ever got, bought or drawn, and which is in use.  Never writes."""

from __future__ import annotations

import argparse
import sys
import time

from r2v_pipeline.cli.locked.standing import with_lock
from r2v_pipeline.cli.stages.front import Front, Options, paint_for, read
from r2v_pipeline.cli.stages.naming import UNPAID, add_sandbox_option, named
from r2v_pipeline.diagnostics import did_you_mean
from r2v_pipeline.errors import UsageError
from r2v_pipeline.execute.clips import clips, shots_asked_for
from r2v_pipeline.model.types import Shot
from r2v_pipeline.report.safe import safe, safe_json
from r2v_pipeline.report.takes import to_json, to_text


def run(arguments: list[str]) -> int:
    """0 with or without clips; the storyboard need not be right, for what was bought is there all the same."""
    given = _parser().parse_args(arguments)
    board = named(given.file, sandbox=given.sandbox)
    found = [clip for clip in clips(board.state, board.path) if clip.shot == given.shot]
    front = read(board.file, Options(sandbox=given.sandbox))
    found, standing = with_lock(front, given.shot, found)
    if not found:
        shot = _written(front, given.shot, shots_asked_for(board.state, board.path))
        if shot and shot.clip:
            sys.stdout.write(f"{safe(shot.id)} shows own footage: {safe(shot.clip.path)}\n")
            return 0
    if given.format == "json":
        sys.stdout.write(safe_json(to_json(given.shot, found, standing)) + "\n")
    else:
        sys.stdout.write(UNPAID if given.sandbox else "")
        sys.stdout.write(to_text(given.shot, found, time.time(), paint_for(sys.stdout), standing))
    return 0


def _written(front: Front, name: str, asked_for: tuple[str, ...]) -> Shot | None:
    """The shot as the storyboard has it; None where it cannot be read, or only the journal knows the shot.

    Raises:
        UsageError: nobody knows such a shot.
    """
    shots = {shot.id: shot for shot in front.expanded.storyboard.shots} if front.expanded else {}
    if name not in shots and name not in asked_for:
        near = did_you_mean(name, sorted({*shots, *asked_for}), "shots")
        broken = "" if front.expanded else f"; {front.path} has errors (see r2v check), so only what was built is known"
        raise UsageError(f"no shot is called '{name}'{broken}", near)
    return shots.get(name)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("r2v takes", description="Every clip that a shot ever got, and which is in use.")
    parser.add_argument("shot", metavar="SHOT")
    parser.add_argument("-f", "--file", default="", metavar="FILE", help="default: the project's only storyboard")
    add_sandbox_option(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text")
    return parser
