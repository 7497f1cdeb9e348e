"""A vendor that takes money (no real money), a project that buys from it, and a terminal to be asked on."""

from __future__ import annotations

import os
import select
import shutil
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import canary
import pytest

from r2v_pipeline.providers.fake.server import Running, serving
from r2v_pipeline.providers.fake.vendor import Settings

REFS = Path(__file__).parents[2] / "examples" / "storyboards" / "refs"

# Two shots at 0.10 USD each.
BOARD = """
r2v: 1
title: Two bought shots
cast: {gift: {kind: object, image: refs/gift.png}}
defaults: {render: {provider: fake-opaque, resolution: 480p}}
shots:
  - id: first
    segments: [{for: 1s, action: "{{ Gift }} lies in the snow."}]
  - id: second
    segments: [{for: 1s, action: "{{ Gift }} stands on a table."}]
"""

# Times that a test does not want to wait for.
QUICK = "usual_s=0.05,poll_every_s=0.05,pause_s=0.05,settle_s=0.2,submit_s=10,ask_s=10"


@pytest.fixture
def vendor(tmp_path: Path, environment: dict[str, str]) -> Iterator[Running]:
    """A vendor on this machine, known to every command that the test starts."""
    with serving(tmp_path / "vendor", Settings(render_s=0.1)) as made:
        environment.update(made.environment(), R2V_FAKE_OPTIONS=QUICK)
        yield made


@pytest.fixture
def studio(project: Path) -> Path:
    """A project whose two shots have to be bought."""
    (project / "refs").mkdir()
    shutil.copy(REFS / "gift.png", project / "refs")
    (project / "s.yaml").write_text(dedent(BOARD), encoding="utf-8")
    return project


@pytest.fixture
def configured(tmp_path: Path, environment: dict[str, str]) -> Callable[[str], Path]:
    """Write the user's config file."""

    def write(text: str) -> Path:
        path = tmp_path / "config" / "r2v" / "config.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        environment["XDG_CONFIG_HOME"] = str(tmp_path / "config")
        return path

    return write


@pytest.fixture
def change(studio: Path) -> Callable[[str, str], None]:
    """Replace words of the storyboard."""

    def apply(old: str, new: str) -> None:
        text = (studio / "s.yaml").read_text("utf-8")
        assert old in text
        (studio / "s.yaml").write_text(text.replace(old, new), encoding="utf-8")

    return apply


class Terminal:
    """One command on a terminal of 100 columns, typed at like by a person who reads first."""

    def __init__(self, words: list[str], cwd: Path, environ: dict[str, str]) -> None:
        import fcntl
        import termios

        self._master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))

        def own_terminal() -> None:
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(
            [sys.executable, "-m", "r2v_pipeline", *words],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=cwd,
            env={**environ, "TERM": "xterm"},
            preexec_fn=own_terminal,
        )
        os.close(slave)
        self.shown = ""

    def read_until(self, text: str, timeout_s: float = 60) -> str:
        """All that was shown so far, up to where this stands in it."""
        end = time.monotonic() + timeout_s
        while text not in self.shown:
            assert self._more(end), f"it never said {text!r}: {self.shown}"
        return self.shown

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def finish(self, timeout_s: float = 60) -> tuple[int, str]:
        """The exit code, and everything that was shown."""
        end = time.monotonic() + timeout_s
        while self._more(end):
            pass
        try:
            return self.process.wait(max(end - time.monotonic(), 1)), self.shown
        finally:
            self.close()

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        if self._master >= 0:
            os.close(self._master)
            self._master = -1

    def _more(self, end: float) -> bool:
        while time.monotonic() < end:
            if select.select([self._master], [], [], 0.1)[0]:
                try:
                    data = os.read(self._master, 65536)
                except OSError:  # Linux: the last one who had it open has closed it
                    return False
                self.shown += data.decode("utf-8", "replace").replace("\r\n", "\n")
                return bool(data)
            if self.process.poll() is not None:
                return False
        return False


@pytest.fixture
def terminal(studio: Path, environment: dict[str, str]) -> Iterator[Callable[..., Terminal]]:
    """Start a command on a terminal: `terminal("build", "s.yaml")`."""
    opened: list[Terminal] = []

    def start(*words: str, **variables: str) -> Terminal:
        opened.append(Terminal(list(words), studio, {**environment, **variables}))
        return opened[-1]

    yield start
    for each in opened:
        each.close()
    canary.heard(*(each.shown for each in opened))  # what is on a screen is read by nobody else
