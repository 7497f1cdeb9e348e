"""A submit whose answer is lost, at each reseller: one job, one bill, one film, and nobody has to decide."""

from __future__ import annotations

import json
import secrets
import shutil
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

REFS = Path(__file__).parents[2] / "examples" / "storyboards" / "refs"

BOARD = """
r2v: 1
title: One shot
cast: {{gift: {{kind: object, image: refs/gift.png}}}}
defaults: {{render: {{provider: {provider}, model: wan2.7-r2v}}}}
shots:
  - id: lamp
    segments: [{{for: 2s, action: "{{{{ Gift }}}} {does}."}}]
"""
SERVICES = {"vercel": "gateway", "wavespeed": "wavespeed"}


class Bought:
    """A project in the sandbox that runs, with an account of its own."""

    def __init__(self, sandbox: Mapping[str, str], project: Path, r2v: Callable[..., Any]) -> None:
        self._sandbox, self._project, self._r2v = sandbox, project, r2v
        self._key = f"sbx_{secrets.token_hex(16)}"
        self.word = f"waits by door {secrets.token_hex(4)}"
        (project / "refs").mkdir()
        shutil.copy(REFS / "gift.png", project / "refs")

    def write(self, provider: str) -> None:
        (self._project / "a.yaml").write_text(BOARD.format(provider=provider, does=self.word), "utf-8")

    def build(self) -> Any:
        environment = {"R2V_SANDBOX": self._sandbox["wavespeed"], "R2V_SANDBOX_KEY": self._key}
        return self._r2v("build", "a.yaml", "--sandbox", "--yes", **environment)

    def order(self, provider: str, do: str, **more: Any) -> None:
        """What goes wrong with the next submit of this project's shot."""
        order = {"do": do, "service": SERVICES[provider], "on": "submit", "contains": self.word, **more}
        self._ask("/__sandbox__/faults", [order])

    def jobs(self, provider: str) -> list[dict[str, Any]]:
        """What the service has of this shot: the account is known by nothing else in the ledger."""
        told = self._ask("/__sandbox__/ledger")["jobs"]
        return [job for job in told if job["service"] == SERVICES[provider] and self.word in json.dumps(job)]

    def _ask(self, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json", "authorization": f"Bearer {self._key}"}
        request = urllib.request.Request(self._sandbox["wavespeed"] + path, data, headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"null")


@pytest.fixture
def bought(running_sandbox: Mapping[str, str], project: Path, r2v: Callable[..., Any]) -> Bought:
    return Bought(running_sandbox, project, r2v)


@pytest.mark.parametrize("provider", SERVICES)
@pytest.mark.parametrize("do", ["close", "cut_body"])
def test_an_answer_that_is_lost(provider: str, do: str, bought: Bought, project: Path) -> None:
    """The gateway is sent the same key again; WaveSpeedAI is asked for its history."""
    bought.write(provider)
    bought.order(provider, do)
    done = bought.build()
    assert 0 == done.rc, done.err
    assert 1 == len(list(project.glob("build/*/film.mp4")))
    (job,) = bought.jobs(provider)
    assert {"vercel": 2, "wavespeed": 1}[provider] == job["submits"]


@pytest.mark.parametrize("provider", SERVICES)
def test_a_refusal_is_no_doubt(provider: str, bought: Bought) -> None:
    bought.write(provider)
    bought.order(provider, "status", status=400, before=True)
    done = bought.build()
    assert 4 == done.rc, done.err
    assert "R2V701" in done.err
    assert [] == bought.jobs(provider)
    assert 0 == bought.build().rc
    assert 1 == len(bought.jobs(provider))
