"""The local server behind `r2v build --sandbox`: started for one build, in a folder of its own, and ended with it.

R2V_SANDBOX names one that runs already, by its address; then none is started.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator, Mapping
from http.client import HTTPException
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

from r2v_pipeline.errors import EnvironmentTrouble
from r2v_pipeline.providers.http.hosts import base_of

VARIABLE, KEY_VARIABLE = "R2V_SANDBOX", "R2V_SANDBOX_KEY"

# Any key that begins so is an account of its own there: one for each state of a server, since what was brought to
# another is not there.
_KEY = "sbx_build"

# Where its services are below its address, as it says itself when it starts.
_PATHS = {"dashscope": "/api/v1", "gateway": "/v4/ai", "blob": "/api/blob", "wavespeed": ""}

# Seconds until it must have said where it is, those it gets to end, and to answer where it runs already.
_READY_S, _END_S, _ANSWER_S = 30.0, 5.0, 10.0

# A build waits for no vendor's queue here, and asks as often as it likes.
_MANNER = ("--port", "0", "--format", "json", "--parent", "--render-s", "0.2", "--limits", "off")


@contextlib.contextmanager
def sandbox(folder: Path, environ: Mapping[str, str] = os.environ) -> Iterator[Mapping[str, str]]:
    """What a sandbox says of itself (`Where.sandbox`), while the block lasts.  `folder` is for its own state.

    Raises:
        EnvironmentTrouble: it does not start, or there is none at R2V_SANDBOX, or that is not on this machine.
    """
    if address := environ.get(VARIABLE, "").strip():
        yield _running(address, environ.get(KEY_VARIABLE, "").strip())
        return
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "server.log").open("wb") as log:
        # In a session of its own: an interrupt at the terminal is for the build, which ends in order and then ends it.
        child = subprocess.Popen(
            [sys.executable, "-m", "r2v_pipeline", "sandbox", "--state", str(folder), *_MANNER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield _ready(child, folder / "server.log")
    finally:
        _end(child)


def _running(address: str, key: str) -> Mapping[str, str]:
    base = base_of(address, VARIABLE)
    if not base.local:
        raise EnvironmentTrouble(f"{VARIABLE} is not on this machine but at {base.host}", "'r2v sandbox' starts one")
    state = _state(base.url)
    return {**{service: base.url + path for service, path in _PATHS.items()}, "key": key or f"{_KEY}_{state}"}


def _state(url: str) -> str:
    """What tells the state of a running server from any other."""
    try:
        with build_opener(ProxyHandler({})).open(f"{url}/__sandbox__/about", timeout=_ANSWER_S) as answer:
            return str(json.load(answer)["state"])
    except (OSError, ValueError, KeyError, TypeError, HTTPException):
        raise EnvironmentTrouble(
            f"no sandbox answers at {url}", f"{VARIABLE} names it: 'r2v sandbox' starts one"
        ) from None


def _ready(child: subprocess.Popen[bytes], log: Path) -> Mapping[str, str]:
    """Its first line, which says where everything is."""
    assert child.stdout is not None
    there, _, _ = select.select([child.stdout], [], [], _READY_S)
    line = child.stdout.readline() if there else b""
    try:
        said = json.loads(line)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        with contextlib.suppress(OSError):
            line = line or log.read_bytes()
        last = line.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise EnvironmentTrouble(f"the sandbox did not start: {last or 'it said nothing'}", f"its log is {log}")
    return {name: value for name, value in said.items() if isinstance(value, str)}


def _end(child: subprocess.Popen[bytes]) -> None:
    """It ends when its input does; one that does not is killed."""
    assert child.stdin is not None
    assert child.stdout is not None
    with contextlib.suppress(OSError):
        child.stdin.close()
    try:
        child.wait(_END_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    child.stdout.close()
