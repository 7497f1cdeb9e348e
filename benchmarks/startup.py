"""How long a command takes that has nothing to render, against `python -c pass`, the least that Python can do.

    python benchmarks/startup.py [--rounds 30] [--shots 100]

r2v runs from a fresh environment with the wheel installed: an editable install, a missing bytecode file or an
interpreter behind a shell script would each be measured instead of r2v.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

import common


def cases(folder: Path, bin_folder: Path, shots: int) -> list[common.Case]:
    """The commands; `cold` begins with an empty cache each time, `unchanged` with what the run before left."""
    project = folder / "project"
    common.write_project(project, shots)
    cold, warm = folder / "cold", folder / "warm"

    def case(name: str, *command: str, cache: Path = warm, emptied: bool = False) -> common.Case:
        before = (lambda: shutil.rmtree(cache, ignore_errors=True)) if emptied else None
        program, *words = command
        env = common.environment(XDG_CACHE_HOME=str(cache))
        return common.Case(name, [bin_folder / program, *words], project, env, before)

    return [
        case("python -c pass", "python", "-c", "pass"),
        case("r2v --version", "r2v", "--version"),
        case("r2v --help", "r2v", "--help"),
        case(f"r2v check, {shots} shots, cold", "r2v", "check", "storyboard.yaml", cache=cold, emptied=True),
        case(f"r2v check, {shots} shots, unchanged", "r2v", "check", "storyboard.yaml"),
    ]


def main() -> int:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--shots", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print("installing the wheel into a fresh environment", file=sys.stderr)
        found = cases(folder, common.fresh_venv(folder), options.shots)
        figures = common.measure(found, base=found[0].name, rounds=options.rounds)
    print(f"Start-up ({common.machine()}; {options.rounds} rounds)\n")
    rows = [[f"`{f.name}`", f"{f.least_ms:.1f}", f"{f.ratio:.2f}"] for f in figures]
    print(common.table(["command", "least ms", "× `python -c pass`"], rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
