"""The objects of a Git repository, read through one `git cat-file --batch` that lives as long as they are asked for.

Nothing is checked out.  A tree is read when somebody looks into that folder, a text into memory, a picture or a video
into a folder of our own outside of the project, each object once however many revisions and paths have it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType
from typing import BinaryIO, NamedTuple

from r2v_pipeline.source.files import MAX_FILE, MAX_MEDIA, Unreadable
from r2v_pipeline.source.git import Failed, Repository, around, command

LINK, MODULE = "120000", "160000"
FOLDERS = ("40000", MODULE)
_CHUNK = 1 << 20
_LARGEST = max(MAX_MEDIA.values())


class Entry(NamedTuple):
    """What a folder of a revision holds under one name; `mode` as Git writes it."""

    mode: str
    id: str


class Objects:
    """A repository's objects; to be closed, which also removes what was copied out."""

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self._trees: dict[str, dict[str, Entry]] = {}
        self._copies: dict[str, str] = {}
        self._digests: dict[str, str] = {}
        self._folder = ""
        self._modules: dict[str, Objects] = {}
        asked, environ = command(repository.folder, "cat-file", "--batch")
        try:
            self._git = subprocess.Popen(
                asked, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        except OSError as why:
            raise Failed(f"git cannot be started: {why.strerror}") from None

    def __enter__(self) -> Objects:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends Git and removes the copies."""
        for module in self._modules.values():
            module.close()
        for pipe in (self._git.stdin, self._git.stdout):
            with suppress(OSError):  # Git may have ended before
                if pipe:
                    pipe.close()
        self._git.wait()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def tree(self, id: str) -> dict[str, Entry]:
        """What a folder holds, by name; `id` may be a commit's, which stands for its topmost folder.

        Raises:
            Unreadable: the object is not in this clone.
        """
        if id not in self._trees:
            self._trees[id] = dict(_entries(self.text(f"{id}^{{tree}}"), len(id) // 2))
        return self._trees[id]

    def text(self, id: str) -> bytes:
        """The bytes of an object that is read as a whole.

        Raises:
            Unreadable: it is larger than 64 MiB, or not in this clone.
        """
        size = self._ask(id)
        if size > MAX_FILE:
            self._pour(size, None)
            raise Unreadable(f"is larger than {MAX_FILE >> 20} MiB")
        data = self._read(size)
        self._read(1)
        return data

    def copy(self, id: str) -> str:
        """The path of a file of ours with the bytes of a blob.

        Raises:
            Unreadable: it is larger than any media file may be, or not in this clone.
        """
        if id not in self._copies:
            size = self._ask(id)
            if size > _LARGEST:
                self._pour(size, None)
                raise Unreadable(f"is larger than {_LARGEST >> 20:,} MiB")
            self._folder = self._folder or tempfile.mkdtemp(prefix="r2v-git-")
            path = os.path.join(self._folder, id)
            with open(path, "wb") as out:
                self._pour(size, out)
            self._copies[id] = path
        return self._copies[id]

    def digest(self, id: str) -> str:
        """The sha256 of a blob's bytes."""
        if id not in self._digests:
            from r2v_pipeline.canonical import digest_stream

            with open(self.copy(id), "rb") as stream:
                self._digests[id] = digest_stream(stream)
        return self._digests[id]

    def module(self, path: str) -> Objects:
        """The objects of the submodule that is checked out at an absolute path.

        Raises:
            Unreadable: none is.
        """
        if path not in self._modules:
            absent = Unreadable("lies in a submodule that is not checked out here: run 'git submodule update --init'")
            if not os.path.isabs(path) or not os.path.lexists(os.path.join(path, ".git")):
                raise absent
            try:
                self._modules[path] = Objects(around(path))
            except Failed:
                raise absent from None
        return self._modules[path]

    def _ask(self, id: str) -> int:
        """Asks for an object, and reads the line before its bytes: how many there are."""
        assert self._git.stdin is not None
        assert self._git.stdout is not None
        try:
            self._git.stdin.write(id.encode("ascii") + b"\n")
            self._git.stdin.flush()
            said = self._git.stdout.readline().split()
        except OSError:
            said = []
        if len(said) != 3:
            partial = "run 'git fetch --refetch --no-filter' in a partial clone"
            raise Unreadable(f"is not in this clone, Git has no object {id[:12]}: {partial}")
        return int(said[2])

    def _read(self, size: int) -> bytes:
        assert self._git.stdout is not None
        data = self._git.stdout.read(size)
        if len(data) < size:
            raise Unreadable("cannot be read: git ended")
        return data

    def _pour(self, size: int, out: BinaryIO | None) -> None:
        """Takes an object's bytes, and the line break after them, off the pipe."""
        while size:
            data = self._read(min(size, _CHUNK))
            size -= len(data)
            if out:
                out.write(data)
        self._read(1)


def _entries(data: bytes, width: int) -> Iterator[tuple[str, Entry]]:
    """A tree object: mode, name and binary id (of `width` bytes) of each entry."""
    at = 0
    while at < len(data):
        space = data.index(b" ", at)
        end = data.index(b"\0", space)
        name = data[space + 1 : end].decode("utf-8", "surrogateescape")
        yield name, Entry(data[at:space].decode("ascii"), data[end + 1 : end + 1 + width].hex())
        at = end + 1 + width
