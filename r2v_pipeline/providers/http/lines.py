"""Connections: which one a request takes, and what becomes of it afterwards.

Requests go to httpx's transports, beneath its client: nothing is followed, kept or tried twice there, so nothing needs
to be switched off.  Without a proxy the transport is one connection of httpcore, on which httpx rests: a question
through a pool, below a client, takes twice as much of the processor.
"""

from __future__ import annotations

import logging
import ssl
import sys
from collections import defaultdict
from collections.abc import AsyncIterable, AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from functools import cache, lru_cache
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from r2v_pipeline import __version__

AGENT = f"r2v/{__version__}"

_ALWAYS = {"user-agent": AGENT, "accept": "*/*", "accept-encoding": "identity"}
_IDLE_S = 20.0
_PORTS = {"http": 80, "https": 443}

# httpx writes whole addresses at INFO, httpcore whole headers at DEBUG; nobody's logging set-up may ask for that.
_LOGGERS = ("httpx", *(f"httpcore.{part}" for part in ("connection", "http11", "http2", "proxy", "socks")))


class Lines:
    """Connections for one purpose; at most `kept` of them wait for the next request, 0: each request has a fresh one.

    `local`: the server is on this machine, and no proxy stands before it.  Else proxies come from the environment.
    """

    def __init__(self, *, local: bool, kept: int) -> None:
        _prepare()
        self._local, self._kept = local, kept
        # By proxy, or by the server where there is none.
        self._idle: dict[object, list[httpx.AsyncBaseTransport]] = defaultdict(list)

    @asynccontextmanager
    async def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        content: bytes | AsyncIterable[bytes] | None,
        extensions: dict[str, Any],
    ) -> AsyncIterator[httpx.Response]:
        """One request and the head of its answer; the body is there to be read inside the `with`.

        Raises:
            Exception: whatever httpx raises; ProxyError also for a proxy that nobody can use.
        """
        address = _address(url)
        request = httpx.Request(method, address, headers={**_ALWAYS, **headers}, content=content, extensions=extensions)
        proxy = "" if self._local else proxy_for(url)
        idle = self._idle[proxy or _origin(address)]
        line, whole = await self._line(idle) or _new_line(proxy, address, lasting=self._kept > 0), False
        try:
            response = await line.handle_async_request(request)
            response.request = request
            try:
                yield response
            finally:
                await response.aclose()
            whole = True
        finally:
            # What ended in an error, or was given up, is not used again: bytes of its answer may still be coming.
            if whole and len(idle) < self._kept:
                idle.append(line)
            else:
                await line.aclose()

    async def _line(self, idle: list[httpx.AsyncBaseTransport]) -> httpx.AsyncBaseTransport | None:
        """One that waits, and that the server has not closed meanwhile."""
        while idle:
            line = idle.pop()
            if not isinstance(line, _Direct) or line.usable():
                return line
            await line.aclose()
        return None

    async def aclose(self) -> None:
        """Close every connection that waits."""
        for idle in self._idle.values():
            while idle:
                await idle.pop().aclose()


def proxy_for(url: str) -> str:
    """The proxy by which the environment sends requests to an address; empty: none."""
    parts = urlsplit(url)
    proxies = getproxies()
    named = proxies.get(parts.scheme) or proxies.get("all") or ""
    if not named or proxy_bypass(parts.hostname or ""):
        return ""
    return named if "://" in named else f"http://{named}"


class _Direct(httpx.AsyncBaseTransport):
    """One connection to one server."""

    def __init__(self, origin: httpcore.Origin) -> None:
        self._connection = httpcore.AsyncHTTPConnection(origin, _certificates(), keepalive_expiry=_IDLE_S)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        address = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        asked = httpcore.Request(
            request.method, address, headers=request.headers.raw, content=request.stream, extensions=request.extensions
        )
        with _errors_of_httpx():
            got = await self._connection.handle_async_request(asked)
        return httpx.Response(got.status, headers=got.headers, stream=_Body(got))

    def usable(self) -> bool:
        """Whether another request may go over it."""
        return self._connection.is_available() and not self._connection.has_expired()

    async def aclose(self) -> None:
        await self._connection.aclose()


class _Body(httpx.AsyncByteStream):
    def __init__(self, got: httpcore.Response) -> None:
        self._got = got

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _errors_of_httpx():
            async for chunk in self._got.aiter_stream():
                yield chunk

    async def aclose(self) -> None:
        await self._got.aclose()


@contextmanager
def _errors_of_httpx() -> Iterator[None]:
    """httpcore's exceptions have the names of httpx's; one that has no counterpart stays what it is."""
    try:
        yield
    except Exception as error:
        kind = getattr(httpx, type(error).__name__, None) if type(error).__module__ == "httpcore" else None
        if kind is None:
            raise
        raise kind(str(error)) from error


def _new_line(proxy: str, address: httpx.URL, *, lasting: bool) -> httpx.AsyncBaseTransport:
    if not proxy:
        return _Direct(httpcore.Origin(*_origin(address)))
    limits = httpx.Limits(max_connections=1, max_keepalive_connections=int(lasting), keepalive_expiry=_IDLE_S)
    try:
        return httpx.AsyncHTTPTransport(verify=_certificates(), limits=limits, proxy=httpx.Proxy(proxy))
    except (ImportError, ValueError, httpx.InvalidURL):
        raise httpx.ProxyError("no proxy that can be used") from None


# The same few addresses are asked again and again, and reading one takes a tenth of a request.
@lru_cache(4096)
def _address(url: str) -> httpx.URL:
    address = httpx.URL(url)
    if address.scheme not in _PORTS or not address.host:
        raise httpx.UnsupportedProtocol("not an http address")
    return address


def _origin(address: httpx.URL) -> tuple[bytes, bytes, int]:
    return address.raw_scheme, address.raw_host, address.port or _PORTS[address.scheme]


@cache
def _certificates() -> ssl.SSLContext:
    """Reading the list of authorities takes 20 ms: once a process."""
    return httpx.create_ssl_context()


@cache
def _prepare() -> None:
    for name in _LOGGERS:
        logging.getLogger(name).disabled = True
    # httpcore tries this import at every lock it makes; where the package is missing, that is a fifth of its time.
    if "sniffio" not in sys.modules and find_spec("sniffio") is None:
        sys.modules["sniffio"] = None  # type: ignore[assignment]  # Python's way of saying "known to be missing"
