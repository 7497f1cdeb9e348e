"""Build events as JSON lines for a program, and several listeners behind one reporter.

A clip that was paid for matters more than telling about it: a full disk under the event file or a defect in one
listener is mentioned once to the others and never reaches the build.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, TextIO

from r2v_pipeline.execute.events import Event, Reporter

VERSION = 1


class EventFile:
    """`--events FILE`: one JSON object a line, each on the disk as soon as it happened, the version in the first."""

    def __init__(self, path: str, trouble: Callable[[str], None]) -> None:
        """`trouble` is called at most once, with a sentence, when the file cannot be written; the rest is dropped."""
        self._path = path
        self._trouble = trouble
        self._file: TextIO | None = None
        try:
            self._file = open(path, "w", encoding="utf-8", newline="\n")  # noqa: SIM115  (closed by close)
        except (OSError, ValueError) as error:  # ValueError: a NUL in the name
            self._give_up(error)
        self._write({"version": VERSION, "kind": "version"})

    def event(self, event: Event) -> None:
        """The event's own fields beside `kind`, `at` and `job`, which they cannot hide."""
        own = {"kind": event.kind, "at": round(event.at, 3), "job": event.job}
        self._write({**own, **event.data, **own})

    def close(self) -> None:
        """Nothing more will come."""
        file, self._file = self._file, None
        if file:
            try:
                file.close()
            except OSError as error:
                self._give_up(error)

    def __enter__(self) -> EventFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _write(self, value: dict[str, Any]) -> None:
        if self._file is None:
            return
        try:
            self._file.write(json.dumps(value, separators=(",", ":")) + "\n")
            self._file.flush()
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        file, self._file = self._file, None
        if file:
            with suppress(OSError):  # what its buffer holds cannot be written either
                file.close()
        why = error.strerror if isinstance(error, OSError) and error.strerror else error
        self._trouble(f"no events are written to {self._path}: {why}")


class Fan:
    """Tells every listener; one that fails is not asked again."""

    def __init__(self, *reporters: Reporter) -> None:
        self._reporters = list(reporters)

    def event(self, event: Event) -> None:
        """In the listeners' order, each whatever became of the others."""
        failed: list[tuple[Reporter, Exception]] = []
        for reporter in self._reporters:
            try:
                reporter.event(event)
            except Exception as error:  # a listener's defect must not end a build that is paid for
                failed.append((reporter, error))
        gone = [reporter for reporter, _ in failed]
        self._reporters = [reporter for reporter in self._reporters if reporter not in gone]
        for reporter, defect in failed:
            text = f"{type(reporter).__name__} stopped listening: {defect!r}"
            self.event(Event("note", event.at, event.job, {"text": text}))
