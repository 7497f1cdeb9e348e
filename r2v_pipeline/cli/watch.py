"""`r2v watch FILE`: after every save what is wrong, what changes against a commit, and the free animatic, drawn anew.

It can never spend: it plans nothing, knows no provider's client, and what draws is a process of its own that has only
the client that does (beside.py, previewing.py).  Files are asked for their times again and again, which works on every
disk.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress

from r2v_pipeline.cli.beside import Preview
from r2v_pipeline.cli.diff import compare
from r2v_pipeline.cli.stages.front import (
    Options,
    add_storyboard_options,
    options_of,
    paint_for,
    show,
    storyboard_or_only,
)
from r2v_pipeline.cli.stages.sides import Side, Trees, followed, side, trees
from r2v_pipeline.diagnostics import has_errors
from r2v_pipeline.errors import EnvironmentTrouble, UsageError
from r2v_pipeline.report.diagnostics import count_text
from r2v_pipeline.report.diff import to_text
from r2v_pipeline.report.diff_words import in_sentence
from r2v_pipeline.report.safe import safe, safe_lines
from r2v_pipeline.report.words import counted, elapsed
from r2v_pipeline.source.files import Disk, project_root
from r2v_pipeline.source.signature import Signature, signature

# Seconds between two looks; a save is over when two looks see the same.
EVERY_S = 0.25
INTERRUPTED = 130

Say = Callable[[str], None]


def run(arguments: list[str]) -> int:
    """130: somebody ends it, and nothing else does."""
    given = _parser().parse_intermixed_args(arguments)
    file = storyboard_or_only(given.file, "r2v watch FILE")
    if not os.path.isfile(file):
        raise UsageError(f"there is no storyboard '{file}'")
    gc.enable()  # every round leaves a storyboard behind
    with ExitStack() as stack:
        preview = stack.enter_context(Preview(file, options_of(given), _say)) if given.draw else None
        with suppress(KeyboardInterrupt):
            _Watcher(file, options_of(given), given.against, preview, _say).follow()
    return INTERRUPTED


def _say(text: str) -> None:
    """Something for a person to read now, whoever reads it."""
    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {safe_lines(text)}\n")
    sys.stdout.flush()


class _Watcher:
    """The storyboard as it was last read, and the commit that it is compared with."""

    def __init__(self, file: str, options: Options, against: str, preview: Preview | None, say: Say) -> None:
        self.file, self.options, self.against, self.preview, self.say = file, options, against, preview, say
        self.looked: dict[str, Signature] = {}
        self.history: dict[str, Signature] = {}
        self.told = ""
        self.base: tuple[Trees, Side] | None = None
        self.stack = ExitStack()

    def follow(self) -> None:
        """Reads, tells, waits for a change, and again."""
        with self.stack:
            while True:
                if _moved(self.history) or not self.history:
                    self._open()
                self._read()
                while not _moved(self.looked) and not _moved(self.history):
                    time.sleep(EVERY_S)
                    if self.preview:
                        self.preview.look()
                _until_still({**self.looked, **self.history})

    def _open(self) -> None:
        """The commit to compare with, compiled once; where there is none, that is said and the rest goes on."""
        self.stack.close()
        self.base = None
        try:
            both = self.stack.enter_context(trees(self.file, self.against))
            self.history = {name: signature(name) for name in both.marks}
            path = followed(both.base, both.head, os.path.relpath(os.path.abspath(self.file), both.root))
            self.base = both, side(both.base.name, both.base, path, self.options)
        except (UsageError, EnvironmentTrouble) as why:
            if self.against and not self.history:
                raise
            git = os.path.join(project_root(self.file), ".git")
            self.history = {name: signature(name) for name in (git, f"{git}/HEAD", f"{git}/logs/HEAD")}
            self.say(f"nothing to compare with: {why.message}")
        if self.base and self.base[1].is_broken:
            found = count_text(self.base[1].diagnostics)
            self.say(f"nothing to compare with: {in_sentence(self.base[1].name)} does not compile ({found})")

    def _read(self) -> None:
        began = time.monotonic()
        disk = Disk(project_root(self.file))
        path = os.path.relpath(os.path.abspath(self.file), disk.root).replace(os.sep, "/")
        now = side("the working tree", disk, path, self.options)
        self.looked = dict(disk.looked)
        if now.is_broken:
            self.told = ""
            self.say(f"{safe(self.file)}: {count_text(now.diagnostics)}")
            show(now.diagnostics)
            return
        self._tell(now, time.monotonic() - began)
        if self.preview:
            self.preview.draw()

    def _tell(self, now: Side, spent: float) -> None:
        assert now.version is not None
        shots = counted(len(now.version.compilation.storyboard.shots), "shot")
        warnings = "" if not now.diagnostics else f", {count_text(now.diagnostics)}"
        head = f"{self.file}: {shots}, no errors{warnings} ({elapsed(spent)})"
        text = self._compared(now)
        self.say(head if text != self.told else f"{head}, as before")
        if now.diagnostics and not has_errors(now.diagnostics) and text != self.told:
            show(now.diagnostics)
        if text != self.told and text:
            sys.stdout.write(text)
            sys.stdout.flush()
        self.told = text

    def _compared(self, now: Side) -> str:
        if self.base is None or self.base[1].is_broken:
            return ""
        both, base = self.base
        return to_text(compare(both, base, now), paint_for(sys.stdout))


def _moved(seen: dict[str, Signature]) -> bool:
    return any(signature(name) != before for name, before in seen.items())


def _until_still(seen: dict[str, Signature]) -> None:
    """Waits until a save is over: an editor may write a file in several steps, or take it away for a moment."""
    before: dict[str, Signature] = {}
    while True:
        now = {name: signature(name) for name in seen}
        if now == before:
            return
        before = now
        time.sleep(EVERY_S / 2)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "r2v watch", description="After every save: what is wrong, what changes against a commit, the free animatic."
    )
    parser.add_argument("file", nargs="?", default="", metavar="FILE", help="default: the project's only storyboard")
    parser.add_argument("--against", default="", metavar="REV", help="compare with this revision (default: HEAD)")
    parser.add_argument("--no-preview", dest="draw", action="store_false", help="draw no animatic")
    add_storyboard_options(parser)
    return parser
