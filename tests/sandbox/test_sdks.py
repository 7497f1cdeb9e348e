"""The vendors' official clients, unmodified, against the sandbox: each in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from npm import node_modules, why_not

from r2v_pipeline.media.pyav import describe
from r2v_pipeline.sandbox.beside import Running, serving
from r2v_pipeline.sandbox.jobs import Pace
from r2v_pipeline.sandbox.routes import Settings

CLIENTS = Path(__file__).parent / "clients"
REFERENCE = "https://example.com/mia.png"

# Found when the module is read: the fixture of every test takes the variables of r2v away.
NODE_MODULES, WHY_NOT = node_modules(), why_not()
needs_npm = pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A sandbox as a user has it: clips are drawn, limits hold."""
    with serving(tmp_path_factory.mktemp("drawn"), Settings(), Pace(0.05, 0.1), plain=False) as made:
        yield made


def told(command: list[str], environment: dict[str, str], cwd: Path) -> dict[str, Any]:
    """What a client's script prints last."""
    done = subprocess.run(command, env=environment, cwd=cwd, capture_output=True, timeout=120, check=False)
    assert 0 == done.returncode, (done.stdout + done.stderr).decode()
    made: dict[str, Any] = json.loads(done.stdout.decode().splitlines()[-1])
    return made


@pytest.fixture
def python(drawn: Running, tmp_path: Path, picture: Path, environment: dict[str, str]):
    """Run one of the PyPI clients' scripts, where every warning but an unclosed socket of theirs is an error."""

    def run(script: str, service: str, out: Path) -> dict[str, Any]:
        quiet = ["-W", "error", "-W", "ignore::ResourceWarning"]
        words = [drawn.about[service], drawn.key, str(picture), str(out)]
        return told([sys.executable, *quiet, str(CLIENTS / script), *words], environment, tmp_path)

    return run


@pytest.fixture
def node(tmp_path: Path, environment: dict[str, str]):
    """Run one of the npm clients' scripts; it lies beside the packages, since that is where Node looks for them."""

    def run(script: str, *words: str) -> dict[str, Any]:
        assert NODE_MODULES is not None
        (tmp_path / "node_modules").symlink_to(NODE_MODULES)
        shutil.copy(CLIENTS / script, tmp_path)
        return told(["node", str(tmp_path / script), *words], environment, tmp_path)

    return run


def shape(path: Path) -> tuple[int, int, int]:
    """Width, height and whole seconds of a clip."""
    found = describe(path)
    return found.width, found.height, round(found.duration_ms / 1000)


def test_dashscope_by_its_module(python, tmp_path: Path) -> None:
    """VideoSynthesis: a local file goes up by certificate and form, the task is listed, waited for and downloaded."""
    out = tmp_path / "out.mp4"
    found = python("dashscope_calls.py", "dashscope", out)
    assert ("PENDING", "SUCCEEDED", [found["id"]]) == (found["submitted"], found["ended"], found["listed"])
    assert (2, "1280*720") == (found["usage"]["duration"], found["usage"]["size"])
    assert [400, "UnsupportedOperation"] == found["late_cancel"]
    assert [400, "InvalidParameter", "Model not exist."] == found["wrong_model"]
    assert (1280, 720, 2) == shape(out)


def test_dashscope_by_its_client(python, tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    found = python("dashscope_client.py", "dashscope", out)
    assert found["ended"].endswith("SUCCEEDED")
    assert "AuthenticationError" in found["refused"]
    assert (960, 960, 2) == shape(out)


def test_wavespeed(python, tmp_path: Path) -> None:
    """Upload by ticket, run to the end, the synchronous mode, a failure, a mistake, a wrong key."""
    out = tmp_path / "out.mp4"
    found = python("wavespeed_client.py", "wavespeed", out)
    assert 1 == found["sync"]
    assert "Failed to fetch the media" in found["failed"]
    assert "duration: 11 is not between 2 and 10" in found["wrong"]
    assert "401" in found["refused"]
    assert (1280, 720, 2) == shape(out)


@needs_npm
def test_vercel_blob(node, drawn: Running, picture: Path) -> None:
    found = node("blob.mjs", drawn.about["blob"], f"vercel_blob_rw_{drawn.key}", str(picture))
    assert ("r2v/abc/mia.png", "image/png") == (found["first"]["pathname"], found["first"]["contentType"])
    assert (picture.stat().st_size, True) == (found["size"], found["same"])
    assert "already exists" in found["again"]
    assert found["first"]["url"] == found["over"]
    assert found["suffixed"] != "r2v/abc/mia.png"
    assert found["refused"].startswith("BlobAccessError")
    assert found["gone"].startswith("BlobNotFoundError")


@needs_npm
def test_the_ai_sdk_with_the_gateway(node, drawn: Running, tmp_path: Path) -> None:
    assert NODE_MODULES is not None
    major = json.loads((NODE_MODULES / "@ai-sdk/gateway/package.json").read_text())["version"].partition(".")[0]
    out = tmp_path / "out.mp4"
    address = drawn.about["gateway"].replace("/v4/", f"/v{major}/")
    before = drawn.server.asked.copy()
    found = node("gateway.mjs", address, drawn.key, REFERENCE, str(out))
    assert ("video/mp4", []) == (found["mediaType"], found["warnings"])
    assert "alibaba/wan-v2.7-r2v" in found["models"]
    assert (0.2, "GatewayModelNotFoundError") == (found["cost"], found["wrongModel"].partition(":")[0])
    assert found["wrongField"].startswith("GatewayInvalidRequestError")
    assert found["refused"].startswith("GatewayAuthenticationError")
    assert (1280, 720, 2) == shape(out)
    assert {"gateway submit", "gateway sync"} & set(drawn.server.asked - before)


@needs_npm
def test_the_ai_sdk_with_alibaba(node, drawn: Running, tmp_path: Path) -> None:
    """DashScope once more, as another vendor's client speaks to it."""
    out = tmp_path / "out.mp4"
    found = node("alibaba.mjs", drawn.about["wavespeed"], drawn.key, REFERENCE, str(out))
    assert {
        "duration": 2,
        "outputVideoDuration": 2,
        "resolution": 720,
        "size": "1280*720",
        "inputVideoDuration": 0,
    } == (found["metadata"]["alibaba"]["usage"])
    assert found["typed"] > 1000
    assert "11 is not between 2 and 10" in found["failed"]
    assert "Invalid API-key provided." in found["refused"]
    assert (1280, 720, 2) == shape(out)


def test_npm_packages_are_looked_for_where_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("ai", "@ai-sdk/gateway", "@ai-sdk/alibaba", "@vercel/blob"):
        (tmp_path / "node_modules" / package).mkdir(parents=True)
    for named in (tmp_path, tmp_path / "node_modules"):
        monkeypatch.setenv("R2V_NODE_MODULES", os.fspath(named))
        assert tmp_path / "node_modules" == node_modules()
    monkeypatch.setenv("R2V_NODE_MODULES", os.fspath(tmp_path / "elsewhere"))
    assert node_modules() is None
    monkeypatch.setenv("PATH", "")
    assert "node is not installed" == why_not()
