"""How the fake vendor misbehaves when it is told to: each fault by a name, for so many requests to an endpoint.

`WIRE` faults break HTTP itself, `REPLIES` are well-formed answers that no honest service gives, `DEEDS` change what
becomes of the job.
"""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from r2v_pipeline.providers.fake.orders import Order
from r2v_pipeline.providers.fake.vendor import ENDPOINTS, MODES, Asked
from r2v_pipeline.providers.fake.wire import Line, Reply, refused, told

Mend = Callable[[Reply, Mapping[str, Any]], Reply]
Break = Callable[[Line, Reply, Mapping[str, Any]], Awaitable[None]]


class Fault(Order):
    """One order: `do` this to requests to `on`; `mode` and `contains` (a word of the path or body) narrow it down.

    Raises:
        ValueError: there is no such fault, endpoint or mode.
    """

    def __init__(self, order: Mapping[str, Any]) -> None:
        super().__init__(order, NAMES)
        if order.get("on", "submit") not in (*ENDPOINTS, "any"):
            raise ValueError(f"no such endpoint: {order}")
        if order.get("mode", MODES[0]) not in MODES:
            raise ValueError(f"no such mode: {order}")

    def meets(self, asked: Asked, text: str) -> bool:
        """Whether a request is of the kind that it is meant for."""
        order = self.order
        if order.get("on", "submit") not in (asked.endpoint, "any"):
            return False
        return order.get("mode", asked.mode) == asked.mode and str(order.get("contains", "")) in text


async def perform(fault: Fault, line: Line, reply: Reply) -> bool:
    """Answer as ordered; False where the connection is to be closed."""
    if fault.do in REPLIES:
        return await line.send(REPLIES[fault.do](reply, fault.order).encoded())
    if fault.do in WIRE:
        await WIRE[fault.do](line, reply, fault.order)
        return False
    return await line.send(reply.encoded())


def _half(reply: Reply) -> bytes:
    whole = reply.encoded()
    return whole[: len(whole) - len(reply.body) // 2 - 1]


async def _close(*_: Any) -> None:
    """Nothing is answered; the caller closes."""


async def _reset(line: Line, *_: Any) -> None:
    line.reset()


async def _hang(line: Line, *_: Any) -> None:
    await line.gone()


def _send(part: Callable[[Reply], bytes], then: Break = _close) -> Break:
    async def act(line: Line, reply: Reply, order: Mapping[str, Any]) -> None:
        await line.send(part(reply))
        if then is _reset:
            await asyncio.sleep(0.03)  # a reset throws away what is still under way
        await then(line, reply, order)

    return act


def _drip(what: Callable[[Reply], bytes], endless: bool = False) -> Break:
    async def act(line: Line, reply: Reply, order: Mapping[str, Any]) -> None:
        data, at, by = what(reply), 0, int(order.get("bytes", 1))
        while (at < len(data) or endless) and await line.send(data if endless else data[at : at + by]):
            at += by
            await asyncio.sleep(float(order.get("gap_s", 0.05)))

    return act


def _chunked(reply: Reply, end: bytes) -> bytes:
    head = reply.head((("transfer-encoding", "chunked"),))
    return head + b"%x\r\n" % len(reply.body) + reply.body + end


def _with(reply: Reply, *headers: tuple[str, str]) -> bytes:
    return reply._replace(headers=(*reply.headers, *headers)).encoded()


WIRE: dict[str, Break] = {
    "close_unread": _close,
    "reset_unread": _reset,
    "close": _close,
    "reset": _reset,
    "hang": _hang,
    "cut_status": _send(lambda reply: reply.encoded()[:10]),
    "cut_headers": _send(lambda reply: reply.encoded()[:40]),
    "cut_body": _send(_half),
    "reset_body": _send(_half, _reset),
    "hang_headers": _send(lambda reply: reply.encoded()[:40], _hang),
    "hang_body": _send(_half, _hang),
    "drip": _drip(lambda reply: reply.encoded()),
    "endless_headers": _drip(lambda reply: reply.head()[:-2] + b"x-more: 1\r\n", endless=True),
    "endless_100": _drip(lambda _: b"HTTP/1.1 100 Continue\r\n\r\n", endless=True),
    "long_header": _send(lambda reply: _with(reply, ("x-long", "y" * 200_000))),
    "many_headers": _send(lambda reply: _with(reply, *((f"x-n{n}", "1") for n in range(10_000)))),
    "not_http": _send(lambda _: b"SSH-2.0-OpenSSH_9.6\r\n\r\n"),
    "two_lengths": _send(lambda reply: _with(reply, ("content-length", "5"))),
    "negative_length": _send(lambda reply: reply.encoded(length=-5)),
    "short_length": _send(lambda reply: reply.encoded(length=len(reply.body) // 2)),
    "long_length": _send(lambda reply: reply.encoded(length=len(reply.body) + 500)),
    "no_length": _send(lambda reply: reply.head() + reply.body[: len(reply.body) // 2]),
    "bad_chunk": _send(lambda reply: _chunked(reply, b"\r\nzz\r\n")),
    "cut_chunks": _send(lambda reply: _chunked(reply, b"\r\n")),
    "upgrade": _send(lambda _: Reply(101, b"", (("upgrade", "x"), ("connection", "upgrade"))).head()),
}


def _json(body: bytes) -> Mend:
    return lambda reply, _: reply._replace(body=body, headers=(("content-type", "application/json"),))


def _status(_: Reply, order: Mapping[str, Any]) -> Reply:
    """Another status; `headers` go with it, as for a Retry-After."""
    headers = tuple((str(name), str(value)) for name, value in dict(order.get("headers", {})).items())
    return refused(int(order.get("status", 500)), str(order.get("code", "server_error")), "it cannot now", *headers)


def _changed(reply: Reply, order: Mapping[str, Any]) -> Reply:
    """The honest answer with some fields of it different: `with` says which."""
    try:
        data = json.loads(reply.body)
    except ValueError:
        data = {}
    return told({**data, **dict(order.get("with", {}))}, reply.status)


def _flipped(reply: Reply, *_: Any) -> Reply:
    """Damaged in the middle, where a film has its pictures."""
    middle = len(reply.body) // 2
    return reply._replace(body=reply.body[:middle] + bytes(64) + reply.body[middle + 64 :])


def _redirect(_: Reply, order: Mapping[str, Any]) -> Reply:
    return Reply(int(order.get("status", 302)), b"", (("location", str(order.get("to", "http://10.0.0.1/x"))),))


REPLIES: dict[str, Mend] = {
    "status": _status,
    "changed": _changed,
    "redirect": _redirect,
    "html": lambda *_: Reply(200, b"<!doctype html><title>Please sign in</title>", (("content-type", "text/html"),)),
    "empty": lambda reply, _: reply._replace(body=b""),
    "no_content": lambda *_: Reply(204),
    "half": lambda reply, _: reply._replace(body=reply.body[: len(reply.body) // 2]),
    "flipped": _flipped,
    "bad_gzip": lambda reply, _: reply._replace(headers=(*reply.headers, ("content-encoding", "gzip"))),
    "bomb": lambda *_: Reply(200, gzip.compress(b" " * (64 << 20)), (("content-encoding", "gzip"),)),
    "huge": _json(b'{"id":"' + b"x" * (8 << 20) + b'"}'),
    "deep": _json(b'{"id":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    "nan": _json(b'{"id":"a","status":"running","progress":NaN}'),
    "repeated_name": _json(b'{"id":"a","id":"b","status":"running","status":"failed"}'),
    "wrong_types": _json(b'{"id":7,"status":[],"jobs":"none","next":{},"url":0}'),
    "wild_id": _json(b'{"id":"../../jobs","status":"\\u001b[2J","jobs":[null],"url":""}'),
    "null": _json(b"null"),
}

# What becomes of a submit, its answer being honest: the job fails, or the answer names another job.
DEEDS = ("doom", "same_id", "delay")
NAMES = frozenset({*WIRE, *REPLIES, *DEEDS})
