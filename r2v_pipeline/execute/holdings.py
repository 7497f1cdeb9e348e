"""Which clips are here, for the lock: bought, drawn, or fetched from where a teammate left them.  Reads only."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from r2v_pipeline.execute import results
from r2v_pipeline.execute.blobs import Blobs
from r2v_pipeline.execute.journal_view import read
from r2v_pipeline.execute.records import Blob
from r2v_pipeline.providers.base import LOCAL, Cost

_CLIPS = (
    "SELECT job_key, blob, way, coalesce(actual_micros, est_micros),"
    " CASE WHEN actual_micros IS NULL THEN currency ELSE actual_currency END"
    " FROM attempt WHERE state = 'stored' ORDER BY id"
)


class Holding(NamedTuple):
    """A clip that came for a key: hex sha256; whether it was drawn here; what it cost, None where nobody knows."""

    digest: str
    drawn: bool
    cost: Cost | None


def holdings(state: Path) -> dict[str, dict[str, Holding]]:
    """By key and digest every clip that ever came, whether its bytes are still here or not.

    Raises:
        StateTrouble: the journal cannot be read.
    """
    found: dict[str, dict[str, Holding]] = {}
    for key, digest, _ in read(state / "state.db", results.DERIVED):
        found.setdefault(key, {})[digest] = Holding(digest, False, None)
    for key, digest, way, micros, currency in read(state / "state.db", _CLIPS):
        cost = None if micros is None else Cost(micros, micros, currency)
        found.setdefault(key, {})[digest] = Holding(digest, way == LOCAL, cost)
    return found


def whole(blobs: Blobs, digest: str) -> Blob | None:
    """A blob by its digest alone, as far as its stat tells; None where it is not here as it came.

    Raises:
        DiskTrouble: it cannot be looked at, so nobody knows: it must not be bought again for that.
    """
    blob = blobs.found(digest)
    return blob if blob and blobs.intact(blob) else None
