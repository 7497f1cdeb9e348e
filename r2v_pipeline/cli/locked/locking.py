"""The lock of a storyboard, for every command: where it is, what it says, and how it is written."""

from __future__ import annotations

import functools
import os
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import NamedTuple

from r2v_pipeline.compile.jobs import Compilation
from r2v_pipeline.diagnostics import Diagnostic, SourceText, Span, error
from r2v_pipeline.execute import state_dir
from r2v_pipeline.execute.blobs import Blobs
from r2v_pipeline.execute.disk import replace_text
from r2v_pipeline.execute.holdings import holdings, whole
from r2v_pipeline.execute.journal_view import JournalView
from r2v_pipeline.plan.lock import Clip, Lock, asked
from r2v_pipeline.plan.lockfile import UNREADABLE, left_by_merge, read, unmerged, write
from r2v_pipeline.plan.named import Named
from r2v_pipeline.plan.takes import TakeOf, locked, rerolled
from r2v_pipeline.source.files import Files, Missing, Unreadable


class Held(NamedTuple):
    """A lock as it lies there: `path` is its place in the project, empty where this build has none; `text` None: there
    is no file.  `mark` is where a merge left off."""

    path: str = ""
    text: str | None = None
    lock: Lock = Lock()
    found: tuple[Diagnostic, ...] = ()
    mark: Span | None = None


def held(files: Files, path: str) -> Held:
    """The lock at a place of a tree, which is the project as it lies there or a revision of it; an empty `path` has
    none."""
    if not path:
        return Held()
    shown = os.path.relpath(os.path.join(files.root, path)).replace(os.sep, "/")
    try:
        text = files.text(path).decode("utf-8")
    except Missing:
        return Held(path)
    except (Unreadable, UnicodeDecodeError) as why:
        said = "is not UTF-8" if isinstance(why, UnicodeDecodeError) else str(why)
        return Held(path, found=(error(UNREADABLE, f"the lock '{shown}' {said}", None, "take it as it was from Git"),))
    return _read(path, shown, text)


@functools.lru_cache(maxsize=2)
def _read(path: str, shown: str, text: str) -> Held:
    """Kept, since a command asks for it at each of its steps."""
    source = SourceText(shown, text)
    lock, found = read(source)
    return Held(path, text, lock, found, unmerged(source))


def chooser(lock: Held, shots: Collection[str], again: Collection[str], root: Path, within: str = "") -> TakeOf | None:
    """Which take of each shot is meant, by the lock and the command line; None where that is what the storyboard has.

    `shots` are all of them, `again` those of which another take is wanted; `within` as in session.look.
    """
    return rerolled(lock.lock, shots, again, ledger(root, lock, within)) if again else locked(lock.lock, shots)


def merged(lock: Held, compilation: Compilation) -> tuple[Diagnostic, ...]:
    """What there is to say about a lock in which a merge left two versions."""
    return left_by_merge(lock.lock, lock.mark, compilation) if lock.mark and not lock.found else ()


def ledger(root: Path, lock: Held, within: str = "") -> Named:
    """What exists: the journal's account, and the clips that the lock names; `within` as in session.look."""
    state = state_dir.locate(root, within=within)
    return Named(JournalView(state, root), lock.lock, functools.partial(_is_here, Blobs(state)))


def _is_here(blobs: Blobs, digest: str) -> bool:
    return whole(blobs, digest) is not None


def finished(root: Path, view: Named, compilation: Compilation) -> dict[str, Clip]:
    """The clip of each render of a compilation that is done, by key."""
    known = holdings(state_dir.locate(root))
    found = {}
    for job in (job for one in asked(compilation) for job in one.renders):
        digest = view.stored(job.key)
        if digest:
            clip = known.get(job.key, {}).get(digest)
            found[job.key] = Clip("" if clip and clip.drawn else digest, clip.cost if clip and not clip.drawn else None)
    return found


def keep(root: Path, before: Held, lock: Lock) -> bool:
    """Writes the lock where it says something else than the file does; returns whether it did.

    Raises:
        DiskTrouble: the old file is still there.
    """
    if not before.path or (before.text is not None and before.mark is None and before.lock == lock):
        return False
    if before.text is None and not lock.shots:
        return False
    replace_text(root / before.path, write(lock))
    return True


def changed(before: Lock, after: Lock) -> Iterable[str]:
    """The shots of which two locks do not say the same."""
    return sorted(shot for shot in {*before.shots, *after.shots} if before.shots.get(shot) != after.shots.get(shot))
