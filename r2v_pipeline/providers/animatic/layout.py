"""Where everything stands on a board, for any frame size.

Two forms.  A wide frame has the picture on the left, the words beside it and the references in a strip below; a square
or tall frame has the picture and the references side by side and the words below.  The stage always has the shape of
the clip, so that what is framed here is framed in the film.  All measures are multiples of `unit`, which is 1 at 720p.
"""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple

WIDE = 1.15  # frames wider than this against their height take the wide form


class Rect(NamedTuple):
    """A rectangle in whole pixels."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        return self.x + self.width

    @property
    def bottom(self) -> int:
        return self.y + self.height

    def inset(self, by: int) -> Rect:
        return Rect(self.x + by, self.y + by, max(0, self.width - 2 * by), max(0, self.height - 2 * by))


class Zones(NamedTuple):
    """The parts of a board.  `notes` holds camera, sound and style; `strip` the references, empty without any."""

    unit: float
    wide: bool
    header: Rect
    stage: Rect
    panel: Rect
    notes: Rect
    strip: Rect
    bar: Rect


def zones(width: int, height: int, references: int) -> Zones:
    """The parts of a board of that size.  Without references the stage has the whole width."""
    wide = width > WIDE * height
    unit = min(sqrt(width * height / (1280 * 720)), min(width, height) / 560)
    margin = _even(28 * unit)
    header = Rect(margin, _even(20 * unit), width - 2 * margin, _even(38 * unit))
    bar_height = max(4, _even(6 * unit))
    bar = Rect(margin, height - _even(24 * unit) - bar_height, width - 2 * margin, bar_height)
    inner = Rect(margin, header.bottom + _even(14 * unit), width - 2 * margin, 0)
    inner = inner._replace(height=bar.y - _even(18 * unit) - inner.y)
    if not references:
        stage, panel, notes, strip = _empty_handed(inner, unit)
    else:
        stage, panel, notes, strip = (_wide if wide else _tall)(inner, unit, width / height)
    return Zones(unit, wide, header, stage, panel, notes, strip, bar)


def _wide(inner: Rect, unit: float, ratio: float) -> tuple[Rect, Rect, Rect, Rect]:
    gap, strip_least = _even(16 * unit), 66 * unit
    stage_height = min(inner.height - gap - strip_least, inner.width * 0.715 / ratio)
    stage = Rect(inner.x, inner.y, _cell(stage_height * ratio), _cell(stage_height))
    panel = Rect(stage.right + gap, inner.y, inner.right - stage.right - gap, stage.height)
    strip = Rect(inner.x, stage.bottom + gap, inner.width, inner.bottom - stage.bottom - gap)
    return stage, panel, Rect(0, 0, 0, 0), strip


def _tall(inner: Rect, unit: float, ratio: float) -> tuple[Rect, Rect, Rect, Rect]:
    gap = _even(16 * unit)
    stage_width = min((inner.width - gap) * 0.71, inner.height * 0.7 * ratio)
    stage = Rect(inner.x, inner.y, _cell(stage_width), _cell(stage_width / ratio))
    side = Rect(stage.right + gap, inner.y, inner.right - stage.right - gap, stage.height)
    strip = side._replace(height=_even(side.height * 0.62))
    notes = Rect(side.x, strip.bottom + gap, side.width, side.bottom - strip.bottom - gap)
    panel = Rect(inner.x, stage.bottom + gap, inner.width, inner.bottom - stage.bottom - gap)
    return stage, panel, notes, strip


def _empty_handed(inner: Rect, unit: float) -> tuple[Rect, Rect, Rect, Rect]:
    """No references: the words are the picture."""
    gap, notes_height = _even(16 * unit), _even(64 * unit)
    stage = Rect(inner.x, inner.y, _cell(inner.width), _cell(inner.height - gap - notes_height))
    notes = Rect(inner.x, stage.bottom + gap, inner.width, inner.bottom - stage.bottom - gap)
    return stage, Rect(0, 0, 0, 0), notes, Rect(0, 0, 0, 0)


def cells(stage: Rect, shares: tuple[float, ...], gap: int) -> tuple[Rect, ...]:
    """The stage cut into cells by share: side by side on a wide or square stage, one above the other on a tall one.

    Three cells of unequal shares are one large cell with two small ones stacked beside (or below) it.
    """
    if len(shares) == 1:
        return (stage,)
    across = stage.width >= stage.height
    if len(shares) == 3 and shares[0] > shares[1]:
        large, rest = _cut(stage, (shares[0], 1 - shares[0]), gap, across)
        return (large, *_cut(rest, (0.5, 0.5), gap, not across))
    return _cut(stage, shares, gap, across)


def _cut(area: Rect, shares: tuple[float, ...], gap: int, across: bool) -> tuple[Rect, ...]:
    room = (area.width if across else area.height) - gap * (len(shares) - 1)
    made: list[Rect] = []
    at = area.x if across else area.y
    end = area.right if across else area.bottom
    for i, share in enumerate(shares):
        size = _even(room * share) if i + 1 < len(shares) else end - at
        made.append(Rect(at, area.y, size, area.height) if across else Rect(area.x, at, area.width, size))
        at += size + gap
    return tuple(made)


def _even(value: float) -> int:
    """Chroma has half the resolution: whatever moves or is drawn over must begin and end on even pixels."""
    return max(0, round(value / 2) * 2)


def _cell(value: float) -> int:
    return max(8, int(value / 4) * 4)
