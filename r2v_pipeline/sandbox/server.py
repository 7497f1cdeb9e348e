"""The server: one port, four services, one clock, one bill.  Listens on this machine only, unless it is asked to."""

from __future__ import annotations

import asyncio
import fcntl
import traceback
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from r2v_pipeline.errors import EnvironmentTrouble
from r2v_pipeline.providers.fake.orders import Orders
from r2v_pipeline.providers.fake.wire import Lines
from r2v_pipeline.providers.http.hosts import is_loopback
from r2v_pipeline.sandbox.admin import PREFIX, Admin
from r2v_pipeline.sandbox.blob import Blob
from r2v_pipeline.sandbox.clock import Clock, http_date
from r2v_pipeline.sandbox.dashscope import DashScope
from r2v_pipeline.sandbox.drawing import Studio
from r2v_pipeline.sandbox.faults import Fault, delay, perform
from r2v_pipeline.sandbox.files import Files
from r2v_pipeline.sandbox.gateway import Gateway
from r2v_pipeline.sandbox.jobs import Jobs, Pace
from r2v_pipeline.sandbox.keys import account_of, bearer, key_in
from r2v_pipeline.sandbox.looking import Looking
from r2v_pipeline.sandbox.openapi import document
from r2v_pipeline.sandbox.rates import Rates
from r2v_pipeline.sandbox.results import Results
from r2v_pipeline.sandbox.routes import Call, House, Route, Service, Settings
from r2v_pipeline.sandbox.wavespeed import WaveSpeed
from r2v_pipeline.sandbox.wire import HEAD_BYTES, Line, Malformed, Reply, Request, Stream, told

_MOST_ELSEWHERE = 1 << 20


class Found(NamedTuple):
    """The route of a request, with its service (None: the storage of every service's results) and the path's parts."""

    service: Service | None
    route: Route
    given: dict[str, str]

    @property
    def name(self) -> str:
        """The service's name, for faults; results are those of the service in their path."""
        return self.service.name if self.service else self.given["service"]


class Server:
    """Serves until it is stopped.  Everything that it must not forget is in `state`.

    Raises:
        EnvironmentTrouble: another server works in the same folder.
    """

    def __init__(
        self,
        state: Path,
        *,
        settings: Settings,
        pace: Pace,
        speed: float,
        hands: int,
        plain: bool,
        anywhere: bool = False,
    ) -> None:
        state.mkdir(parents=True, exist_ok=True)
        self._lock = (state / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            raise EnvironmentTrouble(f"another sandbox works in {state}", "give each a --state of its own") from None
        self.key = key_in(state)
        self.clock = Clock(state / "clock.json", speed)
        if self.clock.speed != speed:
            self.clock.run_at(speed)
        self._studio = Studio(state / "clips", hands=hands, plain=plain)
        self.jobs = Jobs(state / "jobs.jsonl", self.clock, pace, self._studio.draw)
        self._files = Files(state)
        looking = Looking(self._files, state / "inline")
        rates = Rates(self.clock, on=settings.limits)
        house = House(self.clock, self.jobs, self._files, looking, rates, settings, self._studio.clip)
        self.services: tuple[Service, ...] = (DashScope(house), Gateway(house), Blob(house), WaveSpeed(house))
        self._results = Results(house)
        self.faults = Orders(Fault)
        self.asked: Counter[str] = Counter()
        # Its key stays with the state, and names it.
        self._admin = Admin(account_of(self.key), self.clock, self.jobs, self.faults, self.asked, self.document)
        self._anywhere = anywhere
        self._lines = Lines()
        self.url = ""

    def about(self) -> dict[str, str]:
        """Where everything is, for clients."""
        return {
            "dashscope": f"{self.url}/api/v1", "gateway": f"{self.url}/v4/ai", "blob": f"{self.url}/api/blob",
            "wavespeed": self.url, "key": self.key, "ledger": f"{self.url}{PREFIX}ledger",
        }  # fmt: skip

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> asyncio.Server:
        """Begin to listen, and take up what had not ended; `url` is set from then on."""
        try:
            listening = await asyncio.start_server(self._line, host, port, limit=HEAD_BYTES, backlog=512)
        except OSError as error:
            raise EnvironmentTrouble(f"cannot listen on {host}:{port}: {error.strerror}", "use --port 0") from None
        taken = listening.sockets[0].getsockname()[1]
        self.url = f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{taken}"
        self.jobs.resume()
        return listening

    async def run(self, listening: asyncio.Server, until: asyncio.Event) -> None:
        """Serve until told to stop."""
        await until.wait()
        listening.close()
        await self._lines.end()
        await self.jobs.close()
        await self._studio.close()
        self._files.close()
        self._lock.close()

    def document(self, service: str) -> dict[str, Any] | None:
        """The OpenAPI document of a service; None for one that there is not."""
        return next((document(s, self.url) for s in self.services if s.name == service), None)

    async def _line(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._lines.serve(Line(reader, writer), self._serve)

    async def _serve(self, line: Line) -> bool:
        """One request; False when the connection has served its time."""
        try:
            return await self._next(line)
        except Malformed as wrong:
            body = {"error": {"code": "bad_request", "message": str(wrong)}}
            await line.give(told(body, wrong.status, ("connection", "close")).encoded())
        except Exception:  # a mistake of this server's own: the client hears of it, and the others are served on
            traceback.print_exc()
            await line.give(told({"error": {"code": "sandbox_bug", "message": "the sandbox failed"}}, 500).encoded())
        return False

    async def _next(self, line: Line) -> bool:
        head = await line.request_head()
        if head is None:
            return False
        host = head.headers.get("host", "")
        if not self._anywhere and not is_loopback(host.rpartition(":")[0] or host):
            await line.give(told({"error": {"code": "wrong_host", "message": "not here"}}, 421).encoded())
            return False
        if head.path.startswith(PREFIX):
            request = await line.request_body(head, _MOST_ELSEWHERE)
            return request is not None and await self._send(line, request, self._admin.answer(request))
        found = self._find(head)
        if isinstance(found, Reply):
            request = await line.request_body(head, _MOST_ELSEWHERE)
            return request is not None and await self._send(line, request, found)
        fault = self.faults.unread((found.name, found.route.endpoint), head.path)
        if fault is not None:
            return await perform(fault, line, Reply(500))
        return await self._answer(line, head, found)

    async def _answer(self, line: Line, head: Request, found: Found) -> bool:
        route, service = found.route, found.service
        try:
            request = await line.request_body(head, route.most)
        except Malformed as wrong:
            if wrong.status != 413 or service is None:
                raise
            await self._send(line, head, service.too_large())
            return False
        if request is None:
            return False
        self.asked[f"{found.name} {route.endpoint}"] += 1
        text = f"{head.path} {head.headers.get('ai-model-id', '')} {request.body.decode('utf-8', 'replace')}"
        fault = self.faults.take((found.name, route.endpoint), text)
        await delay(fault)
        if fault and fault.before:
            return await perform(
                fault, line, self._dated(told({"code": "InternalError", "message": "it cannot now"}, 500))
            )
        key = bearer(request.headers.get("authorization", ""))
        account = account_of(key)
        if not route.open and not account and service is not None:
            return await self._send(line, request, service.refuse_key(request, given=bool(key)))
        host = request.headers.get("host")  # an old client may not say whom it asks
        call = Call(request, f"http://{host}" if host else self.url, account, found.given)
        reply = route.handler(call._replace(deed=fault.deed()) if fault else call)
        if fault is None:
            return await self._send(line, request, reply)
        whole = await reply.whole() if isinstance(reply, Stream) else reply
        return await perform(fault, line, self._dated(whole))

    def _find(self, request: Request) -> Found | Reply:
        """Which route a request is for; else the answer of the service that its path belongs to."""
        others: Service | None = None
        for route in self._results.routes:
            given = route.match(request.path)
            if given is not None and route.method == request.method:
                return Found(None, route, given)
        for service in self.services:
            for route in service.routes:
                given = route.match(request.path)
                if given is not None and route.method == request.method:
                    return Found(service, route, given)
                others = service if given is not None and others is None else others
        owner = others or next(s for s in self.services if s.name == _owner(request.path))
        return owner.not_found(request)

    async def _send(self, line: Line, request: Request, reply: Reply | Stream) -> bool:
        if isinstance(reply, Stream):
            return await line.stream(reply._replace(headers=(*reply.headers, self._date()))) and request.keeps
        dated = self._dated(reply)
        if request.method == "HEAD":
            return await line.give(dated.head((("content-length", str(len(dated.body))),))) and request.keeps
        return await line.give(dated.encoded()) and request.keeps

    def _dated(self, reply: Reply) -> Reply:
        return reply._replace(headers=(*reply.headers, self._date()))

    def _date(self) -> tuple[str, str]:
        return "date", http_date(self.clock.now())


def _owner(path: str) -> str:
    """Whose address an unknown path looks like."""
    if path.startswith(("/v1", "/v3", "/v4")):
        return "gateway"
    if path.startswith(("/api/blob", "/blob")):
        return "blob"
    return "wavespeed" if path.startswith("/api/v3") else "dashscope"
