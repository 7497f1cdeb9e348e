"""The first clip of a kind is made alone, so that a mistake that all would share costs one clip and not a hundred.

A kind is a model at a provider that has not made a clip for this project yet.  That its provider accepts a request
proves nothing: some find a wrong parameter only when they render.  So the others wait until a clip has come.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from r2v_pipeline.errors import R2VError
from r2v_pipeline.execute.interrupts import Stop
from r2v_pipeline.execute.journal import Journal

# Clips of a kind that are tried, one by one, before a build gives it up: a single one may fail for its own words.
TRIES = 3
# Ways to end that say something about the kind; a job that the budget refuses was not even sent.
_AGAINST = ("failed", "held", "detached")


class Unproven(Exception):
    """So many of a kind came to nothing that no more of it is sent in this build."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class First:
    """The turn of one job: whoever has it says how the job ended."""

    def __init__(self, kind: _Kind) -> None:
        self._kind = kind

    def ended(self, state: str) -> None:
        """`state` as in Outcome: a clip proves the kind for all that wait."""
        if state == "stored":
            self._kind.proven = True
        elif state in _AGAINST:
            self._kind.failed += 1


class _Kind:
    """One model: who is trying it, how many came to nothing, whether a clip ever came."""

    def __init__(self, proven: bool) -> None:
        self.lock = asyncio.Lock()
        self.proven, self.failed, self.told = proven, 0, False


class Firsts:
    """The kinds of one account.  `proven` are the models that have made a clip before; None: nobody waits."""

    def __init__(self, stop: Stop, proven: frozenset[str] | None = None) -> None:
        self._stop, self._proven = stop, proven
        self._kinds: dict[str, _Kind] = {}

    @asynccontextmanager
    async def turn(self, model: str, already: bool, tell: Callable[[str], None]) -> AsyncIterator[First]:
        """Begin when the kind is proven, or as the only one that tries it.  `already`: the job was sent before.

        Raises:
            Stopped: the build is being stopped.
            Unproven: all tries of the kind have been made.
        """
        kind = self._kinds.setdefault(model, _Kind(self._proven is None or model in self._proven))
        async with AsyncExitStack() as alone:
            if not (kind.proven or already):
                if kind.lock.locked() and not kind.told:
                    kind.told = True
                    tell("waits until the first clip of its model has come")
                with self._stop.cuttable():
                    await alone.enter_async_context(kind.lock)
            if kind.proven:
                await alone.aclose()
            elif kind.failed >= TRIES and not already:
                raise Unproven(f"the first {TRIES} clips of its model came to nothing, so no more were asked for")
            try:
                yield First(kind)
            except (R2VError, OSError):
                kind.failed += 1
                raise


def proven(journal: Journal, provider: str) -> frozenset[str]:
    """The models of a provider that have made a clip for this project."""
    sql = "SELECT DISTINCT model FROM attempt WHERE provider = ? AND state = 'stored'"
    return frozenset(row[0] for row in journal.select(sql, (provider,)))
