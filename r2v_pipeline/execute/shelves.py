"""The kinds of shared stores: a folder, which needs nothing more, and what fsspec reaches (remote.py)."""

from __future__ import annotations

import os
import re
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

from r2v_pipeline.errors import SharedTrouble, UsageError
from r2v_pipeline.execute.disk import sync_file, sync_folder
from r2v_pipeline.execute.shared import CHUNK, Shelf, place

_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]*)://(.*)", re.DOTALL)


def shelf(address: str) -> Shelf:
    """The store at an address: a folder, `s3://bucket/place`, `gs://…`, or any other address of fsspec.

    Raises:
        UsageError: the address means nothing, or holds a password.
        SharedTrouble: it needs a library that is not installed.
    """
    if not address.strip() or "\0" in address or "::" in address:
        raise UsageError(f"'{address}' is no address of a store", "name a folder, or s3://BUCKET/PLACE, gs://…")
    found = _ADDRESS.fullmatch(address)
    if found and found[1] != "file":
        if "@" in found[2].partition("/")[0]:
            raise UsageError(
                "the address of the store holds a user or password, and addresses are shown",
                "leave it out: the keys are taken from where the service's own tools take them",
            )
        from r2v_pipeline.execute.remote import Remote

        return Remote(address)
    return Folder(Path(os.path.expanduser(found[2] if found else address)))


class Folder:
    """A folder that everybody reaches: a mounted share, a disk, the cache of a CI."""

    def __init__(self, root: Path) -> None:
        self.name = str(root)
        self._root = root

    def size(self, digest: str) -> int | None:
        self._there()
        try:
            return (self._root / place(digest)).stat().st_size
        except FileNotFoundError:
            return None
        except OSError as why:
            raise self._trouble(why) from why

    def chunks(self, digest: str) -> Iterator[bytes]:
        try:
            with (self._root / place(digest)).open("rb") as stream:
                while data := stream.read(CHUNK):
                    yield data
        except OSError as why:
            raise self._trouble(why) from why

    def put(self, digest: str, file: Path) -> None:
        """Whole or not at all: another name first, then renamed."""
        self._there()
        final = self._root / place(digest)
        temp = final.with_name(f".{digest[:12]}.{uuid.uuid4().hex[:12]}")
        try:
            final.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, temp)
            sync_file(temp)
            temp.replace(final)
            sync_folder(final.parent)
        except OSError as why:
            raise self._trouble(why) from why
        finally:
            temp.unlink(missing_ok=True)

    def _there(self) -> None:
        """A share that is not mounted must not look like an empty store: its clips would be bought again."""
        if not self._root.is_dir():
            raise SharedTrouble(f"the store {self.name} is not there", "mount it, or make the folder if it is new")

    def _trouble(self, why: OSError) -> SharedTrouble:
        return SharedTrouble(f"the store {self.name}: {why.strerror or why}", "nothing was bought for it")
