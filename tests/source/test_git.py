"""What Git tells about the repository around a project, and that nothing in it is run, fetched or changed."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from r2v_pipeline.errors import EnvironmentTrouble
from r2v_pipeline.source.git import commit, on_branches, repository


@pytest.fixture
def git(tmp_path: Path):
    def run(*words: str, cwd: Path = tmp_path) -> str:
        who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]
        done = subprocess.run(["git", *who, *words], cwd=cwd, capture_output=True, check=True)
        return done.stdout.decode().strip()

    run("init", "-q")
    return run


def commit_file(git, folder: Path, name: str, text: str) -> str:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
    git("add", name)
    git("commit", "-qm", name)
    return git("rev-parse", "HEAD")


def test_the_commit_around_a_folder(git, tmp_path: Path) -> None:
    assert "" == commit(tmp_path)
    head = commit_file(git, tmp_path, "films/a.yaml", "one")
    assert head == commit(tmp_path) == commit(tmp_path / "films")
    assert 40 == len(head)


def test_outside_of_git(tmp_path: Path) -> None:
    assert None is repository(tmp_path)
    assert "" == commit(tmp_path)
    assert [] == list(on_branches(tmp_path, ".lock.yaml"))
    (tmp_path / ".git").mkdir()
    assert None is repository(tmp_path)


def test_files_of_every_branch_once(git, tmp_path: Path) -> None:
    commit_file(git, tmp_path, "a.lock.yaml", "one")
    git("checkout", "-qb", "other")
    commit_file(git, tmp_path, "deep/é b.lock.yaml", "two\n")
    commit_file(git, tmp_path, "b.yaml", "no lock")
    git("checkout", "-q", "--detach")
    commit_file(git, tmp_path, "c.lock.yaml", "")
    git("checkout", "-q", "--detach", "main")
    commit_file(git, tmp_path, "d.lock.yaml", "detached")
    (tmp_path / "films").mkdir()
    assert [b"detached", b"one", b"two\n"] == sorted(on_branches(tmp_path / "films", ".lock.yaml"))


def test_a_repository_without_a_commit(git, tmp_path: Path) -> None:
    assert [] == list(on_branches(tmp_path, ".lock.yaml"))
    assert git("status") != ""


def test_a_worktree_and_a_bare_clone(git, tmp_path: Path) -> None:
    head = commit_file(git, tmp_path, "a.lock.yaml", "one")
    git("worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    assert tmp_path / "side" == repository(tmp_path / "side")
    assert (head, [b"one"]) == (commit(tmp_path / "side"), list(on_branches(tmp_path / "side", ".lock.yaml")))


def test_a_hook_that_points_elsewhere_is_not_followed(git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    head = commit_file(git, tmp_path, "a", "one")
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_INDEX_FILE", "/nowhere/index")
    assert head == commit(tmp_path)


def test_nothing_is_run_or_fetched(git, tmp_path: Path) -> None:
    """Not what the repository's own config asks for."""
    commit_file(git, tmp_path, "a.lock.yaml", "one")
    trap = tmp_path / "trap"
    for key in ("core.fsmonitor", "core.pager", "core.sshCommand", "diff.external", "filter.x.smudge"):
        git("config", key, f"touch {trap}; false")
    (tmp_path / ".gitattributes").write_text("* filter=x diff=x\n")
    assert [b"one"] == list(on_branches(tmp_path, ".lock.yaml"))
    assert commit(tmp_path)
    assert not trap.exists()


def test_an_object_that_is_gone(git, tmp_path: Path) -> None:
    commit_file(git, tmp_path, "a.lock.yaml", "one")
    blob = git("rev-parse", "HEAD:a.lock.yaml")
    os.unlink(tmp_path / ".git" / "objects" / blob[:2] / blob[2:])
    with pytest.raises(EnvironmentTrouble, match=f"object {blob} is missing"):
        list(on_branches(tmp_path, ".lock.yaml"))


def test_no_git_on_the_machine(git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit_file(git, tmp_path, "a.lock.yaml", "one")
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    assert "" == commit(tmp_path)
    with pytest.raises(EnvironmentTrouble, match="there is no git on this machine"):
        list(on_branches(tmp_path, ".lock.yaml"))
