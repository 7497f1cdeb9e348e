"""`r2v gc`: what the state folder holds that nothing needs, and with `--yes` taking it away."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from r2v_pipeline.cli.moments import age_s
from r2v_pipeline.cli.stages.front import SANDBOX, paint_for
from r2v_pipeline.errors import EnvironmentTrouble, UsageError
from r2v_pipeline.execute import session, state_dir
from r2v_pipeline.execute.garbage import PART, Survey, digests, forget_rehearsals, rehearsals, remove, survey
from r2v_pipeline.report.gc import to_json, to_text
from r2v_pipeline.report.safe import safe_json
from r2v_pipeline.source.files import Disk, Unreadable, project_root
from r2v_pipeline.source.git import on_branches

LOCK = ".lock.yaml"
OLD = "30d"


def run(arguments: list[str]) -> int:
    """0 whether or not there is something to remove."""
    given = _parser().parse_args(arguments)
    if given.sandbox and (given.paid or given.older_than):
        raise UsageError("--sandbox removes all that lies there: nothing of it was paid, whatever its age")
    root = Path(project_root(os.path.join(os.getcwd(), "x")))
    state = state_dir.locate(root)
    found = _rehearsals(root, given.yes) if given.sandbox else _unneeded(root, state, given)
    if given.format == "json":
        sys.stdout.write(safe_json(to_json(found, done=given.yes)) + "\n")
    else:
        sys.stdout.write(to_text(found, time.time(), paint_for(sys.stdout), done=given.yes))
    return 0


def _rehearsals(root: Path, gone: bool) -> Survey:
    sandbox = state_dir.locate(root, within=SANDBOX)
    found = rehearsals(root, sandbox)
    if gone and sandbox.is_dir():
        forget_rehearsals(root, sandbox)
    return found


def _unneeded(root: Path, state: Path, given: argparse.Namespace) -> Survey:
    older_s = age_s("--older-than", given.older_than or OLD)
    named = digests(_locks(root))

    def look() -> Survey:
        return survey(state, named, time.time(), older_s, paid=given.paid)

    found = look()
    if given.yes and state.is_dir():
        parts = tuple(item for item in found.going if item.kind == PART)
        with session.hold(root) as held:  # removes half-written files by itself
            found = look()
            remove(held, found.going)
        found = found._replace(going=(*found.going, *parts))
    return found


def _locks(root: Path) -> Iterator[bytes]:
    """Every lock that could need a clip: of each local branch, and as they lie in the project now.

    Raises:
        EnvironmentTrouble: one of them cannot be read.
    """
    yield from on_branches(root, LOCK)
    disk = Disk(str(root))
    for path in disk.walk(""):
        if path.endswith(LOCK):
            try:
                yield disk.text(path)
            except Unreadable as why:
                raise EnvironmentTrouble(
                    f"the lock {path} {why}", "what it needs is not known, so nothing is decided without it"
                ) from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("r2v gc", description="What .r2v holds that nothing needs; shown, or removed.")
    parser.add_argument("--yes", action="store_true", help="remove it; without this nothing is touched")
    parser.add_argument(
        "--older-than", default="", metavar="AGE", help=f"only what is older: {OLD} (the default), 12h, 2w, 0"
    )
    parser.add_argument("--paid", action="store_true", help="also clips that were paid for and are in no film or lock")
    parser.add_argument("--sandbox", action="store_true", help="instead all that 'r2v build --sandbox' left")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    return parser
