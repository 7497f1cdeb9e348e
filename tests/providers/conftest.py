"""A vendor that answers what a test tells it to, and the sandbox that plays the real ones; both over real HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

sys.path.insert(0, str(Path(__file__).parent / "http"))

from wire_faults import Server, Wire

from r2v_pipeline.providers.http.place import Where

KEY = "sbx_c4n4ry7f3a91e0b2d8"


class Asked(NamedTuple):
    """One request as the vendor got it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Scripted:
    """Answers in the order in which they were told; the last one stays.  `says` keeps them by the beginning of a path.

    An answer is (status, JSON or bytes); with a third part, headers of it.
    """

    def __init__(self) -> None:
        self.says: dict[str, list[tuple[Any, ...]]] = {}
        self.server = Server(self._serve)

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def asked(self) -> list[Asked]:
        """All requests so far."""
        seen = []
        for request in self.server.seen:
            method, path, _ = request.line.split(" ", 2)
            seen.append(Asked(method, path, request.headers, request.body))
        return seen

    def tell(self, path: str, *answers: tuple[Any, ...]) -> None:
        """What to answer to paths that begin so."""
        self.says[path] = list(answers)

    def where(self, **services: str) -> Where:
        """The vendor as a sandbox: each service's address below this one's."""
        return Where(environ={}, sandbox={**{name: self.url + path for name, path in services.items()}, "key": KEY})

    def _serve(self, wire: Wire) -> None:
        while seen := wire.read():
            path = seen.line.split(" ")[1]
            fitting = [begin for begin in self.says if path.startswith(begin)]
            if not fitting:
                wire.answer(b'{"error":{"message":"nobody told me"}}', "599 Unscripted")
                continue
            answers = self.says[max(fitting, key=len)]
            status, body, *more = answers.pop(0) if len(answers) > 1 else answers[0]
            headers = [f"{name}: {value}" for name, value in (more[0] if more else {}).items()]
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            wire.answer(data, f"{status} Said", *headers)


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    """A vendor without a will of its own."""
    made = Scripted()
    yield made
    made.server.close()


@pytest.fixture(scope="session")
def running_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """What a sandbox says of itself that runs for all tests of this folder; its clips are plain, its clock is ours."""
    state = tmp_path_factory.mktemp("sandbox")
    child = subprocess.Popen(
        [sys.executable, "-m", "r2v_pipeline", "sandbox", "--port", "0", "--format", "json", "--state", str(state),
         "--clips", "plain", "--render-s", "0.2", "--queue-s", "0.05", "--limits", "off", "--parent"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        yield json.loads(child.stdout.readline())
    finally:
        child.stdin.close()
        child.wait(20)
        child.stdout.close()


@pytest.fixture
def played(running_sandbox: Mapping[str, str]) -> Callable[[], Where]:
    """The sandbox, as an account that nobody else has."""
    import secrets

    return lambda: Where(environ={}, sandbox={**running_sandbox, "key": f"sbx_{secrets.token_hex(16)}"})
