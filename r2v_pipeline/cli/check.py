"""`r2v check FILE…`: every mistake, before anything is spent."""

import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from r2v_pipeline.cli import cache, verdicts
from r2v_pipeline.cli.stages.front import (
    Front,
    Options,
    add_storyboard_options,
    options_of,
    read,
    storyboard_or_only,
)
from r2v_pipeline.diagnostics import Diagnostic, has_errors
from r2v_pipeline.errors import UsageError
from r2v_pipeline.source.files import project_root
from r2v_pipeline.source.signature import Signature, signature

if TYPE_CHECKING:
    import argparse


# What is kept of shots for this command.
_KIND = ["check"]

# Characters of a storyboard: a shorter one is read as quickly as what is known of it.
_LONG = 1 << 18


class Checked(NamedTuple):
    """One storyboard: what is wrong, what was looked at, and how many shots it has; None when they cannot be made."""

    diagnostics: tuple[Diagnostic, ...]
    looked: dict[str, Signature]
    shots: int | None


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
        from r2v_pipeline.cli.checking.mending import run as mend

        return mend(given.files or [storyboard_or_only("")], given.options, diff=given.diff)
    every: list[Diagnostic] = []
    looked: dict[str, Signature] = {}
    clean: list[str] = []
    for file, checked in _checked(given, started):
        checked = _by_the_rules(file, checked)
        every.extend(checked.diagnostics)
        looked.update(checked.looked)
        if checked.shots is not None:
            clean.append(f"{_shown(file)}: {_shots(checked.shots)}, {_outcome(checked.diagnostics)}\n")
        elif not checked.diagnostics:
            clean.append(f"{_shown(file)}: a lock, no mistakes\n")
    found = _spoken_of(every, given)
    text = _report(found, given, len(every) - len(found), "".join(clean))
    sys.stdout.write(text)
    if has_errors(found) or (given.strict and found):
        return 1
    if given.files and not given.affected and not has_errors(every):
        verdicts.record(["check", *arguments], looked, [], text, started)
    return 0


def _checked(given: Request, started: int) -> Iterator[tuple[str, Checked]]:
    if given.affected:
        from r2v_pipeline.cli.checking.affected import affected

        for file, front in affected(given.files, given.options):
            yield file, _outcome_of(front)
    else:
        for file in given.files or [storyboard_or_only("")]:
            yield file, _check(file, given.options, started)


def _check(file: str, options: Options, started: int) -> Checked:
    """One storyboard; of a long one that was right before only the shots that have changed since."""
    if file.endswith(".lock.yaml"):
        from r2v_pipeline.cli.locked.lockcheck import read_lock

        return Checked(*read_lock(file), None)
    if os.path.exists(cache.shots_path(_KIND, file, options)):
        from r2v_pipeline.cli.stages.recall import recall

        recalled = recall(_KIND, file, options, started)
        if recalled:
            return Checked((), recalled.looked, recalled.shots)
    front = read(file, options, prompts=False)
    if sum(len(part.data.source.text) for part in front.parts) >= _LONG:
        from r2v_pipeline.cli.stages.recall import remember

        remember(_KIND, file, front, started)
    return _outcome_of(front)


def _by_the_rules(file: str, checked: Checked) -> Checked:
    """What the project's own r2v.toml makes of it; nearly no project has one."""
    root = project_root(file)
    path = os.path.join(root, "r2v.toml")
    seen = signature(path)
    checked = checked._replace(looked={**checked.looked, path: seen})
    if seen is None:
        return checked
    from r2v_pipeline.cli.checking.checkrules import rules

    said, found = rules(root)
    return checked._replace(diagnostics=(*found, *said.applied(checked.diagnostics)))


def _outcome_of(front: Front) -> Checked:
    shots = len(front.expanded.storyboard.shots) if front.expanded else None
    return Checked(front.diagnostics, front.disk.looked, shots)


def _spoken_of(found: list[Diagnostic], given: Request) -> list[Diagnostic]:
    """What `--select` and `--ignore` leave."""
    if not given.select and not given.ignore:
        return found
    from r2v_pipeline.cli.checking.selecting import chosen

    speaks_of = chosen(given.select, given.ignore)
    return [d for d in found if speaks_of(d.code)]


def _report(found: list[Diagnostic], given: Request, unsaid: int, clean: str) -> str:
    """What goes to standard output; a storyboard without mistakes needs no report loaded for that."""
    if not found and not unsaid and given.format in ("text", "github"):
        return clean
    from r2v_pipeline.cli.checking.reporting import report

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
