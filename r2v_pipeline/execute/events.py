"""What a build tells while it runs: at most twenty kinds of event, the same for a terminal, a file and a test.

Versioned as 1: a new kind or a new field may appear within a version, a field never changes its meaning.

================  ==========================================================================================
kind              fields beside `job` (a job id, empty where the event is about the whole build)
================  ==========================================================================================
build             storyboard, output, shots, film_ms
plan              verbs (map verb -> count), renders (renders to make), low_micros, high_micros, currency
submitted         provider, attempt, used_ms
progress          fraction (0 to 1)
stored            blob (sha256), seconds (wall clock of this attempt), shot
reused            blob, shot
failed            code, message, again (another build may succeed), shot
held              message, shot
declined          message, shot (the budget does not allow it)
detached          message, shot (it goes on at its provider, longer than this build waits)
frame             blob, shot (a picture was taken out of a finished clip)
spliced           blob, shot, parts (the clips of a split shot were joined, so many)
joining           clips
join_progress     fraction
joined            film, frames, fps, duration_ms
note              text
interrupted       running (job ids that were given up or go on remotely)
done              exit_code, rendered, reused, failed, seconds
================  ==========================================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

KINDS = (
    "build",
    "plan",
    "submitted",
    "progress",
    "stored",
    "reused",
    "failed",
    "held",
    "declined",
    "detached",
    "frame",
    "spliced",
    "joining",
    "join_progress",
    "joined",
    "note",
    "interrupted",
    "done",
)


class Event(NamedTuple):
    """One thing that happened.  `at` is seconds since the build began; `data` holds only JSON values."""

    kind: str
    at: float
    job: str
    data: Mapping[str, Any]


class Reporter(Protocol):
    """The one seam through which execute and assemble speak.  Must not raise and must be quick."""

    def event(self, event: Event) -> None:
        """Called in order, from one thread."""
        ...
