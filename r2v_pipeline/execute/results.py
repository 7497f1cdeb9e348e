"""What the journal knows beside attempts: results, what each build used, and the files r2v put into output folders."""

from __future__ import annotations

import json
from collections.abc import Container, Iterable

from r2v_pipeline.compile.jobs import Job
from r2v_pipeline.execute import fault
from r2v_pipeline.execute.journal import Journal
from r2v_pipeline.execute.records import Blob, OutputFile
from r2v_pipeline.providers.base import Cost

# Newest first, so that of several clips bought for one key the last is taken.
STORED = "SELECT job_key, blob, blob_size FROM attempt WHERE state = 'stored' ORDER BY no DESC"
DERIVED = "SELECT key, blob, blob_size FROM derived"


def by_key(rows: Iterable[tuple[str, str, int]]) -> dict[str, list[Blob]]:
    """The blobs of each key, best first, out of rows of `DERIVED` and then `STORED`.

    A render is among the derived only where the lock named its clip: that one goes before what was bought here.
    """
    found: dict[str, list[Blob]] = {}
    for key, digest, size in rows:
        found.setdefault(key, []).append(Blob(digest, size))
    return found


def stored(journal: Journal) -> dict[str, list[Blob]]:
    """Every finished result, in two queries however many there are."""
    return by_key([*journal.select(DERIVED), *journal.select(STORED)])


def bought(journal: Journal, key: str) -> Cost | None:
    """What a key's last finished clip was bought for, as billed where that is known; None where it was free."""
    rows = journal.select(
        "SELECT coalesce(actual_micros, est_micros), coalesce(actual_currency, currency) FROM attempt"
        " WHERE job_key = ? AND state = 'stored' AND way <> 'local' ORDER BY no DESC LIMIT 1",
        (key,),
    )
    return Cost(rows[0][0] or 0, rows[0][0] or 0, rows[0][1], rows[0][0] is not None) if rows else None


def derive(journal: Journal, key: str, blob: Blob) -> None:
    """Keep a result that r2v made itself out of others, or the clip that the lock names for a render; it can be made
    or fetched again, so a new one replaces the old."""
    with journal.transaction() as db:
        db.execute("INSERT OR REPLACE INTO derived VALUES (?, ?, ?)", (key, blob.digest, blob.size))
    fault.point("derived.durable")


def use(journal: Journal, output: str, jobs: Iterable[Job], known: Container[str]) -> None:
    """Keep what an output folder is now made of, with the ingredients of each key, for `why` and the next plan.

    `known` are the ids of all jobs that the storyboard has; entries of others are forgotten.  A build that changes
    nothing writes nothing.
    """
    before: dict[str, str] = dict(journal.select("SELECT job, key FROM used WHERE output = ?", (output,)))
    new = [job for job in jobs if before.get(job.id) != job.key]
    lost = [(output, job) for job in before if job not in known]
    if not new and not lost:
        return
    with journal.transaction() as db:
        db.executemany(
            "INSERT OR IGNORE INTO job VALUES (?, ?, ?, ?)",
            ((job.key, job.kind, job.shot, _ingredients(job)) for job in new),
        )
        db.executemany("INSERT OR REPLACE INTO used VALUES (?, ?, ?)", ((output, job.id, job.key) for job in new))
        db.executemany("DELETE FROM used WHERE output = ? AND job = ?", lost)
    fault.point("used.durable")


def files(journal: Journal, output: str) -> dict[str, OutputFile]:
    """The files that r2v made in an output folder, by their path in it."""
    rows = journal.select("SELECT path, size, mtime_ns, sha256, key FROM output_file WHERE output = ?", (output,))
    return {row[0]: OutputFile(*row) for row in rows}


def record_file(journal: Journal, output: str, file: OutputFile) -> None:
    """r2v made this file; an unchanged one may later be replaced or removed without asking."""
    with journal.transaction() as db:
        db.execute("INSERT OR REPLACE INTO output_file VALUES (?, ?, ?, ?, ?, ?)", (output, *file))


def forget_file(journal: Journal, output: str, path: str) -> None:
    """The file is gone, or is somebody else's now."""
    with journal.transaction() as db:
        db.execute("DELETE FROM output_file WHERE output = ? AND path = ?", (output, path))


def _ingredients(job: Job) -> str:
    return json.dumps({part.path: part.value for part in job.ingredients}, sort_keys=True, ensure_ascii=False)
