"""`r2v push`: the clips that the locks name, into the store that the team shares."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from r2v_pipeline.cli.locked.locks import named_clips
from r2v_pipeline.cli.locked.sharing import add_store_option, wanted_store
from r2v_pipeline.errors import SharedTrouble
from r2v_pipeline.execute import state_dir
from r2v_pipeline.execute.blobs import Blobs
from r2v_pipeline.execute.holdings import whole
from r2v_pipeline.execute.shared import Shelf, offer
from r2v_pipeline.report.safe import safe
from r2v_pipeline.report.words import counted, size
from r2v_pipeline.source.files import project_root

SOME_FAILED = 4


def run(arguments: list[str]) -> int:
    """0 when the store has every clip that the locks name; 4 when some are missing, here and there."""
    given = _parser().parse_args(arguments)
    root = Path(project_root(given.file or os.path.join(os.getcwd(), "x")))
    found = named_clips(root, given.file)
    shelf = wanted_store(given.store, root)
    blobs = Blobs(state_dir.locate(root))
    new = bytes = 0
    lacking: list[str] = []
    for digest, what in found.items():
        blob = whole(blobs, digest)
        if blob is None:
            lacking += [] if shelf.size(digest) is not None else [what]
        elif not blobs.verify(blob):
            raise SharedTrouble(f"the clip of {what} was changed in .r2v, so it was not sent", "see r2v plan")
        elif offer(shelf, blob, blobs):
            new, bytes = new + 1, bytes + blob.size
            sys.stdout.write(safe(f"sent {what} ({size(blob.size)})") + "\n")
    sys.stdout.write(safe(_sum(shelf, len(found), new, bytes)) + "\n")
    for what in lacking:
        sys.stderr.write(safe(f"warning: the clip of {what} is neither here nor there") + "\n")
    return SOME_FAILED if lacking else 0


def _sum(shelf: Shelf, named: int, new: int, bytes: int) -> str:
    if not named:
        return "no lock names a clip that was bought; r2v build writes it"
    had = f", {named - new} of {named} were there" if named > new else ""
    return f"{counted(new, 'clip')} ({size(bytes)}) sent to {shelf.name}{had}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("r2v push", description="Share the clips that the locks name.")
    parser.add_argument("file", nargs="?", default="", metavar="FILE", help="a storyboard (default: all)")
    add_store_option(parser)
    return parser
