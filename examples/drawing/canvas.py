"""A small painter on Pillow: smooth shapes, gradients, soft shadows and clips, drawn large and reduced once.

Coordinates are in the units of the finished picture.  Everything becomes a polygon first, so that one affine matrix
serves all shapes, and every shape is painted through a mask, so that colour, gradient, blur and clip are one code path.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from PIL import Image, ImageChops, ImageColor, ImageDraw, ImageFilter, ImageOps

Point = tuple[float, float]
Matrix = tuple[float, float, float, float, float, float]
SCALE = 3


class Fade(NamedTuple):
    """A gradient over a shape's box: from `first` to `last`, downwards, or to the right where `across`."""

    first: str
    last: str
    across: bool = False


class Glow(NamedTuple):
    """A radial gradient over a shape's box: `middle` at its centre, `edge` at its border."""

    middle: str
    edge: str


Paint = str | Fade | Glow


def mix(one: str, two: str, share: float) -> str:
    """The colour between two: `share` 0 gives the first, 1 the second."""
    pairs = zip(ImageColor.getrgb(one)[:3], ImageColor.getrgb(two)[:3], strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


class Canvas:
    """A picture being painted, `SCALE` times larger than it will be."""

    def __init__(self, width: int, height: int, paint: Paint = "#ffffff", scale: int = SCALE) -> None:
        self.width, self.height, self.scale = width, height, scale
        self.image = Image.new("RGB", (width * scale, height * scale))
        self._matrix: Matrix = (scale, 0, 0, 0, scale, 0)
        self._clips: list[Image.Image] = []
        self.fill([(0, 0), (width, 0), (width, height), (0, height)], paint)

    def copy(self) -> Canvas:
        """The same picture, to paint on without changing this one: an unmoving background is painted once."""
        other = Canvas.__new__(Canvas)
        other.width, other.height, other.scale = self.width, self.height, self.scale
        other.image, other._matrix, other._clips = self.image.copy(), self._matrix, list(self._clips)
        return other

    def finished(self) -> Image.Image:
        """The picture at its real size."""
        return self.image.reduce(self.scale)

    @contextmanager
    def at(self, x: float, y: float, turn: float = 0, size: float = 1, mirror: bool = False) -> Iterator[None]:
        """Paint in a frame of reference moved to (x, y), turned by degrees (clockwise) and enlarged."""
        old, angle = self._matrix, math.radians(turn)
        cos, sin, side = math.cos(angle) * size, math.sin(angle) * size, -1 if mirror else 1
        inner = (cos * side, -sin, x, sin * side, cos, y)
        a, b, c, d, e, f = old
        g, h, i, j, k, m = inner
        self._matrix = (
            a * g + b * j, a * h + b * k, a * i + b * m + c, d * g + e * j, d * h + e * k, d * i + e * m + f
        )  # fmt: skip
        try:
            yield
        finally:
            self._matrix = old

    @contextmanager
    def clip(self, points: Sequence[Point]) -> Iterator[None]:
        """Paint only inside a shape (and inside the clips already open)."""
        mask = Image.new("L", self.image.size, 0)
        ImageDraw.Draw(mask).polygon(self._device(points), fill=255)
        self._clips.append(ImageChops.multiply(mask, self._clips[-1]) if self._clips else mask)
        try:
            yield
        finally:
            self._clips.pop()

    def fill(self, points: Sequence[Point], paint: Paint, opacity: float = 1, blur: float = 0) -> None:
        """Paint a closed shape; `blur` softens its edge (a shadow or a glow), in units of the picture."""
        shape, soft = self._device(points), blur * self._grown()
        margin = math.ceil(3 * soft) + 2
        left = max(0, math.floor(min(x for x, _ in shape)) - margin)
        top = max(0, math.floor(min(y for _, y in shape)) - margin)
        right = min(self.image.width, math.ceil(max(x for x, _ in shape)) + margin)
        bottom = min(self.image.height, math.ceil(max(y for _, y in shape)) + margin)
        if right <= left or bottom <= top:
            return
        box = (left, top, right, bottom)
        mask = _mask(shape, box, soft)
        if opacity < 1:
            mask = mask.point([round(value * opacity) for value in range(256)])
        if self._clips:
            mask = ImageChops.multiply(mask, self._clips[-1].crop(box))
        self.image.paste(_ink(paint, mask.size), box, mask)

    def line(self, points: Sequence[Point], width: float, paint: Paint, opacity: float = 1) -> None:
        """A smooth stroke with round ends, `width` wide."""
        self.fill(limb(points, [width, width]), paint, opacity)

    def _device(self, points: Sequence[Point]) -> list[Point]:
        a, b, c, d, e, f = self._matrix
        return [(a * x + b * y + c, d * x + e * y + f) for x, y in points]

    def _grown(self) -> float:
        return math.hypot(self._matrix[0], self._matrix[3])


def _mask(shape: Sequence[Point], box: tuple[int, int, int, int], soft: float) -> Image.Image:
    """Coverage of a shape in a box.  A wide blur is made small and enlarged: the eye cannot tell, the clock can."""
    step = max(1, int(soft / 5))
    size = (box[2] - box[0], box[3] - box[1])
    small = (max(1, math.ceil(size[0] / step)), max(1, math.ceil(size[1] / step)))
    mask = Image.new("L", small, 0)
    ImageDraw.Draw(mask).polygon([((x - box[0]) / step, (y - box[1]) / step) for x, y in shape], fill=255)
    if soft:
        mask = mask.filter(ImageFilter.GaussianBlur(soft / step))
    return mask if step == 1 else mask.resize(size, Image.Resampling.BICUBIC)


def _ink(paint: Paint, size: tuple[int, int]) -> Image.Image:
    if isinstance(paint, str):
        return Image.new("RGB", size, paint)
    if isinstance(paint, Glow):
        return ImageOps.colorize(Image.radial_gradient("L").resize(size), paint.middle, paint.edge)
    ramp = Image.linear_gradient("L")
    return ImageOps.colorize((ramp.rotate(90) if paint.across else ramp).resize(size), paint.first, paint.last)


def oval(x: float, y: float, rx: float, ry: float, turn: float = 0) -> list[Point]:
    """An ellipse around (x, y)."""
    cos, sin = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    round_ = [(rx * math.cos(a * math.tau / 64), ry * math.sin(a * math.tau / 64)) for a in range(64)]
    return [(x + u * cos - v * sin, y + u * sin + v * cos) for u, v in round_]


def box(x: float, y: float, width: float, height: float, corner: float = 0) -> list[Point]:
    """A rectangle with its top left at (x, y) and rounded corners."""
    if not corner:
        return [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
    centres = [(x + width - corner, y + corner, -90), (x + width - corner, y + height - corner, 0),
               (x + corner, y + height - corner, 90), (x + corner, y + corner, 180)]  # fmt: skip
    return [
        (cx + corner * math.cos(math.radians(start + a)), cy + corner * math.sin(math.radians(start + a)))
        for cx, cy, start in centres
        for a in range(0, 91, 10)
    ]


def smooth(points: Sequence[Point], closed: bool = True, steps: int = 12) -> list[Point]:
    """A curve through all points; a point given twice makes a corner."""
    count = len(points)
    out: list[Point] = []
    for i in range(count if closed else count - 1):
        if closed:
            p, q, r, s = (points[(i + k) % count] for k in (-1, 0, 1, 2))
        else:
            p, q, r, s = points[max(i - 1, 0)], points[i], points[i + 1], points[min(i + 2, count - 1)]
        out.extend(_between(p, q, r, s, k / steps) for k in range(steps))
    return out if closed else [*out, points[-1]]


def _between(p: Point, q: Point, r: Point, s: Point, t: float) -> Point:
    t2, t3 = t * t, t * t * t
    weights = (-0.5 * t3 + t2 - 0.5 * t, 1.5 * t3 - 2.5 * t2 + 1, -1.5 * t3 + 2 * t2 + 0.5 * t, 0.5 * t3 - 0.5 * t2)
    four = list(zip(weights, (p, q, r, s), strict=True))
    return sum(w * at[0] for w, at in four), sum(w * at[1] for w, at in four)


def limb(points: Sequence[Point], widths: Sequence[float], blunt: bool = False) -> list[Point]:
    """The outline of a stroke along a smooth spine whose width runs through `widths`: an arm, a lock of hair.

    `blunt` cuts its far end off straight, as a trouser leg is.
    """
    spine = smooth(points, closed=False) if len(points) > 2 else [points[0], points[-1]]
    spine = [at for i, at in enumerate(spine) if i == 0 or math.dist(at, spine[i - 1]) > 1e-6]
    last = len(spine) - 1
    left: list[Point] = []
    right: list[Point] = []
    for i, (x, y) in enumerate(spine):
        ahead, behind = spine[min(i + 1, last)], spine[max(i - 1, 0)]
        angle = math.atan2(ahead[1] - behind[1], ahead[0] - behind[0])
        place = i / last * (len(widths) - 1)
        k = min(int(place), len(widths) - 2)
        half = (widths[k] + (widths[k + 1] - widths[k]) * (place - k)) / 2
        across = (half * math.sin(angle), -half * math.cos(angle))
        _advance(left, (x + across[0], y + across[1]), angle)
        _advance(right, (x - across[0], y - across[1]), angle)
    end = [] if blunt else _cap(spine[-1], spine[-2], widths[-1])
    return [*left, *end, *reversed(right), *_cap(spine[0], spine[1], widths[0])]


def _advance(edge: list[Point], at: Point, angle: float) -> None:
    """Add a point to an edge, or the last one again: inside a tight bend an edge must wait, not run backwards, because
    a polygon that crosses itself is painted with holes."""
    if edge and (at[0] - edge[-1][0]) * math.cos(angle) + (at[1] - edge[-1][1]) * math.sin(angle) < 0:
        at = edge[-1]
    edge.append(at)


def _cap(end: Point, inner: Point, width: float) -> list[Point]:
    """Half a circle around a stroke's end, from its left side to its right as seen along the stroke."""
    out = math.atan2(end[1] - inner[1], end[0] - inner[0])
    return [
        (end[0] + width / 2 * math.cos(out + math.radians(a)), end[1] + width / 2 * math.sin(out + math.radians(a)))
        for a in range(-75, 76, 15)
    ]
