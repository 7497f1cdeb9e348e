"""The process that draws the animatic beside `r2v watch`, as who watches sees it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from typing import IO

from r2v_pipeline.cli.stages.front import Options
from r2v_pipeline.report.words import elapsed

# How long a preview may take to end by itself before it is made to.
_PATIENCE_S = 5
_LAST_WORDS = 12

# What a build says that had nothing to draw: the film is as it was.
_IDLE = "nothing to do"

# What a name of a variable ends with that holds a secret; none is handed to the process that draws.
_SECRET = ("_KEY", "_TOKEN", "_SECRET", "_PASSWORD")


def environment(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The variables of the process that draws: no key, and no vendor that only plays one."""
    return {name: value for name, value in environ.items() if not name.endswith(_SECRET) and name != "R2V_FAKE_URL"}


def words(file: str, options: Options) -> list[str]:
    """The command that draws this version of a storyboard."""
    given = [f"--profile={options.profile}"] if options.profile else []
    given += [f"--model={options.model}"] if options.model else []
    given += [f"--var={name}={value}" for name, value in options.variables]
    return [sys.executable, "-m", "r2v_pipeline.cli.previewing", *given, "--", file]


class Preview:
    """The animatic in the background: one at a time, the newest storyboard wins."""

    def __init__(self, file: str, options: Options, say: Callable[[str], None]) -> None:
        self.command, self.say = words(file, options), say
        self.process: subprocess.Popen[bytes] | None = None
        self.output: IO[bytes] | None = None
        self.began = 0.0

    def __enter__(self) -> Preview:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def draw(self) -> None:
        """Starts over with the storyboard as it is now."""
        self._stop()
        self.began = time.monotonic()
        self.output = tempfile.TemporaryFile()  # noqa: SIM115  (closed when its lines are read)
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=self.output,
            stderr=subprocess.STDOUT,
            env=environment(),
            start_new_session=True,  # an interrupt at the keyboard is ours; it is told by us
        )

    def look(self) -> None:
        """Says how it ended, once."""
        if self.process is None or self.process.poll() is None:
            return
        code, lines = self.process.returncode, self._lines()
        self.process = None
        if code == 0 and lines[:1] and lines[0].startswith(_IDLE):
            return
        if code == 0 and lines:
            self.say(f"preview: {lines[-1]} ({elapsed(time.monotonic() - self.began)})")
        else:
            self.say("\n".join(["there is no preview:", *(f"  {line}" for line in lines[-_LAST_WORDS:])]))

    def _lines(self) -> list[str]:
        if self.output is None:
            return []
        self.output.seek(0)
        text = self.output.read().decode("utf-8", "replace")
        self.output.close()
        self.output = None
        return [line for line in text.splitlines() if line.strip()]

    def _stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(_PATIENCE_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None
        self._lines()
