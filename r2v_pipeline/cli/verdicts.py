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

from r2v_pipeline import __version__
from r2v_pipeline.source.signature import Signature, signature

# A file younger than this, measured from the start of the run, may change again without its times showing it.
_TICK_NS = 50_000_000

_KEEP = 500


def replay(given: list[str]) -> int | None:
    """Prints what this command printed last time and returns 0, or None when it has to run."""
    try:
        with open(_path(given), "rb") as stream:
            version, looked, text = marshal.loads(stream.read())  # load() would read byte by byte
        if version != _identity(given):
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
    if any(seen and seen[1] > started_ns - _TICK_NS for seen in inputs.values()):
        return
    looked = {**inputs, **{name: signature(name) for name in outputs}}
    path = _path(given)
    part = f"{path}.{os.getpid()}.part"
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with open(part, "wb") as stream:
            marshal.dump((_identity(given), looked, text), stream)
        os.replace(part, path)
        _prune(os.path.dirname(path))
    except (OSError, ValueError):
        return


def _prune(folder: str) -> None:
    """Keeps the cache small: the oldest entries go when there are too many."""
    names = os.listdir(folder)
    if len(names) > _KEEP:
        by_age = sorted(names, key=lambda name: (signature(os.path.join(folder, name)) or (0, 0, 0))[1])
        for name in by_age[: _KEEP // 5]:
            os.unlink(os.path.join(folder, name))


def _identity(given: list[str]) -> bytes:
    """What else decides the text: the version, the Python, the folder, the terminal, r2v's own environment.

    Kept as a digest: an environment may hold secrets, and no cache may.
    """
    mine = sorted((name, value) for name, value in os.environ.items() if name.startswith("R2V_"))
    plain = (os.environ.get("NO_COLOR", ""), os.environ.get("COLUMNS", ""))
    here = os.getcwd()
    return _digest([__version__, sys.version, here, *given, str(sys.stdout.isatty()), *plain, *map(repr, mine)])


def _path(given: list[str]) -> str:
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(home, "r2v", "verdicts", _digest([os.getcwd(), *given]).hex())


def _digest(words: list[str]) -> bytes:
    from _blake2 import blake2b  # hashlib itself takes longer to import than all that happens here

    return blake2b("\0".join(words).encode("utf-8", "surrogateescape"), digest_size=16).digest()


def now_ns() -> int:
    """The time of day in nanoseconds, as file systems stamp it."""
    return time.time_ns()
