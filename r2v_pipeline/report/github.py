"""Diagnostics as GitHub annotations: workflow commands, which a runner takes out of the log and shows at their lines.

GitHub keeps 10 errors and 10 warnings of a step and 50 annotations of a job, and drops the others without a word.  So
only as many are made, those first that differ most; what they leave out is counted, and the list after them is whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from r2v_pipeline.diagnostics import Diagnostic, Span
from r2v_pipeline.report.diagnostics import Paint, to_text
from r2v_pipeline.report.safe import safe, safe_lines

# Of one severity in one step.
SHOWN = 10


def to_github(diagnostics: Sequence[Diagnostic], path: Callable[[str], str]) -> str:
    """Annotations, what they leave out, then every diagnostic in plain text; empty for none.

    `path` makes a file's name one that GitHub finds: its path in the repository.
    """
    if not diagnostics:
        return ""
    lines: list[str] = []
    hidden: list[str] = []
    for severity in ("error", "warning"):
        found = [d for d in diagnostics if d.severity == severity]
        lines += [_annotation(d, path) for d in _most_telling(found)]
        if len(found) > SHOWN:
            hidden.append(f"{_more(len(found) - SHOWN, severity)} not shown as annotations")
    if hidden:
        hidden.append("GitHub shows 10 errors and 10 warnings of a step, 50 annotations of a job; the list has all")
    plain = safe_lines(to_text(diagnostics, Paint(False), every=True))
    return "\n".join([*lines, *hidden, "", plain])


def _most_telling(diagnostics: Sequence[Diagnostic]) -> list[Diagnostic]:
    """As many as GitHub shows: each message once before any is repeated, otherwise in their order."""
    first: list[Diagnostic] = []
    again: list[Diagnostic] = []
    met: set[tuple[str, str]] = set()
    for d in diagnostics:
        (again if (d.code, d.message) in met else first).append(d)
        met.add((d.code, d.message))
    return [*first, *again][:SHOWN]


def _more(number: int, severity: str) -> str:
    return f"1 more {severity} is" if number == 1 else f"{number:,} more {severity}s are"


def _annotation(d: Diagnostic, path: Callable[[str], str]) -> str:
    properties = [*(_place(d.span, path) if d.span else ()), ("title", d.code)]
    words = [d.message, *([f"help: {d.help}"] if d.help else [])]
    written = ",".join(f"{name}={_property(value)}" for name, value in properties)
    return f"::{d.severity} {written}::{_data(chr(10).join(map(safe, words)))}"


def _place(span: Span, path: Callable[[str], str]) -> list[tuple[str, str]]:
    """GitHub refuses columns for a place of more than one line."""
    line, column = span.source.position(span.start)
    end_line, end_column = span.source.position(max(span.start, span.end))
    place = [("file", path(span.file)), ("line", str(line)), ("endLine", str(end_line))]
    if line == end_line:
        place += [("col", str(column)), ("endColumn", str(end_column))]
    return place


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(safe(text)).replace(":", "%3A").replace(",", "%2C")
