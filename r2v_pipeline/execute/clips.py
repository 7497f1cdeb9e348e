"""Every clip that a shot ever got, bought or drawn; reads only."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from r2v_pipeline.execute.blobs import Blobs
from r2v_pipeline.execute.journal_view import read
from r2v_pipeline.execute.records import Blob

_CLIPS = """
SELECT a.shot, a.job, a.job_key, a.no, a.provider, a.model, a.blob, a.blob_size, a.changed_at,
  coalesce(a.actual_micros, a.est_micros),
  CASE WHEN a.actual_micros IS NULL THEN a.currency ELSE a.actual_currency END,
  job.ingredients
FROM attempt a LEFT JOIN run ON run.id = a.run LEFT JOIN job ON job.key = a.job_key
WHERE a.state = 'stored' AND coalesce(run.storyboard, ?) = ?
ORDER BY a.id
"""
_USED = "SELECT key, output FROM used ORDER BY output"
_SHOTS = """
SELECT DISTINCT a.shot FROM attempt a LEFT JOIN run ON run.id = a.run
WHERE coalesce(run.storyboard, ?) = ? ORDER BY a.shot
"""


class Clip(NamedTuple):
    """One finished clip.

    `take` is what the storyboard asked for, None where no build got as far as keeping that.  `at` is when it was
    stored, in seconds since the epoch, None for one that a teammate bought; `micros` what it cost, None where nobody
    knows.  `outputs` are the output folders that are made of it.  `there`: its bytes are in the store as they came.
    """

    shot: str
    job: str
    key: str
    take: int | None
    at: float | None
    provider: str
    model: str
    micros: int | None
    currency: str
    digest: str
    size: int
    path: Path
    outputs: tuple[str, ...]
    there: bool


def clips(state: Path, storyboard: str) -> tuple[Clip, ...]:
    """All clips of a storyboard (its place in the project), oldest first.

    Raises:
        StateTrouble: the journal cannot be read.
    """
    outputs = outputs_by_key(state)
    blobs = Blobs(state)
    rows = read(state / "state.db", _CLIPS, (storyboard, storyboard))
    there = {row[6]: blobs.intact(Blob(row[6], row[7])) for row in rows}
    # Of several clips of one key the newest that is whole is the one in use.
    newest = {row[2]: row[6] for row in rows if there[row[6]]}
    return tuple(
        Clip(
            shot=row[0],
            job=row[1],
            key=row[2],
            take=json.loads(row[11]).get("take") if row[11] else None,
            at=row[8],
            provider=row[4],
            model=row[5],
            micros=row[9],
            currency=row[10],
            digest=row[6],
            size=row[7],
            path=blobs.path(row[6]),
            outputs=tuple(outputs.get(row[2], ())) if newest.get(row[2]) == row[6] else (),
            there=there[row[6]],
        )
        for row in rows
    )


def outputs_by_key(state: Path) -> dict[str, list[str]]:
    """The output folders that the last builds made with each key.

    Raises:
        StateTrouble: the journal cannot be read.
    """
    outputs: dict[str, list[str]] = {}
    for key, output in read(state / "state.db", _USED):
        outputs.setdefault(key, []).append(output)
    return outputs


def shots_asked_for(state: Path, storyboard: str) -> tuple[str, ...]:
    """The ids of all shots of a storyboard that anything was ever asked for, whatever came of it.

    Raises:
        StateTrouble: the journal cannot be read.
    """
    return tuple(shot for (shot,) in read(state / "state.db", _SHOTS, (storyboard, storyboard)))


def storyboards(state: Path) -> tuple[str, ...]:
    """The places of all storyboards that were ever built, whether they are still there or not.

    Raises:
        StateTrouble: the journal cannot be read.
    """
    return tuple(
        path for (path,) in read(state / "state.db", "SELECT DISTINCT storyboard FROM run ORDER BY storyboard")
    )
