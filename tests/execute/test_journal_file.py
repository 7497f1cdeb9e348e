"""The journal as a file: born whole, believed only when it can be, older ones copied before they are changed."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from scripted import names

from r2v_pipeline.errors import R2VError, StateTrouble
from r2v_pipeline.execute import fault, journal_file, journal_schema
from r2v_pipeline.execute.journal import Journal
from r2v_pipeline.execute.journal_view import read
from r2v_pipeline.execute.session import hold


def make(path: Path) -> Path:
    """A journal with one derived result, closed."""
    with Journal(path, lambda: 0.0) as journal, journal.transaction() as db:
        db.execute("INSERT INTO derived VALUES ('k', ?, 1)", ("a" * 64,))
    return path


def keys(path: Path) -> list[tuple[str]]:
    return read(path, "SELECT key FROM derived")


def alter(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.executescript(sql)


def test_a_closed_journal_is_one_file_for_its_owner_only(tmp_path: Path) -> None:
    path = make(tmp_path / "state.db")
    assert ["state.db"] == names(tmp_path)
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("point", ["journal.birth", "journal.born"])
def test_a_journal_is_born_whole_or_not_at_all(tmp_path: Path, point: str) -> None:
    class Dead(Exception):
        pass

    def die(name: str) -> None:
        if name == point:
            raise Dead

    fault.watch(die)
    path = tmp_path / "state.db"
    with pytest.raises(Dead):
        Journal(path, lambda: 0.0)
    fault.watch(None)
    assert (point == "journal.born") == path.exists()
    assert [("k",)] == keys(make(path))
    assert ["state.db"] == names(tmp_path)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda path: path.write_bytes(b"not a database, whatever its name says" * 30), "not a database"),
        (lambda path: path.write_bytes(b""), "empty"),
        (lambda path: path.write_bytes(path.read_bytes()[:5000]), "malformed"),
        (lambda path: alter(path, "PRAGMA application_id = 7"), "no journal of r2v"),
        (lambda path: alter(path, "PRAGMA user_version = 99"), "newer r2v"),
    ],
)
def test_what_cannot_be_believed_is_refused_and_left_alone(tmp_path: Path, damage, said: str) -> None:
    path = make(tmp_path / "state.db")
    damage(path)
    before = path.read_bytes()
    with pytest.raises(StateTrouble, match=said) as caught:
        Journal(path, lambda: 0.0)
    assert caught.value.help
    if before:  # a reader may take an empty file for an empty journal no more than a writer
        with pytest.raises(StateTrouble, match=said):
            keys(path)
    assert before == path.read_bytes()


def test_a_flipped_page_in_the_middle_is_found_before_anything_is_spent(tmp_path: Path) -> None:
    path = make(tmp_path / "state.db")
    with Journal(path, lambda: 0.0) as journal, journal.transaction() as db:
        db.executemany("INSERT INTO derived VALUES (?, ?, 1)", ((f"k{n}", "b" * 64) for n in range(2000)))
    data = bytearray(path.read_bytes())
    middle = len(data) // 2 // 4096 * 4096
    data[middle : middle + 64] = bytes(64)
    path.write_bytes(data)
    with pytest.raises(StateTrouble, match="cannot be trusted"):
        Journal(path, lambda: 0.0)


def test_the_log_of_a_deleted_journal_is_not_played_into_a_new_one(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    journal = Journal(path, lambda: 0.0)
    with journal.transaction() as db:
        db.execute("INSERT INTO derived VALUES ('k', ?, 1)", ("a" * 64,))
    log = (tmp_path / "state.db-wal").read_bytes()
    journal.close()
    path.unlink()
    (tmp_path / "state.db-wal").write_bytes(log)
    with Journal(path, lambda: 0.0) as new:
        assert [] == new.select("SELECT * FROM derived")
    assert log == (tmp_path / "damaged" / "state.db-wal").read_bytes()


def test_an_older_journal_is_copied_and_then_brought_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make(tmp_path / "state.db")
    monkeypatch.setattr(journal_schema, "VERSION", 3)
    monkeypatch.setattr(
        journal_schema,
        "MIGRATIONS",
        {1: "ALTER TABLE derived ADD COLUMN note TEXT", 2: "UPDATE derived SET note = 'new'"},
    )
    with Journal(path, lambda: 0.0) as journal:
        assert [("k", "new")] == journal.select("SELECT key, note FROM derived")
        assert [(3,)] == journal.select("PRAGMA user_version")
    with closing(sqlite3.connect(tmp_path / "state.db.v1")) as copy:
        assert [("k",)] == copy.execute("SELECT key FROM derived").fetchall()
        assert (1,) == copy.execute("PRAGMA user_version").fetchone()


def test_a_migration_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make(tmp_path / "state.db")
    with monkeypatch.context() as newer:
        newer.setattr(journal_schema, "VERSION", 2)
        newer.setattr(journal_schema, "MIGRATIONS", {1: "DELETE FROM derived; INSERT INTO nowhere VALUES (1)"})
        with pytest.raises(R2VError):
            Journal(path, lambda: 0.0)
    assert [("k",)] == keys(make_nothing(path))


def test_a_version_that_never_was_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make(tmp_path / "state.db")
    monkeypatch.setattr(journal_schema, "VERSION", 2)
    with pytest.raises(StateTrouble, match="version 1 never existed"):
        Journal(path, lambda: 0.0)


def make_nothing(path: Path) -> Path:
    """Open for writing and close: what an r2v that does nothing leaves."""
    Journal(path, lambda: 0.0).close()
    return path


def test_another_program_in_the_database_is_said_so(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "connect", impatient(sqlite3.connect))
    with hold(project) as session, closing(sqlite3.connect(session.journal.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StateTrouble, match="another program"), session.journal.transaction():
            pass
        other.execute("ROLLBACK")


def impatient(connect):
    return lambda *args, **options: connect(*args, **(options | {"timeout": 0.01}))


class Without:
    """A connection to a file system where a log cannot be kept."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db

    def execute(self, sql: str) -> object:
        return self.db.execute("SELECT 'delete'" if "journal_mode" in sql else sql)


def test_a_disk_that_cannot_keep_a_log_is_refused(tmp_path: Path) -> None:
    path = make(tmp_path / "state.db")
    with closing(sqlite3.connect(path)) as db, pytest.raises(StateTrouble, match="cannot keep a write-ahead log"):
        journal_file._believe(Without(db), path)  # type: ignore[arg-type]


def test_a_copy_that_is_there_is_the_older_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A migration that was cut short is made again; the first copy is what the older version left."""
    path = make(tmp_path / "state.db")
    (tmp_path / "state.db.v1").write_bytes(b"the first copy")
    monkeypatch.setattr(journal_schema, "VERSION", 2)
    monkeypatch.setattr(journal_schema, "MIGRATIONS", {1: "DELETE FROM derived"})
    assert [] == keys(make_nothing(path))
    assert b"the first copy" == (tmp_path / "state.db.v1").read_bytes()
