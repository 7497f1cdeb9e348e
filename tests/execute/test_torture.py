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
from scripted import OUTPUT, PAID, clip_of, names, spliced

from r2v_pipeline.execute import fault
from r2v_pipeline.execute.journal_view import read
from r2v_pipeline.execute.money_schema import OWED

HERE = Path(__file__).parent
KILLED = -9
CLIPS = {
    **{job: clip_of(job) for job in ("s1", "s2.1", "s2.2")},
    "s2": spliced((clip_of("s2.1"), 2000), (clip_of("s2.2"), 1500)),
}
# What a provider's network may lose, and when all clips must be there in the end.  Not being listed proves nothing, and
# without a token or a listing nothing can be proved at all: such a shot is held, and its bill is never doubled.
ALWAYS, UNLESS_IN_DOUBT, PERHAPS = "always", "unless a submit was killed", "perhaps"
CASES = {
    ("free", ""): ALWAYS,
    ("opaque", ""): UNLESS_IN_DOUBT,
    ("idempotent", ""): ALWAYS,
    ("idempotent", "answers"): ALWAYS,
    ("idempotent", "requests"): ALWAYS,
    ("findable", ""): UNLESS_IN_DOUBT,
    ("findable", "answers"): UNLESS_IN_DOUBT,
    ("findable", "requests"): PERHAPS,
}
# Between the row and the written answer nobody can know whether the provider took it.
IN_DOUBT = ("intent.durable", "answer.read")
MANY = bool(os.environ.get("R2V_TORTURE"))


def run(
    project: Path, environment: dict[str, str], at: int, way: str = "opaque", loses: str = ""
) -> subprocess.CompletedProcess[str]:
    project.mkdir(exist_ok=True)
    bill = project.with_suffix(".bill")
    bill.touch()
    return subprocess.run(
        [sys.executable, str(HERE / "build_once.py"), str(project), str(bill), str(at), way, loses],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def bill(project: Path) -> list[str]:
    return [line.split()[0] for line in project.with_suffix(".bill").read_text().splitlines()]


@pytest.fixture(scope="module")
def points(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], list[str]]:
    """Every fault point that an undisturbed build passes, in order."""
    import r2v_pipeline

    environment = {**os.environ, "PYTHONPATH": str(Path(r2v_pipeline.__file__).parent.parent)}
    found = {}
    for way, loses in CASES:
        done = run(tmp_path_factory.mktemp("undisturbed") / "project", environment, 0, way, loses)
        assert 0 == done.returncode, done.stderr
        found[way, loses] = done.stdout.splitlines()[:-1]
    return found


def test_every_fault_point_is_passed(points: dict[tuple[str, str], list[str]]) -> None:
    """A point that no build passes is a step that nothing tortures."""
    calm = points["opaque", ""]
    assert set(fault.POINTS) == set(calm)
    assert list(fault.POINTS) == list(dict.fromkeys(calm)), "fault.POINTS is in the order of the build"
    assert set(fault.DOUBTS) == {name for passed in points.values() for name in passed} - set(fault.POINTS)


@pytest.mark.torture
@pytest.mark.parametrize(("way", "loses"), CASES)
def test_killed_anywhere_and_built_again(
    tmp_path: Path, environment: dict[str, str], points: dict[tuple[str, str], list[str]], way: str, loses: str
) -> None:
    """Then killed somewhere in the build after that, and built once more."""
    passed = points[way, loses]
    step = 1 if MANY or (way, loses) == ("opaque", "") else 5

    def one(at: int) -> str:
        name = passed[at - 1]
        project = tmp_path / f"{at}-{name}"
        killed = run(project, environment, at, way, loses)
        if killed.returncode != KILLED:
            return f"{name}: was not killed but ended {killed.returncode}: {killed.stderr}"
        second = run(project, environment, at * 7 % len(passed) + 1, way, loses) if MANY else killed
        if second.returncode not in (KILLED, 0):
            return f"{name}: ended {second.returncode}: {second.stderr}"
        doubt = {name, second.stdout.splitlines()[-1].split()[0]} & set(IN_DOUBT)
        whole = CASES[way, loses] == ALWAYS or (CASES[way, loses] == UNLESS_IN_DOUBT and not doubt)
        return judge(project, way, loses, whole, run(project, environment, 0, way, loses))

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(one, range(1, len(passed) + 1, step)))
    assert [] == [line for line in found if line]


def judge(project: Path, way: str, loses: str, whole: bool, done: subprocess.CompletedProcess[str]) -> str:
    """Empty, or what is wrong.  `whole`: every clip must be there; else something may be held."""
    where = f"{project.name}: "
    if done.returncode:
        return where + f"ended {done.returncode}: {done.stderr}"
    said = done.stdout.splitlines()[-1]
    ended = dict(word.split("=") for word in said.split()[1:])
    once = bill(project)
    if way != "free" and len(once) != len(set(once)):
        return where + f"bought twice: {once}"
    made = {job for job, state in ended.items() if state in ("stored", "reused")}
    clips = {f"clips/{job}.mp4": clip for job, clip in CLIPS.items() if job in made}
    if len(clips) < len(CLIPS) and (whole or "=held" not in said):
        return where + said
    folder = project / OUTPUT
    if {path: (folder / path).read_bytes() for path in names(folder)} != clips:
        return where + f"published {list(names(folder))}"
    named = {token for (token,) in read(project / ".r2v/state.db", "SELECT token FROM attempt")}
    if not named >= {line.split()[1] for line in project.with_suffix(".bill").read_text().splitlines()}:
        return where + "something was billed that nobody can name"
    left = [path for path in names(project / ".r2v") if path.startswith("tmp/") or ".birth" in path]
    return where + f"left {left}" if left else balanced(project, loses)


def balanced(project: Path, loses: str) -> str:
    """The sums are those of the attempts, and what was really billed is within them."""
    state = project / ".r2v" / "state.db"
    sums = read(state, "SELECT sum(micros) FROM balance")[0][0] or 0
    owed = read(state, f"SELECT sum({OWED.format('attempt')}) FROM attempt")[0][0] or 0
    billed = 0 if read(state, "SELECT 1 FROM attempt WHERE way = 'local'") else len(bill(project)) * PAID.high_micros
    if sums != owed or not billed <= owed <= 3 * PAID.high_micros:
        return f"{project.name}: billed {billed}, owed {owed}, summed {sums}"
    return (
        "" if loses == "requests" or billed == owed or read(state, _DOUBTS) else f"{project.name}: {billed} of {owed}"
    )


_DOUBTS = "SELECT 1 FROM attempt WHERE state = 'submitting'"


def test_two_builds_at_once_buy_once(tmp_path: Path, environment: dict[str, str]) -> None:
    """Whoever comes second is refused, or finds everything done; started together, a few times."""
    for n in range(4):
        project = tmp_path / f"p{n}"
        with ThreadPoolExecutor(3) as pool:
            ended = list(pool.map(lambda _, p=project: run(p, environment, 0), range(3)))
        refused = [done for done in ended if done.returncode]
        assert len(refused) < 3
        assert all("Busy" in done.stderr for done in refused)
        assert ["s1", "s2.1", "s2.2"] == bill(project)


def test_a_lost_state_folder_sends_the_same_tokens(tmp_path: Path, environment: dict[str, str]) -> None:
    """So that a provider that honours them bills nothing twice."""
    project = tmp_path / "project"
    run(project, environment, 0)
    first = project.with_suffix(".bill").read_text().splitlines()
    state = project / ".r2v"
    state.rename(tmp_path / "gone")
    run(project, environment, 0)
    assert first == project.with_suffix(".bill").read_text().splitlines()[len(first) :]
    assert [(3,)] == read(state / "state.db", "SELECT count(*) FROM attempt WHERE state = 'stored'")
