"""What the state folder holds that nothing needs any more, and taking it away.

Kept is what any output folder is made of, what a lock names, what was paid for, and what is young.  A file that the
journal does not know may be a clip whose build was killed a moment before it was written down: it counts as paid for.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from r2v_pipeline.errors import StateTrouble
from r2v_pipeline.execute import lock, results
from r2v_pipeline.execute.blobs import same_bytes
from r2v_pipeline.execute.disk import make_folder, sync_folder, writing
from r2v_pipeline.execute.journal_view import read
from r2v_pipeline.execute.records import OutputFile
from r2v_pipeline.execute.session import Session

# Kinds of files: a clip that was bought, one drawn by this machine, a picture or join made out of clips, a stretch of
# film encoded for a join, a half-written file, one of the store that the journal does not know, and whatever builds in
# the sandbox left.
BOUGHT, DRAWN, MADE, PIECE, PART, STRAY = "bought", "drawn", "made", "piece", "part", "stray"
REHEARSED = "rehearsed"
_PRECIOUS = (BOUGHT, STRAY)
# Why a file stays.
USED, NAMED, PAID, YOUNG = "used", "named", "paid", "young"

_DIGEST = re.compile(rb"(?<![0-9A-Za-z])[0-9a-f]{64}(?![0-9A-Za-z])")
_CLIPS = (
    "SELECT blob, job_key, shot, changed_at, way <> 'local' OR est_micros IS NULL OR est_micros > 0"
    " OR coalesce(actual_micros, 0) > 0 FROM attempt WHERE state = 'stored' ORDER BY id"
)
_IN_USE = "SELECT key FROM used"
_OUTPUT_FILES = "SELECT output, path, size, mtime_ns, sha256, key FROM output_file ORDER BY output, path"
_PUBLISHED = "SELECT sha256 FROM output_file"


class Item(NamedTuple):
    """One file.  `since` is when it came, in seconds since the epoch; `shot` is empty where none is known."""

    path: Path
    size: int
    kind: str
    shot: str
    since: float


class Survey(NamedTuple):
    """What would go, and what stays for which reason."""

    going: tuple[Item, ...]
    kept: tuple[tuple[Item, str], ...]


class _Clip(NamedTuple):
    key: str
    shot: str
    since: float
    kind: str


def digests(texts: Iterable[bytes]) -> frozenset[str]:
    """Every sha256 that stands in a text: whatever form locks have or will have, what they name is kept."""
    return frozenset(found.decode() for text in texts for found in _DIGEST.findall(text))


def survey(state: Path, named: Collection[str], now: float, older_s: float, *, paid: bool) -> Survey:
    """Looks through the state folder and changes nothing.

    `named` are digests and job keys that somebody wants kept; what came within the last `older_s` seconds stays too,
    and unless `paid` says otherwise every clip that was paid for.

    Raises:
        StateTrouble: the journal cannot be read, so nobody knows what is needed.
    """
    clips, made = _known(state)
    in_use = {key for (key,) in read(state / "state.db", _IN_USE)}
    published = {digest for (digest,) in read(state / "state.db", _PUBLISHED)}
    going: list[Item] = []
    kept: list[tuple[Item, str]] = []
    for item in _files(state, clips, made):
        name = item.path.name
        keys = {clip.key for clip in clips.get(name, ())} | made.get(name, set())
        why = ""
        if keys & in_use or name in published:
            why = USED
        elif name in named or not keys.isdisjoint(named):
            why = NAMED
        elif item.kind in _PRECIOUS and not paid:
            why = PAID
        elif item.kind != PART and now - item.since < older_s:
            why = YOUNG
        kept += [(item, why)] if why else []
        going += [] if why else [item]
    return Survey(tuple(going), tuple(kept))


def remove(held: Session, going: Collection[Item]) -> None:
    """Takes files away; `held` is the state, ours alone, in which the survey was made.

    Raises:
        DiskTrouble: no permission; what is gone is gone, the rest stays.
    """
    blobs = [item.path.name for item in going if item.kind not in (PIECE, PART)]
    # First the rows: a result that r2v made itself is made again where there is no row, and is called lost where there
    # is one without its file.
    with held.journal.transaction() as db:
        db.executemany("DELETE FROM derived WHERE blob = ?", ((name,) for name in blobs))
    for item in going:
        with writing(item.path):
            item.path.unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # other files are still in it
                item.path.parent.rmdir()


def rehearsals(root: Path, sandbox: Path) -> Survey:
    """All that builds in the sandbox left: their state, the server's own, and what they put into output folders and
    nobody changed since.  Nobody paid for any of it."""
    there = [*_listed(sandbox, "**/*"), *_rehearsed(root, sandbox)]
    return Survey(tuple(Item(path, stat.st_size, REHEARSED, "", stat.st_mtime) for path, stat in there), ())


def forget_rehearsals(root: Path, sandbox: Path) -> None:
    """Takes all of `rehearsals` away, the state in one piece.

    Raises:
        Busy: a build runs, here or in the sandbox.
        DiskTrouble: no permission.
    """
    # Out of the way in one step: no build may take half of it for a state.  What a kill leaves, the next one sweeps.
    state = sandbox.parent
    aside = state / "tmp" / f"sandbox-{secrets.token_hex(8)}"
    with lock.hold(state / "lock"), lock.hold(sandbox / "lock"), writing(sandbox):
        for path, _ in _rehearsed(root, sandbox):
            path.unlink()
            with contextlib.suppress(OSError):  # other files are still in it
                path.parent.rmdir()
                path.parent.parent.rmdir()
        make_folder(aside.parent)
        sandbox.rename(aside)
        sync_folder(state)
        shutil.rmtree(aside)


def _rehearsed(root: Path, sandbox: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Files in output folders; where the journal cannot be read they are somebody's.  So is all that lies elsewhere: a
    film that was asked for there (`-o`), and whatever a journal names that came with somebody's repository."""
    inside = os.path.join(os.path.realpath(root), "build", "")
    rows: list[tuple[Any, ...]] = []
    with contextlib.suppress(StateTrouble):
        rows = read(sandbox / "state.db", _OUTPUT_FILES)
    for output, *file in rows:
        path = root / output / file[0]
        with contextlib.suppress(OSError):  # gone meanwhile
            here = os.path.join(os.path.realpath(path.parent), "").startswith(inside)
            if here and not path.is_symlink() and same_bytes(path, OutputFile(*file)):
                yield path, path.lstat()


def _known(state: Path) -> tuple[dict[str, list[_Clip]], dict[str, set[str]]]:
    """By digest: the attempts that brought a clip, and the keys of what r2v made out of others."""
    clips: dict[str, list[_Clip]] = {}
    for digest, key, shot, since, bought in read(state / "state.db", _CLIPS):
        clips.setdefault(digest, []).append(_Clip(key, shot, since, BOUGHT if bought else DRAWN))
    made: dict[str, set[str]] = {}
    for key, digest, _ in read(state / "state.db", results.DERIVED):
        made.setdefault(digest, set()).add(key)
    return clips, made


def _files(state: Path, clips: dict[str, list[_Clip]], made: dict[str, set[str]]) -> Iterator[Item]:
    for path, stat in _listed(state / "cas" / "sha256", "??/*"):
        found = clips.get(path.name, [])
        if found:
            kind = BOUGHT if any(clip.kind == BOUGHT for clip in found) else DRAWN
            yield Item(path, stat.st_size, kind, found[-1].shot, max(clip.since for clip in found))
        else:
            # Files of the store carry a fixed time stamp; when one came is when its entry last changed.
            yield Item(path, stat.st_size, MADE if path.name in made else STRAY, "", stat.st_ctime)
    for path, stat in _listed(state / "pieces", "*"):
        yield Item(path, stat.st_size, PIECE, "", stat.st_mtime)
    for path, stat in _listed(state / "tmp", "*"):
        yield Item(path, stat.st_size, PART, "", stat.st_mtime)


def _listed(folder: Path, pattern: str) -> Iterator[tuple[Path, os.stat_result]]:
    for path in sorted(folder.glob(pattern)):
        with contextlib.suppress(OSError):  # gone meanwhile
            stat = path.lstat()
            if path.is_file() and not path.is_symlink():
                yield path, stat
