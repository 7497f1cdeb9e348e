"""What a compile of a long storyboard costs, against good practice on the same libraries and against their floor.

    python benchmarks/compile.py [--rounds 5] [--shots 10000] [--most 100000] [--only whole,check,compile,growth]

Every case is a process of its own, imports included, and what counts is its CPU time: user and system.  The floor is
PyYAML's C parser handing out its events, and nothing done with them; good practice is practice.py.  r2v reads,
validates, checks, expands, makes all keys and builds the networkx graph of the jobs.

Growth is measured from a tenth of `--shots` to `--most`, 1,000 shots in each included file.  Edited and faulty: the
commands `r2v check` and `r2v compile --format json` as they are typed, with one text of one shot changed since the run
before, and with an unknown name in shot 9,000 of 10,000, for one who has never checked this storyboard and for one who
has.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Callable
from math import log
from pathlib import Path
from statistics import median
from typing import NamedTuple

import common

FLOOR = """\
import sys, yaml
parser = yaml.CSafeLoader(open(sys.argv[1], encoding="utf-8").read())
while parser.get_event().__class__ is not yaml.StreamEndEvent:
    pass
"""
WHOLE = """\
import sys
from r2v_pipeline.cli.stages.front import Options, compiled, read
from r2v_pipeline.plan.graph import job_graph
compilation, found = compiled(read(sys.argv[1], Options()))
print(len(job_graph(compilation)))
"""
IN_ONE_FILE = 1000


class Case(NamedTuple):
    """One process.  `before` runs unmeasured before each run; `code` is how it ends when all is well."""

    name: str
    command: list[str]
    cwd: Path
    env: dict[str, str]
    before: Callable[[], object] | None = None
    code: int = 0

    def run(self) -> tuple[float, float]:
        """CPU seconds and peak memory in MB."""
        if self.before:
            self.before()
        out = os.open(os.devnull, os.O_WRONLY)
        actions = [(os.POSIX_SPAWN_DUP2, out, 1), (os.POSIX_SPAWN_DUP2, out, 2)]
        here = Path.cwd()
        os.chdir(self.cwd)
        child = os.posix_spawn(self.command[0], self.command, self.env, file_actions=actions)
        os.chdir(here)
        _, status, used = os.wait4(child, 0)
        os.close(out)
        if os.waitstatus_to_exitcode(status) != self.code:
            raise SystemExit(f"{self.name}: exit {os.waitstatus_to_exitcode(status)}: {' '.join(self.command)[-200:]}")
        return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


class Figure(NamedTuple):
    """Least CPU seconds, the median over rounds of the ratio to the base, and the peak memory in MB."""

    seconds: float
    ratio: float
    memory: float


def measure(cases: list[Case], base: str, rounds: int) -> dict[str, Figure]:
    """Every case once a round, in random order; one unmeasured round first."""
    shuffled = random.Random(1)
    taken: dict[str, list[tuple[float, float]]] = {case.name: [] for case in cases}
    for number in range(rounds + 1):
        for case in shuffled.sample(cases, len(cases)):
            found = case.run()
            if number:
                taken[case.name].append(found)
    return {
        name: Figure(
            min(seconds for seconds, _ in runs),
            median(run[0] / other[0] for run, other in zip(runs, taken[base], strict=True)),
            max(memory for _, memory in runs),
        )
        for name, runs in taken.items()
    }


def whole(bin_folder: Path, project: Path, env: dict[str, str], *, practice: bool) -> list[Case]:
    """The compile of one file, and what it is held against."""
    python, board = str(bin_folder / "python"), "storyboard.yaml"
    schema = str(common.ROOT / "schemas" / "storyboard-1.schema.json")
    program = str(Path(__file__).with_name("practice.py"))
    cases = [
        Case("floor: C events alone", [python, "-c", FLOOR, board], project, env),
        Case("r2v", [python, "-c", WHOLE, board], project, env),
    ]
    return cases + [Case("good practice", [python, program, board, schema], project, env)] * practice


def grown(folder: Path, shots: int) -> Path:
    """A project whose shots are spread over included files."""
    common.write_project(folder, 0)
    text = common.storyboard(shots)
    head, _, listed = text.partition("shots:\n")
    parts = [f"  - id: {part}" for part in listed.split("  - id: ")[1:]]
    (folder / "parts").mkdir()
    for number in range(0, shots, IN_ONE_FILE):
        text = "shots:\n" + "".join(parts[number : number + IN_ONE_FILE])
        (folder / "parts" / f"{number // IN_ONE_FILE:04d}.yaml").write_text(text, "utf-8")
    (folder / "storyboard.yaml").write_text(head.replace("\n\n", "\ninclude: parts/*.yaml\n\n", 1), "utf-8")
    return folder


def changed(command: list[str], project: Path, env: dict[str, str], shots: int) -> list[Case]:
    """A command on a storyboard that it never saw, on one of which it knows all shots but one, and on faulty ones."""
    board, cache = project / "storyboard.yaml", Path(env["XDG_CACHE_HOME"])
    text = board.read_text("utf-8")
    first, last = text.split(f"- id: s{shots * 9 // 10:05d}", 1)
    edits = iter(range(1 << 30))
    name = " ".join(command[1:])

    def write(old: str, new: str) -> None:
        board.write_text(f"{first}- id: s{shots * 9 // 10:05d}{last.replace(old, new, 1)}", "utf-8")

    def cold() -> None:
        shutil.rmtree(cache, ignore_errors=True)
        write("", "")

    def known() -> None:
        write("a long film", f"the film, version {next(edits)},")
        Case("before an edit", command, project, env).run()

    def edited() -> None:
        known()
        write("a long film", f"the film, cut {next(edits)},")

    def faulty() -> None:
        write("{{ season", "{{ saeson")

    return [
        Case(f"`{name}`, cold", command, project, env, cold),
        Case("one shot edited", command, project, env, edited),
        Case("an error in one shot, cold", command, project, env, lambda: (cold(), faulty()), 1),
        Case("one shot edited, with an error", command, project, env, lambda: (known(), faulty()), 1),
    ]


def main() -> int:
    """Measure and print Markdown tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--shots", type=int, default=10_000)
    parser.add_argument("--most", type=int, default=100_000)
    parser.add_argument("--only", default="whole,check,compile,growth", metavar="TABLES")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print("installing the wheel into a fresh environment", file=sys.stderr)
        bin_folder = common.fresh_venv(folder)
        env = common.environment(XDG_CACHE_HOME=str(folder / "cache"))
        project = folder / "project"
        common.write_project(project, options.shots)
        tables, r2v = options.only.split(","), str(bin_folder / "r2v")
        if "whole" in tables:
            report_whole(whole(bin_folder, project, env, practice=True), options)
        if "check" in tables:
            report_changed(changed([r2v, "check", "storyboard.yaml"], project, env, options.shots), options)
        if "compile" in tables:
            words = ["compile", "storyboard.yaml", "--format", "json"]
            report_changed(changed([r2v, *words], project, env, options.shots), options)
        if "growth" in tables:
            report_growth(bin_folder, folder, env, options)
    return 0


def report_whole(cases: list[Case], options: argparse.Namespace) -> None:
    """CPU time and memory of one long file."""
    figures = measure(cases, cases[0].name, options.rounds)
    ours = figures["r2v"]
    rows = [
        [name, f"{f.seconds:.2f}", f"{f.ratio:.2f}", f"{f.seconds / ours.seconds:.1f}", f"{f.memory:.0f}"]
        for name, f in figures.items()
    ]
    print(f"The whole compile, {options.shots} shots ({common.machine()}; {options.rounds} rounds)\n")
    print(common.table(["", "least CPU s", "× floor", "× r2v", "peak MB"], rows), flush=True)


def report_changed(cases: list[Case], options: argparse.Namespace) -> None:
    """What is saved after an edit, and what an error costs."""
    figures = measure(cases, cases[0].name, options.rounds)
    rows = [[name, f"{f.seconds:.2f}", f"{f.ratio:.3f}", f"{f.memory:.0f}"] for name, f in figures.items()]
    print(f"After an edit, {options.shots} shots ({options.rounds} rounds)\n")
    print(common.table(["", "least CPU s", "× cold", "peak MB"], rows), flush=True)


def report_growth(bin_folder: Path, folder: Path, env: dict[str, str], options: argparse.Namespace) -> None:
    """CPU time by number of shots, and the exponent between neighbours."""
    sizes = [options.shots // 10]
    while sizes[-1] * 10 <= options.most:
        sizes.append(sizes[-1] * 10)
    rows: list[list[str]] = []
    before = 0.0
    for shots in sizes:
        case = whole(bin_folder, grown(folder / f"grown{shots}", shots), env, practice=False)[1]
        figure = measure([case], case.name, max(1, options.rounds // 2))[case.name]
        exponent = f"{log(figure.seconds / before) / log(10):.2f}" if before else ""
        rows.append([str(shots), f"{figure.seconds:.2f}", exponent, f"{figure.memory:.0f}"])
        before = figure.seconds
    print(f"Growth, {IN_ONE_FILE} shots in each included file\n")
    print(common.table(["shots", "least CPU s", "exponent", "peak MB"], rows), flush=True)


if __name__ == "__main__":
    sys.exit(main())
