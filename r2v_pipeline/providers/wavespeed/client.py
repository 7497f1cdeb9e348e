"""WaveSpeedAI as a provider: a submit by the model's own address, then its result by id.

Sources: WaveSpeedAI documentation; wavespeed 2.0.5 (Python package), which never sends a submit twice either.  The
synchronous mode and webhooks are not used: clips take longer than the one, and r2v listens nowhere for the other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from r2v_pipeline.errors import NetworkTrouble, UsageError
from r2v_pipeline.providers.base import (
    Accepted,
    Answer,
    Cost,
    Failed,
    Finished,
    Found,
    Lost,
    NotSent,
    Refused,
    RenderRequest,
    Running,
    Sought,
    Unknown,
)
from r2v_pipeline.providers.http.place import Place
from r2v_pipeline.providers.http.reading import safe_id
from r2v_pipeline.providers.http.service import Service, answers
from r2v_pipeline.providers.wavespeed import history, prices, uploads, wire

_MODEL = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")


def make(place: Place) -> WaveSpeedClient:
    """The client for whoever's key is there."""
    return WaveSpeedClient(place)


async def probe(place: Place) -> None:
    """Whether the key is known.

    Raises:
        NetworkTrouble: it is not, or nothing can be asked.
    """
    await answers(place, "api/v3/balance")


class WaveSpeedClient(Service):
    """A handle is a prediction's id.  The addresses that answers name are not asked: ours and the id are enough.

    No way to cancel is documented, and to delete a task is not to be refunded for it.
    """

    def __init__(self, place: Place) -> None:
        super().__init__(place.channel(), place.terms())

    async def upload(self, path: Path, sha256: str, kind: str, model: str = "") -> str:  # noqa: ARG002 (all are files)
        """To the service's own store."""
        return await uploads.bring(self._channel, path, sha256)

    async def send(self, body: bytes, token: str, model: str = "") -> Answer | NotSent | Lost:  # noqa: ARG002
        """One POST; the service honours no token."""
        if not _MODEL.fullmatch(model):
            return NotSent("model", f"'{model}' cannot be a model of {self._channel.title}", again=False)
        return await self._channel.send_once(f"api/v3/{model}", body, {"content-type": "application/json"})

    def read(self, answer: Answer, model: str = "") -> Accepted | Refused | Unknown:  # noqa: ARG002 (an id is enough)
        """An id is a task; a refusal is one by its status, or by its code inside a 200; nothing else is certain."""
        return wire.submitted(answer, self._channel.redactor.line)

    async def find(self, sought: Sought) -> Found:
        """In the history, by exactly what was asked."""
        return await history.find(self._channel, sought)

    def handle(self, id: str, model: str = "") -> Mapping[str, Any]:  # noqa: ARG002 (an id is enough)
        """The handle of a task by the id that a person read off."""
        if not safe_id(id):
            raise UsageError(f"'{id}' cannot be a task of {self._channel.title}", "its ids are 32 hexadecimal digits")
        return {"id": id}

    async def poll(self, handle: Mapping[str, Any]) -> Running | Finished | Failed:
        """A question about one task."""
        id = safe_id(handle.get("id"))
        told = await self._channel.ask("GET", f"api/v3/predictions/{id}/result", paced=True)
        line = self._channel.redactor.line
        code, message = wire.said(told.data, line)
        if wire.unknown(told.status, code, message):
            return Failed("unknown", f"{self._channel.title} does not know {id}: it keeps tasks for 7 days", lost=True)
        if told.status >= 300 or code:
            what = f"{told.status}" if told.status >= 300 else code
            told_why = f": {message}" if message else ""
            raise NetworkTrouble(
                f"{self._channel.title} answered {what} about {id}{told_why}", again=False, status=told.status
            )
        return wire.state(wire.inside(told.data), id, line)

    async def quote(self, request: RenderRequest) -> Cost | None:
        """The service's own answer to the very inputs."""
        return await prices.quote(self._channel, request)
