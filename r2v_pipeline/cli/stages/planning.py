"""Compile and plan one storyboard for the commands that only look: nothing here writes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from r2v_pipeline.cli.locked import locking
from r2v_pipeline.cli.stages.front import Front, Options, compiled, dialects, lock_of, output_name, read, show
from r2v_pipeline.compile.jobs import Compilation, Job
from r2v_pipeline.compile.written import Expanded
from r2v_pipeline.diagnostics import has_errors
from r2v_pipeline.plan.named import told
from r2v_pipeline.plan.planner import plan
from r2v_pipeline.plan.select import select
from r2v_pipeline.plan.types import LedgerView, Plan
from r2v_pipeline.providers.base import FREE, Cost, worst


class Planned(NamedTuple):
    """A plan and what it was made from."""

    front: Front
    plan: Plan
    ledger: LedgerView


def ready(file: str, options: Options) -> tuple[Front, Compilation] | None:
    """Reads and compiles a storyboard, says what is wrong on stderr; None when it cannot be built."""
    front = read(file, options)
    show(front.diagnostics)
    if front.expanded is None:
        return None
    compilation, found = compiled(front)
    show(found)
    return None if compilation is None or has_errors(found) else (front, compilation)


def look(file: str, options: Options, terms: tuple[str, ...] = ()) -> Planned | int:
    """The plan for a storyboard against the state on disk, or the exit code of why there is none."""
    made = ready(file, options)
    if made is None:
        return 1
    front, compilation = made
    chosen, found = select(compilation, terms)
    if found:
        show(found)
        return 2
    ledger = locking.ledger(Path(front.disk.root), lock_of(front), options.within)
    output = output_name(front)
    assert front.expanded is not None
    price = prices(front.expanded)
    planned = plan(compilation, ledger, output=output, selection=chosen, price=price)
    return Planned(front, told(planned, ledger), ledger)


def prices(expanded: Expanded) -> Callable[[Job], Cost]:
    """What one submit of a job costs, by its provider's own rules."""
    known = dialects(expanded)

    def price(job: Job) -> Cost:
        if job.ways:
            return worst([way.cost for way in job.ways])
        return known[job.request.provider].price(job.request) if job.request else FREE

    return price
