"""The store: finished results as files that are named by their content and never change.

A blob exists whole or not at all: written under `tmp/`, synced, renamed, and its folder synced.  It is read-only and
carries a fixed time stamp, so that a look at its stat tells whether anybody touched it; then its bytes are hashed
again.  A damaged one is moved to `damaged/`, never used and never deleted.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import uuid
from pathlib import Path

from r2v_pipeline.canonical import digest_stream
from r2v_pipeline.execute import fault
from r2v_pipeline.execute.disk import make_folder, move_aside, reading, sync_file, sync_folder, writing
from r2v_pipeline.execute.records import Blob, OutputFile

# 2000-01-01: a whole second, so that it survives archives (a CI cache) that keep no fractions.
STAMP_NS = 946_684_800 * 10**9


def hash_file(path: Path) -> str:
    """Hex sha256 of a file's bytes."""
    with path.open("rb") as stream:
        return digest_stream(stream)


def same_bytes(path: Path, file: OutputFile) -> bool:
    """Whether a file is still what r2v recorded: by its stat where that agrees, else by its bytes."""
    try:
        stat = path.stat()
        if stat.st_size != file.size:
            return False
        return stat.st_mtime_ns == file.mtime_ns or hash_file(path) == file.sha256
    except OSError:
        return False


class Blobs:
    """The store of one state folder; makes no folder before it writes."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._cas = state / "cas" / "sha256"
        self._tmp = state / "tmp"
        # The journal beside it was not born before its folder was safe.
        self._safe = {state}

    def path(self, digest: str) -> Path:
        """Where a blob lies, or would."""
        return self._cas / digest[:2] / digest

    def found(self, digest: str) -> Blob | None:
        """What lies under a digest, with its size, whole or not; None where nothing does.

        Raises:
            DiskTrouble: it cannot be looked at, as for `intact`.
        """
        path = self.path(digest)
        try:
            with reading(path):
                return Blob(digest, path.stat().st_size)
        except OSError:
            return None

    def intact(self, blob: Blob, mend: bool = False) -> bool:
        """Whether a blob is there and is what it was, without reading it unless somebody touched it.

        `mend` puts the stamp back on one that proved whole, so that a copied project is read once; only for a build.

        Raises:
            DiskTrouble: it cannot be looked at, so nobody knows; a clip that was paid for is not damaged by that.
        """
        path = self.path(blob.digest)
        try:
            with reading(path):
                stat = path.stat()
        except OSError:
            return False
        if stat.st_size != blob.size:
            return False
        if stat.st_mtime_ns == STAMP_NS:
            return True
        whole = self.verify(blob)
        if whole and mend:
            with contextlib.suppress(OSError):
                os.utime(path, ns=(STAMP_NS, STAMP_NS))
        return whole

    def verify(self, blob: Blob) -> bool:
        """Whether every byte of a blob is what it was.

        Raises:
            DiskTrouble: it cannot be read, as for `intact`.
        """
        path = self.path(blob.digest)
        try:
            with reading(path):
                return path.stat().st_size == blob.size and hash_file(path) == blob.digest
        except OSError:
            return False

    def temp(self, suffix: str) -> Path:
        """A new name to write under; its ending tells writers that go by it which format is meant."""
        with writing(self._tmp):
            make_folder(self._tmp)
        return self._tmp / f"{uuid.uuid4().hex}.part{suffix}"

    def put(self, temp: Path) -> Blob:
        """Take a finished file of `tmp/` into the store; it is durable under its digest when this returns.

        Raises:
            DiskTrouble: it could not be made durable; the file is still in `tmp/`.
        """
        with writing(temp):
            blob = Blob(hash_file(temp), temp.stat().st_size)
            final = self.path(blob.digest)
            if final.exists():
                if self.verify(blob):
                    self._make_safe(final)
                    temp.unlink()
                    return blob
                self.quarantine(blob.digest)
            make_folder(final.parent, self._safe)
            temp.chmod(0o444)
            os.utime(temp, ns=(STAMP_NS, STAMP_NS))
            sync_file(temp)
            fault.point("blob.synced")
            temp.rename(final)
            fault.point("blob.renamed")
            sync_folder(final.parent)
        fault.point("blob.durable")
        return blob

    def _make_safe(self, final: Path) -> None:
        """Of a build that was killed after the rename: the folder may not know yet."""
        make_folder(final.parent, self._safe)
        sync_file(final)
        sync_folder(final.parent)

    def quarantine(self, digest: str) -> Path | None:
        """Move a damaged blob out of the way; returns where it is now (None: there was nothing)."""
        path = self.path(digest)
        with writing(path):
            return move_aside(path, self._state / "damaged", digest) if os.path.lexists(path) else None

    def keep_failed(self, temp: Path, name: str) -> Path:
        """Keep a clip that failed its check where a person can look at it."""
        with writing(temp):
            return move_aside(temp, self._state / "failed", name)

    def sweep(self) -> None:
        """Remove what a killed build left half-written; only for the holder of the build lock."""
        if not self._tmp.is_dir():
            return
        with writing(self._tmp):
            shutil.rmtree(self._tmp)
