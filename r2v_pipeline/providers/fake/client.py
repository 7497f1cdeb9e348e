"""The fake vendor as a provider: the same parts as a real one's client, over real HTTP to this machine.

Where it runs and its key come from R2V_FAKE_URL and R2V_FAKE_KEY, never from a project.  R2V_FAKE_OPTIONS
(`settle_s=0.2,ask_s=1`) changes times, so that a test need not wait as long as a user would.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

from r2v_pipeline.canonical import canonical
from r2v_pipeline.errors import EnvironmentTrouble, NetworkTrouble, UsageError
from r2v_pipeline.providers.base import (
    FINDABLE,
    IDEMPOTENT,
    OPAQUE,
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
    Terms,
    Unknown,
)
from r2v_pipeline.providers.http.channel import Channel
from r2v_pipeline.providers.http.exchange import Patience
from r2v_pipeline.providers.http.hosts import base_of
from r2v_pipeline.providers.http.reading import epoch, parsed, safe_id, verdict
from r2v_pipeline.providers.http.secrets import key_from
from r2v_pipeline.providers.http.service import Service


class Options(NamedTuple):
    """What `Terms` and `Patience` call so; times in seconds."""

    key_life_s: float = 86_400.0
    settle_s: float = 2.0
    submits_a_minute: float = 0
    running: float = 0
    polls_a_second: float = 0
    poll_every_s: float = 0
    usual_s: float = 0
    submit_s: float = 180.0
    ask_s: float = 30.0
    pause_s: float = 0.5
    window_s: float = 60.0
    bytes_a_second: float = 10_000


class FakeClient(Service):
    """One manner of submit at the fake vendor."""

    def __init__(self, mode: str, channel: Channel, options: Options) -> None:
        o = options
        life, settle = (o.key_life_s if mode == IDEMPOTENT else 0.0), (o.settle_s if mode == FINDABLE else 0.0)
        limits = (int(o.submits_a_minute), int(o.running), o.polls_a_second, o.poll_every_s, o.usual_s)
        super().__init__(channel, Terms(mode, channel.account, life, settle, *limits))
        self._mode = mode

    async def upload(self, path: Path, sha256: str, kind: str, model: str = "") -> str:  # noqa: ARG002 (a file is one)
        """Files lie under their digest, so sending one twice changes nothing."""
        told = await self._channel.upload("PUT", f"{self._mode}/v1/files/{sha256}", path, sha256, {})
        url = told.data.get("url") if isinstance(told.data, dict) else None
        if told.status >= 300 or not isinstance(url, str):
            raise NetworkTrouble(f"{self._channel.title} would not take {path.name}", status=told.status)
        return url

    async def send(self, body: bytes, token: str, model: str = "") -> Answer | NotSent | Lost:  # noqa: ARG002 (there is one)
        """One POST."""
        headers = {"content-type": "application/json", "idempotency-key": token}
        return await self._channel.send_once(f"{self._mode}/v1/jobs", body, headers)

    def read(self, answer: Answer, model: str = "") -> Accepted | Refused | Unknown:  # noqa: ARG002 (there is one)
        """An id is a job; a refusal is one by its status; nothing else is certain."""
        try:
            data = parsed(answer.body)
        except ValueError:
            data = None
        data = data if isinstance(data, dict) else {}
        error = data.get("error")
        code, message = self._said(error if isinstance(error, dict) else {})
        judged = verdict(answer, code=code, message=message)
        if judged is not None:
            return judged
        id = safe_id(data.get("id"))
        return Accepted({"job": id}) if id else Unknown("it was answered without an id")

    async def find(self, sought: Sought) -> Found:
        """Jobs of the time around a submit with exactly its body."""
        found: list[Mapping[str, Any]] = []
        wanted, now, page = parsed(sought.body.decode()), None, 0
        while True:
            times = {"since_ms": int(sought.since * 1000), "until_ms": int(sought.until * 1000)}
            try:
                told = await self._channel.ask("GET", f"{self._mode}/v1/jobs?{urlencode({**times, 'page': page})}")
            except NetworkTrouble:
                return Found((), False, now)
            now = epoch(told.headers.get("date", ""))
            rows = told.data.get("jobs") if isinstance(told.data, dict) else None
            if told.status != 200 or not isinstance(rows, list):
                return Found((), False, now)
            for row in rows:
                id = safe_id(row.get("id")) if isinstance(row, dict) else ""
                if not id:
                    return Found((), False, now)  # it might be the one
                if row.get("input") == wanted and _spelled({"job": id}) not in sought.claimed:
                    found.append({"job": id})
            if (more := told.data.get("next")) is None:
                return Found(tuple(found), True, now)
            if type(more) is not int or more <= page:
                return Found((), False, now)
            page = more

    def handle(self, id: str, model: str = "") -> Mapping[str, Any]:  # noqa: ARG002 (there is one)
        """The handle of a job by the id that a person read off."""
        if not safe_id(id):
            raise UsageError(f"'{id}' cannot be a job of {self._channel.title}", "an id has no spaces and no slashes")
        return {"job": id}

    async def poll(self, handle: Mapping[str, Any]) -> Running | Finished | Failed:
        """A status that nobody has seen before is not an end."""
        id = safe_id(handle.get("job"))
        told = await self._channel.ask("GET", f"{self._mode}/v1/jobs/{id}", paced=True)
        data = told.data if isinstance(told.data, dict) else {}
        status = data.get("status")
        if told.status == 404 or status == "unknown":
            return Failed("unknown", f"{self._channel.title} does not know {id}", lost=True)
        if told.status >= 300:
            raise NetworkTrouble(f"{self._channel.title} answered {told.status} about {id}", status=told.status)
        if status == "succeeded":
            return self._finished(id, data)
        if status in ("failed", "cancelled"):
            error = data.get("error")
            code, message = self._said(error if isinstance(error, dict) else {})
            micros = data.get("billed_micros")
            billed = micros != 0 if type(micros) is int else None
            return Failed(code or str(status), message or f"it was {status}", billed=billed)
        progress = data.get("progress")
        return Running(progress if isinstance(progress, int | float) and 0 <= progress <= 1 else None)

    def _finished(self, id: str, data: Mapping[str, Any]) -> Finished:
        result, micros = data.get("result"), data.get("billed_micros")
        url = result.get("url") if isinstance(result, dict) else None
        if not isinstance(url, str) or not url:
            raise NetworkTrouble(f"{self._channel.title} calls {id} finished and does not say where the clip is")
        cost = Cost(micros, micros, "USD") if type(micros) is int and micros >= 0 else None
        return Finished({"job": id, "url": url}, cost)

    async def cancel(self, handle: Mapping[str, Any]) -> bool:
        """Only a job that has not begun can be taken off the bill."""
        told = await self._channel.ask("POST", f"{self._mode}/v1/jobs/{safe_id(handle.get('job'))}/cancel", body=b"")
        return isinstance(told.data, dict) and told.data.get("cancelled") is True

    async def quote(self, request: RenderRequest) -> Cost | None:
        """What the vendor takes for a second today."""
        told = await self._channel.ask("GET", f"{self._mode}/v1/price")
        price = told.data.get("micros_per_second") if isinstance(told.data, dict) else None
        if type(price) is not int or price < 0:
            return None
        micros = int(request.body["seconds"]) * price
        return Cost(micros, micros, "USD")

    def _said(self, error: Mapping[str, Any]) -> tuple[str, str]:
        """Code and message of a vendor's error, fit for a message of ours."""
        line = self._channel.redactor.line
        return line(str(error.get("code") or ""), 60), line(str(error.get("message") or ""))


def make(mode: str, workers: int = 0) -> FakeClient:  # noqa: ARG001 (nothing runs here)
    """The client for one manner, from the environment.

    Raises:
        EnvironmentTrouble: R2V_FAKE_URL or R2V_FAKE_KEY is missing or wrong.
    """
    url = os.environ.get("R2V_FAKE_URL", "")
    if not url:
        raise EnvironmentTrouble("R2V_FAKE_URL is not set", "start the fake vendor: it says where it is")
    options = options_of(os.environ.get("R2V_FAKE_OPTIONS", ""))
    pauses = (options.pause_s, 3 * options.pause_s, 8 * options.pause_s)
    patience = Patience(
        submit_s=options.submit_s, ask_s=options.ask_s, pauses_s=pauses,
        window_s=options.window_s, bytes_a_second=int(options.bytes_a_second),
    )  # fmt: skip
    key = key_from(os.environ, ["R2V_FAKE_KEY"])
    return FakeClient(mode, Channel("the fake vendor", base_of(url, "R2V_FAKE_URL"), key, patience), options)


idempotent, findable, opaque = (partial(make, mode) for mode in (IDEMPOTENT, FINDABLE, OPAQUE))


def options_of(text: str) -> Options:
    """Options as they are written: `settle_s=0.2,ask_s=1`.

    Raises:
        EnvironmentTrouble: for a name or a number that is none.
    """
    given = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, value = part.partition("=")
        try:
            given[name] = float(value)
        except ValueError:
            raise EnvironmentTrouble(f"R2V_FAKE_OPTIONS: {part} is not a name and a number") from None
        if name not in Options._fields:
            raise EnvironmentTrouble(f"R2V_FAKE_OPTIONS: there is no {name}", f"there are {', '.join(Options._fields)}")
    return Options(**given)


def _spelled(handle: Mapping[str, Any]) -> str:
    return canonical(dict(handle)).decode()
