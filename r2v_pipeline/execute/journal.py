"""The journal: what was asked of whom, for how much, and what came of it.

One SQLite file, one writer (the holder of the build lock), one thread.  Every method that changes something has
committed and synced when it returns.  `r2v plan` and its like read through journal_view.py, never through this.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from r2v_pipeline import canonical
from r2v_pipeline.execute import fault, journal_file, states
from r2v_pipeline.execute.budget import Budget, Counted, Declined, month_of, objection
from r2v_pipeline.execute.records import Attempt, Change, Intent

_LATEST = "(SELECT said FROM answer WHERE attempt = attempt.id ORDER BY seq DESC LIMIT 1) AS answer"
_COLUMNS = ", ".join(_LATEST if field == "answer" else field for field in Attempt._fields)
_COUNTED = f"SELECT {', '.join(Counted._fields)} FROM counted WHERE run = ?"
_WRITTEN = (
    "job_key, no, run, job, shot, provider, model, account, way, key_life_s, request, token, est_micros, currency,"
    " state, created_at, changed_at"
)


def token(job_key: str, no: int) -> str:
    """The provider's idempotency key of an attempt, where it takes one.

    Derived, not random: a project whose state folder was lost sends the same tokens again, and buys nothing twice from
    a provider that honours them.
    """
    return canonical.digest([job_key, no])


def handle_text(handle: Mapping[str, Any]) -> str:
    """A handle as the journal keeps it; equal handles are equal texts."""
    return json.dumps(dict(handle), sort_keys=True, separators=(",", ":"))


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

    def now(self) -> float:
        """Seconds since the epoch, by the clock that dates the rows."""
        return self._now()

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

    def begin(self, storyboard: str, revision: str, budget: Budget) -> int:
        """The id of a new build, which its attempts name; its caps hold for all of them.

        `storyboard` is its place in the project, `revision` the Git commit, empty where there is none.
        """
        at = self._now()
        with self.transaction() as db:
            run = db.execute("INSERT INTO run VALUES (NULL, ?, ?, ?)", (at, storyboard, revision)).lastrowid or 0
            db.executemany(
                "INSERT INTO cap VALUES (?, ?, ?, ?, ?, ?)",
                ((run, c.scope, c.micros, c.currency, month_of(at), int(budget.unknown_fits)) for c in budget.caps),
            )
            rates = ((run, *pair, micros) for pair, micros in budget.rates.items())
            db.executemany("INSERT INTO rate VALUES (?, ?, ?, ?)", rates)
        fault.point("run.durable")
        return run

    def intend(self, intent: Intent, budget: Budget = Budget()) -> Attempt:  # noqa: B008 - a value
        """The row that must be durable before a provider hears of the job: exactly the bytes and the token to be sent.

        It reserves its price in the same transaction.  `budget` is the one that the run began with.

        Raises:
            Declined: its price does not fit under a cap of its run.
            sqlite3.IntegrityError: the key has an open attempt, or one that was paid for and lost without anybody
                having allowed another; asking again could buy twice.
        """
        with self.transaction() as db:
            for row in db.execute(_COUNTED, (intent.run,)).fetchall():
                if why := objection(Counted(*row), intent.estimate, budget.rates):
                    raise Declined(why)
            last = db.execute("SELECT max(no) FROM attempt WHERE job_key = ?", (intent.job_key,)).fetchone()[0]
            values = _row(intent, (last or 0) + 1, self._now())
            marks = ", ".join("?" * len(values))
            row_id = db.execute(f"INSERT INTO attempt ({_WRITTEN}) VALUES ({marks})", values).lastrowid
        return self.attempt(row_id or 0)

    def answered(self, attempt: Attempt, said: str) -> Attempt:
        """Keep what the provider said to a submit, before anything is read from it.  Earlier answers are kept too."""
        with self.transaction() as db:
            db.execute("INSERT INTO answer VALUES (NULL, ?, ?, ?)", (attempt.id, self._now(), said))
        return self.attempt(attempt.id)

    def note(self, attempt: Attempt, code: str, reason: str) -> Attempt:
        """What is known of an open attempt now, for people: its state stays."""
        if (attempt.code, attempt.reason) == (code, reason):
            return attempt
        with self.transaction() as db:
            db.execute("UPDATE attempt SET code = ?, reason = ? WHERE id = ?", (code, reason, attempt.id))
        return self.attempt(attempt.id)

    def permit(self, attempt: Attempt) -> None:
        """A person allows another attempt although this one was paid for and its clip is gone."""
        with self.transaction() as db:
            db.execute("INSERT OR IGNORE INTO permit VALUES (?, ?)", (attempt.id, self._now()))

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
            "billed": change.billed,
        }
        if change.handle is not None:
            values["handle"] = handle_text(change.handle)
        if change.blob is not None:
            values |= {"blob": change.blob.digest, "blob_size": change.blob.size}
        if change.cost is not None and change.cost.known:
            values |= {"actual_micros": change.cost.high_micros, "actual_currency": change.cost.currency}
        if change.took_s is not None:
            values["took_least_s"], values["took_most_s"] = change.took_s
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

    def gone(self) -> dict[str, Attempt]:
        """By job key, what was paid for and lost by its provider, and may not be bought again without a person."""
        rows = self.select(f"SELECT {_COLUMNS} FROM attempt WHERE {GONE}")
        return {attempt.job_key: attempt for attempt in map(_attempt, rows)}

    def namesake(self, attempt: Attempt) -> Attempt | None:
        """Another attempt that was given the very same job by its provider."""
        assert attempt.handle is not None  # only what was accepted can have one
        sql = f"SELECT {_COLUMNS} FROM attempt WHERE handle = ? AND provider = ? AND id <> ? ORDER BY id LIMIT 1"
        rows = self.select(sql, (handle_text(attempt.handle), attempt.provider, attempt.id))
        return _attempt(rows[0]) if rows else None

    def claimed(self, provider: str, but: Attempt) -> frozenset[str]:
        """The handles, as canonical JSON, of all jobs at a provider that belong to another attempt than `but`."""
        sql = "SELECT handle FROM attempt WHERE provider = ? AND id <> ? AND handle IS NOT NULL"
        return frozenset(row[0] for row in self.select(sql, (provider, but.id)))


# With nothing to show for its price.  The database takes no further attempt of such a key.
GONE = "state = 'expired' AND way <> 'local' AND id NOT IN (SELECT attempt FROM permit)"


def _row(intent: Intent, no: int, at: float) -> tuple[Any, ...]:
    """The values of `_WRITTEN`."""
    terms, cost = intent.terms, intent.estimate
    whose = (intent.provider, intent.model, terms.account, terms.submit, terms.key_life_s)
    price = (cost.high_micros if cost.known else None, cost.currency)
    what = (intent.request, token(intent.job_key, no))
    return (intent.job_key, no, intent.run, intent.job, intent.shot, *whose, *what, *price, states.SUBMITTING, at, at)


def _attempt(row: tuple[Any, ...]) -> Attempt:
    found = Attempt(*row)
    handle = json.loads(found.handle) if isinstance(found.handle, str) else None
    billed = None if found.billed is None else bool(found.billed)
    return found._replace(handle=handle, request=bytes(found.request), again=bool(found.again), billed=billed)
