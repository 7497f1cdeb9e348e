"""A sandbox for the tests of this folder, and files to send."""

from __future__ import annotations

import asyncio
import struct
import sys
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from sandbox_server import Sandbox, serving


@pytest.fixture(scope="session")
def running_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with serving(tmp_path_factory.mktemp("sandbox")) as made:
        yield made


@pytest.fixture
def sandbox(running_sandbox: Sandbox) -> Iterator[Sandbox]:
    """The server, which behaves again after each test."""
    yield running_sandbox
    running_sandbox.ask("DELETE", "faults")


@pytest.fixture
def run() -> Any:
    """Runs one coroutine to its end."""
    return asyncio.run


@pytest.fixture
def make_voice(tmp_path: Path) -> Path:
    """Two seconds of a tone."""
    path = tmp_path / "mia.wav"
    with wave.open(str(path), "wb") as stream:
        stream.setnchannels(1)
        stream.setsampwidth(2)
        stream.setframerate(16_000)
        stream.writeframes(b"".join(struct.pack("<h", (n % 80) * 100) for n in range(32_000)))
    return path
