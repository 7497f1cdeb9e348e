"""A limit on how long a template of a stranger may run."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class TooLong(BaseException):
    """The time is over.  Not an Exception: nothing that runs under the limit may catch it."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raises `TooLong` in the block when it lasts longer than this, in wall-clock seconds.

    It works by an alarm, so only on the main thread of a system that has one; elsewhere the limits on ranges and sizes
    of the sandbox stand alone.  An alarm of somebody else's would be lost, so where one is set, none is set here.
    """
    here = threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer")
    if not here or signal.getitimer(signal.ITIMER_REAL)[0]:
        yield
        return

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise TooLong

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
