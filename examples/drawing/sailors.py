"""Nora the keeper and Finn the fisherman, from the waist up."""

from __future__ import annotations

from itertools import pairwise

from drawing.canvas import Canvas, Fade, box, limb, mix, oval, smooth
from drawing.face import INK, SHADE, Look, Mood, head, neck, tilted
from drawing.figure import hair, sleeves, torso

NORA = Look(skin="#eec0a2", eyes="#4f7f93", brows="#a9a6ad", lips="#b8616a", age=1)
FINN = Look(skin="#f2c6a6", eyes="#3f8a6b", brows="#a34f1f", lips="#c56a5c", jaw=1.04, freckles=True)


def nora(on: Canvas, mood: Mood) -> None:
    """A lighthouse keeper of sixty-odd: silver hair pinned up, a navy coat with brass buttons, a sea-green scarf."""
    silver, navy = "#c3c0c9", "#26375a"
    with tilted(on, mood):
        bun = oval(4, -84, 27, 22, -8)
        on.fill(bun, Fade(mix(silver, "#ffffff", 0.2), mix(silver, INK, 0.3)))
        with on.clip(bun):
            for bend in (0, 9, 18, 27):
                strand = [(-26, -76 + bend * 0.6), (0, -104 + bend), (32, -88 + bend * 0.8)]
                on.fill(limb(strand, [0.8, 2, 0.8]), mix(silver, INK, 0.4), 0.5)
        on.fill(
            smooth([(0, -76), (46, -58), (57, -10), (50, 24), (0, 30), (-50, 24), (-57, -10), (-46, -58)]),
            mix(silver, INK, 0.38),
        )
    neck(on, NORA)
    shape = torso(on, navy, 94)
    sleeves(on, shape, navy, 94)
    _keeper_coat(on, navy)
    _scarf(on, "#3f9a94")
    with tilted(on, mood):
        head(on, NORA, mood)
        front = smooth(
            [(-48, 14), (-55, -18), (-46, -58), (0, -80), (46, -58), (55, -18), (48, 14), (46, -14), (36, -38),
             (14, -50), (-10, -44), (-34, -34), (-46, -12)]
        )  # fmt: skip
        strands = [
            [(10, -52), (-14, -54), (-44, -22)], [(6, -60), (-24, -60), (-51, -16)], [(16, -54), (36, -46), (50, -10)],
            [(10, -66), (36, -60), (53, -18)], [(0, -74), (-34, -62), (-52, -24)],
        ]  # fmt: skip
        hair(on, front, silver, strands)


def _keeper_coat(on: Canvas, navy: str) -> None:
    on.fill(limb([(4, 110), (6, 270)], [1.5, 2]), mix(navy, "#000000", 0.45), 0.8)
    for side in (-1, 1):
        lapel = smooth(
            [
                (side * 24, 78),
                (side * 24, 78),
                (side * 62, 104),
                (side * 66, 138),
                (side * 40, 132),
                (side * 8, 176),
                (side * 8, 176),
            ]
        )
        on.fill([(x, y + 4) for x, y in lapel], "#0d1428", 0.5, blur=4)
        on.fill(lapel, Fade(mix(navy, "#ffffff", 0.17), mix(navy, "#ffffff", 0.05)))
        for y in (190, 228):
            on.fill(oval(side * 24 + 4, y + 1.6, 6.4, 6.4), "#0d1428", 0.5, blur=1)
            on.fill(oval(side * 24 + 4, y, 6, 6), Fade("#ffe3a1", "#b9812f"))
            on.fill(oval(side * 24 + 2.6, y - 1.6, 1.7, 1.7), "#fff6dc", 0.9)


def _scarf(on: Canvas, wool: str) -> None:
    tail = [(18.0, 96.0), (25, 130), (21, 180)]
    on.fill([(x + 3, y + 4) for x, y in limb(tail, [24, 28, 30])], "#0d1428", 0.45, blur=4)
    for x in range(10, 36, 5):
        on.line([(x, 178), (x, 202)], 2.2, mix(wool, INK, 0.15))
    strip = limb(tail, [24, 28, 30], blunt=True)
    on.fill(strip, Fade(wool, mix(wool, INK, 0.2)))
    with on.clip(strip):
        for y in (140, 150, 172):
            on.line([(4, y - 1), (24, y + 3), (44, y - 1)], 2.4, mix(wool, "#fff3d6", 0.55), 0.8)
    for lift, lower in ((0.0, 0.22), (18.0, 0.0)):
        wrap = smooth(
            [(-29, 63 + lift), (-45, 73 + lift), (-40, 88 + lift), (-14, 98 + lift), (16, 98 + lift), (42, 88 + lift),
             (45, 73 + lift), (29, 63 + lift), (14, 70 + lift), (-14, 70 + lift)]
        )  # fmt: skip
        on.fill([(x, y + 5) for x, y in wrap], "#0d1428", 0.4, blur=4)
        on.fill(wrap, Fade(mix(wool, "#ffffff", 0.22 - lower), mix(wool, INK, 0.12 + lower)))
        with on.clip(wrap):
            for start in (70, 78, 86):
                on.line(
                    [(-56, start + lift - 8), (-10, start + lift + 7), (56, start + lift - 9)],
                    1.3,
                    mix(wool, INK, 0.4),
                    0.45,
                )


def finn(on: Canvas, mood: Mood) -> None:
    """A young fisherman: ginger hair under a rust-red knitted cap, freckles, a yellow oilskin."""
    ginger, oil = "#c9692c", "#edb52f"
    hood = smooth([(-54, 108), (-66, 84), (-54, 56), (0, 44), (54, 56), (66, 84), (54, 108), (0, 118)])
    on.fill(hood, Fade(mix(oil, INK, 0.40), mix(oil, INK, 0.2)))
    neck(on, FINN)
    shape = torso(on, oil, 100)
    sleeves(on, shape, oil, 100)
    _oilskin(on, oil)
    with tilted(on, mood):
        on.fill(
            smooth([(-52, 16), (-55, -26), (0, -50), (55, -26), (52, 16), (44, 12), (-44, 12)]), mix(ginger, INK, 0.25)
        )
        head(on, FINN, mood)
        front = smooth(
            [(-49, 16), (-54, -20), (0, -60), (54, -20), (49, 16), (45, -8), (40, -26), (26, -24), (16, -34), (2, -24),
             (-12, -34), (-26, -23), (-40, -28), (-45, -8)]
        )  # fmt: skip
        hair(
            on,
            front,
            ginger,
            [
                [(-20, -46), (-24, -34), (-26, -25)],
                [(16, -46), (18, -40), (17, -35)],
                [(34, -40), (40, -32), (41, -26)],
            ],
            FINN.jaw,
        )
        _cap(on, "#a63a2e")


def _cap(on: Canvas, wool: str) -> None:
    crown = smooth([(-55, -38), (-55, -62), (-38, -92), (0, -104), (38, -92), (55, -62), (55, -38), (0, -48)])
    on.fill(crown, Fade(mix(wool, "#ffffff", 0.16), mix(wool, INK, 0.12)))
    with on.clip(crown):
        for i in range(-6, 7):
            on.line([(i * 3.2, -106), (i * 7.0, -78), (i * 9.2, -36)], 1.5, mix(wool, INK, 0.5), 0.45)
        on.fill(oval(-22, -80, 18, 14), "#ffffff", 0.16, blur=6)
    brim = smooth(
        [(-58, -28), (-59, -48), (-30, -57), (0, -60), (30, -57), (59, -48), (58, -28), (30, -36), (0, -39), (-30, -36)]
    )
    on.fill([(x, y + 3) for x, y in brim], SHADE, 0.35, blur=2.5)
    on.fill(brim, Fade(mix(wool, "#ffffff", 0.2), mix(wool, INK, 0.08)))
    with on.clip(brim):
        for i in range(-11, 12):
            on.line([(i * 5.2, -62), (i * 5.4, -26)], 1.4, mix(wool, INK, 0.5), 0.5)


def _oilskin(on: Canvas, oil: str) -> None:
    jumper = smooth(
        [(-24, 62), (-27, 84), (-12, 116), (0, 124), (12, 116), (27, 84), (24, 62), (12, 70), (0, 72), (-12, 70)]
    )
    on.fill(jumper, Fade("#3d5f7d", "#223c56"))
    with on.clip(jumper):
        for i in range(-6, 7):
            on.line([(i * 4.4, 62), (i * 4.0, 100)], 1.2, "#182c42", 0.5)
    on.fill(box(-9, 116, 22, 170), mix(oil, "#ffffff", 0.14))
    on.line([(13, 118), (13, 270)], 1.3, mix(oil, INK, 0.5), 0.8)
    for y in (138, 178, 218):
        on.fill(oval(2, y + 1.2, 4.8, 4.8), INK, 0.35, blur=1)
        on.fill(oval(2, y, 4.4, 4.4), Fade("#f7f0e0", "#a89f94"))
    for side in (-1, 1):
        flap = [
            (side * x, y)
            for x, y in (
                (25.0, 70.0),
                (44, 76),
                (60, 98),
                (61, 104),
                (42, 124),
                (36, 126),
                (3, 122),
                (8, 108),
                (22, 92),
            )
        ]
        on.fill([(x, y + 5) for x, y in flap], INK, 0.32, blur=4)
        on.fill(flap, Fade(mix(oil, "#ffffff", 0.26), mix(oil, INK, 0.06)))
        for start, end in pairwise([(side * x, y) for x, y in ((56.0, 102.0), (38, 121), (9, 118))]):
            on.line([start, end], 1.0, mix(oil, INK, 0.45), 0.5)
