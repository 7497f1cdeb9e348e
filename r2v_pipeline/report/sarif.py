"""Diagnostics as SARIF 2.1.0, the form that code scanning and editors read.

A rule is a code with its explain page, a result is a diagnostic.  Places are relative to the root of the sources, whose
own place is left open (`%SRCROOT%`): where a checkout lies is nobody's business, and differs from machine to machine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

from r2v_pipeline import __version__
from r2v_pipeline.diagnostics import Diagnostic, Edit, Span
from r2v_pipeline.explain.pages import codes, page

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
ROOT = "%SRCROOT%"


def to_sarif(diagnostics: Sequence[Diagnostic], path: Callable[[str], str], unsaid: int = 0) -> dict[str, Any]:
    """One run with every diagnostic, and a rule for each code that occurs.

    `path` makes a file's name its path below the root of the sources; `unsaid` counts what a filter left out.
    """
    used = sorted({d.code for d in diagnostics})
    known = frozenset(codes())
    numbers = {code: number for number, code in enumerate(used)}
    results = _Results(path)
    run: dict[str, Any] = {
        "tool": {"driver": {"name": "r2v", "version": __version__, "rules": [_rule(c, c in known) for c in used]}},
        "originalUriBaseIds": {ROOT: {"description": {"text": "The root of the repository."}}},
        "columnKind": "unicodeCodePoints",
        "results": [results.result(d, numbers[d.code]) for d in diagnostics],
    }
    if unsaid:
        run["properties"] = {"unsaid": unsaid}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: str, has_page: bool) -> dict[str, Any]:
    """A code of a provider from elsewhere has no page, and stands by its name alone."""
    if not has_page:
        return {"id": code}
    told = page(code)
    return {
        "id": code,
        "shortDescription": {"text": told.title},
        "fullDescription": {"text": told.section("What it is")},
        "help": {"text": told.section("How to mend"), "markdown": told.text},
        "defaultConfiguration": {"level": "warning" if told.severity.startswith("warning") else "error"},
    }


class _Results:
    """Diagnostics as results, with the files under the names that `path` gives them."""

    def __init__(self, path: Callable[[str], str]) -> None:
        self._path = path

    def result(self, d: Diagnostic, rule: int) -> dict[str, Any]:
        words = f"{d.message}\n{d.help}" if d.help else d.message
        result: dict[str, Any] = {"ruleId": d.code, "ruleIndex": rule, "level": d.severity, "message": _message(words)}
        if d.span:
            result["locations"] = [{"physicalLocation": self._location(d.span)}]
        if d.labels:
            result["relatedLocations"] = [
                {"id": number, "message": _message(label.text), "physicalLocation": self._location(label.span)}
                for number, label in enumerate(d.labels, 1)
            ]
        if d.edits:
            result["fixes"] = [
                {"description": {"text": d.help or d.message}, "artifactChanges": self._changes(d.edits)}
            ]
        return result

    def _changes(self, edits: Sequence[Edit]) -> list[dict[str, Any]]:
        """The replacements of each file together, as SARIF wants them."""
        by_file: dict[str, list[dict[str, Any]]] = {}
        for edit in edits:
            replacement = {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.text}}
            by_file.setdefault(edit.span.file, []).append(replacement)
        return [{"artifactLocation": self._artifact(file), "replacements": made} for file, made in by_file.items()]

    def _location(self, span: Span) -> dict[str, Any]:
        return {"artifactLocation": self._artifact(span.file), "region": _region(span)}

    def _artifact(self, file: str) -> dict[str, str]:
        return {"uri": quote(self._path(file).encode("utf-8", "surrogateescape"), safe="/"), "uriBaseId": ROOT}


def _message(text: str) -> dict[str, str]:
    """In a message `[words](target)` is a link; a storyboard's own words never are."""
    return {"text": text.replace("[", "\\[") if "](" in text else text}


def _region(span: Span) -> dict[str, int]:
    line, column = span.source.position(span.start)
    end_line, end_column = span.source.position(max(span.start, span.end))
    return {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}
