"""Diagnostics for a person and for a program."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any, NamedTuple

from r2v_pipeline.diagnostics import Diagnostic, Span
from r2v_pipeline.report.safe import safe

VERSION = 1

# A line longer than this is shown as a window around the place that matters.
WIDEST = 110


class Paint(NamedTuple):
    """Terminal colours, or nothing: `paint.red("x")` is always text."""

    on: bool

    def red(self, text: str) -> str:
        return self._wrap("1;31", text)

    def yellow(self, text: str) -> str:
        return self._wrap("1;33", text)

    def blue(self, text: str) -> str:
        return self._wrap("1;34", text)

    def green(self, text: str) -> str:
        return self._wrap("32", text)

    def bold(self, text: str) -> str:
        return self._wrap("1", text)

    def _wrap(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.on and text else text


def to_text(diagnostics: Sequence[Diagnostic], paint: Paint) -> str:
    """Every diagnostic with its excerpt, then the count; empty for none."""
    if not diagnostics:
        return ""
    blocks = [one_text(d, paint) for d in diagnostics]
    return "\n".join([*blocks, count_text(diagnostics), ""])


def count_text(diagnostics: Sequence[Diagnostic]) -> str:
    """`2 errors, 1 warning`."""
    errors = sum(d.severity == "error" for d in diagnostics)
    warnings = len(diagnostics) - errors
    parts = [f"{n} {word}{'s' if n != 1 else ''}" for n, word in ((errors, "error"), (warnings, "warning")) if n]
    return ", ".join(parts)


def one_text(diagnostic: Diagnostic, paint: Paint) -> str:
    """Message, place, excerpt with carets, other places, help."""
    tint = paint.red if diagnostic.severity == "error" else paint.yellow
    lines = [f"{tint(f'{diagnostic.severity}[{diagnostic.code}]')}: {paint.bold(safe(diagnostic.message))}"]
    gutter = 1
    if diagnostic.span:
        numbers = [diagnostic.span.line, *(label.span.line for label in diagnostic.labels)]
        gutter = len(str(max(numbers)))
        lines += _excerpt(diagnostic.span, "-->", "^", "", gutter, tint, paint)
    for label in diagnostic.labels:
        lines += _excerpt(label.span, ":::", "-", label.text, gutter, paint.blue, paint)
    if diagnostic.help:
        edge = paint.blue(" " * gutter + " =")
        lines.append(f"{edge} help: {safe(diagnostic.help)}")
    return "\n".join(lines) + "\n"


def _excerpt(span: Span, arrow: str, mark: str, note: str, gutter: int, tint: Any, paint: Paint) -> list[str]:
    """The line that a span starts on, with the span underlined as far as that line goes."""
    number, column = span.source.position(span.start)
    text = span.source.line(number)
    end_line, end_column = span.source.position(max(span.start, span.end))
    stop = end_column if end_line == number else len(text) + 1
    first, text, shift = _window(text, column - 1)
    before, marked = text[:first], text[first : max(stop - 1 - shift, first + 1)]
    underline = " " * _width(before) + tint(mark * max(_width(marked.rstrip()), 1) + (f" {safe(note)}" if note else ""))
    bar = paint.blue(" " * gutter + " |")
    line = f"{paint.blue(f'{number:>{gutter}} |')} {_visible(text)}".rstrip()
    head = f"{' ' * gutter}{paint.blue(arrow)} {safe(span.file)}:{number}:{column}"
    return [head, bar, line, f"{bar} {underline}"]


def _window(text: str, start: int) -> tuple[int, str, int]:
    """The part of a line to show: (where the span starts in it, the part, how many characters were cut before)."""
    text = text.replace("\t", " ")
    if len(text) <= WIDEST:
        return start, text, 0
    left = max(0, min(start - WIDEST // 3, len(text) - WIDEST))
    cut = text[left : left + WIDEST]
    head, tail = ("…" if left else ""), ("…" if left + WIDEST < len(text) else "")
    shown = head + cut[len(head) : len(cut) - len(tail)] + tail
    return start - left, shown, left


def _visible(text: str) -> str:
    """Source text with hostile characters shown as one sign each, so that carets stay in their columns."""
    return "".join(char if safe(char) == char else "\N{REPLACEMENT CHARACTER}" for char in text)


def _width(text: str) -> int:
    """Terminal columns: CJK and emoji take two, combining marks none."""
    total = 0
    for char in text:
        if unicodedata.combining(char) or char in "\u200b\u200d\ufe0f":
            continue
        total += 2 if unicodedata.east_asian_width(char) in "WF" else 1
    return total


def to_json(diagnostics: Sequence[Diagnostic]) -> dict[str, Any]:
    """The shape other programs rely on: lines and columns from 1, the end column one past the last character."""
    return {"version": VERSION, "diagnostics": [_one_json(d) for d in diagnostics]}


def _one_json(d: Diagnostic) -> dict[str, Any]:
    span = d.span
    return {
        "code": d.code,
        "severity": d.severity,
        "message": d.message,
        "file": span.file if span else None,
        "line": span.line if span else None,
        "column": span.column if span else None,
        "end_line": span.end_line if span else None,
        "end_column": span.end_column if span else None,
        "help": d.help,
    }
