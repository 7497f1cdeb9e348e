"""What exists, as the lock sees it: a clip that it names goes before another one of the same key."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from r2v_pipeline.plan.lock import Lock
from r2v_pipeline.plan.planner import retold
from r2v_pipeline.plan.types import Action, LedgerView, OpenAttempt, Plan, Reason, Recorded


class Named:
    """A `LedgerView` over another one; `here` tells whether the store has a clip whole.

    `clips` are the clips that the lock names, by the key of their render.
    """

    def __init__(self, below: LedgerView, lock: Lock, here: Callable[[str], bool]) -> None:
        self._below, self._here = below, here
        self.clips: Mapping[str, str] = {
            piece.key: piece.clip
            for side in (lock.rivals, lock.shots)
            for entry in side.values()
            for take in entry.takes
            for piece in take.pieces
            if piece.clip
        }

    def stored(self, key: str) -> str | None:
        """The digest of a key's clip, if it is here."""
        clip = self.clips.get(key)
        return clip if clip and self._here(clip) else self._below.stored(key)

    def lost(self, key: str) -> bool:
        """Whether this key was finished here once and nothing of it is left."""
        return self._below.lost(key) and self.stored(key) is None

    def open_attempt(self, key: str) -> OpenAttempt | None:
        """The attempt in flight for a key, or one that was paid for and lost."""
        return self._below.open_attempt(key)

    def last(self, output: str, job_id: str) -> Recorded | None:
        """What the last build of this output used for a job id."""
        return self._below.last(output, job_id)

    def film_intact(self, output: str, key: str) -> bool:
        """Whether the film that this join key made lies in the output folder, unchanged."""
        return self._below.film_intact(output, key)

    def missing(self, key: str) -> str:
        """The digest of the clip that the lock names for a key and that is not here; else empty."""
        clip = self.clips.get(key, "")
        return clip if clip and not self._here(clip) else ""


def told(made: Plan, ledger: Named) -> Plan:
    """The plan with a word where it buys a clip again that a teammate has bought."""
    return retold(made, {action.job.id: _bought(action) for action in made.actions if _again(action, ledger)})


def _again(action: Action, ledger: Named) -> bool:
    return action.verb == "render" and bool(ledger.missing(action.job.key))


def _bought(action: Action) -> Reason:
    return Reason("missing", "bought before, and its clip is not here (r2v pull)", action.job.span)
