"""Where the camera looks at each moment: a window that glides over a picture, in fractions of a pixel.

A window has the shape of the cell that it fills.  It never leaves the picture, moves one way only, and starts and stops
softly; its size changes by equal factors in equal times, which the eye reads as constant speed.
"""

from __future__ import annotations

from math import sin, tau
from typing import NamedTuple

from r2v_pipeline.providers.animatic.camera import Camera

Box = tuple[float, float, float, float]

_FOCUS = (0.5, 0.42)  # people's faces lie above the middle of a picture
_ZOOM_RATE, _ZOOM_LEAST, _ZOOM_MOST = 0.016, 0.035, 0.2  # part of the window a second, and in all
_PAN_RATE, _PAN_LEAST, _PAN_MOST = 0.03, 0.05, 0.32
_WANDER = 0.006  # a hand's unsteadiness, part of the window
# Two segments in a row without camera words shall not look the same.
_DEFAULTS = ("in", "right", "in", "left", "out")


class View(NamedTuple):
    """A window by its middle, in picture pixels, and its size against the largest that fits (`1`)."""

    x: float
    y: float
    scale: float


class Path(NamedTuple):
    """A camera move over a picture of `picture` pixels, seen through windows of `largest` pixels times a scale."""

    picture: tuple[int, int]
    largest: tuple[float, float]
    start: View
    end: View
    seconds: float
    held: bool

    def box(self, part: float) -> Box:
        """The window after `part` (0 to 1) of the time: left, top, right, bottom in picture pixels."""
        p = eased(part)
        scale = self.start.scale * (self.end.scale / self.start.scale) ** p
        width, height = self.largest[0] * scale, self.largest[1] * scale
        x = self.start.x + (self.end.x - self.start.x) * p
        y = self.start.y + (self.end.y - self.start.y) * p
        if self.held:
            t = part * self.seconds
            x += width * _WANDER * (sin(tau * 0.31 * t) + 0.5 * sin(tau * 0.83 * t + 1))
            y += height * _WANDER * (sin(tau * 0.27 * t + 2) + 0.5 * sin(tau * 0.71 * t))
        x = _held_inside(x, width, self.picture[0])
        y = _held_inside(y, height, self.picture[1])
        return x - width / 2, y - height / 2, x + width / 2, y + height / 2

    def reach(self) -> Box:
        """The part of the picture that the move can show, at any moment."""
        boxes = [self.box(i / 16) for i in range(17)]
        slack = self.largest[0] * _WANDER * 2 if self.held else 1.0
        return (
            max(0.0, min(b[0] for b in boxes) - slack),
            max(0.0, min(b[1] for b in boxes) - slack),
            min(float(self.picture[0]), max(b[2] for b in boxes) + slack),
            min(float(self.picture[1]), max(b[3] for b in boxes) + slack),
        )

    @property
    def moves(self) -> bool:
        return self.held or self.start != self.end


def eased(part: float) -> float:
    """Time to way: mostly even, soft at both ends, never backwards."""
    part = min(1.0, max(0.0, part))
    return 0.55 * part + 0.45 * part * part * (3 - 2 * part)


def plan_move(
    picture: tuple[int, int], cell: tuple[int, int], camera: Camera, seconds: float, order: int, closest: float
) -> Path:
    """The move over a picture for a cell of that size, `order` counting the segments of the shot.

    `closest` is the smallest scale at which the picture is still sharp enough.
    """
    ratio = cell[0] / cell[1]
    largest = (min(picture[0], picture[1] * ratio), min(picture[1], picture[0] / ratio))
    move = camera.move or _DEFAULTS[order % len(_DEFAULTS)]
    zoom = min(_ZOOM_MOST, max(_ZOOM_LEAST, _ZOOM_RATE * seconds) * camera.pace)
    pan = min(_PAN_MOST, max(_PAN_LEAST, _PAN_RATE * seconds) * camera.pace * (1.5 if move == "track" else 1.0))
    wide = min(1.0, max(camera.framing, closest))
    focus = (picture[0] * _FOCUS[0], picture[1] * _FOCUS[1])
    if move in ("in", "out", "static"):
        near = View(*focus, wide * (1 - zoom))
        far = View(*focus, wide)
        start, end = {"in": (far, near), "out": (near, far), "static": (far, far)}[move]
    else:
        start, end = _travel(picture, largest, focus, move, pan, wide)
        if move == "arc":
            end = end._replace(scale=end.scale * (1 - zoom))
    inside = [_inside(v, picture, largest) for v in (start, end)]
    return Path(picture, largest, inside[0], inside[1], seconds, camera.held)


def _travel(
    picture: tuple[int, int],
    largest: tuple[float, float],
    focus: tuple[float, float],
    move: str,
    pan: float,
    wide: float,
) -> tuple[View, View]:
    """Both ends of a pan or tilt: the window shrinks where the picture leaves no room beside it."""
    axis = 1 if move in ("up", "down") else 0
    scale = min(wide, picture[axis] / largest[axis] / (1 + pan))
    way = largest[axis] * scale * pan / 2
    middle = _held_inside(focus[axis], largest[axis] * scale + 2 * way, picture[axis])
    sign = -1 if move in ("left", "up") else 1
    if axis:
        return View(focus[0], middle - sign * way, scale), View(focus[0], middle + sign * way, scale)
    return View(middle - sign * way, focus[1], scale), View(middle + sign * way, focus[1], scale)


def _inside(view: View, picture: tuple[int, int], largest: tuple[float, float]) -> View:
    return View(
        _held_inside(view.x, largest[0] * view.scale, picture[0]),
        _held_inside(view.y, largest[1] * view.scale, picture[1]),
        view.scale,
    )


def _held_inside(middle: float, size: float, room: float) -> float:
    return min(max(middle, size / 2), max(room - size / 2, size / 2))
