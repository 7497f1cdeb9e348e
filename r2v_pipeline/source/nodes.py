"""The containers that the YAML reader builds: a dict and a list that know where each entry was written."""

from __future__ import annotations

from typing import Any

from r2v_pipeline.diagnostics import SourceText, Span

# A mark packs three character offsets of one entry into one int: a tuple would cost three times the memory, and there
# is one for every key of a storyboard.  64 MiB, the largest file, needs 26 bits; 32 leave room.
_BITS = 32
_MASK = (1 << _BITS) - 1

_new = tuple.__new__


def pack(key: int, start: int, end: int) -> int:
    """One entry's offsets: where its key starts, where its value starts and ends."""
    return (key << 2 * _BITS) | (start << _BITS) | end


class Map(dict[str, Any]):
    """A YAML mapping.  `marks` has a packed mark a key; `merged` names the map that a `<<` key came from."""

    __slots__ = ("end", "marks", "merged", "source", "start")

    def __init__(self, source: SourceText, start: int) -> None:
        self.source = source
        self.start = self.end = start
        self.marks: dict[str, int] = {}
        self.merged: dict[str, Map] | None = None

    @property
    def span(self) -> Span:
        return Span(self.source, self.start, self.end)

    def key_span(self, key: str) -> Span:
        """Where a key is written; the whole map for a key it does not have."""
        if key not in self.marks:
            return self.merged[key].key_span(key) if self.merged and key in self.merged else self.span
        start = self.marks[key] >> 2 * _BITS
        text = self.source.text
        quoted = text[start : start + 1] in ("'", '"')
        return Span(self.source, start, start + len(key) + 2 * quoted)

    def value_span(self, key: str) -> Span:
        """Where a key's value is written (the key itself where the value is empty)."""
        mark = self.marks.get(key)
        if mark is not None:
            start, end = (mark >> _BITS) & _MASK, mark & _MASK
            # Twenty times a shot: made as `Span(…)` makes it, without the call in between.
            return _new(Span, (self.source, start, end)) if end > start else self.key_span(key)
        if self.merged and key in self.merged:
            return self.merged[key].value_span(key)
        return self.span


class Seq(list[Any]):
    """A YAML sequence; `marks` has a packed mark an item (the key part unused)."""

    __slots__ = ("end", "marks", "source", "start")

    def __init__(self, source: SourceText, start: int) -> None:
        self.source = source
        self.start = self.end = start
        self.marks: list[int] = []

    @property
    def span(self) -> Span:
        return Span(self.source, self.start, self.end)

    def item_span(self, index: int) -> Span:
        """Where an item is written."""
        mark = self.marks[index]
        return Span(self.source, (mark >> _BITS) & _MASK, mark & _MASK)
