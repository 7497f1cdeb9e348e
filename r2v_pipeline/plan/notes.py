"""What a plan should not leave unsaid although it changes no verb: things that were written and will not be done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from r2v_pipeline.compile.jobs import Compilation
from r2v_pipeline.diagnostics import Span
from r2v_pipeline.model.checks import uses


class Note(NamedTuple):
    """One remark with the places it is about, in the order of the file."""

    text: str
    spans: tuple[Span, ...]


def notes(compilation: Compilation) -> tuple[Note, ...]:
    """Film settings that this version does not apply, voices that no model of the storyboard is sent, and who else may
    be asked for a clip than the first provider."""
    found: dict[str, list[Span]] = {}
    for text, span in (*_film(compilation), *_voices(compilation), *_others(compilation)):
        places = found.setdefault(text, [])
        if span and span not in places:
            places.append(span)
    return tuple(Note(text, tuple(places)) for text, places in found.items())


def _film(compilation: Compilation) -> Iterator[tuple[str, Span | None]]:
    for setting in compilation.storyboard.film.unapplied:
        yield f"film: {setting.value} is checked, but this version does not apply it", setting.span


def _voices(compilation: Compilation) -> Iterator[tuple[str, Span | None]]:
    """A voice goes out with its member's reference, under whatever name a vendor has for it."""
    voiced = {member.id: member.voice for member in compilation.storyboard.cast.values() if member.voice}
    if not voiced:
        return
    written = {shot.id: {name for name, _ in uses(shot)} for shot in compilation.storyboard.shots}
    for job in compilation.jobs:
        if job.request is None:
            continue
        marks = {reference.id: reference.voice for reference in job.request.references}
        used = written.get(job.shot, set()) | set(marks)
        for name, voice in voiced.items():
            if name in used and not (marks.get(name) and _holds(job.request.body, marks[name])):
                yield _unsent(name, name in marks, job.request.model or job.request.provider), voice.span


def _others(compilation: Compilation) -> Iterator[tuple[str, Span | None]]:
    for job in compilation.jobs:
        if job.ways:
            first, *others = [way.request.provider for way in job.ways]
            then = ", then ".join(others)
            yield f"where {first} refuses, {then} is asked; the price is the range over them", job.span


def _unsent(name: str, pictured: bool, taker: str) -> str:
    why = f"{taker} takes none" if pictured else "it goes with a picture or a video, and there is none"
    return f"cast.{name}: its voice is not sent, {why}"


def _holds(value: Any, mark: str) -> bool:
    if isinstance(value, str):
        return mark in value
    if isinstance(value, Mapping):
        return any(_holds(item, mark) for item in value.values())
    return isinstance(value, (list, tuple)) and any(_holds(item, mark) for item in value)
