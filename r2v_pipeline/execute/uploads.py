"""What already lies at a provider and may be named again: an uploaded file by its content, as long as it is kept there.

A row is only a saving.  Whoever fails drops those that its request named, so that a lost file is sent anew.
"""

from __future__ import annotations

from typing import NamedTuple

from r2v_pipeline.execute.journal import Journal
from r2v_pipeline.execute.records import Attempt
from r2v_pipeline.providers.base import Terms

_FIND = "SELECT url FROM upload WHERE account = ? AND model = ? AND sha256 = ? AND made_at <= ? AND until > ?"


class Shelf(NamedTuple):
    """Where an upload can be found again: an account, and a model where uploads are bound to one."""

    account: str
    model: str
    life_s: float


def shelf(terms: Terms, model: str) -> Shelf:
    """That of a job of `model`."""
    return Shelf(terms.account, model if terms.upload_by_model else "", terms.upload_life_s)


def known(journal: Journal, at: Shelf, sha256: str) -> str:
    """The address of a file that still lies there; empty where none is known, and by a clock that was set back."""
    if not at.life_s:
        return ""
    now = journal.now()
    rows = journal.select(_FIND, (at.account, at.model, sha256, now, now))
    return str(rows[0][0]) if rows else ""


def keep(journal: Journal, at: Shelf, sha256: str, url: str) -> None:
    """A file was just brought there."""
    if at.life_s:
        now = journal.now()
        with journal.transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO upload VALUES (?, ?, ?, ?, ?, ?)",
                (at.account, at.model, sha256, url, now, now + at.life_s),
            )


def forget(journal: Journal, attempt: Attempt) -> None:
    """It came to nothing, perhaps because the provider could not read one of its files."""
    with journal.transaction() as db:
        db.execute("DELETE FROM upload WHERE instr(?, url) > 0", (attempt.request.decode("utf-8", "replace"),))
