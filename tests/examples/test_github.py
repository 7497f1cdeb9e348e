"""The workflows for GitHub are safe for pull requests of strangers: parsed, held to rules, and run here."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "examples" / "github"
FILES = sorted([*FOLDER.glob("*.yml"), ROOT / "action.yml"])
PINNED = re.compile(r"[\w./-]+@[0-9a-f]{40}")


def load(path: Path) -> dict[str, Any]:
    """Every scalar as text: else `on` would be a Boolean."""
    made = yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader)
    assert isinstance(made, dict)
    return made


def steps(path: Path) -> list[dict[str, Any]]:
    made = load(path)
    if "runs" in made:
        return made["runs"]["steps"]
    return [step for job in made["jobs"].values() for step in job["steps"]]


def workflow(name: str) -> dict[str, Any]:
    return load(FOLDER / f"{name}.yml")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_whatever_is_used_is_named_by_its_commit(path: Path) -> None:
    used = [step["uses"] for step in steps(path) if "uses" in step]
    assert used
    assert [] == [name for name in used if not PINNED.fullmatch(name)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_word_of_a_stranger_is_pasted_into_a_program(path: Path) -> None:
    """Expressions are replaced before a shell or Node reads the text: they go through variables and arguments only."""
    programs = [step.get("run", "") + step.get("with", {}).get("script", "") for step in steps(path)]
    assert any(programs) or path.name == "review.yml"
    assert [] == [program for program in programs if "${{" in program]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_nobody_runs_a_strangers_code_with_rights(path: Path) -> None:
    assert "pull_request_target" not in path.read_text("utf-8")
    checkouts = [step for step in steps(path) if step.get("uses", "").startswith("actions/checkout@")]
    assert ["false"] * len(checkouts) == [step["with"]["persist-credentials"] for step in checkouts]


def test_the_review_of_a_fork_may_only_read() -> None:
    made = workflow("review")
    assert {"pull_request": ""} == made["on"]
    assert {"contents": "read"} == made["permissions"]
    assert ["permissions" in job for job in made["jobs"].values()] == [False]
    assert "secrets" not in (FOLDER / "review.yml").read_text("utf-8").replace("has no secret", "")
    assert "token" not in (FOLDER / "review.yml").read_text("utf-8")


def test_the_action_takes_no_secret_and_installs_itself() -> None:
    """Not the checkout: its setup would be a stranger's code."""
    made = load(ROOT / "action.yml")
    assert "composite" == made["runs"]["using"]
    assert {"storyboard", "base", "animatic", "artifact"} == set(made["inputs"])
    text = (ROOT / "action.yml").read_text("utf-8")
    assert [] == re.findall(r"secrets|github\.token|GITHUB_TOKEN|_API_KEY", text)
    installs = [line.strip() for line in text.splitlines() if "pip" in line and "install" in line]
    assert ['"$RUNNER_TEMP/r2v/bin/pip" install --quiet "$GITHUB_ACTION_PATH"'] == installs
    builds = [line for line in text.splitlines() if "r2v build" in line]
    assert [True] == ["--preview" in line for line in builds], "it draws and never buys"
    assert {"bash"} == {step["shell"] for step in made["runs"]["steps"] if "run" in step}


def test_the_comment_is_written_by_a_run_that_takes_nothing_but_a_text() -> None:
    made = workflow("comment")
    assert {"workflow_run": {"workflows": [workflow("review")["name"]], "types": ["completed"]}} == made["on"]
    assert "{}" == made["permissions"] or {} == made["permissions"]
    (job,) = made["jobs"].values()
    assert {"actions": "read", "pull-requests": "write"} == job["permissions"]
    assert "pull_request" in job["if"]
    assert [] == [step for step in job["steps"] if "run" in step or "checkout" in step["uses"]]


def test_the_film_of_the_main_branch_cannot_spend() -> None:
    made = workflow("film")
    assert {"push": {"branches": ["main"]}} == made["on"]
    (run,) = [step["run"] for step in steps(FOLDER / "film.yml") if "r2v build" in step.get("run", "")]
    assert {"--locked", "--frozen", "--require-approved"} <= set(run.split())


@pytest.fixture
def pull_request(tmp_path: Path, environment: dict[str, str]) -> tuple[Path, str, dict[str, str]]:
    """A repository whose second commit changes one shot; the first one's name; what GitHub's runner sets."""
    project = tmp_path / "work"
    shutil.copytree(
        ROOT / "examples" / "storyboards", project, ignore=shutil.ignore_patterns("build", ".r2v", "*lock*")
    )
    for path in project.glob("*.yaml"):
        if path.name != "silent_dance.yaml":
            path.unlink()

    def git(*words: str) -> str:
        who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        done = subprocess.run(["git", *who, *words], cwd=project, env=environment, capture_output=True, check=True)
        return done.stdout.decode().strip()

    git("init", "-q")
    git("add", "-A")
    git("commit", "-qm", "one")
    base = git("rev-parse", "HEAD")
    board = project / "silent_dance.yaml"
    text = board.read_text("utf-8")
    assert "stage" in text or "dance" in text
    board.write_text(text.replace("dances", "spins").replace("dancing", "spinning"), "utf-8")
    git("commit", "-qam", "two")
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "r2v").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m r2v_pipeline "$@"\n')
    (programs / "r2v").chmod(0o755)
    runner = tmp_path / "runner"
    (runner / "r2v-review").mkdir(parents=True)
    more = {
        "PATH": f"{programs}{os.pathsep}{environment['PATH']}",
        "RUNNER_TEMP": str(runner),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "GITHUB_ACTIONS": "true",
    }
    return project, base, {**environment, **more}


def step(name: str) -> str:
    (found,) = [one["run"] for one in steps(ROOT / "action.yml") if one.get("name") == name]
    return found


def bash(program: str, cwd: Path, environ: dict[str, str], **more: str) -> subprocess.CompletedProcess[str]:
    """As a runner does it: `bash -eo pipefail`."""
    given = {**environ, **more}
    words = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", program]
    return subprocess.run(words, cwd=cwd, env=given, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize("storyboard", ["", "silent_dance.yaml"])
def test_the_actions_steps_run(pull_request, storyboard: str) -> None:
    project, base, environ = pull_request
    given = {"STORYBOARD": storyboard, "BASE": base}
    ran = bash(step("Check"), project, environ, **given)
    assert 0 == ran.returncode, ran.stdout + ran.stderr
    ran = bash(step("Compare"), project, environ, **given)
    assert 0 == ran.returncode, ran.stdout + ran.stderr
    out = Path(environ["RUNNER_TEMP"]) / "r2v-review"
    diff = (out / "diff.md").read_text("utf-8")
    assert "1 of 1 shot renders again" in diff
    assert diff == Path(environ["GITHUB_STEP_SUMMARY"]).read_text("utf-8")
    if not storyboard:
        ran = bash(step("Draw the animatic"), project, environ, **given)
        assert (0, True) == (ran.returncode, (out / "animatic.mp4").stat().st_size > 10_000), ran.stderr


def test_a_storyboard_that_is_wrong_fails_the_run_and_says_so(pull_request) -> None:
    project, base, environ = pull_request
    board = project / "silent_dance.yaml"
    board.write_text(board.read_text("utf-8") + "unknown: 1\n", "utf-8")
    ran = bash(step("Check"), project, environ, STORYBOARD="silent_dance.yaml")
    assert (1, True) == (ran.returncode, "::error file=silent_dance.yaml" in ran.stdout), ran.stdout
    subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qam", "x"], cwd=project, check=True)
    ran = bash(step("Compare"), project, environ, STORYBOARD="silent_dance.yaml", BASE=base)
    assert 1 == ran.returncode
    assert "does not compile" in Path(environ["GITHUB_STEP_SUMMARY"]).read_text("utf-8")


STUB = """
const script = new (Object.getPrototypeOf(async function () {}).constructor)(
  "require", "core", "context", "github", process.env.SCRIPT);
const calls = [];
const given = JSON.parse(process.env.GIVEN);
const note = (name, answer) => async (args) => { calls.push([name, args]); return { data: answer }; };
const github = {
  rest: {
    pulls: { list: note("list", given.pulls) },
    issues: { listComments: {}, updateComment: note("update"), createComment: note("create") },
  },
  paginate: async () => given.comments,
};
const context = {
  repo: { owner: "o", repo: "r" },
  payload: { workflow_run: { head_sha: "abc", head_branch: "b", head_repository: { owner: { login: "stranger" } } } },
};
script(require, { info: (text) => calls.push(["info", text]) }, context, github)
  .then(() => console.log(JSON.stringify(calls)));
"""
MARK = "<!-- r2v diff s.yaml -->"
PULLS = [{"number": 7, "head": {"sha": "old"}}, {"number": 8, "head": {"sha": "abc"}}]


def commented(folder: Path, text: str | None, pulls: Any = PULLS, comments: Any = ()) -> dict[str, Any]:
    """What the second workflow asks of GitHub, by the name of the call, for an artifact with this text."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node on this machine to run the script of comment.yml")
    if text is not None:
        (folder / "r2v-review").mkdir(exist_ok=True)
        (folder / "r2v-review" / "diff.md").write_text(text, "utf-8")
    (script,) = [one["with"]["script"] for one in steps(FOLDER / "comment.yml") if "script" in one.get("with", {})]
    given = {"pulls": pulls, "comments": list(comments)}
    environ = {**os.environ, "SCRIPT": script, "GIVEN": json.dumps(given), "RUNNER_TEMP": str(folder)}
    done = subprocess.run([node, "-e", STUB], env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert 0 == done.returncode, done.stderr
    return dict(json.loads(done.stdout))


def test_the_comment_goes_to_the_pull_request_that_github_names(tmp_path: Path) -> None:
    calls = commented(tmp_path, f"{MARK}\n**1 of 2 shots renders again.**\n")
    assert "stranger:b" == calls["list"]["head"]
    assert 8 == calls["create"]["issue_number"]
    assert calls["create"]["body"].startswith(f"{MARK}\n**1 of 2 shots renders again.**\n")


def test_one_comment_is_kept_up_to_date(tmp_path: Path) -> None:
    comments = [
        {"id": 1, "user": {"login": "stranger"}, "body": f"{MARK}\nfake"},
        {"id": 2, "user": {"login": "github-actions[bot]"}, "body": "<!-- r2v diff t.yaml -->\nother"},
        {"id": 3, "user": {"login": "github-actions[bot]"}, "body": f"{MARK}\nold"},
    ]
    assert 3 == commented(tmp_path, f"{MARK}\nnew\n", comments=comments)["update"]["comment_id"]


@pytest.mark.parametrize("text", [None, "", "hello", "<!-- r2v diff <b> -->\nx", f"x\n{MARK}\n", "x" * 300_000])
def test_what_is_no_diff_is_not_shown(tmp_path: Path, text: str | None) -> None:
    assert {"info"} == set(commented(tmp_path, text))


def test_a_commit_that_is_no_pull_requests_any_more(tmp_path: Path) -> None:
    assert {"list", "info"} == set(commented(tmp_path, f"{MARK}\nx\n", pulls=PULLS[:1]))


@pytest.mark.parametrize(
    "text",
    [
        "@admin",
        "[click](https://evil.example)",
        "![x](https://evil.example/x.png)",
        "<img src=x>",
        "<a href=x>y</a>",
        "<details onclick=x>",
        "https://evil.example",
        "www.evil.example",
        "[x]: https://evil.example",
        "[x][y]",
        "fixes #12",
        "<!-- r2v diff t.yaml -->",
    ],
)
def test_a_strangers_text_calls_nobody_and_leads_nowhere(tmp_path: Path, text: str) -> None:
    body = commented(tmp_path, f"{MARK}\n{text}\n")["create"]["body"]
    shown = body[len(MARK) : body.index("<sub>")]
    assert text not in shown
    bad = r"@\w|\]\(|\]\[|\]:|://|www\.|#\d|<(?!/?(?:details|summary|b|i|ins|del|code|br)>)"
    assert None is re.search(bad, shown)


def test_a_long_text_is_bounded(tmp_path: Path) -> None:
    assert 65_536 > len(commented(tmp_path, f"{MARK}\n{'@' * 100_000}\n")["create"]["body"])
