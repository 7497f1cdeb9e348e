"""The journal as `plan`, `why` and `status` see it: read, never written, not even by SQLite's own side files.

A missing journal is an empty one.  A journal at rest (no write-ahead log beside it) is opened as immutable, which needs
no side files and works in a folder that cannot be written; if a build begins meanwhile, what was read is read again.
While a build runs, its log and index exist and are used as they are.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

from r2v_pipeline.errors import DiskTrouble
from r2v_pipeline.execute import journal_file, results
from r2v_pipeline.execute.answers import accepting
from r2v_pipeline.execute.blobs import Blobs, same_bytes
from r2v_pipeline.execute.journal import GONE
from r2v_pipeline.execute.records import Blob, OutputFile
from r2v_pipeline.execute.recovery import settles_itself
from r2v_pipeline.execute.submit import RESENT
from r2v_pipeline.plan.types import OpenAttempt, Recorded
from r2v_pipeline.providers.base import LOCAL

_OPEN = (
    "SELECT job_key, state, provider, created_at, way, key_life_s, code, reason,"
    " CASE state WHEN 'submitting' THEN"
    " (SELECT said FROM answer WHERE attempt = attempt.id ORDER BY seq DESC LIMIT 1) END FROM attempt"
    f" WHERE state IN ('submitting', 'running', 'ready') OR ({GONE})"
)
_USED = "SELECT used.job, used.key, job.ingredients FROM used JOIN job ON job.key = used.key WHERE used.output = ?"
_FILES = "SELECT path, size, mtime_ns, sha256, key FROM output_file WHERE output = ?"


def read(path: Path, sql: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Rows of one query on the journal at rest or at work; none where there is no journal.

    Raises:
        StateTrouble: it is no journal, torn, or of a newer r2v.
    """
    for _ in range(8):
        before = _stamp(path)
        if before is None:
            return []
        log = path.with_name(path.name + "-wal")
        if log.exists():
            return _read_working(path, sql, values)
        rows = _select(path, "?immutable=1", sql, values)
        if _stamp(path) == before and not log.exists():
            return rows
    return _read_working(path, sql, values)


def _read_working(path: Path, sql: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """Beside a log: of a build that runs, or of one that was killed.

    Without its index, which cannot be made in a folder that we may not write, both are read as a copy.
    """
    with contextlib.suppress(DiskTrouble):
        return _select(path, "?mode=ro", sql, values)
    with tempfile.TemporaryDirectory(prefix="r2v-") as folder:
        for name in (path.name, path.name + "-wal"):
            if (path.parent / name).exists():
                shutil.copyfile(path.parent / name, Path(folder, name))
        return _select(Path(folder, path.name), "?mode=rw", sql, values)


def _select(path: Path, mode: str, sql: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    with journal_file.guarded(path), contextlib.closing(journal_file.connect(path, path.as_uri() + mode)) as db:
        return db.execute(sql, values).fetchall()


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return stat.st_ino, stat.st_size, stat.st_mtime_ns


class JournalView:
    """`plan.types.LedgerView` over a state folder: each part is read when first asked for, whole, in one query."""

    def __init__(self, state: Path, root: Path, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._path = state / "state.db"
        self._root = root
        self._blobs = Blobs(state)
        self._used: dict[str, dict[str, tuple[str, str]]] = {}
        self._files: dict[str, list[OutputFile]] = {}

    def stored(self, key: str) -> str | None:
        """The digest of a key's finished result, if its bytes are in the store now."""
        for blob in self._results.get(key, ()):
            if self._blobs.intact(blob):
                return blob.digest
        return None

    def lost(self, key: str) -> bool:
        """Whether a key was finished once and no result of it is left whole."""
        return key in self._results and self.stored(key) is None

    def open_attempt(self, key: str) -> OpenAttempt | None:
        """The attempt in flight for a key, or the one that was paid for and lost.

        An unanswered local one does not count: nothing can be owed for it, the next build drops it and starts over.
        """
        return self._open.get(key)

    def last(self, output: str, job_id: str) -> Recorded | None:
        """What the last build of an output used for a job."""
        if output not in self._used:
            rows = read(self._path, _USED, (output,))
            self._used[output] = {job: (key, ingredients) for job, key, ingredients in rows}
        found = self._used[output].get(job_id)
        return Recorded(found[0], json.loads(found[1])) if found else None

    def film_intact(self, output: str, key: str) -> bool:
        """Whether what this key made lies in the output folder as r2v left it.

        The film is the last of its files to get there, so a build that was killed before has left only the others.
        """
        if output not in self._files:
            self._files[output] = [OutputFile(*row) for row in read(self._path, _FILES, (output,))]
        made = [file for file in self._files[output] if file.key == key]
        there = any(file.path.endswith(".mp4") for file in made)
        return there and all(same_bytes(self._root / output / file.path, file) for file in made)

    @cached_property
    def _results(self) -> dict[str, list[Blob]]:
        rows = [*read(self._path, results.DERIVED), *read(self._path, results.STORED)]
        return results.by_key(rows)

    @cached_property
    def _open(self) -> dict[str, OpenAttempt]:
        found = {}
        for key, state, provider, since, way, key_life_s, code, reason, said in read(self._path, _OPEN):
            if state != "submitting":
                found[key] = OpenAttempt(state, provider, since)
            elif way != LOCAL:
                # Of one that was sent again, the answer of the first time has been read.
                unread = said is not None and (not code or (code == RESENT and accepting(said)))
                settles = unread or settles_itself(way, code, self._now(), since, key_life_s)
                found[key] = OpenAttempt(state, provider, since, settles, reason)
        return found
