"""One build as it is told: on the screen, and where asked for as events in a file."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from r2v_pipeline.execute.bench import Clock, Run
from r2v_pipeline.execute.events import Event, Reporter
from r2v_pipeline.model.claims import film_ms
from r2v_pipeline.plan.types import Plan
from r2v_pipeline.report.events import EventFile, Fan
from r2v_pipeline.report.progress import progress

_MAKING = ("render", "collect", "fetch")


class Teller(NamedTuple):
    """Whoever listens to a build, and the clock that dates what is told."""

    reporter: Reporter
    clock: Clock

    def tell(self, kind: str, data: Mapping[str, Any]) -> None:
        """An event about the whole build."""
        self.reporter.event(Event(kind, self.clock.elapsed(), "", data))

    def note(self, text: str) -> None:
        """Something worth knowing."""
        self.tell("note", {"text": text})

    def done(self, run: Run, renders: frozenset[str], code: int) -> None:
        """The last word; `renders` are the ids of the jobs that are counted."""
        states = [outcome.state for outcome in run.outcomes if outcome.job_id in renders]
        data = {
            "exit_code": code,
            "rendered": states.count("stored"),
            "reused": states.count("reused"),
            "failed": states.count("failed"),
            "seconds": round(self.clock.elapsed(), 3),
        }
        self.tell("done", data)


@contextmanager
def telling(made: Plan, clock: Clock, events: str) -> Iterator[Teller]:
    """Begins with the build and its plan; `events` is a file to write to, or empty.  The screen is given back on every
    way out."""
    shown = progress(sys.stdout, os.environ)
    teller = Teller(shown, clock)
    file = EventFile(events, teller.note) if events else None
    if file:
        teller = Teller(Fan(shown, file), clock)
    try:
        teller.tell("build", _about(made))
        teller.tell("plan", _planned(made))
        yield teller
    finally:
        shown.close()
        if file:
            file.close()


def _about(made: Plan) -> dict[str, Any]:
    board = made.compilation.storyboard
    film = {"shots": len(board.shots), "film_ms": film_ms(board)}
    return {"storyboard": board.path, "output": made.output, **film}


def _planned(made: Plan) -> dict[str, Any]:
    verbs = {verb: count for verb, count in made.totals.verbs.items() if count}
    cost = made.totals.cost
    prices = {"low_micros": cost.low_micros, "high_micros": cost.high_micros, "currency": cost.currency}
    renders = len([a for a in made.actions if a.job.kind == "render" and a.verb in _MAKING])
    return {"verbs": verbs, "renders": renders, **prices}
