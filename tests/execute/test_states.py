"""The table of transitions."""

from __future__ import annotations

import sqlite3

import pytest

from r2v_pipeline.execute import journal_schema, states


def test_terminal_states_are_final() -> None:
    assert [] == [edge for edge in states.EDGES if edge[0] in states.TERMINAL]


def test_every_state_is_reached_and_every_open_one_left() -> None:
    assert set(states.STATES) - {states.SUBMITTING} == {new for _, new in states.EDGES}
    assert set(states.OPEN) == {old for old, _ in states.EDGES}


def test_nothing_goes_back_to_submitting() -> None:
    """Else a bought clip could be asked for again."""
    assert not any(states.allowed(old, states.SUBMITTING) for old in states.STATES)


@pytest.mark.parametrize(("old", "new"), [(a, b) for a in states.STATES for b in states.STATES])
def test_the_database_and_python_agree_on_every_pair(old: str, new: str) -> None:
    """By asking the database for each transition, not by comparing the tables: the trigger is what counts."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.executescript(journal_schema.SCHEMA)
    put(db, old)
    try:
        db.execute("UPDATE attempt SET state = ?, handle = 'h', blob = ?, blob_size = ?", (new, *blob(new)))
        possible = True
    except sqlite3.IntegrityError:
        possible = False
    db.close()
    assert (states.allowed(old, new) or old == new) == possible


def blob(state: str) -> tuple[str | None, int | None]:
    return ("a" * 64, 3) if state == "stored" else (None, None)


def put(db: sqlite3.Connection, state: str) -> None:
    """An attempt in a state, past the rules."""
    triggers = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        db.execute(f"DROP TRIGGER {name}")
    db.execute(
        "INSERT INTO attempt (job_key, no, job, shot, provider, model, account, way, key_life_s, request, token,"
        " est_micros, currency, created_at, changed_at, state, handle, blob, blob_size)"
        " VALUES ('k', 1, 's', 's', 'p', 'm', '', 'opaque', 0, x'00', 't', 0, 'USD', 0, 0, ?, 'h', ?, ?)",
        (state, *blob(state)),
    )
    for _, sql in triggers:
        db.execute(sql)


def test_the_edge_table_is_the_python_table() -> None:
    db = sqlite3.connect(":memory:")
    db.executescript(journal_schema.SCHEMA)
    found = set(db.execute("SELECT old, new FROM edge"))
    db.close()
    assert found == states.EDGES
