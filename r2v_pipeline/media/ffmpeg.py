"""The ffmpeg program: which one, and running it.

Graphs are described with ffmpeg-python and turned into an argument list by its `compile`; its `run` is not used.  That
leaves the terminal to ffmpeg (which reads it), waits for ever, cannot tell how far it is, and hangs as soon as 64 kB
of messages fill a pipe that nobody empties.
"""

from __future__ import annotations

import contextlib
import os
import queue
import re
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple

from r2v_pipeline.errors import DiskTrouble, MediaTrouble

VARIABLE = "R2V_FFMPEG"
# 5.1 is the oldest release that has every option used here (-fps_mode, -movie_timescale); the long-term release of
# Debian 12.
OLDEST = (5, 1, 0)
STALL_S = 300.0
_TAIL = 2000
# A byte of a path for which there is no character, as Python has it, and as it is spelled for ffmpeg-python; so are the
# characters that would mean one.
_FILE, _BYTES = "file:", 0x10FF00
_SPELLED = re.compile("[\U0010ff80-\U0010ffff]+")
_UNSPEAKABLE = re.compile("[\udc80-\udcff\U0010ff80-\U0010ffff]+")
_INSTALL = f"install ffmpeg 5.1 or newer with libx264, or `pip install imageio-ffmpeg`, or name one in {VARIABLE}"


class Ffmpeg(NamedTuple):
    """A program that ran.  `version` is (major, minor, patch), `label` what it calls itself, `origin` who named it."""

    path: str
    version: tuple[int, int, int]
    label: str
    origin: str


class Missing(MediaTrouble):
    """No usable ffmpeg on this machine."""


def find() -> Ffmpeg:
    """The ffmpeg to use.

    `R2V_FFMPEG` decides when it is set, and a wrong value is an error, never a reason to look further.  Else the one
    on PATH, when it has x264 and is at least as new as the one that pip brought (imageio-ffmpeg); else pip's.  So a
    machine whose owner keeps ffmpeg up to date uses that, with its hardware and its security fixes, and every other
    machine gets a known one.

    Raises:
        Missing: there is none, or the one in R2V_FFMPEG does not run.
    """
    named = os.environ.get(VARIABLE, "")
    if named:
        chosen = inspect(shutil.which(named) or named, VARIABLE)
        if chosen is None:
            raise Missing(f"{VARIABLE}={named}: this is no ffmpeg 5.1 or newer with libx264", _INSTALL)
        return chosen
    on_path = shutil.which("ffmpeg")
    system = inspect(on_path, "PATH") if on_path else None
    bundled = _bundled()
    if system and (bundled is None or system.version >= bundled.version):
        return system
    if bundled is None:
        raise Missing("no ffmpeg found that can join the film", _INSTALL)
    return bundled


def inspect(path: str, origin: str) -> Ffmpeg | None:
    """What a program says of itself; None when it does not run, is older than 5.1, or was built without x264."""
    try:
        told = subprocess.run(
            [path, "-nostdin", "-version"], stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=True
        ).stdout.decode("utf-8", "replace")
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    named = re.match(r"ffmpeg version (\S+)", told)
    version = _version(told)
    if named is None or version < OLDEST or "--enable-libx264" not in told:
        return None
    return Ffmpeg(path, version, named[1], origin)


def _version(told: str) -> tuple[int, int, int]:
    """Out of `-version`.  A build from Git has no number; its libavcodec does: 59 is ffmpeg 5, 59.37 is 5.1."""
    release = re.match(r"ffmpeg version n?(\d+)\.(\d+)(?:\.(\d+))?", told)
    if release:
        return int(release[1]), int(release[2]), int(release[3] or 0)
    library = re.search(r"libavcodec\s+(\d+)\.\s*(\d+)", told)
    if library is None:
        return 0, 0, 0
    major, minor = int(library[1]), int(library[2])
    return major - 54, int(major == 59 and minor >= 37), 0


def _bundled() -> Ffmpeg | None:
    try:
        from imageio_ffmpeg import get_ffmpeg_exe

        path = shutil.which(get_ffmpeg_exe())
    except (ImportError, RuntimeError, OSError):
        return None
    return inspect(path, "imageio-ffmpeg") if path else None


def file_url(path: Path | str) -> str:
    """A path as ffmpeg takes it without guessing: not an option (`-x.mp4`), not a protocol (`http:x.mp4`).

    ffmpeg-python takes text only, and a path is bytes: what is not UTF-8 is spelled in characters that nobody uses,
    until `run`.
    """
    return _FILE + _UNSPEAKABLE.sub(_spelled, os.path.abspath(path))


def _spelled(found: re.Match[str]) -> str:
    return "".join(chr(_BYTES | byte) for byte in os.fsencode(found[0]))


def _as_it_is(word: str) -> str:
    """A word of a command line, `file_url` taken back."""
    if not word.startswith(_FILE):
        return word
    return _SPELLED.sub(lambda found: os.fsdecode(bytes(ord(char) & 0xFF for char in found[0])), word)


def source(path: Path | str, **options: Any) -> Any:
    """An input node for a local file; whatever the file contains, it opens nothing but files."""
    import ffmpeg

    return ffmpeg.input(file_url(path), protocol_whitelist="file", **options)


def run(
    ffmpeg: Ffmpeg,
    node: Any,
    target: Path,
    *,
    seconds: float = 0.0,
    report: Callable[[float], None] | None = None,
    stall_s: float = STALL_S,
) -> None:
    """Run an ffmpeg-python graph whose output is `part_of(target)`, and give the result its name when all went well.

    `report` hears fractions of `seconds`, the length of the output.  ffmpeg and what it started are killed when nothing
    moves for `stall_s` seconds, and on any exception here, `KeyboardInterrupt` included; the unfinished file goes too.

    Raises:
        MediaTrouble: ffmpeg failed or stood still; the message ends with its last words.
        DiskTrouble: the result cannot be given its name.
    """
    import ffmpeg as graphs

    argv = graphs.compile(node, cmd=ffmpeg.path, overwrite_output=True)
    part = part_of(target)
    if file_url(part) not in argv:
        raise ValueError(f"the graph does not write {part}")
    argv = [_as_it_is(word) for word in argv]
    argv[1:1] = ["-hide_banner", "-nostdin", "-v", "error", "-nostats", "-progress", "pipe:1"]
    try:
        _call(argv, target.name, seconds, report, stall_s)
        if not part.exists() or not part.stat().st_size:
            raise MediaTrouble(f"ffmpeg wrote nothing for {target.name} and did not say why")
        os.replace(part, target)
    except OSError as error:
        raise DiskTrouble(f"{target}: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)


def part_of(target: Path) -> Path:
    """The name under which ffmpeg writes: beside the target, so that giving it its name is one step."""
    return target.with_name(f".{target.stem}.{os.getpid()}.part{target.suffix}")


def _call(
    argv: Sequence[str], what: str, seconds: float, report: Callable[[float], None] | None, stall_s: float
) -> None:
    # FFREPORT makes every ffmpeg write a log file into the current folder.
    environment = {name: value for name, value in os.environ.items() if name != "FFREPORT"}
    with tempfile.TemporaryFile() as errors, _child(argv, errors, environment) as (process, lines):
        try:
            while (line := lines.get(timeout=stall_s)) is not None:
                at = re.match(rb"out_time_us=(\d+)", line)
                if at and report and seconds:
                    report(min(1.0, int(at[1]) / 1e6 / seconds))
            code = process.wait(timeout=stall_s)
        except (queue.Empty, subprocess.TimeoutExpired):
            raise MediaTrouble(f"ffmpeg stood still for {stall_s:.0f} s on {what} and was stopped") from None
        if code:
            errors.seek(max(0, errors.seek(0, os.SEEK_END) - _TAIL))
            words = errors.read().decode("utf-8", "replace").strip()
            raise MediaTrouble(f"ffmpeg failed on {what} (status {code}): {words or 'it did not say why'}")


@contextlib.contextmanager
def _child(
    argv: Sequence[str], errors: IO[bytes], environment: dict[str, str]
) -> Iterator[tuple[subprocess.Popen[bytes], queue.SimpleQueue[bytes | None]]]:
    """ffmpeg and the lines of its progress (None: it closed them); gone, with all it started, when the block is left.

    A process group of its own: Ctrl-C reaches only us, and killing it leaves nobody behind.  A thread reads the lines,
    because a pipe has no time-out of its own.
    """
    try:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=environment,
            start_new_session=True,
        )
    except OSError as error:
        raise Missing(f"{argv[0]} cannot be started: {error.strerror}", _INSTALL) from None
    lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
    reader = threading.Thread(target=_read, args=(process, lines), daemon=True)
    with process:
        try:
            reader.start()
            yield process, lines
        finally:
            if process.poll() is None:
                _kill_group(process)
            reader.join()


def _read(process: subprocess.Popen[bytes], lines: queue.SimpleQueue[bytes | None]) -> None:
    for line in process.stdout or ():
        lines.put(line)
    lines.put(None)


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """At once: ffmpeg holds nothing worth a polite goodbye, its file is thrown away."""
    with contextlib.suppress(ProcessLookupError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()
