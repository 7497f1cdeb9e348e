"""Canonical JSON and sha256: the only place that hashes for keys, digests and tokens.

Two machines, two hash seeds and two locales must give the same bytes for the same value: keys sorted by code point, no
white space, no escapes but those JSON needs, UTF-8, floats refused (times are integer milliseconds, money integer
micros) because their text differs between writers.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any, BinaryIO

_encoder = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def canonical(value: Any) -> bytes:
    """The one serialisation of a JSON value.

    Raises:
        TypeError: for what JSON has no form for, and for floats.
    """
    _refuse_floats(value)
    return _encoder.encode(value).encode("utf-8")


def digest(value: Any) -> str:
    """Hex sha256 of the canonical form of a JSON value."""
    return sha256(canonical(value)).hexdigest()


def digest_bytes(data: bytes) -> str:
    """Hex sha256 of bytes."""
    return sha256(data).hexdigest()


def digest_stream(stream: BinaryIO, chunk: int = 1 << 20) -> str:
    """Hex sha256 of what a binary stream still holds, read in chunks."""
    hasher = sha256()
    while data := stream.read(chunk):
        hasher.update(data)
    return hasher.hexdigest()


def _refuse_floats(value: Any) -> None:
    if isinstance(value, float):
        raise TypeError(f"a float has no canonical form: {value!r}")
    if isinstance(value, dict):
        for item in value.values():
            _refuse_floats(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _refuse_floats(item)
