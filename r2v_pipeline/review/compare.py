"""Two versions of a storyboard: what changes in prompts, in renders and in money.  Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from r2v_pipeline.compile.jobs import Job
from r2v_pipeline.plan.why import Difference
from r2v_pipeline.providers.base import Cost
from r2v_pipeline.review.film import differences, entries, joined
from r2v_pipeline.review.pairing import Renders, pairs, renders
from r2v_pipeline.review.reach import reached
from r2v_pipeline.review.shots import Price, Taken, added, changed, removed
from r2v_pipeline.review.types import Bill, Review, ShotChange, Version

Known = Callable[[str], bool]


def review(before: Version | None, after: Version | None, stored: Known, locked: Known = lambda _: False) -> Review:
    """What differs; None stands for a side that has no such storyboard.

    `stored` tells of a key whether an earlier build has made its clip, and it is still there, `locked` whether the lock
    names a clip of it.
    """
    old, now = _Side(before), _Side(after)
    paired = pairs(old.renders, now.renders)
    clips = _Clips(old.renders, stored, locked)
    changes: list[ShotChange] = []
    for shot in now.renders:
        taken = now.taken(shot)
        if shot not in paired:
            changes.append(added(taken, clips.of_new(taken))._replace(locked=clips.are_locked(taken)))
        elif change := changed(old.taken(paired[shot]), taken, clips.of(taken, old.renders[paired[shot]])):
            changes.append(change._replace(locked=clips.are_locked(taken)))
    gone = [removed(old.taken(shot)) for shot in old.renders if shot not in set(paired.values())]
    film: tuple[Difference, ...] = ()
    if before and after:
        order = list(old.renders)
        film = tuple(differences(old.settings, now.settings, joined(after.compilation), paired, order))
    reworded = {change.shot for change in changes if change.prompt or change.change == "added"}
    return Review(
        shots=_in_film_order(changes, gone, paired, list(old.renders), list(now.renders)),
        film=film,
        templates=reached(before, after, reworded),
        joined=old.key != now.key,
        shot_count=len(now.renders),
        to_pay=clips.to_pay(changes, now.price),
        before=_bill(old.renders.values(), old.price),
        after=_bill(now.renders.values(), now.price),
    )


class _Side:
    """One side, taken apart by shot; an absent one has none."""

    def __init__(self, version: Version | None) -> None:
        self.version = version
        self.renders: Renders = renders(version.compilation) if version else {}
        self.key = joined(version.compilation).key if version else ""
        self._shots = {shot.id: shot for shot in version.compilation.storyboard.shots} if version else {}
        self._in_film, self.settings = entries(joined(version.compilation)) if version else ({}, {})

    def price(self, job: Job) -> Cost:
        assert self.version is not None
        return self.version.price(job)

    def taken(self, shot: str) -> Taken:
        return Taken(self._shots[shot], self.renders[shot], self._in_film[shot], self.price)


class _Clips:
    """Where clips come from: by keys, since the same key is the same clip whatever shot it is in."""

    def __init__(self, before: Renders, stored: Known, locked: Known) -> None:
        self.had = {job.key for jobs in before.values() for job in jobs}
        self.stored = stored
        self.locked = locked

    def of_new(self, taken: Taken) -> str:
        return self._made(taken) if taken.jobs else "none"

    def of(self, taken: Taken, before: tuple[Job, ...]) -> str:
        if not taken.jobs:
            return "none"
        return "kept" if taken.keys == [job.key for job in before] else self._made(taken)

    def _made(self, taken: Taken) -> str:
        if self.had.issuperset(taken.keys):
            return "other"
        return "renders" if self._lacking(taken) else "there"

    def are_locked(self, taken: Taken) -> bool:
        """Whether the lock names a clip for all that would be made."""
        lacking = self._lacking(taken)
        return bool(lacking) and all(map(self.locked, lacking))

    def _lacking(self, taken: Taken) -> list[str]:
        return [key for key in taken.keys if key not in self.had and not self.stored(key)]

    def to_pay(self, changes: Iterable[ShotChange], price: Price) -> Bill:
        """Each key that has to be made once, whoever asks for it."""
        jobs = {job.key: job for change in changes if change.renders for job in change.after}
        return Bill.of(price(job) for key, job in jobs.items() if key not in self.had and not self.stored(key))


def _bill(of_shots: Collection[tuple[Job, ...]], price: Price) -> Bill:
    jobs = {job.key: job for jobs in of_shots for job in jobs}
    return Bill.of(map(price, jobs.values()))


def _in_film_order(
    changes: list[ShotChange], gone: list[ShotChange], paired: dict[str, str], before: list[str], after: list[str]
) -> tuple[ShotChange, ...]:
    """Shots as the film has them now; one that is gone after the shot that it came after."""
    place = {shot: (number, 0) for number, shot in enumerate(after)}
    by_old = {was: shot for shot, was in paired.items()}
    last = -1
    for number, shot in enumerate(before):
        if shot in by_old:
            last = place[by_old[shot]][0]
        else:
            place[f"-{shot}"] = (last, number + 1)
    keyed = [(place[change.shot], change) for change in changes]
    keyed += [(place[f"-{change.shot}"], change) for change in gone]
    return tuple(change for _, change in sorted(keyed, key=lambda pair: pair[0]))
