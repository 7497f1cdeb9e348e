"""The line reader: the plain part of YAML, in which nearly every storyboard is written.

PyYAML makes an object and two marks of every token.  A storyboard is block maps and lists whose values stand on one
line; split at line ends and at `: `, such a text gives the same data several times faster.  So a file is cut into
stretches that are YAML by themselves (its top-level keys, and the entries of `shots:`), and each is read by lines here
or, where it holds anything that is not certain to mean the same (anchors, tags, escapes, texts over several lines), by
the event reader.  A stretch that the event reader refuses sends the whole file to it: all error messages are its own.

Why a cut is safe: a stretch that is complete by itself leaves the parser between two entries of the container that the
next one continues, because that one begins in the container's own column.

Positions are not kept.  When one is asked for, the event reader reads that one stretch again (`Stretch.locate`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

from r2v_pipeline.diagnostics import Diagnostic, SourceText
from r2v_pipeline.source.lines import Declined, Lines
from r2v_pipeline.source.nodes import Map, Seq, is_placed, pack, settle

# Stretches longer than this (characters) may hold a text that is longer than the language allows.
_LONGEST = 1 << 19

# Line ends other than \n, tabs, controls and what YAML forbids altogether.
_ASCII = bytes((10, *range(32, 127)))
_ODD = "[\0-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]"

_TOP = re.compile(r"\n(?=[^ \n#-])")
_IDLE = re.compile(r"(?: *(?:#[^\n]*)?\n)*")
_SHOTS = re.compile(r"shots:(?: *| +#[^\n]*)\n(?: *(?:#[^\n]*)?\n)*(?=( *)- )")
_BEGINS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_'\"")


class Shots(NamedTuple):
    """Where the entries of `shots:` stand in a text: the offset of each, and where the last one ends.

    `dash` is what begins each but the first, with the line end before it.  Without a list of shots in block form all of
    the text stands before them.
    """

    starts: tuple[int, ...]
    end: int
    dash: str


class Cut(Map):
    """A file's outermost map, all of whose stretches are YAML by themselves."""

    __slots__ = ("shots",)

    shots: Shots


class Stretch:
    """A part of a file; `node` is what it gave, `depth` how many containers of the file are around it."""

    __slots__ = ("depth", "end", "node", "source", "start")

    def __init__(self, source: SourceText, start: int, end: int, depth: int) -> None:
        self.source, self.start, self.end, self.depth = source, start, end, depth
        self.node: Any = None

    def read(self, lines: Lines) -> Any:
        """Its value; None when the whole file has to be read by events."""
        if self.end - self.start < _LONGEST:
            try:
                self.node = lines.read(self.source.text[self.start : self.end], self)
                return self.node
            except Declined:
                pass
        return self._by_events()

    def locate(self) -> None:
        """Gives every container of the stretch the positions that the event reader finds."""
        waiting = [(self.node, self._by_events())]
        while waiting:
            mine, theirs = waiting.pop()
            settle(mine, self.source, theirs.start, theirs.end, theirs.marks)
            if isinstance(mine, Map):
                pairs = [(mine[key], theirs[key]) for key in theirs]
            else:
                pairs = list(zip(mine, theirs, strict=True))
            waiting.extend(pair for pair in pairs if isinstance(pair[0], (Map, Seq)))

    def _by_events(self) -> Any:
        from r2v_pipeline.source.yaml12 import read_part

        return read_part(self.source, self.start, self.end, self.depth)


class _Root:
    """The origin of a file's outermost map: `parts` has the map that each key was read into."""

    def __init__(self, source: SourceText) -> None:
        self.source = source
        self.node: Any = None
        self.parts: dict[str, Any] = {}

    def locate(self) -> None:
        marks = {key: part.marks[key] for key, part in self.parts.items()}
        first, last = next(iter(marks.values())) >> 64, next(reversed(marks.values()))
        settle(self.node, self.source, first, max(first, last & 0xFFFFFFFF), marks)


class _Shots:
    """The origin of the list of shots, whose entries come from stretches of their own; `marks` is for `_Root`."""

    def __init__(self, source: SourceText, key: int, start: int) -> None:
        """`key` is where `shots:` stands, `start` where its first dash does."""
        self.source, self.key, self.start = source, key, start
        self.node = Seq.bare(self)
        self.cut = Shots((), start, "")

    def read(self, lines: Lines, start: int, end: int) -> bool:
        """Reads the entries between two offsets; False when the whole file has to be read by events."""
        dash = "\n" + " " * (self.start - start) + "- "
        self.cut = Shots(tuple(_entries(self.source.text, start, end, dash)), end, dash)
        for here, following in pairwise((*self.cut.starts, end)):
            part = Stretch(self.source, here, following, 1).read(lines)
            if not isinstance(part, Seq) or not all(isinstance(entry, Map) for entry in part):
                return False
            self.node.extend(part)
        return True

    @property
    def marks(self) -> dict[str, int]:
        return {"shots": pack(self.key, self.start, self.node[-1].end)}

    def locate(self) -> None:
        marks = [pack(0, item.start, item.end) for item in self.node]
        settle(self.node, self.source, self.start, self.node[-1].end, marks)


def read_yaml(source: SourceText) -> tuple[Any, tuple[Diagnostic, ...]]:
    """The value of a YAML text, and what is wrong with it; the value is None when the text cannot be read at all.

    Containers are `Map` and `Seq`; scalars str, int, float, bool or None; keys always text.
    """
    root = read_blocks(source)
    if root is not None:
        return root, ()
    from r2v_pipeline.source.yaml12 import load_yaml

    return load_yaml(source)


def read_blocks(source: SourceText) -> Cut | None:
    """The value of a text that is plain enough, the same as the event reader's; None when that has to read it."""
    cuts = _cut(source.text)
    if cuts is None:
        return None
    origin, lines = _Root(source), Lines()
    root = origin.node = Cut.bare(origin)
    root.shots = Shots((), len(source.text), "")
    for start, end, shots in cuts:
        if shots:
            part = _Shots(source, start, shots.end(1))
            if not part.read(lines, shots.end(), end):
                return None
            found, root.shots = {"shots": part.node}, part.cut
        else:
            part = found = Stretch(source, start, end, 0).read(lines)
            if not isinstance(found, Map) or len(found) != 1 or (is_placed(found) and found.merged):
                return None
        ((key, value),) = found.items()
        if key in root:
            return None
        root[key], origin.parts[key] = value, part
    return root


def _cut(text: str) -> list[tuple[int, int, re.Match[str] | None]] | None:
    """Where each top-level key's stretch begins and ends, and how `shots:` begins; None where nothing can be cut."""
    if text.encode().translate(None, _ASCII) if text.isascii() else re.search(_ODD, text):
        return None
    starts = [0] if text[:1] in _BEGINS else []
    starts += [found.end() for found in _TOP.finditer(text)]
    if not starts or not _IDLE.fullmatch(text, 0, starts[0]) or not all(text[at] in _BEGINS for at in starts):
        return None
    ends = [*starts[1:], len(text)]
    return [(start, end, _SHOTS.match(text, start, end)) for start, end in zip(starts, ends, strict=True)]


def _entries(text: str, start: int, end: int, dash: str) -> Iterator[int]:
    while start < end:
        yield start
        start = text.find(dash, start, end) + 1 or end
