"""`split: auto`: where a shot that is too long for its model is cut, and the shorter shots that it becomes.  Pure.

Cuts fall on segment borders only: a beat is never torn.  Of all ways that the model can render, the cheapest is taken;
of equally cheap ones the one with the fewest jobs (every cut is a seam that can be seen), and of those the one whose
earlier parts are longer, so that the same text is cut in the same way on every machine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from r2v_pipeline.model.types import Shot


def cover(
    lengths_ms: Sequence[int], cost: Callable[[int], int | None], *, longest_ms: int | None = None
) -> tuple[int, ...] | None:
    """How many neighbouring segments each part takes; None where no cuts at borders give parts that can be rendered.

    `lengths_ms` are the segments' lengths.  `cost` is the price, in millionths of a currency, of one job for a part of
    so many milliseconds, None for a part that the model cannot make (too long, or too short); it is asked once for
    each length that occurs.  `longest_ms`, where it is known, spares asking about parts that are longer.

    For a shot that is too long as a whole: one that is not is never cut, even where two short jobs would cost less.
    Segments last more than 0 ms, so a part with more of them is a longer part.
    """
    count = len(lengths_ms)
    if not count:
        return None  # a `prompt:` shot has no border to be cut at
    borders = [0]
    for length in lengths_ms:
        borders.append(borders[-1] + length)
    prices: dict[int, int | None] = {}
    # For the segments from here to the end: what they cost at best, in how many jobs, the first of how many segments.
    best: list[tuple[int, int, int] | None] = [None] * count + [(0, 0, 0)]
    for start in range(count - 1, -1, -1):
        for end in range(start + 1, count + 1):
            length = borders[end] - borders[start]
            if longest_ms is not None and length > longest_ms:
                break
            rest = best[end]
            if rest is None:
                continue
            if length not in prices:
                prices[length] = cost(length)
            price = prices[length]
            if price is None:
                continue
            found = best[start]
            # Ends grow, so that of two that are as good the later has the longer first part.
            if found is None or (price + rest[0], 1 + rest[1]) <= found[:2]:
                best[start] = (price + rest[0], 1 + rest[1], end - start)
    return _walked(best)


def _walked(best: Sequence[tuple[int, int, int] | None]) -> tuple[int, ...] | None:
    """The sizes of the parts, from the first segment to the end."""
    sizes: list[int] = []
    here = best[0]
    while here is not None and here[2]:
        sizes.append(here[2])
        here = best[sum(sizes)]
    return tuple(sizes) if here is not None else None


def parts(shot: Shot, sizes: Sequence[int]) -> tuple[Shot, ...]:
    """The shots `<id>.1`, `<id>.2` … that stand for a shot; `sizes` is its cover.

    A part has the whole shot's words and settings and its own segments, which begin at 0 again.  What the film does
    with the clip (title card, transition, sound) is said once, by the whole shot; a part's `trim_ms` is what the whole
    shot's leaves of it, for counting seconds, and never cuts the part.  The first frame opens the first part alone.
    """
    assert sum(sizes) == len(shot.segments), "a cover takes every segment once"
    if len(sizes) == 1:
        return (shot,)
    made: list[Shot] = []
    first = 0
    for number, size in enumerate(sizes, 1):
        segments = shot.segments[first : first + size]
        start, end = segments[0].start_ms, segments[-1].end_ms
        made.append(
            shot._replace(
                id=f"{shot.id}.{number}",
                segments=tuple(segment.moved(-start) for segment in segments),
                duration_ms=end - start,
                first_frame=shot.first_frame if number == 1 else "",
                split="never",
                transition=None,
                trim_ms=_overlap(shot.trim_ms, start, end),
                title_card=None,
                audio=None,
            )
        )
        first += size
    return tuple(made)


def _overlap(trim: tuple[int, int] | None, start: int, end: int) -> tuple[int, int] | None:
    """What a range of the whole shot takes of the stretch from `start` to `end`, on the stretch's own clock."""
    if trim is None:
        return None
    first = min(max(trim[0], start), end)
    return first - start, min(max(trim[1], first), end) - start
