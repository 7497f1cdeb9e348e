"""r2v's requests are those of the official SDK (`ai` with `@ai-sdk/gateway`), field by field, for every model.

Node and its packages are no part of this project: see tests/sandbox/npm.py for where they are looked for.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "sandbox"))

import npm

from r2v_pipeline.providers.vercel import wire

GOLDEN = Path(__file__).parents[2] / "golden" / "requests" / "vercel"
SCRIPT = Path(__file__).with_name("start.mjs")

MODULES = npm.node_modules()
needs_node = pytest.mark.skipif(bool(npm.why_not()), reason=npm.why_not())


def bodies() -> list[tuple[str, dict[str, Any]]]:
    """Every recorded body with its model."""
    found = [(path.stem, json.loads(path.read_text("utf-8"))) for path in sorted(GOLDEN.glob("*.json"))]
    return [(name.replace("-", "/", 1), body) for name, body in found]


@needs_node
def test_the_sdk_sends_the_same(tmp_path: Path) -> None:
    assert MODULES is not None, "else it is skipped"
    (tmp_path / "node_modules").symlink_to(MODULES.resolve())
    shutil.copy(SCRIPT, tmp_path)
    asked = [{"model": model, "body": body, "token": f"token-{n}"} for n, (model, body) in enumerate(bodies())]
    done = subprocess.run(
        ["node", SCRIPT.name], cwd=tmp_path, input=json.dumps(asked), capture_output=True, text=True, timeout=120,
        check=False, env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
    )  # fmt: skip
    assert 0 == done.returncode, done.stderr
    for ours, (start, status) in zip(asked, json.loads(done.stdout), strict=True):
        assert ours["body"] == start["body"]
        assert "https://gateway.invalid/v4/ai/video-model/start" == start["url"]
        assert "https://gateway.invalid/v4/ai/video-model/status" == status["url"]
        assert {"operation": {"gatewayJobId": "job_1"}} == status["body"]
        headers = wire.headers(str(ours["model"]), "AI_GATEWAY_API_KEY")
        assert headers == {name: start["headers"].get(name) for name in headers}
        assert headers == {name: status["headers"].get(name) for name in headers}
        assert ours["token"] == start["headers"]["idempotency-key"]


def test_every_model_has_a_recorded_body() -> None:
    from r2v_pipeline.providers.catalog.load import entries

    assert sorted(e.id for e in entries() if e.provider == "vercel") == sorted(model for model, _ in bodies())
