"""A sandbox in a thread of this process, for tests."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request as Ask
from urllib.request import urlopen

from r2v_pipeline.sandbox.jobs import Pace
from r2v_pipeline.sandbox.routes import Settings
from r2v_pipeline.sandbox.server import Server


class Running:
    """A server that runs; `about` is its line."""

    def __init__(self, server: Server) -> None:
        self.server, self.url, self.key = server, server.url, server.key
        self.about = server.about()

    def ledger(self) -> dict[str, Any]:
        """What it has accepted and would have billed so far."""
        made: dict[str, Any] = self._ask("ledger")
        return made

    def order(self, *faults: dict[str, Any]) -> None:
        """Have it misbehave."""
        self._ask("faults", faults)

    def behave(self) -> None:
        """Take back every order that is still open."""
        self._ask("faults", method="DELETE")

    def forward(self, seconds: float) -> None:
        """Let time pass at the vendors'."""
        self._ask("clock", {"forward_s": seconds})

    def _ask(self, what: str, body: Any = None, method: str | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Ask(f"{self.url}/__sandbox__/{what}", data, method=method), timeout=30) as answer:
            return json.load(answer)


@contextlib.contextmanager
def serving(
    state: Path, settings: Settings | None = None, pace: Pace | None = None, *, plain: bool = True, speed: float = 1.0
) -> Iterator[Running]:
    """A sandbox beside the block, on a loop of its own; with plain clips unless they are to be drawn."""
    loop, until, ready = asyncio.new_event_loop(), asyncio.Event(), threading.Event()
    made: list[Server] = []

    async def serve() -> None:
        quick = pace or Pace(0, 0)
        server = Server(state, settings=settings or Settings(), pace=quick, speed=speed, hands=1, plain=plain)
        listening = await server.start()
        made.append(server)
        ready.set()
        await server.run(listening, until)

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    try:
        if not ready.wait(20):
            raise OSError("the sandbox does not start")
        yield Running(made[0])
    finally:
        loop.call_soon_threadsafe(until.set)
        thread.join(20)
        loop.close()
