"""What a build asks of the system for its project, and how one of these calls is made to fail: by strace."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

# Calls that change the project; without those that not every machine has by these names (`?`).
CHANGING = (
    "openat", "write", "pwrite64", "fsync", "fdatasync", "rename", "renameat", "renameat2", "unlink", "unlinkat",
    "mkdir", "mkdirat", "rmdir", "link", "linkat", "ftruncate", "fallocate", "chmod", "fchmod", "fchmodat", "fchown",
    "utimensat", "close",
)  # fmt: skip
# Calls that look at it, or lock it: a kill before one of them leaves what a kill after the change before it leaves.
LOOKING = ("read", "pread64", "getdents64", "newfstatat", "fcntl", "flock", "mmap")
# Calls that need room.
GROWING = frozenset(
    ("openat", "write", "pwrite64", "fsync", "fdatasync", "rename", "renameat", "renameat2", "mkdir", "mkdirat",
     "link", "linkat", "ftruncate", "fallocate")
)  # fmt: skip
FAULTS = {"SIGKILL": "signal=KILL", "EIO": "error=EIO", "ENOSPC": "error=ENOSPC"}

_CALL = re.compile(r"(\d+) +(\w+)\((.*)")
_HERE = re.compile(r'AT_FDCWD<([^>]*)>, "([^"]*)"')


class Cell(NamedTuple):
    """The `number`-th call of a name that a thread makes, and what happens to it."""

    call: str
    number: int
    fault: str


def allowed() -> str:
    """Why this machine cannot make system calls fail; empty where it can."""
    if not shutil.which("strace"):
        return "there is no strace here; the fault points of tests/execute are what is tortured"
    with tempfile.NamedTemporaryFile() as out:
        words = ["strace", "-f", "-o", out.name, "-e", "trace=getcwd", "-e", "inject=getcwd:error=EIO:when=1"]
        done = subprocess.run([*words, "sh", "-c", "exit 7"], capture_output=True, check=False)
    return "" if done.returncode == 7 else "no ptrace here; the fault points of tests/execute are what is tortured"


def traced(out: Path, calls: Iterable[str] = (*CHANGING, *LOOKING), cell: Cell | None = None) -> list[str]:
    """The words before a command that have its calls written to a file, one of them failing as the cell says."""
    names = ",".join(f"?{call}" for call in calls)
    words = ["strace", "-f", "-y", "-s", "200", "-o", str(out), "-e", f"trace={names}"]
    if cell is None or cell.fault != "SIGKILL":
        # Only what is traced stops the command, which is twice as fast; but then no signal can be given to it.
        words.append("--seccomp-bpf")
    return words if cell is None else [*words, "-e", f"inject={cell.call}:{FAULTS[cell.fault]}:when={cell.number}"]


def cells(trace: Path, folder: Path) -> list[Cell]:
    """Every fault at every call on the project that an undisturbed build made, in the order of the build.

    strace counts by thread, so where two threads make their n-th call of a name there, one cell strikes both.
    """
    counted: Counter[tuple[str, str]] = Counter()
    found: dict[tuple[str, int], None] = {}
    for line in trace.read_text("utf-8", "replace").splitlines():
        if not (match := _CALL.match(line)):
            continue
        thread, call, words = match.groups()
        counted[thread, call] += 1
        if on(words, folder):
            found[call, counted[thread, call]] = None
    return [Cell(call, number, fault) for call, number in found for fault in FAULTS if _applies(call, fault)]


def on(words: str, folder: Path) -> bool:
    """Whether the words of a call name something in the project; its being the current folder is no reason."""
    if (here := _HERE.search(words)) and not here[2].startswith("/"):
        return here[1].startswith(str(folder)) and here[2] != ""
    return str(folder) in _HERE.sub(r'"\2"', words)


def struck(trace: Path, folder: Path) -> str:
    """The call of the project that was made to fail; empty where it was none, or one of another thread elsewhere."""
    lines = trace.read_text("utf-8", "replace").splitlines()
    hit = [line for line in lines if "(INJECTED)" in line]
    return hit[0] if hit and all(on(line, folder) for line in hit) else ""


def _applies(call: str, fault: str) -> bool:
    if fault == "ENOSPC":
        return call in GROWING
    return fault == "EIO" or call in CHANGING
