"""One worker process, seen from the build: started when first needed, replaced when it died."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from r2v_pipeline.providers.base import Failed, Finished

_WORKER = "r2v_pipeline.providers.animatic.worker"
_LINE_LIMIT = 1 << 20


class Hand:
    """A process that draws one clip at a time."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        # A file, not a pipe: nobody reads while it draws, and a full pipe would stop it for good.
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the hand)

    async def draw(self, order: Mapping[str, Any], tell: Callable[[float], None]) -> Finished | Failed:
        """Have one clip drawn; `tell` hears the part done.  A process that dies on it gives a lost job."""
        try:
            process = await self._alive()
        except OSError as error:
            return Failed("worker", f"no process could be started to draw it: {error.strerror}", again=True)
        assert process.stdin
        assert process.stdout
        try:
            process.stdin.write(json.dumps(order).encode() + b"\n")
            await process.stdin.drain()
            while line := await process.stdout.readline():
                message = json.loads(line)
                if "progress" in message:
                    tell(message["progress"])
                elif "done" in message:
                    return Finished({"file": Path(order["to"]).name})
                else:
                    return Failed(message["failed"]["code"], message["failed"]["message"])
        except (ConnectionError, ValueError):
            pass  # the pipe broke, or what came is no message: either way this process is of no more use
        return await self._death()

    def kill(self) -> None:
        """Stop whatever is being drawn, at once."""
        if self._process:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    async def close(self) -> None:
        """End the process and wait until it is gone."""
        self.kill()
        if self._process:
            await self._process.wait()
            self._process = None
        self._errors.close()

    async def _alive(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            pipe = asyncio.subprocess.PIPE
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", _WORKER),
                stdin=pipe,
                stdout=pipe,
                stderr=self._errors,
                env=_environment(),
                limit=_LINE_LIMIT,
            )
        return self._process

    async def _death(self) -> Failed:
        """What is known of a process that ended in the middle of a job."""
        assert self._process
        self.kill()
        code = await self._process.wait()
        self._process = None
        self._errors.seek(0)
        said = self._errors.read().decode("utf-8", "replace").strip()
        self._errors.seek(0)
        self._errors.truncate()
        last = f": {said.splitlines()[-1]}" if said else ""
        return Failed("lost", f"the process that drew it ended with {code}{last}", again=True, lost=True)


def _environment() -> dict[str, str]:
    """This environment; and where r2v runs from its source tree, the way to it."""
    root = str(Path(__file__).parents[3])
    if Path(root).name in ("site-packages", "dist-packages"):
        return dict(os.environ)
    known = os.environ.get("PYTHONPATH", "")
    return {**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{known}" if known else root}
