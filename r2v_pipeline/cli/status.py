"""`r2v status FILE`: which clips are there, which are on their way, what lies on the disk.  Never writes."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from r2v_pipeline.cli.front import add_storyboard_options, options_of, paint_for, storyboard_or_only
from r2v_pipeline.cli.planning import look
from r2v_pipeline.compile.jobs import Job
from r2v_pipeline.execute import state_dir
from r2v_pipeline.execute.standing import Standing, derived, kept, standings
from r2v_pipeline.report.safe import safe_json
from r2v_pipeline.report.status import Row, Store, to_json, to_text


def run(arguments: list[str]) -> int:
    """0 whatever the state; 1 when the storyboard is wrong."""
    given = _parser().parse_intermixed_args(arguments)
    planned = look(storyboard_or_only(given.file), options_of(given))
    if isinstance(planned, int):
        return planned
    state = state_dir.locate(Path(planned.front.disk.root))
    jobs = [job for job in planned.plan.compilation.jobs if job.kind == "render"]
    standing = standings(state)
    rows = [_row(job, standing.get(job.key)) for job in jobs]
    files = kept(state)
    made = derived(state)
    used = {s.blob for job in jobs if (s := standing.get(job.key)) and s.blob}
    used |= {made[job.key] for job in planned.plan.compilation.jobs if job.key in made}
    store = Store(len(files), sum(files.values()), sum(size for blob, size in files.items() if blob not in used))
    if given.format == "json":
        sys.stdout.write(safe_json(to_json(rows, store)) + "\n")
    else:
        sys.stdout.write(to_text(rows, store, time.time(), paint_for(sys.stdout)))
    return 0


def _row(job: Job, found: Standing | None) -> Row:
    assert job.request is not None
    take = next(i.value for i in job.ingredients if i.path == "take")
    part = job.id if job.id != job.shot else ""
    if found is None:
        return Row(job.shot, "none", job.request.provider, job.request.model, take=take, job=part)
    return Row(
        job.shot,
        found.state,
        job.request.provider,
        job.request.model,
        found.since,
        found.size,
        take,
        found.note,
        part,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("r2v status", description="Which clips are there, which are on their way.")
    parser.add_argument("file", nargs="?", default="", metavar="FILE")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("--preview", action="store_true", help="the free animatic, whatever the file says")
    add_storyboard_options(parser)
    return parser
