"""What the cast shares below the chin: chest, sleeves, hair and hands."""

from __future__ import annotations

from collections.abc import Sequence

from drawing.canvas import Canvas, Fade, Point, box, limb, mix, oval, smooth
from drawing.face import INK, SHADE, outline


def torso(on: Canvas, cloth: str, wide: float = 92) -> list[Point]:
    """Shoulders and chest with the light from the left; returns the shape so that patterns can be clipped to it."""
    half = [(20.0, 74.0), (42, 86), (wide * 0.78, 97), (wide, 120), (wide + 9, 170), (wide + 14, 260)]
    shape = smooth([*half, half[-1], *[(-half[-1][0], half[-1][1])] * 2, *[(-x, y) for x, y in reversed(half[:-1])]])
    on.fill(shape, Fade(mix(cloth, "#ffffff", 0.10), mix(cloth, INK, 0.16)))
    with on.clip(shape):
        on.fill(smooth([(34, 70), (54, 120), (48, 270), (140, 270), (140, 70)]), SHADE, 0.20, blur=10)
        on.fill(oval(-58, 108, 34, 20), "#ffffff", 0.16, blur=9)
        on.fill(oval(4, 92, 40, 16), SHADE, 0.25, blur=7)
    return shape


def sleeves(on: Canvas, shape: Sequence[Point], cloth: str, wide: float = 92) -> None:
    """The creases where the arms hang beside the chest, over whatever pattern the cloth has."""
    with on.clip(shape):
        for side in (-1, 1):
            on.fill(
                limb([(side * (wide - 27), 148), (side * (wide - 25), 270)], [1, 7]), mix(cloth, INK, 0.55), 0.5, blur=1
            )
            fold = [(side * (wide - 14), 124), (side * (wide - 24), 134), (side * (wide - 30), 150)]
            on.fill(limb(fold, [1, 3, 1]), mix(cloth, INK, 0.5), 0.35)


def hair(on: Canvas, shape: Sequence[Point], colour: str, strands: Sequence[Sequence[Point]], jaw: float = 1) -> None:
    """Hair in front of the face: its shadow on the skin, the mass, a sheen and single strands."""
    with on.clip(outline(jaw)):
        on.fill([(x + 2, y + 6) for x, y in shape], SHADE, 0.26, blur=2.5)
    on.fill(shape, Fade(mix(colour, "#c88a80", 0.28), colour))
    with on.clip(shape):
        on.fill(limb([(-44, -36), (-18, -60), (16, -64)], [5, 15, 4]), "#ffd9c4", 0.20, blur=4)
        for strand in strands:
            on.fill(limb(strand, [0.8, 2.2, 0.8]), mix(colour, "#000000", 0.4), 0.55)


def hand(on: Canvas, skin: str, spread: float = 1) -> None:
    """An open hand, seen from its palm, wrist at the origin, fingers up."""
    dark = mix(skin, SHADE, 0.35)
    for x, turn, length in ((-8.5, -16.0, 20.0), (-3, -5, 24), (3, 5, 23.5), (8.5, 16, 19)):
        with on.at(x, -20, turn * spread):
            on.fill(limb([(0, 4), (0, -length)], [7.4, 6.0]), dark)
            on.fill(limb([(-0.4, 4), (-0.4, -length + 0.4)], [6.6, 5.4]), skin)
    on.fill(limb([(9, -6), (18, -16), (20, -24)], [9, 7.5, 6]), dark)
    on.fill(limb([(8.6, -6), (17.6, -16), (19.4, -23.6)], [8.2, 6.6, 5.2]), skin)
    palm = smooth([(-9, 4), (-12.5, -10), (-12, -24), (0, -27), (12, -24), (12.5, -10), (9, 4)])
    on.fill(palm, Fade(mix(skin, "#fff3dc", 0.12), mix(skin, SHADE, 0.06)))
    on.line([(-7, -14), (0, -10), (7, -15)], 1.0, dark, 0.5)


def waving(on: Canvas, cloth: str, skin: str, turn: float) -> None:
    """A raised forearm whose hand waves by `turn` degrees; painted over the chest, at the picture's right."""
    arm = [(92.0, 236.0), (126, 190), (124, 128)]
    on.fill([(x + 4, y + 5) for x, y in limb(arm, [56, 46, 34])], INK, 0.22, blur=6)
    with on.at(124, 120, turn):
        on.fill(limb([(0, 10), (0, -4)], [19, 18]), mix(skin, SHADE, 0.15))
        with on.at(0, -6, size=1.12, mirror=True):
            hand(on, skin)
    on.fill(limb(arm, [56, 46, 34]), Fade(mix(cloth, "#ffffff", 0.10), mix(cloth, INK, 0.18)))
    with on.at(124, 124, turn * 0.3):
        on.fill(box(-19, -10, 38, 18, 6), Fade(mix(cloth, "#ffffff", 0.16), mix(cloth, INK, 0.12)))
        for i in range(-3, 4):
            on.line([(i * 4.8, -8), (i * 4.8, 6)], 1.2, mix(cloth, INK, 0.5), 0.5)
