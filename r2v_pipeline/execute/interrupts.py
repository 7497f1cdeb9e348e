"""Stopping a build: the first signal ends it in order, the second at once.

In order means: nothing more is asked for; a submit under way is waited for, since its answer is a bought clip's only
name; waiting and downloading are cut short, because the next build can take them up; what runs here is stopped, what
runs at a provider goes on.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import threading
from collections.abc import Iterator

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class Stopped(Exception):
    """The build is being stopped and this job has not ended; its row says how far it came."""


class Stop:
    """Whether the build is to stop, and which tasks may be cut short for it.  One event loop, one thread.

    `asked`: nothing more is begun, after a signal or after trouble with the machine; `signalled`: it was a signal.
    """

    def __init__(self) -> None:
        self.asked = False
        self.signalled = False
        self._cuttable: set[asyncio.Task[None]] = set()

    def ask(self) -> None:
        """Stop the build; asking twice changes nothing."""
        self.asked = True
        for task in list(self._cuttable):
            task.cancel()

    def check(self) -> None:
        """The last look before something is begun that will not be cut short.

        Raises:
            Stopped
        """
        if self.asked:
            raise Stopped

    @contextlib.contextmanager
    def cuttable(self) -> Iterator[None]:
        """What is awaited inside may be ended at any moment and begun again by another build.

        Raises:
            Stopped
        """
        self.check()
        task = asyncio.current_task()
        assert task is not None  # only coroutines come here
        self._cuttable.add(task)
        try:
            yield
        except asyncio.CancelledError:
            if not self.asked:
                raise
            task.uncancel()
            raise Stopped from None
        finally:
            self._cuttable.discard(task)


@contextlib.contextmanager
def listening(stop: Stop) -> Iterator[None]:
    """SIGINT, SIGTERM and SIGHUP ask for a stop while the block runs; a second one leaves the process at once.

    Off the main thread, and where the loop takes no signals, nothing is installed and signals do what they did.
    A SIGHUP that is ignored (nohup) stays ignored.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def heard() -> None:
        if stop.signalled:
            # Every row is durable; waiting for threads and workers here is what the user just refused to do.
            os._exit(130)
        stop.signalled = True
        stop.ask()

    loop, before = asyncio.get_running_loop(), {}
    try:
        for number in _SIGNALS:
            handler = signal.getsignal(number)
            if handler is signal.SIG_IGN:
                continue
            with contextlib.suppress(NotImplementedError):  # an event loop without signals: Python's own way holds
                loop.add_signal_handler(number, heard)
                before[number] = handler
        yield
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler or signal.SIG_DFL)
