"""Faults on demand: an order names what to do to which requests; the first that fits strikes.

The faults of the wire and the answers that no honest service gives are those of the fake vendor; what stands here is
how a request is recognised, and what only a real service's jobs can suffer.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

from r2v_pipeline.providers.fake.faults import BEFORE, REPLIES, WIRE
from r2v_pipeline.sandbox.jobs import QUEUED, RUNNING
from r2v_pipeline.sandbox.routes import Deed
from r2v_pipeline.sandbox.wire import Line, Reply

SERVICES = ("dashscope", "gateway", "blob", "wavespeed", "any")
# What is answered before anything was done, unless the order says otherwise.
_REFUSALS = (*range(300, 309), 400, 401, 402, 403, 404, 405, 413, 415, 422, 429)


class Fault:
    """One order.

    `service` and `on` (an endpoint) say where; `contains` (a text in the path or body) and `model` narrow it down.
    `skip` lets so many pass first, `times` (-1: always) is how often it strikes.  `before`: nothing was done then.
    """

    def __init__(self, order: Mapping[str, Any]) -> None:
        self.order = dict(order)
        self.do = str(order.get("do"))
        self.service, self.on = str(order.get("service", "any")), str(order.get("on", "submit"))
        if self.do not in NAMES or self.service not in SERVICES:
            raise ValueError(f"no such fault: {json.dumps(self.order)}")
        self.skip, self.times = int(order.get("skip", 0)), int(order.get("times", 1))
        if "nth" in order:
            self.skip = int(order["nth"]) - 1
        status = int(order.get("status", 500))
        refuses = self.do == "redirect" or (self.do == "status" and status in _REFUSALS)
        self.before = bool(order.get("before", self.do in BEFORE or refuses))

    def meets(self, service: str, endpoint: str, text: str) -> bool:
        """Whether a request is one that it is meant for."""
        if not self.times or self.service not in (service, "any") or self.on not in (endpoint, "any"):
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


class Faults:
    """All orders that are still open, the first that fits first."""

    def __init__(self) -> None:
        self._open: list[Fault] = []

    def add(self, orders: Any) -> None:
        """Take orders.

        Raises:
            ValueError: for one that nobody understands; then none is taken.
        """
        if not isinstance(orders, list) or not all(isinstance(order, dict) for order in orders):
            raise ValueError("faults are a list of orders, each with a 'do'")
        try:
            self._open += [Fault(order) for order in orders]
        except (TypeError, KeyError) as error:
            raise ValueError(str(error)) from None

    def clear(self) -> None:
        """Behave from now on."""
        self._open.clear()

    def open(self) -> list[dict[str, Any]]:
        """What is still to be done."""
        return [{**fault.order, "times": fault.times, "skip": fault.skip} for fault in self._open if fault.times]

    def unread(self, service: str, endpoint: str, path: str) -> Fault | None:
        """The fault for a request whose body must not even be read, where that is the next one."""
        first = next((fault for fault in self._open if fault.meets(service, endpoint, path)), None)
        return self.take(service, endpoint, path) if first and first.do in BEFORE else None

    def take(self, service: str, endpoint: str, text: str) -> Fault | None:
        """The fault for a request; it has been counted."""
        for fault in self._open:
            if fault.meets(service, endpoint, text):
                if fault.skip:
                    fault.skip -= 1
                    return None
                fault.times -= 1
                return fault
        return None


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
