"""Where each job stands, for `status`: its last attempt, and what the store keeps."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from r2v_pipeline.execute import results
from r2v_pipeline.execute.journal_view import read

_LAST = (
    "SELECT job_key, state, changed_at, blob, blob_size, reason, provider, model FROM attempt"
    " WHERE id IN (SELECT max(id) FROM attempt GROUP BY job_key)"
)


class Standing(NamedTuple):
    """A job's last attempt, and whom it was sent to.  `since` is seconds since the epoch, `size` bytes; no clip: `blob`
    and `size` are None."""

    state: str
    since: float
    blob: str | None
    size: int | None
    note: str
    provider: str
    model: str


def standings(state: Path) -> dict[str, Standing]:
    """The last attempt of every job key that was ever tried, in one query.

    Raises:
        StateTrouble: the journal cannot be read.
    """
    return {key: Standing(*found) for key, *found in read(state / "state.db", _LAST)}


def derived(state: Path) -> dict[str, str]:
    """The digest of each result that r2v made itself out of others, by the key of its job.

    Raises:
        StateTrouble: the journal cannot be read.
    """
    return {key: digest for key, digest, _ in read(state / "state.db", results.DERIVED)}


def kept(state: Path) -> dict[str, int]:
    """Every finished file in the store by its digest, with its size in bytes."""
    store = state / "cas" / "sha256"
    return {path.name: path.stat().st_size for path in store.glob("??/*") if len(path.name) == 64}
