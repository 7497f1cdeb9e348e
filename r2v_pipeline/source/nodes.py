"""The containers that the YAML readers build: a dict and a list that know where each entry was written.

The event reader gives them their positions at once.  The line reader does not: nearly no storyboard is ever asked for
one, so `origin` works them out when the first of them is asked for (blocks.py).
"""

from __future__ import annotations

from typing import Any, Protocol, Self

from r2v_pipeline.diagnostics import SourceText, Span

# A mark packs three character offsets of one entry into one int: a tuple would cost three times the memory, and there
# is one for every key of a storyboard.  64 MiB, the largest file, needs 26 bits; 32 leave room.
_BITS = 32
_MASK = (1 << _BITS) - 1


class Origin(Protocol):
    """Where containers come from that were read without positions."""

    source: SourceText

    def locate(self) -> None:
        """Gives the containers their places, which take its own."""
        ...


def pack(key: int, start: int, end: int) -> int:
    """One entry's offsets: where its key starts, where its value starts and ends."""
    return (key << 2 * _BITS) | (start << _BITS) | end


class Place:
    """Where a container was written.  `marks` has a packed mark a key or item; `merged` names the map that a `<<` key
    of a map came from."""

    __slots__ = ("end", "marks", "merged", "source", "start")

    def __init__(self, source: SourceText, start: int, end: int, marks: Any) -> None:
        self.source, self.start, self.end, self.marks = source, start, end, marks
        self.merged: dict[str, Map] | None = None


def _late(slot: str) -> Any:
    """A part of the place, which containers that were read without one ask their origin for.

    A property and no `__getattr__`: with that, Python would look up every other attribute in a slower way too.
    """

    def read(node: Any) -> Any:
        return getattr(_place(node), slot)

    def write(node: Any, value: Any) -> None:
        setattr(_place(node), slot, value)

    return property(read, write)


def _place(node: Map | Seq) -> Place:
    if not isinstance(node.origin, Place):
        node.origin.locate()
    assert isinstance(node.origin, Place), "that is what an origin is for"
    return node.origin


class Map(dict[str, Any]):
    """A YAML mapping.  `origin` is its place, or who gives it one: a storyboard has a hundred thousand of these, so
    they hold nothing else."""

    __slots__ = ("origin",)

    start: int = _late("start")
    end: int = _late("end")
    marks: dict[str, int] = _late("marks")
    merged: dict[str, Map] | None = _late("merged")

    def __init__(self, source: SourceText, start: int) -> None:
        self.origin: Origin | Place = Place(source, start, start, {})

    @classmethod
    def bare(cls, origin: Origin) -> Self:
        """An empty map that is asked for its place, if ever, at its origin."""
        node = dict.__new__(cls)
        node.origin = origin
        return node

    @property
    def source(self) -> SourceText:
        return self.origin.source

    @property
    def span(self) -> Span:
        return _whole(self) if is_placed(self) else Span.late(_whole, self)

    def key_span(self, key: str) -> Span:
        """Where a key is written; the whole map for a key it does not have."""
        return self._key_span(key) if is_placed(self) else Span.late(self._key_span, key)

    def value_span(self, key: str) -> Span:
        """Where a key's value is written (the key itself where the value is empty)."""
        return self._value_span(key) if is_placed(self) else Span.late(self._value_span, key)

    def _key_span(self, key: str) -> Span:
        if key not in self.marks:
            return self.merged[key].key_span(key) if self.merged and key in self.merged else _whole(self)
        start = self.marks[key] >> 2 * _BITS
        text = self.source.text
        quoted = text[start : start + 1] in ("'", '"')
        return Span(self.source, start, start + len(key) + 2 * quoted)

    def _value_span(self, key: str) -> Span:
        mark = self.marks.get(key)
        if mark is not None:
            start, end = (mark >> _BITS) & _MASK, mark & _MASK
            return Span(self.source, start, end) if end > start else self._key_span(key)
        if self.merged and key in self.merged:
            return self.merged[key].value_span(key)
        return _whole(self)


class Seq(list[Any]):
    """A YAML sequence; the key part of its marks is unused."""

    __slots__ = ("origin",)

    start: int = _late("start")
    end: int = _late("end")
    marks: list[int] = _late("marks")

    def __init__(self, source: SourceText, start: int) -> None:
        self.origin: Origin | Place = Place(source, start, start, [])

    @classmethod
    def bare(cls, origin: Origin) -> Self:
        """An empty list that is asked for its place, if ever, at its origin."""
        node = list.__new__(cls)
        node.origin = origin
        return node

    @property
    def source(self) -> SourceText:
        return self.origin.source

    @property
    def span(self) -> Span:
        return _whole(self) if is_placed(self) else Span.late(_whole, self)

    def item_span(self, index: int) -> Span:
        """Where an item is written."""
        return self._item_span(index) if is_placed(self) else Span.late(self._item_span, index)

    def _item_span(self, index: int) -> Span:
        item = self[index]
        if not is_placed(self) and isinstance(item, (Map, Seq)):  # it knows, its neighbours need not be asked
            return item.span
        mark = self.marks[index]
        return Span(self.source, (mark >> _BITS) & _MASK, mark & _MASK)


def is_placed(node: Map | Seq) -> bool:
    """Whether a container has its positions."""
    return node.origin.__class__ is Place


def _whole(node: Map | Seq) -> Span:
    return Span(node.source, node.start, node.end)


def settle(node: Map | Seq, source: SourceText, start: int, end: int, marks: Any) -> None:
    """Gives a container its positions; they are its origin from now on."""
    node.origin = Place(source, start, end, marks)


def shift(node: Any, by: int) -> None:
    """Moves every position in a tree: what was read as a text of its own is part of a longer one."""
    step = pack(by, by, by)
    seen: set[int] = set()
    waiting = [node]
    while waiting:
        here = waiting.pop()
        if not isinstance(here, (Map, Seq)) or id(here) in seen:
            continue
        seen.add(id(here))
        here.start += by
        here.end += by
        if isinstance(here, Map):
            here.marks = {key: mark + step for key, mark in here.marks.items()}
            waiting.extend(here.values())
        else:
            here.marks = [mark + (step & pack(0, _MASK, _MASK)) for mark in here.marks]
            waiting.extend(here)
