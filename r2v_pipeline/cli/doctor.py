"""`r2v doctor`: what this machine has, and what to do about what it lacks.  Never writes into the project."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from r2v_pipeline import __version__
from r2v_pipeline.cli.asking.services import services
from r2v_pipeline.cli.making.consent import Asked, consent
from r2v_pipeline.cli.stages.front import paint_for
from r2v_pipeline.errors import R2VError
from r2v_pipeline.report.safe import safe, safe_json
from r2v_pipeline.report.words import columns, money, size
from r2v_pipeline.source.files import project_root

_TIGHT = 2 << 30

# Text of each kind that a board may have to set, and what it is called.
_SCRIPTS = (("Chinese, Japanese, Korean", "中日한"), ("emoji", "🎬"))


class Finding(NamedTuple):
    """`state` is `ok`, `warn` (works, but worse) or `bad` (a build would fail)."""

    name: str
    state: str
    text: str
    help: str = ""


def run(arguments: list[str]) -> int:
    """0 when a build can work here, 7 when something is in the way."""
    parser = argparse.ArgumentParser(
        "r2v doctor", description="What this machine has: ffmpeg, fonts, state, room, keys."
    )
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument(
        "--online", action="store_true", help="ask each service whether it knows its key; costs nothing"
    )
    given = parser.parse_args(arguments)
    found = list(_findings(given.online))
    if given.format == "json":
        sys.stdout.write(safe_json({"version": 1, "findings": [f._asdict() for f in found]}) + "\n")
    else:
        sys.stdout.write(_text(found))
    return 7 if any(f.state == "bad" for f in found) else 0


def _text(found: list[Finding]) -> str:
    paint = paint_for(sys.stdout)
    tint = {"ok": paint.green, "warn": paint.yellow, "bad": paint.red}
    rows = columns([[f.name, safe(f.text)] for f in found], indent="")
    lines = []
    for finding, row in zip(found, rows, strict=True):
        lines.append(f"{tint[finding.state](f'{finding.state:>4}')}  {row}")
        if finding.help:
            lines.append(f"      {safe(finding.help)}")
    return "\n".join(lines) + "\n"


def _findings(online: bool) -> Iterator[Finding]:
    yield Finding("r2v", "ok", f"{__version__}, Python {platform.python_version()}, {platform.system()}")
    yield _ffmpeg()
    yield _decoder()
    yield from _fonts()
    root = project_root(os.path.join(os.getcwd(), "x"))
    yield Finding("project", "ok", root)
    yield _state(root)
    yield _room(root)
    yield _caps(root)
    yield from _proxies()
    for service in services(Path(root), online=online):
        yield Finding(*service)


def _ffmpeg() -> Finding:
    from r2v_pipeline.media import ffmpeg

    try:
        found = ffmpeg.find()
    except R2VError as trouble:
        return Finding("ffmpeg", "bad", trouble.message, trouble.help)
    version = ".".join(str(part) for part in found.version)
    return Finding("ffmpeg", "ok", f"{version} ({found.origin}) {found.path}")


def _decoder() -> Finding:
    try:
        import av
    except ImportError as why:
        return Finding("PyAV", "bad", f"cannot be imported: {why}", "pip install av")
    return Finding("PyAV", "ok", av.__version__)


def _fonts() -> Iterator[Finding]:
    from r2v_pipeline.media.fonts import missing_characters, remedy

    for name, sample in _SCRIPTS:
        missing = missing_characters(sample)
        if missing:
            yield Finding("fonts", "warn", f"no font for {name}: boards say so instead", remedy(missing))
        else:
            yield Finding("fonts", "ok", name)


def _state(root: str) -> Finding:
    from r2v_pipeline.execute import state_dir

    try:
        state = state_dir.locate(Path(root))
    except R2VError as trouble:
        return Finding("state", "bad", trouble.message, trouble.help)
    place = state if state.exists() else state.parent
    if not os.access(place, os.W_OK):
        return Finding("state", "bad", f"{place} cannot be written", "r2v keeps its journal and clips there")
    return Finding("state", "ok", f"{state}{'' if state.exists() else ' (made by the first build)'}")


def _room(root: str) -> Finding:
    free = shutil.disk_usage(root).free
    if free < _TIGHT:
        return Finding("disk", "warn", f"{size(free)} free", "clips and films need room: make some before a build")
    return Finding("disk", "ok", f"{size(free)} free")


def _proxies() -> Iterator[Finding]:
    """What stands before the services; names of people and passwords are not shown."""
    from urllib.parse import urlsplit

    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        if url := os.environ.get(name):
            place = urlsplit(url if "//" in url else f"//{url}").netloc.rpartition("@")[2]
            yield Finding("proxy", "ok", f"{place} ({name})")
            return


def _caps(root: str) -> Finding:
    """What may be spent here; a cap that cannot be read ends a build that buys something."""
    try:
        said = consent(Asked(), Path(root))
    except R2VError as trouble:
        return Finding("caps", "bad", trouble.message, trouble.help)
    caps = [
        f"{money(limit.cap.micros, limit.cap.currency)} a {limit.cap.scope} ({limit.where})" for limit in said.limits
    ]
    return Finding("caps", "ok", ", ".join(caps) or f"none (set some in {said.config or 'r2v/config.toml'})")
