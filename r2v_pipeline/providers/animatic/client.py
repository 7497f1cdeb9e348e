"""The animatic as a provider: the same submit, poll and fetch as a paid vendor, served by processes of this machine.

Drawing holds the interpreter, so each clip is drawn in a process of its own pool; they are started when first needed
and live as long as the client.  A process that dies takes one job with it, which may be asked for again.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from r2v_pipeline.errors import DiskTrouble, StateTrouble
from r2v_pipeline.providers.animatic.hand import Hand
from r2v_pipeline.providers.base import (
    FREE,
    LOCAL,
    Accepted,
    Answer,
    Cost,
    Failed,
    Finished,
    Found,
    Refused,
    RenderRequest,
    Running,
    Sought,
    Terms,
)

_LOST = Failed("lost", "this animatic is not known here: another run asked for it", again=True, lost=True, billed=False)
_CANCELLED = Failed("cancelled", "the animatic was cancelled", again=True, billed=False)
_QUEUED, _REFUSED = 202, 422


class _Job:
    """One clip: waiting, being drawn by a hand, or ended with an answer."""

    def __init__(self, order: Mapping[str, Any]) -> None:
        self.order = order
        self.progress: float | None = None
        self.end: Finished | Failed | None = None
        self.hand: Hand | None = None

    def tell(self, part: float) -> None:
        self.progress = part


class AnimaticClient:
    """Draws clips in up to `workers` processes (default: one a core).

    `folder` is where clips wait for `fetch`; without it a temporary folder is made.  On the file system of the project
    a fetch is a rename.
    """

    def __init__(self, workers: int | None = None, folder: Path | None = None) -> None:
        self._most = max(1, workers or os.cpu_count() or 1)
        self._given = folder
        self._folder: Path | None = None
        self._files: dict[str, str] = {}
        self._jobs: dict[str, _Job] = {}
        self._waiting: asyncio.Queue[_Job] = asyncio.Queue()
        self._shifts: list[asyncio.Task[None]] = []

    async def upload(self, path: Path, sha256: str, kind: str, model: str = "") -> str:  # noqa: ARG002 (the seam)
        """Nothing to send: the placeholder stays in the body, and its path is remembered."""
        placeholder = f"r2v-file:sha256:{sha256}"
        self._files[placeholder] = str(path.absolute())
        return placeholder

    @property
    def terms(self) -> Terms:
        """Nobody pays; how many draw at once is the business of the workers."""
        return Terms(LOCAL, "")

    async def send(self, body: bytes, token: str, model: str = "") -> Answer:  # noqa: ARG002 (models are the vendors')
        """Queue one clip.  The token is the job's name here: the same token twice is one job."""
        if token in self._jobs:
            return Answer(_QUEUED, (), token)
        request = json.loads(body)
        pictures = [r["file"] for r in (*request["references"], request["first_frame"]) if r]
        local = [file for file in pictures if file.startswith("r2v-")]
        missing = next((file for file in local if file not in self._files), None)
        if missing:
            return Answer(_REFUSED, (), f"{missing} was not handed over before the clip was asked for")
        to = str(self._place() / f"{len(self._jobs)}.mp4")
        files = {file: self._files[file] for file in local}
        job = self._jobs[token] = _Job({"id": token, "body": request, "files": files, "to": to})
        self._waiting.put_nowait(job)
        busy = sum(j.hand is not None for j in self._jobs.values())
        if len(self._shifts) < self._most and self._waiting.qsize() > len(self._shifts) - busy:
            self._shifts.append(asyncio.create_task(self._work()))
        return Answer(_QUEUED, (), token)

    def read(self, answer: Answer, model: str = "") -> Accepted | Refused:  # noqa: ARG002 (models are the vendors')
        """A queued clip has its token for a name."""
        return Accepted(self.handle(answer.body)) if answer.status == _QUEUED else Refused("reference", answer.body)

    async def find(self, sought: Sought) -> Found:
        """The clips of this process; one of an earlier run is gone with it."""
        return Found((self.handle(sought.token),) if sought.token in self._jobs else (), complete=True)

    def handle(self, id: str, model: str = "") -> Mapping[str, Any]:  # noqa: ARG002 (models are the vendors')
        """A clip goes by the token of its submit."""
        return {"animatic": id}

    async def poll(self, handle: Mapping[str, Any]) -> Running | Finished | Failed:
        """How a clip is doing.  A handle of an earlier run is lost: its process and its clip ended with that run."""
        job = self._jobs.get(handle.get("animatic", ""))
        return (job.end or Running(job.progress)) if job else _LOST

    async def fetch(self, output: Mapping[str, Any], to: Path) -> None:
        """Move a finished clip to its place.

        Raises:
            StateTrouble: the clip is gone: another run drew it, or it was fetched before.
            DiskTrouble: it cannot be written there.
        """
        source = self._place() / Path(str(output["file"])).name
        if not source.is_file():
            raise StateTrouble(f"the animatic {source.name} is gone", "build again: it is drawn anew, for free")
        try:
            await asyncio.to_thread(shutil.move, source, to)
        except OSError as error:
            raise DiskTrouble(f"{to}: {error.strerror}") from None

    async def cancel(self, handle: Mapping[str, Any]) -> bool:
        """Stop drawing.  Always True: nothing was ever to be paid."""
        job = self._jobs.get(handle.get("animatic", ""))
        if job and job.end is None:
            job.end = _CANCELLED
            if job.hand:
                job.hand.kill()
        return True

    async def quote(self, request: RenderRequest) -> Cost | None:  # noqa: ARG002 (the seam is the vendors')
        """Always free."""
        return FREE

    async def close(self) -> None:
        """End all processes and throw away what was not fetched."""
        for shift in self._shifts:
            shift.cancel()
        await asyncio.gather(*self._shifts, return_exceptions=True)
        self._shifts.clear()
        for job in self._jobs.values():
            job.end = job.end or _CANCELLED
        if self._folder and self._given is None:
            await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)
            self._folder = None

    def _place(self) -> Path:
        if self._folder is None:
            self._folder = (self._given or Path(tempfile.mkdtemp(prefix="r2v-animatic-"))).absolute()
        return self._folder

    async def _work(self) -> None:
        """One hand and the clips it draws, one after the other."""
        hand = Hand()
        try:
            while True:
                job = await self._waiting.get()
                if job.end is None:
                    job.hand = hand
                    end = await hand.draw(job.order, job.tell)
                    job.hand = None
                    job.end = job.end or end
        finally:
            await hand.close()
