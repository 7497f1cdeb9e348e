"""`r2v status FILE`: which clips are there, which are on their way, what lies on the disk.  Never writes."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from r2v_pipeline.cli.locked.locking import ledger
from r2v_pipeline.cli.stages.front import (
    Front,
    Options,
    add_storyboard_options,
    lock_of,
    options_of,
    paint_for,
    storyboard_or_only,
)
from r2v_pipeline.cli.stages.naming import UNPAID, add_sandbox_option, words_for
from r2v_pipeline.cli.stages.planning import ready
from r2v_pipeline.compile.jobs import Compilation, Job
from r2v_pipeline.errors import UsageError
from r2v_pipeline.execute import history, state_dir
from r2v_pipeline.execute.blobs import Blobs
from r2v_pipeline.execute.journal_view import JournalView, read
from r2v_pipeline.execute.standing import Standing, derived, kept, standings
from r2v_pipeline.execute.states import RUNNING, STORED, SUBMITTING
from r2v_pipeline.execute.turnaround import Turnaround
from r2v_pipeline.plan.lock import Entries, asked
from r2v_pipeline.report.safe import safe_json
from r2v_pipeline.report.status import Row, Store, to_json, to_text


def run(arguments: list[str]) -> int:
    """0 whatever the state; 1 when the storyboard is wrong."""
    given = _parser().parse_intermixed_args(arguments)
    file, options = storyboard_or_only(given.file), options_of(given)
    if given.watch:
        return _watch(file, options, given.format)
    made = ready(file, options)
    if made is None:
        return 1
    front, compilation = made
    state = state_dir.locate(Path(front.disk.root), within=options.within)
    rows = _locked(list(_rows(state, compilation, time.time())), front, compilation)
    if given.format == "json":
        sys.stdout.write(safe_json(to_json(rows, _store(state, compilation))) + "\n")
    else:
        sys.stdout.write(UNPAID if options.sandbox else "")
        named = words_for(Path(front.disk.root), front.path, sandbox=options.sandbox)
        sys.stdout.write(to_text(rows, _store(state, compilation), time.time(), paint_for(sys.stdout), named))
    return 0


def _watch(file: str, options: Options, format: str) -> int:
    if format != "text":
        raise UsageError("--watch is for people; it has no --format json")
    from r2v_pipeline.cli.watching import watch

    return watch(file, options, _rows, _store)


def _rows(state: Path, compilation: Compilation, now: float) -> Iterator[Row]:
    """One row for each render of the storyboard, as its last attempt stands."""
    standing, doubts = standings(state), JournalView(state, state, lambda: now)
    select = partial(read, state / "state.db")
    times: dict[tuple[str, str], Turnaround] = {}
    for job in compilation.jobs:
        if job.request is None:
            continue
        row = _row(job, standing.get(job.key))
        if row.state == SUBMITTING:
            attempt = doubts.open_attempt(job.key)
            row = row._replace(settles=attempt is None or attempt.settles)  # None: it ran here
        if row.state == RUNNING and row.since is not None:
            model = row.provider, row.model
            known = times.get(model) or times.setdefault(model, history.turnaround(select, *model))
            # Before a first job of a model has ended, nobody can tell.
            row = row._replace(left=known.left(max(now - row.since, 0.0)) if known.count else None)
        yield row


def _locked(rows: list[Row], front: Front, compilation: Compilation) -> list[Row]:
    """The same with what the lock knows: clips that came from a teammate, and who approved what."""
    lock, root = lock_of(front), Path(front.disk.root)
    place = front.options.within
    view, blobs = ledger(root, lock, place), Blobs(state_dir.locate(root, within=place))
    entries = Entries(lock.lock, [shot.id for shot in compilation.storyboard.shots])
    jobs = {job.id: (one, job.key) for one in asked(compilation) for job in one.renders}
    made = []
    for row in rows:
        one, key = jobs[row.name]
        digest = view.stored(key) if row.state == "none" else None
        if digest and (blob := blobs.found(digest)):
            row = row._replace(state=STORED, size=blob.size)
        entry = entries.of(row.shot, one.key)
        names = tuple(sorted({approval.by for approval in entry.approvals(one.take)})) if entry else ()
        made.append(row._replace(approved=names))
    return made


def _row(job: Job, found: Standing | None) -> Row:
    assert job.request is not None
    take = next(i.value for i in job.ingredients if i.path == "take")
    part = job.id if job.id != job.shot else ""
    row = Row(job.shot, "none", job.request.provider, job.request.model, take=take, job=part)
    if found is None:
        return row
    row = row._replace(provider=found.provider, model=found.model)  # whom a fallback led to
    return row._replace(state=found.state, since=found.since, size=found.size, note=found.note)


def _store(state: Path, compilation: Compilation) -> Store:
    files, made, standing = kept(state), derived(state), standings(state)
    keys = [job.key for job in compilation.jobs]
    used = {standing[key].blob for key in keys if key in standing} | {made[key] for key in keys if key in made}
    return Store(len(files), sum(files.values()), sum(size for blob, size in files.items() if blob not in used))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("r2v status", description="Which clips are there, which are on their way.")
    parser.add_argument("file", nargs="?", default="", metavar="FILE")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("--watch", action="store_true", help="go on showing it until Ctrl-C")
    parser.add_argument("--preview", action="store_true", help="the free animatic, whatever the file says")
    add_sandbox_option(parser)
    add_storyboard_options(parser)
    return parser
