"""Progress in a log, into a pipe that closes, and on a terminal."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from r2v_pipeline.execute.events import Event
from r2v_pipeline.report.live import Screen
from r2v_pipeline.report.progress import Lines, Output, progress

SUBMITTED = {"provider": "wan", "attempt": 1, "used_ms": 2000}


def build(*shots: str) -> Iterator[Event]:
    """All events of a build that renders these shots one after the other."""
    about = {"storyboard": "a.yaml", "output": "build/a", "shots": len(shots), "film_ms": 2000}
    yield Event("build", 0.0, "", about)
    yield Event(
        "plan", 0.0, "", {"verbs": {}, "renders": len(shots), "low_micros": 0, "high_micros": 0, "currency": ""}
    )
    for i, shot in enumerate(shots):
        yield Event("submitted", i, shot, SUBMITTED)
        yield Event("progress", i + 0.5, shot, {"fraction": 0.5})
        yield Event("stored", i + 1.0, shot, {"blob": "ab", "seconds": 1.0, "shot": shot})
    yield Event("joining", 9.0, "", {"clips": len(shots)})
    yield Event("join_progress", 9.5, "", {"fraction": 0.5})
    yield Event("joined", 10.0, "", {"film": "film.mp4", "frames": 60, "fps": 30, "duration_ms": 2000})
    yield Event("done", 10.0, "", {"exit_code": 0, "rendered": len(shots), "reused": 0, "failed": 0, "seconds": 10.0})


class Terminal(io.StringIO):
    """Text that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def shown(stream: io.StringIO, **environ: str) -> str:
    """What a build of two shots writes there."""
    with_progress = progress(stream, environ)
    for event in build("s01", "s02"):
        with_progress.event(event)
    with_progress.close()
    return stream.getvalue()


LOG = """\
s01 starts (wan)
[1/2] s01 rendered in 1.0 s
s02 starts (wan)
[2/2] s02 rendered in 1.0 s
joining 2 clips
film.mp4: 2 s, 60 frames at 30 fps
2 rendered in 10.0 s
"""


def test_a_log() -> None:
    assert LOG == shown(io.StringIO())


@pytest.mark.parametrize("term", ["dumb", "unknown"])
def test_a_terminal_that_cannot_draw_gets_a_log(term: str) -> None:
    assert LOG == shown(Terminal(), TERM=term)


def test_a_log_does_not_load_rich(environment: dict[str, str]) -> None:
    code = (
        "import sys, os; from r2v_pipeline.report.progress import progress;"
        "progress(sys.stdout, os.environ).close(); print('rich' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert "False\n" == done.stdout


def test_characters_that_the_stream_cannot_say() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, "ascii", write_through=True)
    Output(stream).write("码头 ok\n")
    assert b"\\u7801\\u5934 ok\n" == raw.getvalue()


def test_a_closed_stream_is_not_written_to() -> None:
    stream = io.StringIO()
    lines = Lines(Output(stream))
    stream.close()
    for event in build("s01"):
        lines.event(event)
    assert stream.closed


BUILD = """\
import os, sys
sys.path.insert(0, sys.argv[1])
from test_progress import build
from r2v_pipeline.report.progress import progress

reporter = progress(sys.stdout, os.environ)
for event in build(*(f"s{i:03}" for i in range(400))):
    reporter.event(event)
reporter.close()
print("said nothing of it", file=sys.stderr)
"""


def test_a_reader_that_leaves_does_not_end_the_build(environment: dict[str, str]) -> None:
    """As `r2v build | head -1`: no traceback, also none when Python flushes its own buffers at the end."""
    command = [sys.executable, "-c", BUILD, str(Path(__file__).parent)]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, env=environment, **pipes) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        assert b"s000 starts (wan)\n" == child.stdout.readline()
        child.stdout.close()
        assert b"said nothing of it\n" == child.stderr.read()
        assert 0 == child.wait(30)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_under_the_log_does_not_end_the_build(environment: dict[str, str]) -> None:
    command = [sys.executable, "-c", BUILD, str(Path(__file__).parent)]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, env=environment, stdout=full, stderr=subprocess.PIPE, check=False, timeout=30)
    assert (0, b"said nothing of it\n") == (done.returncode, done.stderr)


def screen(stream: io.StringIO, size: tuple[int, int] = (100, 20), **environ: str) -> Screen:
    """A terminal of a known size, at a time that stands still."""
    return Screen(Output(stream), environ, lambda: 12.0, size)


def test_a_terminal_keeps_the_finished_lines_and_takes_the_rest_away() -> None:
    text = shown(Terminal(), TERM="xterm-256color")
    assert "[1/2] s01 rendered in 1.0 s" in text
    assert "2 rendered in 10.0 s" in text.rstrip().splitlines()[-1]
    assert "s01 starts" not in text
    assert text.count("\x1b[?25l") == text.count("\x1b[?25h"), "the cursor is given back"


def drawn(*events: Event, size: tuple[int, int] = (100, 20)) -> str:
    """What stands at the bottom after these events."""
    shown = screen(io.StringIO(), size)
    for event in events:
        shown.event(event)
    out = io.StringIO()
    Console(file=out, width=size[0], height=size[1], color_system=None).print(shown._draw())
    shown.close()
    return out.getvalue()


def test_work_the_whole_and_the_time_left() -> None:
    events = list(build("s01", "s02", "s03"))
    text = drawn(*events[:7])
    work, whole = text.splitlines()
    assert work.split()[0] == "s02"
    assert work.split()[-4:] == ["50%", "0.5", "s", "wan"]
    assert whole.startswith("1 of 3 shots")
    assert whole.rstrip().endswith("1.5 s  about 1.5 s left")


def test_joining_has_a_bar() -> None:
    events = [event for event in build("s01") if event.kind not in ("joined", "done")]
    assert ["1 of 1 shot", "joining"] == [line[:11].rstrip(" ━") for line in drawn(*events).splitlines()]


def test_more_work_than_lines() -> None:
    about = Event("build", 0.0, "", {"storyboard": "", "output": "", "shots": 50, "film_ms": 0})
    lines = drawn(about, *(Event("submitted", 0.0, f"s{i}", SUBMITTED) for i in range(50)), size=(80, 10)).splitlines()
    assert "  … and 44 more" == lines[6].rstrip()
    assert 8 == len(lines)


def test_a_shot_cannot_act_on_the_terminal() -> None:
    evil = "s01\x1b[2J\x07[red]"
    stream = Terminal()
    shown = screen(stream)
    for event in [*build(evil), Event("note", 10.0, "", {"text": "[bold]\x9b2J"})]:
        shown.event(event)
    shown.close()
    text = stream.getvalue()
    assert "[1/1] s01\\x1b[2J\\x07[red] rendered" in text
    assert "note: [bold]\\x9b2J" in text
    assert "\x07" not in text
    assert "\x1b[2J" not in text


def test_no_color() -> None:
    """Movement is not colour: the cursor still goes, the palette does not."""
    coloured, plain = shown(Terminal(), TERM="xterm-256color"), shown(Terminal(), TERM="xterm-256color", NO_COLOR="1")
    palette = r"\x1b\[[\d;]*\b(?:3[0-8]|9[0-7])[\d;]*m"
    assert re.search(palette, coloured)
    assert not re.search(palette, plain)


def test_redraws_and_events_do_not_meet() -> None:
    """rich draws from its own thread while events come in: many of both, and no failure in either."""
    failures: list[object] = []
    stream = Terminal()
    shown = screen(stream)
    previous, threading.excepthook = threading.excepthook, failures.append
    try:
        for event in build(*(f"s{i}" for i in range(300))):
            shown.event(event)
            if event.kind == "submitted" and shown._live:
                shown._live.refresh()
    finally:
        shown.close()
        threading.excepthook = previous
    assert [] == failures
    assert "[300/300] s299 rendered" in stream.getvalue()


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a pseudo-terminal")
def test_a_real_terminal_that_goes_away(environment: dict[str, str]) -> None:
    """The window is closed: the build goes on to its end without a word."""
    ours, theirs = os.openpty()
    command = [sys.executable, "-c", BUILD, str(Path(__file__).parent)]
    variables = {**environment, "TERM": "xterm"}
    with subprocess.Popen(
        command, env=variables, stdout=theirs, stderr=subprocess.PIPE, start_new_session=True
    ) as child:
        assert child.stderr is not None
        os.close(theirs)
        seen = b""
        while b"rendered" not in seen:
            seen += os.read(ours, 65_536)
        os.close(ours)
        import canary  # the programs that these tests start import this module without it

        canary.heard(seen)
        assert b"said nothing of it\n" == child.stderr.read()
        assert 0 == child.wait(60)
