"""The verdict cache: what a command said last time, as long as nothing that it looked at has changed.

Nothing is believed but the file system: every file and folder that the last run looked at is compared by size, change
time and inode, so any changed byte that `make` or `ninja` would notice is noticed.  An input changed within the run
that looked at it is not recorded at all (a clock tick may hide the second change).  Only successes are kept.  The cache
lies in the user's own cache folder; losing it costs time and nothing else.

Only builtin modules are imported to replay: this is the whole cost of a command with nothing to do.
"""

from __future__ import annotations

import marshal
import os
import sys
import time

from r2v_pipeline.cli import cache
from r2v_pipeline.source.signature import Signature, signature

# A file younger than this, measured from the start of the run, may change again without its times showing it.
_TICK_NS = 50_000_000


def replay(given: list[str]) -> int | None:
    """Prints what this command printed last time and returns 0, or None when it has to run."""
    try:
        version, looked, text = marshal.loads(cache.read(_path(given)))
        if version != cache.identity(given):
            return None
        for name, seen in looked.items():
            if signature(name) != seen:
                return None
        sys.stdout.write(text)
        sys.stdout.flush()
    except (OSError, ValueError, EOFError, TypeError):
        return None
    return 0


def record(given: list[str], inputs: dict[str, Signature], outputs: list[str], text: str, started_ns: int) -> None:
    """Keeps a success: `inputs` as they were when they were read, `outputs` as they are now.  Best effort."""
    if not at_rest(inputs, started_ns):
        return
    looked = {**inputs, **{name: signature(name) for name in outputs}}
    try:
        cache.write(_path(given), marshal.dumps((cache.identity(given), looked, text)))
    except ValueError:  # what marshal has no form for
        return


def at_rest(inputs: dict[str, Signature], started_ns: int) -> bool:
    """Whether none of these was changed so shortly before a run that a change within it might not show."""
    return not any(seen and seen[1] > started_ns - _TICK_NS for seen in inputs.values())


def now_ns() -> int:
    """The time of day in nanoseconds, as file systems stamp it."""
    return time.time_ns()


def _path(given: list[str]) -> str:
    return cache.path_of("verdicts", [os.getcwd(), *given])
