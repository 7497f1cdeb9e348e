"""Rows of attempts: what is written once, what is never deleted, what order things happen in."""

from __future__ import annotations

import sqlite3
from itertools import pairwise

import pytest
from scripted import DEARLY, FREELY, PAID

from r2v_pipeline.execute import states
from r2v_pipeline.execute.journal import Journal, token
from r2v_pipeline.execute.records import Attempt, Blob, Change, Intent
from r2v_pipeline.execute.session import Session
from r2v_pipeline.providers.base import FREE, Cost

BLOB = Blob("ab" * 32, 7)


def intent(key: str = "k1", cost: Cost = FREE) -> Intent:
    terms = FREELY if cost == FREE else DEARLY
    return Intent(key, "s1", "s1", "animatic", "m1", terms, b'{"shot":"s1"}', cost)


def running(journal: Journal, key: str = "k1") -> Attempt:
    return journal.move(journal.intend(intent(key)), states.RUNNING, Change(handle={"id": 1}))


def stored(journal: Journal, key: str = "k1") -> Attempt:
    ready = journal.move(running(journal, key), states.READY)
    return journal.move(ready, states.STORED, Change(blob=BLOB))


def test_an_intent_is_what_will_be_sent(session: Session) -> None:
    found = session.journal.intend(intent(cost=PAID))
    assert (b'{"shot":"s1"}', token("k1", 1), 980_000, "USD", "submitting", False) == (
        found.request,
        found.token,
        found.est_micros,
        found.currency,
        found.state,
        found.free,
    )


def test_a_token_is_the_same_on_every_machine() -> None:
    assert "49071bbd5d" == token("k1", 1)[:10]
    assert token("k1", 1) != token("k1", 2)


def test_an_unknown_price_is_not_free(session: Session) -> None:
    assert not session.journal.intend(intent(cost=Cost(0, 0, "USD", known=False))).free


def test_one_open_attempt_a_key(session: Session) -> None:
    session.journal.intend(intent())
    with pytest.raises(sqlite3.IntegrityError, match=r"attempt\.job_key"):
        session.journal.intend(intent())
    assert 1 == len(session.journal.open_attempts())


def test_an_ended_attempt_gives_way_to_the_next(session: Session) -> None:
    first = session.journal.move(running(session.journal), states.FAILED, Change(code="x", reason="y", again=True))
    assert ("x", "y", True) == (first.code, first.reason, first.again)
    second = session.journal.intend(intent())
    assert (2, token("k1", 2)) == (second.no, second.token)


def test_the_whole_way_is_in_the_history(session: Session) -> None:
    attempt = stored(session.journal)
    assert (BLOB.digest, BLOB.size, {"id": 1}) == (attempt.blob, attempt.blob_size, attempt.handle)
    events = session.journal.select("SELECT attempt, old, new FROM event ORDER BY seq")
    way = ["", "submitting", "running", "ready", "stored"]
    assert [(1, old, new) for old, new in pairwise(way)] == events


def test_a_price_from_the_provider_is_kept(session: Session) -> None:
    session.journal.move(running(session.journal), states.READY, Change(cost=PAID))
    assert [(980_000, "USD")] == session.journal.select("SELECT actual_micros, actual_currency FROM attempt")


def test_an_illegal_move_is_a_bug_and_changes_nothing(session: Session) -> None:
    attempt = session.journal.intend(intent())
    with pytest.raises(ValueError, match="from submitting to stored"):
        session.journal.move(attempt, states.STORED, Change(blob=BLOB))
    assert attempt == session.journal.attempt(attempt.id)


def test_a_move_from_a_stale_view_changes_nothing(session: Session) -> None:
    attempt = session.journal.intend(intent())
    session.journal.move(attempt, states.REJECTED)
    with pytest.raises(ValueError, match="not submitting any more"):
        session.journal.move(attempt, states.RUNNING, Change(handle={}))
    assert session.journal.attempt(attempt.id).state == "rejected"


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("UPDATE attempt SET state = 'stored', blob = 'b', blob_size = 1 WHERE id = 1", "illegal transition"),
        ("UPDATE attempt SET handle = '{\"id\":2}' WHERE id = 1", "written once"),
        ("UPDATE attempt SET handle = NULL WHERE id = 1", "written once"),
        ("UPDATE attempt SET request = x'00' WHERE id = 1", "never changes"),
        ("UPDATE attempt SET token = 't' WHERE id = 1", "never changes"),
        ("UPDATE attempt SET est_micros = 1 WHERE id = 1", "never changes"),
        ("UPDATE attempt SET job_key = 'k9' WHERE id = 1", "never changes"),
        ("UPDATE attempt SET id = 9 WHERE id = 1", "never changes"),
        ("UPDATE attempt SET reason = 'other' WHERE id = 2", "has ended"),
        ("UPDATE attempt SET blob = 'c' WHERE id = 2", "written once"),
        ("UPDATE attempt SET state = 'running' WHERE id = 2", "illegal transition"),
        ("DELETE FROM attempt WHERE id = 2", "never deleted"),
        ("INSERT OR REPLACE INTO attempt SELECT * FROM attempt WHERE id = 2", "starts as submitting"),
        ("DELETE FROM event", "only added to"),
        ("UPDATE event SET new = 'stored'", "only added to"),
        ("INSERT INTO edge VALUES ('stored', 'running')", "fixed"),
        ("DELETE FROM edge", "fixed"),
        ("UPDATE edge SET new = 'stored'", "fixed"),
    ],
)
def test_the_database_itself_refuses(session: Session, sql: str, why: str) -> None:
    running(session.journal, "k1")
    stored(session.journal, "k2")
    before = session.journal.select("SELECT * FROM attempt")
    with pytest.raises(sqlite3.IntegrityError, match=why), session.journal.transaction() as db:
        db.execute(sql)
    assert before == session.journal.select("SELECT * FROM attempt")


def test_replacing_an_attempt_counts_as_deleting_it(session: Session) -> None:
    running(session.journal)
    with pytest.raises(sqlite3.IntegrityError, match="never deleted"), session.journal.transaction() as db:
        db.execute(
            "INSERT OR REPLACE INTO attempt (id, job_key, no, job, shot, provider, model, account, way, key_life_s,"
            " request, token, currency, state, created_at, changed_at)"
            " VALUES (1, 'k', 1, 's', 's', 'p', 'm', '', 'local', 0, x'00', 't', 'USD', 'submitting', 0, 0)"
        )


def test_a_late_price_is_the_one_thing_an_ended_attempt_learns(session: Session) -> None:
    stored(session.journal)
    with session.journal.transaction() as db:
        db.execute("UPDATE attempt SET actual_micros = 5, actual_currency = 'USD' WHERE id = 1")
    assert [(5,)] == session.journal.select("SELECT actual_micros FROM attempt")


def test_a_transaction_that_fails_leaves_nothing(session: Session) -> None:
    def half_done() -> None:
        with session.journal.transaction() as db:
            db.execute("INSERT INTO derived VALUES ('k', ?, 1)", (BLOB.digest,))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half_done()
    assert [] == session.journal.select("SELECT * FROM derived")


def test_commits_are_synced(session: Session) -> None:
    """FULL is what makes a commit in WAL mode survive a power cut; nothing but this setting says so."""
    assert [("wal",)] == session.journal.select("PRAGMA journal_mode")
    assert [(2,)] == session.journal.select("PRAGMA synchronous")
    assert [(1,)] == session.journal.select("PRAGMA fullfsync")
