"""From a job's body with placeholders to the bytes that a provider gets: local files and earlier results uploaded.

A file is hashed again before it leaves: what the plan was approved for is what is sent, or nothing is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from r2v_pipeline import canonical
from r2v_pipeline.compile.jobs import Job
from r2v_pipeline.diagnostics import Diagnostic
from r2v_pipeline.execute import problems, uploads
from r2v_pipeline.execute.blobs import Blobs, hash_file
from r2v_pipeline.execute.interrupts import Stop
from r2v_pipeline.execute.journal import Journal
from r2v_pipeline.execute.records import Blob
from r2v_pipeline.execute.uploads import Shelf
from r2v_pipeline.providers.base import Client, Reference, RenderRequest

# What stands in a body for another job's result: this and its key (providers/base.py).
JOB = "r2v-job:"


class Refusal(Exception):
    """The request cannot be made as planned; nothing was sent."""

    def __init__(self, problem: Diagnostic) -> None:
        super().__init__(problem.message)
        self.problem = problem


class Inputs:
    """Uploads: each file goes to each account once, however many shots use it, and in further builds as long as it is
    kept there.

    `result` gives the finished blob of a job's key, None where there is none.
    """

    def __init__(
        self, journal: Journal, blobs: Blobs, root: Path, stop: Stop, result: Callable[[str], Blob | None]
    ) -> None:
        self._journal, self._blobs, self._root, self._stop, self._result = journal, blobs, root, stop, result
        self._sent: dict[tuple[Shelf, str], str] = {}
        self._sending: dict[tuple[Shelf, str], asyncio.Lock] = {}

    async def body(self, job: Job, request: RenderRequest, client: Client) -> bytes:
        """The exact bytes to submit.

        Raises:
            Refusal: a local file or an earlier result is not what the plan was made for.
            Stopped: the build is being stopped.
        """
        stands: dict[str, str] = {}
        wanted = set(_words(request.body))
        for reference in (*request.references, *_voices(request)):
            if reference.placeholder not in wanted:
                continue
            if reference.path or reference.needs:
                stands[reference.placeholder] = await self._send(job, reference, request.model, client)
            elif reference.placeholder != reference.source:  # a URL that the key knows by its digest
                stands[reference.placeholder] = reference.source
        return canonical.canonical(_replaced(request.body, stands))

    async def _send(self, job: Job, reference: Reference, model: str, client: Client) -> str:
        """What stands for a reference; two shots that send the same file wait for one upload."""
        shelf = uploads.shelf(client.terms, model)
        sent = (shelf, reference.placeholder)
        async with self._sending.setdefault(sent, asyncio.Lock()):
            if sent not in self._sent:
                send = self._send_file if reference.path else self._send_result
                self._sent[sent] = await send(job, reference, model, client, shelf)
            return self._sent[sent]

    async def _send_file(self, job: Job, reference: Reference, model: str, client: Client, shelf: Shelf) -> str:
        path = self._root / reference.path
        before = _stamp(path)
        if before is None or await asyncio.to_thread(_hash, path) != reference.sha256:
            raise Refusal(problems.changed_input(job, reference))
        if there := uploads.known(self._journal, shelf, reference.sha256):
            return there
        with self._stop.cuttable():
            sent = await client.upload(path, reference.sha256, reference.kind, model)
        # The client read the file again; a change in between would have sent something else.
        if _stamp(path) != before:
            raise Refusal(problems.changed_input(job, reference))
        uploads.keep(self._journal, shelf, reference.sha256, sent)
        return sent

    async def _send_result(self, job: Job, reference: Reference, model: str, client: Client, shelf: Shelf) -> str:
        blob = self._result(reference.placeholder.removeprefix(JOB))
        if blob is None:
            raise Refusal(problems.needs_missing(job, reference.needs, "has no result in the store"))
        if not await asyncio.to_thread(self._blobs.verify, blob):
            moved = self._blobs.quarantine(blob.digest)
            raise Refusal(problems.damaged_result(job, reference.needs, str(moved or "")))
        if there := uploads.known(self._journal, shelf, blob.digest):
            return there
        with self._stop.cuttable():
            sent = await client.upload(self._blobs.path(blob.digest), blob.digest, reference.kind, model)
        uploads.keep(self._journal, shelf, blob.digest, sent)
        return sent


def _voices(request: RenderRequest) -> Iterator[Reference]:
    """The files of voices, each as a reference of its own."""
    for reference in request.references:
        if reference.voice_path:
            sha256 = reference.voice.rpartition(":")[2]
            yield reference._replace(
                kind="voice",
                source=reference.voice_path,
                sha256=sha256,
                placeholder=reference.voice,
                path=reference.voice_path,
                needs="",
            )


def _words(value: Any) -> Iterator[str]:
    """Every text of a body."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (Mapping, list, tuple)):
        for item in (item for _, item in value.items()) if isinstance(value, Mapping) else value:
            yield from _words(item)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_ino, stat.st_size, stat.st_mtime_ns


def _hash(path: Path) -> str:
    try:
        return hash_file(path)
    except OSError:
        return ""


def _replaced(value: Any, stands: Mapping[str, str]) -> Any:
    """A placeholder is a whole string of the body: inside a prompt it is only text."""
    if isinstance(value, str):
        return stands.get(value, value)
    if isinstance(value, Mapping):
        return {key: _replaced(item, stands) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_replaced(item, stands) for item in value]
    return value
