"""Which characters a font file can draw, read from the file itself.

Pillow draws a missing character as an empty box and does not say so; the only honest answer lies in the font's `cmap`
table.  Formats 4 and 12 are read: every Unicode font of the last twenty years has one of the two (OpenType 1.9).
A file that cannot be read covers nothing, so that one damaged font on a machine never stops a build.
"""

from __future__ import annotations

import struct
import sys
from array import array
from bisect import bisect_right
from typing import BinaryIO, NamedTuple

# (platform, encoding) of a Unicode subtable, best first: full repertoire before the basic plane.
_PREFERRED = ((3, 10), (0, 6), (0, 4), (3, 1), (0, 3), (0, 2), (0, 1), (0, 0))
_TABLE_LIMIT = 8 << 20


class Coverage(NamedTuple):
    """Sorted, disjoint ranges of code points, and how the font paints.

    `paint` is `outline`, `bitmap` (colour pictures of fixed sizes: CBDT, sbix), `layers` (COLR version 0, any size) or
    `unpaintable` (colour only in a form that FreeType cannot draw: it would come out blank).
    """

    starts: tuple[int, ...]
    ends: tuple[int, ...]
    paint: str

    def covers(self, code_point: int) -> bool:
        """Whether the font maps the code point to a glyph of its own."""
        at = bisect_right(self.starts, code_point) - 1
        return at >= 0 and code_point <= self.ends[at]


NOTHING = Coverage((), (), "unpaintable")


def faces_in(path: str) -> int:
    """How many faces a file holds: 1, more for a collection (.ttc, .otc), 0 for what is no font."""
    try:
        with open(path, "rb") as file:
            return len(_face_offsets(file))
    except (OSError, ValueError, struct.error):
        return 0


def coverage(path: str, index: int = 0) -> Coverage:
    """What face `index` of a font file covers; `NOTHING` for a file that cannot be read as a font."""
    try:
        with open(path, "rb") as file:
            tables = _tables(file, _face_offsets(file)[index])
            paint = _paint(file, tables)
            if paint == "unpaintable":
                return NOTHING
            ranges = _ranges(_read(file, *tables["cmap"]))
    except (OSError, ValueError, IndexError, KeyError, struct.error):
        return NOTHING
    return Coverage(tuple(r[0] for r in ranges), tuple(r[1] for r in ranges), paint)


def _face_offsets(file: BinaryIO) -> tuple[int, ...]:
    head = file.read(12)
    if head[:4] == b"ttcf":
        count: int = struct.unpack(">I", head[8:12])[0]
        return struct.unpack(f">{count}I", file.read(4 * count)) if count <= 64 else ()
    return (0,) if head[:4] in (b"\x00\x01\x00\x00", b"OTTO", b"true") else ()


def _tables(file: BinaryIO, offset: int) -> dict[str, tuple[int, int]]:
    file.seek(offset)
    count: int = struct.unpack(">HHHHHH", file.read(12))[2]
    rows = [struct.unpack(">4sIII", file.read(16)) for _ in range(count)]
    return {tag.decode("latin-1"): (start, length) for tag, _, start, length in rows}


def _read(file: BinaryIO, start: int, length: int) -> bytes:
    if length > _TABLE_LIMIT:
        raise ValueError("a table too large to be real")
    file.seek(start)
    return file.read(length)


def _paint(file: BinaryIO, tables: dict[str, tuple[int, int]]) -> str:
    if "CBDT" in tables or "sbix" in tables:
        return "bitmap"
    if "COLR" in tables:
        version: int = struct.unpack(">H", _read(file, tables["COLR"][0], 2))[0]
        return "layers" if version == 0 else "unpaintable"
    return "outline" if {"glyf", "CFF ", "CFF2"} & tables.keys() else "unpaintable"


def _ranges(cmap: bytes) -> list[tuple[int, int]]:
    """The ranges of the best Unicode subtable, neighbours joined."""
    count: int = struct.unpack(">H", cmap[2:4])[0]
    found = {(p, e): at for p, e, at in struct.iter_unpack(">HHI", cmap[4 : 4 + 8 * count])}
    for wanted in _PREFERRED:
        if wanted in found:
            table = cmap[found[wanted] :]
            kind: int = struct.unpack(">H", table[:2])[0]
            if kind in (4, 12):
                return _joined(_format4(table) if kind == 4 else _format12(table))
    return []


def _format12(table: bytes) -> list[tuple[int, int]]:
    count: int = struct.unpack(">I", table[12:16])[0]
    groups = struct.iter_unpack(">III", table[16 : 16 + 12 * count])
    return [(first + (glyph == 0), last) for first, last, glyph in groups if last >= first + (glyph == 0)]


def _format4(table: bytes) -> list[tuple[int, int]]:
    words = array("H", table[: len(table) // 2 * 2])
    if sys.byteorder == "little":
        words.byteswap()
    half = words[3] // 2
    ends, starts, deltas, offsets = 7, 8 + half, 8 + 2 * half, 8 + 3 * half
    ranges: list[tuple[int, int]] = []
    for i in range(half):
        first, last = words[starts + i], words[ends + i]
        if first == 0xFFFF:
            continue
        if words[offsets + i] == 0:
            ranges.append((first, last))
            continue
        base = offsets + i + words[offsets + i] // 2 - first
        for code_point in range(first, last + 1):
            glyph = words[base + code_point] if base + code_point < len(words) else 0
            if glyph and (glyph + words[deltas + i]) & 0xFFFF:
                ranges.append((code_point, code_point))
    return ranges


def _joined(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return joined
