"""What tells that a file or folder changed, without reading it.  Imports nothing but `os`: it is on the no-op path."""

from __future__ import annotations

import os

# Size, modification and change time in nanoseconds, inode; None where nothing is.
Signature = tuple[int, int, int, int] | None


def signature(name: str) -> Signature:
    """The signature of a path, symlinks followed.  A folder's own times tell when an entry came or went."""
    try:
        found = os.stat(name)
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino
