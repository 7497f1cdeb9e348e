"""Reading beside a build, after a kill, and where nothing may be written."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from scripted import OUTPUT, PAID, Scripted, build, clip_of, frame_job, from_job, intent_of, names, plan_of, render_job

from r2v_pipeline.canonical import digest_bytes
from r2v_pipeline.errors import DiskTrouble
from r2v_pipeline.execute import results, states
from r2v_pipeline.execute.journal_view import read
from r2v_pipeline.execute.outputs import Outputs
from r2v_pipeline.execute.records import Blob, Change
from r2v_pipeline.execute.session import Session, hold, look
from r2v_pipeline.plan.types import LedgerView, OpenAttempt
from r2v_pipeline.providers.base import FREE, Unknown

S1 = render_job("s1")
S2 = render_job("s2")


def blob_path(project: Path, shot: str) -> Path:
    digest = digest_bytes(clip_of(shot))
    return project / ".r2v" / "cas" / "sha256" / digest[:2] / digest


def built(project: Path) -> None:
    with hold(project) as session:
        build(session, plan_of(S1, S2), Scripted())


def test_no_project_state_is_an_empty_view_and_stays_none(project: Path) -> None:
    view: LedgerView = look(project)
    assert (None, False, None, None, False) == (
        view.stored("k"),
        view.lost("k"),
        view.open_attempt("k"),
        view.last(OUTPUT, "s1"),
        view.film_intact(OUTPUT, "k"),
    )
    assert [] == names(project)


def test_what_a_build_made_is_seen_and_nothing_is_written(project: Path) -> None:
    built(project)
    before = {name: (project / name).stat().st_mtime_ns for name in names(project)}
    view = look(project)
    assert digest_bytes(clip_of("s1")) == view.stored(S1.key)
    assert not view.lost(S1.key)
    recorded = view.last(OUTPUT, "s1")
    assert recorded is not None
    assert (S1.key, {"prompt": ""}) == (recorded.key, dict(recorded.ingredients))
    assert before == {name: (project / name).stat().st_mtime_ns for name in names(project)}


def test_a_frame_is_a_result_too(project: Path) -> None:
    frame = frame_job(S1)
    with hold(project) as session:
        build(session, plan_of(S1, frame, render_job("s2", from_job(frame))), Scripted())
    assert digest_bytes(b"picture last of " + clip_of("s1")) == look(project).stored(frame.key)


@pytest.mark.parametrize("damage", ["gone", "shorter", "edited"])
def test_a_clip_that_is_gone_or_changed_is_lost(project: Path, damage: str) -> None:
    built(project)
    path = blob_path(project, "s1")
    path.chmod(0o644)
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(b"clip of xx" if damage == "edited" else b"clip")
        assert (damage == "edited") == (path.stat().st_size == len(clip_of("s1")))
    view = look(project)
    assert (None, True) == (view.stored(S1.key), view.lost(S1.key))
    assert not view.lost(S2.key)


def test_a_touched_clip_with_the_same_bytes_is_not_lost(project: Path) -> None:
    built(project)
    os.utime(blob_path(project, "s1"))
    assert look(project).stored(S1.key)


def test_open_attempts_are_seen_while_a_build_runs(project: Path) -> None:
    with hold(project, now=lambda: 12.5) as session:
        for shot, cost in (("s1", PAID), ("s2", FREE)):
            job = render_job(shot)
            session.journal.intend(intent_of(job, cost, provider="vendor"))
        view = look(project)
        assert OpenAttempt("submitting", "vendor", 12.5) == view.open_attempt(S1.key)
        assert view.open_attempt(S2.key) is None, "nothing can be owed for it"
        attempt = session.journal.open_attempts()[S2.key]
        session.journal.move(attempt, states.RUNNING, Change(handle={}))
        assert OpenAttempt("running", "vendor", 12.5) == look(project).open_attempt(S2.key)


def test_reading_never_blocks_a_writer(session: Session, project: Path) -> None:
    with session.journal.transaction() as db:
        db.execute("INSERT INTO derived VALUES ('k', ?, 1)", ("a" * 64,))
        assert [] == read(project / ".r2v" / "state.db", "SELECT key FROM derived")
    assert [("k",)] == read(project / ".r2v" / "state.db", "SELECT key FROM derived")


def test_a_build_that_begins_while_we_read_is_noticed(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At rest the file is read as immutable; were it changed meanwhile, a torn page could look like data."""
    built(project)
    from r2v_pipeline.execute import journal_view

    honest, times = journal_view._select, []

    def late(*args):
        rows = honest(*args)
        times.append(len(rows))
        if len(times) == 1:
            with hold(project) as session:
                results.derive(session.journal, "k", Blob("a" * 64, 1))
        return rows

    monkeypatch.setattr(journal_view, "_select", late)
    assert [("k",)] == read(project / ".r2v" / "state.db", "SELECT key FROM derived")
    assert [0, 1] == times


@contextlib.contextmanager
def read_only(project: Path) -> Iterator[Path]:
    """A copy of a project that we may read and not write; root, whom no mode stops, is somebody else meanwhile."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "project")
        shutil.copytree(project, root)
        paths = [Path(folder), root, *root.rglob("*")]
        for path in paths:
            path.chmod(0o555 if path.is_dir() else 0o444)
        user = os.geteuid()
        if user == 0:
            os.seteuid(65534)
        try:
            assert not os.access(root, os.W_OK, effective_ids=True)
            yield root
        finally:
            os.seteuid(user)
            for path in paths:
                path.chmod(0o755)


def test_a_folder_that_cannot_be_written_is_read(project: Path) -> None:
    built(project)
    before = names(project)
    with read_only(project) as root:
        assert look(root).stored(S1.key)
        assert before == names(root)


@pytest.mark.parametrize("index", [True, False])
def test_so_is_one_that_a_killed_build_left(project: Path, index: bool) -> None:
    """What was committed last is only in the log then; reading without it would forget a submit in doubt."""
    job = render_job("s1", provider="vendor")
    with hold(project) as session:
        client = Scripted()
        client.answers["s1"] = [Unknown("no answer")]
        build(session, plan_of(job, cost=PAID), client)
        killed = shutil.copytree(project, project.with_name("killed"))
    assert (killed / ".r2v" / "state.db-wal").stat().st_size > 0
    if not index:
        (killed / ".r2v" / "state.db-shm").unlink()
    before = names(killed)
    with read_only(killed) as root:
        attempt = look(root).open_attempt(job.key)
        assert attempt is not None
        assert "submitting" == attempt.state
        assert before == names(root)


def test_a_film_is_intact_until_it_changes(session: Session, project: Path) -> None:
    outputs = Outputs(project, OUTPUT, session.journal, session.blobs, print)
    temp = outputs.temp("film.mp4")
    temp.write_bytes(b"film")
    film = outputs.adopt(temp, "film.mp4", "key")
    assert look(project).film_intact(OUTPUT, "key")
    assert not look(project).film_intact(OUTPUT, "other key")
    os.utime(film)
    assert look(project).film_intact(OUTPUT, "key"), "only the time changed"
    film.write_bytes(b"mlif")
    assert not look(project).film_intact(OUTPUT, "key")
    film.unlink()
    assert not look(project).film_intact(OUTPUT, "key")


def test_its_poster_alone_is_no_film(session: Session, project: Path) -> None:
    """A build that was killed just before the film got its name."""
    outputs = Outputs(project, OUTPUT, session.journal, session.blobs, print)
    for name, there in (("poster.jpg", False), ("film.srt", False), ("film.mp4", True)):
        temp = outputs.temp(name)
        temp.write_bytes(name.encode())
        outputs.adopt(temp, name, "key")
        assert there is look(project).film_intact(OUTPUT, "key")


def test_ten_thousand_jobs_take_a_few_queries(session: Session, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Planning a long film must not ask the database once a shot."""
    from r2v_pipeline.execute import journal_view

    many = [render_job(f"s{n}") for n in range(10_000)]
    with session.journal.transaction() as db:
        db.executemany("INSERT INTO derived VALUES (?, ?, 3)", ((job.key, digest_bytes(b"abc")) for job in many))
    results.use(session.journal, OUTPUT, many, {job.id for job in many})
    put(session, b"abc")
    asked = []
    honest = journal_view.read
    monkeypatch.setattr(journal_view, "read", lambda *args: asked.append(1) or honest(*args))
    began = time.monotonic()
    view = look(project)
    assert all(view.stored(job.key) and not view.open_attempt(job.key) for job in many)
    assert all(view.last(OUTPUT, job.id) for job in many)
    assert 4 == len(asked)
    assert time.monotonic() - began < 5


def put(session: Session, data: bytes) -> Blob:
    temp = session.blobs.temp(".mp4")
    temp.write_bytes(data)
    return session.blobs.put(temp)


def test_a_journal_that_never_rests_is_read_as_it_works(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It changed under every look; then it is read with the locks that a writer respects."""
    built(project)
    from r2v_pipeline.execute import journal_view

    looks = iter(range(10_000))
    monkeypatch.setattr(journal_view, "_stamp", lambda _: (next(looks), 0, 0))
    assert [(2,)] == read(project / ".r2v" / "state.db", "SELECT count(*) FROM attempt")
    assert 16 == next(looks)


def test_a_log_that_goes_away_between_looks_is_no_trouble(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its build ended, and took it in."""
    built(project)
    from r2v_pipeline.execute import journal_view

    path = project / ".r2v" / "state.db"
    (project / ".r2v" / "state.db-wal").touch()
    honest = journal_view._select

    def ended(path: Path, mode: str, *rest: object) -> object:
        if mode == "?mode=ro":
            (project / ".r2v" / "state.db-wal").unlink()
            raise DiskTrouble("no index")
        return honest(path, mode, *rest)

    monkeypatch.setattr(journal_view, "_select", ended)
    assert [(2,)] == read(path, "SELECT count(*) FROM attempt")


def test_an_output_is_read_once(project: Path) -> None:
    view = look(project)
    assert not view.film_intact(OUTPUT, "k")
    assert not view.film_intact(OUTPUT, "other")
