"""A server that misbehaves on the wire, on raw sockets: each fault by a name, each connection in a thread of its own.

What it received is counted by itself, because the client's own count is what is being tested.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

GOOD = json.dumps({"id": "job-1"}).encode()


class Seen(NamedTuple):
    """A request as it came in; `whole`: with all of its body."""

    line: str
    headers: dict[str, str]
    body: bytes
    whole: bool


class Wire:
    """One connection, seen from the server."""

    def __init__(self, connection: socket.socket, seen: list[Seen]) -> None:
        self._connection, self._seen = connection, seen
        self._rest = b""

    def read(self) -> Seen | None:
        """The next request, None at the end of the connection."""
        while b"\r\n\r\n" not in self._rest:
            if not (data := self._connection.recv(65536)):
                return None
            self._rest += data
        head, _, self._rest = self._rest.partition(b"\r\n\r\n")
        line, *fields = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
        length = int(headers.get("content-length", 0))
        while len(self._rest) < length and (data := self._connection.recv(65536)):
            self._rest += data
        body, self._rest = self._rest[:length], self._rest[length:]
        self._seen.append(Seen(line, headers, body, len(body) == length))
        return self._seen[-1]

    def send(self, data: bytes) -> None:
        self._connection.sendall(data)

    def answer(self, body: bytes = GOOD, status: str = "200 OK", *headers: str, length: int | None = None) -> None:
        """A well-formed answer; `length` is what it claims to be long."""
        fields = [f"content-length: {len(body) if length is None else length}", "content-type: application/json"]
        self.send(f"HTTP/1.1 {status}\r\n".encode() + "\r\n".join([*fields, *headers, "\r\n"]).encode() + body)

    def reset(self) -> None:
        """End with RST instead of FIN."""
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def wait(self) -> None:
        """Until the other side is gone, however long that takes."""
        with contextlib.suppress(OSError):
            while self._connection.recv(65536):
                pass

    def drip(self, data: Iterator[bytes], gap_s: float = 0.02) -> None:
        """A little at a time, for as long as the other side listens."""
        for piece in data:
            self.send(piece)
            time.sleep(gap_s)


Handler = Callable[[Wire], None]


class Server:
    """Listens on loopback; `handler` may be changed at any time and serves one connection."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.seen: list[Seen] = []
        self.connections = 0
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._threads: list[threading.Thread] = []
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(2)
        with connection, contextlib.suppress(OSError):
            self.handler(Wire(connection, self.seen))

    def close(self) -> None:
        """Stop listening; connections end with their clients."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._accepting.join(5)
        for thread in self._threads:
            thread.join(5)


def honest(wire: Wire) -> None:
    """Every request gets its answer."""
    while wire.read():
        wire.answer()


def _read_then(act: Callable[[Wire], None]) -> Handler:
    def handler(wire: Wire) -> None:
        wire.read()
        act(wire)

    return handler


def _status(status: str, *headers: str, body: bytes = b'{"error":"no"}') -> Handler:
    return _read_then(lambda wire: wire.answer(body, status, "connection: close", *headers))


def _body(body: bytes, *headers: str) -> Handler:
    return _status("200 OK", *headers, body=body)


def _raw(data: bytes) -> Handler:
    return _read_then(lambda wire: wire.send(data))


def _unread(reset: bool) -> Handler:
    def handler(wire: Wire) -> None:
        wire._connection.recv(1)
        wire.reset() if reset else None

    return handler


def _reset_after(data: bytes) -> Handler:
    def act(wire: Wire) -> None:
        wire.send(data)
        time.sleep(0.03)  # what was sent has to arrive: a reset throws away what is still under way
        wire.reset()

    return _read_then(act)


def _stall_after(data: bytes) -> Handler:
    def act(wire: Wire) -> None:
        wire.send(data)
        wire.wait()

    return _read_then(act)


def _forever(piece: bytes) -> Iterator[bytes]:
    while True:
        yield piece


HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
LENGTH = b"content-length: %d\r\n\r\n" % len(GOOD)
CHUNKED = HEAD + b"transfer-encoding: chunked\r\n\r\n"
_BOMB = gzip.compress(b" " * (64 << 20))


# name -> how the server behaves.  Every one of them can happen to a submit, a question and a download.
FAULTS: dict[str, Handler] = {
    "close before reading": _unread(reset=False),
    "reset before reading": _unread(reset=True),
    "close after reading": _read_then(lambda _: None),
    "reset after reading": _read_then(Wire.reset),
    "silence": _read_then(Wire.wait),
    "close in the status line": _raw(b"HTTP/1.1 2"),
    "close in the headers": _raw(HEAD),
    "close before the body": _raw(HEAD + LENGTH),
    "close in the body": _raw(HEAD + LENGTH + GOOD[:7]),
    "reset in the body": _reset_after(HEAD + LENGTH + GOOD[:7]),
    "silence in the headers": _stall_after(HEAD),
    "silence in the body": _stall_after(HEAD + LENGTH + GOOD[:7]),
    "dripping status line": _read_then(lambda wire: wire.drip(bytes([b]) for b in HEAD * 50)),
    "dripping body": _read_then(
        lambda wire: (wire.send(HEAD + b"content-length: 1000000\r\n\r\n"), wire.drip(_forever(b" ")))[0]
    ),
    "headers without end": _read_then(lambda wire: (wire.send(HEAD), wire.drip(_forever(b"x-more: 1\r\n")))[0]),
    "100-continue without end": _read_then(lambda wire: wire.drip(_forever(b"HTTP/1.1 100 Continue\r\n\r\n"))),
    "a header of 200 kB": _raw(HEAD + b"x-long: " + b"y" * 200_000 + b"\r\n" + LENGTH + GOOD),
    "10,000 headers": _raw(HEAD + b"".join(b"x-n%d: 1\r\n" % n for n in range(10_000)) + LENGTH + GOOD),
    "no HTTP": _raw(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"),
    "two lengths": _raw(HEAD + b"content-length: 5\r\n" + LENGTH + GOOD),
    "negative length": _raw(HEAD + b"content-length: -5\r\n\r\n" + GOOD),
    "length shorter than the body": _read_then(lambda wire: wire.answer(length=5)),
    "length longer than the body": _read_then(lambda wire: wire.answer(length=500)),
    "no length, cut": _raw(HEAD + b"\r\n" + GOOD[:9]),
    "chunk size is no number": _raw(CHUNKED + b"zz\r\n" + GOOD + b"\r\n0\r\n\r\n"),
    "chunks cut off": _raw(CHUNKED + b"%x\r\n" % len(GOOD) + GOOD[:9]),
    "last chunk missing": _raw(CHUNKED + b"%x\r\n" % len(GOOD) + GOOD + b"\r\n"),
    "bad gzip": _body(GOOD, "content-encoding: gzip"),
    "cut gzip": _body(gzip.compress(GOOD)[:-9], "content-encoding: gzip"),
    "gzip bomb": _body(_BOMB, "content-encoding: gzip"),
    "unknown coding": _body(GOOD, "content-encoding: br"),
    "switching protocols": _raw(b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"),
    "no content": _raw(b"HTTP/1.1 204 No Content\r\n\r\n"),
    "empty body": _body(b""),
    "a web page": _body(b"<!doctype html><title>Please sign in</title>", "content-type: text/html"),
    "8 MB of JSON": _body(b'{"id":"' + b"x" * (8 << 20) + b'"}'),
    "deep JSON": _body(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    "NaN": _body(b'{"id":"job-1","n":NaN}'),
    "an id twice": _body(b'{"id":"job-1","id":"job-2"}'),
    "half a character": _body(b'{"id":"\\ud800"}'),
    "not UTF-8": _body(b'{"id":"\xff\xfe"}'),
    "no id": _body(b'{"ok":true}'),
    "an id that climbs": _body(b'{"id":"../jobs"}'),
    "null": _body(b"null"),
    **{f"status {n}": _status(f"{n} No") for n in (408, 409, 418, 425, 500, 502, 503, 504)},
}

REFUSALS: dict[str, Handler] = {
    **{f"status {n}": _status(f"{n} No") for n in (400, 401, 402, 403, 404, 405, 413, 415, 422)},
    **{f"status {n}": _status(f"{n} Elsewhere", "location: /other") for n in (301, 302, 307, 308)},
    "a redirect to nowhere": _status("302 Elsewhere", "location: http://"),
    "status 429": _status("429 Slow down", "retry-after: 7"),
    "a refusal that is cut off": _read_then(lambda wire: wire.answer(b'{"err', "422 No", length=50)),
    "refused before it was read": lambda wire: (wire.answer(b"{}", "413 Large"), wire.wait())[0],
}
