"""The team's store of clips, for the commands: where it is, and bringing clips from there.

Its address is the user's: the command line, R2V_STORE, or the config file.  A project never names one, since whoever
may change the project could have everybody's clips sent to him, or a stranger's fetched.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from r2v_pipeline.cli.asking.settings import STORE, config
from r2v_pipeline.errors import EnvironmentTrouble, SharedTrouble, UsageError
from r2v_pipeline.execute.blobs import Blobs
from r2v_pipeline.execute.delivered import check
from r2v_pipeline.execute.shared import Shelf, fetch
from r2v_pipeline.execute.shelves import shelf


class Brought(NamedTuple):
    """What came of asking for clips: those that are here now, those that the store has not, and what was in the way of
    the others.  All by the digest."""

    here: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    trouble: Mapping[str, SharedTrouble] = {}


def add_store_option(parser: argparse.ArgumentParser) -> None:
    """The argument that names the store."""
    parser.add_argument(
        "--store", default=None, metavar="ADDRESS", help="a folder, s3://…, gs://… (default: R2V_STORE, your config)"
    )


def store(given: str | None, root: Path, environ: Mapping[str, str] = os.environ) -> Shelf | None:
    """The store that the user names; None where none is named.  An empty `--store ''` means none.

    Raises:
        UsageError: the command line names none that could be.
        EnvironmentTrouble: what the environment or the config names is no address, or depends on the folder one is in.
    """
    if given is not None:
        return shelf(given) if given else None
    where, address = STORE, environ.get(STORE, "")
    if not address:
        user = config(root, environ)
        where, address = f"address in {user.path}", user.store
    if not address:
        return None
    if "://" not in address and not os.path.isabs(os.path.expanduser(address)):
        raise EnvironmentTrouble(f"{where} is '{address}', which is another folder in each folder", "write it in full")
    try:
        return shelf(address)
    except UsageError as why:
        raise EnvironmentTrouble(f"{where}: {why.message}", why.help) from why


def wanted_store(given: str | None, root: Path) -> Shelf:
    """The same, for a command that is nothing without one.

    Raises:
        UsageError: none is named.
    """
    found = store(given, root)
    if found is None:
        raise UsageError(
            "no store is named", 'name it with --store, R2V_STORE, or in your config: [store] address = "…"'
        )
    return found


def bring(found: Shelf, digests: Iterable[str], blobs: Blobs, tell: Callable[[str, int], None]) -> Brought:
    """Fetches clips; `tell` hears the digest and the bytes of each that came.  One that cannot be had does not keep the
    others from coming.

    Raises:
        DiskTrouble: there is no room here.
    """
    here, absent, trouble = [], [], {}
    for digest in dict.fromkeys(digests):
        try:
            blob = fetch(found, digest, blobs, check)
        except SharedTrouble as why:
            trouble[digest] = why
            continue
        if blob is None:
            absent.append(digest)
        else:
            here.append(digest)
            tell(digest, blob.size)
    return Brought(tuple(here), tuple(absent), trouble)
