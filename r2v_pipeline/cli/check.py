"""`r2v check FILE…`: every mistake, before anything is spent."""

import sys
from typing import TYPE_CHECKING, NamedTuple

from r2v_pipeline.cli import verdicts
from r2v_pipeline.cli.front import Options, add_storyboard_options, options_of, paint_for, read, storyboard_or_only
from r2v_pipeline.diagnostics import Diagnostic, has_errors
from r2v_pipeline.source.signature import Signature

if TYPE_CHECKING:
    import argparse


class Request(NamedTuple):
    """A parsed command line."""

    files: list[str]
    format: str
    options: Options


def run(arguments: list[str]) -> int:
    """Exit code 1 when any storyboard has an error, else 0."""
    started = verdicts.now_ns()
    given = _parse(arguments)
    found: list[Diagnostic] = []
    looked: dict[str, Signature] = {}
    clean: list[str] = []
    for file in given.files or [storyboard_or_only("")]:
        front = read(file, given.options, prompts=False)
        found.extend(front.diagnostics)
        looked.update(front.disk.looked)
        if front.expanded and not has_errors(front.diagnostics):
            board = front.expanded.storyboard
            clean.append(f"{_shown(file)}: {_shots(len(board.shots))}, {_outcome(front.diagnostics)}\n")
    text = _json(found) if given.format == "json" else _text(found) + "".join(clean)
    sys.stdout.write(text)
    if has_errors(found):
        return 1
    if given.files:
        verdicts.record(["check", *arguments], looked, [], text, started)
    return 0


def _shown(file: str) -> str:
    """A file's name; the guard against hostile ones is loaded for a name that needs it."""
    if file.isascii() and file.isprintable() and "::" not in file:
        return file
    from r2v_pipeline.report.safe import safe

    return safe(file)


def _shots(number: int) -> str:
    return "1 shot" if number == 1 else f"{number} shots"


def _outcome(diagnostics: tuple[Diagnostic, ...]) -> str:
    if not diagnostics:
        return "no mistakes"
    from r2v_pipeline.report.diagnostics import count_text

    return count_text(diagnostics)


def _text(found: list[Diagnostic]) -> str:
    if not found:
        return ""
    from r2v_pipeline.report.diagnostics import to_text

    return to_text(found, paint_for(sys.stdout))


def _json(found: list[Diagnostic]) -> str:

    from r2v_pipeline.report.diagnostics import to_json
    from r2v_pipeline.report.safe import safe_json

    return safe_json(to_json(found)) + "\n"


def _parse(arguments: list[str]) -> Request:
    """Plain file names need no argparse, whose import is a tenth of what a small check costs."""
    if not any(word.startswith("-") for word in arguments):
        return Request(arguments, "text", Options())
    given = _parser().parse_intermixed_args(arguments)
    return Request(given.file, given.format, options_of(given))


def _parser() -> "argparse.ArgumentParser":
    import argparse

    parser = argparse.ArgumentParser(
        "r2v check", description="Every mistake of a storyboard, before anything is spent."
    )
    parser.add_argument("file", nargs="*", metavar="FILE", help="storyboards; default: the project's only one")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    add_storyboard_options(parser)
    return parser
