"""Packets of several clips, copied bit by bit into one video-only MP4 with exact times.

ffmpeg's concat demuxer does the same job on a clock of microseconds that starts where a clip's *sound* starts (21 ms
before the picture, for AAC), joins tracks of different time scales as if they were one, and reports success in every
case.  Here frame n of the film is shown at n/fps, whatever the clips' clocks were: times are integers, and a time
stamp is a place in a list.

The caller has checked that all parts may stand behind one sample entry (`Probe.same_stream`) and that each stretch can
be cut (`Samples.may_cut`).  Layout: ISO/IEC 14496-12.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import BinaryIO, NamedTuple

from r2v_pipeline.media.house import MOVIE_TIMESCALE
from r2v_pipeline.media.samples import Samples

TICKS = 512  # per frame; what FFmpeg chooses too, so that pieces of either have the same time scale
_CHUNK = 1 << 20
_IDENTITY = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
_UNDETERMINED = 0x55C4  # the language code "und"


class Part(NamedTuple):
    """A stretch of a clip: packets [first, first + packets) in decoding order."""

    path: Path
    samples: Samples
    first: int
    packets: int


def stitch(parts: Sequence[Part], fps: int, width: int, height: int, to: Path) -> None:
    """Write the parts one after the other to `to`, a temporary name that the caller owns.

    Raises:
        OSError: reading or writing failed.
    """
    with to.open("wb") as file:
        file.write(_box(b"ftyp", b"isom", struct.pack(">I", 512), b"isomiso2avc1mp41"))
        start = file.tell()
        file.write(struct.pack(">I4sQ", 1, b"mdat", 0))
        chunks = []
        for part in parts:
            chunks.append(file.tell())
            _copy(part, file)
        end = file.tell()
        file.seek(start + 8)
        file.write((end - start).to_bytes(8, "big"))
        file.seek(end)
        file.write(_moov(parts, chunks, fps, width, height))


def _copy(part: Part, to: BinaryIO) -> None:
    """The bytes of a part's packets, neighbours in one go."""
    with part.path.open("rb") as file:
        for start, end in _runs(part):
            file.seek(start)
            left = end - start
            while left:
                data = file.read(min(left, _CHUNK))
                if not data:
                    raise OSError(f"{part.path.name} became shorter while it was read")
                to.write(data)
                left -= len(data)


def _runs(part: Part) -> Iterator[tuple[int, int]]:
    """Byte ranges of a part, adjacent packets merged."""
    start = end = 0
    for index in range(part.first, part.first + part.packets):
        offset, size = part.samples.offsets[index], part.samples.sizes[index]
        if offset != end:
            if end > start:
                yield start, end
            start = offset
        end = offset + size
    yield start, end


def _box(kind: bytes, *payload: bytes) -> bytes:
    body = b"".join(payload)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def _full(kind: bytes, flags: int, *payload: bytes) -> bytes:
    """A box with version 0 and flags."""
    return _box(kind, struct.pack(">I", flags), *payload)


def _rows(kind: bytes, form: str, rows: Iterable[tuple[int, ...]], flags: int = 0) -> bytes:
    """A full box that holds a counted table."""
    packed = [struct.pack(form, *row) for row in rows]
    return _full(kind, flags, struct.pack(">I", len(packed)), *packed)


def _moov(parts: Sequence[Part], chunks: list[int], fps: int, width: int, height: int) -> bytes:
    frames = sum(part.packets for part in parts)
    delay = max(part.samples.delay() for part in parts)
    shown = frames * MOVIE_TIMESCALE // fps
    return _box(
        b"moov",
        _full(
            b"mvhd",
            0,
            struct.pack(">4IIH10x", 0, 0, MOVIE_TIMESCALE, shown, 1 << 16, 1 << 8),
            _IDENTITY,
            bytes(24),
            b"\0\0\0\2",
        ),
        _box(
            b"trak",
            _full(
                b"tkhd",
                3,
                struct.pack(">5I8x4H", 0, 0, 1, 0, shown, 0, 0, 0, 0),
                _IDENTITY,
                struct.pack(">2I", width << 16, height << 16),
            ),
            _box(b"edts", _rows(b"elst", ">IiI", [(shown, delay * TICKS, 1 << 16)])),
            _box(
                b"mdia",
                _full(b"mdhd", 0, struct.pack(">4I2H", 0, 0, fps * TICKS, frames * TICKS, _UNDETERMINED, 0)),
                _full(b"hdlr", 0, bytes(4), b"vide", bytes(12), b"VideoHandler\0"),
                _box(
                    b"minf",
                    _full(b"vmhd", 1, bytes(8)),
                    _box(b"dinf", _full(b"dref", 0, struct.pack(">I", 1), _full(b"url ", 1))),
                    _tables(parts, chunks, frames, delay),
                ),
            ),
        ),
    )


def _tables(parts: Sequence[Part], chunks: list[int], frames: int, delay: int) -> bytes:
    """The sample table: one chunk a part."""
    shifts: list[int] = []
    sizes: list[bytes] = []
    syncs: list[tuple[int]] = []
    done = 0
    for part in parts:
        stretch = range(part.first, part.first + part.packets)
        shifts += (part.samples.ranks[i] - i + delay for i in stretch)
        syncs += ((done + i - part.first + 1,) for i in stretch if i in part.samples.sync)
        sizes += (part.samples.sizes[i].to_bytes(4, "big") for i in stretch)
        done += part.packets
    runs = ((len(list(same)), shift * TICKS) for shift, same in groupby(shifts))
    return _box(
        b"stbl",
        _full(b"stsd", 0, struct.pack(">I", 1), parts[0].samples.entry),
        _rows(b"stts", ">II", [(frames, TICKS)]),
        _rows(b"ctts", ">II", runs),
        _rows(b"stss", ">I", syncs),
        _rows(b"stsc", ">III", ((number, part.packets, 1) for number, part in enumerate(parts, 1))),
        _full(b"stsz", 0, struct.pack(">II", 0, frames), *sizes),
        _rows(b"co64", ">Q", ((at,) for at in chunks)),
    )
