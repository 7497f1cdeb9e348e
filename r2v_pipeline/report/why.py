"""`r2v why`: why a shot would be rendered again, down to the word and the place where somebody wrote it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from r2v_pipeline.diagnostics import Span
from r2v_pipeline.plan.types import Action, Recorded
from r2v_pipeline.plan.why import Difference, differences, same
from r2v_pipeline.report.diagnostics import Paint
from r2v_pipeline.report.marks import change, places
from r2v_pipeline.report.safe import safe

VERSION = 1

_AGAIN = {
    "render": "renders again",
    "splice": "is joined again",
    "frame": "is taken again",
    "join": "is joined again",
}
_STANDS = {
    "collect": "is on its way",
    "fetch": "is ready to be fetched",
    "hold": "waits for a decision",
    "skip": "is not rendered now",
}


class Why(NamedTuple):
    """One job's action, and how its key came about compared with the last build."""

    action: Action
    differences: tuple[Difference, ...]
    same: tuple[str, ...]


def explain(action: Action, old: Recorded | None) -> Why:
    """What is told about one job; `old` is what the last build of the output used for it."""
    return Why(action, differences(old, action.job), same(old, action.job))


def to_text(whys: Sequence[Why], paint: Paint) -> str:
    """One block a job: what happens, each difference with its place, what is as it was."""
    return "\n".join(_block(why, paint) for why in whys)


def to_json(whys: Sequence[Why]) -> dict[str, Any]:
    """Version 1; a place is null where a difference has none."""
    return {"version": VERSION, "jobs": [_job(why) for why in whys]}


def _block(why: Why, paint: Paint) -> str:
    lines = [paint.bold(f"{safe(why.action.job.id)} {safe(_headline(why))}")]
    if why.action.job.kind == "splice":  # it is made of keys, and its headline names the parts that have others
        return lines[0] + "\n"
    paths = [safe(difference.path) for difference in why.differences]
    width = max(map(len, paths), default=0)
    for path, difference in zip(paths, why.differences, strict=True):
        lines.append(f"  {path.ljust(width)}  {change(difference, paint)}")
        lines += [f"  {' ' * width}  {place}" for place in places(difference)]
    if why.same and why.differences:
        lines.append(f"  same: {', '.join(map(safe, why.same))}")
    return "\n".join(lines) + "\n"


def _headline(why: Why) -> str:
    """What happens to the job, and in what sense its request is another one."""
    job, verb, reason = why.action.job, why.action.verb, why.action.reason
    if verb == "reuse":
        return "is up to date" + (", with a clip of an earlier build" if why.differences else "")
    if verb != "render":
        return f"{_STANDS[verb]}: {reason.text}"
    if reason.word == "input":
        return f"{_AGAIN[job.kind]} because {reason.text}"
    if why.differences:
        return f"{_AGAIN[job.kind]} because its request differs from the last build"
    if reason.word == "new":
        return "was never built"
    return f"{_AGAIN[job.kind]}: {reason.text}"


def _job(why: Why) -> dict[str, Any]:
    return {
        "shot": why.action.job.shot,
        "job": why.action.job.id,
        "key": why.action.job.key,
        "verb": why.action.verb,
        "reason": why.action.reason.text,
        "word": why.action.reason.word,
        "differences": [
            {
                "path": difference.path,
                "change": difference.change,
                "before": difference.before,
                "after": difference.after,
                "diff": [{"op": part.op, "text": part.text, **_place(part.span)} for part in difference.parts],
                **_place(difference.span),
            }
            for difference in why.differences
        ],
        "same": list(why.same),
    }


def _place(span: Span | None) -> dict[str, Any]:
    if span is None:
        return {"file": None, "line": None, "column": None}
    return {"file": span.file, "line": span.line, "column": span.column}
