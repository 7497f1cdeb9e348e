"""What tells that a file or folder changed, without reading it.  Imports nothing but `os`: it is on the no-op path."""

from __future__ import annotations

import os

# Size, change time in nanoseconds, inode; None where nothing is.  Nobody can set the change time, so it tells more than
# the modification time, which copies and checkouts put back.
Signature = tuple[int, int, int] | None


def signature(name: str) -> Signature:
    """The signature of a path, symlinks followed.  A folder's own times tell when an entry came or went."""
    try:
        found = os.stat(name)
    except OSError:
        return None
    return found.st_size, found.st_ctime_ns, found.st_ino
