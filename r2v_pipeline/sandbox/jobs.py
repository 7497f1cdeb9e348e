"""What the services have accepted: each job queues, renders and ends by the vendors' clock, and is never forgotten.

A job is owed from the moment its line is on the disk.  A server that was killed takes up every job where it was; what
was being drawn is drawn again.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from r2v_pipeline.sandbox.clock import Clock
from r2v_pipeline.sandbox.log import Log

QUEUED, RUNNING, DONE, FAILED, CANCELLED, GONE = "queued", "running", "done", "failed", "cancelled", "gone"
DRAWING = "drawing"  # the code of a job whose clip could not be drawn; each service has its own for that


class Job(NamedTuple):
    """An accepted submit.

    `order` is what is drawn (drawing.py).  `input_ms` of `billed_ms` are for reference videos; `guessed`: the price is
    a stand-in, because the catalog knows none.  `fail` is the (code, message) that it will end with.  `lane` and
    `lanes`: with whom it shares how many places.  `hold` keeps it QUEUED or RUNNING for ever.
    """

    id: str
    service: str
    account: str
    region: str
    model: str
    at: float
    request_id: str
    digest: str
    body: Mapping[str, Any]
    order: Mapping[str, Any]
    input_ms: int
    billed_ms: int
    micros: int
    currency: str
    guessed: bool = False
    token: str = ""
    fail: tuple[str, str] | None = None
    lane: str = ""
    lanes: int = 0
    hold: str = ""
    notes: tuple[str, ...] = ()
    submits: int = 1
    started: float | None = None
    ended: float | None = None
    cancelled: float | None = None
    deleted: bool = False

    @property
    def owed(self) -> bool:
        """Failed and cancelled jobs are free."""
        return self.fail is None and self.cancelled is None


class Pace(NamedTuple):
    """Seconds of the vendors' clock: in the queue at least, rendering at least, until a listing shows a job."""

    queue_s: float = 1.0
    render_s: float = 20.0
    lag_s: float = 0.0


class Jobs:
    """Every job of every service, in the order in which they were accepted."""

    def __init__(
        self, file: Path, clock: Clock, pace: Pace, draw: Callable[[Job], Awaitable[tuple[str, str] | None]]
    ) -> None:
        self._clock, self.pace, self._draw = clock, pace, draw
        self.known: dict[str, Job] = {}
        self._by_token: dict[tuple[str, str, str], str] = {}
        self._log = Log(file)
        for line in self._log.lines:
            self._replay(line)
        self._places: dict[str, asyncio.Semaphore] = {}
        self._lives: set[asyncio.Task[None]] = set()

    def resume(self) -> None:
        """Go on with what had not ended when the server last stopped."""
        for job in self.known.values():
            if job.ended is None and job.cancelled is None:
                self._begin(job)

    def accept(self, job: Job) -> None:
        """Take a job on; it is owed from here on."""
        self._log.add({"do": "accept", "job": job._asdict()})
        self._add(job)
        self._begin(job)

    def again(self, id: str) -> None:
        """The same submit came again and is answered with the same job."""
        self._change(id, submits=self.known[id].submits + 1)

    def cancel(self, id: str) -> None:
        """Take a job off the bill."""
        self._change(id, cancelled=self._clock.now())

    def delete(self, id: str) -> None:
        """Forget what was made, not that it was billed."""
        self._change(id, deleted=True)

    def of_token(self, service: str, account: str, token: str) -> Job | None:
        """The last job that was accepted with a client's key."""
        id = self._by_token.get((service, account, token))
        return self.known[id] if id else None

    def of(self, service: str, account: str) -> list[Job]:
        """An account's jobs, newest first."""
        return [j for j in reversed(self.known.values()) if j.service == service and j.account == account]

    def listed(self, service: str, account: str) -> list[Job]:
        """Those of them that a listing shows already."""
        return [job for job in self.of(service, account) if self._clock.now() >= job.at + self.pace.lag_s]

    def state(self, job: Job, kept_s: float) -> str:
        """Where a job stands now; GONE `kept_s` after its end."""
        over = job.cancelled if job.cancelled is not None else job.ended
        if job.deleted or (over is not None and self._clock.now() >= over + kept_s):
            return GONE
        if job.cancelled is not None:
            return CANCELLED
        if job.ended is None:
            return QUEUED if job.started is None else RUNNING
        return FAILED if job.fail else DONE

    def same_bodies(self) -> Counter[tuple[str, str]]:
        """How often each body was accepted of each account: twice is what a client must never do."""
        return Counter((job.account, job.digest) for job in self.known.values())

    async def close(self) -> None:
        """Stop working; nothing is lost."""
        for life in self._lives:
            life.cancel()
        await asyncio.gather(*self._lives, return_exceptions=True)
        self._log.close()

    def _begin(self, job: Job) -> None:
        life = asyncio.get_running_loop().create_task(self._live(job))
        self._lives.add(life)
        life.add_done_callback(self._lives.discard)

    async def _live(self, job: Job) -> None:
        place = self._places.setdefault(job.lane, asyncio.Semaphore(job.lanes or 1 << 20))
        async with place:
            await self._clock.until(job.at + self.pace.queue_s)
            while job.hold == QUEUED:
                await asyncio.sleep(3600)
            if self.known[job.id].cancelled is not None:
                return
            started = self._clock.now() if job.started is None else job.started
            if job.started is None:
                self._change(job.id, started=started)
            fail = job.fail or await self._draw(job)
            while job.hold == RUNNING:
                await asyncio.sleep(3600)
            await self._clock.until(started + self.pace.render_s)
            self._change(job.id, ended=self._clock.now(), **({"fail": fail} if fail else {}))

    def _change(self, id: str, **fields: Any) -> None:
        self._log.add({"do": "change", "id": id, **fields})
        self.known[id] = self.known[id]._replace(**fields)

    def _replay(self, line: dict[str, Any]) -> None:
        for name in ("fail", "notes"):
            where = line["job"] if line["do"] == "accept" else line
            if where.get(name) is not None:
                where[name] = tuple(where[name])
        if line["do"] == "accept":
            self._add(Job(**line["job"]))
        else:
            fields = {name: value for name, value in line.items() if name not in ("do", "id")}
            self.known[line["id"]] = self.known[line["id"]]._replace(**fields)

    def _add(self, job: Job) -> None:
        self.known[job.id] = job
        if job.token:
            self._by_token[job.service, job.account, job.token] = job.id
