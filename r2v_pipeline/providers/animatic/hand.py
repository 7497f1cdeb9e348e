"""One worker process, seen from the build: started when first needed, replaced when it died.

The talk with it runs in a thread of its own, not on the event loop: a loop that is torn down in the middle of starting
a process (Ctrl-C) never gets it back.  The thread ends with the process, and holds up nobody's exit.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from r2v_pipeline.providers.base import Failed, Finished

_WORKER = "r2v_pipeline.providers.animatic.worker"


class Hand:
    """A process that draws one clip at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards the two below: they are used by the loop and by the talking thread
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False
        self._talk: threading.Thread | None = None
        # A file, not a pipe: nobody reads while it draws, and a full pipe would stop it for good.
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the hand)

    async def draw(self, order: Mapping[str, Any], tell: Callable[[float], None]) -> Finished | Failed:
        """Have one clip drawn; `tell` hears the part done, in another thread.  A process that dies loses its job."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Finished | Failed] = loop.create_future()

        def give(end: Finished | Failed) -> None:
            if not answer.done():
                answer.set_result(end)

        def talk() -> None:
            end = self._converse(order, tell)
            if not loop.is_closed():
                loop.call_soon_threadsafe(give, end)

        self._stopped = False
        self._talk = threading.Thread(target=talk, daemon=True)
        self._talk.start()
        return await answer

    def kill(self) -> None:
        """Stop whatever is being drawn, at once."""
        with self._lock:
            self._stopped = True
            if self._process:
                self._process.kill()

    async def close(self) -> None:
        """End the process and wait until it is gone."""
        self.kill()
        await asyncio.to_thread(self._gone)
        self._errors.close()

    def _converse(self, order: Mapping[str, Any], tell: Callable[[float], None]) -> Finished | Failed:
        """Hand an order to the process and listen until the job ends, one way or the other."""
        try:
            process = self._alive()
        except OSError as error:
            return Failed("worker", f"no process could be started to draw it: {error.strerror}", again=True)
        assert process.stdin
        assert process.stdout
        try:
            process.stdin.write(json.dumps(order).encode() + b"\n")
            process.stdin.flush()
            while line := process.stdout.readline():
                message = json.loads(line)
                if "progress" in message:
                    tell(message["progress"])
                elif "done" in message:
                    return Finished({"file": Path(order["to"]).name})
                else:
                    return Failed(message["failed"]["code"], message["failed"]["message"])
        except (OSError, ValueError):
            pass  # the pipe broke, or what came is no message: either way this process is of no more use
        return self._death(process)

    def _alive(self) -> subprocess.Popen[bytes]:
        if self._process and self._process.poll() is not None:
            self._forget(self._process)
        if self._process is None:
            pipe = subprocess.PIPE
            # -P: what lies in the current folder, a stranger's project, is not imported.
            command = (sys.executable, "-P", "-m", _WORKER)
            started = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=self._errors, env=_environment())
            with self._lock:
                self._process = started
                if self._stopped:
                    started.kill()
        return self._process

    def _death(self, process: subprocess.Popen[bytes]) -> Failed:
        """What is known of a process that ended in the middle of a job."""
        process.kill()
        code = process.wait()
        self._forget(process)
        self._errors.seek(0)
        said = self._errors.read().decode("utf-8", "replace").strip()
        self._errors.seek(0)
        self._errors.truncate()
        last = f": {said.splitlines()[-1]}" if said else ""
        return Failed("lost", f"the process that drew it ended with {code}{last}", again=True, lost=True)

    def _gone(self) -> None:
        if self._talk:
            self._talk.join()
        if self._process:
            self._process.wait()
            self._forget(self._process)

    def _forget(self, process: subprocess.Popen[bytes]) -> None:
        with self._lock:
            self._process = None
        for end in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):  # what was still to be sent has nobody to read it
                if end:
                    end.close()


def _environment() -> dict[str, str]:
    """This environment; and where r2v runs from its source tree, the way to it."""
    root = str(Path(__file__).parents[3])
    if Path(root).name in ("site-packages", "dist-packages"):
        return dict(os.environ)
    known = os.environ.get("PYTHONPATH", "")
    return {**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{known}" if known else root}
