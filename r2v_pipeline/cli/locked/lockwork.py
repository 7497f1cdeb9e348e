"""What a build does with the lock: heeds it, fetches the clips that it names, refuses what it forbids, writes it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import NamedTuple

from r2v_pipeline.cli.locked.locking import Held, changed, finished, held, keep, ledger
from r2v_pipeline.cli.locked.sharing import bring
from r2v_pipeline.cli.stages.front import Front, lock_of
from r2v_pipeline.compile.jobs import Compilation, Job
from r2v_pipeline.errors import Busy, DecisionNeeded, SharedTrouble, UsageError
from r2v_pipeline.execute.adopting import adopt
from r2v_pipeline.execute.session import Session
from r2v_pipeline.execute.shared import Shelf
from r2v_pipeline.plan.amounts import may_cost
from r2v_pipeline.plan.lock import Asked, Entries, Lock, asked, renewed, undecided
from r2v_pipeline.plan.named import Named
from r2v_pipeline.plan.reasons import named
from r2v_pipeline.plan.types import DOUBT, Action, Plan
from r2v_pipeline.report.words import size
from r2v_pipeline.source.files import Disk

_NOTHING = "nothing was sent"


class Rules(NamedTuple):
    """What the command line asks: not to change the lock, to buy nothing, to make no film of what nobody approved; and
    where the team's clips are."""

    locked: bool = False
    frozen: bool = False
    approved: bool = False
    store: Callable[[], Shelf | None] = lambda: None


class LockWork:
    """The lock of one build."""

    def __init__(self, front: Front, compilation: Compilation, rules: Rules) -> None:
        self._compilation, self._rules = compilation, rules
        self._root = Path(front.disk.root)
        self._held: Held = lock_of(front)
        self._rerolled = front.options.reroll
        # A film that is filled with drawn shots heeds the picks, and is not the one that the lock is about.
        self._own = bool(self._held.path) and not front.options.fill
        self._within = front.options.within
        self._asked = asked(compilation)

    def view(self) -> Named:
        """What exists, with the lock's clips before others of the same key."""
        return ledger(self._root, self._held, self._within)

    def enter(self, session: Session) -> None:
        """Nobody else changes the lock from here on; the clips that it names are taken for the results of their keys.

        Raises:
            Busy: it was changed after this build had read it.
            DecisionNeeded: a merge left two picks in it.
        """
        if held(Disk(str(self._root)), self._held.path).text != self._held.text:
            raise Busy("the lock was changed while this build began", "run the same command again")
        open_picks = undecided(self._held.lock, self._compilation)
        if open_picks:
            take = self._held.lock.shots[open_picks[0]].take
            raise DecisionNeeded(
                f"a merge left two picks in {self._held.path} for {named(open_picks)}",
                f"say which take the film has: r2v pick {open_picks[0]} {take}; then build again",
            )
        self._adopt(session)

    def fetch(self, made: Plan, session: Session) -> bool:
        """Looks in the team's store for the clips that the lock names and that are not here, before they are bought;
        whether any came.

        Raises:
            SharedTrouble: a clip that would be bought again may be there, and cannot be had now.
        """
        view = self.view()
        actions = {clip: a for a in made.actions if a.verb in ("render", "reuse") and (clip := view.missing(a.job.key))}
        shelf = self._rules.store() if actions else None
        if shelf is None:
            return False

        def tell(digest: str, bytes: int) -> None:
            sys.stdout.write(f"fetched {actions[digest].job.id} from {shelf.name} ({size(bytes)})\n")

        brought = bring(shelf, actions, session.blobs, tell)
        for digest, why in brought.trouble.items():
            if _buys(actions[digest]):
                raise SharedTrouble(
                    f"the clip of '{actions[digest].job.id}' cannot be had: {why.message}",
                    f"{_NOTHING}; {why.help or 'see the store'}. With --store '' a build buys it again instead",
                )
        self._adopt(session)
        return bool(brought.here)

    def refuse(self, made: Plan) -> None:
        """Ends a build that would do what it was told not to, before it does anything.

        Raises:
            DecisionNeeded: it would.
            UsageError: this version of the storyboard has no lock.
        """
        if (self._rules.locked or self._rules.approved) and not self._own:
            raise UsageError("--locked and --require-approved are about the film of the lock, and this build has none")
        if self._rules.frozen:
            buys = [action.job.id for action in made.actions if _buys(action) or action.reason.word == DOUBT]
            if buys:
                raise DecisionNeeded(
                    f"--frozen: {named(buys)} would be sent and billed",
                    f"{_NOTHING}. 'r2v pull' may have the clips; else build without --frozen where money may be spent",
                )
        if self._rules.locked:
            self._refuse_change(made)
        if self._rules.approved:
            self._refuse_unapproved()

    def begin(self) -> None:
        """Names the takes that are about to be made, where they were asked for by --reroll: should this build be killed
        now, the next one goes on with them."""
        new = [one.clip.key for one in self._asked if one.shot.id in self._rerolled]
        if new:
            keep(self._root, self._held, self._new(new))

    def end(self) -> str:
        """Writes the lock as it is after the build; what to say about it, empty where nothing changed.

        A new take that came to nothing is taken back, unless it may still come.
        """
        if self._rules.locked or not self._own:
            return ""
        new, view = [one for one in self._asked if one.shot.id in self._rerolled], self.view()
        coming = [one.clip.key for one in new if any(view.open_attempt(job.key) for job in one.renders)]
        lock = self._new(coming)
        there = held(Disk(str(self._root)), self._held.path)
        if not keep(self._root, there, lock):
            return ""
        shots = named(changed(self._held.lock, lock))
        return f"{self._held.path} is new: keep it in Git" if self._held.text is None else f"{self._held.path}: {shots}"

    def looked(self) -> list[str]:
        """The file that all this rests on."""
        return [str(self._root / self._held.path)] if self._held.path else []

    def _new(self, coming: Collection[str] = ()) -> Lock:
        done = finished(self._root, self.view(), self._compilation)
        return renewed(self._compilation, done, self._held.lock, coming)

    def _adopt(self, session: Session) -> None:
        clips = self.view().clips
        named_clips = {job.key: clips[job.key] for one in self._asked for job in one.renders if job.key in clips}
        adopt(session.journal, session.blobs, named_clips, _made_of(self._compilation))

    def _refuse_change(self, made: Plan) -> None:
        known = {shot.id for shot in self._compilation.storyboard.shots}
        lock = self._held.lock
        entries = Entries(lock, known)
        other = [one.shot.id for one in self._asked if not entries.of(one.shot.id, one.key)]
        other += [a.job.shot for a in made.actions if _buys(a)]
        other += changed(lock, self._new())
        if other or self._held.mark or (self._held.path and self._held.text is None and self._asked):
            what = "there is none" if self._held.text is None else f"it does not fit {named(sorted(set(other)))}"
            what = "a merge left it in two versions" if self._held.mark else what
            raise DecisionNeeded(
                f"--locked: the lock {self._held.path} would change: {what}",
                f"{_NOTHING}. Build without --locked and commit the lock",
            )

    def _refuse_unapproved(self) -> None:
        new = self._new()
        lacking = [one.shot.id for one in self._asked if not _approved(new, one)]
        if lacking:
            raise DecisionNeeded(
                f"--require-approved: nobody has approved {named(lacking)} as it is now",
                f"{_NOTHING}. After looking at the clip: r2v approve {lacking[0]}",
            )


def _approved(lock: Lock, one: Asked) -> bool:
    entry = lock.shots.get(one.shot.id)
    return bool(entry and entry.key == one.key and entry.take == one.take and entry.approvals(one.take))


def _buys(action: Action) -> bool:
    return action.verb == "render" and may_cost(action.cost)


def _made_of(compilation: Compilation) -> Mapping[str, list[str]]:
    """The keys of what is made out of each render's clip on this machine."""
    keys = {job.id: job.key for job in compilation.jobs}
    found: dict[str, list[str]] = {}
    sources: dict[str, list[Job]] = {}
    for job in compilation.jobs:
        if job.kind in ("splice", "frame"):
            for need in job.needs:
                sources.setdefault(need, []).append(job)
    for job in compilation.jobs:
        if job.kind == "render":
            waiting = [job.id]
            for name in waiting:
                waiting += [made.id for made in sources.get(name, ())]
            found[job.key] = [keys[name] for name in waiting[1:]]
    return found
