"""Connections: which one a request takes, and what becomes of it afterwards.

Without a proxy it is one of our own (direct.py); with one, a transport of httpx, which knows the ways of proxies.
Beneath httpx's client nothing is followed, kept or tried twice, so nothing needs to be switched off.
"""

from __future__ import annotations

import logging
import ssl
from collections import defaultdict
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cache, lru_cache
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from r2v_pipeline import __version__
from r2v_pipeline.providers.http.direct import IDLE_S, Asked, Direct, Heard
from r2v_pipeline.providers.http.watch import Watch

AGENT = f"r2v/{__version__}"

_ALWAYS = {"user-agent": AGENT, "accept": "*/*", "accept-encoding": "identity"}

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
        self._idle: dict[object, list[Direct | _Proxied]] = defaultdict(list)

    @asynccontextmanager
    async def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        content: bytes | AsyncIterable[bytes] | None,
        watch: Watch,
        connect_s: float,
    ) -> AsyncIterator[Heard]:
        """One request and the head of its answer; the body is there to be read inside the `with`.

        `connect_s` is how long connecting may take.

        Raises:
            Exception: whatever httpx raises; ProxyError also for a proxy that nobody can use.
        """
        address = _address(url)
        asked = Asked(method, address, {**_ALWAYS, **headers}, content)
        proxy = "" if self._local else proxy_for(url)
        idle = self._idle[proxy or (address.scheme, address.raw_host, address.port)]
        line, whole = await _waiting(idle) or _new_line(proxy, address, lasting=self._kept > 0), False
        try:
            yield await line.ask(asked, watch, connect_s)
            whole = await line.finish()
        finally:
            # What ended in an error, or was given up, is not used again: bytes of its answer may still be coming.
            if whole and len(idle) < self._kept:
                idle.append(line)
            else:
                await line.aclose()

    async def aclose(self) -> None:
        """Close every connection that waits."""
        for idle in self._idle.values():
            while idle:
                await idle.pop().aclose()


async def _waiting(idle: list[Direct | _Proxied]) -> Direct | _Proxied | None:
    """One that waits, and that the server has not closed meanwhile."""
    while idle:
        line = idle.pop()
        if line.usable():
            return line
        await line.aclose()
    return None


def proxy_for(url: str) -> str:
    """The proxy by which the environment sends requests to an address; empty: none."""
    parts = urlsplit(url)
    proxies = getproxies()
    named = proxies.get(parts.scheme) or proxies.get("all") or ""
    if not named or proxy_bypass(parts.hostname or ""):
        return ""
    return named if "://" in named else f"http://{named}"


class _Proxied:
    """A transport of httpx with one connection, by way of a proxy."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport
        self._response: httpx.Response | None = None

    async def ask(self, asked: Asked, watch: Watch, connect_s: float) -> Heard:
        timeout = {"connect": connect_s, "read": None, "write": None, "pool": None}
        request = httpx.Request(
            asked.method, asked.address, headers=asked.headers, content=asked.content,
            extensions={"trace": watch, "timeout": timeout},
        )  # fmt: skip
        self._response = response = await self._transport.handle_async_request(request)
        response.request = request
        pieces = response.aiter_raw()

        async def more() -> bytes:
            return await anext(pieces, b"")

        fields = tuple((name.lower(), value) for name, value in response.headers.multi_items())
        return Heard(response.status_code, fields, more)

    async def finish(self) -> bool:
        if self._response is not None:
            await self._response.aclose()
            self._response = None
        return True

    def usable(self) -> bool:
        """It looks by itself whether its connection still stands."""
        return True

    async def aclose(self) -> None:
        try:
            await self.finish()
        finally:
            await self._transport.aclose()


def _new_line(proxy: str, address: httpx.URL, *, lasting: bool) -> Direct | _Proxied:
    if not proxy:
        return Direct(_certificates() if address.scheme == "https" else None)
    limits = httpx.Limits(max_connections=1, max_keepalive_connections=int(lasting), keepalive_expiry=IDLE_S)
    try:
        return _Proxied(httpx.AsyncHTTPTransport(verify=_certificates(), limits=limits, proxy=httpx.Proxy(proxy)))
    except (ImportError, ValueError, httpx.InvalidURL):
        raise httpx.ProxyError("no proxy that can be used") from None


# The same few addresses are asked again and again, and reading one takes a tenth of a request.
@lru_cache(4096)
def _address(url: str) -> httpx.URL:
    address = httpx.URL(url)
    if address.scheme not in ("http", "https") or not address.host:
        raise httpx.UnsupportedProtocol("not an http address")
    return address


@cache
def _certificates() -> ssl.SSLContext:
    """Reading the list of authorities takes 20 ms: once a process."""
    context = httpx.create_ssl_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


@cache
def _prepare() -> None:
    for name in _LOGGERS:
        logging.getLogger(name).disabled = True
