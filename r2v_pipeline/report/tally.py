"""What a build has told so far, and the line that each event is worth in a log.

Pure: events in, counts and sentences out.  The plain log and the live display read the same tally.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from r2v_pipeline.execute.events import Event
from r2v_pipeline.report.safe import safe
from r2v_pipeline.report.words import counted, elapsed, number

# Reused shots are counted silently, and told before one of these.
_SAYING = ("submitted", "stored", "spliced", "failed", "held", "declined", "detached", "joining", "interrupted", "done")


class Work(NamedTuple):
    """A render under way; times are seconds since the build began, `fraction` is None where nobody tells."""

    job: str
    provider: str
    since: float
    fraction: float | None


class Tally:
    """Counts of one build.

    `total` is the number of shots, `ended` those with a clip or without hope of one: a split shot ends when its parts
    are joined, or the first of them fails.  `joining` is the joined part of the film, None while it is not being
    joined.
    """

    def __init__(self) -> None:
        self.total = 0
        self.ended: set[str] = set()
        self.work: dict[str, Work] = {}
        self.joining: float | None = None
        self._reused = 0
        # Renders that this build has to make, and those that it need not wait for any more.
        self._renders = 0
        self._over: set[str] = set()
        self._seconds: list[float] = []
        self._began: float | None = None

    def event(self, event: Event) -> list[str]:
        """Take note; returns the lines to print, none for what only moves a bar."""
        handler = getattr(self, f"_on_{event.kind}", None)
        lines: list[str] = handler(event, event.data) if handler else []
        if self._reused and event.kind in _SAYING:
            lines = [f"{counted(self._reused, 'shot')} reused", *lines]
            self._reused = 0
        return [safe(line) for line in lines]

    def left(self, at: float) -> float | None:
        """Seconds until all is rendered, judged by what is; None before anything is.

        What was done since the first submit tells the pace, however many render side by side.  A render that tells
        nothing counts by its age against the average.
        """
        if not self._seconds or self._began is None or at <= self._began:
            return None
        average = sum(self._seconds) / len(self._seconds) or 1.0
        part = 0.0
        for work in self.work.values():
            guess = min((at - work.since) / average, 0.95)
            part += guess if work.fraction is None else work.fraction
        done = len(self._seconds) + part
        missing = max(self._renders - len(self._over) - part, 0.0)
        return missing * (at - self._began) / done

    def _on_build(self, _: Event, data: Any) -> list[str]:
        self.total = data["shots"]
        return []

    def _on_plan(self, _: Event, data: Any) -> list[str]:
        self._renders = data["renders"]
        return []

    def _on_submitted(self, event: Event, data: Any) -> list[str]:
        self._began = event.at if self._began is None else self._began
        self.work[event.job] = Work(event.job, data["provider"], event.at, None)
        again = f", attempt {data['attempt']}" if data["attempt"] > 1 else ""
        return [f"{event.job} starts ({data['provider']}{again})"]

    def _on_progress(self, event: Event, data: Any) -> list[str]:
        if event.job in self.work:
            self.work[event.job] = self.work[event.job]._replace(fraction=data["fraction"])
        return []

    def _on_stored(self, event: Event, data: Any) -> list[str]:
        self._seconds.append(data["seconds"])
        return [f"{self._count(event, _whole(event))} {event.job} rendered in {elapsed(data['seconds'])}"]

    def _on_reused(self, event: Event, _: Any) -> list[str]:
        shot = _whole(event)
        if shot and shot not in self.ended:
            self._reused += 1
            self.ended.add(shot)
        return []

    def _on_spliced(self, event: Event, data: Any) -> list[str]:
        return [f"{self._count(event, _whole(event))} {event.job} joined out of {counted(data['parts'], 'part')}"]

    def _on_failed(self, event: Event, data: Any) -> list[str]:
        later = "; the next build tries again" if data["again"] else ""
        return [f"{self._counted(event, data)} ({data['code']}){later}"]

    def _on_held(self, event: Event, data: Any) -> list[str]:
        return [self._counted(event, data)]

    def _on_declined(self, event: Event, data: Any) -> list[str]:
        return [self._counted(event, data)]

    def _on_detached(self, event: Event, data: Any) -> list[str]:
        return [self._counted(event, data)]

    def _on_joining(self, _: Event, data: Any) -> list[str]:
        self.joining = 0.0
        return [f"joining {counted(data['clips'], 'clip')}"]

    def _on_join_progress(self, _: Event, data: Any) -> list[str]:
        self.joining = data["fraction"]
        return []

    def _on_joined(self, _: Event, data: Any) -> list[str]:
        self.joining = None
        length = f"{number(data['duration_ms'], 1000)} s"
        return [f"{data['film']}: {length}, {counted(data['frames'], 'frame')} at {data['fps']} fps"]

    def _on_note(self, event: Event, data: Any) -> list[str]:
        return [f"note: {event.job}: {data['text']}" if event.job else f"note: {data['text']}"]

    def _on_interrupted(self, _: Event, data: Any) -> list[str]:
        self.work.clear()
        going: dict[str, str] = data["going"]
        if not going:
            return ["interrupted; r2v build goes on from here"]
        who = ", ".join(sorted({*going.values()}))
        one = len(going) == 1
        what = f"{next(iter(going))} goes" if one else f"{counted(len(going), 'render')} go"
        return [f"interrupted: {what} on at {who}; r2v build collects {'it' if one else 'them'}"]

    def _on_done(self, _: Event, data: Any) -> list[str]:
        self.work.clear()
        parts = [f"{data[word]} {word}" for word in ("rendered", "reused", "failed") if data[word]]
        nothing = "nothing rendered" if data["exit_code"] else "nothing to do"
        return [f"{', '.join(parts) or nothing} in {elapsed(data['seconds'])}"]

    def _count(self, event: Event, shot: str) -> str:
        """The number of shots that have ended, now with this one (with none where it is empty)."""
        self.work.pop(event.job, None)
        if event.kind != "spliced":
            self._over.add(event.job)
        self.ended.update({shot} - {""})
        return f"[{len(self.ended)}/{max(self.total, len(self.ended))}]"

    def _counted(self, event: Event, data: Any) -> str:
        """The same with a message, which names the job by itself."""
        return f"{self._count(event, data['shot'])} {data['message']}"


def _whole(event: Event) -> str:
    """The shot whose clip a job made: empty for a part of it, and for a picture out of it."""
    shot: str = event.data["shot"]
    return shot if event.job == shot else ""
