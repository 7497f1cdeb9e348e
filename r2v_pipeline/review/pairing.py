"""Which shot of one version is which of another: by id, then by what is rendered, then by its words.

A shot that only got another id is the same shot, and its clip is the same clip.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from r2v_pipeline.canonical import digest
from r2v_pipeline.compile.jobs import Compilation, Job

# As much of two prompts has to be the same words for one to be the other under a new name.
_ALIKE = 0.7

# Every pair is compared; where so many shots came and went at once, a name more or less tells nothing.
_MOST_PAIRS = 10_000

Renders = Mapping[str, tuple[Job, ...]]


def renders(compilation: Compilation) -> dict[str, tuple[Job, ...]]:
    """The render jobs of each shot in film order; none for a shot with footage of its own."""
    found: dict[str, list[Job]] = {shot.id: [] for shot in compilation.storyboard.shots}
    for job in compilation.jobs:
        if job.kind == "render":
            found[job.shot].append(job)
    return {shot: tuple(jobs) for shot, jobs in found.items()}


def pairs(before: Renders, after: Renders) -> dict[str, str]:
    """The id that each shot had before, by its id now, in the order of now; one that was not there is left out."""
    found = {shot: shot for shot in after if shot in before}
    gone = [shot for shot in before if shot not in found]
    come = [shot for shot in after if shot not in found]
    if gone and come:
        _by_render(before, after, gone, come, found)
    if gone and come and len(gone) * len(come) <= _MOST_PAIRS:
        _by_words(before, after, gone, come, found)
    return {shot: found[shot] for shot in after if shot in found}


def _by_render(before: Renders, after: Renders, gone: list[str], come: list[str], found: dict[str, str]) -> None:
    by_print: dict[str, list[str]] = {}
    for shot in gone:
        if before[shot]:
            by_print.setdefault(_print(before[shot]), []).append(shot)
    for shot in list(come):
        same = by_print.get(_print(after[shot])) if after[shot] else None
        if same:
            found[shot] = same.pop(0)
            gone.remove(found[shot])
            come.remove(shot)


def _print(jobs: Sequence[Job]) -> str:
    """What jobs render, without the name of the shot, which a drawn board shows."""
    made = []
    for job in jobs:
        assert job.request is not None
        body = {key: value for key, value in job.request.body.items() if (key, value) != ("shot", job.id)}
        made.append([job.request.provider, job.request.model, body, [r.placeholder for r in job.request.references]])
    return digest(made)


def _by_words(before: Renders, after: Renders, gone: list[str], come: list[str], found: dict[str, str]) -> None:
    old, new = {shot: _words(before[shot]) for shot in gone}, {shot: _words(after[shot]) for shot in come}
    place = {shot: number for number, shot in enumerate(before)}
    ranked = sorted(
        ((-_likeness(old[one], new[other]), place[one], number, one, other))
        for one in gone
        for number, other in enumerate(come)
    )
    for likeness, _, _, one, other in ranked:
        if -likeness < _ALIKE:
            return
        if one in gone and other in come:
            found[other] = one
            gone.remove(one)
            come.remove(other)


def _words(jobs: Sequence[Job]) -> Counter[str]:
    text = " ".join(job.prompt.text for job in jobs if job.prompt)
    # Chinese has no spaces: a character there says about as much as a word.
    return Counter(text.split() if text.isascii() or " " in text else text)


def _likeness(one: Counter[str], other: Counter[str]) -> float:
    """From 0 to 1: how much of all the words both have (Dice)."""
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 0.0
