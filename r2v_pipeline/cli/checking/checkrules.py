"""`r2v.toml` of a project: which warnings its authors do not want to hear, and which count as errors.

It can say nothing else.  An error stays one whatever it says, since `plan` and `build` heed every error, and a stranger
who changes the file can hide no more than warnings, in a change that everybody sees.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from r2v_pipeline.diagnostics import Diagnostic, SourceText, Span, did_you_mean, error
from r2v_pipeline.explain.pages import code_of, codes
from r2v_pipeline.source.document import display
from r2v_pipeline.source.files import Disk, Unreadable
from r2v_pipeline.source.globs import Glob

NAME = "r2v.toml"
_WRONG = "R2V106"
_KEYS = ("errors", "ignore", "files")
_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")


class Rules(NamedTuple):
    """Beginnings of codes: of warnings that count as errors, of those that are not spoken of, and by glob of those that
    are not spoken of in some files."""

    root: str
    errors: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    files: tuple[tuple[Glob, tuple[str, ...]], ...] = ()

    def applied(self, found: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
        """The diagnostics as the project wants them.  The longest beginning that fits a code decides, `ignore` last."""
        return tuple(self._raised(d) for d in found if d.severity == "error" or not self._ignored(d))

    def _ignored(self, problem: Diagnostic) -> bool:
        unwanted = list(self.ignore)
        if problem.span:
            path = os.path.relpath(os.path.abspath(problem.span.file), self.root).replace(os.sep, "/")
            unwanted += [begin for glob, begins in self.files if glob.matches(path) for begin in begins]
        return _longest(problem.code, unwanted) > _longest(problem.code, self.errors)

    def _raised(self, problem: Diagnostic) -> Diagnostic:
        return problem._replace(severity="error") if _longest(problem.code, self.errors) >= 0 else problem


class _Wrong(Exception):
    """Something in the file that means nothing; `at` is the text that it is about."""

    def __init__(self, message: str, at: str, help: str = "") -> None:
        super().__init__(message)
        self.at, self.help = at, help


def rules(root: str) -> tuple[Rules, tuple[Diagnostic, ...]]:
    """What the file of a project says, and what is wrong with it: then it says nothing."""
    shown = display(root, NAME)
    try:
        text = Disk(root).text(NAME).decode("utf-8")
    except (Unreadable, UnicodeDecodeError) as why:
        said = "is not UTF-8" if isinstance(why, UnicodeDecodeError) else str(why)
        return Rules(root), (error(_WRONG, f"'{shown}' {said}", None),)
    source = SourceText(shown, text)
    import tomllib

    try:
        return _rules(root, tomllib.loads(text)), ()
    except tomllib.TOMLDecodeError as why:
        place = _PLACE.search(str(why))
        message = _PLACE.sub("", str(why)).strip()
        at = _offset(source, int(place[1]), int(place[2])) if place else len(text)
        return Rules(root), (error(_WRONG, f"this is no TOML: {message}", Span(source, at, at + 1)),)
    except RecursionError:
        return Rules(root), (error(_WRONG, f"'{shown}' is nested too deep", None),)
    except _Wrong as why:
        at = max(text.find(why.at), 0)
        return Rules(root), (error(_WRONG, str(why), Span(source, at, at + len(why.at)), why.help),)


def _rules(root: str, data: Mapping[str, Any]) -> Rules:
    _only(data, ("check",))
    table = _table(data, "check")
    _only(table, _KEYS)
    files = _table(table, "files")
    by_glob = tuple((Glob(glob), _codes(files, glob)) for glob in files)
    return Rules(root, _codes(table, "errors"), _codes(table, "ignore"), by_glob)


def _only(table: Mapping[str, Any], known: tuple[str, ...]) -> None:
    for key in table:
        if key not in known:
            raise _Wrong(f"'{key}' means nothing here", key, did_you_mean(key, known))


def _table(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = data.get(key, {})
    if not isinstance(value, dict):
        raise _Wrong(f"'{key}' is no table", key)
    return value


def _codes(table: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _Wrong(f"'{key}' is no list of codes", key, f'write {key} = ["R2V304"]')
    known = codes()
    for item in value:
        if not any(code.startswith(code_of(item)) for code in known):
            raise _Wrong(f"no code is or begins with '{item}'", item, "'r2v explain' lists them all")
    return tuple(code_of(item) for item in value)


def _longest(code: str, beginnings: tuple[str, ...] | list[str]) -> int:
    return max((len(begin) for begin in beginnings if code.startswith(begin)), default=-1)


def _offset(source: SourceText, line: int, column: int) -> int:
    before = sum(len(text) + 1 for text in source.text.split("\n")[: line - 1])
    return min(before + column - 1, len(source.text))
