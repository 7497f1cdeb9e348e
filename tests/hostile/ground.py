"""Where hostile input is tried: a project, the command run on it, and what every answer has to be.

Small cases share this process, which is what `main` makes of a command line; what could take time or memory runs as a
command of its own, under limits.  `@row(n)` names the row of the list of bad input (rows.md) that a test automates.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

SECONDS = 2.0
MEMORY = 512 << 20

HEAD = "r2v: 1\ntitle: T\n"
SHOT = "shots:\n  - {id: a, prompt: A lamp sways., duration: 5s}\n"
BOARD = HEAD + SHOT

# The smallest that passes for each.
PNG = b"\x89PNG\r\n\x1a\n" + bytes(24)
MP4 = b"\0\0\0\x18ftypisom" + bytes(24)
WAV = b"RIFF\x24\0\0\0WAVEfmt " + bytes(24)

# What may reach no terminal: controls but the line break, bidirectional marks, lone surrogates.
_RAW = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

# A storyboard is fine when it is loaded by itself, and hostile as soon as something is done with it in one process.
_LIMITED = """
import resource, sys
limit = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
from r2v_pipeline.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


def row(*numbers: int) -> Callable[[Any], Any]:
    """Names the rows that a test automates; test_rows.py counts them."""

    def mark(test: Any) -> Any:
        test.rows = numbers
        return test

    return mark


class Answer(NamedTuple):
    """What a command said: its exit code, its diagnostics as (code, line), everything it wrote."""

    rc: int
    found: list[tuple[str, int]]
    out: str

    @property
    def codes(self) -> list[str]:
        return [code for code, _ in self.found]


class Ground:
    """A project in a folder of its own, which is the current one."""

    def __init__(self, root: Path, environment: dict[str, str], cache: Path, capsys: Any) -> None:
        self.root, self.environment, self.cache, self._capsys = root, environment, cache, capsys

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content)
        return path

    def check(self, text: str | bytes | None = None, *options: str, name: str = "s.yaml") -> Answer:
        """`r2v check` of a storyboard, both forms; holds the answer against everything that any answer has to be."""
        from r2v_pipeline.cli.main import main

        if text is not None:
            self.write(name, text)
        before = self.snapshot()
        begun = time.monotonic()
        rc = main(["check", name, *options])
        shown = self._capsys.readouterr()
        assert time.monotonic() - begun < SECONDS
        assert rc == main(["check", name, "--format", "json", *options])
        listed = self._capsys.readouterr()
        assert before == self.snapshot(), "something was written into the project"
        answer = _answer(rc, shown.out, listed.out, shown.err + listed.err)
        if rc == 1:
            assert not list(self.cache.rglob("*")), "a refused storyboard left something in the cache"
        return answer

    def said(self, *arguments: str) -> Answer:
        """Any command in this process: its exit code and everything it wrote, as it is."""
        from r2v_pipeline.cli.main import main

        rc = main(list(arguments))
        shown = self._capsys.readouterr()
        return Answer(rc, [], shown.out + shown.err)

    def run(self, *arguments: str) -> Answer:
        """Any command in this process; its standard output alone."""
        from r2v_pipeline.cli.main import main

        rc = main(list(arguments))
        shown = self._capsys.readouterr()
        _answer(rc, shown.out, "", shown.err)
        return Answer(rc, [], shown.out)

    def free(self, *arguments: str, seconds: float = 60) -> Answer:
        """A command of its own, without limits but the clock's; it may write."""
        command = [sys.executable, "-m", "r2v_pipeline", *arguments]
        done = subprocess.run(
            command, cwd=self.root, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True,
            timeout=seconds, check=False,
        )  # fmt: skip
        return Answer(done.returncode, [], (done.stdout + done.stderr).decode("utf-8"))

    def refused(self, text: str | bytes | None, *codes: str, name: str = "s.yaml") -> Answer:
        """`check` of what has to be refused with exactly these codes, sorted by place."""
        answer = self.check(text, name=name)
        assert (1, list(codes)) == (answer.rc, answer.codes), answer.out
        return answer

    def accepted(self, text: str | bytes | None = None, name: str = "s.yaml") -> Answer:
        """`check` of what is right, warnings aside."""
        answer = self.check(text, name=name)
        assert 0 == answer.rc, answer.out
        return answer

    def limited(self, *arguments: str, seconds: float = SECONDS, memory: int = MEMORY) -> Answer:
        """A command of its own, under a limit on memory (its address space) and time (started interpreter included).

        The wall clock of a busy machine says little, so the limit is held against processor time, of it and of what it
        started; ten times as much ends it.
        """
        before = self.snapshot()
        used = os.times()
        done = subprocess.run(
            [sys.executable, "-c", _LIMITED, str(memory), *arguments],
            cwd=self.root,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=10 * seconds,
            check=False,
        )
        after = os.times()
        spent = after.children_user + after.children_system - used.children_user - used.children_system
        assert spent < seconds, f"{spent:.1f} s of processor time"
        assert before == self.snapshot(), "something was written into the project"
        text = done.stdout.decode("utf-8")
        listed = text if "json" in arguments else ""
        return _answer(done.returncode, "" if listed else text, listed, done.stderr.decode("utf-8"))

    def snapshot(self) -> dict[str, tuple[int, int, int]]:
        """Every name below the project and beside it, with size, time of change and kind."""
        found = {}
        for path in [*self.root.parent.rglob("*")]:
            stat = path.lstat()
            found[str(path)] = (stat.st_size if not path.is_dir() else 0, stat.st_mtime_ns, stat.st_mode)
        return found


def _answer(rc: int, shown: str, listed: str, err: str) -> Answer:
    assert rc in (0, 1, 2), f"exit code {rc}: {err}{shown}"
    for text in (shown, err):
        assert not _RAW.search(text), repr(_RAW.search(text))
        assert "Traceback" not in text
        assert not any(line.startswith(("::", "##[")) for line in text.splitlines())
    found: list[tuple[str, int]] = []
    if listed:
        assert not _RAW.search(listed)
        found = [(d["code"], d["line"]) for d in json.loads(listed)["diagnostics"]]
        assert (rc == 1) is any(d["severity"] == "error" for d in json.loads(listed)["diagnostics"])
    return Answer(rc, found, shown + err + listed)


def cast(text: str, prompt: str = "A room with {{ mia }}.") -> str:
    """A storyboard with this cast, whose one shot shows mia."""
    return f"{HEAD}cast:\n  {text}\nshots:\n  - {{id: a, prompt: '{prompt}', duration: 5s}}\n"


def text(prompt: str) -> str:
    """A storyboard with one text, as JSON writes it."""
    return f"{HEAD}shots:\n  - {{id: a, prompt: {json.dumps(prompt)}, duration: 5s}}\n"
