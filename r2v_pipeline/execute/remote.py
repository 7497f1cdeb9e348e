"""A shared store behind fsspec: S3, GCS, SFTP and whatever else it has a file system for.

Keys come from where the service's own tools take them (environment, its config files), never from r2v.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from r2v_pipeline.errors import SharedTrouble
from r2v_pipeline.execute.shared import CHUNK, place

# Where a half-written file has its name already; object stores show an object when it is whole.
_BY_RENAMING = ("sftp", "ssh", "smb", "ftp", "hdfs", "webhdfs", "arrow_hdfs")


class Remote:
    """One address of fsspec."""

    def __init__(self, address: str) -> None:
        self.name = address
        try:
            from fsspec.core import url_to_fs
        except ImportError:
            raise SharedTrouble(
                f"the store {address} needs fsspec, which is not installed",
                "pip install 'r2v-pipeline[store]', and for S3 also s3fs, for GCS gcsfs",
            ) from None
        with self._said():
            self._fs: Any
            self._fs, self._root = url_to_fs(address)
        self._renames = address.partition("://")[0] in _BY_RENAMING

    def size(self, digest: str) -> int | None:
        with self._said():
            self._fs.invalidate_cache()
            try:
                return int(self._fs.info(self._path(digest))["size"])
            except FileNotFoundError:
                return None

    def chunks(self, digest: str) -> Iterator[bytes]:
        with self._said():
            stream = self._fs.open(self._path(digest), "rb")
        with stream:
            while data := self._read(stream):
                yield data

    def _read(self, stream: BinaryIO) -> bytes:
        with self._said():
            return stream.read(CHUNK)

    def put(self, digest: str, file: Path) -> None:
        final = self._path(digest)
        folder, _, name = final.rpartition("/")
        first = f"{folder}/.{name[:12]}.{uuid.uuid4().hex[:12]}" if self._renames else final
        with self._said():
            self._fs.makedirs(folder, exist_ok=True)
            self._fs.put_file(str(file), first)
            if first != final:
                self._fs.mv(first, final)

    def _path(self, digest: str) -> str:
        return f"{self._root.rstrip('/')}/{place(digest)}"

    @contextlib.contextmanager
    def _said(self) -> Iterator[None]:
        """Whatever a file system raises as trouble with the store.  There is no common class of their errors: each
        service's library has its own."""
        try:
            yield
        except Exception as why:
            said = (str(why).strip().splitlines() or [""])[0][:200]
            raise SharedTrouble(
                f"the store {self.name} cannot be asked: {type(why).__name__}{': ' if said else ''}{said}",
                "nothing was bought for it. See its address, your keys and the network",
            ) from why
