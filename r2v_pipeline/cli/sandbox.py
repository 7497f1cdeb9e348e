"""`r2v sandbox`: a local server that speaks the vendors' HTTP, bills nobody, and can misbehave."""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from r2v_pipeline.diagnostics import SourceText
from r2v_pipeline.errors import UsageError
from r2v_pipeline.providers.catalog.load import providers
from r2v_pipeline.sandbox.jobs import Pace
from r2v_pipeline.sandbox.openapi import TITLES
from r2v_pipeline.sandbox.routes import Settings
from r2v_pipeline.sandbox.server import Server
from r2v_pipeline.source.blocks import read_yaml

_PORT = 8787


def run(arguments: list[str]) -> int:
    """Serves until interrupted, then ends with 0."""
    given = _parser().parse_args(arguments)
    if given.openapi:
        print(json.dumps(_document(given.openapi), indent=2))
        return 0
    orders = _orders(given.fault) if given.fault else []
    state = Path(given.state) if given.state else Path(tempfile.mkdtemp(prefix="r2v-sandbox-"))
    try:
        asyncio.run(_serve(given, state, orders))
    finally:
        if not given.state:
            shutil.rmtree(state, ignore_errors=True)
    return 0


async def _serve(given: argparse.Namespace, state: Path, orders: list[Any]) -> None:
    settings = Settings(given.validate, given.limits == "on", given.unknown, given.region)
    pace = Pace(given.queue_s, given.render_s, given.lag_s)
    server = Server(
        state, settings=settings, pace=pace, speed=given.speed, hands=int(given.jobs),
        plain=given.clips == "plain", anywhere=given.host != "127.0.0.1",
    )  # fmt: skip
    _take(server, orders)
    until = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, until.set)
    listening = await server.start(given.host, given.port)
    if given.parent:
        threading.Thread(target=_outlive, args=(loop, until), daemon=True).start()
    _say(server.about(), given.format)
    await server.run(listening, until)


def _document(service: str) -> dict[str, Any]:
    """The OpenAPI document of a service, as a server at the usual port would give it."""
    with tempfile.TemporaryDirectory() as state:
        server = Server(Path(state), settings=Settings(), pace=Pace(), speed=1, hands=0, plain=True)
        server.url = f"http://127.0.0.1:{_PORT}"
        made = server.document(service)
    assert made is not None
    return made


def _take(server: Server, orders: list[Any]) -> None:
    try:
        server.faults.add(orders)
    except ValueError as error:
        raise UsageError(f"--fault: {error}", "docs/sandbox.md lists the faults") from None


def _outlive(loop: asyncio.AbstractEventLoop, until: asyncio.Event) -> None:
    """End when whoever started this process is gone: its end of our input is closed then."""
    while sys.stdin.buffer.read(4096):
        pass
    loop.call_soon_threadsafe(until.set)


def _say(about: dict[str, str], form: str) -> None:
    if form == "json":
        print(json.dumps(about), flush=True)
        return
    for name, value in about.items():
        print(f"{name:<10} {value}")
    print("Nothing here costs anything.  Ctrl-C ends it.", flush=True)


def _orders(file: str) -> list[Any]:
    """Faults out of a JSON or YAML file.

    Raises:
        UsageError: it cannot be read, or is no list.
    """
    try:
        made, wrong = read_yaml(SourceText(file, Path(file).read_text("utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--fault {file}: {error}") from None
    if wrong:
        raise UsageError(f"--fault {file}: {wrong[0].message}")
    if not isinstance(made, list):
        raise UsageError(f"--fault {file}: it is no list of faults", "docs/sandbox.md shows one")
    return made


def _above(least: float) -> Callable[[str], float]:
    """Reads a number that is at least so large."""

    def number(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if not least <= value < 1e9:
            raise argparse.ArgumentTypeError(f"'{text}' is no number, or less than {least:g}")
        return value

    return number


def _parser() -> argparse.ArgumentParser:
    regions = tuple(region.id for region in providers()["dashscope"].regions)
    parser = argparse.ArgumentParser("r2v sandbox", description="A local server that speaks the vendors' HTTP.")
    parser.add_argument("--port", type=int, default=_PORT, metavar="N", help="where to listen; 0: any free port")
    parser.add_argument("--host", default="127.0.0.1", metavar="A", help="another address than this machine's own")
    parser.add_argument(
        "--state", default="", metavar="DIR", help="what must not be forgotten (default: a temp folder)"
    )
    parser.add_argument(
        "--speed", type=_above(0.001), default=1.0, metavar="N", help="how fast the vendors' clock runs"
    )
    parser.add_argument(
        "--queue-s", type=_above(0), default=1.0, metavar="S", help="seconds a job waits, by that clock"
    )
    parser.add_argument(
        "--render-s", type=_above(0), default=20.0, metavar="S", help="seconds a job renders, by that clock"
    )
    parser.add_argument("--fault", default="", metavar="FILE", help="faults to begin with, JSON or YAML")
    parser.add_argument("--clips", choices=("animatic", "plain"), default="animatic", help="what results show")
    parser.add_argument("--jobs", type=_above(1), default=2, metavar="N", help="clips drawn at once")
    parser.add_argument(
        "--region", choices=regions, default="ap-southeast-1", metavar="R", help="DashScope's region below /api/v1"
    )
    parser.add_argument("--validate", choices=("async", "sync"), default="async", help="when DashScope refuses fields")
    parser.add_argument(
        "--unknown", choices=("reject", "ignore"), default="reject", help="fields that nobody documents"
    )
    parser.add_argument("--limits", choices=("on", "off"), default="on", help="rate limits of the services")
    parser.add_argument("--parent", action="store_true", help="end when standard input ends")
    parser.add_argument("--lag-s", type=_above(0), default=0.0, metavar="S", help="seconds until a listing shows a job")
    parser.add_argument("--openapi", choices=tuple(TITLES), help="print the OpenAPI document of a service, and end")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    return parser
