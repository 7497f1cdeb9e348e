"""Faults on demand: an order names what to do to which requests; the first that fits strikes.

The faults of the wire and the answers that no honest service gives are those of the fake vendor; what stands here is
how a request is recognised, and what only a real service's jobs can suffer.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

from r2v_pipeline.providers.fake.faults import REPLIES, WIRE
from r2v_pipeline.providers.fake.orders import Order
from r2v_pipeline.sandbox.jobs import QUEUED, RUNNING
from r2v_pipeline.sandbox.routes import Deed
from r2v_pipeline.sandbox.wire import Line, Reply

SERVICES = ("dashscope", "gateway", "blob", "wavespeed", "any")


class Fault(Order):
    """One order.  `service` and `on` (an endpoint) say where; `contains` (a text in the path or body) and `model`
    narrow it down.

    Raises:
        ValueError: there is no such fault or service.
    """

    def __init__(self, order: Mapping[str, Any]) -> None:
        super().__init__(order, NAMES)
        self.service, self.on = str(order.get("service", "any")), str(order.get("on", "submit"))
        if self.service not in SERVICES:
            raise ValueError(f"no such service: {json.dumps(self.order)}")

    def meets(self, asked: tuple[str, str], text: str) -> bool:
        """Whether it is meant for a request to a service's endpoint."""
        service, endpoint = asked
        if self.service not in (service, "any") or self.on not in (endpoint, "any"):
            return False
        return all(str(self.order[name]) in text for name in ("contains", "model") if name in self.order)

    def deed(self) -> Deed:
        """What becomes of the job of the submit that it strikes."""
        if self.do == "doom":
            code, message = str(self.order.get("code", "InternalError")), str(self.order.get("message", "it failed"))
            return Deed((code, message))
        if self.do == "stuck":
            return Deed(hold=QUEUED if self.order.get("in") == "queue" else RUNNING)
        return Deed(same_id=self.do == "same_id")


async def perform(fault: Fault, line: Line, reply: Reply) -> bool:
    """Answer as ordered; False where the connection is to be closed."""
    if fault.do in _OWN:
        return await line.give(_OWN[fault.do](reply, fault.order).encoded())
    if fault.do in REPLIES:
        made = REPLIES[fault.do](reply, fault.order)
        return await line.give(Reply(made.status, made.body, made.headers).encoded())
    if fault.do in WIRE:
        await WIRE[fault.do](line, reply, fault.order)
        return False
    return await line.give(reply.encoded())


async def delay(fault: Fault | None) -> None:
    """Wait, where that is ordered."""
    if fault and fault.do == "delay":
        await asyncio.sleep(float(fault.order.get("seconds", 0.2)))


def _status(_: Reply, order: Mapping[str, Any]) -> Reply:
    """Another status with a body of the order's: `json`, `body`, or the usual shape of no service."""
    status = int(order.get("status", 500))
    more = tuple((str(name).lower(), str(value)) for name, value in dict(order.get("headers", {})).items())
    if "body" in order:
        return Reply(status, str(order["body"]).encode(), (("content-type", "text/plain"), *more))
    said = {"code": str(order.get("code", "InternalError")), "message": str(order.get("message", "it cannot now"))}
    body = order.get("json", {**said, "error": said})
    return Reply(status, json.dumps(body).encode(), (("content-type", "application/json"), *more))


def _changed(reply: Reply, order: Mapping[str, Any]) -> Reply:
    """The honest answer with some fields of it different: `with` maps dotted paths to values."""
    try:
        data = json.loads(reply.body)
    except ValueError:
        return reply
    for path, value in dict(order.get("with", {})).items():
        *way, last = str(path).split(".")
        inner = data
        for name in way:
            inner = inner.setdefault(name, {}) if isinstance(inner, dict) else {}
        if isinstance(inner, dict):
            inner[last] = value
    return reply._replace(body=json.dumps(data).encode())


def _each(change: Callable[[str, Any], Any], otherwise: str) -> Callable[[Reply, Mapping[str, Any]], Reply]:
    """The honest answer with each of its plain values changed; one that is no JSON as `otherwise` has it."""

    def walk(name: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: walk(key, inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [walk(name, inner) for inner in value]
        return change(name, value)

    def mend(reply: Reply, order: Mapping[str, Any]) -> Reply:
        try:
            return reply._replace(body=json.dumps(walk("", json.loads(reply.body))).encode())
        except ValueError:
            made = REPLIES[otherwise](reply, order)
            return Reply(made.status, made.body, made.headers)

    return mend


def _wild(name: str, value: Any) -> Any:
    wild = isinstance(value, str) and ("id" in name.lower() or name.endswith("url"))
    return "../../x" if wild else value


def _no_id(name: str, value: Any) -> Any:
    return None if "id" in name.lower() or name == "url" else value


_OWN: dict[str, Callable[[Reply, Mapping[str, Any]], Reply]] = {
    "status": _status,
    "changed": _changed,
    "wrong_types": _each(lambda _, value: 7 if isinstance(value, str) else "seven", "wrong_types"),
    "wild_id": _each(_wild, "wild_id"),
    "no_id": _each(_no_id, "null"),
}
DEEDS = ("doom", "stuck", "same_id", "delay")
NAMES = frozenset({*WIRE, *REPLIES, *_OWN, *DEEDS})
