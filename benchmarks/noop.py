"""A build that has nothing to do, against build tools that are known to be quick at that.

    python benchmarks/noop.py [--shots 100 1000 10000] [--rounds 10] [--with doit snakemake]

The same graph for everybody: N specifications and 50 references make 2N jobs (a clip that needs its specification and
three references, and a conformed copy of it), and one that joins all.  For r2v the specifications are the shots of one
storyboard, and `seed.seed(project, shots)` leaves the state that a finished build of it leaves.  The others begin with
outputs that are there and newer than their inputs.  Before it is timed every tool runs once more, and has to leave
every output as it was.

ninja comes from PATH, else by pip; make from PATH or not at all; others are installed where `--with` names them.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import common
from seed import seed

REFERENCES = 50
DODO = """\
def touch(targets):
    open(targets[0], "w").close()

def task_job():
    for output, needs in JOBS:
        yield {"name": output, "file_dep": needs, "targets": [output], "actions": [touch]}
"""
SNAKEFILE = """\
rule film:
    input: [f"out/conformed{i}" for i in range(N)]
    output: "out/film"
    shell: "touch {output}"
rule conform:
    input: "out/clip{i}"
    output: "out/conformed{i,[0-9]+}"
    shell: "touch {output}"
rule clip:
    input: "spec/{i}.json", lambda w: [f"ref/{(int(w.i) + step) % R}.png" for step in range(3)]
    output: "out/clip{i,[0-9]+}"
    shell: "touch {output}"
"""
Graph = list[tuple[str, list[str]]]  # output, inputs; inputs before what needs them


def graph(shots: int) -> Graph:
    """Outputs with their inputs, as file names below the folder a tool works in."""
    jobs: Graph = []
    for i in range(shots):
        references = [f"ref/{(i + step) % REFERENCES}.png" for step in range(3)]
        jobs.append((f"out/clip{i}", [f"spec/{i}.json", *references]))
        jobs.append((f"out/conformed{i}", [f"out/clip{i}"]))
    return [*jobs, ("out/film", [f"out/conformed{i}" for i in range(shots)])]


def write_files(folder: Path, jobs: Graph) -> None:
    """Inputs first, then outputs in the order of the graph: every output is newer than what it is made of."""
    outputs = {output for output, _ in jobs}
    inputs = {name for _, needs in jobs for name in needs} - outputs
    for name in (*sorted(inputs), *(output for output, _ in jobs)):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, "utf-8")


def ninja(folder: Path, jobs: Graph, bin_folder: Path) -> list[str | Path]:
    """ninja knows what it has built from its own log: it has to build once."""
    rules = ["rule touch", "  command = touch $out"]
    rules += [f"build {output}: touch {' '.join(needs)}" for output, needs in jobs]
    (folder / "build.ninja").write_text("\n".join(rules) + "\n", "utf-8")
    return [shutil.which("ninja") or bin_folder / "ninja"]


def make(folder: Path, jobs: Graph, _bin_folder: Path) -> list[str | Path]:
    """make compares times; as everybody calls it, looking for built-in rules too."""
    rules = [f"{output}: {' '.join(needs)}\n\ttouch $@" for output, needs in reversed(jobs)]
    (folder / "Makefile").write_text("\n".join(rules) + "\n", "utf-8")
    return ["make"]


def bare_make(folder: Path, jobs: Graph, bin_folder: Path) -> list[str | Path]:
    """make without its built-in rules, which is the quickest that it can be."""
    return [*make(folder, jobs, bin_folder), "-rR"]


def doit(folder: Path, jobs: Graph, bin_folder: Path) -> list[str | Path]:
    """doit knows the digests of inputs from its own database: it has to build once."""
    (folder / "dodo.py").write_text(f"JOBS = {jobs!r}\n{DODO}", "utf-8")
    return [bin_folder / "doit", "-v0"]


def snakemake(folder: Path, jobs: Graph, bin_folder: Path) -> list[str | Path]:
    """snakemake by times alone, its lightest way; it then needs no metadata and has not built anything itself."""
    (folder / "Snakefile").write_text(f"N, R = {len(jobs) // 2}, {REFERENCES}\n{SNAKEFILE}", "utf-8")
    return [bin_folder / "snakemake", "--cores", "1", "--rerun-triggers", "mtime"]


TOOLS: dict[str, Callable[[Path, Graph, Path], list[str | Path]]] = {
    "ninja": ninja,
    "make": make,
    "make -rR": bare_make,
    "doit": doit,
    "snakemake": snakemake,
}


def other(name: str, folder: Path, shots: int, bin_folder: Path) -> common.Case:
    """A finished build of the graph by another tool."""
    folder.mkdir()
    jobs = graph(shots)
    write_files(folder, jobs)
    command = TOOLS[name](folder, jobs, bin_folder)
    return common.Case(name, command, folder, common.environment(HOME=str(folder)))


def ours(folder: Path, shots: int, bin_folder: Path) -> common.Case:
    """A finished build of a storyboard."""
    common.write_project(folder, shots, cast=REFERENCES)
    seed(folder, shots)
    env = common.environment(XDG_CACHE_HOME=str(folder.parent / "cache"))
    return common.Case("r2v build", [bin_folder / "r2v", "build", "storyboard.yaml", "--yes"], folder, env)


def outputs(folder: Path) -> dict[str, int]:
    """Times of all that a build makes: `out/` of the others; films, clips and lock of r2v."""
    places = (*folder.glob("out/**/*"), *folder.glob("build/**/*"), *folder.glob("*.lock.yaml"))
    return {str(path): path.stat().st_mtime_ns for path in places if path.is_file()}


def settle(case: common.Case) -> common.Case:
    """Let a tool finish what it has to know for itself, then hold it to having nothing to do."""
    case.run()
    before = outputs(case.cwd)
    case.run()
    if not before or before != outputs(case.cwd):
        raise SystemExit(f"{case.name}: the build that should do nothing changed its outputs, or there are none")
    return case


def main() -> int:
    """Measure and print one Markdown table for each number of shots."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--shots", type=int, nargs="+", default=[100, 1000, 10000])
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--with", dest="extra", nargs="*", default=[], choices=["doit", "snakemake"])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        base = Path(name)
        print("installing the wheel into a fresh environment", file=sys.stderr)
        wanted = options.extra + ([] if shutil.which("ninja") else ["ninja"])
        bin_folder = common.fresh_venv(base, *wanted)
        names = ["ninja", *(["make", "make -rR"] if shutil.which("make") else []), *options.extra]
        for shots in options.shots:
            folder = base / str(shots)
            folder.mkdir()
            print(f"preparing {shots} shots for r2v, {', '.join(names)}", file=sys.stderr)
            cases = [ours(folder / "r2v", shots, bin_folder)]
            cases += [other(tool, folder / tool, shots, bin_folder) for tool in names]
            cases = [settle(case) for case in cases]
            cases.append(common.Case("python -c pass", [bin_folder / "python", "-c", "pass"], folder, cases[0].env))
            report(shots, common.measure(cases, base="ninja", rounds=options.rounds), options.rounds)
            shutil.rmtree(folder)
    return 0


def report(shots: int, figures: list[common.Figure], rounds: int) -> None:
    """One table, quickest first."""
    rows = [[f"`{f.name}`", f"{f.least_ms:.1f}", f"{f.ratio:.2f}"] for f in sorted(figures, key=lambda f: f.least_ms)]
    print(f"Nothing to do, {shots} shots ({common.machine()}; {rounds} rounds)\n")
    print(common.table(["tool", "least ms", "× `ninja`"], rows), flush=True)


if __name__ == "__main__":
    sys.exit(main())
