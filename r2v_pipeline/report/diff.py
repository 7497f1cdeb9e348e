"""`r2v diff` for a terminal and for a program."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from textwrap import wrap
from typing import Any, NamedTuple

from r2v_pipeline.plan.why import Difference
from r2v_pipeline.providers.base import FREE, Cost
from r2v_pipeline.report import diff_words as say
from r2v_pipeline.report.diagnostics import Paint
from r2v_pipeline.report.marks import change, places, words
from r2v_pipeline.report.safe import safe
from r2v_pipeline.report.words import columns, counted, number
from r2v_pipeline.review.shots import same_words
from r2v_pipeline.review.types import Bill, Review, ShotChange

VERSION = 1

_SYMBOLS = {"added": "+", "removed": "-", "changed": "~", "renamed": ">"}


class Compared(NamedTuple):
    """A review, and what its sides are called: `commit` is empty for a working tree.

    `notes` are sentences about what could not be compared as it should be.
    """

    review: Review
    file: str
    base: str
    base_commit: str
    head: str
    head_commit: str
    notes: tuple[str, ...] = ()


def to_text(compared: Compared, paint: Paint) -> str:
    """One sentence first, then every shot that is not as it was, with its words, and what it comes to."""
    review = compared.review
    heading = f"{safe(compared.file)}: {safe(compared.base)} -> {safe(compared.head)}"
    blocks = [f"{paint.bold(safe(say.sentence(review)))}\n{heading}"]
    rows = _rows(review, paint)
    if rows:
        blocks.append("\n".join(rows))
    rest = [*_film(review), *(f"  {safe(say.template(reached))}" for reached in review.templates)]
    unchanged = review.shot_count - sum(shot.change != "removed" for shot in review.shots)
    if unchanged and not review.is_empty:
        rest.append(f"  = {counted(unchanged, 'shot')} unchanged")
    if rest:
        blocks.append("\n".join(rest))
    blocks += filter(None, (safe(say.whole(review)), "\n".join(f"note: {safe(note)}" for note in compared.notes)))
    return "\n\n".join(blocks) + "\n"


def _rows(review: Review, paint: Paint) -> list[str]:
    """A line for each shot, aligned, and below it what differs."""
    alike = same_words(review.shots)
    heads = columns(
        [
            (
                f"{_SYMBOLS[shot.change]} {safe(shot.shot)}",
                safe(say.title(shot)),
                safe(say.made_by(shot)),
                say.prices(shot),
                say.clip(shot),
            )
            for shot in review.shots
        ]
    )
    colours = {"+": paint.green, "-": paint.red, "~": paint.yellow, ">": paint.blue}
    lines: list[str] = []
    for shot, head in zip(review.shots, heads, strict=True):
        lines.append(f"  {colours[head[2]](head[2])}{head[3:]}")
        lines += [f"      {line}" for line in details(shot, alike.get(shot.shot, ""), paint)]
    return lines


def details(shot: ShotChange, like: str, paint: Paint, width: int = 0) -> list[str]:
    """What differs in a shot, one thing a line, broken at a width where one is given; what is new is shown whole.

    `like` is a shot above in which the same words changed.
    """
    found: list[tuple[str, str, list[str]]] = []
    if shot.change == "added":
        found += [("prompt", safe(job.prompt.text), []) for job in shot.after if job.prompt]
        found += [(safe(name), safe(text), []) for name, text in say.references(shot)]
    if shot.prompt:
        text = f"the same words as in {safe(like)}" if like else words(shot.prompt.parts, paint)
        found.append(("prompt", text, [] if like else places(shot.prompt)))
    for difference in shot.references:
        name, text = say.reference(difference, shot)
        found.append((safe(name), safe(text), places(difference)))
    found += [(safe(say.setting(d)), change(d, paint, "before"), places(d)) for d in shot.settings]
    found += [(f"in the film, {safe(d.path)}", change(d, paint, "before"), []) for d in shot.in_film]
    return list(_aligned(found, width))


def _aligned(found: list[tuple[str, str, list[str]]], width: int) -> Iterator[str]:
    """Names in one column, all else beside them."""
    column = max((len(name) for name, _, _ in found), default=0)
    for name, text, at in found:
        room = max(width - column - 2, 20)
        first, *more = wrap(text, room) if width and len(text) > room else [text]
        yield f"{name.ljust(column)}  {first}"
        yield from (f"{' ' * column}  {line}" for line in (*more, *at))


def _film(review: Review) -> Iterator[str]:
    for difference in review.film:
        yield f"  > the film: {safe(say.film(difference))}"
    if review.joined and review.shots:
        yield "  > the film is joined again"


def to_json(compared: Compared) -> dict[str, Any]:
    """Version 1: unchanged shots are left out; a price that nobody knows is null."""
    review = compared.review
    return {
        "version": VERSION,
        "file": compared.file,
        "base": {"name": compared.base, "commit": compared.base_commit or None},
        "head": {"name": compared.head, "commit": compared.head_commit or None},
        "shots": [_shot(shot) for shot in review.shots],
        "film": [_difference(difference) for difference in review.film],
        "templates": [
            {"file": r.file, "change": r.change, "used_by": list(r.used_by), "reaches": list(r.reaches)}
            for r in review.templates
        ],
        "notes": list(compared.notes),
        "totals": {
            "shots": review.shot_count,
            "renders": len(review.renders),
            "joined": review.joined,
            "cost": _bill(review.to_pay),
            "before": _bill(review.before),
            "after": _bill(review.after),
        },
    }


def _shot(shot: ShotChange) -> dict[str, Any]:
    currency = _one(shot.cost_after).currency or _one(shot.cost_before).currency
    return {
        "shot": shot.shot,
        "was": shot.was or None,
        "change": shot.change,
        "renders": shot.renders,
        "clip": shot.clip,
        "locked": shot.locked,
        "prompt": {"before": _text(shot, before=True), "after": _text(shot, before=False)},
        "words": [{"op": part.op, "text": part.text} for part in shot.prompt.parts] if shot.prompt else [],
        "references": [_reference(difference, shot) for difference in shot.references],
        "settings": [_difference(difference) for difference in shot.settings],
        "film": [_difference(difference) for difference in shot.in_film],
        "cost": {"before": _bill(shot.cost_before), "after": _bill(shot.cost_after), "currency": currency},
    }


def _text(shot: ShotChange, *, before: bool) -> str | None:
    jobs = shot.before if before else shot.after
    return "\n".join(job.prompt.text for job in jobs if job.prompt) if jobs else None


def _reference(difference: Difference, shot: ShotChange) -> dict[str, Any]:
    name, text = say.reference(difference, shot)
    return {"id": name, "text": text, **_difference(difference)}


def _difference(difference: Difference) -> dict[str, Any]:
    span = difference.span
    return {
        "path": difference.path,
        "change": difference.change,
        "before": difference.before,
        "after": difference.after,
        "file": span.file if span else None,
        "line": span.line if span else None,
        "column": span.column if span else None,
    }


def _bill(bill: Bill) -> Mapping[str, Any]:
    """One sum; several currencies have none, and neither has what nobody knows the price of."""
    cost = _one(bill)
    low, high = (number(amount, 1_000_000) for amount in (cost.low_micros, cost.high_micros))
    return {"low": low if cost.known else None, "high": high if cost.known else None, "currency": cost.currency}


def _one(bill: Bill) -> Cost:
    if bill.unknown or len(bill.known) > 1:
        return Cost(0, 0, "", known=False)
    return bill.known[0] if bill.known else FREE
