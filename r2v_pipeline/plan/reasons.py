"""The sentences behind the verbs.  Foreign words in them are as they were written; reports make them harmless."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

from r2v_pipeline.compile.jobs import Job
from r2v_pipeline.plan.types import DOUBT, LedgerView, OpenAttempt, Reason, Recorded
from r2v_pipeline.plan.why import changed_inputs, differences, is_take, made_otherwise, summary

_MOST_NAMES = 4


def render_reason(job: Job, jobs: Mapping[str, Job], ledger: LedgerView, output: str, user: str) -> Reason:
    """Why a job is made now: it is new, gone, or no longer what the last build of this output made.

    `user` is the shot that it is made for, when nobody asked for the job itself.
    """
    reason = _own_reason(job, jobs, ledger, output)
    return reason._replace(text=f"{reason.text}, needed by {user}") if user else reason


def on_the_way(attempt: OpenAttempt, user: str = "") -> Reason:
    """Bought by an earlier build, and not here yet."""
    needed = f", needed by {user}" if user else ""
    if attempt.state == "submitting":
        sent = f"sent to {attempt.provider} {utc(attempt.since)}"
        return Reason(DOUBT, f"{sent}, its answer was lost: the build settles it, for nothing more{needed}")
    if attempt.state == "ready":
        return Reason("ready", f"ready at {attempt.provider}, sent {utc(attempt.since)}{needed}")
    return Reason("running", f"running at {attempt.provider} since {utc(attempt.since)}{needed}")


def in_doubt(job: Job, attempt: OpenAttempt) -> Reason:
    """Sent, and the answer lost, so it may exist and be billed; or paid for, and gone.  Only a person may decide."""
    sent = f"sent to {attempt.provider} {utc(attempt.since)}"
    if attempt.state == "expired":
        return Reason("gone", f"{sent}, paid for, and gone there: see r2v resolve {job.id}", job.span)
    return Reason(DOUBT, f"{sent}, answer lost: see r2v resolve {job.id}", job.span)


def utc(since: float) -> str:
    """A time for people that is the same text in every time zone: plans are compared byte by byte."""
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(since))


def named(shots: Iterable[str], verb: str = "") -> str:
    """`s03, s07`, or `14 shots` where the names would fill the line; `verb` agrees in number (`s03 changes`)."""
    names = list(dict.fromkeys(shots))
    text = ", ".join(names) if len(names) <= _MOST_NAMES else f"{len(names)} shots"
    return f"{text} {verb}{'s' if len(names) == 1 else ''}" if verb else text


def _own_reason(job: Job, jobs: Mapping[str, Job], ledger: LedgerView, output: str) -> Reason:
    if ledger.lost(job.key):
        return Reason("missing", f"its {'picture' if job.kind == 'frame' else 'clip'} is gone from .r2v", job.span)
    old = ledger.last(output, job.id)
    if old is None:
        return Reason("new", _new(job), job.span)
    if old.key == job.key:
        return Reason("new", "not rendered yet", job.span)
    if made_otherwise(old, job):
        return Reason("changed", "it was one piece" if job.kind == "splice" else "it was cut into parts", job.span)
    needs = [jobs[need] for need in job.needs]
    if job.kind == "splice":
        return _of_parts(old, needs, job)
    found = differences(old, job)
    inputs = changed_inputs(found, frozenset(need.key for need in needs))
    if inputs:
        sources = (_clip_of(need, jobs) for need in needs if need.key in inputs)
        return Reason("input", named(sources, "change"), found[0].span)
    text, span = summary(found, job)
    return Reason("take" if found and all(map(is_take, found)) else "changed", text, span)


def _new(job: Job) -> str:
    if job.kind == "frame":
        return "new picture"
    return "new shot" if job.id == job.shot else "new part"


def _of_parts(old: Recorded, parts: list[Job], job: Job) -> Reason:
    """Why a split shot's clip is joined again: which of its parts are others than last time."""
    before = {part["clip"] for part in old.ingredients.values()}
    others = [part.id for part in parts if part.key not in before]
    return Reason("input", named(others, "change") if others else "it is made of other parts", job.span)


def _clip_of(job: Job, jobs: Mapping[str, Job]) -> str:
    """The shot whose clip a job hands on: a picture stands for the shot it was taken from."""
    while job.kind == "frame" and job.needs:
        job = jobs[job.needs[0]]
    return job.shot
