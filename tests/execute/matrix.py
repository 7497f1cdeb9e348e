"""What the matrices of faults have in common: one job, built until its clip is there, and settled as a person would."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from scripted import Heard, extract, splice

from r2v_pipeline.execute import resolving, states
from r2v_pipeline.execute.bench import Clock, Outcome
from r2v_pipeline.execute.runner import execute
from r2v_pipeline.execute.session import hold
from r2v_pipeline.media.pyav import check_clip
from r2v_pipeline.plan.types import Plan
from r2v_pipeline.providers.base import Client

ENDPOINTS = ("upload", "submit", "poll", "list", "download")

# Faults that are no break of the wire, by name: what each is ordered as.
STATUSES: dict[str, dict[str, Any]] = {
    **{f"status {n}": {"do": "status", "status": n} for n in (400, 401, 403, 404, 408, 409, 425, 429, 500, 502, 503)},
    "status 503, nothing done": {"do": "status", "status": 503, "before": True},
    "closed, nothing done": {"do": "close", "before": True},
    "Retry-After: 0": {"do": "status", "status": 429, "headers": {"Retry-After": "0"}},
    "Retry-After: soon": {"do": "status", "status": 429, "headers": {"Retry-After": "soon"}},
}


class Purchase(NamedTuple):
    """One job of a project: its plan, a client a build, what the vendor has accepted for it, and the handle of that."""

    project: Path
    made: Plan
    client: Callable[[], Client]
    accepted: Callable[[], list[Mapping[str, Any]]]
    handle: Callable[[str], Mapping[str, Any]]

    def build(self) -> Outcome:
        """As `r2v build` has it."""
        desk = self.made.actions[0].job.request.desk
        with hold(self.project) as session:
            run = execute(
                self.made,
                journal=session.journal,
                blobs=session.blobs,
                clients={desk: self.client()},
                reporter=Heard(),
                root=self.project,
                jobs=1,
                fail_fast=False,
                clock=Clock(lambda: 0.0),
                extract=extract,
                splice=splice,
                check=check_clip,
            )
        return run.outcomes[0]

    def settle(self) -> None:
        """What a person does about a held shot: look whether the vendor has it, and tell `r2v resolve`."""
        with hold(self.project) as session:
            (attempt,) = resolving.waiting(session.journal, "story.yaml")
            assert states.SUBMITTING == attempt.state
            if there := self.accepted():
                resolving.found(session.journal, attempt, self.handle(there[0]["id"]))
            else:
                resolving.never_ran(session.journal, attempt)

    def finish(self, outcome: Outcome) -> Outcome:
        """Build on, now that the vendor behaves, until the clip is there; a few times at the most."""
        for _ in range(4):
            if outcome.state in ("stored", "reused"):
                break
            if outcome.state == "held":
                self.settle()
            outcome = self.build()
        return outcome
