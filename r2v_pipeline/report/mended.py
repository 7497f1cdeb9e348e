"""What `check --fix` changed, in words and as a unified diff."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from r2v_pipeline.diagnostics import Diagnostic
from r2v_pipeline.report.diagnostics import Paint
from r2v_pipeline.report.safe import safe

CONTEXT = 3
SHOWN = 40


def mended_text(done: Sequence[Diagnostic], paint: Paint) -> str:
    """A line for each mended mistake: where, its code, and what became of the characters."""
    lines = []
    for one in done[:SHOWN]:
        changes = ", ".join(
            f"{_piece(e.span.source.text[e.span.start : e.span.end])} -> {_piece(e.text)}" for e in one.edits
        )
        place = one.edits[0].span
        lines.append(f"{paint.green('mended')} {safe(place.file)}:{place.line} [{one.code}] {changes}\n")
    if len(done) > SHOWN:
        lines.append(f"… and {len(done) - SHOWN:,} more\n")
    return "".join(lines)


def diff_text(name: str, before: str, after: str, paint: Paint) -> str:
    """A unified diff of two texts with equally many lines: an edit never adds or removes one."""
    old, new = before.split("\n"), after.split("\n")
    assert len(old) == len(new)
    changed = [number for number, (a, b) in enumerate(zip(old, new, strict=True)) if a != b]
    out = [paint.bold(f"--- {safe(name)}"), paint.bold(f"+++ {safe(name)}")]
    for first, last in _hunks(changed, _count(old)):
        out.append(paint.blue(f"@@ -{first + 1},{last - first} +{first + 1},{last - first} @@"))
        out += _hunk(old, new, first, last, paint)
    return "\n".join(out) + "\n"


def _count(lines: list[str]) -> int:
    """How many lines there are: what follows the last line break is one only when it has characters."""
    return len(lines) - (not lines[-1])


def _hunks(changed: list[int], total: int) -> Iterator[tuple[int, int]]:
    """Runs of lines around what changed; runs that would touch are one."""
    first, last = -1, -1
    for number in changed:
        if first >= 0 and number - CONTEXT > last:
            yield first, last
            first = -1
        first = max(number - CONTEXT, 0) if first < 0 else first
        last = min(number + CONTEXT + 1, total)
    if first >= 0:
        yield first, last


def _hunk(old: list[str], new: list[str], first: int, last: int, paint: Paint) -> Iterator[str]:
    """The lines of one hunk; those that change one after the other stand together, old before new."""
    at = first
    while at < last:
        end = at
        while end < last and old[end] != new[end]:
            end += 1
        if end == at:
            yield _line(" ", old, at)
            at += 1
            continue
        yield from (paint.red(_line("-", old, number)) for number in range(at, end))
        yield from (paint.green(_line("+", new, number)) for number in range(at, end))
        at = end


def _line(sign: str, lines: list[str], number: int) -> str:
    """A line as a terminal may see it.  Tabs, and the carriage return before a line break, harm nobody and stay."""
    text, tail = lines[number], ""
    if text.endswith("\r"):
        text, tail = text[:-1], "\r"
    shown = "\t".join(safe(part) for part in (sign + text).split("\t")) + tail
    return shown if number < len(lines) - 1 else f"{shown}\n\\ No newline at end of file"


def _piece(text: str) -> str:
    shown = safe(text)
    return shown if len(shown) <= 40 else f"{shown[:39]}…"
