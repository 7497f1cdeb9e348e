"""`check` as programs and CI use it: formats, chosen codes, strictness, and files that are whatever changed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]

BOARD = """\
r2v: 1
title: Test
cast:
  mia: {look: a dancer}
  leo: {look: a clown}
shots:
  - {id: a, prompt: "{{ mia }} waits.", duration: 5s}
"""


@pytest.fixture
def board(project: Path) -> Path:
    """A storyboard with one warning, R2V202."""
    (project / "s.yaml").write_text(BOARD)
    return project / "s.yaml"


def wrong(board: Path) -> None:
    """A warning R2V305, then an error R2V101 and one R2V104, in one line."""
    board.write_text(
        BOARD.replace('waits.", duration: 5s', 'waits, then fade to black.", duration: 5s, take: x, stile: y')
    )


def codes(text: str) -> list[str]:
    return re.findall(r"^(?:error|warning)\[(R2V\d+)\]", text, re.M)


@pytest.mark.parametrize("format", ["text", "json", "github", "sarif"])
def test_every_format_has_every_mistake(board: Path, r2v, format: str) -> None:
    wrong(board)
    ran = r2v("check", "s.yaml", "--format", format)
    assert 1 == ran.rc
    assert {"R2V101", "R2V104", "R2V305"} <= set(re.findall(r"R2V\d{3}", ran.out))
    assert "" == ran.err


@pytest.mark.parametrize("format", ["json", "sarif"])
def test_programs_get_one_document_whatever_is_found(board: Path, r2v, format: str) -> None:
    board.write_text(BOARD.replace("  leo: {look: a clown}\n", ""))
    ran = r2v("check", "s.yaml", "--format", format)
    assert 0 == ran.rc
    assert not [found for key, found in json.loads(ran.out).items() if key == "diagnostics" and found]


def test_files_are_named_from_the_top_of_the_repository(project: Path, r2v) -> None:
    """GitHub and code scanning look for files there, wherever in it a job runs."""
    films = project / "films"
    films.mkdir()
    (films / "s.yaml").write_text(BOARD)
    assert "file=films/s.yaml," in r2v("check", "s.yaml", "--format", "github", cwd=films).out
    assert '"films/s.yaml"' in r2v("check", "s.yaml", "--format", "sarif", cwd=films).out
    assert " --> s.yaml:5:3" in r2v("check", "s.yaml", cwd=films).out


def test_without_a_repository_names_stay(tmp_path: Path, r2v) -> None:
    (tmp_path / "s.yaml").write_text(BOARD)
    assert "file=s.yaml," in r2v("check", "s.yaml", "--format", "github", cwd=tmp_path).out


@pytest.mark.parametrize(
    ("arguments", "expected", "rc"),
    [
        ([], ["R2V305", "R2V101", "R2V104"], 1),
        (["--select", "R2V1"], ["R2V101", "R2V104"], 1),
        (["--select", "r2v104,305"], ["R2V305", "R2V104"], 1),
        (["--ignore", "R2V305"], ["R2V101", "R2V104"], 1),
        (["--ignore", "R2V1", "--select", "R2V104"], ["R2V104"], 1),
        (["--select", "R2V1", "--ignore", "R2V104"], ["R2V101"], 1),
        (["--select", "R2V104", "--ignore", "R2V104"], [], 0),
        (["--ignore", "1"], ["R2V305"], 0),
        (["--ignore", "1", "--strict"], ["R2V305"], 1),
        (["--ignore", "R2V", "--strict"], [], 0),
    ],
)
def test_chosen_codes_decide_report_and_exit_code(board: Path, r2v, arguments, expected, rc) -> None:
    wrong(board)
    ran = r2v("check", "s.yaml", *arguments)
    assert expected == codes(ran.out)
    assert rc == ran.rc
    hidden = 3 - len(expected)
    assert hidden == int((re.findall(r"^(\d+) not told, because of --select or --ignore", ran.out, re.M) or [0])[0])
    assert "no mistakes" not in ran.out


def test_programs_are_told_how_many_were_left_out(board: Path, r2v) -> None:
    wrong(board)
    assert 2 == json.loads(r2v("check", "s.yaml", "--ignore", "R2V1", "--format", "json").out)["unsaid"]
    sarif = json.loads(r2v("check", "s.yaml", "--ignore", "R2V1", "--format", "sarif").out)
    assert {"unsaid": 2} == sarif["runs"][0]["properties"]


def test_an_ignored_error_stops_a_build_all_the_same(board: Path, r2v) -> None:
    wrong(board)
    assert 0 == r2v("check", "s.yaml", "--ignore", "R2V1").rc
    assert 1 == r2v("plan", "s.yaml").rc


@pytest.mark.parametrize("option", ["--select", "--ignore"])
@pytest.mark.usefixtures("board")
def test_a_code_that_is_none_is_a_wrong_command(r2v, option: str) -> None:
    ran = r2v("check", "s.yaml", option, "R2V2,R2V0104")
    assert 2 == ran.rc
    assert f"error: {option}: no code is or begins with 'R2V0104'\n  help: did you mean R2V104?\n" == ran.err


@pytest.mark.usefixtures("board")
def test_strict_fails_for_a_warning(r2v) -> None:
    assert [0, 1] == [r2v("check", "s.yaml", *more).rc for more in ([], ["--strict"])]


def test_all_shows_each(board: Path, r2v) -> None:
    shots = "".join(f"  - {{id: s{n}, prompt: A boat., duration: 5s, stile: y}}\n" for n in range(30))
    board.write_text(f"r2v: 1\ntitle: Test\nshots:\n{shots}")
    assert [3, 30] == [len(codes(r2v("check", "s.yaml", *more).out)) for more in ([], ["--all"])]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--fix", "--format", "json"], "take no --format"),
        (["--diff", "--ignore", "R2V1"], "take no --format, --select, --ignore"),
        (["--affected"], "--affected needs the files that changed"),
    ],
)
@pytest.mark.usefixtures("board")
def test_options_that_contradict_each_other(r2v, arguments, said) -> None:
    ran = r2v("check", *arguments, *(["s.yaml"] if "--affected" not in arguments else []))
    assert 2 == ran.rc
    assert said in ran.err


def test_fix_mends_and_diff_only_shows(board: Path, r2v) -> None:
    text = """\
r2v: 1
title: Test  # a comment
shots:
  - id: a
    segments: [{at: 0-3, action: A boat.}, {at: 4-6, action: A ship.}, {at: 7-10, action: A whale.}]
"""
    board.write_text(text)
    assert "+    segments" in r2v("check", "s.yaml", "--fix", "--diff").out
    assert "+    segments" in r2v("check", "s.yaml", "--diff").out
    assert text == board.read_text()
    assert 0 == r2v("check", "s.yaml", "--fix").rc
    assert "# a comment" in board.read_text()
    assert 0 == r2v("check", "s.yaml").rc


@pytest.fixture
def studio(project: Path) -> Path:
    """Two storyboards: `one` includes a cast and uses a template and a picture, `two` stands alone."""
    for folder in ("parts", "templates", "refs", "ci"):
        (project / folder).mkdir()
    (project / "parts" / "cast.yaml").write_text("cast:\n  mia: {image: ../refs/mia.png}\n  leo: {look: a clown}\n")
    (project / "templates" / "t.j2").write_text("{{ shot.prompt }}")
    (project / "refs" / "mia.png").write_bytes((ROOT / "examples" / "storyboards" / "refs" / "gift.png").read_bytes())
    (project / "ci" / "other.yaml").write_text("stages: [build]\nr2d: 2\n")
    (project / "one.yaml").write_text(
        "r2v: 1\ntitle: One\ninclude: parts/cast.yaml\n"
        'shots:\n  - {id: a, prompt: "{{ mia }} waits.", duration: 5s, template: t.j2}\n'
    )
    (project / "two.yaml").write_text("r2v: 1\ntitle: Two\nshots:\n  - {id: a, prompt: A boat., duration: 5s}\n")
    return project


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (["one.yaml"], ["one.yaml"]),
        (["parts/cast.yaml"], ["one.yaml"]),
        (["templates/t.j2", "refs/mia.png"], ["one.yaml"]),
        (["ci/other.yaml", "two.yaml"], ["two.yaml"]),
        (["ci/other.yaml"], []),
        (["two.yaml", "parts/cast.yaml", "gone.yaml"], ["one.yaml", "two.yaml"]),
    ],
)
@pytest.mark.usefixtures("studio")
def test_affected_storyboards_are_checked(r2v, changed, expected) -> None:
    ran = r2v("check", "--affected", *changed)
    assert 0 == ran.rc
    assert expected == re.findall(r"^(\S+): 1 shot", ran.out, re.M)


def test_a_storyboard_of_another_version_is_not_passed_over(studio: Path, r2v) -> None:
    (studio / "two.yaml").write_text("\ufeffr2v: 2\ntitle: Two\n")
    ran = r2v("check", "--affected", "two.yaml")
    assert 1 == ran.rc
    assert ["R2V101"] == codes(ran.out)


def test_a_lock_is_no_storyboard(studio: Path, r2v) -> None:
    (studio / "two.lock.yaml").write_text("r2v: 1\n")
    ran = r2v("check", "--affected", "two.lock.yaml")
    assert (0, "") == (ran.rc, ran.out)


@pytest.fixture
def hook() -> dict:
    hook, _ = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    return hook


@pytest.fixture
def lock_hook() -> dict:
    _, hook = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    return hook


def test_the_lock_hook_refuses_the_marks_of_a_merge(studio: Path, r2v, lock_hook) -> None:
    """And nothing else that a person can mend only by paying: a lock of other words is the next build's business."""
    assert ("r2v-lock", "r2v check", r"\.lock\.yaml$") == (lock_hook["id"], lock_hook["entry"], lock_hook["files"])
    assert [False, True, True] == [
        bool(re.search(lock_hook["files"], n)) for n in ("a.yaml", "a.lock.yaml", "a@b.lock.yaml")
    ]
    lock = studio / "two.lock.yaml"
    lock.write_text("lock: 1\n\nshots: {}\n")
    ran = r2v("check", "two.lock.yaml", cwd=studio)
    assert (0, "two.lock.yaml: a lock, no mistakes\n") == (ran.rc, ran.out)
    lock.write_text("lock: 1\n\n<<<<<<< ours\nshots: {}\n=======\nshots: {}\n>>>>>>> theirs\n")
    ran = r2v("check", "two.lock.yaml", cwd=studio)
    assert (1, ["R2V622"]) == (ran.rc, codes(ran.out))
    lock.write_text("lock: 1\nshots: []\n")
    assert ["R2V621"] == codes(r2v("check", "two.lock.yaml", cwd=studio).out)
    assert ["R2V621"] == codes(r2v("check", "three.lock.yaml", cwd=studio).out)


def test_the_hook_runs_on_what_git_has_staged(studio: Path, environment, hook) -> None:
    """As pre-commit does it: the staged names that `files` finds and `exclude` does not, after the entry's words."""
    assert ("r2v-check", "python", True) == (hook["id"], hook["language"], hook["require_serial"])
    (studio / ".git").rmdir()
    for command in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *command], cwd=studio, check=True, timeout=60)

    def run() -> subprocess.CompletedProcess[str]:
        listed = subprocess.run(["git", "ls-files"], cwd=studio, capture_output=True, text=True, check=True).stdout
        names = [n for n in listed.splitlines() if re.search(hook["files"], n) and not re.search(hook["exclude"], n)]
        program, *words = hook["entry"].split()
        assert "r2v" == program
        command = [sys.executable, "-m", "r2v_pipeline", *words, *hook.get("args", []), *names]
        return subprocess.run(command, cwd=studio, env=environment, capture_output=True, text=True, timeout=60)

    first = run()
    assert 0 == first.returncode, first.stdout + first.stderr
    assert "two.yaml: 1 shot, no mistakes" in first.stdout
    (studio / "parts" / "cast.yaml").write_text("cast:\n  mia: {picture: ../refs/mia.png}\n")
    second = run()
    assert 1 == second.returncode
    assert "unknown key 'picture'" in second.stdout


@pytest.mark.parametrize(
    ("name", "expected"), [("a.yml", True), ("REFS/Mia.PNG", True), ("a.lock.yaml", False), ("a.py", False)]
)
def test_which_files_the_hook_is_given(hook, name: str, expected: bool) -> None:
    assert expected is bool(re.search(hook["files"], name) and not re.search(hook["exclude"], name))
