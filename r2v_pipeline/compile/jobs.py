"""What compile hands on: jobs with their keys, and the ingredients that the keys are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from r2v_pipeline.diagnostics import Span
from r2v_pipeline.model.types import Storyboard
from r2v_pipeline.providers.base import Cost, Prompt, RenderRequest

# Kinds whose result is a clip that people may look at: of a whole shot, or of a part of one.
CLIPS = ("render", "splice")


class Ingredient(NamedTuple):
    """One part of a key: a dotted path (`prompt`, `references.mia.sha256`, `body.size`), its JSON value, its place."""

    path: str
    value: Any
    span: Span | None


class Way(NamedTuple):
    """One provider's request for a job that several may be asked for, and what one submit of it costs."""

    request: RenderRequest
    cost: Cost


class Job(NamedTuple):
    """One node of the DAG.

    `kind` is `render` (buys or draws a clip), `splice` (joins the parts of a split shot into its clip), `frame`
    (extracts a picture from a finished clip) or `join` (makes the film).  The job that makes a shot's clip has the
    shot's id: its render, or the splice of the renders `<shot>.1`, `<shot>.2` …; all of them have it as `shot`.

    `key` is hex sha256: same key, same result wanted.  `needs` are job ids.  `frame` is for `kind == "frame"`: `first`,
    `last` or milliseconds.  `lengths_ms` is for `kind == "splice"`: how much it takes of the clip of each of its needs,
    in their order.  `ways` is for a render that several providers may be asked for, in their order: the first is
    `request`, which alone makes the key.
    """

    id: str
    kind: str
    shot: str
    key: str
    request: RenderRequest | None
    ingredients: Sequence[Ingredient]
    needs: tuple[str, ...]
    prompt: Prompt | None
    frame: str | int | None
    span: Span | None
    lengths_ms: tuple[int, ...] = ()
    ways: tuple[Way, ...] = ()

    @property
    def requests(self) -> tuple[RenderRequest, ...]:
        """What providers may be sent for it; none for what is made here."""
        if self.ways:
            return tuple(way.request for way in self.ways)
        return (self.request,) if self.request else ()


class Picked(NamedTuple):
    """Another take than the storyboard asks for; `key` is that of the clip which the storyboard asks for."""

    key: str
    take: int


class Compilation(NamedTuple):
    """All jobs of a storyboard, in film order, dependencies before dependants where the order allows.

    `picked` has the shots, by id, whose jobs are those of another take than their `take:` says.
    """

    storyboard: Storyboard
    jobs: tuple[Job, ...]
    picked: Mapping[str, Picked] = {}
