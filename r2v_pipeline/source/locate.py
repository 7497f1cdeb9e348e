"""From a place inside a YAML text to its place in the file.

A value is not its written form: folding joins lines, quotes and escapes disappear, block indentation goes.  The two are
walked side by side; where they part, white space and escapes of the written form are skipped.
"""

from __future__ import annotations

from r2v_pipeline.diagnostics import Span


def within(value: str, span: Span, start: int, end: int) -> Span:
    """The file span of `value[start:end]`, where `span` is that of the whole value as written.

    Exact for plain, quoted and block scalars; where the written form cannot be followed it is the whole value's span.
    """
    raw, base = span.source.text, span.start
    offsets = _align(value, raw, base, span.end)
    if offsets is None or start >= len(offsets):
        return span
    last = offsets[end - 1] if start < end <= len(offsets) else offsets[start]
    return Span(span.source, offsets[start], last + 1)


def _align(value: str, raw: str, at: int, stop: int) -> list[int] | None:
    """For each character of the value its offset in the file, or None when they cannot be matched."""
    if raw[at : at + 1] in ("|", ">"):
        at = raw.find("\n", at, stop) + 1 or stop
    offsets: list[int] = []
    for number, char in enumerate(value):
        while at < stop and raw[at] != char and not (char.isspace() and raw[at].isspace()):
            if raw[at] == "\\" and raw[at + 1 : at + 2] in ('"', "\\", "/") and raw[at + 1] == char:
                at += 1
                break
            if not (raw[at].isspace() or raw[at] in "\"'\\"):
                return offsets or None if number else None
            at += 1
        if at >= stop:
            return offsets if char.isspace() and offsets else None
        offsets.append(at)
        at += 1
        if char.isspace() and not value[number + 1 : number + 2].isspace():
            while at < stop and raw[at].isspace():
                at += 1
    return offsets
