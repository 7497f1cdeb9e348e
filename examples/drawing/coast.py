"""The lighthouse and its sea, without people: the vendor takes a background as a still."""

from __future__ import annotations

import random

from drawing.canvas import Canvas, Fade, Point, box, limb, oval, smooth
from drawing.face import INK
from drawing.room import HIGH, WIDE


def lighthouse() -> Canvas:
    """A lighthouse on its rock at dusk, the lamp lit, the sea rising."""
    on = Canvas(WIDE, HIGH, Fade("#2b3566", "#f2a07c"))
    on.fill(box(0, 0, WIDE, 300), Fade("#1f2a57", "#54568c"), 0.55, blur=40)
    rng = random.Random(11)
    for _ in range(60):
        size = rng.uniform(0.5, 1.4)
        on.fill(oval(rng.uniform(0, WIDE), rng.uniform(0, 190), size, size), "#fff6dc", rng.uniform(0.3, 0.9))
    _clouds(on)
    on.fill(oval(190, 384, 190, 70), "#ffd9a0", 0.65, blur=44)
    on.fill(
        smooth([(-20, 396), (90, 350), (170, 378), (260, 340), (350, 384), (430, 396)]),
        Fade("#6b5a86", "#8f6d8c"),
        0.85,
    )
    _sea(on)
    _beam(on)
    _rock(on)
    _cottage(on)
    _tower(on)
    _surf(on)
    return on


def _clouds(on: Canvas) -> None:
    banks = (
        (110, 250, 190, 20, "#c9788a"),
        (330, 286, 230, 16, "#f0a88c"),
        (900, 240, 230, 22, "#a8668c"),
        (860, 290, 200, 14, "#f2b095"),
        (520, 214, 150, 12, "#84629a"),
    )
    for x, y, wide, high, colour in banks:
        for k in range(5):
            on.fill(
                oval(x - wide * 0.5 + k * wide * 0.25, y - high * (0.2 + 0.5 * (k % 2)), wide * 0.28, high),
                colour,
                0.5,
                blur=9,
            )


def _sea(on: Canvas) -> None:
    on.fill(box(0, 392, WIDE, 190), Fade("#b0708c", "#1f2c57"))
    on.fill(oval(190, 404, 150, 30), "#ffd9a0", 0.55, blur=34)
    rng = random.Random(3)
    for _ in range(70):
        depth = rng.random() ** 0.7
        x, y, wide = rng.uniform(-20, WIDE), 398 + 170 * depth, 20 + 60 * depth
        colour = "#ffd0a8" if x < 420 and rng.random() < 0.6 else "#7c86bd"
        on.fill(limb([(x - wide, y), (x, y - 2 - 3 * depth), (x + wide, y)], [0.5, 1 + 3 * depth, 0.5]), colour, 0.5)


def _beam(on: Canvas) -> None:
    lamp = (690.0, 136.0)
    for spread, shine in ((62, 0.16), (36, 0.2), (16, 0.28)):
        on.fill([lamp, (-40, 30 - spread), (-40, 60 + spread)], "#fff0b8", shine, blur=6)
    on.fill([lamp, (1080, 160), (1080, 250)], "#fff0b8", 0.2, blur=6)


def _rock(on: Canvas) -> None:
    rock = [
        (430.0, 590.0),
        (452, 520),
        (490, 498),
        (520, 446),
        (566, 430),
        (600, 404),
        (660, 392),
        (740, 390),
        (800, 398),
        (846, 420),
        (900, 430),
        (940, 470),
        (986, 486),
        (1040, 540),
        (1040, 590),
    ]
    on.fill(rock, Fade("#5b4f6b", "#241f3c"))
    faces: tuple[tuple[list[Point], str, float], ...] = (
        ([(520, 446), (566, 430), (600, 404), (590, 470), (548, 520), (500, 530)], "#9a7a88", 0.55),
        ([(600, 404), (660, 392), (668, 450), (620, 510), (590, 470)], "#7a6580", 0.6),
        ([(740, 390), (800, 398), (790, 470), (740, 520), (706, 460)], "#6b5a78", 0.6),
        ([(846, 420), (900, 430), (940, 470), (900, 540), (850, 500)], "#3a3354", 0.7),
        ([(452, 520), (490, 498), (510, 550), (470, 590), (432, 590)], "#8a6c80", 0.5),
    )
    with on.clip(rock):
        for face, colour, shine in faces:
            on.fill(face, colour, shine, blur=2)
        on.fill(limb([(560, 436), (620, 404), (740, 396), (850, 424)], [6, 16, 16, 6]), "#5f7a5c", 0.9)
        on.fill(limb([(640, 402), (690, 470), (640, 540), (600, 590)], [10, 12, 16, 22]), "#c9a78f", 0.55)


def _cottage(on: Canvas) -> None:
    on.fill([(772, 402), (772, 346), (862, 346), (862, 412)], Fade("#f6e6d2", "#bda0a0"))
    on.fill([(756, 350), (790, 310), (850, 310), (878, 350)], Fade("#a8433d", "#6f2c3a"))
    on.fill(box(838, 292, 14, 28), Fade("#8a5a58", "#5d3c48"))
    for x in (786, 826):
        on.fill(oval(x + 10, 376, 22, 22), "#ffc45a", 0.5, blur=8)
        on.fill(box(x, 362, 20, 24, 2), "#ffd77a")
        on.fill(box(x + 9, 362, 2, 24), "#8a5a38")
        on.fill(box(x, 373, 20, 2), "#8a5a38")
    for k in range(3):
        on.fill(oval(848 + k * 12, 280 - k * 17, 8 + 4 * k, 7 + 3 * k), "#e8d5dc", 0.3, blur=5)


def _tower(on: Canvas) -> None:
    on.fill(oval(690, 402, 70, 10), INK, 0.4, blur=5)
    shaft: list[Point] = [(664, 172), (716, 172), (736, 402), (644, 402)]
    on.fill(shaft, Fade("#fff6ea", "#b9a0b4", across=True))
    with on.clip(shaft):
        for y in (206, 276, 346):
            on.fill([(630, y), (750, y), (750, y + 34), (630, y + 34)], Fade("#d8493c", "#8a2a3a", across=True))
        on.fill(smooth([(704, 160), (716, 280), (724, 410), (760, 410), (740, 160)]), INK, 0.25, blur=6)
    for y in (196, 258, 326):
        on.fill(box(684, y, 12, 18, 5), "#3a2f4a")
        on.fill(box(686, y + 2, 8, 14, 4), "#ffd77a")
    on.fill(smooth([(678, 402), (678, 376), (690, 366), (702, 376), (702, 402)]), "#4a2f38")
    on.fill(box(648, 162, 84, 12, 3), Fade("#4a4462", "#2b2742"))
    for x in range(650, 732, 10):
        on.line([(x, 146), (x, 164)], 2, "#2b2742")
    on.line([(648, 147), (732, 147)], 2.6, "#2b2742")
    on.fill(oval(690, 136, 84, 84), "#ffe9a8", 0.55, blur=28)
    on.fill(box(668, 112, 44, 50, 4), Fade("#fff6cf", "#ffcf6b"))
    on.fill(oval(690, 136, 15, 19), "#ffffff")
    for x in (668, 682, 698, 710):
        on.line([(x, 112), (x, 162)], 2, "#3a3354")
    on.fill(smooth([(656, 114), (668, 92), (690, 82), (712, 92), (724, 114), (690, 112)]), Fade("#d8493c", "#8a2a3a"))
    on.line([(690, 84), (690, 62)], 3, "#3a3354")
    on.fill(oval(690, 82, 5, 5), "#3a3354")


def _surf(on: Canvas) -> None:
    shore: list[Point] = [
        (400, 556),
        (446, 534),
        (520, 548),
        (610, 538),
        (700, 553),
        (790, 541),
        (880, 552),
        (960, 534),
        (1040, 546),
    ]
    on.fill([*smooth(shore, closed=False), (1040, 600), (380, 600)], Fade("#565a95", "#22305f"))
    rng = random.Random(9)
    for k, (x, y) in enumerate(smooth(shore, closed=False, steps=7)):
        wide = rng.uniform(8, 20)
        on.fill(oval(x, y + rng.uniform(-3, 2), wide, rng.uniform(3, 7)), "#fbf0f2", 0.75, blur=1.6)
        if k % 3 == 0:
            on.fill(oval(x + 6, y - rng.uniform(8, 20), 2, 2), "#fbf0f2", 0.7)
    for wave in range(4):
        y = 556 + wave * 9
        for x in (430 + wave * 31, 640 + wave * 17, 860 - wave * 23):
            on.fill(limb([(x - 70, y + 3), (x, y - 3), (x + 80, y + 2)], [0.6, 3.4, 0.6]), "#cfc4e4", 0.5)
