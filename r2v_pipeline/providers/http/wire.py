"""The bytes of one connection, to and from a server, with or without TLS.

On asyncio's own transports: what httpx and httpcore put between takes more of the processor than all the rest of a
question.  Errors are httpx's, as if its transports had raised them; there are no time limits here but that of
connecting, because whoever asks has one for the whole exchange.
"""

from __future__ import annotations

import asyncio
import select
import socket
import ssl
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import httpx

# How long an address is waited for before the next one is tried beside it (RFC 8305).
BESIDE_S = 0.25
# As much as came in and was not asked for yet stops the reading.
_FULL = 1 << 18

# family, protocol, address
_Address = tuple[int, int, tuple[Any, ...]]


class Wire(asyncio.Protocol):
    """One connection; made by `connect`."""

    def __init__(self) -> None:
        self.peer = ""
        self._transport: asyncio.Transport
        self._came = b""
        self._ended = self._lost = self._paused = False
        self._error: Exception | None = None
        self._reader: asyncio.Future[None] | None = None
        self._room: asyncio.Future[None] | None = None

    async def read(self) -> bytes:
        """What has come, as soon as anything has; empty at the end.

        Raises:
            httpx.ReadError: the connection broke.
        """
        if not self._came and not self._ended:
            self._reader = asyncio.get_running_loop().create_future()
            try:
                await self._reader
            finally:
                self._reader = None
        data, self._came = self._came, b""
        if self._paused:
            self._paused = False
            self._transport.resume_reading()
        if not data and self._error is not None:
            raise httpx.ReadError("the connection broke") from self._error
        return data

    async def write(self, data: bytes) -> None:
        """Hand over to the system, all of it.

        Raises:
            httpx.WriteError: the connection broke, or is closed; some of it may have gone out.
        """
        if not self._transport.is_closing():
            self._transport.write(data)
            if self._room is not None:
                await self._room
        if self._transport.is_closing():
            raise httpx.WriteError("the connection broke") from self._error

    def quiet(self) -> bool:
        """Whether it stands and nothing has come unasked: neither an end nor the rest of an earlier answer.

        The system is asked too: what has come since the loop last looked is not here yet.
        """
        return not (self._came or self._ended or self._transport.is_closing()) and not _readable(self._transport)

    def close(self) -> None:
        """Let go of it, and of what did not go out yet."""
        self._transport.abort()

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        # So that `write` returns when the system has everything.  Not 0: asyncio's TLS would take nothing for too much.
        transport.set_write_buffer_limits(high=1, low=0)

    def data_received(self, data: bytes) -> None:
        self._came += data
        if len(self._came) > _FULL and not self._paused:
            self._paused = True
            self._transport.pause_reading()
        _wake(self._reader)

    def eof_received(self) -> bool:
        self._ended = True
        _wake(self._reader)
        # A server may have said all that it will while it still listens; in TLS there is no such half.
        return self._transport.get_extra_info("sslcontext") is None

    def connection_lost(self, error: Exception | None) -> None:
        self._ended, self._error = True, error
        _wake(self._reader)
        self.resume_writing()

    def pause_writing(self) -> None:
        self._room = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        _wake(self._room)
        self._room = None


async def connect(
    host: bytes, port: int, tls: ssl.SSLContext | None, within_s: float, met: Callable[[str], None]
) -> Wire:
    """A new connection.  `met` is told the address that it leads to before anything is sent there, and may raise.

    Raises:
        httpx.ConnectError: there is none, for the reason beneath it.
        httpx.ConnectTimeout: there is none so far.
    """
    try:
        async with asyncio.timeout(within_s):
            connected = await _connected(host, port)
            try:
                peer = str(connected.getpeername()[0])
                met(peer)
            except BaseException:
                connected.close()
                raise
            wire = await _secured(connected, tls, host.decode("ascii"))
            wire.peer = peer
            return wire
    except TimeoutError as error:
        raise httpx.ConnectTimeout("no connection in time") from error
    except OSError as error:
        raise httpx.ConnectError("no connection") from error


async def _secured(connected: socket.socket, tls: ssl.SSLContext | None, host: str) -> Wire:
    """From here on the transport closes the socket, whatever happens."""
    loop = asyncio.get_running_loop()
    try:
        name = host if tls else None
        return (await loop.create_connection(Wire, sock=connected, ssl=tls, server_hostname=name))[1]
    except ConnectionResetError as error:
        if tls is None or error.errno is not None:
            raise
        # asyncio's word for an end in the middle of the handshake.
        raise ssl.SSLEOFError("the handshake was broken off") from error


async def _connected(host: bytes, port: int) -> socket.socket:
    """The first address of a host that takes a connection, all of its addresses tried one beside the other."""
    addresses = await _addresses(host, port)
    if len(addresses) == 1:
        return await _open(*addresses[0])
    left = iter(addresses)
    tried: list[asyncio.Task[socket.socket]] = []
    won: socket.socket | None = None
    try:
        while True:
            if (address := next(left, None)) is not None:
                tried.append(asyncio.create_task(_open(*address)))
            under_way = [task for task in tried if not task.done()]
            if not under_way:
                raise OSError("no address of it takes a connection") from _why_not(tried)
            await asyncio.wait(under_way, timeout=BESIDE_S, return_when=asyncio.FIRST_COMPLETED)
            for task in tried:
                if task.done() and not task.exception():
                    won = task.result()
                    return won
    finally:
        for task in tried:
            task.add_done_callback(lambda ended: _drop(ended, won))
            task.cancel()


def _why_not(tried: Iterable[asyncio.Task[socket.socket]]) -> BaseException | None:
    """The first address is the one that the system thinks best of."""
    return next((error for task in tried if (error := task.exception())), None)


def _drop(ended: asyncio.Task[socket.socket], won: socket.socket | None) -> None:
    """Two may come in at the same moment."""
    if not ended.cancelled() and not ended.exception() and ended.result() is not won:
        ended.result().close()


async def _open(family: int, protocol: int, address: tuple[Any, ...]) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM, protocol)
    try:
        made.setblocking(False)
        await asyncio.get_running_loop().sock_connect(made, address)
    except BaseException:
        made.close()
        raise
    return made


async def _addresses(host: bytes, port: int) -> list[_Address]:
    """In the order of the system, but IPv4 and IPv6 by turns: where one of them leads nowhere, only one try is lost."""
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, host.decode("ascii"))
        except (OSError, ValueError):
            continue
        return [(family, 0, (host.decode("ascii"), port))]
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    if not found:
        raise socket.gaierror(socket.EAI_NONAME, "no address")
    ranks: Counter[int] = Counter()
    ranked = []
    for number, (family, _, protocol, _, address) in enumerate(found):
        ranked.append((ranks[family], number, (int(family), protocol, address)))
        ranks[family] += 1
    return [address for _, _, address in sorted(ranked)]


def _wake(waiting: asyncio.Future[None] | None) -> None:
    if waiting is not None and not waiting.done():
        waiting.set_result(None)


def _readable(transport: asyncio.Transport) -> bool:
    """Whether the system has something for a connection, an end too."""
    known = transport.get_extra_info("socket")
    number = -1 if known is None else known.fileno()
    if number < 0:
        return True
    if hasattr(select, "poll"):
        asked = select.poll()
        asked.register(number, select.POLLIN)
        return bool(asked.poll(0))
    return bool(select.select([number], [], [], 0)[0])
