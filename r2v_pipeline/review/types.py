"""What a review hands on: two versions of a storyboard, and what is not the same in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from r2v_pipeline.compile.jobs import Compilation, Job
from r2v_pipeline.diagnostics import Span
from r2v_pipeline.plan.planner import sums
from r2v_pipeline.plan.why import Difference
from r2v_pipeline.providers.base import Cost


class Version(NamedTuple):
    """One side of a review: a compiled storyboard, what its jobs cost, and the templates that write its shots.

    `templates` has the texts of each shot that has any, by file.
    """

    compilation: Compilation
    price: Callable[[Job], Cost]
    templates: Mapping[str, Mapping[str, str]]


class Bill(NamedTuple):
    """A sum in each of its currencies, without what is free, and how many prices nobody knows."""

    known: tuple[Cost, ...]
    unknown: int

    @classmethod
    def of(cls, costs: Iterable[Cost]) -> Bill:
        return cls(*sums(costs))


class ShotChange(NamedTuple):
    """A shot that is not as it was.

    `shot` is its id now, of a removed one the id that it had; `was` its id before, empty for an added one.  `change` is
    `changed`, `added`, `removed` or `renamed` (and then perhaps changed too).

    `clip` says where its clip comes from: `renders` (it is made for this change), `kept` (the same clip as before),
    `other` (another shot had this very clip before), `there` (an earlier build has made it), `none` (it was removed, or
    has footage of its own).  `drawn_again`: it renders for its new name alone, which a drawn board shows.

    `locked`: the lock names all that renders, so a shared store may have it.  Anybody can write a lock, so it counts as
    rendering, at its price, all the same.

    `prompt` is the difference of the prompts, None where they are the same.  `in_film` is what only the film makes
    otherwise of the same clip.
    """

    shot: str
    was: str
    change: str
    clip: str
    before: tuple[Job, ...]
    after: tuple[Job, ...]
    prompt: Difference | None
    references: tuple[Difference, ...]
    settings: tuple[Difference, ...]
    in_film: tuple[Difference, ...]
    cost_before: Bill
    cost_after: Bill
    span: Span | None
    drawn_again: bool = False
    locked: bool = False

    @property
    def renders(self) -> bool:
        return self.clip == "renders"


class Reached(NamedTuple):
    """A template file that is not as it was (`added`, `removed` or `changed`), the shots that use it, and those of them
    whose prompt is another for it."""

    file: str
    change: str
    used_by: tuple[str, ...]
    reaches: tuple[str, ...]


class Review(NamedTuple):
    """All that differs.  `shots` stand in film order, removed ones where they were.

    `film` is what differs in the film's own settings, `joined` whether it is joined again.  `shot_count` counts the
    shots that there are now.  `to_pay` is what those renders cost whose clip neither side nor an earlier build has;
    `before` and `after` what rendering everything costs.
    """

    shots: tuple[ShotChange, ...]
    film: tuple[Difference, ...]
    templates: tuple[Reached, ...]
    joined: bool
    shot_count: int
    to_pay: Bill
    before: Bill
    after: Bill

    @property
    def is_empty(self) -> bool:
        """Whether both sides compile to the same."""
        return not (self.shots or self.film or self.joined)

    @property
    def renders(self) -> tuple[ShotChange, ...]:
        return tuple(shot for shot in self.shots if shot.renders)
