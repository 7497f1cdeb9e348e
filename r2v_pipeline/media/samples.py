"""The packets of an MP4 video track, one by one: where they lie, in which order they are shown, where one may cut.

Kept apart from boxes.py because only the join asks, and only about clips that it may copy.
"""

from __future__ import annotations

import struct
from array import array
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from r2v_pipeline.media.boxes import Track, entries, read_movie, sample_count, sample_entry

_SLICE, _IDR = 1, 5  # NAL unit types, ITU-T H.264 table 7-1


class Samples(NamedTuple):
    """A track in decoding order.

    `ranks[i]` is the place of packet i in the order of display, `even` tells that those places are equally far apart
    in time.  `sync` holds the packets from which decoding may start.  `entry` is the sample entry with its header.
    """

    offsets: array[int]
    sizes: array[int]
    ranks: array[int]
    sync: frozenset[int]
    even: bool
    entry: bytes

    def delay(self) -> int:
        """How many pictures the decoder must hold back so that none is late."""
        return max((i - rank for i, rank in enumerate(self.ranks)), default=0)

    def may_cut(self, first: int, count: int) -> bool:
        """Whether packets [first, first + count) are exactly the pictures of those places, decodable alone.

        Everything before a key frame must also be shown before it (no picture of an open group reaches back), and
        nothing of the stretch may be shown after what follows it.
        """
        if not 0 <= first < first + count <= len(self.ranks) or first not in self.sync:
            return False
        stretch = self.ranks[first : first + count]
        return min(stretch) == first and max(stretch) == first + count - 1

    def starts_clean(self, path: Path, first: int) -> bool:
        """Whether H.264 packet `first` is an IDR picture.

        Some writers list recovery points as key frames; decoding from one shows garbage for a while.
        """
        with path.open("rb") as file:
            file.seek(self.offsets[first])
            data = file.read(self.sizes[first])
        at, kinds = 0, set()
        while at + 5 <= len(data):
            kinds.add(data[at + 4] & 31)
            at += 4 + int.from_bytes(data[at : at + 4], "big")
        return _IDR in kinds and _SLICE not in kinds


def read_samples(path: Path) -> Samples | None:
    """The packets of a file's first video track; None when it is no MP4, cut off, or its tables contradict each other.

    Raises:
        OSError: the file cannot be read at all.
    """
    movie = read_movie(path)
    track = movie.first(b"vide") if movie else None
    if track is None:
        return None
    try:
        samples = _expand(track)
    except (struct.error, ValueError, IndexError, KeyError, OverflowError):
        return None
    end = path.stat().st_size
    inside = all(at + size <= end for at, size in zip(samples.offsets, samples.sizes, strict=True))
    return samples if inside else None


def _expand(track: Track) -> Samples:
    table, count = track.table, sample_count(track.table)
    uniform = struct.unpack_from(">I", table[b"stsz"], 4)[0]
    sizes = (
        array("Q", [uniform]) * count if uniform else array("Q", struct.unpack_from(f">{count}I", table[b"stsz"], 12))
    )
    times = _times(track, count)
    order = sorted(range(count), key=times.__getitem__)
    ranks = array("Q", bytes(8 * count))
    for rank, index in enumerate(order):
        ranks[index] = rank
    steps = {times[b] - times[a] for a, b in pairwise(order)}
    sync = frozenset(n - 1 for (n,) in entries(table[b"stss"], ">I")) if b"stss" in table else frozenset(range(count))
    return Samples(_offsets(table, sizes), sizes, ranks, sync, len(steps) <= 1, bytes(sample_entry(table)))


def _times(track: Track, count: int) -> list[int]:
    """Presentation time of each packet, in decoding order."""
    times: list[int] = []
    now = 0
    for run, delta in entries(track.table[b"stts"], ">II"):
        if len(times) + run > count:
            raise ValueError("more times than packets")
        times.extend(range(now, now + run * delta, delta) if delta else [now] * run)
        now += run * delta
    if len(times) != count:
        raise ValueError("fewer times than packets")
    at = 0
    for run, shift in entries(track.table.get(b"ctts", memoryview(b"")), ">Ii"):
        if at + run > count:
            raise ValueError("more shifts than packets")
        for index in range(at, at + run):
            times[index] += shift
        at += run
    return times


def _offsets(table: dict[bytes, memoryview], sizes: array[int]) -> array[int]:
    """Where each packet begins: packets lie in chunks, chunks where stco or co64 says."""
    wide = b"co64" in table
    chunks = [at for (at,) in entries(table[b"co64"] if wide else table[b"stco"], ">Q" if wide else ">I")]
    plan = list(entries(table[b"stsc"], ">III"))
    offsets, index = array("Q"), 0
    for step, (first, per_chunk, _) in enumerate(plan):
        last = plan[step + 1][0] if step + 1 < len(plan) else len(chunks) + 1
        for chunk in range(first - 1, last - 1):
            at = chunks[chunk]
            for size in sizes[index : index + per_chunk]:
                offsets.append(at)
                at += size
            index += per_chunk
            if index >= len(sizes):
                return offsets
    raise ValueError("fewer chunks than packets")
