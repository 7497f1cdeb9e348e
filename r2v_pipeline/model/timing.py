"""Segments stand end to end from 0; what does not is explained with the numbers that would."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from r2v_pipeline.diagnostics import Diagnostic, error
from r2v_pipeline.model.times import seconds_text
from r2v_pipeline.model.types import Segment, Shot


def check_segments(shot: Shot) -> Iterator[Diagnostic]:
    """R2V301 for each border that is a gap or an overlap, or one R2V302 for inclusive-second notation."""
    segments = shot.segments
    if is_inclusive(segments):
        ranges = [(s.start_ms, s.end_ms) for s in segments]
        moved = [ranges[0], *((ranges[i][1], ranges[i + 1][1]) for i in range(len(ranges) - 1))]
        yield error(
            "R2V302",
            f"the segments of '{shot.id}' leave out a second at every border: ends are exclusive",
            segments[1].span,
            "write " + ", ".join(f"{seconds_text(a)}-{seconds_text(b)}s" for a, b in moved),
        )
        return
    clock = 0
    for number, segment in enumerate(segments, 1):
        yield from _check_border(number, clock, segment)
        clock = max(clock, segment.end_ms)


def is_inclusive(segments: tuple[Segment, ...]) -> bool:
    """Whole seconds, every border a gap of exactly one second, at least three segments: `0-3, 4-6, 7-10`."""
    if len(segments) < 3 or segments[0].start_ms != 0:
        return False
    whole = all(s.start_ms % 1000 == 0 and s.end_ms % 1000 == 0 and s.end_ms > s.start_ms for s in segments)
    return whole and all(b.start_ms - a.end_ms == 1000 for a, b in pairwise(segments))


def _check_border(number: int, clock: int, segment: Segment) -> Iterator[Diagnostic]:
    start, end = segment.start_ms, segment.end_ms
    if end <= start:
        yield error("R2V301", f"segment {number} ends where it starts, or before", segment.span, "give it a length")
    elif start != clock:
        mend = (
            f"write 'at: {seconds_text(clock)}-{seconds_text(end)}s'" if end > clock else "give the lengths with 'for:'"
        )
        yield error("R2V301", _border(number, clock, start), segment.span, mend)


def _border(number: int, clock: int, start: int) -> str:
    at, before = seconds_text(start), seconds_text(clock)
    if number == 1:
        return f"the first segment starts at {at} s, not at 0"
    if start > clock:
        gap = seconds_text(start - clock)
        return f"a gap of {gap} s: segment {number} starts at {at} s, the one before ends at {before} s"
    return f"segment {number} starts at {at} s, but the one before ends at {before} s: they overlap"
