"""Under what circumstances a film is built in the crash proofs: the class of the vendor, what the network does, what a
person does about a doubt, how much time goes by; and a wire without HTTP that plays the network.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from r2v_pipeline.canonical import digest_bytes
from r2v_pipeline.execute import collect, polling, recovery, render, waiting
from r2v_pipeline.providers.base import Answer, Lost, NotSent
from r2v_pipeline.providers.fake.bill import Job as Sold
from r2v_pipeline.providers.fake.vendor import Vendor
from r2v_pipeline.providers.fake.wire import Reply, Request, refused
from r2v_pipeline.providers.http.channel import Told
from r2v_pipeline.providers.http.reading import kept as kept_headers
from r2v_pipeline.providers.http.secrets import Key, Redactor

IDEMPOTENT, FINDABLE, OPAQUE = CLASSES = ("idempotent", "findable", "opaque")
# What the network does to the first submit of each shot: nothing; its answer is lost, and the listing late; it is lost
# itself; it is answered with a server error, bought or not; it cannot be connected; and, its answer being lost, the
# second is refused for now.
CALM, ANSWERS, LAGS, REQUESTS, ERRORS, EMPTY_ERRORS, DOWN, REFUSED_AGAIN = NETWORKS = (
    "calm",
    "answers are lost",
    "answers are lost, and the listing shows nothing for hours",
    "requests are lost",
    "bought, and answered 500",
    "answered 500",
    "cannot connect",
    "answers are lost, and the second try refused",
)
# What a person does about a held shot: look into the vendor's account and say what is there; or have it sent again.
LOOKS, RESUBMITS = "looks", "resubmits"
# What there is before the first build: nothing, or a finished film of the same shots in other words.
NOTHING, EARLIER = "from nothing", "over an earlier film"
# Hours between a crash and the next build: none, past the half of a key's life, past its whole.
AT_ONCE, TOO_LATE, FAR_TOO_LATE = 0.0, 14.0, 30.0

SECRET = "sbx_" + "0123456789abcdef" * 2


class Scene(NamedTuple):
    """Under what circumstances a film is built."""

    way: str
    network: str = CALM
    person: str = LOOKS
    hours: float = AT_ONCE
    start: str = NOTHING

    def __str__(self) -> str:
        late = f", {self.hours:g} h between builds" if self.hours else ""
        return f"{self.way}, {self.network}, a person {self.person}{late}, {self.start}"


@contextlib.contextmanager
def hurried() -> Iterator[None]:
    """Nobody waits for a vendor that is not there, and no work goes to another thread."""

    async def at_once(work: Callable[..., Any], *args: Any) -> Any:
        return work(*args)

    quick: Sequence[tuple[Any, str, Any]] = (
        (render, "PAUSE", 0.0),
        (recovery, "PAUSE_S", 0.0),
        (collect, "PAUSE_S", 0.0),
        (waiting, "UNKNOWN_FOR_S", 0.0),
        (polling, "LONGEST_S", 0.02),
        (asyncio, "to_thread", at_once),
    )
    before = [getattr(owner, name) for owner, name, _ in quick]
    for owner, name, value in quick:
        setattr(owner, name, value)
    try:
        yield
    finally:
        for (owner, name, _), value in zip(quick, before, strict=True):
            setattr(owner, name, value)


class Books:
    """The vendor's bill in memory, so that it can be put away and taken up again."""

    def __init__(self, sold: Iterable[Sold]) -> None:
        self.jobs = {job.id: job for job in sold}

    def accept(self, job: Sold) -> None:
        self.jobs[job.id] = job

    def of_token(self, mode: str, account: str, token: str) -> Sold | None:
        found = [job for job in self.jobs.values() if (job.mode, job.account, job.token) == (mode, account, token)]
        return found[-1] if found else None

    def close(self) -> None:
        """There is no file."""


class Wire:
    """A channel without HTTP: the vendor is a call away, and the network does what the scene says."""

    title, account = "the fake vendor", "0123456789ab"
    redactor = Redactor([Key("KEY", SECRET)])

    def __init__(self, vendor: Vendor, network: str, met: set[tuple[str, int]]) -> None:
        self._vendor, self._network, self._met = vendor, network, met

    async def send_once(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer | NotSent | Lost:
        label = json.loads(body)["label"]
        tried = sum(name == label for name, _ in self._met)
        self._met.add((label, tried))
        first, second, network = tried == 0, tried == 1, self._network
        if first and network == DOWN:
            return NotSent("refused", "nobody listens", again=True)
        if first and network == REQUESTS:
            return Lost("the connection broke")
        if first and network == EMPTY_ERRORS:
            return self._answer(refused(500, "server_error", "it cannot now"))
        if second and network == REFUSED_AGAIN:
            return self._answer(refused(429, "busy", "later"))
        said = self._answer(self._ask("POST", path, body, headers))
        if first and network in (ANSWERS, LAGS, REFUSED_AGAIN):
            return Lost("the answer did not come")
        return self._answer(refused(500, "server_error", "it cannot now")) if first and network == ERRORS else said

    async def ask(
        self, method: str, path: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None, **_: Any
    ) -> Told:
        got = self._ask(method, path, body or b"", headers or {})
        return Told(got.status, dict(got.headers), json.loads(got.body))

    async def upload(self, method: str, path: str, file: Path, sha256: str, headers: Mapping[str, str]) -> Told:
        assert sha256 == digest_bytes(file.read_bytes())
        return await self.ask(method, path, body=file.read_bytes(), headers=headers)

    async def download(self, url: str, to: Path) -> None:
        to.write_bytes(self._ask("GET", url.removeprefix("http://vendor/"), b"", {}).body)

    async def close(self) -> None:
        """There is nothing to let go of."""

    def _ask(self, method: str, target: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        path, _, query = target.partition("?")
        given = {"authorization": f"Bearer {SECRET}", "host": "vendor", **headers}
        pairs = dict(pair.split("=") for pair in query.split("&") if pair)
        request = Request(method, f"/{path}", pairs, given, body)
        asked = self._vendor.understand(request)
        assert asked is not None
        self._vendor.requests[asked.endpoint] += 1
        return self._vendor.answer(asked, request)

    @staticmethod
    def _answer(reply: Reply) -> Answer:
        return Answer(reply.status, kept_headers(reply.headers), reply.body.decode())
