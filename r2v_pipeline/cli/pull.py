"""`r2v pull`: the clips that the locks name, out of the store that the team shares."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from r2v_pipeline.cli.locked.locks import named_clips
from r2v_pipeline.cli.locked.sharing import Brought, add_store_option, bring, wanted_store
from r2v_pipeline.execute import session
from r2v_pipeline.execute.holdings import whole
from r2v_pipeline.report.safe import safe
from r2v_pipeline.report.words import counted, size
from r2v_pipeline.source.files import project_root

SOME_FAILED, MACHINE = 4, 7


def run(arguments: list[str]) -> int:
    """0 when every clip that the locks name is here; 4 when the store lacks some, 7 when some could not be had."""
    given = _parser().parse_args(arguments)
    root = Path(project_root(given.file or os.path.join(os.getcwd(), "x")))
    found = named_clips(root, given.file)
    shelf = wanted_store(given.store, root)

    def tell(digest: str, bytes: int) -> None:
        sys.stdout.write(safe(f"fetched {found[digest]} ({size(bytes)})") + "\n")

    with session.hold(root) as held:
        missing = [digest for digest in found if whole(held.blobs, digest) is None]
        brought = bring(shelf, missing, held.blobs, tell)
    sys.stdout.write(safe(_sum(len(found), len(missing), brought, shelf.name)) + "\n")
    _complain(f"the store has no clip of {found[digest]}" for digest in brought.absent)
    _complain(f"{found[digest]}: {why.message}" for digest, why in brought.trouble.items())
    return MACHINE if brought.trouble else SOME_FAILED if brought.absent else 0


def _complain(lines: Iterable[str]) -> None:
    sys.stderr.write("".join(f"{safe(f'warning: {line}')}\n" for line in lines))


def _sum(named: int, missing: int, brought: Brought, place: str) -> str:
    if not named:
        return "no lock names a clip that was bought"
    had = f", {named - missing} of {named} were here" if named > missing else ""
    return f"{counted(len(brought.here), 'clip')} fetched from {place}{had}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "r2v pull", description="Fetch the clips that the locks name from the team's store."
    )
    parser.add_argument("file", nargs="?", default="", metavar="FILE", help="a storyboard (default: all)")
    add_store_option(parser)
    return parser
