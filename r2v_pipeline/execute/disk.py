"""Changing files so that a full disk or a kill leaves the old content or the new, and the trouble names the file."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from errno import EACCES, EDQUOT, EFBIG, EIO, EISDIR, ELOOP, ENOENT, ENOSPC, ENOTDIR, EPERM, EROFS
from pathlib import Path

from r2v_pipeline.errors import DiskTrouble

_NO_ROOM = (ENOSPC, EDQUOT, EFBIG)
_NO_LEAVE = (EACCES, EPERM, EROFS)
# What only says that there is no such file.
NO_FILE = (ENOENT, ENOTDIR, EISDIR, ELOOP)


def is_disk(error: OSError) -> bool:
    """Whether it is the disk that failed, and not a connection: the same for the next file, so a build stops."""
    return error.errno in _NO_ROOM or error.errno in _NO_LEAVE or error.errno == EIO


def trouble(error: OSError, path: str | Path) -> DiskTrouble:
    """The error in our words, with the file it happened to and what to do."""
    if error.errno in _NO_ROOM:
        help = "free some space there and run the same command again; nothing that is finished is lost"
    elif error.errno in _NO_LEAVE:
        help = "check who owns the file and its folder, and whether the disk is mounted read-only"
    else:
        help = "check the disk; nothing that is finished is lost"
    return DiskTrouble(f"cannot write {path}: {os.strerror(error.errno or EIO)}", help)


@contextlib.contextmanager
def reading(path: str | Path) -> Iterator[None]:
    """Turns an OSError inside that says nothing about what lies at `path` into DiskTrouble.

    That nothing lies there, or a folder, or a link to itself, is known by it, and is the caller's to catch.
    """
    try:
        yield
    except OSError as error:
        if error.errno in NO_FILE:
            raise
        help = "check the disk and who owns the file; nothing is bought again while it cannot be looked at"
        raise DiskTrouble(f"cannot read {path}: {os.strerror(error.errno or EIO)}", help) from error


@contextlib.contextmanager
def writing(path: str | Path) -> Iterator[None]:
    """Turns any OSError inside into DiskTrouble about `path`."""
    try:
        yield
    except OSError as error:
        raise trouble(error, path) from error


def sync_file(path: str | Path) -> None:
    """The bytes of a file are on the disk when this returns."""
    _sync(path, os.O_RDONLY)


def sync_folder(path: str | Path) -> None:
    """The names in a folder are on the disk when this returns: a rename is only then safe from a power cut."""
    _sync(path, os.O_RDONLY | os.O_DIRECTORY)


def make_folder(path: Path, known: set[Path] | None = None) -> None:
    """A folder for this user alone, whatever the umask says; a new one is known to its parent before we go on.

    One that is there may have been made by a build that was killed before its parent knew.  Where more than a folder
    hangs on its name, `known` has those whose names are safe; all others are made known again.
    """
    if path.is_dir() and (known is None or path in known):
        return
    if path.parent != path:
        make_folder(path.parent, known)
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
        path.chmod(0o700)
    sync_folder(path.parent)
    if known is not None:
        known.add(path)


def settle_folder(path: Path) -> None:
    """Every folder on the way to this one is known to its parent, whoever made it and however that ended."""
    for parent in path.parents:
        with contextlib.suppress(PermissionError):  # not ours to read, so not ours to have made anything in
            sync_folder(parent)


def replace_text(path: Path, text: str) -> None:
    """Write a small file whole or not at all; a file that says the same already is left alone.

    The caller holds the lock: half-written, it has a name that the next build takes for itself.
    """
    with writing(path):
        with contextlib.suppress(FileNotFoundError):
            if path.read_bytes() == text.encode():
                return
        temp = path.with_name(f"{path.name}.new")
        temp.write_bytes(text.encode())
        sync_file(temp)
        temp.replace(path)


def move_aside(path: Path, folder: Path, name: str) -> Path:
    """Move a file to the first free `name`, `name-2`, … of a folder, never over another; returns where it is now."""
    make_folder(folder)
    to, number = folder / name, 1
    while os.path.lexists(to):
        number += 1
        to = folder / f"{name}-{number}"
    path.rename(to)
    return to


def _sync(path: str | Path, flags: int) -> None:
    fd = os.open(path, flags)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
