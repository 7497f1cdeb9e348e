"""`r2v check FILE…`: every mistake, before anything is spent."""

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from r2v_pipeline.cli import verdicts
from r2v_pipeline.cli.front import (
    Front,
    Options,
    add_storyboard_options,
    options_of,
    read,
    storyboard_or_only,
)
from r2v_pipeline.diagnostics import Diagnostic, has_errors
from r2v_pipeline.errors import UsageError
from r2v_pipeline.source.signature import Signature

if TYPE_CHECKING:
    import argparse


class Request(NamedTuple):
    """A parsed command line."""

    files: list[str]
    options: Options = Options()
    format: str = "text"
    select: str = ""
    ignore: str = ""
    every: bool = False
    strict: bool = False
    affected: bool = False
    fix: bool = False
    diff: bool = False


def run(arguments: list[str]) -> int:
    """Exit code 1 when a storyboard has an error that is spoken of, or with `--strict` a warning, else 0."""
    started = verdicts.now_ns()
    given = _parse(arguments)
    if given.fix or given.diff:
        from r2v_pipeline.cli.mending import run as mend

        return mend(given.files or [storyboard_or_only("")], given.options, diff=given.diff)
    every: list[Diagnostic] = []
    looked: dict[str, Signature] = {}
    clean: list[str] = []
    for file, front in _fronts(given):
        every.extend(front.diagnostics)
        looked.update(front.disk.looked)
        if front.expanded and not has_errors(front.diagnostics):
            board = front.expanded.storyboard
            clean.append(f"{_shown(file)}: {_shots(len(board.shots))}, {_outcome(front.diagnostics)}\n")
    found = _spoken_of(every, given)
    text = _report(found, given, len(every) - len(found), "".join(clean))
    sys.stdout.write(text)
    if has_errors(found) or (given.strict and found):
        return 1
    if given.files and not given.affected and not has_errors(every):
        verdicts.record(["check", *arguments], looked, [], text, started)
    return 0


def _fronts(given: Request) -> Iterable[tuple[str, Front]]:
    if given.affected:
        from r2v_pipeline.cli.affected import affected

        return affected(given.files, given.options)
    files = given.files or [storyboard_or_only("")]
    return ((file, read(file, given.options, prompts=False)) for file in files)


def _spoken_of(found: list[Diagnostic], given: Request) -> list[Diagnostic]:
    """What `--select` and `--ignore` leave."""
    if not given.select and not given.ignore:
        return found
    from r2v_pipeline.cli.selecting import chosen

    speaks_of = chosen(given.select, given.ignore)
    return [d for d in found if speaks_of(d.code)]


def _report(found: list[Diagnostic], given: Request, unsaid: int, clean: str) -> str:
    """What goes to standard output; a storyboard without mistakes needs no report loaded for that."""
    if not found and not unsaid and given.format in ("text", "github"):
        return clean
    from r2v_pipeline.cli.reporting import report

    return report(found, given.format, every=given.every, unsaid=unsaid, clean=clean)


def _shown(file: str) -> str:
    """A file's name; the guard against hostile ones is loaded for a name that needs it."""
    if file.isascii() and file.isprintable() and "::" not in file and "##" not in file:
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


def _parse(arguments: list[str]) -> Request:
    """Plain file names need no argparse, whose import is a tenth of what a small check costs."""
    if not any(word.startswith("-") for word in arguments):
        return Request(arguments)
    given = _parser().parse_intermixed_args(arguments)
    options = options_of(given)
    rest = {name: getattr(given, name) for name in Request._fields if name not in ("files", "options")}
    request = Request(given.files, options, **rest)
    _agree(request)
    return request


def _agree(given: Request) -> None:
    """Raises `UsageError` for options that contradict each other."""
    if (given.fix or given.diff) and (given.format != "text" or given.select or given.ignore or given.affected):
        raise UsageError("--fix and --diff mend whole files and take no --format, --select, --ignore or --affected")
    if given.affected and not given.files:
        raise UsageError("--affected needs the files that changed", "r2v check --affected FILE…")


def _parser() -> "argparse.ArgumentParser":
    import argparse

    parser = argparse.ArgumentParser(
        "r2v check", description="Every mistake of a storyboard, before anything is spent."
    )
    add = parser.add_argument
    add("files", nargs="*", metavar="FILE", help="storyboards; default: the project's only one")
    add("--format", choices=("text", "json", "github", "sarif"), default="text")
    add("--select", default="", metavar="CODES", help="speak only of these: R2V304,R2V2 (a beginning stands for all)")
    add("--ignore", default="", metavar="CODES", help="do not speak of these; the longer of two beginnings decides")
    add("--all", dest="every", action="store_true", help="every mistake in full, also a thousand of one kind")
    add("--strict", action="store_true", help="exit code 1 for warnings too")
    add("--fix", action="store_true", help="mend what has one right answer, in the file")
    add("--diff", action="store_true", help="show what --fix would change, and change nothing")
    add("--affected", action="store_true", help="FILEs are whatever changed: check the storyboards that read them")
    add_storyboard_options(parser)
    return parser
