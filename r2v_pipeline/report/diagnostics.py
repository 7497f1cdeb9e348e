"""Diagnostics for a person and for a program."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from r2v_pipeline.diagnostics import Diagnostic, Span
from r2v_pipeline.report.safe import safe

VERSION = 1

# A line longer than this is shown as a window around the place that matters.
WIDEST = 110

# Up to so many diagnostics are shown in full whatever they are.
FEW = 12


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


def to_text(diagnostics: Sequence[Diagnostic], paint: Paint, *, every: bool = False) -> str:
    """The diagnostics with their excerpts, the count, and where to read more; empty for none.

    Many of one kind are shown a few times and then told in a line; `every` shows each.
    """
    if not diagnostics:
        return ""
    if len(diagnostics) <= FEW:  # most reports; what folds longer ones is not even loaded
        blocks = [one_text(d, paint) for d in diagnostics]
        return "\n".join([*blocks, count_text(diagnostics), *_next_steps(diagnostics), ""])
    from r2v_pipeline.report.folding import Block, fold, rest_text, summary_lines

    folded = [Block(d, ()) for d in diagnostics] if every else fold(diagnostics)
    blocks = [one_text(b.shown, paint, rest_text(b.rest) if b.rest else "") for b in folded]
    lines = [count_text(diagnostics), *summary_lines(diagnostics)]
    if len(folded) < len(diagnostics):
        lines.append(f"{len(folded)} of them in full; `r2v check --all` shows each")
    return "\n".join([*blocks, *lines, *_next_steps(diagnostics), ""])


def _next_steps(diagnostics: Sequence[Diagnostic]) -> list[str]:
    """What mends them by itself, and where the most frequent code is explained, an error's before a warning's."""
    mendable = sum(bool(d.edits) for d in diagnostics)
    which = f"{mendable:,} of them" if len(diagnostics) > 1 else "it"
    errors = [d.code for d in diagnostics if d.severity == "error"]
    ((code, _),) = Counter(errors or [d.code for d in diagnostics]).most_common(1)
    mend = [f"`r2v check --fix` can mend {which}"] if mendable else []
    return [*mend, f"`r2v explain {safe(code)}` says more"]


def count_text(diagnostics: Sequence[Diagnostic]) -> str:
    """`2 errors, 1 warning`."""
    errors = sum(d.severity == "error" for d in diagnostics)
    warnings = len(diagnostics) - errors
    parts = [f"{n:,} {word}{'s' if n != 1 else ''}" for n, word in ((errors, "error"), (warnings, "warning")) if n]
    return ", ".join(parts)


def one_text(diagnostic: Diagnostic, paint: Paint, rest: str = "") -> str:
    """Message, place, excerpt with carets, other places, help, and a line about those like it."""
    tint = paint.red if diagnostic.severity == "error" else paint.yellow
    lines = [f"{tint(f'{diagnostic.severity}[{diagnostic.code}]')}: {paint.bold(safe(diagnostic.message))}"]
    gutter = 1
    if diagnostic.span:
        numbers = [diagnostic.span.line, *(label.span.line for label in diagnostic.labels)]
        gutter = len(str(max(numbers)))
        lines += _excerpt(diagnostic.span, "-->", "^", "", gutter, tint, paint)
    for label in diagnostic.labels:
        lines += _excerpt(label.span, ":::", "-", label.text, gutter, paint.blue, paint)
    edge = paint.blue(" " * gutter + " =")
    if diagnostic.help:
        lines.append(f"{edge} help: {safe(diagnostic.help)}")
    if rest:
        lines.append(f"{edge} {paint.bold(rest)}")
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
    if text.isascii() and text.isprintable() and "##" not in text:
        return text
    shown = "".join(char if safe(char) == char else "\N{REPLACEMENT CHARACTER}" for char in text)
    return shown.replace("##", "#\N{REPLACEMENT CHARACTER}") if safe(shown) != shown else shown


def _width(text: str) -> int:
    """Terminal columns: CJK and emoji take two, combining marks none."""
    if text.isascii():
        return len(text)
    total = 0
    for char in text:
        if unicodedata.combining(char) or char in "\u200b\u200d\ufe0f":
            continue
        total += 2 if unicodedata.east_asian_width(char) in "WF" else 1
    return total


def to_json(diagnostics: Sequence[Diagnostic]) -> dict[str, Any]:
    """The shape other programs rely on: lines and columns from 1, the end column one past the last character.

    `labels` and `fix` are there only for a diagnostic that has other places, or one right way to mend it.
    """
    return {"version": VERSION, "diagnostics": [_one_json(d) for d in diagnostics]}


def _one_json(d: Diagnostic) -> dict[str, Any]:
    one = {"code": d.code, "severity": d.severity, "message": d.message, **place_json(d.span), "help": d.help}
    if d.labels:
        one["labels"] = [{**place_json(label.span), "text": label.text} for label in d.labels]
    if d.edits:
        one["fix"] = {"edits": [{**place_json(edit.span), "text": edit.text} for edit in d.edits]}
    return one


def place_json(span: Span | None) -> dict[str, Any]:
    """A place as five values, all of them null for what has none."""
    if not span:
        return dict.fromkeys(("file", "line", "column", "end_line", "end_column"))
    line, column = span.source.position(span.start)
    end_line, end_column = span.source.position(max(span.start, span.end))
    return {"file": span.file, "line": line, "column": column, "end_line": end_line, "end_column": end_column}
