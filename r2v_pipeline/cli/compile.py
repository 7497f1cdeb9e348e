"""`r2v compile FILE`: the prompts, the binding of names to references, the request bodies."""

from __future__ import annotations

import argparse
import sys

from r2v_pipeline.cli.front import add_storyboard_options, compiled, options_of, paint_for, read, show
from r2v_pipeline.cli.front import storyboard_or_only as only
from r2v_pipeline.diagnostics import has_errors
from r2v_pipeline.plan.select import select
from r2v_pipeline.report.compile import to_json, to_text
from r2v_pipeline.report.safe import safe_json


def run(arguments: list[str]) -> int:
    """Exit code 1 when the storyboard is wrong; the result goes to stdout, what is wrong to stderr."""
    given = _parser().parse_intermixed_args(arguments)
    front = read(only(given.file), options_of(given))
    show(front.diagnostics)
    if front.expanded is None:
        return 1
    compilation, found = compiled(front)
    show(found)
    if compilation is None or has_errors(found):
        return 1
    shots, found = select(compilation, tuple(given.shot))
    if found:
        show(found)
        return 2
    if given.format == "json":
        text = safe_json(to_json(compilation, shots)) + "\n"
        sys.stdout.buffer.write(text.encode("utf-8"))  # the same bytes in any locale
    else:
        sys.stdout.write(to_text(compilation, shots, paint_for(sys.stdout), _width()))
    return 0


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
