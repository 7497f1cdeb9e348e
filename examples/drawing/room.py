"""A room by the window, and what rooms share."""

from __future__ import annotations

import random

from drawing.canvas import Canvas, Fade, Point, box, limb, mix, oval, smooth
from drawing.face import INK
from drawing.things import shadow

WIDE, HIGH = 1024, 576


def room() -> Canvas:
    """A room by the window in the afternoon: light on the floor, a chair, plants, a bookshelf."""
    on = Canvas(WIDE, HIGH, Fade("#efd9bd", "#e2bf9c"))
    on.fill(oval(420, 200, 420, 300), "#fff3da", 0.5, blur=90)
    floor(on, 428, "#c48a58", "#965f3c")
    _garden_window(on)
    sun = [(300.0, 440.0), (560, 440), (760, 576), (330, 576)]
    on.fill(sun, "#ffe7b0", 0.42, blur=9)
    for x in (386, 470):
        on.line([(x, 440), (x + (x - 330) * 0.62, 576)], 8, "#a56d45", 0.35)
    _shelf(on)
    _chair(on)
    _plant(on, 160, 500, 1.25)
    _pictures(on)
    return on


def _garden_window(on: Canvas) -> None:
    on.fill(box(270, 66, 310, 316, 8), INK, 0.22, blur=10)
    on.fill(box(266, 58, 312, 320, 6), Fade("#fffdf6", "#eddcc2"))
    glass = box(284, 76, 276, 284)
    on.fill(glass, Fade("#a9d7ea", "#fdeccb"))
    with on.clip(glass):
        on.fill(oval(500, 130, 120, 90), "#fff8e0", 0.8, blur=36)
        for u, v in ((330, 130), (366, 122), (350, 140), (500, 178), (530, 172), (516, 188)):
            on.fill(oval(u, v, 26, 11), "#ffffff", 0.85, blur=2)
        on.fill(
            smooth([(260, 290), (330, 236), (400, 270), (470, 220), (590, 268), (600, 380), (250, 380)]),
            Fade("#9fc4a6", "#7fae8a"),
        )
        on.fill(
            smooth([(260, 330), (340, 300), (430, 322), (520, 290), (600, 318), (600, 380), (250, 380)]),
            Fade("#6fa36f", "#4f8358"),
        )
        for u, v, size in ((318, 300, 20), (340, 312, 15), (506, 288, 24), (532, 300, 18)):
            on.line([(u, v), (u, v + size + 14)], 4, "#6d4a30")
            on.fill(oval(u, v, size, size * 1.15), Fade("#7cb069", "#477c4c"))
    for x in (375, 463):
        on.fill(box(x, 76, 6, 284), Fade("#fffdf6", "#eddcc2"))
    on.fill(box(284, 196, 276, 6), "#fffaf0")
    on.fill(box(252, 370, 340, 18, 4), Fade("#fffdf6", "#d2b993"))
    on.fill(box(258, 388, 328, 10), INK, 0.2, blur=4)
    for x in (232, 612):
        with on.at(x, 0, mirror=x == 612):
            _sheer(on)
    on.fill(box(206, 28, 432, 9, 4), Fade("#b07a48", "#6f4527"))
    _pot(on, 330, 370, "#c96f4a")
    _pot(on, 412, 370, "#4f8a8b")


def _sheer(on: Canvas) -> None:
    cloth: list[Point] = [(0, 36), (78, 36), (64, 160), (34, 250), (40, 420), (-4, 420)]
    on.fill(cloth, Fade("#fffaf0", "#f2dfc2"), 0.93)
    with on.clip(cloth):
        for fold in range(5):
            line = [(10 + fold * 15, 36), (5 + fold * 9, 250), (5 + fold * 9, 420)]
            on.fill(limb(line, [4, 5, 6]), "#c9a67c", 0.35, blur=2)
    on.fill(box(-4, 244, 48, 8, 4), "#c9784a")


def _pot(on: Canvas, x: float, y: float, clay: str) -> None:
    for turn in (-50, -24, 4, 30, 54):
        with on.at(x, y - 26, turn):
            on.fill(smooth([(0, 2), (-6, -16), (0, -36), (6, -16)]), Fade("#7cb069", "#3f7a4c"))
    on.fill(
        [(x - 17, y - 28), (x + 17, y - 28), (x + 12, y), (x - 12, y)],
        Fade(mix(clay, "#ffffff", 0.15), mix(clay, INK, 0.2), across=True),
    )
    on.fill(box(x - 19, y - 33, 38, 9, 3), Fade(mix(clay, "#ffffff", 0.25), clay, across=True))


def _shelf(on: Canvas) -> None:
    on.fill(box(752, 150, 216, 300, 4), INK, 0.28, blur=12)
    on.fill(box(748, 142, 216, 304, 4), Fade("#a8693c", "#7c4a2a"))
    rng = random.Random(5)
    colours = ("#c9503f", "#e8b04f", "#2f7f87", "#f3e6cf", "#5a6fa8", "#8a4a6a", "#6f9a5f")
    for row in range(3):
        top = 154 + row * 97
        on.fill(box(758, top, 196, 86), Fade("#5e3420", "#7a4a2c"))
        x = 762.0
        while x < 926 and not (row == 1 and x > 850):
            wide, high = rng.uniform(10, 19), rng.uniform(54, 76)
            colour = rng.choice(colours)
            on.fill(
                box(x, top + 86 - high, wide, high, 2),
                Fade(mix(colour, "#ffffff", 0.12), mix(colour, INK, 0.2), across=True),
            )
            on.fill(box(x + 2, top + 96 - high, wide - 4, 3), "#fff3da", 0.6)
            x += wide + 1.6
        on.fill(box(758, top, 196, 9), INK, 0.3, blur=3)
    _pot(on, 910, 337, "#e8b04f")
    on.fill(box(800, 96, 84, 46, 8), Fade("#d9885f", "#a8573c"))
    on.fill(oval(824, 119, 13, 13), "#fff3da")
    on.fill(oval(824, 119, 6, 6), "#5e3420")
    for k in range(4):
        on.fill(box(846, 108 + k * 7, 28, 2.4), "#6b2f22")
    on.line([(872, 98), (900, 60)], 2.4, "#6b5a52")


def _chair(on: Canvas) -> None:
    shadow(on, 500, 530, 96, 14)
    wood, dark = "#8a5230", "#5e3420"
    for x, y in ((462, 440), (548, 440)):
        on.line([(x, y - 110), (x + (4 if x < 500 else -4), 500)], 9, dark)
    for k in range(3):
        on.fill(box(464, 344 + k * 26, 82, 12, 5), Fade(mix(wood, "#ffffff", 0.2), wood))
    on.fill(
        smooth([(454, 334), (505, 320), (556, 334), (552, 350), (505, 338), (458, 350)]),
        Fade(mix(wood, "#ffffff", 0.25), wood),
    )
    for x in (440, 566):
        on.line([(x, 450), (x + (-4 if x < 500 else 4), 528)], 10, wood)
    on.line([(440, 496), (566, 496)], 6, dark)
    seat = smooth([(440, 430), (566, 430), (584, 448), (574, 460), (432, 460), (422, 448)])
    on.fill([(x, y + 6) for x, y in seat], INK, 0.35, blur=4)
    on.fill(seat, Fade(mix(wood, "#ffffff", 0.25), wood))
    on.fill(
        smooth([(446, 424), (505, 418), (562, 424), (572, 440), (505, 450), (434, 440)]), Fade("#4f8a8b", "#356468")
    )


def _plant(on: Canvas, x: float, y: float, size: float) -> None:
    shadow(on, x, y + 22, 74, 13)
    with on.at(x, y, 0, size):
        leaves = ((-62, 112), (-38, 150), (-14, 172), (12, 178), (34, 150), (60, 116), (-76, 76), (74, 80))
        for k, (turn, length) in enumerate(leaves):
            with on.at(0, -40, turn * 0.8):
                leaf = smooth(
                    [
                        (0, 0),
                        (-12, -length * 0.4),
                        (-9, -length * 0.75),
                        (0, -length),
                        (9, -length * 0.75),
                        (12, -length * 0.4),
                    ]
                )
                on.fill([(u + 3, v + 3) for u, v in leaf], INK, 0.18, blur=3)
                on.fill(leaf, Fade("#8cc07a", mix("#3f7a4c", "#2a5c44", (k % 3) / 2)))
                on.line([(0, -4), (0, -length * 0.92)], 1.2, "#d4e8c0", 0.6)
        pot = [(-36.0, -48.0), (36, -48), (28, 18), (-28, 18)]
        on.fill(pot, Fade("#e9a27f", "#a85638", across=True))
        on.fill(box(-40, -58, 80, 16, 5), Fade("#f0b496", "#b8664a", across=True))


def _pictures(on: Canvas) -> None:
    for x, y, wide, high, colour in ((662, 120, 62, 80, "#5a6fa8"), (668, 226, 52, 52, "#e8b04f")):
        on.fill(box(x + 3, y + 5, wide, high, 3), INK, 0.25, blur=5)
        on.fill(box(x, y, wide, high, 3), "#7c4a2a")
        on.fill(box(x + 5, y + 5, wide - 10, high - 10), "#fff8ea")
        with on.clip(box(x + 10, y + 10, wide - 20, high - 20)):
            on.fill(box(x, y, wide, high), Fade(mix(colour, "#ffffff", 0.5), mix(colour, "#ffffff", 0.2)))
            on.fill(oval(x + wide * 0.62, y + high * 0.4, 9, 9), "#fff3da")
            on.fill(
                smooth(
                    [
                        (x, y + high * 0.8),
                        (x + wide * 0.3, y + high * 0.5),
                        (x + wide * 0.6, y + high * 0.7),
                        (x + wide, y + high * 0.5),
                        (x + wide, y + high),
                        (x, y + high),
                    ]
                ),
                mix(colour, INK, 0.2),
            )


def floor(on: Canvas, top: float, light: str, dark: str) -> None:
    on.fill(box(0, top, WIDE, HIGH - top), Fade(light, dark))
    for row in range(7):
        y = top + (HIGH - top) * (row / 7) ** 1.35
        on.fill(box(0, y, WIDE, 1.6), mix(dark, INK, 0.4), 0.55)
        for k in range(9):
            x = (k * 137 + row * 71) % WIDE
            on.fill(box(x, y, 1.6, 30), mix(dark, INK, 0.4), 0.4)
    on.fill(box(0, top - 12, WIDE, 14), Fade("#fff6e4", "#cbb592"))
    on.fill(box(0, top + 2, WIDE, 12), INK, 0.2, blur=4)
