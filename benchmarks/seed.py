"""A project whose film is finished, without rendering it: what `noop.py` measures from.

The real build runs, with its real journal, store and output folder.  Only three things that would take hours for 10,000
shots are stood in for: a clip is a few bytes, nobody decodes it, and the film is a file instead of a join.
"""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from r2v_pipeline.cli import build
from r2v_pipeline.cli.making import builder
from r2v_pipeline.providers import registry
from r2v_pipeline.providers.base import LOCAL, Accepted, Answer, Finished, Terms


class Instant:
    """A provider that has finished before it is asked."""

    terms = Terms(LOCAL, "")

    async def upload(self, _path: Path, sha256: str, _kind: str, _model: str = "") -> str:
        return f"r2v-file:sha256:{sha256}"

    async def send(self, _body: bytes, token: str, _model: str = "") -> Answer:
        return Answer(202, (), token)

    def read(self, answer: Answer, _model: str = "") -> Accepted:
        return Accepted({"token": answer.body})

    async def poll(self, handle: Mapping[str, Any]) -> Finished:
        return Finished(handle)

    async def fetch(self, output: Mapping[str, Any], to: Path) -> None:
        to.write_text(output["token"], encoding="utf-8")

    async def cancel(self, _handle: Mapping[str, Any]) -> bool:
        return True

    async def close(self) -> None:
        """Nothing is open."""


def seed(project: Path, shots: int) -> None:
    """Leaves `project` as a finished build of its storyboard leaves it.  `shots` is only checked."""

    def film(_expanded: Any, _clips: Any, outputs: Any, job: Any, **_: Any) -> None:
        temp = outputs.temp("film.mp4")
        temp.write_bytes(b"a film")
        outputs.adopt(temp, "film.mp4", job.key)

    originals = registry.client, builder.check, builder.make_film
    here = Path.cwd()
    try:
        registry.client = lambda *_, **__: Instant()
        builder.check = lambda _: None
        builder.make_film = film
        os.chdir(project)
        with contextlib.redirect_stdout(io.StringIO()):
            code = build.run(["storyboard.yaml"])
    finally:
        registry.client, builder.check, builder.make_film = originals
        os.chdir(here)
    clips = len(list(project.glob("build/*/clips/*.mp4")))
    if code or clips != shots:
        raise SystemExit(f"seeding failed: exit code {code}, {clips} clips of {shots}")
