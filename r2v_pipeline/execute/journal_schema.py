"""The tables of the journal, `.r2v/state.db`, version 1.

What money depends on is enforced here and not only in Python: legal transitions, one open attempt a key, columns that
are written once, no deletion, no attempt over a cap (money_schema.py).  Only SQL that SQLite 3.37 knows is used (no
STRICT tables, no RETURNING): the SQLite that comes with a system's Python decides.
"""

from __future__ import annotations

from r2v_pipeline.execute import money_schema
from r2v_pipeline.execute.states import EDGES, OPEN, STATES, TERMINAL
from r2v_pipeline.providers.base import SUBMITS

VERSION = 1
# "r2v1": says that a database is ours before anything else is believed of it.
APPLICATION_ID = 0x72327631
# Version n -> the SQL that makes it version n + 1; it runs in one transaction, on a file that was copied before.
MIGRATIONS: dict[int, str] = {}

# Set with the row and never again; write-once ones may go from NULL to a value, and then never again.
_FIXED = (
    "id",
    "job_key",
    "no",
    "run",
    "job",
    "shot",
    "provider",
    "model",
    "account",
    "way",
    "key_life_s",
    "request",
    "token",
    "est_micros",
    "currency",
    "created_at",
)
_ONCE = ("handle", "blob", "blob_size", "actual_micros", "actual_currency", "billed", "took_least_s", "took_most_s")
# What else a row that has ended keeps as it is.  A price may still arrive: providers bill late, and give back late.
_LAST = ("handle", "code", "reason", "again", "changed_at")


def _quoted(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)


def _differs(columns: tuple[str, ...], guard: str = "") -> str:
    return " OR ".join(f"({guard.format(column)}NEW.{column} IS NOT OLD.{column})" for column in columns)


_TABLES = f"""
CREATE TABLE edge (old TEXT NOT NULL, new TEXT NOT NULL, PRIMARY KEY (old, new));
INSERT INTO edge VALUES {", ".join(f"('{old}', '{new}')" for old, new in sorted(EDGES))};

CREATE TABLE attempt (
  id INTEGER PRIMARY KEY,
  job_key TEXT NOT NULL CHECK (job_key <> ''),
  no INTEGER NOT NULL CHECK (no >= 1),
  run INTEGER REFERENCES run (id),
  job TEXT NOT NULL,
  shot TEXT NOT NULL,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  account TEXT NOT NULL,
  way TEXT NOT NULL CHECK (way IN ({_quoted(SUBMITS)})),
  key_life_s REAL NOT NULL CHECK (key_life_s >= 0),
  request BLOB NOT NULL CHECK (typeof(request) = 'blob'),
  token TEXT NOT NULL UNIQUE,
  est_micros INTEGER CHECK (est_micros >= 0),
  currency TEXT NOT NULL,
  actual_micros INTEGER CHECK (actual_micros >= 0),
  actual_currency TEXT,
  state TEXT NOT NULL CHECK (state IN ({_quoted(STATES)})),
  handle TEXT,
  blob TEXT CHECK (length(blob) = 64),
  blob_size INTEGER CHECK (blob_size > 0),
  code TEXT NOT NULL DEFAULT '',
  reason TEXT NOT NULL DEFAULT '',
  again INTEGER NOT NULL DEFAULT 0 CHECK (again IN (0, 1)),
  billed INTEGER CHECK (billed IN (0, 1)),
  took_least_s REAL,
  took_most_s REAL,
  created_at REAL NOT NULL,
  changed_at REAL NOT NULL,
  UNIQUE (job_key, no),
  CHECK (state NOT IN ('running', 'ready', 'stored') OR handle IS NOT NULL),
  CHECK ((state = 'stored') = (blob IS NOT NULL)),
  CHECK ((blob IS NULL) = (blob_size IS NULL)),
  CHECK (billed IS NOT 0 OR state IN ('rejected', 'failed', 'cancelled', 'abandoned')),
  CHECK ((actual_micros IS NULL) = (actual_currency IS NULL))
);
CREATE UNIQUE INDEX one_open_attempt ON attempt (job_key) WHERE state IN ({_quoted(OPEN)});
CREATE INDEX attempt_by_state ON attempt (state);
CREATE INDEX attempt_by_handle ON attempt (handle);

CREATE TABLE answer (
  seq INTEGER PRIMARY KEY,
  attempt INTEGER NOT NULL REFERENCES attempt (id),
  at REAL NOT NULL,
  said TEXT NOT NULL
);
CREATE INDEX answer_of_attempt ON answer (attempt);

CREATE TABLE event (
  seq INTEGER PRIMARY KEY,
  at REAL NOT NULL,
  attempt INTEGER NOT NULL REFERENCES attempt (id),
  old TEXT NOT NULL,
  new TEXT NOT NULL,
  code TEXT NOT NULL,
  reason TEXT NOT NULL
);

CREATE TABLE job (
  key TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  shot TEXT NOT NULL,
  ingredients TEXT NOT NULL
);
CREATE TABLE derived (
  key TEXT PRIMARY KEY,
  blob TEXT NOT NULL CHECK (length(blob) = 64),
  blob_size INTEGER NOT NULL CHECK (blob_size > 0)
);
CREATE TABLE used (
  output TEXT NOT NULL,
  job TEXT NOT NULL,
  key TEXT NOT NULL REFERENCES job (key),
  PRIMARY KEY (output, job)
);
CREATE TABLE upload (
  account TEXT NOT NULL,
  model TEXT NOT NULL,
  sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
  url TEXT NOT NULL,
  made_at REAL NOT NULL,
  until REAL NOT NULL,
  PRIMARY KEY (account, model, sha256)
);
CREATE TABLE output_file (
  output TEXT NOT NULL,
  path TEXT NOT NULL,
  size INTEGER NOT NULL,
  mtime_ns INTEGER NOT NULL,
  sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
  key TEXT NOT NULL,
  PRIMARY KEY (output, path)
);
"""

_TRIGGERS = f"""
CREATE TRIGGER attempt_starts_submitting BEFORE INSERT ON attempt WHEN NEW.state <> 'submitting'
BEGIN SELECT RAISE(ABORT, 'an attempt starts as submitting'); END;

CREATE TRIGGER attempt_legal BEFORE UPDATE OF state ON attempt
WHEN NEW.state <> OLD.state AND NOT EXISTS (SELECT 1 FROM edge WHERE old = OLD.state AND new = NEW.state)
BEGIN SELECT RAISE(ABORT, 'illegal transition'); END;

CREATE TRIGGER attempt_fixed BEFORE UPDATE ON attempt WHEN {_differs(_FIXED)}
BEGIN SELECT RAISE(ABORT, 'this column never changes'); END;

CREATE TRIGGER attempt_once BEFORE UPDATE ON attempt WHEN {_differs(_ONCE, "OLD.{} IS NOT NULL AND ")}
BEGIN SELECT RAISE(ABORT, 'this column is written once'); END;

CREATE TRIGGER attempt_final BEFORE UPDATE ON attempt
WHEN OLD.state IN ({_quoted(TERMINAL)}) AND ({_differs(_LAST)})
BEGIN SELECT RAISE(ABORT, 'this attempt has ended'); END;

CREATE TRIGGER answer_in_time BEFORE INSERT ON answer
WHEN NOT EXISTS (SELECT 1 FROM attempt WHERE id = NEW.attempt AND state = 'submitting')
BEGIN SELECT RAISE(ABORT, 'this attempt waits for no answer'); END;

CREATE TRIGGER attempt_kept BEFORE DELETE ON attempt
BEGIN SELECT RAISE(ABORT, 'attempts are never deleted'); END;

CREATE TRIGGER attempt_begun AFTER INSERT ON attempt
BEGIN INSERT INTO event (at, attempt, old, new, code, reason)
  VALUES (NEW.created_at, NEW.id, '', NEW.state, NEW.code, NEW.reason); END;

CREATE TRIGGER attempt_moved AFTER UPDATE OF state ON attempt WHEN NEW.state <> OLD.state
BEGIN INSERT INTO event (at, attempt, old, new, code, reason)
  VALUES (NEW.changed_at, NEW.id, OLD.state, NEW.state, NEW.code, NEW.reason); END;

CREATE TRIGGER event_fixed BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'history is only added to'); END;
CREATE TRIGGER event_kept BEFORE DELETE ON event
BEGIN SELECT RAISE(ABORT, 'history is only added to'); END;
CREATE TRIGGER edge_grown BEFORE INSERT ON edge
BEGIN SELECT RAISE(ABORT, 'the table of transitions is fixed'); END;
CREATE TRIGGER edge_fixed BEFORE UPDATE ON edge
BEGIN SELECT RAISE(ABORT, 'the table of transitions is fixed'); END;
CREATE TRIGGER edge_kept BEFORE DELETE ON edge
BEGIN SELECT RAISE(ABORT, 'the table of transitions is fixed'); END;
"""

_PARTS = (_TABLES, _TRIGGERS, *money_schema.SCHEMA_PARTS)
SCHEMA = f"{''.join(_PARTS)}PRAGMA application_id = {APPLICATION_ID};\nPRAGMA user_version = {VERSION};\n"
