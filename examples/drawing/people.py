"""Mia and Leo from the waist up: each is a function that paints it, so that stills and clips share it."""

from __future__ import annotations

from itertools import pairwise

from drawing.canvas import Canvas, Fade, box, limb, mix, oval, smooth
from drawing.face import INK, SHADE, Look, Mood, head, neck, outline, tilted
from drawing.figure import hair, sleeves, torso

MIA = Look(skin="#f3c5a0", eyes="#6a4020", brows="#2f1f26", lips="#c9505a", lashes=True)
LEO = Look(skin="#a8683f", eyes="#3d2415", brows="#1f1518", lips="#a8524a", jaw=1.06, beard="#241a1c")


def mia(on: Canvas, mood: Mood) -> None:
    """A young woman, short dark hair, red knitted sweater with a snow pattern."""
    dark = "#2e1e27"
    half = [(0.0, -85.0), (44, -74), (65, -30), (67, 20), (60, 50), (44, 61), (20, 52)]
    back = smooth([*half, *[(-x, y) for x, y in reversed(half[1:])]])
    with tilted(on, mood):
        on.fill(back, Fade(dark, mix(dark, "#000000", 0.35)))
    neck(on, MIA)
    red = "#c93a33"
    shape = torso(on, red)
    with on.clip(shape):
        _snow_pattern(on, 152)
    sleeves(on, shape, red)
    roll = smooth(
        [(-27, 66), (-30, 82), (-16, 92), (0, 95), (16, 92), (30, 82), (27, 66), (14, 73), (0, 75), (-14, 73)]
    )
    on.fill([(x, y + 4) for x, y in roll], SHADE, 0.4, blur=3)
    on.fill(roll, Fade(mix(red, "#ffffff", 0.14), mix(red, INK, 0.18), across=True))
    with on.clip(roll):
        for i in range(-6, 7):
            on.line([(i * 4.6, 60), (i * 4.2, 100)], 1.2, mix(red, INK, 0.5), 0.5)
    with tilted(on, mood):
        head(on, MIA, mood)
        front = smooth(
            [(-47, 30), (-55, 0), (-57, -34), (-36, -70), (2, -86), (38, -74), (58, -34), (56, 2), (48, 32), (47, 2),
             (43, -22), (28, -40), (8, -50), (-6, -36), (-26, -25), (-42, -16), (-46, 6)]
        )  # fmt: skip
        strands = [
            [(8, -52), (-10, -48), (-36, -26)], [(6, -58), (-22, -54), (-48, -18)], [(10, -54), (34, -46), (50, -8)],
            [(10, -62), (40, -56), (54, -10)], [(-2, -70), (-34, -58), (-52, -4)],
        ]  # fmt: skip
        hair(on, front, dark, strands)


def _snow_pattern(on: Canvas, y: float) -> None:
    cream = "#f8e8cc"
    for row in (y - 20, y + 32):
        on.fill(box(-130, row, 260, 3.2), cream)
        for i in range(-16, 17):
            on.fill(oval(i * 8.0, row + (-5 if row < y else 8), 1.5, 1.5), cream)
    for i in range(-5, 6):
        with on.at(i * 25.0, y + 8):
            for turn in (0, 60, 120):
                with on.at(0, 0, turn):
                    on.line([(-9, 0), (9, 0)], 1.8, cream)
                    for side in (-1, 1):
                        on.line([(side * 5, 0), (side * 8, 3.2)], 1.5, cream)
                        on.line([(side * 5, 0), (side * 8, -3.2)], 1.5, cream)


def leo(on: Canvas, mood: Mood) -> None:
    """A man in his thirties: short curls, a trimmed beard, a denim shirt over a white tee."""
    dark, denim = "#2a1e20", "#4a7197"
    with tilted(on, mood):
        for x, y, size in _CURLS:
            on.fill(oval(x, y, size, size), mix(dark, "#000000", 0.35))
    neck(on, LEO)
    shape = torso(on, denim, 100)
    sleeves(on, shape, denim, 100)
    on.fill(
        smooth([(-24, 74), (-27, 106), (-8, 270), (8, 270), (27, 106), (24, 74), (0, 72)]), Fade("#fffdf7", "#ddd3d2")
    )
    skin = smooth([(-21, 70), (-17, 88), (0, 99), (17, 88), (21, 70)])
    on.fill([(x, y + 3) for x, y in skin], SHADE, 0.25, blur=2)
    on.fill(skin, mix(LEO.skin, SHADE, 0.2))
    for side in (-1, 1):
        _collar(on, denim, side)
    for y in (150, 182, 214):
        on.fill(oval(25 - (y - 150) * 0.1, y, 3, 3), "#f1e6d6")
    with tilted(on, mood):
        head(on, LEO, mood)
        with on.clip(outline(LEO.jaw)):
            on.fill(oval(2, -52, 60, 26), SHADE, 0.35, blur=4)
        for x, y, size in _CURLS:
            if y < -18:
                on.fill(oval(x, y + 1, size, size), dark)
        for x, y, size in _CURLS:
            if y < -18:
                curl = [
                    (x - size * 0.5, y + size * 0.2),
                    (x - size * 0.2, y - size * 0.5),
                    (x + size * 0.5, y - size * 0.3),
                ]
                on.fill(limb(curl, [0.8, 2.0, 0.8]), "#7d5a50", 0.55)


_CURLS = (
    (-44, -14, 8), (-47, -28, 10), (-45, -43, 12), (-36, -56, 13), (-22, -66, 14), (-6, -71, 14), (10, -71, 14),
    (25, -65, 14), (38, -55, 13), (46, -42, 12), (48, -28, 10), (45, -14, 8), (-30, -48, 12), (-14, -53, 12),
    (3, -56, 12), (19, -53, 12), (32, -47, 11), (-52, -30, 6), (52, -31, 6), (-30, -70, 8), (16, -80, 8),
    (-12, -81, 8), (34, -67, 8),
)  # fmt: skip


def _collar(on: Canvas, cloth: str, side: int) -> None:
    edge = [(side * 25.0, 80.0), (side * 30, 112), (side * 17, 160), (side * 13, 270)]
    on.fill([(x - side * 5, y + 3) for x, y in limb(edge, [13, 13, 13])], INK, 0.22, blur=4)
    on.fill(limb(edge, [13, 14, 14]), mix(cloth, "#ffffff", 0.12))
    on.line([(x - side * 4.5, y) for x, y in edge], 0.9, mix(cloth, "#ffffff", 0.55), 0.7)
    flap = [
        (side * x, y)
        for x, y in ((18.0, 66.0), (24, 64), (38, 76), (56, 101), (53, 106), (31, 119), (26, 117), (20, 90))
    ]
    on.fill([(x, y + 5) for x, y in flap], INK, 0.35, blur=4)
    on.fill(flap, Fade(mix(cloth, "#ffffff", 0.30), mix(cloth, "#ffffff", 0.08)))
    seam = [(side * x, y) for x, y in ((51.0, 103.0), (30, 114), (24, 92))]
    for start, end in pairwise(seam):
        on.line([start, end], 0.9, mix(cloth, "#ffffff", 0.6), 0.6)
