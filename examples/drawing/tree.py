"""The Christmas tree in the parlor."""

from __future__ import annotations

import math
import random

from drawing.canvas import Canvas, Fade, Point, box, limb, mix, oval, smooth
from drawing.face import INK
from drawing.things import shadow, star


def tree(on: Canvas) -> None:
    """A fir of four skirts with lights, ornaments and a star."""
    shadow(on, 236, 520, 170, 24)
    on.fill(box(216, 470, 40, 40), Fade("#7a4a2c", "#4d2c1c"))
    rng = random.Random(24)
    tiers = ((486.0, 150.0, 300.0), (400.0, 126.0, 236.0), (318.0, 100.0, 172.0), (240.0, 74.0, 112.0))
    for k, (low, half, top) in enumerate(tiers):
        edge = _tier(236, low, half, top)
        on.fill([(x, y + 12) for x, y in edge], "#0e2a24", 0.5, blur=9)
        on.fill(edge, Fade(mix("#3f8a55", "#ffffff", 0.05 * k), "#1f5a41"))
        with on.clip(edge):
            on.fill(
                smooth([(250, top - 40), (270, low), (250, low + 40), (236 + half + 40, low + 40)]),
                "#0e2a24",
                0.28,
                blur=14,
            )
            for _ in range(26):
                x, y = 236 + rng.uniform(-half, half), rng.uniform(top, low + 10)
                on.fill(limb([(x, y), (x + rng.uniform(-4, 4), y + rng.uniform(8, 15))], [2.4, 0.8]), "#6bb07a", 0.4)
    _ornaments(on)


def _tier(x: float, low: float, half: float, top: float) -> list[Point]:
    """One skirt of a fir: sides that curve outwards, a hem of scallops."""
    side: list[Point] = [
        (0, top - 26),
        (half * 0.28, top + (low - top) * 0.28),
        (half * 0.58, top + (low - top) * 0.62),
        (half, low),
    ]
    right = smooth([(x + u, v) for u, v in side], closed=False)
    hem: list[Point] = []
    for i in range(7):
        start, end = half * (1 - 2 * i / 7), half * (1 - 2 * (i + 1) / 7)
        sag = [14 * math.cos(math.pi * u / (2 * half)) for u in (start, (start + end) / 2, end)]
        hem += smooth(
            [(x + start, low + sag[0]), (x + (start + end) / 2, low + sag[1] + 11), (x + end, low + sag[2])],
            closed=False,
            steps=6,
        )
    return [*right, *hem, *reversed([(2 * x - u, v) for u, v in right])]


def _ornaments(on: Canvas) -> None:
    for y, half in ((226.0, 44.0), (300.0, 72.0), (378.0, 100.0), (462.0, 128.0)):
        chain = [(236 - half, y - 14), (236 - half * 0.4, y + 12), (236 + half * 0.3, y + 12), (236 + half, y - 16)]
        on.line(chain, 2, "#ffd36b", 0.8)
        for x, v in smooth(chain, closed=False, steps=3):
            on.fill(oval(x, v + 3, 10, 10), "#ffd98a", 0.55, blur=5)
            on.fill(oval(x, v + 3, 3.1, 3.1), "#fff6cf")
    balls = (
        (206, 262),
        (268, 276),
        (180, 338),
        (246, 334),
        (296, 350),
        (156, 422),
        (212, 414),
        (268, 420),
        (318, 436),
        (128, 488),
        (184, 494),
        (240, 484),
        (298, 496),
        (344, 484),
        (232, 206),
    )
    for k, (x, y) in enumerate(balls):
        colour = ("#d8423a", "#ecb84f", "#f3ede2", "#4f8fc0", "#b0457f")[k % 5]
        on.fill(oval(x + 1, y + 4, 10, 10), "#0e2a24", 0.5, blur=3)
        on.fill(oval(x, y, 10, 10), Fade(mix(colour, "#ffffff", 0.25), mix(colour, INK, 0.28)))
        on.fill(oval(x - 3.4, y - 3.8, 2.6, 2.2), "#ffffff", 0.8)
        on.fill(box(x - 2.5, y - 13, 5, 4, 1), "#f0c67a")
    on.fill(oval(236, 64, 46, 46), "#ffdf8a", 0.7, blur=18)
    on.fill(star(236, 66, 30, 13), Fade("#fff3b8", "#f0ac3a"))
