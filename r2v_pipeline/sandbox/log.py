"""What a server must not forget: a line of JSON for each decision, on the disk before anybody hears of it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


class Log:
    """A file of lines.  A line that was torn by a kill was told to nobody and is left out."""

    def __init__(self, file: Path) -> None:
        old = file.read_bytes() if file.exists() else b""
        self.lines = [line for line in map(_read, old.splitlines()) if line is not None]
        self._file = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        if old and not old.endswith(b"\n"):
            os.write(self._file, b"\n")
        folder = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def add(self, line: dict[str, Any]) -> None:
        """Write a line; it is durable when this returns."""
        os.write(self._file, json.dumps(line).encode() + b"\n")
        os.fsync(self._file)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)


def _read(line: bytes) -> dict[str, Any] | None:
    try:
        made: dict[str, Any] = json.loads(line)
    except ValueError:
        return None
    return made
