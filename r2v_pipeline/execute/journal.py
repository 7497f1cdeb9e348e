"""The journal: what was asked of whom, for how much, and what came of it.

One SQLite file, one writer (the holder of the build lock), one thread.  Every method that changes something has
committed and synced when it returns.  `r2v plan` and its like read through journal_view.py, never through this.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from r2v_pipeline import canonical
from r2v_pipeline.execute import journal_file, states
from r2v_pipeline.execute.records import Attempt, Change, Intent

_COLUMNS = ", ".join(Attempt._fields)


def token(job_key: str, no: int) -> str:
    """The provider's idempotency key of an attempt, where it takes one.

    Derived, not random: a project whose state folder was lost sends the same tokens again, and buys nothing twice from
    a provider that honours them.
    """
    return canonical.digest([job_key, no])


class Journal:
    """The journal, open for writing.  `now` gives seconds since the epoch; they are for people, nothing compares them.

    All methods raise StateTrouble when the file is damaged and DiskTrouble when it cannot be written.
    """

    def __init__(self, path: Path, now: Callable[[], float]) -> None:
        self.path = path
        self._now = now
        self._db = journal_file.open_for_writing(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file; its log is folded into it, so that reading needs no second file."""
        self._db.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing: what is executed inside is on the disk when this returns, or never happened."""
        with journal_file.guarded(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            finally:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")

    def select(self, sql: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """Rows of a query, read at once."""
        with journal_file.guarded(self.path):
            return self._db.execute(sql, values).fetchall()

    def intend(self, intent: Intent) -> Attempt:
        """The row that must be durable before a provider hears of the job: exactly the bytes and the token to be sent.

        Raises:
            sqlite3.IntegrityError: the key has an open attempt; asking again could buy twice.
        """
        with self.transaction() as db:
            last = db.execute("SELECT max(no) FROM attempt WHERE job_key = ?", (intent.job_key,)).fetchone()[0]
            no, at = (last or 0) + 1, self._now()
            cost = intent.estimate
            row = db.execute(
                "INSERT INTO attempt (job_key, no, shot, provider, account, request, token, est_micros, currency,"
                " state, created_at, changed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    intent.job_key,
                    no,
                    intent.shot,
                    intent.provider,
                    intent.account,
                    intent.request,
                    token(intent.job_key, no),
                    cost.high_micros if cost.known else None,
                    cost.currency,
                    states.SUBMITTING,
                    at,
                    at,
                ),
            ).lastrowid
        return self.attempt(row or 0)

    def answered(self, attempt: Attempt, answer: str) -> Attempt:
        """Keep what the provider said to the submit, before anything is read from it."""
        with self.transaction() as db:
            db.execute("UPDATE attempt SET answer = ? WHERE id = ?", (answer, attempt.id))
        return self.attempt(attempt.id)

    def move(self, attempt: Attempt, new: str, change: Change = Change()) -> Attempt:  # noqa: B008 - a value
        """Take an attempt to its next state.

        Raises:
            ValueError: there is no such way, or the row is elsewhere than the caller believes: a bug.
        """
        if not states.allowed(attempt.state, new):
            raise ValueError(f"attempt {attempt.id} cannot go from {attempt.state} to {new}")
        values: dict[str, Any] = {
            "state": new,
            "changed_at": self._now(),
            "code": change.code,
            "reason": change.reason,
            "again": int(change.again),
        }
        if change.handle is not None:
            values["handle"] = json.dumps(dict(change.handle), sort_keys=True)
        if change.blob is not None:
            values |= {"blob": change.blob.digest, "blob_size": change.blob.size}
        if change.cost is not None and change.cost.known:
            values |= {"actual_micros": change.cost.high_micros, "actual_currency": change.cost.currency}
        columns = ", ".join(f"{column} = ?" for column in values)
        with self.transaction() as db:
            moved = db.execute(
                f"UPDATE attempt SET {columns} WHERE id = ? AND state = ?",
                (*values.values(), attempt.id, attempt.state),
            ).rowcount
        if moved != 1:
            raise ValueError(f"attempt {attempt.id} is not {attempt.state} any more")
        return self.attempt(attempt.id)

    def attempt(self, id: int) -> Attempt:
        """One attempt as its row stands."""
        return _attempt(self.select(f"SELECT {_COLUMNS} FROM attempt WHERE id = ?", (id,))[0])

    def open_attempts(self) -> dict[str, Attempt]:
        """Every attempt that has not ended, by job key (there is at most one a key)."""
        rows = self.select(f"SELECT {_COLUMNS} FROM attempt WHERE state IN ('submitting', 'running', 'ready')")
        return {attempt.job_key: attempt for attempt in map(_attempt, rows)}


def _attempt(row: tuple[Any, ...]) -> Attempt:
    found = Attempt(*row)
    handle = json.loads(found.handle) if isinstance(found.handle, str) else None
    return found._replace(handle=handle, request=bytes(found.request), again=bool(found.again))
