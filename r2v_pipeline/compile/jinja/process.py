"""The rendering process as r2v sees it: started at the first whole template, killed when one takes too long.

A template of a stranger may compute for ever inside one operation of the interpreter, which no alarm interrupts, or ask
for all memory.  In a process of its own neither reaches r2v.
"""

from __future__ import annotations

import atexit
import os
import select
import sys
from collections.abc import Callable
from typing import Any

import r2v_pipeline
from r2v_pipeline.compile.jinja.frames import receive, send

START_SECONDS = 30.0
# The kernel counts processor time and ends a template at its limit; this, in seconds of the wall, is for a process
# that does not even get that far.
WALL_SECONDS = 10.0
MAX_FILES = 200

# Looks at the pipe before going to sleep over it: most answers come in less time than waking up takes.
_PATIENCE = 100

_BOOT = "import sys; sys.path += sys.argv[1:]; from r2v_pipeline.compile.jinja.child import main; main()"


class Died(Exception):
    """The process ended under a template; `too_long` whether it was ended for the time it took."""

    def __init__(self, too_long: bool) -> None:
        super().__init__(too_long)
        self.too_long = too_long


class CannotStart(Exception):
    """This machine gives no process to render in."""


class Process:
    """One rendering process.  What goes wrong in an exchange, a Ctrl-C too, ends it: nobody could tell its answers."""

    def __init__(self) -> None:
        """Starts it and waits until it is ready.

        Raises:
            CannotStart: there is none to be had.
        """
        self._pid = 0
        self.owner = os.getpid()
        self._in, self._out = -1, -1
        try:
            self._start()
            if self._hear(START_SECONDS)[0] != "ready":
                raise CannotStart
        except (OSError, EOFError, Died):
            self.close()
            raise CannotStart from None
        except BaseException:  # an interrupt too: no child is left behind
            self.close()
            raise
        atexit.register(self.close)

    def board(self, shared: dict[str, Any], cast: dict[str, Any]) -> None:
        """Begins another storyboard: the names that its texts share, and the fields of its cast.

        Raises:
            Died: it is not there any more.
        """
        self._guarded(lambda: send(self._out, ("board", shared, cast)))

    def render(
        self, seconds: float, request: tuple[Any, ...], source: Callable[[str], str | None]
    ) -> tuple[str, list[tuple[str, bool]], tuple[str, str, int, str] | None, float]:
        """The text of a template, whom it named, why there is no text, and how long it took (see `Renderer.took`).

        `source` gives the text of a template file that this one includes.

        Raises:
            Died: it took longer than `seconds`, or the process broke.
        """
        return self._guarded(lambda: self._rendered(seconds, request, source))  # type: ignore[no-any-return]

    def _rendered(self, seconds: float, request: tuple[Any, ...], source: Callable[[str], str | None]) -> Any:
        send(self._out, ("render", seconds, *request))
        asked = 0
        while True:
            what, *rest = self._hear(WALL_SECONDS)
            if what == "done":
                return rest
            asked += 1
            send(self._out, ("source", source(rest[0]) if asked <= MAX_FILES else None))

    def close(self) -> None:
        """Ends the process and waits for its end, which is at once.  Twice is as good as once."""
        if self._pid and self.owner == os.getpid():
            try:
                os.kill(self._pid, 9)
                os.waitpid(self._pid, 0)
            except OSError:
                pass  # somebody else has waited for it
        self._pid = 0
        self._let_go()
        atexit.unregister(self.close)

    def _let_go(self) -> None:
        for end in (self._in, self._out):
            if end >= 0:
                os.close(end)
        self._in = self._out = -1

    def _guarded(self, exchange: Callable[[], Any]) -> Any:
        try:
            return exchange()
        except (EOFError, OSError):
            raise Died(self._ended_by_time()) from None
        except BaseException:  # an interrupt too: no child is left behind
            self.close()
            raise

    def _ended_by_time(self) -> bool:
        """Takes leave of a process whose pipe has closed; whether the kernel ended it for its processor time."""
        import signal

        status = 0
        try:
            os.kill(self._pid, 9)  # it has ended, or has closed its end and should; an end that it has met stays told
            status = os.waitpid(self._pid, 0)[1]
            self._pid = 0
        except OSError:
            pass  # somebody else has waited for it
        finally:
            self.close()
        return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGPROF

    def _hear(self, seconds: float) -> Any:
        """One value from the process.

        Raises:
            Died: nothing came for so long; it is killed.
            EOFError: it has ended.
        """
        poll = select.poll()
        poll.register(self._in, select.POLLIN)

        def read(most: int) -> bytes:
            for _ in range(_PATIENCE):
                if poll.poll(0):
                    return os.read(self._in, most)
                os.sched_yield()
            if not poll.poll(seconds * 1000):
                self.close()
                raise Died(True)
            return os.read(self._in, most)

        return receive(read)

    def _start(self) -> None:
        if not hasattr(os, "posix_spawn") or not sys.executable or getattr(sys, "frozen", False):
            raise CannotStart
        there, self._out = os.pipe()
        self._in, here = os.pipe()
        try:
            if min(there, here, self._in, self._out) <= 2:
                raise CannotStart  # r2v itself was started without some of its three streams
            actions = [
                (os.POSIX_SPAWN_DUP2, there, 0),
                (os.POSIX_SPAWN_DUP2, here, 1),
                (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
            ]
            # A group of its own: a Ctrl-C at the terminal is for r2v alone.
            self._pid = os.posix_spawn(sys.executable, _command(), _environment(), file_actions=actions, setpgroup=0)
        finally:
            os.close(there)
            os.close(here)


def _command() -> list[str]:
    """The interpreter without site, environment or current folder: what it imports is what r2v itself would import."""
    quiet = ["-B"] if sys.dont_write_bytecode else []
    home = os.path.dirname(os.path.dirname(os.path.abspath(r2v_pipeline.__file__)))
    here = os.path.realpath(os.getcwd())
    others = [path for path in sys.path if os.path.isabs(path) and os.path.realpath(path) not in (here, home)]
    return [sys.executable, "-I", "-S", *quiet, "-c", _BOOT, home, *others]


def _environment() -> dict[str, str]:
    """What the loader of libraries may need, and no secret."""
    return {name: value for name, value in os.environ.items() if name.startswith(("LD_LIBRARY", "DYLD_"))}
