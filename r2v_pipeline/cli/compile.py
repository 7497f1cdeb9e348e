"""`r2v compile FILE`: the prompts, the binding of names to references, the request bodies."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from r2v_pipeline.cli import verdicts
from r2v_pipeline.cli.stages.front import (
    Front,
    add_storyboard_options,
    compiled,
    is_locked,
    lock_of,
    options_of,
    paint_for,
    read,
    show,
)
from r2v_pipeline.cli.stages.front import storyboard_or_only as only
from r2v_pipeline.cli.stages.recall import Tell, recall, remember
from r2v_pipeline.diagnostics import has_errors
from r2v_pipeline.plan.select import select
from r2v_pipeline.report.compile import Form, json_form, text_form


def run(arguments: list[str]) -> int:
    """Exit code 1 when the storyboard is wrong; the result goes to stdout, what is wrong to stderr."""
    started = verdicts.now_ns()
    given = _parser().parse_intermixed_args(arguments)
    file, options, json = only(given.file), options_of(given), given.format == "json"
    paint, width = paint_for(sys.stdout), _width()
    form = json_form() if json else text_form(paint, width)
    kind = ["compile", given.format, repr(paint), str(width)]
    if not given.shot and (recalled := recall(kind, file, options, started, _teller(form))):
        _print(form, recalled.told, json=json)
        return 0
    front = read(file, options)
    show(front.diagnostics)
    if front.expanded is None:
        return 1
    compilation, found = compiled(front)
    show(found)
    if compilation is None or has_errors(found):
        return 1
    shots, unknown = select(compilation, tuple(given.shot))
    if unknown:
        show(unknown)
        return 2
    told = form.entries(compilation, shots)
    _print(form, told.values(), json=json)
    if not given.shot and not found:
        remember(kind, file, front, started, told)
    return 0


def _teller(form: Form) -> Tell:
    def tell(front: Front, ids: list[str], same: bool) -> Mapping[str, bytes] | None:
        """The renders of some shots.  A lock finds renamed shots by the ids of all: other ids, and it may mean others
        than those that are asked here."""
        take_of = None
        if is_locked(front):
            from r2v_pipeline.cli.locked.locking import chooser

            if not same:
                return None
            take_of = chooser(lock_of(front), ids, (), Path(front.disk.root))
        compilation, found = compiled(front, take_of)
        return None if compilation is None or found else form.entries(compilation, None)

    return tell


def _print(form: Form, told: Iterable[bytes | memoryview], *, json: bool) -> None:
    if json:
        sys.stdout.buffer.writelines(form.whole(told))  # the same bytes in any locale
    else:
        sys.stdout.write(b"".join(form.whole(told)).decode())


def _width() -> int:
    from shutil import get_terminal_size

    return max(40, min(get_terminal_size((100, 24)).columns, 110))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("r2v compile", description="The prompts and requests of a storyboard.")
    parser.add_argument("file", nargs="?", default="", metavar="FILE")
    parser.add_argument(
        "--shot", action="append", default=[], metavar="ID", help="only these shots (id, glob, tag:NAME, …)"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text")
    add_storyboard_options(parser)
    return parser
