"""Canonical JSON and sha256: the only place that hashes for keys, digests and tokens.

Two machines, two hash seeds and two locales must give the same bytes for the same value: keys sorted by code point, no
white space, no escapes but those JSON needs, UTF-8, floats refused (times are integer milliseconds, money integer
micros) because their text differs between writers.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import sha256
from json.encoder import encode_basestring
from typing import Any, BinaryIO

# A text as a canonical JSON string: for those who write a canonical form piece by piece.
quoted = encode_basestring

_encoder = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def canonical(value: Any) -> bytes:
    """The one serialisation of a JSON value.

    Raises:
        TypeError: for what JSON has no form for, and for floats.
    """
    return canonical_text(value).encode("utf-8")


def canonical_text(value: Any) -> str:
    """The one serialisation of a JSON value, before it is encoded; errors as `canonical` has them."""
    if isinstance(value, Canonical):
        return value.text
    _refuse_floats(value)
    return _encoder.encode(value)


class Canonical(Mapping[str, Any]):
    """A JSON object by its canonical form, which is all that its key needs; read when somebody looks into it."""

    __slots__ = ("_again", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._again: tuple[Any, ...] = ()

    @property
    def text(self) -> str:
        """The canonical form."""
        if not self._again:
            return self._text
        make, *given = self._again
        text: str = make(*given)
        return text

    def forget(self, make: Callable[..., str], *given: Any) -> None:
        """Keeps no text any more: `make(*given)` gives the same.  A film has thousands of bodies, and few are sent."""
        self._text, self._again = "", (make, *given)

    def __getitem__(self, key: str) -> Any:
        return self._read()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def items(self) -> Any:
        return self._read().items()

    def _read(self) -> dict[str, Any]:
        read: dict[str, Any] = json.loads(self.text)
        return read


def digest(value: Any) -> str:
    """Hex sha256 of the canonical form of a JSON value."""
    return sha256(canonical(value)).hexdigest()


def digest_bytes(data: bytes) -> str:
    """Hex sha256 of bytes."""
    return sha256(data).hexdigest()


def digest_pieces(pieces: Iterable[str]) -> str:
    """Hex sha256 of a text that comes in pieces, as UTF-8."""
    hasher = sha256()
    for piece in pieces:
        hasher.update(piece.encode())
    return hasher.hexdigest()


def digest_stream(stream: BinaryIO, chunk: int = 1 << 20) -> str:
    """Hex sha256 of what a binary stream still holds, read in chunks."""
    hasher = sha256()
    while data := stream.read(chunk):
        hasher.update(data)
    return hasher.hexdigest()


def _refuse_floats(value: Any) -> None:
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend(value.values())
        elif isinstance(value, (list, tuple)):
            waiting.extend(value)
        elif isinstance(value, float):
            raise TypeError(f"a float has no canonical form: {value!r}")
