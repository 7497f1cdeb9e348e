"""What it costs to compare two revisions of a long storyboard, against compiling it twice.

    python benchmarks/diff.py [--rounds 10] [--shots 1000] [--commits 200]

A repository of many commits, each of which changes the words of one shot.  The base compiles the storyboard as it lies
on disk two times in one process and says nothing; `r2v diff` reads both sides out of Git's objects, compiles each,
compares and reports.  No cache is warm but the machine's own.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import common

TWICE = """\
import sys
from r2v_pipeline.cli.stages.front import Options, compiled, read
for _ in range(2):
    compilation, found = compiled(read(sys.argv[1], Options()))
    assert compilation
"""


def repository(folder: Path, shots: int, commits: int) -> Path:
    """A project with a history; returns its folder.  One import of a stream is quicker than hundreds of commits."""
    project = folder / "project"
    common.write_project(project, shots)
    (project / ".git").rmdir()
    subprocess.run(["git", "init", "-q", "-b", "main", str(project)], check=True)
    refs = sorted((project / "refs").iterdir())
    stream = [_file(f"refs/{path.name}", path.read_bytes()) for path in refs]
    lines = (project / "storyboard.yaml").read_text("utf-8").split("time ")
    out: list[bytes] = []
    for number in range(commits):
        place = 1 + number * (len(lines) - 1) // commits
        lines[place] = f"edit {number}, {lines[place]}"
        text = "time ".join(lines)
        said = f"edit {number}".encode()
        out.append(
            b"commit refs/heads/main\ncommitter A <a@example.org> %d +0000\ndata %d\n%s\n"
            % (1_700_000_000 + number, len(said), said)
        )
        out += [*(stream if not number else []), _file("storyboard.yaml", text.encode())]
    subprocess.run(["git", "-C", str(project), "fast-import", "--quiet"], input=b"".join(out), check=True)
    subprocess.run(["git", "-C", str(project), "reset", "--quiet", "--hard"], check=True)
    return project


def _file(path: str, data: bytes) -> bytes:
    return b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(data), data)


def main() -> int:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--shots", type=int, default=1000)
    parser.add_argument("--commits", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print("installing the wheel into a fresh environment", file=sys.stderr)
        bin_folder = common.fresh_venv(folder)
        project = repository(folder, options.shots, options.commits)
        env = common.environment(XDG_CACHE_HOME=str(folder / "cache"))
        last = f"HEAD~{options.commits - 1}..HEAD"

        def diff(name: str, *words: str) -> common.Case:
            return common.Case(name, [bin_folder / "r2v", "diff", "storyboard.yaml", *words], project, env)

        base = common.Case("compile twice", [bin_folder / "python", "-c", TWICE, "storyboard.yaml"], project, env)
        cases = [
            base,
            diff("`r2v diff`: nothing changed"),
            diff("`r2v diff HEAD~1..HEAD`: one shot", "HEAD~1..HEAD"),
            diff(f"`r2v diff {last}`: {options.commits - 1} shots", last),
            diff("the same as a comment on a pull request", last, "--format", "markdown"),
        ]
        figures = common.measure(cases, base=base.name, rounds=options.rounds)
    what = f"{options.commits} commits, {options.shots} shots"
    print(f"Comparing revisions, {what} ({common.machine()}; {options.rounds} rounds)\n")
    rows = [[figure.name, f"{figure.least_ms:.0f}", f"{figure.ratio:.2f}"] for figure in figures]
    print(common.table(["command", "least ms", "× compile twice"], rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
