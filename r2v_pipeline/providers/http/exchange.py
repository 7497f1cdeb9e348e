"""One request and what became of it, by a deadline.

Whether a byte of the request may have left is watched, not guessed (watch.py).  Only an error of connecting, before
that moment, is "not sent"; whatever else happens, also what nobody thought of, counts as sent.

No exception leaves this module and none is quoted: those of HTTP libraries hold addresses, headers and so keys.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import zlib
from collections.abc import AsyncIterable, Iterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx

from r2v_pipeline.providers.http.direct import Heard
from r2v_pipeline.providers.http.lines import Lines
from r2v_pipeline.providers.http.watch import Watch

CONNECT_S = 15.0
# Of an answer's head; h11 itself gives up at about 128 kB.
HEADERS, HEADER_BYTES = 1_000, 100_000

_CONNECTING = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)


class Patience(NamedTuple):
    """Seconds: for a whole submit, for a question, between tries (and none after the last), and the longest wait that a
    provider may ask for before the question is given back instead.  A file must bring `bytes_a_second` on the average
    of each `window_s`."""

    submit_s: float = 180.0
    ask_s: float = 30.0
    pauses_s: tuple[float, ...] = (0.5, 1.5, 4.0)
    longest_wait_s: float = 10.0
    window_s: float = 60.0
    bytes_a_second: int = 10_000


class Reply(NamedTuple):
    """An answer as it came.  `headers` have lower-case names; `cut` says why the body is not whole, else empty."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    cut: str = ""


class Broken(NamedTuple):
    """There was no answer.  `sent`: the first byte of the request may have gone out.

    `code` is `dns`, `connect`, `tls`, `proxy`, `address`, `request`, `timeout` or `broken`.
    """

    code: str
    message: str
    sent: bool
    again: bool = True


class BrokenOff(Exception):
    """Raised by the caller's own stream of a request body: it must not be sent to its end."""


async def exchange(
    lines: Lines,
    method: str,
    url: str,
    *,
    headers: dict[str, str],
    content: bytes | AsyncIterable[bytes] | None,
    deadline_s: float,
    most: int,
    local: bool | None = None,
) -> Reply | Broken:
    """Send one request and read the whole answer, at most `most` bytes of it, all within `deadline_s`.

    `local` is for an address out of an answer: whether it may lead to this machine, or only to the public internet.

    Raises:
        BrokenOff: as raised by `content`; so is the request.
    """
    watch, got = Watch(local), _Got(most)
    error: BaseException
    try:
        async with asyncio.timeout(deadline_s):
            async with lines.send(method, url, headers, content, watch, connecting_s(deadline_s)) as heard:
                wanted = got.begin(heard)
                while wanted and (chunk := await heard.more()):
                    wanted = got.take(chunk)
        return got.reply()
    except BrokenOff:
        raise
    except Exception as problem:
        error = problem
    if got.status:
        return got.reply(_why(error, url, deadline_s))
    return broken(error, watch, url, deadline_s)


def connecting_s(deadline_s: float) -> float:
    """How long connecting may take: it ends before the deadline, while it is certain that nothing was sent."""
    return min(CONNECT_S, 0.8 * deadline_s)


class _Got:
    """An answer while it comes in."""

    def __init__(self, most: int) -> None:
        self.status = 0
        self._headers: tuple[tuple[str, str], ...] = ()
        self._body = bytearray()
        self._most = most
        self._cut = ""
        self._unpack: Any = None

    def begin(self, heard: Heard) -> bool:
        """False when no body is wanted."""
        self._headers = heard.headers
        coding = heard.header("content-encoding").lower()
        if coding in ("gzip", "x-gzip", "deflate"):  # though it was not asked for
            self._unpack = zlib.decompressobj(zlib.MAX_WBITS | 32)
        elif coding not in ("identity", ""):
            self._cut = "in a coding that was not asked for"
        if len(self._headers) > HEADERS or sum(len(n) + len(v) for n, v in self._headers) > HEADER_BYTES:
            self._cut = "with too many headers"
        self.status = heard.status
        if self.status < 200:
            self._cut = "another protocol"
        return not self._cut

    def take(self, chunk: bytes) -> bool:
        """False when no more of it is wanted."""
        room = self._most - len(self._body)
        if self._unpack:
            try:
                chunk = self._unpack.decompress(chunk, room + 1)
            except zlib.error:
                self._cut = "badly compressed"
                return False
        self._body += chunk[:room]
        if len(chunk) > room:
            self._cut = f"longer than {self._most} bytes"
        return not self._cut

    def reply(self, cut: str = "") -> Reply:
        if self._unpack and not self._unpack.eof and not (cut or self._cut):
            cut = "badly compressed"
        return Reply(self.status, self._headers, bytes(self._body), self._cut or cut)


def broken(error: BaseException, watch: Watch, url: str, deadline_s: float) -> Broken:
    """What an exception means for a request without an answer."""
    host = urlsplit(url).hostname or "the provider"
    if watch.astray:
        return Broken("address", f"{host} leads into a private network", False, again=False)
    if isinstance(error, httpx.LocalProtocolError | UnicodeError) and not watch.head_out:
        return Broken("request", "the request could not be written: a header or the address is malformed", False, False)
    early = isinstance(error, _CONNECTING) or (isinstance(error, TimeoutError) and watch.connecting)
    if not early or watch.sending:
        code = "timeout" if isinstance(error, TimeoutError) else "broken"
        return Broken(code, _why(error, url, deadline_s), True)
    return _not_connected(error, host)


def _not_connected(error: BaseException, host: str) -> Broken:
    causes = list(_causes(error))
    if isinstance(error, httpx.UnsupportedProtocol | httpx.InvalidURL):
        return Broken("request", "its address is malformed", False, again=False)
    if isinstance(error, httpx.ProxyError):
        return Broken("proxy", f"the proxy would not connect to {host}", False)
    if isinstance(error, TimeoutError | httpx.ConnectTimeout | httpx.PoolTimeout):
        return Broken("timeout", f"{host} took no connection in time", False)
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        why = next(c.verify_message for c in causes if isinstance(c, ssl.SSLCertVerificationError))
        return Broken("tls", f"{host} could not prove who it is: {why}", False, again=False)
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return Broken("tls", f"{host} does not speak TLS as it should", False, again=False)
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return Broken("dns", f"{host} has no address", False)
    numbers = [cause.errno for cause in causes if isinstance(cause, OSError) and cause.errno]
    why = os.strerror(numbers[-1]).lower() if numbers else "no connection"
    return Broken("connect", f"{host} cannot be reached: {why}", False)


def _why(error: BaseException, url: str, deadline_s: float) -> str:
    host = urlsplit(url).hostname or "the provider"
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return f"{host} was not done answering after {deadline_s:g} s"
    if isinstance(error, httpx.RemoteProtocolError):
        return f"{host} broke off, or answered what is not HTTP"
    if isinstance(error, httpx.NetworkError):
        return f"the connection to {host} broke"
    return f"the exchange with {host} failed ({type(error).__name__})"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An exception and all that lies beneath it."""
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            for inner in error.exceptions:
                yield from _causes(inner)
        error = error.__cause__ or error.__context__
