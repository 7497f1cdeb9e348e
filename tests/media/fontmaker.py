"""Fonts for tests: the vendored one with another character map, so that no machine needs a font of its own."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable, Mapping
from pathlib import Path

from PIL import Image

from r2v_pipeline.media.fonts import vendored

HAN = "中文圣诞树旁米娅坐着拿礼物这正是我想要的她说微笑镜头，。！、「」"


def write_font(path: Path, characters: Iterable[str], tables: Mapping[str, bytes] | None = None) -> Path:
    """A font file that draws each of the characters, some letter's shape for each."""
    code_points = sorted({ord(c) for c in characters})
    groups = b"".join(struct.pack(">III", c, c, 20 + i % 40) for i, c in enumerate(code_points))
    table = struct.pack(">HHIII", 12, 0, 16 + len(groups), 0, len(code_points)) + groups
    return _write(path, {"cmap": struct.pack(">HHHHI", 0, 1, 3, 10, 12) + table, **(tables or {})})


def format4(segments: list[tuple[int, int, int]]) -> bytes:
    """A `cmap` table of format 4 from (first, last, delta) segments."""
    whole = [*segments, (0xFFFF, 0xFFFF, 1)]
    count = len(whole)
    columns = (
        struct.pack(f">{count}H", *(s[1] for s in whole))
        + b"\0\0"
        + struct.pack(f">{count}H", *(s[0] for s in whole))
        + struct.pack(f">{count}h", *(s[2] for s in whole))
        + struct.pack(f">{count}H", *([0] * count))
    )
    table = struct.pack(">HHHHHHH", 4, 14 + len(columns), 0, count * 2, 0, 0, 0) + columns
    return struct.pack(">HHHHI", 0, 1, 3, 1, 12) + table


def colour_table(size: int = 109) -> bytes:
    """An `sbix` table with a red disc for every glyph: colour as Apple's emoji font has it."""
    picture = Image.new("RGBA", (size, size), (220, 30, 40, 255))
    held = io.BytesIO()
    picture.save(held, "PNG")
    glyph = struct.pack(">hh4s", 0, 0, b"png ") + held.getvalue()
    count = _glyphs()
    start = 4 + 4 * (count + 1)
    offsets = struct.pack(f">{count + 1}I", *(start + len(glyph) * i for i in range(count + 1)))
    return struct.pack(">HHII", 1, 1, 1, 12) + struct.pack(">HH", size, 72) + offsets + glyph * count


def write_collection(path: Path, fonts: list[Path]) -> Path:
    """Several font files as one collection (.ttc)."""
    at = 12 + 4 * len(fonts)
    starts, bodies = [], []
    for font in fonts:
        data = font.read_bytes()
        count = struct.unpack(">H", data[4:6])[0]
        head = bytearray(data[: 12 + 16 * count])
        for row in range(count):
            place = 12 + 16 * row + 8
            struct.pack_into(">I", head, place, struct.unpack_from(">I", data, place)[0] + at)
        starts.append(at)
        bodies.append(bytes(head) + data[len(head) :])
        at += len(data)
    path.write_bytes(struct.pack(f">4sII{len(fonts)}I", b"ttcf", 0x10000, len(fonts), *starts) + b"".join(bodies))
    return path


def _tables() -> dict[str, bytes]:
    data = Path(vendored()).read_bytes()
    rows = struct.iter_unpack(">4sIII", data[12 : 12 + 16 * struct.unpack(">H", data[4:6])[0]])
    return {tag.decode(): data[start : start + length] for tag, _, start, length in rows}


def _glyphs() -> int:
    return int(struct.unpack(">H", _tables()["maxp"][4:6])[0])


def _write(path: Path, changed: Mapping[str, bytes]) -> Path:
    tables = sorted({**_tables(), **changed}.items())
    at = 12 + 16 * len(tables)
    rows, bodies = [], []
    for tag, data in tables:
        rows.append(struct.pack(">4sIII", tag.encode(), 0, at, len(data)))
        padded = data + bytes(-len(data) % 4)
        bodies.append(padded)
        at += len(padded)
    path.write_bytes(struct.pack(">IHHHH", 0x10000, len(tables), 0, 0, 0) + b"".join(rows) + b"".join(bodies))
    return path


def write_tables(path: Path, changed: Mapping[str, bytes]) -> Path:
    """The vendored font with some tables replaced."""
    return _write(path, changed)
