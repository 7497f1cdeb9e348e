"""`r2v approve SHOT…`: somebody has looked at a clip and likes it.  Written into the lock, by the clip's own hash."""

from __future__ import annotations

import argparse
import sys

from r2v_pipeline.cli.locked.deciding import Desk, desk, take_number
from r2v_pipeline.cli.stages.front import add_storyboard_options, options_of, show, storyboard_or_only
from r2v_pipeline.errors import UsageError
from r2v_pipeline.plan.lock import Approval, with_approval
from r2v_pipeline.plan.lockform import LONGEST
from r2v_pipeline.plan.select import select
from r2v_pipeline.report.safe import safe
from r2v_pipeline.source.git import setting


def run(arguments: list[str]) -> int:
    """0 when every shot that is meant is approved now; 1 when the storyboard is wrong."""
    given = _parser().parse_intermixed_args(arguments)
    at = desk(storyboard_or_only(given.file, "-f FILE"), options_of(given))
    if at is None:
        return 1
    chosen, found = select(at.compilation, tuple(given.shot))
    if found:
        show(found)
        return 2
    shots = [shot for shot in at.rendered() if chosen is None or shot in chosen]
    if not shots:
        raise UsageError("own footage has no takes to approve")
    by = _name(given.by, at)
    with at.alone():
        said = _approve(at, shots, given.take, by)
    sys.stdout.write("".join(f"{safe(line)}\n" for line in said))
    return 0


def _approve(at: Desk, shots: list[str], take: int | None, by: str) -> list[str]:
    """Writes the approvals, all or none; what to say about each."""
    said: list[str] = []
    entries = dict(at.lock().shots)
    for shot in shots:
        found = at.decided(shot, take)
        entry, number = found.lock.shots[shot], found.one.take
        clip, before = entry.of(number), entries.get(shot)
        assert clip is not None  # decided() has looked
        approved = with_approval(entry, Approval(number, clip.seen, by))
        if before and before.key == entry.key:  # an approval does not bring a take into the film
            approved = approved._replace(take=before.take)
        entries[shot] = approved
        names = sorted({a.by for a in approved.approvals(number)})
        said.append(f"{shot}: take {number} is approved by {', '.join(names)}")
    at.write(at.lock()._replace(shots=entries))
    return said


def _name(given: str, at: Desk) -> str:
    """Who approves: as told, else as Git knows the person here."""
    by = (given or setting(at.root, "user.name")).strip()
    if not by:
        raise UsageError("nobody knows your name here", "say it with --by NAME, or git config user.name NAME")
    if len(by) > LONGEST or not by.isprintable():
        raise UsageError(f"a name has at most {LONGEST} characters, all of which can be seen")
    return by


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("r2v approve", description="Say that a clip may be in the film; kept in the lock.")
    parser.add_argument("shot", nargs="+", metavar="SHOT", help="id, glob, tag:, cast:")
    parser.add_argument("--take", type=take_number, default=None, metavar="N", help="default: the one in use")
    parser.add_argument("--by", default="", metavar="NAME", help="who (default: git config user.name)")
    parser.add_argument("-f", "--file", default="", metavar="FILE", help="default: the project's only storyboard")
    add_storyboard_options(parser)
    return parser
