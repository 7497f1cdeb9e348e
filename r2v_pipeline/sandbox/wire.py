"""HTTP/1.1 for a server that is strict with what it reads and can break what it writes at any byte.

Chunked bodies, Expect: 100-continue, HEAD and keep-alive as any client may use them; heads and bodies have a limit.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from r2v_pipeline.providers.fake.wire import Line as BareLine
from r2v_pipeline.providers.fake.wire import Reply as BareReply

MEBIBYTE = 1 << 20
HEAD_BYTES = 64 << 10


class Request(NamedTuple):
    """What a client asked; header names are lower-case, `query` holds the last value of each name."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    version: str = "HTTP/1.1"
    body: bytes = b""

    @property
    def keeps(self) -> bool:
        """Whether the client means to go on with this connection."""
        wish = self.headers.get("connection", "").lower()
        return "close" not in wish and (self.version != "HTTP/1.0" or "keep-alive" in wish)


class Reply(BareReply):
    """What it is answered.  The `date` header is the caller's where there is one: the server's clock is not ours."""

    __slots__ = ()

    def head(self, more: tuple[tuple[str, str], ...] = ()) -> bytes:
        """The status line and headers, up to the empty line."""
        told = BareReply(self.status, b"", self.headers).head(more)
        if not any(name == "date" for name, _ in self.headers):
            return told
        first, _, rest = told.partition(b"\r\n")
        return first + b"\r\n" + rest.partition(b"\r\n")[2]  # without the machine's own date, which stands first


class Stream(NamedTuple):
    """An answer of which nobody knows the length yet: a status, headers, and pieces as they come."""

    status: int
    headers: tuple[tuple[str, str], ...]
    pieces: AsyncIterator[bytes]

    def head(self) -> bytes:
        """The head of an answer in chunks."""
        return Reply(self.status, b"", self.headers).head((("transfer-encoding", "chunked"),))

    async def whole(self) -> Reply:
        """The same with its length known, for a fault that breaks it."""
        return Reply(self.status, b"".join([piece async for piece in self.pieces]), self.headers)


class Malformed(Exception):
    """A request that HTTP does not allow, or that is larger than this server takes."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class Line(BareLine):
    """One connection.  `give` writes to it; the word `send` is for what may cost money."""

    give = BareLine.send

    async def request_head(self) -> Request | None:
        """The next request without its body; None when the client is gone.

        Raises:
            Malformed: it is no request.
        """
        try:
            text = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        except (asyncio.IncompleteReadError, OSError):
            return None
        except asyncio.LimitOverrunError:
            raise Malformed(431, "the head is too long") from None
        first, *fields = text.removesuffix("\r\n\r\n").split("\r\n")
        method, _, rest = first.partition(" ")
        target, _, version = rest.rpartition(" ")
        if not (method.isalpha() and target.startswith(("/", "http://")) and version in ("HTTP/1.1", "HTTP/1.0")):
            raise Malformed(400, "this is no HTTP request")
        if any(":" not in field or field[:1] in " \t" for field in fields):
            raise Malformed(400, "a header is malformed")
        named = [(name.lower(), value.strip()) for name, _, value in (field.partition(":") for field in fields)]
        if len({value for name, value in named if name == "content-length"}) > 1:
            raise Malformed(400, "two lengths")
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        return Request(method.upper(), unquote(parts.path), query, dict(named), version)

    async def request_body(self, request: Request, most: int) -> Request | None:
        """The request with its body; None when the client is gone before its end.

        Raises:
            Malformed: it is larger than `most` bytes, or its length is no number.
        """
        headers = request.headers
        chunked = headers.get("transfer-encoding", "").lower() == "chunked"
        length = headers.get("content-length", "0")
        if not length.isdecimal() or ("transfer-encoding" in headers and not chunked):
            raise Malformed(400, "the length of the body is not clear")
        if not chunked and int(length) > most:
            raise Malformed(413, f"the body is longer than {most} bytes")
        if headers.get("expect", "").lower() == "100-continue":
            await self.give(b"HTTP/1.1 100 Continue\r\n\r\n")
        try:
            body = await (self._chunks(most) if chunked else self._reader.readexactly(int(length)))
        except (asyncio.IncompleteReadError, OSError):
            return None
        return request._replace(body=body)

    async def _chunks(self, most: int) -> bytes:
        body = bytearray()
        while True:
            size_line = (await self._limited_line()).partition(b";")[0].strip()
            try:
                size = int(size_line, 16)
            except ValueError:
                raise Malformed(400, "a chunk without a size") from None
            if size < 0 or len(body) + size > most:
                raise Malformed(413, f"the body is longer than {most} bytes")
            if not size:
                break
            body += await self._reader.readexactly(size)
            if await self._reader.readexactly(2) != b"\r\n":
                raise Malformed(400, "a chunk without an end")
        while (await self._limited_line()).strip():
            pass  # trailers say nothing that is asked for here
        return bytes(body)

    async def _limited_line(self) -> bytes:
        try:
            return await self._reader.readuntil(b"\r\n")
        except asyncio.LimitOverrunError:
            raise Malformed(400, "a line of the body is too long") from None

    async def stream(self, stream: Stream) -> bool:
        """Send pieces as they come; False when nobody listens any more."""
        if not await self.give(stream.head()):
            return False
        async for piece in stream.pieces:
            if piece and not await self.give(b"%x\r\n%s\r\n" % (len(piece), piece)):
                return False
        return await self.give(b"0\r\n\r\n")


def json_of(body: bytes) -> Any:
    """The JSON of a request, as strict as JSON is: no NaN, nothing that overflows, no depth that no client means.

    Raises:
        ValueError: it is none.
    """
    try:
        return json.loads(body, parse_constant=_refuse, parse_float=_finite)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is no JSON")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"{text} is too large")
    return number


def told(value: Any, status: int = 200, *headers: tuple[str, str]) -> Reply:
    """An answer in JSON."""
    return Reply(status, json.dumps(value).encode(), (("content-type", "application/json"), *headers))
