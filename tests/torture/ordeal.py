"""Three bought shots and whatever can be done to the command while it buys them.

Every trial has a project and an account of its own at one vendor.  What was accepted is read off the vendor's bill,
never off anything that r2v wrote; what a person would have to decide is decided as one would who looks into the
vendor's account first.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from textwrap import dedent
from typing import NamedTuple

import canary

from r2v_pipeline.canonical import digest_bytes
from r2v_pipeline.providers.fake.bill import Job
from r2v_pipeline.providers.fake.server import Running

REFS = Path(__file__).parents[2] / "examples" / "storyboards" / "refs"
MANY = bool(os.environ.get("R2V_TORTURE"))
MODES = ("idempotent", "findable", "opaque")
SHOTS = ("one", "two", "three")
# The last begins with the last picture of the one before it, so the order is not all free.
BOARD = """
r2v: 1
title: Three bought shots
cast: {{gift: {{kind: object, image: refs/gift.png}}}}
film: {{size: {size}, fps: 24}}
defaults: {{render: {{provider: fake-{mode}, resolution: 480p}}}}
shots:
  - {{id: one, prompt: "{{{{ gift }}}} lies in the snow.", duration: 1s}}
  - {{id: two, prompt: "{{{{ gift }}}} stands on a table.", duration: 1s}}
  - {{id: three, prompt: "{{{{ gift }}}} falls.", duration: 1s, first_frame: {{from: {{shot: two, frame: last}}}}}}
"""
# Of the size in which the vendor delivers, clips are copied; of another they are encoded again, piece by piece.
AS_DELIVERED, SMALLER = "854x480", "64x36"
# A vendor that renders in no time need not be waited for as a real one.
QUICK = "usual_s=0.002,poll_every_s=0.001,pause_s=0.02,settle_s=0.05,submit_s=10,ask_s=10"
# Exit codes that a build which was hit may end with: done, a file that cannot be read, some failed, a person decides,
# the machine is in the way; -9 is the kill itself.
MAY_END = frozenset((0, 1, 4, 5, 7, -9))
LEFTOVERS = (".film-", ".joining-", ".r2v-")


class Ended(NamedTuple):
    """How a process ended and what it said, both streams in one."""

    rc: int
    said: str


class Trial:
    """One project with its account, and the command as a user starts it."""

    def __init__(
        self, folder: Path, vendor: Running, environment: Mapping[str, str], mode: str, size: str = AS_DELIVERED,
        options: str = QUICK,
        key: str = "",
    ) -> None:  # fmt: skip
        self.folder, self.mode, self._vendor = folder, mode, vendor
        # Begins as the canary does, so that it is watched for.
        self.key = key or f"{canary.KEYS['R2V_FAKE_KEY']}{digest_bytes(str(folder).encode())[:24]}"
        (folder / "refs").mkdir(parents=True)
        (folder / ".git").mkdir()
        shutil.copy(REFS / "gift.png", folder / "refs")
        (folder / "s.yaml").write_text(dedent(BOARD.format(mode=mode, size=size)), encoding="utf-8")
        mine = {"R2V_FAKE_KEY": self.key, "R2V_FAKE_OPTIONS": options}
        self.environment = {**environment, **vendor.environment(), **mine}

    def start(self, *words: str, before: Sequence[str] = ()) -> subprocess.Popen[bytes]:
        """A command under way, `before` being the program that runs it.

        `-P`, since looking for modules in the project would be hundreds of calls that no installed r2v makes.
        """
        return self._start([*before, sys.executable, "-P", "-m", "r2v_pipeline", *words])

    def _start(self, command: Sequence[str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command, cwd=self.folder, env=self.environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def run(self, *words: str, before: Sequence[str] = (), timeout_s: float = 120) -> Ended:
        """A command to its end."""
        return self._ended(self.start(*words, before=before), timeout_s)

    def run_program(self, command: Sequence[str], timeout_s: float = 120) -> Ended:
        """Another program to its end, in the same surroundings."""
        return self._ended(self._start(command), timeout_s)

    @staticmethod
    def _ended(process: subprocess.Popen[bytes], timeout_s: float) -> Ended:
        try:
            said, _ = process.communicate(timeout=timeout_s)
        finally:
            process.kill()
            process.wait()
        return Ended(process.returncode, said.decode("utf-8"))

    def build(self, before: Sequence[str] = ()) -> Ended:
        return self.run("build", "s.yaml", "--yes", before=before)

    @property
    def film(self) -> Path:
        return self.folder / "build" / "s" / "film.mp4"

    def accepted(self) -> list[Job]:
        """What the vendor has taken on for this account, read off its bill."""
        account = digest_bytes(self.key.encode())[:12]
        return [job for job in list(self._vendor.server.vendor.bill.jobs.values()) if job.account == account]

    def settle(self) -> None:
        """What a person does about held shots: looks whether the vendor has each, and says so."""
        there = {str(job.body["label"]): job.id for job in self.accepted()}
        for shot in self._query("SELECT DISTINCT shot FROM attempt WHERE state = 'submitting'"):
            word = ("--found", there[shot]) if shot in there else ("--never-ran",)
            self.run("resolve", shot, "-f", "s.yaml", *word)

    def mended(self, film: bytes | None, *, tidy: bool = True, done: Ended | None = None) -> str:
        """Build without faults until the film is there; empty, or what is wrong with what came of it.  `film` None:
        its bytes are not compared.

        `tidy` False: what is left over may be, since it was the tidying up that failed.  `done`: a build that ended
        well in spite of its fault is looked at as it is.
        """
        done = done if done and not done.rc else self.build()
        if done.rc == 5 and self.mode != "idempotent":
            if twice := self._twice():
                return twice
            self.settle()
            done = self.build()
        if done.rc:
            return f"built again it ended {done.rc}: {done.said}"
        return self._twice() or self._unaccounted() or (self._left() if tidy else "") or self._differs(film, done.said)

    def _twice(self) -> str:
        count = Counter(str(job.body["label"]) for job in self.accepted())
        return f"accepted: {dict(count)}" if max(count.values(), default=0) > 1 else ""

    def _unaccounted(self) -> str:
        """What is billed is what the journal knows by its handles, to the cent."""
        if {str(job.body["label"]) for job in self.accepted()} != set(SHOTS):
            return f"not all was bought: {self.accepted()}"
        known = self._query("SELECT json_extract(handle, '$.job') FROM attempt WHERE handle IS NOT NULL")
        if {*known} != {job.id for job in self.accepted()}:
            return f"billed {self.accepted()}, known {known}"
        owed, billed = sum(self._query("SELECT micros FROM balance")), sum(job.billed for job in self.accepted())
        return "" if owed == billed else f"owed {owed}, billed {billed}"

    def _left(self) -> str:
        """Nothing temporary may outlive the build that mends."""
        tmp = [path.name for path in (self.folder / ".r2v" / "tmp").glob("*")]
        odd = [path.name for path in self.folder.rglob("*") if path.name.startswith(LEFTOVERS) or ".birth" in path.name]
        return f"left {tmp + odd}" if tmp or odd else ""

    def _differs(self, film: bytes | None, said: str) -> str:
        if not self.film.exists():
            return f"there is no film: {said}"
        return "" if film in (None, self.film.read_bytes()) else "the film is another one"

    def _query(self, sql: str) -> list:
        with closing(sqlite3.connect(self.folder / ".r2v" / "state.db")) as journal:
            return [row[0] for row in journal.execute(sql)]


def complaint(ended: Ended) -> str:
    """What is wrong with how a build that was hit ended; empty when nothing is."""
    if ended.rc not in MAY_END:
        return f"it ended {ended.rc}: {ended.said}"
    return f"a traceback: {ended.said}" if "Traceback" in ended.said else ""
