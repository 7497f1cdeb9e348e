"""Segments stand end to end from 0; what does not is explained with the numbers that would."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from r2v_pipeline.diagnostics import Diagnostic, Edit, Span, error
from r2v_pipeline.model.times import range_ms, seconds_text
from r2v_pipeline.model.types import Segment, Shot

SECOND = 1000


def check_segments(shot: Shot) -> Iterator[Diagnostic]:
    """R2V301 for each border that is a gap or an overlap, or one R2V302 for inclusive-second notation."""
    segments = shot.segments
    if is_inclusive(segments):
        ranges = [(s.start_ms, s.end_ms) for s in segments]
        moved = [ranges[0], *((ranges[i][1], ranges[i + 1][1]) for i in range(len(ranges) - 1))]
        edits = [_moved_back(b, a.end_ms) for a, b in pairwise(segments)]
        yield error(
            "R2V302",
            f"the segments of '{shot.id}' leave out a second at every border: ends are exclusive",
            segments[1].span,
            "write " + ", ".join(f"{seconds_text(a)}-{seconds_text(b)}s" for a, b in moved),
            edits=tuple(e for e in edits if e) if all(edits) else (),
        )
        return
    clock = 0
    for number, segment in enumerate(segments, 1):
        edit = None
        if number > 1 and segments[0].start_ms == 0 and _leaves_a_second(segments[number - 2], segment, clock):
            edit = _moved_back(segment, clock)
        yield from _check_border(number, clock, segment, (edit,) if edit else ())
        clock = max(clock, segment.end_ms)


def is_inclusive(segments: tuple[Segment, ...]) -> bool:
    """Whole seconds, every border a gap of exactly one second, at least three segments: `0-3, 4-6, 7-10`."""
    if len(segments) < 3 or segments[0].start_ms != 0:
        return False
    whole = all(s.start_ms % SECOND == 0 and s.end_ms % SECOND == 0 and s.end_ms > s.start_ms for s in segments)
    return whole and all(b.start_ms - a.end_ms == SECOND for a, b in pairwise(segments))


def _leaves_a_second(before: Segment, segment: Segment, clock: int) -> bool:
    """Whether two segments in whole seconds, right in themselves, leave out exactly the one between them.

    A shot that does not start at 0 may be counted from 1, so nothing in it has one right answer.
    """
    times = (before.start_ms, before.end_ms, segment.start_ms, segment.end_ms)
    whole = all(ms % SECOND == 0 for ms in times)
    in_order = before.start_ms < before.end_ms == clock and segment.start_ms < segment.end_ms
    return whole and in_order and segment.start_ms - clock == SECOND


def _check_border(number: int, clock: int, segment: Segment, edits: tuple[Edit, ...]) -> Iterator[Diagnostic]:
    start, end = segment.start_ms, segment.end_ms
    if end <= start:
        yield error("R2V301", f"segment {number} ends where it starts, or before", segment.span, "give it a length")
    elif start != clock:
        mend = (
            f"write 'at: {seconds_text(clock)}-{seconds_text(end)}s'" if end > clock else "give the lengths with 'for:'"
        )
        yield error("R2V301", _border(number, clock, start), segment.span, mend, edits=edits)


def _border(number: int, clock: int, start: int) -> str:
    at, before = seconds_text(start), seconds_text(clock)
    if number == 1:
        return f"the first segment starts at {at} s, not at 0"
    if start > clock:
        gap = seconds_text(start - clock)
        return f"a gap of {gap} s: segment {number} starts at {at} s, the one before ends at {before} s"
    return f"segment {number} starts at {at} s, but the one before ends at {before} s: they overlap"


# What follows a key `at`: its colon, and a range that is plain or in quotes.
_RANGE = re.compile(r"\s*:\s*[\"']?(?P<range>(?P<start>[0-9:.]+)(?P<unit>s?)-[0-9:.]+s?)(?=[\"'\s,}\]]|$)")


def _moved_back(segment: Segment, start_ms: int) -> Edit | None:
    """The edit that lets a segment start at another whole second, in the form that its `at:` is written in.

    None where the range does not follow its key in plain sight: behind an anchor, a tag, a comment or an escape.
    """
    source = segment.span.source
    found = _RANGE.match(source.text, segment.span.end)
    if found is None or range_ms(found["range"]) != (segment.start_ms, segment.end_ms):
        return None
    start = _in_form(found["start"], start_ms) + found["unit"]
    rest = found["range"].partition("-")[2]
    return Edit(Span(source, found.start("range"), found.end("range")), f"{start}-{rest}")


def _in_form(token: str, ms: int) -> str:
    """Whole seconds written as another time is: `4`, `04`, `4.0`, `0:04`, `00:04.00`."""
    minutes, colon, seconds = token.rpartition(":")
    whole, point, fraction = seconds.partition(".")
    tail = point + "0" * len(fraction)
    if not colon:
        return _padded(ms // SECOND, whole) + tail
    return f"{_padded(ms // SECOND // 60, minutes)}:{ms // SECOND % 60:02d}{tail}"


def _padded(number: int, like: str) -> str:
    return f"{number:0{len(like) if like.startswith('0') else 1}d}"
