"""What the benchmarks share: storyboards of any length, an environment to measure in, a fair way to take times.

Times on a shared machine mean little by themselves.  So all cases run once a round, in random order; what is reported
is the median over rounds of the ratio to one case of the same round, and the least milliseconds seen.
"""

from __future__ import annotations

import os
import random
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
VERBS = ("crosses", "looks over", "runs along", "waits beside", "climbs over", "paints", "repairs", "guards")
PLACES = ("the harbour wall", "the lamp room", "the winding stairs", "the north shore", "the boat shed", "the pier")


def storyboard(shots: int, cast: int = 3) -> str:
    """A storyboard of about 1.28 KB a shot: four segments each, texts that differ from shot to shot, plain names.

    `cast` members with a picture each; a shot speaks of three of them.
    """
    members = "\n".join(
        f'  m{i}: {{kind: person, image: refs/m{i}.png, look: "coat number {i}, short hair"}}' for i in range(cast)
    )
    head = f"r2v: 1\ntitle: A film of {shots} shots\n\nvars: {{season: late autumn}}\n\ncast:\n{members}\n\nshots:\n"
    return head + "".join(_shot(number, cast) for number in range(shots))


def _shot(number: int, cast: int) -> str:
    pick = random.Random(number)
    who = [f"m{(number + step) % cast}" for step in range(3)]
    lines = [
        f"  - id: s{number:05d}",
        f"    intro: Shot {number} of a long film that was made to be measured, in {{{{ season }}}}, with patience.",
        "    segments:",
    ]
    for beat in range(4):
        first, second = who[beat % 3], who[(beat + 1) % 3]
        lines += [
            "      - for: 2.5s",
            (
                f'        action: "{{{{ {first.capitalize()} }}}} {pick.choice(VERBS)} {pick.choice(PLACES)}, '
                f'time {pick.randrange(100)} of this day, while {{{{ {second} }}}} counts the gulls on the rail."'
            ),
            f"        camera: {{size: medium, angle: low, move: slow push in over {pick.randrange(2, 9)} steps}}",
            "        sound: wind and a distant bell",
        ]
    lines += [
        f'        say: {{{who[0]}: "That makes {pick.randrange(1000)} so far."}}',
        "    style: soft light, fine grain, muted colours, the look of an old travel film",
        "    tags: [measured]",
    ]
    return "\n".join(lines) + "\n"


def write_project(folder: Path, shots: int, cast: int = 3) -> Path:
    """A project with one storyboard and a picture for each cast member; returns the storyboard's path."""
    (folder / ".git").mkdir(parents=True, exist_ok=True)
    (folder / "refs").mkdir(exist_ok=True)
    for i in range(cast):
        (folder / "refs" / f"m{i}.png").write_bytes(picture(i))
    path = folder / "storyboard.yaml"
    path.write_text(storyboard(shots, cast), "utf-8")
    return path


def picture(number: int, size: int = 256) -> bytes:
    """A PNG of one colour; different bytes for different numbers."""
    colour = bytes(((number * 37) % 256, (number * 91 + number // 256) % 256, 128))
    rows = zlib.compress((b"\0" + colour * size) * size)
    header = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", rows), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def environment(**variables: str) -> dict[str, str]:
    """Variables for what is measured: bytecode is kept, no foreign path, no colour."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return {**kept, "NO_COLOR": "1", **variables}


def fresh_venv(folder: Path, *packages: str) -> Path:
    """A new environment with r2v installed from its wheel, as a user gets it (bytecode compiled); its bin folder."""
    wheels = folder / "wheels"
    pip = [sys.executable, "-m", "pip", "-qq", "--disable-pip-version-check"]
    quiet = {"check": True, "env": environment()}
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", str(wheels), str(ROOT)], **quiet)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / "venv")], **quiet)
    bin_folder = folder / "venv" / "bin"
    wheel = next(wheels.glob("*.whl"))
    subprocess.run([*pip, "--python", str(bin_folder / "python"), "install", str(wheel), *packages], **quiet)
    return bin_folder


class Case(NamedTuple):
    """One command to be timed.  `before` runs untimed before each run (to empty a cache, say)."""

    name: str
    command: Sequence[str | Path]
    cwd: Path
    env: Mapping[str, str]
    before: Callable[[], object] | None = None

    def run(self) -> float:
        """Milliseconds of wall clock, from before the process exists until it has ended."""
        if self.before:
            self.before()
        start = time.perf_counter()
        done = subprocess.run(self.command, cwd=self.cwd, env=self.env, capture_output=True, check=False)
        spent = (time.perf_counter() - start) * 1000
        if done.returncode:
            raise SystemExit(f"{self.name}: exit {done.returncode}\n{(done.stdout + done.stderr).decode()[-2000:]}")
        return spent


class Figure(NamedTuple):
    """What a case took: least milliseconds, and the median of its per-round ratios to the base case."""

    name: str
    least_ms: float
    ratio: float


def measure(cases: Sequence[Case], base: str, rounds: int) -> list[Figure]:
    """Every case once a round, in random order; one untimed round first, to fill the machine's file cache."""
    shuffled = random.Random(1)
    times: dict[str, list[float]] = {case.name: [] for case in cases}
    for number in range(rounds + 1):
        for case in shuffled.sample(cases, len(cases)):
            spent = case.run()
            if number:
                times[case.name].append(spent)
    ratios = {name: median(a / b for a, b in zip(taken, times[base], strict=True)) for name, taken in times.items()}
    return [Figure(case.name, min(times[case.name]), ratios[case.name]) for case in cases]


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table, first column to the left and all others to the right."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def machine() -> str:
    """The line that belongs above every table: figures of another machine are other figures."""
    return f"{os.cpu_count()} cores, {sys.platform}, Python {sys.version.split()[0]}"
