"""What the film itself is made of: its settings and the order of its shots, then and now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from r2v_pipeline.compile.jobs import Compilation, Job
from r2v_pipeline.plan.compare import same_json
from r2v_pipeline.plan.why import Difference

_SHOT, _FILM = "shots.", "film."


def joined(compilation: Compilation) -> Job:
    """The job that makes the film: every compilation has one, its last."""
    film: Job = next(job for job in reversed(compilation.jobs) if job.kind == "join")
    return film


def entries(film: Job) -> tuple[dict[str, Mapping[str, Any]], dict[str, Any]]:
    """What the film makes of each shot, by id, and the film's own settings, by name."""
    shots, settings = {}, {}
    for item in film.ingredients:
        if item.path.startswith(_SHOT):
            shots[item.path.removeprefix(_SHOT)] = item.value
        elif item.path.startswith(_FILM):
            settings[item.path.removeprefix(_FILM)] = item.value
    return shots, settings


def differences(
    before: Mapping[str, Any], after: Mapping[str, Any], film: Job, pairs: Mapping[str, str], order: list[str]
) -> Iterator[Difference]:
    """The film's settings that differ, and the order of its shots.

    `pairs` gives a shot's id before by its id now; `order` is the order before, of which only those that stayed count.
    """
    spans = {item.path: item.span for item in film.ingredients}
    for name in dict.fromkeys((*after, *before)):
        if not same_json(before.get(name), after.get(name)):
            span = spans.get(_FILM + name)
            yield Difference(name, "changed", before.get(name), after.get(name), (), span)
    stayed = set(pairs.values())
    old = [shot for shot in order if shot in stayed]
    if old != list(pairs.values()):
        by_old = {was: shot for shot, was in pairs.items()}
        yield Difference("order", "changed", [by_old[shot] for shot in old], list(pairs), (), spans.get("order"))
