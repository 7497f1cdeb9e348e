"""Changing files so that a full disk or a kill leaves the old content or the new, and the trouble names the file."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Iterator
from errno import EACCES, EDQUOT, EFBIG, EIO, ENOSPC, EPERM, EROFS
from pathlib import Path

from r2v_pipeline.errors import DiskTrouble

_NO_ROOM = (ENOSPC, EDQUOT, EFBIG)
_NO_LEAVE = (EACCES, EPERM, EROFS)


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


def make_folder(path: Path) -> None:
    """A folder for this user alone, whatever the umask says; a new one is known to its parent before we go on."""
    if path.is_dir():
        return
    make_folder(path.parent)
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
        path.chmod(0o700)
        sync_folder(path.parent)


def replace_text(path: Path, text: str) -> None:
    """Write a small file whole or not at all; a file that says the same already is left alone.

    Needs no lock: two that write the same text at once both succeed.
    """
    with writing(path):
        with contextlib.suppress(FileNotFoundError):
            if path.read_bytes() == text.encode():
                return
        temp = path.with_name(f"{path.name}.{uuid.uuid4().hex[:8]}")
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
