"""Faults as they are ordered: which one strikes which request, and how often.  The sandbox's faults are ordered so too.

An order is JSON: `do` names the fault, `skip` requests pass first, then it strikes `times` (-1: always); `before`: the
server has then done nothing.  That is so by itself for what is never read, and for refusals.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from typing import Any, Generic, TypeVar

# A request whose body is never read can have done nothing.
BEFORE = ("close_unread", "reset_unread")

# What these servers answer before they have done anything: a list of their own, whatever r2v believes of vendors.
_REFUSALS = (*range(300, 309), 400, 401, 402, 403, 404, 405, 413, 415, 422, 429)


class Order(ABC):
    """One order.  Which requests it is meant for, its kind says: `meets`, a method of the whole of `asked` and a text.

    Raises:
        ValueError: there is no such fault.
    """

    def __init__(self, order: Mapping[str, Any], names: Collection[str]) -> None:
        self.order = dict(order)
        self.do = str(order.get("do"))
        if self.do not in names:
            raise ValueError(f"no such fault: {json.dumps(self.order)}")
        self.skip = int(order["nth"]) - 1 if "nth" in order else int(order.get("skip", 0))
        self.times = int(order.get("times", 1))
        refuses = self.do == "redirect" or (self.do == "status" and int(order.get("status", 500)) in _REFUSALS)
        self.before = bool(order.get("before", self.do in BEFORE or refuses))

    @abstractmethod
    def meets(self, asked: Any, text: str) -> bool:
        """Whether it is meant for a request: `text` is its path and body."""


F = TypeVar("F", bound=Order)


class Orders(Generic[F]):
    """All orders that are still open, the first that fits first."""

    def __init__(self, made: Callable[[Mapping[str, Any]], F]) -> None:
        self._made = made
        self._open: list[F] = []

    def add(self, orders: Any) -> None:
        """Take orders.

        Raises:
            ValueError: for one that nobody understands; then none is taken.
        """
        if not isinstance(orders, list) or not all(isinstance(order, dict) for order in orders):
            raise ValueError("faults are a list of orders, each with a 'do'")
        try:
            self._open += [self._made(order) for order in orders]
        except TypeError as error:
            raise ValueError(str(error)) from None

    def clear(self) -> None:
        """Behave from now on."""
        self._open.clear()

    def open(self) -> list[dict[str, Any]]:
        """What is still to be done, for whoever asks."""
        return [{**order.order, "times": order.times, "skip": order.skip} for order in self._open if order.times]

    def unread(self, asked: Any, path: str) -> F | None:
        """The fault for a request whose body must not even be read, where that is the next one."""
        first = next((order for order in self._open if order.times and order.meets(asked, path)), None)
        return self.take(asked, path) if first and first.do in BEFORE else None

    def take(self, asked: Any, text: str) -> F | None:
        """The fault for a request; it has been counted."""
        for order in self._open:
            if order.times and order.meets(asked, text):
                if order.skip:
                    order.skip -= 1
                    return None
                order.times -= 1
                return order
        return None
