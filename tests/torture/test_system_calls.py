"""Each system call on the project of a bought film is killed, fails with EIO, and with ENOSPC, once each.

All of them under `make torture`; in the suite a few of every name, the same ones every time.
"""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from calls import CHANGING, FAULTS, Cell, allowed, cells, on, struck, traced
from ordeal import MANY, MODES, QUICK, SMALLER, Trial, complaint

from r2v_pipeline.providers.fake.server import Running

AT_ONCE = 3
# One job at a time: then a call has the same number in every build.
IN_ORDER = f"{QUICK},running=1"
WEIGHTY = ("pwrite64", "fsync", "fdatasync", "rename")


@pytest.fixture(scope="module")
def ptrace() -> None:
    if why := allowed():
        pytest.skip(why)


@pytest.mark.torture
def test_each_call_fails_once(
    tmp_path: Path,
    vendor: Running,
    environment: dict[str, str],
    films: dict[str, bytes],
    ptrace: None,  # noqa: ARG001
) -> None:
    calm = Trial(tmp_path / "calm", vendor, environment, MODES[0], SMALLER, IN_ORDER)
    out = tmp_path / "calm.trace"
    assert 0 == calm.build(before=traced(out)).rc
    points = cells(out, calm.folder)
    assert {"openat", "pwrite64", "fdatasync", "fsync", "flock", "close"} <= {cell.call for cell in points}
    chosen = points if MANY else some(points)
    landed: list[bool] = []

    def one(number: int) -> str:
        cell, mode = chosen[number], MODES[number % 3]
        trial = Trial(tmp_path / str(number), vendor, environment, mode, SMALLER, IN_ORDER)
        trace = tmp_path / f"{number}.trace"
        hit = trial.build(before=traced(trace, (cell.call,), cell))
        here = hit.rc == -9 if cell.fault == "SIGKILL" else bool(struck(trace, trial.folder))
        landed.append(here)
        why = (complaint(hit) if here else "") or trial.mended(films[SMALLER], tidy=hit.rc != 0, done=hit)
        if why:
            return f"{cell} ({mode}): {why}\n{struck(trace, trial.folder)}"
        shutil.rmtree(trial.folder)
        trace.unlink()
        return ""

    with ThreadPoolExecutor(AT_ONCE) as pool:
        wrong = [line for line in pool.map(one, range(len(chosen))) if line]
    print(f"{len(points)} points; {len(chosen)} tried, {sum(landed)} struck the project")
    assert not wrong, f"{len(wrong)} of {len(chosen)}\n" + "\n".join(wrong)
    assert sum(landed) >= 0.8 * len(chosen), "calls have other numbers than in the calm build"


def some(points: list[Cell]) -> list[Cell]:
    """Every fault of the calls that matter most and one of each other name, some from the beginning of the build and
    some from its end."""
    kinds: dict[tuple[str, str], list[Cell]] = {}
    for cell in points:
        kinds.setdefault((cell.call, cell.fault if cell.call in WEIGHTY else ""), []).append(cell)
    return [cells[n * 7 % 10 * len(cells) // 10] for n, cells in enumerate(kinds.values())]


def test_only_calls_on_the_project_count() -> None:
    here = Path("/p/q")
    assert on('AT_FDCWD</p/q>, "s.yaml", O_RDONLY', here)
    assert on('AT_FDCWD</tmp>, "/p/q/.r2v/lock", O_RDWR', here)
    assert on("5</p/q/.r2v/state.db>, ..., 4096, 0", here)
    assert not on('AT_FDCWD</p/q>, "/usr/lib/x.so", O_RDONLY', here)
    assert not on("5</usr/lib/x.so>, 1024", here)


def test_faults_of_every_kind_are_among_the_points(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    trace.write_text('1 openat(AT_FDCWD</x>, "/lib/a") = 3\n1 openat(AT_FDCWD</x>, "/p/a") = 4\n2 fsync(4</p/a>) = 0\n')
    found = cells(trace, Path("/p"))
    assert [Cell(call, n, fault) for call, n in (("openat", 2), ("fsync", 1)) for fault in FAULTS] == found
    assert {cell.call for cell in found} <= {*CHANGING}
