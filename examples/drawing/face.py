"""A head that can blink, look, smile and speak: one rig for every character, so that they share a world.

The head's frame of reference has its origin between the eyes; a head is about 120 units high.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from drawing.canvas import Canvas, Fade, Point, limb, mix, oval, smooth

INK = "#33263b"
SHADE = "#7a2f4a"


class Look(NamedTuple):
    """What stays the same about a face."""

    skin: str
    eyes: str
    brows: str
    lips: str
    lashes: bool = False
    jaw: float = 1
    age: float = 0
    beard: str = ""
    freckles: bool = False


class Mood(NamedTuple):
    """What changes from frame to frame, each 0 to 1; `gaze` from -1 (left) to 1 (right), `tilt` in degrees."""

    blink: float = 0
    gaze: float = 0
    speak: float = 0
    smile: float = 0.6
    brow: float = 0
    tilt: float = 0


@contextmanager
def tilted(on: Canvas, mood: Mood) -> Iterator[None]:
    """The frame of reference of a head that leans on its neck."""
    with on.at(0, 62, mood.tilt), on.at(0, -62):
        yield


def outline(jaw: float) -> list[Point]:
    """A face from crown to chin; a wider jaw is squarer."""
    half = [(0.0, -66.0), (26, -60), (43, -38), (47, -8), (44, 18), (36 * jaw, 38), (20 * jaw, 53), (0, 58)]
    return smooth([*half, *[(-x, y) for x, y in reversed(half[1:-1])]])


def neck(on: Canvas, look: Look) -> None:
    """The neck and the shadow that the chin throws on it."""
    dark = mix(look.skin, SHADE, 0.34)
    shape = smooth([(-18, 30), (-18, 60), (-25, 92), (0, 104), (25, 92), (18, 60), (18, 30)])
    on.fill(shape, Fade(dark, look.skin))
    with on.clip(shape):
        on.fill(oval(3, 48, 34, 24), dark, 0.85, blur=3)


def head(on: Canvas, look: Look, mood: Mood) -> None:
    """Ears, face and features, without hair."""
    for side in (-1, 1):
        on.fill(oval(side * 46, 6, 9, 14, side * -8), mix(look.skin, SHADE, 0.08))
        on.fill(oval(side * 46.5, 7, 4.5, 8.5, side * -8), mix(look.skin, SHADE, 0.3))
    shape = outline(look.jaw)
    on.fill(shape, Fade(mix(look.skin, "#fff3dc", 0.16), mix(look.skin, SHADE, 0.06)))
    with on.clip(shape):
        on.fill(smooth([(60, -70), (34, -40), (40, 4), (30, 34), (8, 60), (60, 70)]), SHADE, 0.13, blur=4)
        for side in (-1, 1):
            on.fill(oval(side * 27, 25, 12, 8.5), mix(look.lips, "#ff7a5c", 0.5), 0.30, blur=4)
    if look.freckles:
        for x, y in ((14, 19), (20, 22), (26, 18), (32, 22), (23, 27), (9, 16), (30, 28), (17, 28), (36, 17)):
            on.fill(oval(x, y, 1.1, 1.1), mix(look.skin, "#9c3d1e", 0.55), 0.8)
            on.fill(oval(-x - 1, y + (x % 3) - 1, 1.1, 1.1), mix(look.skin, "#9c3d1e", 0.55), 0.8)
    if look.beard:
        _beard(on, look, mood)
    for side in (-1, 1):
        _eye(on, look, mood, side)
        _brow(on, look, mood, side)
    _nose(on, look)
    _mouth(on, look, mood)
    if look.age:
        _lines(on, look)


def _beard(on: Canvas, look: Look, mood: Mood) -> None:
    drop = 4 * mood.speak
    jaw = [(47.5, -6.0), (46.5, 18), (39, 41), (22, 57), (0, 62 + drop)]
    inner = [(44.0, 6.0), (39.5, 22), (31, 33), (20, 33), (11, 28.5), (4, 29)]
    right = [*jaw, *[(-x, y) for x, y in reversed(jaw[:-1])]]
    left = [(-x, y) for x, y in inner]
    shape = smooth([*right, *left, *reversed(inner)])
    on.fill(shape, Fade(mix(look.beard, look.skin, 0.28), mix(look.beard, look.skin, 0.06)), 0.92)
    with on.clip(shape):
        on.fill(oval(-30, 34, 16, 22), "#ffd9c4", 0.13, blur=5)
    on.fill(smooth([(-9, 50), (0, 47.5), (9, 50), (0, 55)]), mix(look.beard, "#000000", 0.5), 0.4, blur=1)


def _eye(on: Canvas, look: Look, mood: Mood, side: int) -> None:
    x, y, lift = side * 19.5, 1.5, 1 - 0.94 * mood.blink
    lid = [(-10.5, 2.2), (-6, -4.4 * lift + 1.5), (0.5, -6.8 * lift + 1.5), (7, -4.2 * lift + 1.5), (11, 0.6)]
    lid = [(x + side * u, y + v) for u, v in lid]
    low = [(x + side * u, y + v) for u, v in [(6.5, 5.4), (0, 6.8), (-6, 5.2)]]
    if mood.blink < 0.85:
        shape = smooth([*lid, *low])
        on.fill(shape, Fade("#e9dfe4", "#ffffff"))
        with on.clip(shape):
            middle = x + mood.gaze * 3.2
            on.fill(oval(middle, y + 0.2, 6.6, 7.1), mix(look.eyes, INK, 0.45))
            on.fill(oval(middle, y + 0.8, 5.4, 5.9), Fade(mix(look.eyes, INK, 0.3), mix(look.eyes, "#ffffff", 0.22)))
            on.fill(oval(middle, y + 0.2, 3.0, 3.3), "#1d1524")
            on.fill(oval(middle - 2.2, y - 2.0, 1.75, 1.75), "#ffffff")
            on.fill(oval(middle + 2.2, y + 3.0, 0.9, 0.9), "#ffffff", 0.8)
            on.fill(limb([(lid[0][0], lid[0][1] - 1), lid[2], (lid[4][0], lid[4][1] - 1)], [4, 5, 4]), INK, 0.22)
    heavy = 3.4 if look.lashes else 2.5
    on.fill(limb(lid, [1.1, heavy * 0.8, heavy, heavy * 0.9, 1.3]), INK)
    if look.lashes:
        out = lid[4]
        on.fill(limb([(out[0] - side * 3, out[1] - 1.2), (out[0] + side * 2.4, out[1] - 3.0)], [2.2, 0.7]), INK)
    if mood.blink < 0.5:
        crease = [(a, b - 4.2) for a, b in lid[1:4]]
        on.line(crease, 1.1, mix(look.skin, SHADE, 0.5), 0.7)


def _brow(on: Canvas, look: Look, mood: Mood, side: int) -> None:
    up = -2.5 * mood.brow
    spine = [(9.0, -13.6 + up * 0.6), (15, -16.2 + up), (22, -16.8 + up), (30.5, -12.6 + up * 0.8)]
    widths = [4.4, 5.0, 4.4, 1.6] if look.jaw > 1 else [2.6, 3.6, 3.2, 1.0]
    on.fill(limb([(side * x, y) for x, y in spine], widths), look.brows)


def _nose(on: Canvas, look: Look) -> None:
    dark = mix(look.skin, SHADE, 0.42)
    on.fill(smooth([(1, 4), (6, 17), (8, 23), (2, 25), (1, 18)]), dark, 0.35, blur=1.2)
    on.fill(limb([(-6.5, 22.5), (-2, 25.8), (3, 25.6), (7, 22)], [1.2, 2.0, 2.0, 1.2]), dark)
    on.fill(oval(-1.8, 18, 2.2, 3.6), "#ffffff", 0.25, blur=0.8)


def _mouth(on: Canvas, look: Look, mood: Mood) -> None:
    wide, curl, drop = 13 + 4 * mood.smile - 3.5 * mood.speak, 5.5 * mood.smile, 14 * mood.speak
    y = 38 - 0.8 * mood.smile
    corners = [(-wide, y - curl), (wide, y - curl)]
    top = [corners[0], (-wide * 0.62, y - 0.12 * curl), (0, y + 1.2), (wide * 0.62, y - 0.12 * curl), corners[1]]
    ink = mix(look.lips, INK, 0.45)
    if drop > 1.2:
        low = [(wide * 0.72, y + drop * 0.66), (0, y + 1.2 + drop), (-wide * 0.72, y + drop * 0.66)]
        shape = smooth([corners[0], *top, corners[1], *low])
        on.fill(shape, "#5c1a2b")
        with on.clip(shape):
            on.fill(oval(0, y - 0.2, wide * 0.8, 4.2), "#fffaf2")
            on.fill(oval(0, y + drop + 2.5, wide * 0.55, drop * 0.45), "#d9616b")
        on.fill(limb([corners[1], *low, corners[0]], [1.2, 2.6, 3.2, 2.6, 1.2]), look.lips)
        on.fill(limb(top, [1.4, 2.2, 2.0, 2.2, 1.4]), ink)
    else:
        on.fill(smooth([(-9, y + 3.0), (0, y + 7.6), (9, y + 3.0), (0, y + 4.2)]), look.lips, 0.6, blur=0.8)
        on.fill(limb(top, [1.2, 2.3, 2.5, 2.3, 1.2]), ink)
    for side in (-1, 1):
        dimple = [(side * (wide + 1.2), y - curl - 2.4), (side * (wide + 2.0), y - curl + 1.2)]
        on.fill(limb(dimple, [1.0, 1.3]), SHADE, 0.3)


def _lines(on: Canvas, look: Look) -> None:
    ink = mix(look.skin, SHADE, 0.55)
    for side in (-1, 1):
        strokes: list[list[Point]] = [
            [(12, 24), (18, 31), (20, 38)],
            [(11, 11.5), (18, 13.5), (26, 10.5)],
            [(33, -1), (38, -4)],
            [(33, 3), (39, 4)],
        ]
        for stroke in strokes:
            on.line([(side * x, y) for x, y in stroke], 1.1, ink, 0.75 * look.age)
    for y, wide in ((-33, 15), (-27, 18)):
        on.line([(-wide, y), (0, y - 2), (wide, y)], 1.0, ink, 0.4 * look.age)
