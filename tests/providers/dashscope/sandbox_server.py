"""A running `r2v sandbox` for tests that need one, and what they say to it and ask it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import r2v_pipeline

HOME = Path(r2v_pipeline.__file__).parent.parent


class Sandbox:
    """A running `r2v sandbox`: what it said of itself, and its faults, ledger and clock."""

    def __init__(self, said: dict[str, str]) -> None:
        self.said = said
        self.url = said["wavespeed"]

    def ask(self, method: str, path: str, data: Any = None) -> Any:
        """One question to its own pages."""
        body = None if data is None else json.dumps(data).encode()
        request = urllib.request.Request(f"{self.url}/__sandbox__/{path}", body, method=method)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=20) as answer:
            return json.loads(answer.read() or b"null")

    def fault(self, **order: Any) -> None:
        """One more thing that goes wrong."""
        self.ask("POST", "faults", [{"service": "dashscope", **order}])

    def jobs(self) -> list[dict[str, Any]]:
        """What it took, with what it would have billed."""
        return list(self.ask("GET", "ledger")["jobs"])


@contextmanager
def serving(state: Path, *more: str) -> Iterator[Sandbox]:
    """One that is quick and draws no boards; `more` are further options."""
    with subprocess.Popen(
        [
            *(sys.executable, "-m", "r2v_pipeline", "sandbox", "--port", "0", "--format", "json", "--parent"),
            *("--state", str(state), "--clips", "plain", "--render-s", "0.1", "--limits", "off", *more),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(HOME)},
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        yield Sandbox(json.loads(server.stdout.readline()))
        server.stdin.close()
        assert 0 == server.wait(10)
