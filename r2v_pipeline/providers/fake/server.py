"""The fake vendor as a process or a thread: listens on loopback only, answers no browser, outlives being killed.

    python -m r2v_pipeline.providers.fake.server --state DIR --port 0

prints one line of JSON when it is ready: where it is, a key for it, where its ledger is and where faults are ordered.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import secrets
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request as Ask
from urllib.request import urlopen

from r2v_pipeline.providers.fake.faults import Fault, perform
from r2v_pipeline.providers.fake.orders import Orders
from r2v_pipeline.providers.fake.vendor import MODES, Settings, Vendor
from r2v_pipeline.providers.fake.wire import Line, Lines, Reply, Request, refused, told
from r2v_pipeline.providers.http.hosts import is_loopback

_ADMIN = "/__fake__/"


class Server:
    """Serves one vendor until it is stopped."""

    def __init__(self, state: Path, settings: Settings | None = None) -> None:
        state.mkdir(parents=True, exist_ok=True)
        self.vendor = Vendor(state, settings or Settings())
        self.faults = Orders(Fault)
        self.key = _key(state / "key")
        self.url = ""
        self._lines = Lines()

    async def start(self, port: int = 0) -> asyncio.Server:
        """Begin to listen; `url` is set from then on."""
        listening = await asyncio.start_server(self._line, "127.0.0.1", port, limit=1 << 20, backlog=512)
        self.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        return listening

    async def run(self, until: asyncio.Event, ready: threading.Event | None = None, port: int = 0) -> None:
        """Serve until told to stop."""
        listening = await self.start(port)
        if ready:
            ready.set()
        else:
            sys.stdout.write(json.dumps(self.about()) + "\n")
            sys.stdout.flush()
        await until.wait()
        listening.close()
        await self._lines.end()
        self.vendor.bill.close()

    def about(self) -> dict[str, str]:
        """What a client and a test have to know."""
        return {
            "url": self.url,
            "key": self.key,
            "ledger": f"{self.url}{_ADMIN}ledger",
            "faults": f"{self.url}{_ADMIN}faults",
        }

    async def _line(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._lines.serve(Line(reader, writer), self._serve)

    async def _serve(self, line: Line) -> bool:
        """One request; False when the connection has served its time."""
        head = await line.head()
        if head is None:
            return False
        if not is_loopback(head.headers.get("host", "").rpartition(":")[0]):
            await line.send(refused(421, "wrong_host", "this server speaks to its own machine").encoded())
            return False
        asked = None if head.path.startswith(_ADMIN) else self.vendor.understand(head)
        fault = self.faults.unread(asked, head.path) if asked else None
        if fault is not None:
            return await perform(fault, line, Reply(500))
        request = await line.body(head)
        if request is None:
            return False
        if asked is None:
            reply = self._admin(request) if head.path.startswith(_ADMIN) else refused(404, "no_such_page", "not here")
            return await line.send(reply.encoded())
        self.vendor.requests[asked.endpoint] += 1
        fault = self.faults.take(asked, head.path + request.body.decode("utf-8", "replace"))
        if fault and fault.do == "delay":
            await asyncio.sleep(float(fault.order.get("seconds", 0.2)))
        if fault and fault.before:
            return await perform(fault, line, refused(500, "server_error", "it cannot now"))
        self.vendor.end = str(fault.order.get("code", "render_failed")) if fault and fault.do == "doom" else ""
        self.vendor.same_id = fault is not None and fault.do == "same_id"
        reply = self.vendor.answer(asked, request)
        return await (perform(fault, line, reply) if fault else line.send(reply.encoded()))

    def _admin(self, request: Request) -> Reply:
        what = request.path.removeprefix(_ADMIN)
        if what == "ledger":
            return told(self.vendor.ledger())
        if what != "faults":
            return refused(404, "no_such_page", "there are ledger and faults")
        if request.method == "DELETE":
            self.faults.clear()
        elif request.method == "POST":
            try:
                self.faults.add(json.loads(request.body))
            except ValueError as error:
                return refused(400, "no_such_fault", str(error))
        return told({"open": self.faults.open()})


class Running:
    """A fake vendor in a thread of this process, for tests."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.url, self.key = server.url, server.key

    def ledger(self) -> dict[str, Any]:
        """What it has accepted and billed so far."""
        made: dict[str, Any] = self._ask("ledger")
        return made

    def order(self, *faults: dict[str, Any]) -> None:
        """Have it misbehave."""
        self._ask("faults", json.dumps(faults).encode())

    def behave(self) -> None:
        """Take back every order that is still open."""
        self._ask("faults", method="DELETE")

    def environment(self) -> dict[str, str]:
        """The variables by which r2v finds it."""
        return {"R2V_FAKE_URL": self.url, "R2V_FAKE_KEY": self.key}

    def _ask(self, what: str, body: bytes | None = None, method: str | None = None) -> Any:
        with urlopen(Ask(f"{self.url}{_ADMIN}{what}", body, method=method), timeout=30) as answer:
            return json.load(answer)


@contextlib.contextmanager
def serving(state: Path, settings: Settings | None = None, port: int = 0) -> Iterator[Running]:
    """A fake vendor that runs beside the block, on a loop of its own."""
    server, ready = Server(state, settings), threading.Event()
    loop = asyncio.new_event_loop()
    until = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(server.run(until, ready, port)), daemon=True)
    thread.start()
    try:
        if not ready.wait(10):
            raise OSError("the fake vendor does not start")
        yield Running(server)
    finally:
        loop.call_soon_threadsafe(until.set)
        thread.join(10)
        loop.close()


def _key(file: Path) -> str:
    """A key of its own, the same after a restart."""
    if not file.exists():
        file.write_text(f"sbx_{secrets.token_hex(16)}")
        file.chmod(0o600)
    return file.read_text()


async def _main(given: argparse.Namespace) -> None:
    modes = (given.mode,) if given.mode else MODES
    names = ("speed", "render_s", "lag_s", "key_life_s", "kept_s", "page", "credit_micros")
    server = Server(given.state, Settings(modes, **{name: getattr(given, name) for name in names}))
    if given.fault:
        server.faults.add(json.loads(given.fault.read_text()))
    until = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, until.set)
    await server.run(until, port=given.port)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("fake vendor", description="A vendor on this machine that bills nobody.")
    parser.add_argument("--state", type=Path, required=True, metavar="DIR", help="where the bill and the clips are")
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--mode", choices=MODES, help="only this manner of submit (default: all three)")
    parser.add_argument("--fault", type=Path, metavar="FILE", help="faults to begin with, as JSON")
    for name, value in Settings()._asdict().items():
        if name != "modes":
            parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), default=value)
    return parser


if __name__ == "__main__":
    asyncio.run(_main(_parser().parse_args()))
