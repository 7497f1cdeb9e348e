"""A build on a terminal: what is finished scrolls by above, what is at work and the whole stay at the bottom."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import IO, Any, cast

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from r2v_pipeline.execute.events import Event
from r2v_pipeline.report.safe import safe
from r2v_pipeline.report.tally import Tally
from r2v_pipeline.report.words import counted, elapsed

_BAR = 24
_REDRAWS_A_SECOND = 8

# Lines of the terminal that work may not take: the whole, the join, one for "more", one for what scrolls by.
_KEPT = 4


class Screen:
    """A live display.  rich redraws from a thread of its own, so the tally is read and written under a lock."""

    def __init__(
        self,
        output: IO[str] | Any,
        environ: Mapping[str, str],
        now: Callable[[], float],
        size: tuple[int, int] | None = None,
    ) -> None:
        """`size` is columns and lines; None: as the terminal is."""
        width, height = size or (None, None)
        self._console = Console(
            file=cast("IO[str]", output),
            force_terminal=True,
            no_color=bool(environ.get("NO_COLOR")),
            width=width,
            height=height,
            markup=False,
            emoji=False,
            highlight=False,
            _environ=environ,
        )
        self._now = now
        self._began = now()
        self._tally = Tally()
        self._lock = threading.Lock()
        self._live: Live | None = None

    def event(self, event: Event) -> None:
        """Finished things become lines above; that something starts is seen below."""
        with self._lock:
            self._began = self._now() - event.at
            lines = self._tally.event(event)
        if event.kind in ("done", "interrupted"):
            self.close()
        elif event.kind in ("submitted", "joining"):
            lines = lines[:-1]
            self._start()
        # Never under the lock: rich holds one of its own here, and takes ours while it draws.
        for line in lines:
            self._console.print(Text(line))

    def close(self) -> None:
        """Take the display away and give the cursor back."""
        live, self._live = self._live, None
        if live:
            live.stop()

    def _start(self) -> None:
        if self._live is None:
            self._live = Live(
                get_renderable=self._draw,
                console=self._console,
                refresh_per_second=_REDRAWS_A_SECOND,
                transient=True,
            )
            self._live.start()

    def _draw(self) -> RenderableType:
        with self._lock:
            at = self._now() - self._began
            return Group(*filter(None, (self._work(at), self._whole(at), self._join())))

    def _work(self, at: float) -> Table | None:
        work = list(self._tally.work.values())
        room = max(self._console.height - _KEPT, 1)
        table = Table.grid(padding=(0, 2, 0, 0))
        for item in work[:room]:
            table.add_row(
                Text(f"  {safe(item.job)}", no_wrap=True, overflow="ellipsis"),
                ProgressBar(total=1.0, completed=item.fraction or 0.0, width=_BAR, pulse=item.fraction is None),
                Text("" if item.fraction is None else f"{item.fraction:4.0%}", no_wrap=True),
                Text(elapsed(at - item.since), no_wrap=True),
                Text(safe(item.provider), style="dim", no_wrap=True, overflow="ellipsis"),
            )
        if len(work) > room:
            table.add_row(Text(f"  … and {len(work) - room} more"))
        return table if work else None

    def _whole(self, at: float) -> Table:
        tally = self._tally
        left = tally.left(at)
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_row(
            Text(f"{len(tally.ended)} of {counted(max(tally.total, len(tally.ended)), 'shot')}", no_wrap=True),
            ProgressBar(total=max(tally.total, 1), completed=len(tally.ended), width=_BAR),
            Text(elapsed(at), no_wrap=True),
            Text("" if left is None or not tally.work else f"about {elapsed(left)} left", no_wrap=True),
        )
        return table

    def _join(self) -> Table | None:
        if self._tally.joining is None:
            return None
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_row(Text("joining", no_wrap=True), ProgressBar(total=1.0, completed=self._tally.joining, width=_BAR))
        return table
