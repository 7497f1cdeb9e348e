"""HTTP/1.1 by hand, for a server that must be able to break it at any byte."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from email.utils import formatdate
from http import HTTPStatus
from typing import Any, NamedTuple, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

_MOST_BODY = 64 << 20


class Request(NamedTuple):
    """What a client asked; header names are lower-case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""


class Reply(NamedTuple):
    """What it is answered."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()

    def encoded(self, *, length: int | None = None) -> bytes:
        """As it goes over the wire; `length` is a claim that need not be true."""
        return self.head((("content-length", str(len(self.body) if length is None else length)),)) + self.body

    def head(self, more: tuple[tuple[str, str], ...] = ()) -> bytes:
        """The status line and headers, up to the empty line."""
        given = (("date", formatdate(usegmt=True)), *self.headers, *more)
        phrase = HTTPStatus(self.status).phrase if self.status in list(HTTPStatus) else "Odd"
        lines = [f"HTTP/1.1 {self.status} {phrase}", *(f"{name}: {value}" for name, value in given)]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def told(value: Any, status: int = 200, *headers: tuple[str, str]) -> Reply:
    """An answer in JSON."""
    return Reply(status, json.dumps(value).encode(), (("content-type", "application/json"), *headers))


def refused(status: int, code: str, message: str, *headers: tuple[str, str]) -> Reply:
    """An answer that says why not."""
    return told({"error": {"code": code, "message": message}}, status, *headers)


class Line:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def head(self) -> Request | None:
        """The next request without its body; None when the client is gone."""
        try:
            text = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
            return None
        first, *fields = text.rstrip("\r\n").split("\r\n")
        method, _, rest = first.partition(" ")
        target = urlsplit(rest.rpartition(" ")[0])
        headers = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
        return Request(method, unquote(target.path), dict(parse_qsl(target.query)), headers)

    async def body(self, request: Request) -> Request | None:
        """The request with its body; None when the client is gone before its end."""
        length = request.headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > _MOST_BODY:
            return None
        try:
            return request._replace(body=await self._reader.readexactly(int(length)))
        except (asyncio.IncompleteReadError, OSError):
            return None

    async def send(self, data: bytes) -> bool:
        """False when nobody listens any more."""
        try:
            self._writer.write(data)
            await self._writer.drain()
        except OSError:
            return False
        return not self._writer.is_closing()

    async def gone(self) -> None:
        """Until the client hangs up."""
        with contextlib.suppress(OSError):
            while await self._reader.read(65536):
                pass

    async def close(self) -> None:
        """End it in order."""
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    def reset(self) -> None:
        """End it with RST."""
        raw: socket.socket = self._writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()


L = TypeVar("L", bound=Line)


class Lines:
    """The connections of a server, each served by a task of its own."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self, line: L, one: Callable[[L], Awaitable[bool]]) -> None:
        """One request after the other; `one` serves the next and says whether another may follow."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while await one(line):
                pass
        except asyncio.CancelledError:
            line.reset()  # the server is stopping
        finally:
            self._tasks.discard(task)
            await line.close()

    async def end(self) -> None:
        """Break off whatever is being served."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
