"""The vendors' clock: it may run faster than ours and can be moved forward, never back, and survives a restart.

Lives of 24 and 48 hours are tested by moving it; everything that the sandbox writes down is in its time.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from email.utils import formatdate
from pathlib import Path

# Times in DashScope's answers are Beijing's, without saying so.
_BEIJING = timezone(timedelta(hours=8))


class Clock:
    """Seconds since the epoch at the vendors'.  It begins with this machine's time and goes on while nobody serves."""

    def __init__(self, file: Path, speed: float = 1.0, real: Callable[[], float] = time.time) -> None:
        self._file, self._real, self.speed = file, real, speed
        self._moved = asyncio.Event()
        if file.exists():
            kept = json.loads(file.read_text())
            passed = max(0.0, real() - kept["ours"])
            self._anchor(kept["theirs"] + passed * kept["speed"])
        else:
            self._anchor(real())

    def now(self) -> float:
        """What time it is at the vendors'."""
        return self._theirs + max(0.0, self._real() - self._ours) * self.speed

    def forward(self, seconds: float) -> None:
        """Let time pass at once; whoever waits for it goes on."""
        self._anchor(self.now() + seconds)

    def run_at(self, speed: float) -> None:
        """Run so many times as fast as this machine's clock."""
        now = self.now()
        self.speed = speed
        self._anchor(now)

    async def until(self, at: float) -> None:
        """Return when it is `at`, also when the clock is moved meanwhile."""
        while (left := at - self.now()) > 0:
            moved = self._moved
            try:
                await asyncio.wait_for(moved.wait(), min(left / self.speed, 3600.0))
            except TimeoutError:
                continue

    def _anchor(self, theirs: float) -> None:
        self._ours, self._theirs = self._real(), theirs
        part = self._file.with_suffix(".part")
        part.write_text(json.dumps({"ours": self._ours, "theirs": theirs, "speed": self.speed}))
        part.replace(self._file)
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()


def http_date(at: float) -> str:
    """As HTTP writes it."""
    return formatdate(at, usegmt=True)


def iso(at: float) -> str:
    """As JSON is used to: UTC, milliseconds."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def beijing(at: float) -> str:
    """As DashScope writes it: UTC+8, and no word about that."""
    return datetime.fromtimestamp(at, _BEIJING).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def from_beijing(text: str) -> float:
    """A `YYYYMMDDhhmmss` of DashScope's listing.

    Raises:
        ValueError: it is none.
    """
    return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=_BEIJING).timestamp()
