"""A channel to a server that misbehaves, with deadlines that a test can wait for."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from wire_faults import Server, honest

from r2v_pipeline.providers.http.channel import Channel
from r2v_pipeline.providers.http.exchange import Patience
from r2v_pipeline.providers.http.hosts import base_of
from r2v_pipeline.providers.http.secrets import Key

CANARY = "sbx_c4n4ry-7f3a91e0b2d8"
# Long enough for a loaded machine to answer, short enough to wait for.
QUICK = Patience(
    submit_s=0.35, ask_s=0.35, pauses_s=(0.01, 0.02), longest_wait_s=1.0, window_s=0.5, bytes_a_second=20_000
)


@pytest.fixture
def server() -> Iterator[Server]:
    """A server on loopback, honest until the test says otherwise."""
    made = Server(honest)
    yield made
    made.close()


@pytest.fixture
def channel(server: Server) -> Callable[..., Channel]:
    """`channel(url)`: a channel to the server, or to another address; made inside the running loop."""

    def make(url: str = "", patience: Patience = QUICK, key: str = CANARY) -> Channel:
        return Channel("Tester", base_of(url or server.url, "TEST_URL"), Key("TEST_KEY", key), patience)

    return make
