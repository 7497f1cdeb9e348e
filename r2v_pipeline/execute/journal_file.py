"""The journal as a file: its birth, what is believed of it, and SQLite's errors in our words.

Nothing here deletes or mends: what cannot be trusted is refused, because guessing about money is worse than stopping.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from r2v_pipeline.errors import DiskTrouble, EnvironmentTrouble, StateTrouble
from r2v_pipeline.execute import fault, journal_schema
from r2v_pipeline.execute.disk import move_aside, settle_folder, sync_file, sync_folder, writing

_DISK = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def damaged(path: Path, what: str) -> StateTrouble:
    """The journal cannot be believed: nothing is spent, nothing is deleted, and the user learns what is at stake."""
    return StateTrouble(
        f"the journal {path} cannot be trusted: {what}",
        "nothing was changed. Finished clips lie beside it in cas/. Restore the file from a backup, or move it aside "
        "to start anew: r2v then no longer knows what was bought, so look first at what your provider's account lists",
    )


@contextlib.contextmanager
def guarded(path: Path) -> Iterator[None]:
    """SQLite's errors as trouble with the environment; a broken rule of the schema stays what it is, a bug."""
    try:
        yield
    except sqlite3.IntegrityError:
        raise
    except sqlite3.DatabaseError as error:
        raise _trouble(error, path) from error


def _trouble(error: sqlite3.DatabaseError, path: Path) -> EnvironmentTrouble:
    # The low byte is the class of the error, the rest tells variants of it apart.
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
    if code in _DISK:
        return DiskTrouble(
            f"cannot write {path}: {error}",
            "make room on that disk, or allow writing there, and run the same command again",
        )
    if code in _BUSY:
        return StateTrouble(f"another program keeps {path} locked", "close it and run the same command again")
    return damaged(path, str(error))


def open_for_writing(path: Path) -> sqlite3.Connection:
    """The journal, born if there is none, checked, and brought to this version.  The caller holds the build lock.

    Raises:
        StateTrouble: it is not a journal, is torn, or a newer r2v wrote it.
        DiskTrouble: it cannot be written.
    """
    with guarded(path), writing(path):
        if not path.exists():
            _give_birth(path)
        elif not path.stat().st_size:
            # SQLite would take an empty file for a new database.
            raise damaged(path, "it is empty")
        db = connect(path, path.as_uri() + "?mode=rw")
        try:
            _believe(db, path)
        except BaseException:  # an interrupt too: the file is let go of
            db.close()
            raise
        return db


def connect(path: Path, uri: str) -> sqlite3.Connection:
    """A connection whose transactions are ours to begin, refused where the file is no journal of this version or older.

    Raises:
        StateTrouble: not a journal, or one of a newer r2v.
    """
    db = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=10.0)
    try:
        if db.execute("PRAGMA application_id").fetchone()[0] != journal_schema.APPLICATION_ID:
            raise damaged(path, "it is no journal of r2v")
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version > journal_schema.VERSION:
            raise StateTrouble(
                f"{path} was written by a newer r2v (journal version {version}, this one knows "
                f"{journal_schema.VERSION})",
                "use that r2v, or a newer one, for this project",
            )
    except BaseException:  # an interrupt too: the file is let go of
        db.close()
        raise
    return db


def _believe(db: sqlite3.Connection, path: Path) -> None:
    db.execute("PRAGMA synchronous = FULL")
    # macOS: its plain fsync leaves bytes in the drive's cache.
    db.execute("PRAGMA fullfsync = ON")
    db.execute("PRAGMA foreign_keys = ON")
    # Else INSERT OR REPLACE would delete a row without its trigger being asked.
    db.execute("PRAGMA recursive_triggers = ON")
    if db.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
        raise StateTrouble(f"{path} lies on a disk that cannot keep a write-ahead log", "see R2V_STATE_DIR")
    found = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise damaged(path, found)
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version < journal_schema.VERSION:
        _migrate(db, path, version)


def _give_birth(path: Path) -> None:
    """Made under another name and renamed: a kill at any moment leaves no journal or a whole one."""
    for suffix in ("-wal", "-shm"):
        # The log of a journal that is gone; SQLite would play it into the new one.
        stray = path.with_name(path.name + suffix)
        if stray.exists():
            move_aside(stray, path.parent / "damaged", stray.name)
    temp = path.with_name(path.name + ".birth")
    for suffix in ("", "-wal", "-shm", "-journal"):
        temp.with_name(temp.name + suffix).unlink(missing_ok=True)
    os.close(os.open(temp, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    db = sqlite3.connect(temp, isolation_level=None)
    try:
        db.executescript(f"PRAGMA journal_mode = WAL; BEGIN;{journal_schema.SCHEMA}COMMIT;")
        # What `close` cannot bring over from the log stays there without a word, and only the journal is renamed.
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        db.close()
    sync_file(temp)
    settle_folder(path.parent)
    fault.point("journal.birth")
    temp.rename(path)
    sync_folder(path.parent)
    fault.point("journal.born")


def _migrate(db: sqlite3.Connection, path: Path, version: int) -> None:
    """Version by version, each in one transaction, after a copy: `state.db.v1` is the journal as version 1 left it."""
    copy = path.with_name(f"{path.name}.v{version}")
    if not copy.exists():
        temp = copy.with_name(copy.name + ".new")
        temp.unlink(missing_ok=True)
        with contextlib.closing(sqlite3.connect(temp)) as target:
            db.backup(target)
        sync_file(temp)
        temp.rename(copy)
        sync_folder(path.parent)
    for old in range(version, journal_schema.VERSION):
        if old not in journal_schema.MIGRATIONS:
            raise damaged(path, f"version {old} never existed")
        step = journal_schema.MIGRATIONS[old]
        db.executescript(f"BEGIN IMMEDIATE;{step};PRAGMA user_version = {old + 1};COMMIT;")
