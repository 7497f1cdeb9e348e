"""`status --watch`: on a terminal the state of the project in one place, elsewhere a line for each thing that changes.

It only reads.  The storyboard is followed too: a saved change shows with the next look, and while it has errors what
was right last stands.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from r2v_pipeline.cli.stages.front import Options, compiled, paint_for, read, show
from r2v_pipeline.cli.stages.naming import words_for
from r2v_pipeline.compile.jobs import Compilation
from r2v_pipeline.diagnostics import has_errors
from r2v_pipeline.execute import state_dir
from r2v_pipeline.report.status import Row, Store, line, to_text
from r2v_pipeline.source.signature import Signature, signature

# Seconds between two looks.
EVERY_S = 1.0
INTERRUPTED = 130

_BROKEN = "The storyboard has errors now (see r2v check); this is how it was before."

Rows = Callable[[Path, Compilation, float], Iterable[Row]]
Stored = Callable[[Path, Compilation], Store]
Display = Callable[[str, list[Row]], None]


class _Board:
    """A storyboard as it was last right."""

    def __init__(self, file: str, options: Options) -> None:
        self._file, self._options = file, options
        self._looked: dict[str, Signature] = {}
        self.compilation: Compilation | None = None
        self.state, self.named = Path(), ""
        self.broken = False

    def refresh(self) -> None:
        """Reads it again when a file of it has changed.  Only the first time is what is wrong said."""
        if self.compilation and all(signature(name) == seen for name, seen in self._looked.items()):
            return
        front = read(self._file, self._options)
        self._looked = dict(front.disk.looked)
        made, found = compiled(front) if front.expanded else (None, ())
        self.broken = made is None or has_errors(found)
        if self.compilation is None:
            show((*front.diagnostics, *found))
            root, sandbox = Path(front.disk.root), self._options.sandbox
            self.state = state_dir.locate(root, within=self._options.within)
            self.named = words_for(root, front.path, sandbox=sandbox)
        if not self.broken:
            self.compilation = made


def watch(file: str, options: Options, rows: Rows, stored: Stored, every_s: float = EVERY_S) -> int:
    """130 when it is interrupted, which is the only way it ends; 1 when the storyboard is wrong from the start."""
    board = _Board(file, options)
    board.refresh()
    if board.compilation is None:
        return 1
    paint = paint_for(sys.stdout)
    try:
        with _display() as display:
            while True:
                board.refresh()
                now = time.time()
                found = list(rows(board.state, board.compilation, now))
                text = to_text(found, stored(board.state, board.compilation), now, paint, board.named)
                display(text + (f"\n{_BROKEN}\n" if board.broken else ""), found)
                time.sleep(every_s)
    except KeyboardInterrupt:
        return INTERRUPTED


@contextmanager
def _display() -> Iterator[Display]:
    if not sys.stdout.isatty() or os.environ.get("TERM") in ("dumb", "unknown"):
        yield _Lines()
        return
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    console = Console(file=sys.stdout, force_terminal=True, markup=False, emoji=False, highlight=False)
    with Live(console=console, auto_refresh=False, vertical_overflow="ellipsis") as live:
        yield lambda text, _: live.update(Text.from_ansi(text), refresh=True)


class _Lines:
    """The whole at first, then what differs from the last look."""

    def __init__(self) -> None:
        self._last: dict[str, Row] | None = None

    def __call__(self, text: str, rows: list[Row]) -> None:
        now = {row.name: row for row in rows}
        if self._last is None:
            sys.stdout.write(text)
        else:
            for name, row in now.items():
                before = self._last.get(name)
                if before is None or (before.state, before.since) != (row.state, row.since):
                    sys.stdout.write(f"{line(row)}\n")
        sys.stdout.flush()
        self._last = now
