"""Connections: which one a request takes, and what becomes of it afterwards.

Requests go to httpx's transports, beneath its client: nothing is followed, kept or tried twice there, so nothing needs
to be switched off, and a question costs half of what it costs through the client.
"""

from __future__ import annotations

import logging
import ssl
import sys
from collections import defaultdict
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from r2v_pipeline import __version__

AGENT = f"r2v/{__version__}"

_ALWAYS = {"user-agent": AGENT, "accept": "*/*", "accept-encoding": "identity"}
_IDLE_S = 20.0

# httpx writes whole addresses at INFO, httpcore whole headers at DEBUG; nobody's logging set-up may ask for that.
_LOGGERS = ("httpx", *(f"httpcore.{part}" for part in ("connection", "http11", "http2", "proxy", "socks")))


class Lines:
    """Connections for one purpose; at most `kept` of them wait for the next request, 0: each request has a fresh one.

    `local`: the server is on this machine, and no proxy stands before it.  Else proxies come from the environment.
    """

    def __init__(self, *, local: bool, kept: int) -> None:
        _prepare()
        self._local, self._kept = local, kept
        # By proxy.  One transport holds one connection: a pool would look at each of them before every request.
        self._idle: dict[str, list[httpx.AsyncHTTPTransport]] = defaultdict(list)

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
        request = httpx.Request(method, url, headers={**_ALWAYS, **headers}, content=content, extensions=extensions)
        proxy = "" if self._local else proxy_for(url)
        idle = self._idle[proxy]
        line, whole = idle.pop() if idle else _line(proxy, lasting=self._kept > 0), False
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


def _line(proxy: str, *, lasting: bool) -> httpx.AsyncHTTPTransport:
    limits = httpx.Limits(max_connections=1, max_keepalive_connections=int(lasting), keepalive_expiry=_IDLE_S)
    if not proxy:
        return httpx.AsyncHTTPTransport(verify=_certificates(), limits=limits)
    try:
        return httpx.AsyncHTTPTransport(verify=_certificates(), limits=limits, proxy=httpx.Proxy(proxy))
    except (ImportError, ValueError, httpx.InvalidURL):
        raise httpx.ProxyError("no proxy that can be used") from None


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
