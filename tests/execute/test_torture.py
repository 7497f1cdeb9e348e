"""A build is killed at every step it takes, and run again: nothing is bought twice, no clip is lost.

The provider's bill is a file of its own, synced at every submit, so what it says does not depend on what r2v remembers.
"""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from scripted import OUTPUT, clip_of, names, spliced

from r2v_pipeline.execute import fault
from r2v_pipeline.execute.journal_view import read

HERE = Path(__file__).parent
KILLED = -9
CLIPS = {
    **{job: clip_of(job) for job in ("s1", "s2.1", "s2.2")},
    "s2": spliced((clip_of("s2.1"), 2000), (clip_of("s2.2"), 1500)),
}
# Between the row and the written answer nobody can know whether the provider took it.
IN_DOUBT = ("intent.durable", "answer.read")


def run(project: Path, environment: dict[str, str], at: int, cost: str) -> subprocess.CompletedProcess[str]:
    project.mkdir(exist_ok=True)
    bill = project.with_suffix(".bill")
    bill.touch()
    return subprocess.run(
        [sys.executable, str(HERE / "build_once.py"), str(project), str(bill), str(at), cost],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def bill(project: Path) -> list[str]:
    return [line.split()[0] for line in project.with_suffix(".bill").read_text().splitlines()]


@pytest.fixture(scope="module")
def points(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Every fault point that an undisturbed build passes, in order."""
    project = tmp_path_factory.mktemp("undisturbed") / "project"
    import r2v_pipeline

    environment = {**os.environ, "PYTHONPATH": str(Path(r2v_pipeline.__file__).parent.parent)}
    done = run(project, environment, 0, "paid")
    assert 0 == done.returncode, done.stderr
    return done.stdout.splitlines()[:-1]


def test_every_fault_point_is_passed(points: list[str]) -> None:
    """A point that no build passes is a step that nothing tortures."""
    assert set(fault.POINTS) == set(points)
    assert list(fault.POINTS) == list(dict.fromkeys(points)), "fault.POINTS is in the order of the build"


@pytest.mark.torture
@pytest.mark.parametrize("cost", ["paid", "free"])
def test_killed_anywhere_and_built_again(
    tmp_path: Path, environment: dict[str, str], points: list[str], cost: str
) -> None:
    def one(at: int) -> str:
        name = points[at - 1]
        project = tmp_path / f"{at}-{name}"
        killed = run(project, environment, at, cost)
        again = run(project, environment, 0, cost)
        return judge(project, name, cost, killed, again)

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(one, range(1, len(points) + 1)))
    assert [] == [line for line in found if line]


def judge(
    project: Path,
    name: str,
    cost: str,
    killed: subprocess.CompletedProcess[str],
    again: subprocess.CompletedProcess[str],
) -> str:
    """Empty, or what is wrong."""
    where = f"{project.name}: "
    if (killed.returncode, again.returncode) != (KILLED, 0):
        return where + f"ended {killed.returncode}, then {again.returncode}: {again.stderr}"
    held = cost == "paid" and name in IN_DOUBT
    said = again.stdout.splitlines()[-1]
    if held != ("=held" in said):
        return where + said
    once = bill(project)
    if cost == "paid" and len(once) != len(set(once)):
        return where + f"bought twice: {once}"
    ended = dict(word.split("=") for word in said.split()[1:])
    made = {job for job, state in ended.items() if state in ("stored", "reused")}
    clips = {f"clips/{job}.mp4": clip for job, clip in CLIPS.items() if job in made}
    if held != (len(clips) < len(CLIPS)):
        return where + said
    folder = project / OUTPUT
    if {path: (folder / path).read_bytes() for path in names(folder)} != clips:
        return where + f"published {list(names(folder))}"
    left = [path for path in names(project / ".r2v") if path.startswith("tmp/") or ".birth" in path]
    return where + f"left {left}" if left else ""


def test_two_builds_at_once_buy_once(tmp_path: Path, environment: dict[str, str]) -> None:
    """Whoever comes second is refused, or finds everything done; started together, a few times."""
    for n in range(4):
        project = tmp_path / f"p{n}"
        with ThreadPoolExecutor(3) as pool:
            ended = list(pool.map(lambda _, p=project: run(p, environment, 0, "paid"), range(3)))
        refused = [done for done in ended if done.returncode]
        assert len(refused) < 3
        assert all("Busy" in done.stderr for done in refused)
        assert ["s1", "s2.1", "s2.2"] == bill(project)


def test_a_lost_state_folder_sends_the_same_tokens(tmp_path: Path, environment: dict[str, str]) -> None:
    """So that a provider that honours them bills nothing twice."""
    project = tmp_path / "project"
    run(project, environment, 0, "paid")
    first = project.with_suffix(".bill").read_text().splitlines()
    state = project / ".r2v"
    state.rename(tmp_path / "gone")
    run(project, environment, 0, "paid")
    assert first == project.with_suffix(".bill").read_text().splitlines()[len(first) :]
    assert [(3,)] == read(state / "state.db", "SELECT count(*) FROM attempt WHERE state = 'stored'")
