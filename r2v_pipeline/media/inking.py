"""Putting one piece of text on a picture: outlines, colour emoji, and the notice for what no font has.

Glyphs are drawn several times too large and reduced: the renderer rounds each advance to a whole pixel, which at 14 px
opens gaps inside words that a reader sees.
"""

from __future__ import annotations

from functools import lru_cache
from math import cos, pi, sin
from typing import TYPE_CHECKING, NamedTuple

from r2v_pipeline.media.fonts import Face, sized, vendored
from r2v_pipeline.media.graphemes import clusters, seen

if TYPE_CHECKING:
    from PIL.Image import Image

Colour = tuple[int, int, int]
NOTICE_SCALE = 0.74  # size of the words inside a notice, against the text around it
NOTICE_PADDING = 0.9  # width of a notice beside its words, in sizes
EMOJI_SCALE = 0.98
_GAMMA = 0.84  # light strokes on a dark ground come out thin when reduced; this gives the weight back


class Piece(NamedTuple):
    """Neighbouring atoms of one face and direction, in the order in which they stand on the line from the left."""

    text: str
    face: Face | None
    right_to_left: bool
    width: float


@lru_cache(maxsize=1)
def _shapes() -> bool:
    from PIL import features

    return bool(features.check("raqm"))


def ordered(text: str, right_to_left: bool) -> tuple[str, str | None]:
    """What to hand to the renderer.

    Without raqm it knows neither directions nor joiners: the text is turned round, its letters stay unjoined.
    """
    if _shapes():
        return text, "rtl" if right_to_left else None
    return "".join(reversed(clusters(seen(text)))) if right_to_left else seen(text), None


def ink_text(image: Image, x: float, baseline: float, piece: Piece, size: int, colour: Colour) -> None:
    """Letters of one face and one direction; a face without a bold of its own is drawn twice, a hair apart."""
    from PIL import Image as Images
    from PIL import ImageDraw

    assert piece.face is not None
    k = 4 if size <= 40 else 2 if size <= 96 else 1
    font, _ = sized(piece.face.path, piece.face.number, "outline", size * k)
    shown, way = ordered(piece.text, piece.right_to_left)
    left, pad = int(x), size // 2 + 2
    width, above, below = round(piece.width) + 2 * pad + 2, round(size * 1.3), round(size * 0.6)
    top = round(baseline) - above
    mask = Images.new("L", (width * k, (above + below) * k))
    draw = ImageDraw.Draw(mask)
    at = ((pad + x - left) * k, (above + baseline - round(baseline)) * k)
    draw.text(at, shown, fill=255, font=font, anchor="ls", direction=way)
    if piece.face.embolden:
        draw.text((at[0] + size * k * 0.03, at[1]), shown, fill=255, font=font, anchor="ls", direction=way)
    weight = [round(255 * (v / 255) ** _GAMMA) for v in range(256)] if k > 1 else list(range(256))
    image.paste((*colour, 255)[: len(image.getbands())], (left - pad, top), mask.reduce(k).point(weight))


def ink_picture(image: Image, x: float, baseline: float, piece: Piece, size: int) -> None:
    """A colour emoji: drawn at the size its font has, scaled to the text."""
    from PIL import Image as Images
    from PIL import ImageDraw

    assert piece.face is not None
    font, scale = sized(piece.face.path, piece.face.number, piece.face.paint, size * (1 if size > 60 else 3))
    scale *= EMOJI_SCALE / (1 if size > 60 else 3)
    left, top, right, bottom = font.getbbox(piece.text, anchor="ls")
    if right <= left or bottom <= top:
        return
    large = Images.new("RGBA", (int(right - left) + 2, int(bottom - top) + 2))
    ImageDraw.Draw(large).text((-left, -top), piece.text, font=font, anchor="ls", embedded_color=True, fill="white")
    small = large.resize(
        (max(1, round(large.width * scale)), max(1, round(large.height * scale))), Images.Resampling.BOX
    )
    centre = baseline - size * 0.36
    image.paste(small.convert(image.mode), (round(x + left * scale), round(centre - small.height / 2)), small)


def ink_notice(image: Image, x: float, baseline: float, piece: Piece, size: int, colour: Colour) -> None:
    """A dotted pill that says how many characters stand here that this machine cannot draw."""
    from PIL import Image as Images
    from PIL import ImageDraw

    k, inner = 4, round(size * NOTICE_SCALE)
    width, height = round(piece.width - size * 0.2), round(size * 1.2)
    ring = Images.new("L", (width * k, height * k))
    draw = ImageDraw.Draw(ring)
    radius, dot = height * k / 2, max(1.0, size / 16) * k
    straight = width * k - 2 * radius
    around = 2 * straight + 2 * pi * radius
    count = max(8, round(around / (dot * 3.2)))
    for i in range(count):
        cx, cy = _on_pill(i / count * around, straight, radius - dot, radius)
        draw.ellipse((cx - dot / 2, cy - dot / 2, cx + dot / 2, cy + dot / 2), fill=200)
    left, middle = round(x + size * 0.1), baseline - size * 0.36
    image.paste((*colour, 255)[: len(image.getbands())], (left, round(middle - height / 2)), ring.reduce(k))
    text = piece.width - size * NOTICE_PADDING
    words = Piece(piece.text, Face(vendored(), 0, "outline", False), False, text)
    ink_text(image, left + (width - text) / 2, middle + inner * 0.36, words, inner, colour)


def _on_pill(along: float, straight: float, radius: float, middle: float) -> tuple[float, float]:
    """The point at a distance along the outline of a lying pill, clockwise from its upper left corner."""
    arc = pi * middle
    if along < straight:
        return middle + along, middle - radius
    if along < straight + arc:
        turn = (along - straight) / middle - pi / 2
        return middle + straight + radius * cos(turn), middle + radius * sin(turn)
    if along < 2 * straight + arc:
        return middle + straight - (along - straight - arc), middle + radius
    turn = (along - 2 * straight - arc) / middle + pi / 2
    return middle + radius * cos(turn), middle + radius * sin(turn)
