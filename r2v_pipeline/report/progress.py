"""What a build is doing, told while it does it: in a log line by line, on a terminal in place.

Without a terminal there is one line when a shot starts and one when it ends.  With one, live.py draws; rich is imported
only then.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Protocol, TextIO

from r2v_pipeline.execute.events import Event, Reporter
from r2v_pipeline.report.tally import Tally


class Progress(Reporter, Protocol):
    """A reporter on a screen, which has to be given back: call `close` on every way out."""

    def close(self) -> None:
        """Draw nothing more; harmless when repeated."""
        ...


class Output:
    """A stream that may go away while it is written to: `r2v build | head -1` builds on, silently.

    The stream's file descriptor is then pointed at the null device, or Python's own last flush would fail aloud.
    Characters that the stream cannot encode are written as escapes.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._gone = False

    @property
    def encoding(self) -> str:
        """What the stream can say; rich chooses its box characters by it."""
        return self._stream.encoding or "ascii"

    def write(self, text: str) -> int:
        """All of the text, or nothing any more."""
        if not self._gone:
            try:
                self._stream.write(text)
            except UnicodeEncodeError:
                self.write(text.encode(self.encoding, "backslashreplace").decode(self.encoding))
            except (OSError, ValueError):
                self._leave()
        return len(text)

    def flush(self) -> None:
        """As `write`: a pipe without a reader shows only now."""
        if not self._gone:
            try:
                self._stream.flush()
            except (OSError, ValueError):
                self._leave()

    def _leave(self) -> None:
        self._gone = True
        with suppress(OSError, ValueError):
            null = os.open(os.devnull, os.O_WRONLY)
            try:
                os.dup2(null, self._stream.fileno())
            finally:
                os.close(null)


class Lines:
    """The log of a build without a terminal."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._tally = Tally()

    def event(self, event: Event) -> None:
        """Every line is flushed: whoever reads a CI log wants to know where a build hangs."""
        for line in self._tally.event(event):
            self._output.write(f"{line}\n")
            self._output.flush()

    def close(self) -> None:
        """Nothing is held."""


def progress(stream: TextIO, environ: Mapping[str, str], now: Callable[[], float] = time.monotonic) -> Progress:
    """The reporter that fits where the output goes; `environ` decides by TERM and NO_COLOR."""
    output = Output(stream)
    if not stream.isatty() or environ.get("TERM") in ("dumb", "unknown"):
        return Lines(output)
    from r2v_pipeline.report.live import Screen

    return Screen(output, environ, now)
