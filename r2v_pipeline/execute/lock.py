"""One build at a time in a project: a kernel lock, gone with the process that held it, however that ended.

SQLite alone does not do: between two transactions a second build would see the first one's open attempts and take them
for leftovers of a dead process.  The lock is held from the first look at them to the last write.  It must not be
inherited: workers are started with a fresh interpreter (spawn), else a killed build's orphan would keep it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from errno import EACCES, EAGAIN
from pathlib import Path

from r2v_pipeline.errors import Busy, StateTrouble
from r2v_pipeline.execute.disk import trouble


@contextlib.contextmanager
def hold(path: Path) -> Iterator[None]:
    """Hold the project's lock for a `with` block; never waits.

    Raises:
        Busy: another process holds it; the message has its process id where known.
        StateTrouble: this system or this disk has no such locks.
    """
    try:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise trouble(error, path) from error
    try:
        _take(fd, path)
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(fd)


def _take(fd: int, path: Path) -> None:
    try:
        import fcntl

        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except ImportError as error:
        raise StateTrouble("this system has no file locks that r2v knows", "build on Linux or macOS") from error
    except OSError as error:
        if error.errno in (EAGAIN, EACCES):
            raise Busy(
                f"another r2v{_holder(fd)} is building in this project",
                "wait for it, or stop it with Ctrl-C: what it has finished is kept",
            ) from error
        raise StateTrouble(
            f"cannot lock {path}: {os.strerror(error.errno or 0)}", "set R2V_STATE_DIR to a folder on a local disk"
        ) from error


def _holder(fd: int) -> str:
    text = os.pread(fd, 32, 0).decode("ascii", "replace").strip()
    return f" (process {text})" if text.isdigit() else ""
