"""`r2v pick SHOT N`: which take of a shot the film has.  Costs nothing; written into the lock."""

from __future__ import annotations

import argparse
import sys

from r2v_pipeline.cli.locked.deciding import Desk, desk, take_number
from r2v_pipeline.cli.stages.front import add_storyboard_options, options_of, storyboard_or_only
from r2v_pipeline.compile.jobs import Compilation
from r2v_pipeline.plan.lock import asked
from r2v_pipeline.plan.reasons import named
from r2v_pipeline.report.safe import safe


def run(arguments: list[str]) -> int:
    """0 when the film has that take now, or had it; 1 when the storyboard is wrong."""
    given = _parser().parse_args(arguments)
    at = desk(storyboard_or_only(given.file, "-f FILE"), options_of(given))
    if at is None:
        return 1
    shot = at.known(given.shot)
    before = next(one.take for one in asked(at.compilation) if one.shot.id == shot)
    with at.alone():
        found = at.decided(shot, given.take)
        at.write(found.lock)
    sys.stdout.write(safe(_said(at, shot, before, given.take)) + "\n")
    others = _others(at, shot, found.compilation)
    if others:
        verb = "uses" if len(others) == 1 else "use"
        sys.stdout.write(f"{named(others)} {verb} pictures of it, and other ones now: see r2v plan\n")
    return 0


def _said(at: Desk, shot: str, before: int, now: int) -> str:
    if before == now:
        return f"the film has take {now} of {shot} already"
    return f"take {now} of {shot} is in the film from the next build on, in the place of take {before} ({at.held.path})"


def _others(at: Desk, shot: str, compilation: Compilation) -> list[str]:
    """Other shots whose clips hang on the take."""
    keys = {one.shot.id: one.clip.key for one in asked(at.compilation)}
    return [one.shot.id for one in asked(compilation) if one.shot.id != shot and keys[one.shot.id] != one.clip.key]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("r2v pick", description="Which take of a shot the film has; r2v takes lists them.")
    parser.add_argument("shot", metavar="SHOT")
    parser.add_argument("take", metavar="N", type=take_number)
    parser.add_argument("-f", "--file", default="", metavar="FILE", help="default: the project's only storyboard")
    add_storyboard_options(parser)
    return parser
