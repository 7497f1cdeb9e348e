"""Cleaning up: what somebody needs, or paid for, stays."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time

import pytest

from r2v_pipeline.execute.garbage import digests
from r2v_pipeline.execute.session import hold

ALL = ("gc", "--older-than", "0")


@pytest.fixture
def git(studio, environment):
    """Git in the project, with a first commit."""
    (studio / ".git").rmdir()

    def run(*words: str) -> str:
        who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]
        done = subprocess.run(["git", *who, *words], cwd=studio, env=environment, capture_output=True, check=True)
        return done.stdout.decode()

    run("init", "-q")
    run("add", "s.yaml")
    run("commit", "-qm", "one")
    return run


@pytest.fixture
def redone(studio, vendor, r2v, change, tmp_path_factory):
    """Two clips of the shot `first`, bought and drawn, of which one each is in no film any more.

    Built once, and copied for each test.
    """
    kept = tmp_path_factory.getbasetemp() / "redone"
    if not kept.exists():
        for words in (("--yes",), ("--preview",)):
            assert 0 == r2v("build", "s.yaml", *words, cwd=studio).rc
        change("snow", "rain")
        for words in (("--yes",), ("--preview",)):
            assert 0 == r2v("build", "s.yaml", *words, cwd=studio).rc
        assert 3 == len(vendor.ledger()["jobs"])
        shutil.copytree(studio, kept, ignore=shutil.ignore_patterns(".git"))
    shutil.copytree(kept, studio, dirs_exist_ok=True)
    return studio


def report(ran):
    assert 0 == ran.rc, ran.err
    return json.loads(ran.out)


def store(project):
    return sorted(path.name for path in (project / ".r2v/cas/sha256").glob("??/*"))


def unused(project, r2v, provider):
    """The digest of the clip of `first` that no film has."""
    clips = json.loads(r2v("takes", "first", "-f", "s.yaml", "--format", "json", cwd=project).out)["clips"]
    (found,) = [clip["sha256"] for clip in clips if clip["provider"] == provider and not clip["used_by"]]
    return found


def test_it_only_shows(redone, r2v) -> None:
    before = {path: path.stat().st_mtime_ns for path in redone.rglob("*")}
    found = report(r2v(*ALL, "--format", "json", cwd=redone))
    drawn = [item for item in found["files"] if item["kind"] == "drawn"]
    assert [("first", (redone / drawn[0]["path"]).stat().st_size)] == [(item["shot"], item["size"]) for item in drawn]
    assert not found["removed"]
    assert before == {path: path.stat().st_mtime_ns for path in redone.rglob("*")}
    text = r2v(*ALL, cwd=redone).out
    assert "Would remove " in text
    assert "paid for (--paid lets them go)" in text
    assert "add --yes" in text


def test_yes_removes_what_nobody_needs_and_nothing_paid(redone, r2v) -> None:
    drawn, bought = unused(redone, r2v, "animatic"), unused(redone, r2v, "fake-opaque")
    before = store(redone)
    found = report(r2v(*ALL, "--yes", "--format", "json", cwd=redone))
    assert found["removed"]
    assert [name for name in before if name != drawn] == store(redone)
    assert bought in store(redone)
    assert {"files": 1} == {"files": found["kept"]["paid"]["files"]}
    for words in ((), ("--preview",)):
        assert "nothing to do" in r2v("build", "s.yaml", *words, cwd=redone).out
    assert [] == report(r2v(*ALL, "--format", "json", cwd=redone))["files"]


def test_paid_clips_go_only_when_that_is_said(redone, r2v) -> None:
    bought = unused(redone, r2v, "fake-opaque")
    shown = r2v(*ALL, "--paid", cwd=redone).out
    assert bought in shown
    assert bought in store(redone)
    report(r2v(*ALL, "--paid", "--yes", "--format", "json", cwd=redone))
    assert bought not in store(redone)
    assert "nothing to do" in r2v("build", "s.yaml", cwd=redone).out


def test_what_is_young_stays(redone, r2v) -> None:
    before = store(redone)
    found = report(r2v("gc", "--paid", "--yes", "--format", "json", cwd=redone))
    assert [] == found["files"]
    assert found["kept"]["young"]["files"]
    assert before == store(redone)


@pytest.mark.parametrize("where", ["branch", "main", "working tree"])
def test_what_a_lock_names_stays(git, redone, r2v, where) -> None:
    bought = unused(redone, r2v, "fake-opaque")
    lock = redone / "s.lock.yaml"
    if where == "branch":
        git("checkout", "-qb", "other")
    lock.write_text(f"shots:\n  first: {{take: 1, clip: 'sha256:{bought}'}}\n")
    if where != "working tree":
        git("add", "s.lock.yaml")
        git("commit", "-qm", "lock")
    if where == "branch":
        git("checkout", "-q", "main")
        assert not lock.exists()
    found = report(r2v(*ALL, "--paid", "--yes", "--format", "json", cwd=redone))
    assert 1 == found["kept"]["named"]["files"]
    assert bought in store(redone)


def test_what_a_lock_names_by_its_key_stays_too(redone, r2v) -> None:
    bought = unused(redone, r2v, "fake-opaque")
    clips = json.loads(r2v("takes", "first", "-f", "s.yaml", "--format", "json", cwd=redone).out)["clips"]
    (key,) = [clip["key"] for clip in clips if clip["sha256"] == bought]
    (redone / "s.lock.yaml").write_text(f"first: {{key: {key}}}\n")
    report(r2v(*ALL, "--paid", "--yes", "--format", "json", cwd=redone))
    assert bought in store(redone)


def test_branches_that_cannot_be_read_end_it(git, redone, r2v) -> None:
    """What they need is not known, so nothing is removed."""
    before = store(redone)
    (redone / ".git" / "refs" / "heads" / "broken").write_text("1" * 40 + "\n")
    ran = r2v(*ALL, "--paid", "--yes", cwd=redone)
    assert (7, True) == (ran.rc, "cannot be read" in ran.err)
    assert before == store(redone)
    assert git("branch", "--list", "main")


def test_without_git_on_the_machine_it_does_not_guess(git, redone, r2v, tmp_path) -> None:
    assert git("branch", "--list", "main")
    before = store(redone)
    ran = r2v(*ALL, "--paid", "--yes", cwd=redone, PATH=str(tmp_path))
    assert (7, True) == (ran.rc, "there is no git on this machine" in ran.err)
    assert before == store(redone)


def test_a_lock_that_cannot_be_read_ends_it(redone, r2v) -> None:
    (redone / "s.lock.yaml").unlink()
    (redone / "s.lock.yaml").symlink_to("/etc/hostname")
    ran = r2v(*ALL, "--paid", "--yes", cwd=redone)
    assert (7, True) == (ran.rc, "the lock s.lock.yaml leads out of the project" in ran.err)


def test_a_file_that_the_journal_does_not_know_counts_as_paid_for(redone, r2v) -> None:
    """A kill between the clip and its row leaves one."""
    stray = redone / ".r2v/cas/sha256/ab" / ("ab" * 32)
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(b"clip")
    report(r2v(*ALL, "--yes", "--format", "json", cwd=redone))
    assert stray.exists()
    found = report(r2v(*ALL, "--yes", "--paid", "--format", "json", cwd=redone))
    assert {"stray", "bought"} <= {item["kind"] for item in found["files"]}
    assert not stray.exists()


def test_caches_and_half_written_files_go(redone, r2v) -> None:
    piece, part = redone / ".r2v/pieces/a.mp4", redone / ".r2v/tmp/b.part"
    for path in (piece, part):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"12345")
    old = time.time() - 40 * 86_400
    os.utime(piece, (old, old))
    found = report(r2v("gc", "--yes", "--format", "json", cwd=redone))
    assert ["part", "piece"] == sorted(item["kind"] for item in found["files"])
    assert 10 == found["bytes"]
    assert not piece.exists()
    assert not part.exists()


def test_a_project_that_nothing_was_built_in(studio, r2v) -> None:
    ran = r2v("gc", "--yes", cwd=studio)
    assert (0, "Nothing to remove.\n") == (ran.rc, ran.out)
    assert not (studio / ".r2v").exists()


def test_while_a_build_runs_it_does_not_remove(redone, r2v) -> None:
    with hold(redone):
        assert 6 == r2v(*ALL, "--yes", cwd=redone).rc
        assert 0 == r2v(*ALL, cwd=redone).rc


@pytest.mark.parametrize("words", [("--older-than", "old"), ("--older-than",), ("FILE",)])
def test_a_wrong_command_line(studio, r2v, words) -> None:
    assert 2 == r2v("gc", *words, cwd=studio).rc


def test_digests_are_found_in_whatever_form() -> None:
    one, two = "ab" * 32, "0" * 64
    text = f'a: {one}\nb: ["sha256:{two}"] # {one[:63]} x{one}x {one}0 {one.upper()}'.encode()
    assert frozenset({one, two}) == digests([text, b"\xff\x00"])


def test_rehearsals_go_whole_or_not_at_all(studio, r2v) -> None:
    """A journal of theirs that cannot be read is no reason to keep them; what they put elsewhere is somebody's then."""
    sandbox = studio / ".r2v" / "sandbox"
    assert 0 == r2v("build", "s.yaml", "--sandbox", "--provider", "animatic", cwd=studio).rc
    (film,) = (studio / "build").glob("*@sandbox/film.mp4")
    (sandbox / "state.db").write_bytes(b"no journal" * 100)
    for word in (("--paid",), ("--older-than", "1d")):
        assert 2 == r2v("gc", "--sandbox", *word, "--yes", cwd=studio).rc
    assert sandbox.exists()
    assert all(
        not item["path"].startswith("build")
        for item in report(r2v("gc", "--sandbox", "--format", "json", cwd=studio))["files"]
    )
    assert 0 == r2v("gc", "--sandbox", "--yes", cwd=studio).rc
    assert (False, True) == (sandbox.exists(), film.exists())
