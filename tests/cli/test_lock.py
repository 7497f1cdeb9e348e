"""The lock beside a storyboard: who writes it, who heeds it, and what `--locked` and `--frozen` refuse."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from r2v_pipeline.diagnostics import SourceText
from r2v_pipeline.plan.lock import Lock
from r2v_pipeline.plan.lockfile import read
from r2v_pipeline.providers.fake.server import serving
from r2v_pipeline.providers.fake.vendor import Settings


def lock(project: Path, name: str = "s.lock.yaml") -> Lock:
    made, found = read(SourceText(name, (project / name).read_text("utf-8")))
    assert () == found
    return made


def actions(ran) -> dict[str, str]:
    return {action["job"]: action["verb"] for action in json.loads(ran.out)["actions"]}


def sold(vendor) -> int:
    return len(vendor.ledger()["jobs"])


@pytest.fixture
def built(studio: Path, vendor, r2v, tmp_path_factory) -> Path:  # noqa: ARG001
    """A film of two bought shots, and its lock; built once, by another vendor, and copied for each test."""
    kept = tmp_path_factory.getbasetemp() / "locked"
    if not kept.exists():
        with serving(tmp_path_factory.mktemp("vendor"), Settings(render_s=0.1)) as other:
            assert 0 == r2v("build", "s.yaml", "--yes", cwd=studio, **other.environment()).rc
        shutil.copytree(studio, kept, ignore=shutil.ignore_patterns(".git"))
    shutil.copytree(kept, studio, dirs_exist_ok=True)
    return studio


def test_a_build_writes_what_it_bought(built: Path, r2v) -> None:
    clips = json.loads(r2v("takes", "first", "--format", "json", cwd=built).out)["clips"]
    entry = lock(built).shots["first"]
    assert ["first", "second"] == list(lock(built).shots)
    assert (1, "fake-opaque", ["gift"]) == (entry.take, entry.provider, list(entry.references))
    assert [(clips[0]["key"], clips[0]["sha256"], 100_000)] == [
        (p.key, p.clip, p.cost and p.cost.high_micros) for p in entry.takes[0].pieces
    ]
    before = (built / "s.lock.yaml").stat()
    ran = r2v("build", "s.yaml", "--locked", "--frozen", cwd=built)
    assert (0, True) == (ran.rc, ran.out.startswith("nothing to do")), ran.err
    assert before.st_mtime_ns == (built / "s.lock.yaml").stat().st_mtime_ns


def test_what_only_looks_writes_none(studio: Path, vendor, r2v) -> None:  # noqa: ARG001
    for words in (("--preview",), ("--fill", "animatic"), ("--provider", "animatic")):
        assert 0 == r2v("build", "s.yaml", *words, cwd=studio).rc
    assert ["s.yaml"] == [path.name for path in studio.glob("*.yaml")]


def test_the_animatic_of_a_storyboard_has_a_lock_that_any_machine_writes(project: Path, r2v) -> None:
    """Its clips are drawn, so the lock is made of the storyboard alone."""
    board = "r2v: 1\ntitle: T\nshots:\n  - {id: one, segments: [{for: 1s, action: Wind.}]}\n"
    (project / "s.yaml").write_text(board)
    assert 0 == r2v("build", "s.yaml", cwd=project).rc
    first = (project / "s.lock.yaml").read_text()
    assert "clip:" not in first
    assert "cost:" not in first
    for path in (".r2v", "build", "s.lock.yaml"):
        place = project / path
        shutil.rmtree(place) if place.is_dir() else place.unlink()
    assert 5 == r2v("build", "s.yaml", "--locked", cwd=project).rc
    assert 0 == r2v("build", "s.yaml", cwd=project).rc
    assert first == (project / "s.lock.yaml").read_text()


def test_a_profile_has_a_lock_of_its_own(studio: Path, vendor, r2v, change) -> None:  # noqa: ARG001
    change("shots:\n", "profiles: {final: {render: {resolution: 720p}}}\nshots:\n")
    assert 0 == r2v("build", "s.yaml", "--profile", "final", "--yes", cwd=studio).rc
    assert ["first", "second"] == list(lock(studio, "s@final.lock.yaml").shots)
    assert not (studio / "s.lock.yaml").exists()


def test_a_lock_that_was_lost_is_written_again_for_nothing(built: Path, vendor, r2v) -> None:
    text = (built / "s.lock.yaml").read_text()
    (built / "s.lock.yaml").unlink()
    ran = r2v("build", "s.yaml", cwd=built)
    assert (
        0,
        "nothing to do: 2 clips and the film up to date\n  build/s/film.mp4\ns.lock.yaml is new: keep it in Git\n",
    ) == (
        ran.rc,
        ran.out,
    )
    assert text == (built / "s.lock.yaml").read_text()
    assert 0 == sold(vendor)


def test_locked_changes_nothing_and_says_what_would(built: Path, vendor, r2v, change) -> None:
    change("snow", "rain")
    text = (built / "s.lock.yaml").read_text()
    ran = r2v("build", "s.yaml", "--locked", "--yes", cwd=built)
    assert 5 == ran.rc
    assert "--locked: the lock s.lock.yaml would change: it does not fit first" in ran.err
    assert (0, text) == (sold(vendor), (built / "s.lock.yaml").read_text())
    (built / "s.lock.yaml").unlink()
    ran = r2v("build", "s.yaml", "--locked", "--yes", cwd=built)
    assert (5, True) == (ran.rc, "there is none" in ran.err)
    assert not (built / "s.lock.yaml").exists()


def test_frozen_bills_nothing(built: Path, vendor, r2v, change) -> None:
    change("snow", "rain")
    ran = r2v("build", "s.yaml", "--frozen", "--yes", cwd=built)
    assert (5, True) == (ran.rc, "--frozen: first would be sent and billed" in ran.err)
    assert 0 == sold(vendor)
    change("rain", "snow")
    shutil.rmtree(built / "build")
    ran = r2v("build", "s.yaml", "--frozen", cwd=built)
    assert (0, True) == (ran.rc, (built / "build/s/film.mp4").exists()), ran.err


def test_locked_needs_a_lock_to_compare_with(studio: Path, vendor, r2v) -> None:  # noqa: ARG001
    for words in (("--preview", "--locked"), ("--fill", "animatic", "--require-approved")):
        ran = r2v("build", "s.yaml", *words, cwd=studio)
        assert (2, True) == (ran.rc, "this build has none" in ran.err), ran.err


def test_another_take_is_bought_picked_and_approved(built: Path, vendor, r2v) -> None:
    ran = r2v("build", "--reroll", "first", "--yes", cwd=built)
    assert (0, 1) == (ran.rc, sold(vendor)), ran.err
    assert "take 2" in ran.out
    entry = lock(built).shots["first"]
    assert (2, [1, 2]) == (entry.take, [take.take for take in entry.takes])
    assert entry.key == entry.takes[0].key != entry.takes[1].key
    film = (built / "build/s/clips/first.mp4").read_bytes()

    ran = r2v("pick", "first", "1", cwd=built)
    assert 0 == ran.rc, ran.err
    assert "take 1 of first is in the film from the next build on, in the place of take 2 (s.lock.yaml)\n" == ran.out
    plan = r2v("plan", "--format", "json", cwd=built)
    assert {"first": "reuse", "second": "reuse", "film": "render"} == actions(plan)
    ran = r2v("build", "--frozen", cwd=built)
    assert (0, 1) == (ran.rc, sold(vendor)), ran.err
    assert film != (built / "build/s/clips/first.mp4").read_bytes()
    assert "the film has take 1 of first already\n" == r2v("pick", "first", "1", cwd=built).out

    ran = r2v("build", "--require-approved", cwd=built)
    assert (5, True) == (ran.rc, "nobody has approved first, second as it is now" in ran.err)
    assert 0 == r2v("approve", "first", "second", "--by", "Ana", cwd=built).rc
    assert 0 == r2v("approve", "first", "--take", "2", "--by", "Bo", cwd=built).rc
    assert 1 == lock(built).shots["first"].take, "an approval does not bring a take into the film"
    assert 0 == r2v("build", "--require-approved", "--locked", cwd=built).rc
    shown = r2v("takes", "first", cwd=built).out.splitlines()
    assert [True, True] == [name in line for name, line in zip(("by Ana", "by Bo"), shown[2:], strict=True)]
    rows = json.loads(r2v("status", "--format", "json", cwd=built).out)["shots"]
    assert [["Ana"], ["Ana"]] == [row["approved"] for row in rows]


def test_an_approval_falls_when_the_prompt_changes_and_comes_back_with_it(built: Path, vendor, r2v, change) -> None:
    assert 0 == r2v("approve", "*", "--by", "Ana", cwd=built).rc
    change("snow", "rain")
    ran = r2v("build", "--require-approved", "--yes", cwd=built)
    assert (5, True) == (ran.rc, "nobody has approved first as it is now" in ran.err)
    assert 0 == sold(vendor)
    change("rain", "snow")
    assert 0 == r2v("build", "--require-approved", cwd=built).rc
    change("snow", "rain")
    assert 0 == r2v("build", "--yes", cwd=built).rc
    assert [0, 1] == [len(entry.approved) for entry in lock(built).shots.values()]


def test_a_new_take_that_fails_leaves_the_old_one_in_the_film(built: Path, vendor, r2v) -> None:
    text = (built / "s.lock.yaml").read_text()
    vendor.order({"do": "doom", "code": "moderation", "message": "no", "on": "submit"})
    ran = r2v("build", "--reroll", "first", "--yes", cwd=built)
    assert 4 == ran.rc, ran.out
    assert text == (built / "s.lock.yaml").read_text()
    assert r2v("build", cwd=built).out.startswith("nothing to do")


def test_a_killed_reroll_is_gone_on_with(built: Path, r2v, environment: dict[str, str], tmp_path: Path) -> None:
    """The lock names the take before it is bought: neither a plain build nor the same command buys a third one."""
    with serving(tmp_path / "slow", Settings(render_s=4.0)) as slow:
        environment.update(slow.environment())
        command = [sys.executable, "-m", "r2v_pipeline", "build", "--reroll", "first", "--yes"]
        process = subprocess.Popen(command, cwd=built, env=environment, stdout=subprocess.DEVNULL)
        end = time.monotonic() + 60
        while not sold(slow) and time.monotonic() < end:
            time.sleep(0.05)
        process.kill()
        process.wait()
        entry = lock(built).shots["first"]
        assert (2, [1]) == (entry.take, [take.take for take in entry.takes])
        assert 0 == r2v("build", "--reroll", "first", "--yes", cwd=built).rc
        assert 1 == sold(slow)
    entry = lock(built).shots["first"]
    assert (2, [1, 2]) == (entry.take, [take.take for take in entry.takes])


def test_a_declined_reroll_leaves_no_trace(built: Path, vendor, r2v) -> None:
    text = (built / "s.lock.yaml").read_text()
    assert 5 == r2v("build", "--reroll", "first", cwd=built).rc
    assert (0, text) == (sold(vendor), (built / "s.lock.yaml").read_text())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("pick", "first", "2"),
            "take 2 of 'first', as it is written now, was never made\n  help: takes that exist: 1",
        ),
        (("pick", "frist", "1"), "no shot that is rendered is called 'frist'\n  help: did you mean 'first'?"),
        (("pick", "first", "0"), "'0' is no number of a take"),
        (("approve", "first", "--take", "9", "--by", "A"), "takes that exist: 1"),
        (("approve", "nobody", "--by", "A"), "no shot is called 'nobody'"),
        (("approve", "first", "--by", "A\nB"), "all of which can be seen"),
        (("approve", "first"), "nobody knows your name here"),
        (("build", "--reroll", "third"), "no shot that is rendered is called 'third'"),
        (("build", "--reroll", "first", "--frozen"), "--reroll buys another take"),
        (("pick", "first", "1", "--provider", "animatic"), "has no lock"),
    ],
)
def test_what_there_is_not(built: Path, r2v, words: tuple[str, ...], said: str) -> None:
    text = (built / "s.lock.yaml").read_text()
    ran = r2v(*words, cwd=built)
    assert (2, "") == (ran.rc, ran.out)
    assert said in ran.err
    assert text == (built / "s.lock.yaml").read_text()


def test_a_lock_that_cannot_be_read_stops_what_rests_on_it(built: Path, vendor, r2v) -> None:
    (built / "s.lock.yaml").write_text("lock: 1\nshots: {first: {key: x}}\n")
    for words in (("plan",), ("build", "--yes"), ("pick", "first", "1"), ("status",)):
        ran = r2v(*words, cwd=built)
        assert (1, True) == (ran.rc, "error[R2V621]" in ran.err), words
    assert 0 == sold(vendor)
    assert 0 == r2v("check", "s.yaml", cwd=built).rc


def test_a_lock_that_leads_out_of_the_project_is_not_followed(built: Path, tmp_path: Path, r2v) -> None:
    (tmp_path / "theirs").write_text("precious\n")
    (built / "s.lock.yaml").unlink()
    (built / "s.lock.yaml").symlink_to(tmp_path / "theirs")
    ran = r2v("build", "s.yaml", cwd=built)
    assert (1, True) == (ran.rc, "leads out of the project" in ran.err)
    assert "precious\n" == (tmp_path / "theirs").read_text()


def test_a_pick_that_others_hang_on_says_so(built: Path, vendor, r2v, change) -> None:  # noqa: ARG001
    """`second` begins with the last picture of `first`: another take of that is another request for this."""
    change("image: refs/gift.png}}", "image: refs/gift.png}, end: {from: {shot: first, frame: last}}}")
    change("  - id: second\n", "  - id: second\n    first_frame: end\n")
    assert 0 == r2v("build", "--yes", cwd=built).rc
    assert 0 == r2v("build", "--reroll", "first", "--yes", cwd=built).rc
    ran = r2v("pick", "first", "1", cwd=built)
    assert "second uses pictures of it, and other ones now: see r2v plan\n" in ran.out
    assert {"first": "reuse", "first@last": "reuse", "second": "reuse", "film": "render"} == actions(
        r2v("plan", "--format", "json", cwd=built)
    )


def test_two_at_once(built: Path, r2v, environment: dict[str, str]) -> None:  # noqa: ARG001
    from r2v_pipeline.execute.session import hold

    with hold(built):
        ran = r2v("pick", "first", "1", cwd=built)
    assert 6 == ran.rc


def test_a_conflict_is_settled_by_the_storyboard(built: Path, vendor, r2v, change) -> None:
    """The other branch has other words for `first`; after the merge the storyboard has ours."""
    ours = (built / "s.lock.yaml").read_text()
    change("snow", "rain")
    assert 0 == r2v("build", "--yes", cwd=built).rc
    theirs = (built / "s.lock.yaml").read_text()
    change("rain", "snow")
    both = conflicted(ours, theirs)
    (built / "s.lock.yaml").write_text(both)
    ran = r2v("plan", "--format", "json", cwd=built)
    assert {"first": "reuse", "second": "reuse", "film": "render"} == actions(ran)
    assert "warning[R2V622]" in ran.err
    assert 5 == r2v("build", "--locked", cwd=built).rc
    assert both == (built / "s.lock.yaml").read_text()
    assert (0, 1) == (r2v("build", "--frozen", cwd=built).rc, sold(vendor))
    assert ours == (built / "s.lock.yaml").read_text()


def test_a_conflict_of_picks_is_settled_by_a_person(built: Path, vendor, r2v) -> None:
    assert 0 == r2v("build", "--reroll", "first", "--yes", cwd=built).rc
    theirs = (built / "s.lock.yaml").read_text()
    assert 0 == r2v("pick", "first", "1", cwd=built).rc
    ours = (built / "s.lock.yaml").read_text()
    (built / "s.lock.yaml").write_text(conflicted(ours, theirs))
    ran = r2v("build", "--yes", cwd=built)
    assert (5, True) == (ran.rc, "r2v pick first 1; then build again" in ran.err)
    assert 0 == r2v("pick", "first", "2", cwd=built).rc
    assert theirs == (built / "s.lock.yaml").read_text()
    assert (0, 1) == (r2v("build", "--frozen", cwd=built).rc, sold(vendor))


def conflicted(ours: str, theirs: str) -> str:
    """A lock as Git leaves it when both sides have changed the first block."""
    head, mine = ours.split("  first:\n")
    _, other = theirs.split("  first:\n")
    rest = mine[mine.index("\n  second:\n") :]
    block = [f"  first:\n{text[: text.index(chr(10) + '  second:')]}" for text in (mine, other)]
    return f"{head}<<<<<<< HEAD\n{block[0]}=======\n{block[1]}>>>>>>> branch\n{rest}"


def test_the_lock_is_not_read_from_a_stranger_twice(built: Path, r2v: Callable) -> None:
    """What the verdict cache replays rests on the lock too."""
    for _ in range(2):
        assert r2v("build", "s.yaml", cwd=built).out.startswith("nothing to do")
    text = (built / "s.lock.yaml").read_text()
    (built / "s.lock.yaml").write_text(text.replace("take: 1", "take: one"))
    assert 1 == r2v("build", "s.yaml", cwd=built).rc
