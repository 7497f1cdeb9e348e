"""Reading a project's files: the one place where a storyboard's words become paths.

A storyboard may come from a stranger's pull request, so a path in it is a relative POSIX path inside the project, and
stays inside after every symlink is followed.  `Disk` reads the working tree; another tree (a Git revision) has the same
methods.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from typing import BinaryIO, Protocol

from r2v_pipeline.source.signature import Signature, signature

MAX_FILE = 64 << 20


class Unreadable(Exception):
    """A path that cannot be used; the message completes the sentence `'refs/a.png' …`."""


class Outside(Unreadable):
    """A path that leads, or could lead, out of the project."""


class Missing(Unreadable):
    """Nothing is there."""


class Files(Protocol):
    """A tree of files by project-relative POSIX path."""

    root: str

    def text(self, path: str) -> bytes:
        """The bytes of a text file of at most 64 MiB."""
        ...

    def check(self, path: str) -> None:
        """Raises `Unreadable` unless the path is a regular, readable file inside the project."""
        ...

    def open(self, path: str) -> BinaryIO:
        """The file's bytes as a stream."""
        ...

    def walk(self, folder: str) -> Iterator[str]:
        """Every file below a folder, sorted, dot-files left out."""
        ...


def join(base: str, name: str) -> str:
    """A name as written in a file of folder `base`, as a project-relative path.

    Raises:
        Outside: for anything but a relative POSIX path that stays inside.
    """
    if not name.strip():
        raise Unreadable("is empty")
    if "\0" in name or "\\" in name or "://" in name:
        raise Outside("is not a plain relative path (use forward slashes)")
    if name.startswith(("/", "~")) or name[1:2] == ":":
        raise Outside("is not relative: write it relative to the file that names it")
    parts: list[str] = [p for p in base.split("/") if p]
    for part in name.split("/"):
        if part == "..":
            if not parts:
                raise Outside("lies outside the project")
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    if any(p.startswith(".") for p in parts):
        raise Outside("is a dot-file, which r2v never reads for a storyboard")
    return "/".join(parts)


class Disk:
    """The working tree below `root` (an absolute path).

    `looked` has the signature of every path that was asked for, as it was then: what a verdict depends on.
    """

    def __init__(self, root: str) -> None:
        self.root = root
        self.looked: dict[str, Signature] = {}
        self._real = os.path.realpath(root)

    def text(self, path: str) -> bytes:
        with self.open(path) as stream:
            data = stream.read(MAX_FILE + 1)
        if len(data) > MAX_FILE:
            raise Unreadable(f"is larger than {MAX_FILE >> 20} MiB")
        return data

    def check(self, path: str) -> None:
        self._locate(path)

    def open(self, path: str) -> BinaryIO:
        full = self._locate(path)
        try:
            return open(full, "rb")
        except OSError as why:
            raise Unreadable(f"cannot be read: {why.strerror}") from None

    def walk(self, folder: str) -> Iterator[str]:
        top = os.path.join(self.root, folder)
        for here, folders, names in os.walk(top):
            self.looked.setdefault(here, signature(here))
            folders[:] = sorted(f for f in folders if not f.startswith("."))
            for name in sorted(names):
                if not name.startswith("."):
                    yield os.path.relpath(os.path.join(here, name), self.root).replace(os.sep, "/")

    def _locate(self, path: str) -> str:
        """The real path, checked: inside the project after symlinks, a regular file (a FIFO would block)."""
        named = os.path.join(self.root, path)
        self.looked.setdefault(named, signature(named))
        full = os.path.realpath(named)
        if full != self._real and not full.startswith(self._real.rstrip(os.sep) + os.sep):
            raise Outside("leads out of the project")
        try:
            mode = os.stat(full).st_mode
        except FileNotFoundError:
            raise Missing("does not exist") from None
        except OSError as why:
            raise Unreadable(f"cannot be read: {why.strerror}") from None
        if stat.S_ISDIR(mode):
            raise Unreadable("is a folder")
        if not stat.S_ISREG(mode):
            raise Unreadable("is not a regular file")
        return full


MARKERS = (".r2v", ".git")


def project_root(storyboard: str) -> str:
    """The nearest folder upward from a storyboard that holds `.r2v/` or `.git`, else the storyboard's own."""
    own = os.path.dirname(os.path.abspath(storyboard))
    return next((folder for folder in _upward(own) if _is_root(folder)), own)


def absent_markers(storyboard: str) -> dict[str, Signature]:
    """The markers that are not there, and would move the root if they were: a verdict depends on them."""
    absent: dict[str, Signature] = {}
    for folder in _upward(os.path.dirname(os.path.abspath(storyboard))):
        if _is_root(folder):
            break
        absent.update({os.path.join(folder, marker): None for marker in MARKERS})
    return absent


def _is_root(folder: str) -> bool:
    return os.path.isdir(os.path.join(folder, ".r2v")) or os.path.exists(os.path.join(folder, ".git"))


def _upward(folder: str) -> Iterator[str]:
    while True:
        yield folder
        parent = os.path.dirname(folder)
        if parent == folder:
            return
        folder = parent
