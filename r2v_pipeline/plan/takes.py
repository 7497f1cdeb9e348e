"""Which take of each shot is meant: the storyboard's, the one that the lock names, or a new one.  Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Protocol

from r2v_pipeline.model.types import Shot
from r2v_pipeline.plan.lock import Entries, Lock

# As the compiler asks (compile/build.py): a shot, the key of the clip that it asks for, the key of any other take.
TakeOf = Callable[[Shot, str, Callable[[int], str]], int]


class Stock(Protocol):
    """What a new take must not be: one that is there already."""

    def stored(self, key: str) -> str | None:
        """The digest of the clip of a key, if there is one."""
        ...

    def missing(self, key: str) -> str:
        """The digest of a clip that exists, and not here."""
        ...


def locked(lock: Lock, shots: Collection[str]) -> TakeOf | None:
    """The takes that the lock names; None where it says nothing.  `shots` are the ids of all shots."""
    if not lock.shots and not lock.rivals:
        return None

    entries = Entries(lock, shots)

    def choose(shot: Shot, key: str, _key_of: Callable[[int], str]) -> int:
        entry = entries.of(shot.id, key)
        return entry.take if entry else shot.take

    return choose


def rerolled(lock: Lock, shots: Collection[str], again: Collection[str], stock: Stock) -> TakeOf:
    """The same, but for the shots of `again` the next take that does not exist yet.

    Where the take in use is not there, because it was never made or a build was killed while it made it, that one is
    meant: asking a second time buys no second one.
    """
    usual, entries = locked(lock, shots), Entries(lock, shots)

    def choose(shot: Shot, key: str, key_of: Callable[[int], str]) -> int:
        take = usual(shot, key, key_of) if usual else shot.take
        if shot.id not in again or not _exists(stock, key_of(take)):
            return take
        entry = entries.of(shot.id, key)
        number = max([take, *(one.take for one in entry.takes)] if entry else [take]) + 1
        while _exists(stock, key_of(number)):
            number += 1
        return number

    return choose


def picked(name: str, number: int, usual: TakeOf | None) -> TakeOf:
    """The same as `usual`, but for one shot."""

    def choose(shot: Shot, key: str, key_of: Callable[[int], str]) -> int:
        if shot.id == name:
            return number
        return usual(shot, key, key_of) if usual else shot.take

    return choose


def _exists(stock: Stock, key: str) -> bool:
    return stock.stored(key) is not None or bool(stock.missing(key))
