"""The guard of conftest.py works: a suite that could spend money must not be able to reach anybody who takes it."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path

import canary
import network_guard
import pytest

ELSEWHERE = ("192.0.2.1", 9)  # a block of addresses that is reserved for documentation


def test_connecting_elsewhere_raises() -> None:
    with socket.socket() as s, pytest.raises(network_guard.RealNetworkUsed, match=r"192\.0\.2\.1"):
        s.connect(ELSEWHERE)


def test_connect_ex_and_datagrams_are_seen_too() -> None:
    with socket.socket() as s, pytest.raises(network_guard.RealNetworkUsed):
        s.connect_ex(ELSEWHERE)
    with socket.socket(type=socket.SOCK_DGRAM) as s, pytest.raises(network_guard.RealNetworkUsed):
        s.sendto(b"x", ELSEWHERE)


def test_asking_for_a_name_raises() -> None:
    """Looking up a name is network access already: it tells a stranger's server what is being built."""
    with pytest.raises(network_guard.RealNetworkUsed, match="example"):
        socket.getaddrinfo("r2v.example", 443)


def test_asyncio_is_guarded() -> None:
    async def connect() -> None:
        await asyncio.open_connection(*ELSEWHERE)

    with pytest.raises(network_guard.RealNetworkUsed):
        asyncio.run(connect())


def test_this_machine_is_allowed(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        server.accept()[0].close()
    path = os.path.relpath(tmp_path / "s")  # a Unix socket's path is limited to about 100 characters
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(path)
        server.listen()
        client.connect(path)


def test_programs_started_by_tests_are_guarded(environment: dict[str, str]) -> None:
    code = f"import socket; socket.create_connection({ELSEWHERE!r}, 1)"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "RealNetworkUsed" in done.stderr


def test_no_real_key_of_a_provider_reaches_a_test() -> None:
    assert set() == {name for name in os.environ if name.endswith("_API_KEY")} - {*canary.KEYS}
    assert all(canary.WORD in os.environ[name] for name in canary.KEYS)
