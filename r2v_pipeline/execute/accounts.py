"""One account at a provider during one build: its limits, who may submit now, and whether it takes submits at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from r2v_pipeline.execute import history
from r2v_pipeline.execute.firsts import Firsts, proven
from r2v_pipeline.execute.interrupts import Stop
from r2v_pipeline.execute.journal import Journal
from r2v_pipeline.execute.limiter import Limiter
from r2v_pipeline.providers.base import LOCAL, Client, Terms

# Tries beyond the first that one build may make of what was not sent or not accepted: of one job, and of all.
FURTHER, QUOTA = 3, 50


class Closed(Exception):
    """The provider refuses whoever asks, so nothing more is submitted to it in this build."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Quota:
    """Further tries of one build, given back by what succeeds: a provider in trouble is not hammered by every job."""

    def __init__(self, most: int = QUOTA) -> None:
        self._most = self._left = most

    def take(self) -> bool:
        """Whether another try is left; it is taken."""
        self._left -= 1
        if self._left < 0:
            self._left = 0
            return False
        return True

    def give_back(self) -> None:
        """Something succeeded."""
        self._left = min(self._left + 1, self._most)


class Account:
    """A client with what all jobs of a build share of it.  Belongs to one running event loop."""

    def __init__(self, client: Client, stop: Stop) -> None:
        self.client = client
        self.terms: Terms = client.terms
        self.limits = Limiter(client.terms, asyncio.get_running_loop())
        self._gate = asyncio.Lock()
        self._stop = stop
        self.firsts = Firsts(stop)
        # Why the provider refuses this account; empty while it does not.
        self.closed = ""

    @property
    def local(self) -> bool:
        """A worker of this machine: nothing is ever owed to it."""
        return self.terms.submit == LOCAL

    def remember(self, journal: Journal, provider: str) -> None:
        """Count what an earlier build submitted in the last minute against this account's limit."""
        if most := self.terms.submits_a_minute:
            ages = history.submitted(journal, provider, self.terms.account, journal.now(), most)
            self.limits.submits.remember(ages)

    def alone_first(self, journal: Journal, provider: str) -> None:
        """Have the first clip of each model that is new to this project made alone."""
        if not self.local:
            self.firsts = Firsts(self._stop, proven(journal, provider))

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """One submit at a time: while an answer is out, nobody else asks, so that at most one can be lost at once.

        Raises:
            Stopped: the build is being stopped.
            Closed: the provider has refused the account meanwhile.
        """
        with self._stop.cuttable():
            await self._gate.acquire()
        try:
            with self._stop.cuttable():
                await self.limits.submits.turn()
            self._stop.check()
            if self.closed:
                raise Closed(self.closed)
            yield
        finally:
            self._gate.release()
