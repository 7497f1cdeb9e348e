"""HTTP/1.1 over a connection of our own: h11 reads and writes the messages, this module moves them.

Nothing is tried twice, followed or kept here, and a request begins to go out at one place only, which says so first.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import AsyncIterable, Awaitable, Callable
from typing import Any, NamedTuple

import h11
import httpx

from r2v_pipeline.providers.http.watch import Watch
from r2v_pipeline.providers.http.wire import Wire, connect

IDLE_S = 20.0
# Of an answer's head, or of one line that says how long a chunk is.
_HEAD_BYTES = 100 << 10


class Asked(NamedTuple):
    """A request.  A `content` that comes in pieces has its length among the headers."""

    method: str
    address: httpx.URL
    headers: dict[str, str]
    content: bytes | AsyncIterable[bytes] | None


class Heard(NamedTuple):
    """The head of an answer; names of headers in lower case.  `more` brings the next piece of its body, empty at the
    end."""

    status: int
    headers: tuple[tuple[str, str], ...]
    more: Callable[[], Awaitable[bytes]]

    def header(self, name: str) -> str:
        """What a header says, in all the places where it stands; empty: it is not there."""
        return ", ".join(value for known, value in self.headers if known == name)


class Direct:
    """A connection to one server, made by its first request; one request at a time."""

    def __init__(self, tls: ssl.SSLContext | None) -> None:
        self._tls = tls
        self._wire: Wire | None = None
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_HEAD_BYTES)
        self._whole = True
        # When it has waited too long for the next request; 0 while it does not wait.
        self._until = 0.0

    async def ask(self, asked: Asked, watch: Watch, connect_s: float) -> Heard:
        """Send one request and bring the head of its answer.

        Raises:
            httpx.TransportError: as httpx's own transports do.
            UnicodeError: a header that cannot be written.
        """
        self._until = 0.0
        try:
            head = h11.Request(method=asked.method, target=asked.address.raw_path, headers=_written(asked))
        except h11.LocalProtocolError as error:
            raise httpx.LocalProtocolError("a malformed request") from error
        if self._wire is None:
            watch.connecting = True
            host, port = asked.address.raw_host, asked.address.port or (443 if self._tls else 80)
            self._wire = await connect(host, port, self._tls, connect_s, watch.met)
        else:
            watch.met(self._wire.peer)
        try:
            await self._send(self._wire, head, asked.content, watch)
        except httpx.WriteError:
            # A server may refuse before it has read everything, and its answer may lie here.
            self._whole = False
        return await self._answer(self._wire)

    async def _send(
        self, wire: Wire, head: h11.Request, content: bytes | AsyncIterable[bytes] | None, watch: Watch
    ) -> None:
        try:
            data = self._http.send(head) or b""
            if content is None or isinstance(content, bytes):
                data += (self._http.send(h11.Data(content)) or b"") if content else b""
                data += self._http.send(h11.EndOfMessage()) or b""
            # The only place where a request begins to leave.
            watch.sending = True
            await wire.write(data)
            watch.head_out = True
            if content is None or isinstance(content, bytes):
                return
            async for piece in content:
                await wire.write(self._http.send(h11.Data(piece)) or b"")
            if data := self._http.send(h11.EndOfMessage()) or b"":
                await wire.write(data)
        except h11.LocalProtocolError as error:
            raise httpx.LocalProtocolError("a malformed request") from error

    async def _answer(self, wire: Wire) -> Heard:
        while True:
            event = await self._event(wire)
            if not isinstance(event, (h11.Response, h11.InformationalResponse)):
                raise httpx.RemoteProtocolError("no answer")
            # What comes before an answer says nothing, but 101: from there on it is another protocol.
            if isinstance(event, h11.Response) or event.status_code == 101:
                return Heard(event.status_code, tuple((_text(n), _text(v)) for n, v in event.headers), self._more)

    async def _more(self) -> bytes:
        wire = self._wire
        if wire is None or self._http.their_state is h11.ERROR:  # or what was cut would look whole
            raise httpx.ReadError("the connection is closed")
        while self._http.their_state is h11.SEND_BODY:
            event = await self._event(wire)
            if isinstance(event, h11.Data) and event.data:
                return bytes(event.data)
        return b""

    async def _event(self, wire: Wire) -> Any:
        while True:
            try:
                event = self._http.next_event()
            except h11.RemoteProtocolError as error:
                raise httpx.RemoteProtocolError("it is not HTTP, or broke off") from error
            if event is not h11.NEED_DATA:
                return event
            self._http.receive_data(await wire.read())

    async def finish(self) -> bool:
        """After an answer: whether it came whole, with nothing behind it, and another request may follow."""
        http = self._http
        done = http.our_state is h11.DONE and http.their_state is h11.DONE
        if not (self._whole and done and self._wire is not None) or http.trailing_data[0]:
            return False
        http.start_next_cycle()
        self._until = time.monotonic() + IDLE_S
        return True

    def usable(self) -> bool:
        """Whether another request may go over it, long after `finish`: the server has not closed it meanwhile."""
        return self._wire is not None and time.monotonic() < self._until and self._wire.quiet()

    async def aclose(self) -> None:
        """Let go of it, whatever was going on."""
        if self._wire is not None:
            self._wire.close()
            self._wire = None


def _written(asked: Asked) -> list[tuple[bytes, bytes]]:
    headers = [(b"host", asked.address.netloc)]
    headers += [(name.encode("ascii"), value.encode("ascii")) for name, value in asked.headers.items()]
    content = asked.content
    if (content is None or isinstance(content, bytes)) and (content or asked.method in ("POST", "PUT", "PATCH")):
        headers.append((b"content-length", b"%d" % len(content or b"")))
    return headers


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")
