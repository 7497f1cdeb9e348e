"""Objects, each alone on a plain backdrop: one subject per reference is what the models ask for."""

from __future__ import annotations

import math

from drawing.canvas import Canvas, Fade, Glow, Point, box, limb, mix, oval, smooth
from drawing.face import INK

WOOD = "#a5673a"


def shadow(on: Canvas, x: float, y: float, wide: float, high: float, depth: float = 0.4) -> None:
    """What an object throws on the ground: a wide soft one and a tight dark one where it touches."""
    on.fill(oval(x, y, wide, high), INK, depth * 0.7, blur=high * 0.55)
    on.fill(oval(x, y - high * 0.2, wide * 0.8, high * 0.4), INK, depth, blur=high * 0.2)


def gift() -> Canvas:
    """A gift box in red paper with gold ribbon and bow."""
    on = Canvas(800, 800, Glow("#f6e6cf", "#d9b391"))
    shadow(on, 415, 655, 290, 52)
    red, gold = "#c2322e", "#ecb84f"
    front, side = [(150, 372), (470, 400), (470, 690), (150, 640)], [(470, 400), (660, 366), (660, 632), (470, 690)]
    for face, light in ((front, 0.05), (side, -0.22)):
        on.fill(
            face, Fade(mix(red, "#ffffff", light) if light > 0 else mix(red, INK, -light), mix(red, INK, 0.2 - light))
        )
    for face, dim in ((front, 0.0), (side, 0.3)):
        with on.clip(face):
            _stars(on, mix("#dd5a4c", INK, dim * 0.5))
    on.fill([(286, 384), (346, 389), (346, 671), (286, 661)], Fade(mix(gold, "#ffffff", 0.25), mix(gold, INK, 0.16)))
    on.fill([(549, 386), (590, 379), (590, 653), (549, 666)], Fade(gold, mix(gold, INK, 0.34)))
    lid_front = [(132, 306), (474, 332), (474, 414), (132, 384)]
    lid_side = [(474, 332), (680, 298), (680, 372), (474, 414)]
    on.fill([(x, y + 12) for x, y in lid_front], INK, 0.35, blur=7)
    on.fill([(x, y + 12) for x, y in lid_side], INK, 0.35, blur=7)
    on.fill(lid_front, Fade(mix(red, "#ffffff", 0.14), red))
    on.fill(lid_side, Fade(mix(red, INK, 0.14), mix(red, INK, 0.3)))
    on.fill(
        [(132, 306), (340, 262), (680, 298), (474, 332)], Fade(mix(red, "#ffffff", 0.10), mix(red, "#ffffff", 0.24))
    )
    on.fill([(278, 317), (348, 322), (348, 403), (278, 397)], Fade(mix(gold, "#ffffff", 0.3), gold))
    on.fill([(552, 319), (600, 311), (600, 388), (552, 398)], Fade(mix(gold, INK, 0.06), mix(gold, INK, 0.26)))
    on.fill(
        [(278, 317), (348, 322), (540, 283), (478, 277)], Fade(mix(gold, "#ffffff", 0.4), mix(gold, "#ffffff", 0.15))
    )
    on.fill(
        [(552, 319), (600, 311), (262, 278), (218, 288)], Fade(mix(gold, "#ffffff", 0.4), mix(gold, "#ffffff", 0.15))
    )
    _bow(on, gold)
    _tag(on)
    return on


def _stars(on: Canvas, ink: str) -> None:
    for row in range(7):
        for column in range(9):
            x, y = 150 + column * 66 + (row % 2) * 33, 400 + row * 50
            on.fill(star(x, y, 13, 5.6), ink, 0.75)


def star(x: float, y: float, out: float, inner: float, points: int = 5) -> list[Point]:
    """A star standing on two of its points."""
    return [
        (x + r * math.sin(math.pi * k / points), y - r * math.cos(math.pi * k / points))
        for k in range(2 * points)
        for r in ((out if k % 2 == 0 else inner),)
    ]


def _bow(on: Canvas, gold: str) -> None:
    for side in (-1, 1):
        with on.at(410, 288, mirror=side < 0):
            tail = [(0.0, 0.0), (40, 16), (92, 66), (60, 78), (18, 26)]
            on.fill([(x, y + 8) for x, y in tail], INK, 0.3, blur=6)
            on.fill(tail, Fade(gold, mix(gold, INK, 0.24)))
            loop = smooth([(0, 0), (34, -62), (96, -112), (150, -96), (150, -44), (92, -8)])
            on.fill([(x, y + 10) for x, y in loop], INK, 0.32, blur=8)
            on.fill(loop, Fade(mix(gold, "#ffffff", 0.42), mix(gold, INK, 0.12)))
            hole = smooth([(34, -20), (62, -58), (106, -84), (128, -70), (122, -42), (80, -20)])
            on.fill(hole, Fade(mix(gold, INK, 0.46), mix(gold, INK, 0.22)))
            on.fill(limb([(20, -34), (60, -84), (112, -104)], [1, 7, 1]), "#fff6dc", 0.75, blur=1)
    on.fill(box(384, 262, 54, 50, 17), INK, 0.3, blur=6)
    on.fill(box(384, 258, 54, 50, 17), Fade(mix(gold, "#ffffff", 0.4), mix(gold, INK, 0.14)))
    for x in (398, 411, 424):
        on.line([(x, 266), (x - 1, 300)], 2, mix(gold, INK, 0.4), 0.5)


def _tag(on: Canvas) -> None:
    on.line([(402, 300), (360, 380), (236, 470)], 3, "#7c5a3a")
    with on.at(222, 492, -24):
        card = [(-56.0, -24.0), (28, -24), (48, -10), (48, 20), (28, 34), (-56, 34)]
        on.fill([(x + 4, y + 8) for x, y in card], INK, 0.38, blur=6)
        on.fill(card, Fade("#fffaf0", "#f1dfc4"))
        on.fill(oval(32, 5, 5, 5), "#b98a5c")
        heart = smooth([(-14, 22), (-34, 4), (-30, -10), (-19, -11), (-14, -3), (-9, -11), (2, -10), (6, 4)])
        on.fill(heart, "#c2322e")


def guitar() -> Canvas:
    """An acoustic guitar leaning a little, spruce top and a rosette of inlay."""
    on = Canvas(560, 840, Glow("#f3e3cd", "#cfa888"))
    with on.at(0, 0, size=0.875):
        _guitar(on)
    return on


def _guitar(on: Canvas) -> None:
    shadow(on, 330, 884, 190, 34)
    with on.at(330, 470, 5):
        half = [
            (0.0, -66.0),
            (62, -64),
            (116, -24),
            (122, 40),
            (98, 100),
            (104, 158),
            (160, 224),
            (178, 306),
            (140, 380),
            (60, 410),
            (0, 413),
        ]
        body = smooth([*half, *[(-x, y) for x, y in reversed(half[1:-1])]])
        rim = [(x * 1.045 + 7, y * 1.02 + 2) for x, y in body]
        on.fill([(x + 16, y + 12) for x, y in body], INK, 0.35, blur=14)
        on.fill(rim, Fade("#7a3f22", "#4a2416"))
        on.fill(body, "#f7ead0")
        top = [(x * 0.968, 173 + (y - 173) * 0.972) for x, y in body]
        on.fill(top, Fade("#e8ac5f", "#c27a35"))
        with on.clip(top):
            for i in range(-22, 23):
                on.line([(i * 8, -70), (i * 8 + 1.5, 420)], 1.1, "#a9622b", 0.28)
            on.fill(oval(-70, 60, 60, 190, 8), "#fff0cf", 0.28, blur=26)
            on.fill(
                smooth([(90, -80), (70, 80), (120, 250), (60, 420), (220, 420), (220, -80)]), "#6b3018", 0.30, blur=22
            )
        _hole(on)
        _bridge(on)
        _neck(on)


def _hole(on: Canvas) -> None:
    for radius, colour in ((66, "#6b3a1f"), (61, "#f4e2bd"), (58, "#7d4526"), (53, "#f4e2bd"), (50, "#5e321c")):
        on.fill(oval(0, 86, radius, radius), colour)
    on.fill(oval(0, 86, 46, 46), Fade("#1c0e0a", "#40231a"))
    guard = smooth([(44, 112), (66, 122), (98, 168), (104, 214), (72, 222), (44, 178), (26, 134)])
    on.fill(guard, Fade("#6a3620", "#3c1d14"), 0.92)
    on.fill(limb([(56, 132), (78, 168)], [2, 7]), "#ffffff", 0.18, blur=2)


def _bridge(on: Canvas) -> None:
    bridge = smooth(
        [(-78, 268), (-50, 262), (0, 261), (50, 262), (78, 268), (80, 282), (50, 288), (0, 290), (-50, 288), (-80, 282)]
    )
    on.fill([(x + 2, y + 5) for x, y in bridge], INK, 0.4, blur=4)
    on.fill(bridge, Fade("#5a2f1c", "#34190f"))
    on.fill(box(-38, 266, 76, 4, 2), "#fbf4e2")
    for i in range(6):
        on.fill(oval(-30 + i * 12, 279, 3, 3), "#fbf4e2")


def _neck(on: Canvas) -> None:
    board = [(-19.0, -330.0), (19, -330), (25, 52), (-25, 52)]
    on.fill([(x + 8, y + 4) for x, y in board], INK, 0.3, blur=6)
    on.fill(board, Fade("#4b2819", "#3a1d13"))
    for fret in range(15):
        y = -330 + 382 * (1 - 2 ** (-fret / 9.5)) * 1.48
        if y < 48:
            wide = 19 + 6 * (y + 330) / 382
            on.line([(-wide, y), (wide, y)], 1.8, "#d9c9a8")
            if fret in (3, 5, 7, 9, 12):
                on.fill(oval(0, y - 9, 3.6, 3.6), "#fbf4e2")
    head_ = smooth(
        [
            (-20, -330),
            (-20, -330),
            (-31, -352),
            (-33, -432),
            (-24, -450),
            (0, -442),
            (24, -450),
            (33, -432),
            (31, -352),
            (20, -330),
            (20, -330),
        ]
    )
    on.fill([(x + 7, y + 5) for x, y in head_], INK, 0.3, blur=6)
    on.fill(head_, Fade("#8a4c28", "#5e2f1a"))
    for side in (-1, 1):
        for k in range(3):
            y = -424 + k * 30
            on.fill(box(side * 44 - 9, y - 6, 18, 12, 5), Fade("#fbf4e2", "#c9b48c"))
            on.line([(side * 30, y), (side * 40, y)], 3.5, "#b9a070")
            on.fill(oval(side * 19, y, 4, 4), "#ecd9a8")
            on.line([(side * 19, y), (side * (14 - 4.4 * k), -332)], 0.9, "#fff7e0")
    on.fill(box(-20, -334, 40, 6, 2), "#fbf4e2")
    for i in range(6):
        on.line([(-14 + i * 5.6, -330), (-30 + i * 12, 268)], 1.0 + 0.14 * (5 - i), "#fff3d4", 0.9)
