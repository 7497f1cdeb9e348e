"""What may go out of a state folder, what stays and why, and that taking it away harms nothing."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from scripted import DEARLY, FREELY, PAID, Scripted, build, clip_of, frame_job, names, plan_of, render_job, states

from r2v_pipeline.canonical import digest_bytes
from r2v_pipeline.errors import Busy, DiskTrouble
from r2v_pipeline.execute import garbage, results
from r2v_pipeline.execute.garbage import (
    BOUGHT,
    DRAWN,
    MADE,
    NAMED,
    PART,
    PIECE,
    REHEARSED,
    STRAY,
    USED,
    YOUNG,
    Item,
    Survey,
    digests,
    forget_rehearsals,
    rehearsals,
    remove,
    survey,
)
from r2v_pipeline.execute.journal_view import JournalView
from r2v_pipeline.execute.outputs import Outputs
from r2v_pipeline.execute.records import OutputFile
from r2v_pipeline.execute.session import Session, hold
from r2v_pipeline.plan.types import Plan

OLD, NEW = render_job("s1", prompt="dawn"), render_job("s1", prompt="dusk")
LATER = time.time() + 1000


def looked(session: Session, *named: str, now: float = LATER, older_s: float = 0.0, paid: bool = False) -> Survey:
    return survey(session.state, named, now, older_s, paid=paid)


def kinds(items: tuple[Item, ...]) -> list[str]:
    return sorted(item.kind for item in items)


def replaced(session: Session, cost: object = None) -> None:
    """A film whose only shot has been changed since: its first clip is in no film any more."""
    client = Scripted(terms=DEARLY if cost else FREELY)
    client.clips["s1"] = [b"clip of dawn"]
    for job in (OLD, NEW):
        build(session, plan_of(job, **({"cost": cost} if cost else {})), client)


def stray(session: Session, content: bytes = b"clip of nobody") -> str:
    temp = session.blobs.temp(".mp4")
    temp.write_bytes(content)
    return session.blobs.put(temp).digest


def test_a_project_without_a_state_folder_has_nothing(project: Path) -> None:
    assert Survey((), ()) == survey(project / ".r2v", (), LATER, 0.0, paid=True)


def test_what_was_drawn_and_is_in_no_film_may_go(session: Session) -> None:
    replaced(session)
    found = looked(session)
    (item,) = found.going
    assert (DRAWN, "s1", len(b"clip of dawn")) == (item.kind, item.shot, item.size)
    assert [(DRAWN, USED)] == [(kept.kind, why) for kept, why in found.kept]


def test_what_was_paid_for_stays_unless_it_is_said(session: Session) -> None:
    replaced(session, PAID)
    assert [(BOUGHT, garbage.PAID), (BOUGHT, USED)] == sorted(
        ((kept.kind, why) for kept, why in looked(session).kept), key=lambda pair: pair[1]
    )
    assert [BOUGHT] == kinds(looked(session, paid=True).going)


def test_what_the_journal_does_not_know_counts_as_paid_for(session: Session) -> None:
    """A build that was killed a moment before it wrote it down leaves just that."""
    digest = stray(session)
    ((item, why),) = looked(session).kept
    assert (STRAY, garbage.PAID, digest, "") == (item.kind, why, item.path.name, item.shot)
    assert [STRAY] == kinds(looked(session, paid=True).going)


@pytest.mark.parametrize("by", ["digest", "key"])
def test_what_a_lock_names_stays(session: Session, by: str) -> None:
    replaced(session)
    name = digest_bytes(b"clip of dawn") if by == "digest" else OLD.key
    found = looked(session, name)
    assert () == found.going
    assert {NAMED, USED} == {why for _, why in found.kept}


def test_what_is_young_stays_but_for_half_written_files(session: Session) -> None:
    replaced(session)
    session.blobs.temp(".mp4").write_bytes(b"half")
    found = looked(session, now=time.time(), older_s=3600.0)
    assert [PART] == kinds(found.going)
    assert {YOUNG, USED} == {why for _, why in found.kept}


def test_pictures_and_pieces_may_be_made_again(session: Session) -> None:
    frame = frame_job(OLD)
    build(session, plan_of(OLD, frame), Scripted(terms=FREELY))
    build(session, plan_of(NEW), Scripted(terms=FREELY))
    (session.state / "pieces").mkdir()
    (session.state / "pieces" / "one.ts").write_bytes(b"stretch")
    assert {MADE, PIECE} <= set(kinds(looked(session).going))


def test_what_lies_in_an_output_folder_stays(session: Session, project: Path) -> None:
    """Even if its key was forgotten: a copy of it is published."""
    replaced(session)
    outputs = Outputs(project, "build/other", session.journal, session.blobs, lambda _: None)
    outputs.publish("clips/s1.mp4", digest_bytes(b"clip of dawn"), "k")
    assert () == looked(session).going


def test_links_and_folders_are_left_alone(session: Session, tmp_path: Path) -> None:
    (tmp_path / "mine").write_bytes(b"mine")
    for folder in ("pieces", "tmp"):
        (session.state / folder).mkdir(exist_ok=True)
        (session.state / folder / "link").symlink_to(tmp_path / "mine")
        (session.state / folder / "folder").mkdir()
    assert () == looked(session, paid=True).going


def test_a_file_that_vanishes_meanwhile_is_passed_over(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    stray(session)
    honest = Path.lstat

    def gone(path: Path) -> os.stat_result:
        if path.parent.parent.name == "sha256":
            raise FileNotFoundError(2, "gone", str(path))
        return honest(path)

    monkeypatch.setattr(Path, "lstat", gone)
    assert Survey((), ()) == looked(session, paid=True)


def test_of_two_attempts_with_the_same_bytes_one_that_was_paid_for_decides(session: Session) -> None:
    same = b"clip of both"
    for job, cost in ((render_job("s1"), None), (render_job("s2"), PAID)):
        client = Scripted(terms=DEARLY if cost else FREELY)
        client.clips[job.shot] = [same]
        build(session, plan_of(job, **({"cost": cost} if cost else {})), client)
    ((item, why),) = looked(session).kept
    assert (BOUGHT, "s2", USED) == (item.kind, item.shot, why)


def test_what_is_taken_away_is_made_again_and_nothing_is_called_lost(session: Session) -> None:
    frame = frame_job(OLD)
    plan: Plan = plan_of(OLD, frame)
    build(session, plan, Scripted(terms=FREELY))
    build(session, plan_of(NEW), Scripted(terms=FREELY))
    made = [item for item in looked(session).going if item.kind == MADE]
    remove(session, made)
    assert not made[0].path.exists()
    assert not made[0].path.parent.exists(), "nor the folder that is empty now"
    assert not JournalView(session.state, Path("/")).lost(frame.key)
    assert "stored" == states(build(session, plan, Scripted(terms=FREELY)))[frame.id]


def test_a_folder_with_other_files_in_it_stays(session: Session) -> None:
    replaced(session)
    (session.state / "pieces").mkdir()
    for name in ("one.ts", "two.ts"):
        (session.state / "pieces" / name).write_bytes(b"stretch")
    one = next(item for item in looked(session).going if item.path.name == "one.ts")
    remove(session, [one])
    remove(session, [one])
    assert ["two.ts"] == names(session.state / "pieces"), "and taking it away twice does no harm"


def test_a_folder_that_cannot_be_written_is_told(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    replaced(session)
    going = looked(session).going

    def denied(path: Path, missing_ok: bool = False) -> None:
        raise PermissionError(13, f"denied {missing_ok}", str(path))

    monkeypatch.setattr(Path, "unlink", denied)
    with pytest.raises(DiskTrouble, match="Permission denied"):
        remove(session, going)


def test_digests_are_found_in_any_text() -> None:
    one, two = digest_bytes(clip_of("s1")), digest_bytes(clip_of("s2"))
    texts = [f"clip: sha256:{one}\n".encode(), f'{{"blob": "{two}"}}'.encode(), f"x{one}0 {one[:63]}".encode()]
    assert {one, two} == digests(texts)
    assert frozenset() == digests(texts[2:])


@pytest.fixture
def rehearsed(project: Path, tmp_path: Path) -> Path:
    """The state of a build in the sandbox, with what it put into output folders and at a place of the user's."""
    with hold(project, within="sandbox") as held:
        replaced(held, PAID)
        outputs = Outputs(project, "build/s@sandbox", held.journal, held.blobs, lambda _: None)
        for name in ("clips/s1.mp4", "clips/mine.mp4", "film.mp4", str(tmp_path / "film.mp4")):
            outputs.publish(name, digest_bytes(b"clip of dawn"), "k")
    (project / "build" / "s@sandbox" / "clips" / "mine.mp4").write_bytes(b"cut by hand")
    return project / ".r2v" / "sandbox"


def test_all_of_a_rehearsal_may_go_and_nothing_of_anybody_else(project: Path, rehearsed: Path, tmp_path: Path) -> None:
    found = rehearsals(project, rehearsed)
    assert {REHEARSED} == {*kinds(found.going)}
    assert ["clips/s1.mp4", "film.mp4"] == [
        str(item.path.relative_to(project / "build" / "s@sandbox"))
        for item in found.going
        if rehearsed not in item.path.parents
    ]
    assert {"state.db", digest_bytes(b"clip of dawn")} < {item.path.name for item in found.going}
    forget_rehearsals(project, rehearsed)
    assert not rehearsed.exists()
    assert [] == names(project / ".r2v" / "tmp")
    assert ["mine.mp4"] == [path.name for path in (project / "build").rglob("*") if path.is_file()]
    assert (tmp_path / "film.mp4").exists()
    assert Survey((), ()) == rehearsals(project, rehearsed)


def test_output_folders_that_are_empty_then_go_too(project: Path, rehearsed: Path) -> None:
    (project / "build" / "s@sandbox" / "clips" / "mine.mp4").unlink()
    forget_rehearsals(project, rehearsed)
    assert not (project / "build").exists()


def test_what_a_rehearsal_published_is_unknown_without_its_journal(project: Path, rehearsed: Path) -> None:
    (rehearsed / "state.db").write_bytes(b"no journal" * 100)
    assert all(rehearsed in item.path.parents for item in rehearsals(project, rehearsed).going)
    forget_rehearsals(project, rehearsed)
    assert (False, True) == (rehearsed.exists(), (project / "build" / "s@sandbox" / "film.mp4").exists())


def test_a_file_of_a_rehearsal_that_vanishes_meanwhile_is_passed_over(
    project: Path, rehearsed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(path: Path) -> os.stat_result:
        raise FileNotFoundError(2, "gone", str(path))

    monkeypatch.setattr(Path, "lstat", gone)
    assert Survey((), ()) == rehearsals(project, rehearsed)


@pytest.mark.parametrize("within", ["", "sandbox"])
def test_no_rehearsal_goes_while_a_build_runs(project: Path, rehearsed: Path, within: str) -> None:
    with hold(project, within=within), pytest.raises(Busy):
        forget_rehearsals(project, rehearsed)
    assert len(rehearsals(project, rehearsed).going) > 4


def test_a_rehearsal_that_cannot_be_moved_away_is_told(
    project: Path, rehearsed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, to: Path) -> None:
        raise OSError(28, "full", str(path), None, str(to))

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(DiskTrouble, match="No space left"):
        forget_rehearsals(project, rehearsed)
    assert (rehearsed / "state.db").exists()


@pytest.mark.parametrize(
    "output", ["build/../elsewhere", "elsewhere", "build/s@sandbox/../../elsewhere", "{whole}", "build/link"]
)
def test_nothing_outside_of_output_folders_goes(project: Path, rehearsed: Path, output: str) -> None:
    """Whatever a journal says: one may have come with somebody's repository."""
    mine = project / "elsewhere" / "film.mp4"
    mine.parent.mkdir()
    mine.write_bytes(b"mine")
    (project / "build" / "link").symlink_to(mine.parent)
    with hold(project, within="sandbox") as held:
        stat = mine.stat()
        row = OutputFile("film.mp4", stat.st_size, stat.st_mtime_ns, digest_bytes(b"mine"), "k")
        results.record_file(held.journal, output.format(whole=mine.parent), row)
    assert mine not in {item.path.resolve() for item in rehearsals(project, rehearsed).going}
    forget_rehearsals(project, rehearsed)
    assert b"mine" == mine.read_bytes()
