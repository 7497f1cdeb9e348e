"""Storyboards compiled with a lock, without files: what compile/build.py does with `take_of`, by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import handmade as make

from r2v_pipeline.canonical import digest
from r2v_pipeline.compile.jobs import Compilation, Job, Picked
from r2v_pipeline.model.types import Shot
from r2v_pipeline.plan.lock import Clip, Lock, asked
from r2v_pipeline.plan.takes import TakeOf, locked
from r2v_pipeline.providers.base import Cost

PRICE = Cost(980_000, 980_000, "USD")


def jobs_of(shot: Shot, take: int) -> list[Job]:
    """The jobs of a shot in a take; one with several segments is split in two parts."""
    one = shot._replace(take=take)
    if len(one.segments) > 1:
        return make.split(one, 1, len(one.segments) - 1, provider="wan", take=take)
    return [make.render(one, provider="wan", take=take)]


def compiled(shots: Iterable[Shot], lock: Lock = Lock(), take_of: TakeOf | None = None) -> Compilation:  # noqa: B008
    shots = list(shots)
    take_of = take_of or locked(lock, [shot.id for shot in shots])
    picked: dict[str, Picked] = {}
    jobs: list[Job] = []
    for shot in shots:
        made = jobs_of(shot, shot.take)
        take = take_of(shot, made[-1].key, lambda n, s=shot: jobs_of(s, n)[-1].key) if take_of else shot.take
        if take != shot.take:
            picked[shot.id] = Picked(made[-1].key, take)
            made = jobs_of(shot, take)
        jobs += made
    return make.compilation(shots, jobs)._replace(picked=picked)


def clip(key: str, whose: str = "") -> Clip:
    """What a vendor sold for a key; another buyer gets other bytes."""
    return Clip(digest([key, whose]), PRICE)


def bought(compilation: Compilation, whose: str = "") -> Mapping[str, Clip]:
    """Every clip of a compilation."""
    return {job.key: clip(job.key, whose) for one in asked(compilation) for job in one.renders}
