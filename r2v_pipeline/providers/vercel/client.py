"""Vercel AI Gateway as a provider: a start with an idempotency key, then a status until it ends.

Sources: @ai-sdk/gateway 4.0.146 (npm package); Vercel documentation of the AI Gateway: video generation, REST API,
authentication.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from r2v_pipeline.canonical import canonical, digest
from r2v_pipeline.errors import DiskTrouble, NetworkTrouble, UsageError
from r2v_pipeline.media.magic import HEAD, format_of
from r2v_pipeline.providers.base import (
    Accepted,
    Answer,
    Cost,
    Failed,
    Finished,
    Lost,
    NotSent,
    Refused,
    RenderRequest,
    Running,
    Unknown,
)
from r2v_pipeline.providers.http.place import Place
from r2v_pipeline.providers.http.reading import safe_id
from r2v_pipeline.providers.http.service import Service, answers
from r2v_pipeline.providers.vercel import prices, wire
from r2v_pipeline.providers.vercel.blob import Blob, blob

# A clip may come in the answer itself, in base64.
INLINE_BYTES = 256 * 1024 * 1024
INLINE_S = 300.0


def make(place: Place) -> VercelClient:
    """The client for whoever's key or token is there."""
    return VercelClient(place)


async def probe(place: Place) -> None:
    """Whether the key or token is known.

    Raises:
        NetworkTrouble: it is not, or nothing can be asked.
    """
    await answers(_at(place, wire.root_of(place.base.url)[0]), "v1/credits")


def _at(place: Place, root: str) -> Place:
    return place._replace(base=place.base._replace(url=root))


class VercelClient(Service):
    """A handle is the operation, as the gateway gave it, and the model that it is asked about with.

    The gateway lists no jobs: a lost submit is sent again instead, under its own key.
    """

    def __init__(self, place: Place) -> None:
        root, self._route = wire.root_of(place.base.url)
        super().__init__(_at(place, root).channel(), place.terms(_payer(place)))
        self._place = place
        self._blob: Blob | None = None
        self._models: dict[str, Mapping[str, Any]] | None = None
        self._listing = asyncio.Lock()

    async def upload(self, path: Path, sha256: str, kind: str, model: str = "") -> str:  # noqa: ARG002 (all are files)
        """To Vercel Blob, which has a token of its own."""
        if self._blob is None:
            self._blob = blob(self._place)
        return await self._blob.put(path, sha256)

    async def send(self, body: bytes, token: str, model: str = "") -> Answer | NotSent | Lost:
        """One POST; the gateway makes one job of all that carry the same key."""
        headers = {**self._headers(model), "idempotency-key": token}
        return await self._channel.send_once(f"{self._route}/video-model/start", body, headers)

    def read(self, answer: Answer, model: str = "") -> Accepted | Refused | Unknown:
        """An operation is a job; a refusal is one by its status; nothing else is certain."""
        return wire.started(answer, model, self._channel.redactor.line)

    def handle(self, id: str, model: str = "") -> Mapping[str, Any]:
        """The handle of a job by the id that a person read off."""
        if not safe_id(id):
            raise UsageError(f"'{id}' cannot be a job of {self._channel.title}", "its ids look like job_123")
        return {"operation": {"gatewayJobId": id}, "model": model}

    async def poll(self, handle: Mapping[str, Any]) -> Running | Finished | Failed:
        """A question about one job; with its clip there may come the clip itself."""
        told = await self._channel.ask(
            "POST",
            f"{self._route}/video-model/status",
            body=canonical({"operation": handle["operation"]}),
            headers=self._headers(str(handle["model"])),
            paced=True,
            most=INLINE_BYTES,
            deadline_s=INLINE_S,
        )
        data = told.data if isinstance(told.data, dict) else {}
        code, message = wire.said(data, self._channel.redactor.line)
        if told.status == 404 and code != "model_not_found":
            return Failed(code or "not_found", message or f"{self._channel.title} does not know this job", lost=True)
        if told.status >= 300:
            what = f": {message}" if message else ""
            raise NetworkTrouble(f"{self._channel.title} answered {told.status} about a job{what}", status=told.status)
        found = wire.state(data, self._channel.redactor.line)
        return found._replace(cost=await self._cost(data)) if isinstance(found, Finished) else found

    async def _cost(self, data: Mapping[str, Any]) -> Cost | None:
        """What a finished job took: from the answer, else from the list of generations; None where neither tells."""
        cost, id = wire.cost_of(data), safe_id(wire.generation_of(data))
        if cost is not None or not id:
            return cost
        try:
            told = await self._channel.ask("GET", f"v1/generation?id={id}")
        except NetworkTrouble:
            return None  # the clip is there; what it cost stays what was expected
        return wire.cost_of_generation(told.data)

    async def fetch(self, output: Mapping[str, Any], to: Path) -> None:
        """From where the answer said, or out of the answer."""
        if "url" in output:
            await super().fetch(output, to)
        else:
            await asyncio.to_thread(_unpack, str(output["data"]), to)

    async def quote(self, request: RenderRequest) -> Cost | None:
        """By the gateway's list of models, which is asked once."""
        async with self._listing:
            if self._models is None:
                self._models = prices.listed((await self._channel.ask("GET", "v1/models")).data)
        row = self._models.get(request.model)
        return prices.quote(row, request) if row else None

    async def close(self) -> None:
        """Let go of connections."""
        await super().close()
        if self._blob is not None:
            await self._blob.close()

    def _headers(self, model: str) -> dict[str, str]:
        return wire.headers(model, self._place.key.variable)


def _payer(place: Place) -> str:
    """Who pays, where the key alone does not say: an OIDC token is another every few hours, its owner is not.

    Empty for an API key, and for a token without an owner in it.
    """
    if place.key.variable != wire.OIDC:
        return ""
    try:
        part = place.key.reveal().split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (IndexError, ValueError):
        return ""
    owner = claims.get("owner_id") if isinstance(claims, dict) else None
    return digest(["account", wire.NAME, owner])[:16] if isinstance(owner, str) and owner else ""


def _unpack(text: str, to: Path) -> None:
    """Write a clip that came in base64.

    Raises:
        NetworkTrouble: it is none.
        DiskTrouble: it cannot be written.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NetworkTrouble(f"{wire.TITLE} sent a clip that is not base64") from None
    if format_of(data[:HEAD]) not in ("mp4", "mov", "webm"):
        raise NetworkTrouble(f"{wire.TITLE} sent something else instead of a clip")
    try:
        to.write_bytes(data)
    except OSError as error:
        raise DiskTrouble(f"{to}: {error.strerror}") from None
