"""What an MP4 or QuickTime file is, read from its `moov` box with the standard library: 0.1 ms a file.

Everything the join must know to copy packets instead of encoding them stands there: codec and parameter sets, size,
pixel aspect, rotation, time scale, whether the rate is constant, edit lists.  PyAV opens and decodes for the same
answers, at a hundred times the cost.

The bytes are hostile (a download, somebody's footage): every box is clipped to its parent, every count to the bytes
that hold it, and what does not add up is not an MP4 (`None`).  Layout: ISO/IEC 14496-12 and -15, QuickTime file
format for sound entries of version 1 and 2.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from hashlib import sha256
from itertools import pairwise
from math import gcd
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

_MAX_MOOV = 64 << 20
_MAX_SAMPLES = 5_000_000
_MAX_TOP = 10_000  # boxes at the top of a file
_CONFIG = {b"avcC", b"hvcC", b"av1C", b"vpcC", b"esds"}
_FULL_TURN = 360


class Audio(NamedTuple):
    """A sound track; `config` is the decoder's bytes (`esds`), `duration` in `timescale` after edits.

    `channels` is what the sample entry says; many writers put 2 there whatever the stream holds.
    """

    codec: str
    rate: int
    channels: int
    config: bytes
    timescale: int
    duration: int


class Probe(NamedTuple):
    """The first video track of a file, and its first sound track.

    `fps` is a fraction in lowest terms; with `cfr` False it is only the average.  `duration` counts in `timescale`.
    `config` is the hex sha256 of the decoder's bytes (avcC, hvcC …), `colour` the hex of the `colr` box.  `rotation` is
    clockwise degrees.  `gop` is the largest distance between key frames.  `edits` are (duration in the movie's time
    scale, media time, rate) as stored; `whole` means that they show every frame from time 0 at its own speed.
    """

    codec: str
    width: int
    height: int
    sar: tuple[int, int]
    rotation: int
    timescale: int
    fps: tuple[int, int]
    frames: int
    cfr: bool
    duration: int
    keyframes: int
    gop: int
    b_frames: bool
    config: str
    colour: str
    audio: Audio | None
    edits: tuple[tuple[int, int, int], ...]
    whole: bool
    faststart: bool

    @property
    def duration_ms(self) -> int:
        return round(self.duration * 1000 / self.timescale)

    def same_stream(self, other: Probe) -> bool:
        """Whether packets of both may stand in one track behind one sample entry."""
        return self._entry() == other._entry()

    def _entry(self) -> tuple[object, ...]:
        return (self.codec, self.config, self.width, self.height, self.sar, self.rotation, self.colour)


class Track(NamedTuple):
    """The raw boxes of one track: what `samples.py` expands."""

    handler: bytes
    timescale: int
    duration: int
    rotation: int
    edits: tuple[tuple[int, int, int], ...]
    table: dict[bytes, memoryview]


class Movie(NamedTuple):
    """A file's `moov`, taken apart one level down."""

    timescale: int
    tracks: tuple[Track, ...]
    faststart: bool

    def first(self, handler: bytes) -> Track | None:
        return next((t for t in self.tracks if t.handler == handler), None)


def probe(path: Path) -> Probe | None:
    """What a file holds, or None: not an MP4, without video, fragmented, or not well formed.

    Raises:
        OSError: the file cannot be read at all.
    """
    movie = read_movie(path)
    video = movie.first(b"vide") if movie else None
    if movie is None or video is None:
        return None
    try:
        return _describe(movie, video)
    except (struct.error, ValueError, IndexError, ZeroDivisionError):
        return None


def read_movie(path: Path) -> Movie | None:
    """The tracks of a file that begins like an MP4 (`ftyp` first), or None.

    Raises:
        OSError: the file cannot be read at all.
    """
    with path.open("rb") as file:
        found = _find_moov(file)
    if found is None:
        return None
    try:
        return _movie(memoryview(found[0]), found[1])
    except (struct.error, ValueError, IndexError):
        return None


def _find_moov(file: BinaryIO) -> tuple[bytes, bool] | None:
    """The payload of `moov`, and whether it stands before the media data.  A file with fragments is none of ours.

    Media data that is cut off ends the search and no more: `samples.py` tells what is missing.
    """
    end = file.seek(0, 2)
    at, moov, media_at, moov_at = 0, b"", -1, -1
    for count in range(_MAX_TOP):
        if at + 8 > end:
            break
        file.seek(at)
        size, kind = struct.unpack(">I4s", file.read(8))
        head = 8
        if size == 1:
            size, head = int.from_bytes(file.read(8), "big"), 16
        elif size == 0:
            size = end - at
        cut_off = at + size > end and kind != b"mdat"
        if size < head or cut_off or (count == 0 and kind != b"ftyp") or kind == b"moof":
            return None
        if kind == b"mdat" and media_at < 0:
            media_at = at
        elif kind == b"moov":
            if moov_at >= 0 or size > _MAX_MOOV:
                return None
            moov, moov_at = file.read(size - head), at
        at += size
    return (moov, media_at < 0 or moov_at < media_at) if moov_at >= 0 else None


def children(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """The boxes inside a payload; stops at the first that does not fit."""
    at = 0
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        head = 8
        if size == 1 and at + 16 <= len(data):
            size, head = struct.unpack_from(">Q", data, at + 8)[0], 16
        elif size == 0:
            size = len(data) - at
        if size < head or at + size > len(data):
            return
        yield kind, data[at + head : at + size]
        at += size


def child(data: memoryview, *path: bytes) -> memoryview:
    """The first box down a path; empty when there is none."""
    for name in path:
        data = next((body for kind, body in children(data) if kind == name), memoryview(b""))
    return data


def _movie(moov: memoryview, faststart: bool) -> Movie | None:
    header = child(moov, b"mvhd")
    if not header or child(moov, b"mvex"):
        return None
    timescale = _times(header)[0]
    tracks = tuple(_track(body) for kind, body in children(moov) if kind == b"trak")
    return Movie(timescale, tracks, faststart) if timescale else None


def _times(header: memoryview) -> tuple[int, int]:
    """(time scale, duration) of mvhd and mdhd, both versions."""
    if header[0]:
        timescale, duration = struct.unpack_from(">IQ", header, 20)
    else:
        timescale, duration = struct.unpack_from(">II", header, 12)
    return timescale, duration


def _track(trak: memoryview) -> Track:
    table = child(trak, b"mdia", b"minf", b"stbl")
    timescale, duration = _times(child(trak, b"mdia", b"mdhd"))
    return Track(
        handler=bytes(child(trak, b"mdia", b"hdlr")[8:12]),
        timescale=timescale,
        duration=duration,
        rotation=_rotation(child(trak, b"tkhd")),
        edits=_edits(child(trak, b"edts", b"elst")),
        table=dict(children(table)),
    )


def _rotation(tkhd: memoryview) -> int:
    """Clockwise degrees out of the display matrix; only quarter turns are written by cameras."""
    a, b, _, c, d = struct.unpack_from(">5i", tkhd, 52 if tkhd[0] else 40)
    turns = {(1, 0, 0, 1): 0, (0, 1, -1, 0): 90, (-1, 0, 0, -1): 180, (0, -1, 1, 0): 270}
    signs = tuple((value > 0) - (value < 0) for value in (a, b, c, d))
    return turns.get(signs, _FULL_TURN)


def _edits(elst: memoryview) -> tuple[tuple[int, int, int], ...]:
    if not elst:
        return ()
    entry = struct.Struct(">Qqi" if elst[0] else ">Iii")
    count = min(struct.unpack_from(">I", elst, 4)[0], (len(elst) - 8) // entry.size)
    return tuple(entry.unpack_from(elst, 8 + i * entry.size) for i in range(count))


def entries(box: memoryview, form: str) -> Iterator[tuple[int, ...]]:
    """The rows of a full box that starts with a count (stts, ctts, stsc, stss, stco …)."""
    if len(box) < 8:
        return iter(())
    row = struct.Struct(form)
    count = min(struct.unpack_from(">I", box, 4)[0], (len(box) - 8) // row.size)
    return row.iter_unpack(box[8 : 8 + count * row.size])


def sample_count(table: dict[bytes, memoryview]) -> int:
    """Samples of a track; ValueError when the sizes are not there or more than any clip has."""
    uniform, count = struct.unpack_from(">II", table.get(b"stsz", memoryview(b"")), 4)
    if count > _MAX_SAMPLES or (not uniform and 12 + 4 * count > len(table[b"stsz"])):
        raise ValueError("sample sizes do not add up")
    return int(count)


def _describe(movie: Movie, video: Track) -> Probe:
    count, entry = sample_count(video.table), sample_entry(video.table)
    width, height = struct.unpack_from(">HH", entry, 32)
    parts = dict(children(entry[86:]))
    runs = list(entries(video.table.get(b"stts", memoryview(b"")), ">II"))
    duration = sum(n * delta for n, delta in runs)
    deltas = {delta for n, delta in (runs[:-1] if len(runs) > 1 and runs[-1][0] == 1 else runs)}
    cfr, delta = len(deltas) == 1 and 0 not in deltas, max(deltas, default=0)
    shifts = list(entries(video.table.get(b"ctts", memoryview(b"")), ">Ii"))
    syncs = [number for (number,) in entries(video.table.get(b"stss", memoryview(b"")), ">I")]
    borders = [*syncs, count + 1] if syncs else [1, 2]
    step = (video.timescale, delta) if cfr else (video.timescale * count, duration)
    common = gcd(*step)
    sar = struct.unpack_from(">II", parts[b"pasp"]) if b"pasp" in parts else (1, 1)
    unit = gcd(*sar) or 1
    sound = movie.first(b"soun")
    return Probe(
        codec=bytes(entry[4:8]).decode("latin-1"),
        width=width,
        height=height,
        sar=(sar[0] // unit, sar[1] // unit) if all(sar) else (1, 1),
        rotation=video.rotation,
        timescale=video.timescale,
        fps=(step[0] // common, step[1] // common),
        frames=count,
        cfr=cfr,
        duration=duration,
        keyframes=len(syncs) or count,
        gop=max((b - a for a, b in pairwise(borders)), default=count),
        b_frames=len({shift for _, shift in shifts}) > 1,
        config=sha256(b"".join(bytes(parts[k]) for k in sorted(parts) if k in _CONFIG)).hexdigest(),
        colour=bytes(parts.get(b"colr", b"")).hex(),
        audio=_audio(movie, sound) if sound else None,
        edits=video.edits,
        whole=cfr and _shows_all(movie.timescale, video, duration, _first_shown(shifts, delta)),
        faststart=movie.faststart,
    )


def sample_entry(table: dict[bytes, memoryview]) -> memoryview:
    """The one sample entry of a track, header included; ValueError when there are several."""
    box = table.get(b"stsd", memoryview(b""))
    if struct.unpack_from(">I", box, 4)[0] != 1:
        raise ValueError("more than one sample entry")
    return box[8 : 8 + struct.unpack_from(">I", box, 8)[0]]


def _first_shown(shifts: list[tuple[int, ...]], delta: int) -> int:
    """The smallest presentation time: reordered pictures make it larger than the smallest shift."""
    first, at = [], 0
    for count, shift in shifts:
        first.append(at * delta + shift)
        at += count
    return min(first, default=0)


def _shows_all(movie_timescale: int, track: Track, duration: int, first: int) -> bool:
    """Whether playback is every frame from time 0: the usual single edit that skips the reorder delay, or none."""
    if not track.edits:
        return first == 0
    if len(track.edits) > 1:
        return False
    length, start, rate = track.edits[0]
    # An edit's length is rounded to the movie's ticks; cutting less than a tick cuts no frame.  0 means "to the end".
    return (
        rate == 1 << 16
        and start == first
        and (not length or (length + 1) * track.timescale >= duration * movie_timescale)
    )


def _audio(movie: Movie, track: Track) -> Audio | None:
    entry = sample_entry(track.table)
    version, channels, _, _, rate = struct.unpack_from(">H6x2HII", entry, 16)
    body = entry[36 + {1: 16, 2: 36}.get(version, 0) :]
    shown = [length for length, start, _ in track.edits if start >= 0]
    duration = sum(shown) * track.timescale // movie.timescale if any(shown) else track.duration
    config = child(body, b"esds") or child(body, b"wave", b"esds")
    return Audio(bytes(entry[4:8]).decode("latin-1"), rate >> 16, channels, bytes(config), track.timescale, duration)
