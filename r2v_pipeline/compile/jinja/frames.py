"""What r2v and its rendering process say to each other over two pipes: marshalled values with their length before.

Only builtin modules are used.  Both ends are the same interpreter, so the form may be its own.
"""

from __future__ import annotations

import marshal
import os
from collections.abc import Callable
from typing import Any

_LENGTH = 4


def send(out: int, value: Any) -> None:
    """Writes one value.

    Raises:
        OSError: the other end is gone.
    """
    data = marshal.dumps(value)
    rest = memoryview(len(data).to_bytes(_LENGTH, "little") + data)
    while rest:
        rest = rest[os.write(out, rest) :]


def receive(read: Callable[[int], bytes]) -> Any:
    """Reads one value; `read` gives at most so many bytes, as soon as there are any.

    Raises:
        EOFError: the other end is gone.
    """
    length = int.from_bytes(_exactly(_LENGTH, read), "little")
    return marshal.loads(_exactly(length, read))


def _exactly(count: int, read: Callable[[int], bytes]) -> bytes:
    data = read(count)
    if len(data) == count:
        return data
    parts = bytearray(data)
    while data and len(parts) < count:
        data = read(count - len(parts))
        parts += data
    if len(parts) < count:
        raise EOFError
    return bytes(parts)
