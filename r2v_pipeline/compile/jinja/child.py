"""The process in which templates render: `python -I -S -c …`, started and killed by compile/jinja/process.py.

It holds its own limits as well: processor time for each template, by a timer of the kernel that no computation can
put off, and memory.  It ends when r2v does, because its input ends.  It opens no file and has no environment.
"""

from __future__ import annotations

import os
import resource
import signal
from typing import Any

from r2v_pipeline.compile.jinja.frames import receive, send
from r2v_pipeline.compile.jinja.render import Renderer, Request

MEMORY = 256 << 20

# What r2v says.
BOARD, RENDER, SOURCE = "board", "render", "source"
# What is said to r2v.
READY, ASK, DONE = "ready", "ask", "done"


def main() -> None:
    """Answers until the input ends."""
    # A Ctrl-C is r2v's to deal with.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    # What r2v was started with is not for this process, and would be kept open by it.
    os.closerange(3, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    _limit()
    renderer = Renderer(_ask)
    send(1, (READY,))
    try:
        while True:
            what, *rest = _hear()
            if what == BOARD:
                renderer.board(*rest)
            else:
                _render(renderer, *rest)
    except (EOFError, BrokenPipeError):
        os._exit(0)


def _render(renderer: Renderer, allowed: float, text: str, values: dict[str, Any], words: Any, file: str) -> None:
    """One template, in `allowed` seconds of processor time: past them the kernel ends this process."""
    signal.setitimer(signal.ITIMER_PROF, allowed)
    answer = renderer.render(Request(text, values, words, file))
    signal.setitimer(signal.ITIMER_PROF, 0)
    failure = answer.failure and tuple(answer.failure)
    send(1, (DONE, answer.text, answer.mentions, failure, renderer.took))


def _ask(name: str) -> str | None:
    send(1, (ASK, name))
    _, text = _hear()
    return text if isinstance(text, str) else None


def _hear() -> Any:
    return receive(lambda most: os.read(0, most))


def _limit() -> None:
    """So much memory beyond what is in use now, no file written, no core dumped."""
    for what, most in ((resource.RLIMIT_AS, _in_use() + MEMORY), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)):
        try:
            resource.setrlimit(what, (most, most))
        except (OSError, ValueError):
            continue  # a limit that this system has lower, or not at all


def _in_use() -> int:
    """Bytes of address space; where the system does not tell, as much again as is allowed."""
    try:
        with open("/proc/self/statm", "rb") as stream:
            return int(stream.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return MEMORY
