"""The storm lantern and the fishing boat."""

from __future__ import annotations

from collections.abc import Sequence

from drawing.canvas import Canvas, Fade, Glow, Point, box, limb, mix, oval, smooth
from drawing.face import INK
from drawing.things import WOOD, shadow


def lantern() -> Canvas:
    """A brass storm lantern, lit."""
    on = Canvas(576, 720, Glow("#6d6f93", "#2b2c4a"))
    with on.at(0, 0, size=0.9):
        _lantern(on)
    return on


def _lantern(on: Canvas) -> None:
    on.fill(oval(320, 430, 330, 330), "#ffb347", 0.42, blur=100)
    shadow(on, 330, 714, 190, 36, 0.7)
    on.fill(oval(320, 700, 210, 34), "#ffc46b", 0.35, blur=22)
    brass, dark = "#d69a3c", "#6b3f1d"
    handle = [(198.0, 308.0), (180, 190), (236, 88), (320, 58), (404, 88), (460, 190), (442, 308)]
    on.line(handle, 10, dark)
    on.line([(x - 1, y - 1) for x, y in handle], 4.5, "#f0c67a")
    on.fill(
        smooth([(218, 330), (206, 430), (232, 560), (320, 572), (408, 560), (434, 430), (422, 330), (320, 322)]),
        Glow("#fff6cf", "#f39a38"),
    )
    _flame(on)
    glass = [(232.0, 340.0), (222, 430), (240, 540)]
    on.fill(limb(glass, [3, 13, 3]), "#ffffff", 0.5, blur=2)
    on.fill(limb([(404, 350), (416, 430), (402, 530)], [2, 7, 2]), "#ffffff", 0.3, blur=2)
    for x in (206, 434):
        on.line([(x, 300), (x + (4 if x < 320 else -4), 600)], 12, dark)
        on.line([(x - 2, 300), (x + (2 if x < 320 else -6), 600)], 5, "#f0c67a")
    for y in (392, 486):
        on.line([(208, y), (320, y + 16), (432, y)], 4.5, dark, 0.85)
        on.line([(208, y - 1), (320, y + 14), (432, y - 1)], 2, "#f0c67a", 0.9)
    _caps(on, brass, dark)


def _flame(on: Canvas) -> None:
    on.fill(oval(320, 470, 80, 110), "#fff0b8", 0.85, blur=26)
    on.fill(
        smooth([(320, 352), (346, 430), (358, 490), (340, 536), (320, 542), (300, 536), (282, 490), (296, 430)]),
        Fade("#ffcf52", "#f4781c"),
    )
    on.fill(
        smooth([(320, 412), (336, 470), (338, 510), (320, 532), (302, 510), (304, 470)]), Fade("#fff6c4", "#ffe07a")
    )
    on.fill(box(313, 528, 14, 30, 4), "#5e3a22")


def _caps(on: Canvas, brass: str, dark: str) -> None:
    metal = Fade(mix(brass, "#fff0c9", 0.55), dark, across=True)
    on.fill(box(196, 552, 248, 36, 12), metal)
    on.fill(
        smooth(
            [
                (206, 586),
                (190, 640),
                (182, 690),
                (200, 708),
                (320, 716),
                (440, 708),
                (458, 690),
                (450, 640),
                (434, 586),
                (320, 592),
            ]
        ),
        metal,
    )
    on.fill(box(190, 632, 260, 9, 4), dark, 0.45)
    on.fill(limb([(226, 600), (214, 650), (212, 696)], [4, 14, 6]), "#fff6dc", 0.5, blur=4)
    on.fill(oval(452, 612, 17, 20), metal)
    on.fill(box(200, 300, 240, 34, 12), metal)
    on.fill(smooth([(212, 302), (244, 252), (276, 236), (364, 236), (396, 252), (428, 302), (320, 308)]), metal)
    on.fill(box(268, 186, 104, 56, 14), metal)
    on.fill(smooth([(252, 192), (272, 164), (320, 154), (368, 164), (388, 192), (320, 198)]), metal)
    for x in (286, 308, 330, 352):
        on.fill(box(x - 4, 206, 8, 24, 4), "#ffdf9a")
    for y in (300, 552):
        on.line([(206, y + 6), (434, y + 6)], 2, "#fff0c9", 0.6)


def boat() -> Canvas:
    """A small wooden fishing boat with a wheelhouse, on a calm sea."""
    on = Canvas(960, 720, Fade("#f3dcc4", "#d7c3bd"))
    on.fill(oval(480, 250, 330, 230), "#fff3dd", 0.7, blur=70)
    on.fill(box(0, 500, 960, 220), Fade("#7fb1b8", "#3a6f85"))
    for i in range(26):
        x, y = (i * 197) % 960, 512 + (i * 53) % 200
        on.fill(limb([(x - 34, y), (x, y + 4), (x + 40, y)], [0.6, 3 + y / 240, 0.6]), "#d9f0ec", 0.5)
    on.fill(smooth([(150, 560), (300, 600), (640, 600), (820, 556), (600, 640), (300, 640)]), "#1f4a60", 0.55, blur=12)
    _mast(on)
    _wheelhouse(on)
    _hull(on)
    for start in (120, 300, 480, 640):
        on.fill(
            limb([(start, 586), (start + 80, 576 - (start % 3) * 4), (start + 170, 588)], [1, 9, 1]), "#eef9f4", 0.85
        )
    return on


def _hull(on: Canvas) -> None:
    rail: list[Point] = [(118, 396), (170, 440), (420, 466), (640, 450), (828, 372)]
    bow = smooth([(828, 372), (790, 484), (716, 584)], closed=False)
    keel = smooth([(716, 584), (440, 592), (224, 584)], closed=False)
    stern = smooth([(224, 584), (162, 500), (118, 396)], closed=False)
    hull = [*smooth(rail, closed=False), *bow, *keel, *stern]
    on.fill(hull, Fade("#2f7f87", "#1f5666"))
    with on.clip(hull):
        on.fill(box(80, 548, 800, 60), Fade("#b5402f", "#7f2a26"))
        for drop in (26, 56, 88):
            plank = [(120, 396 + drop), (170, 440 + drop), (420, 466 + drop), (640, 450 + drop), (826, 372 + drop)]
            on.fill(limb(plank, [2, 2]), "#123d4c", 0.5)
        on.fill(smooth([(700, 380), (860, 360), (820, 600), (700, 600)]), INK, 0.25, blur=24)
    on.fill([(x, y + 6) for x, y in limb(rail, [16, 18, 16])], INK, 0.35, blur=4)
    on.fill(limb(rail, [15, 17, 15]), Fade("#f4d7a3", WOOD))
    for x, y in ((240, 476), (380, 488), (540, 486)):
        on.fill(oval(x, y + 30, 25, 29), INK, 0.3, blur=5)
        on.fill(oval(x, y + 24, 25, 29), "#2b2b33")
        on.fill(oval(x, y + 24, 12, 15), "#23646f")
        on.line([(x, y - 8), (x, y - 20)], 3, "#e9dcc0")


def _wheelhouse(on: Canvas) -> None:
    wall = [(330.0, 286.0), (560, 280), (586, 470), (320, 474)]
    on.fill([(x + 10, y) for x, y in wall], INK, 0.2, blur=9)
    on.fill(wall, Fade("#fff8ea", "#dccdb8"))
    with on.clip(wall):
        on.fill(box(520, 270, 90, 220), INK, 0.14, blur=14)
        for y in range(396, 480, 22):
            on.line([(300, y), (600, y)], 1.4, "#b9a690", 0.7)
    on.fill([(306, 262), (584, 254), (604, 286), (300, 294)], Fade("#c94b38", "#9a3029"))
    on.fill([(306, 294), (602, 287), (600, 300), (310, 306)], INK, 0.25, blur=4)
    for x, wide in ((352, 56), (424, 56), (496, 58)):
        on.fill(box(x, 318, wide, 62, 8), "#7d5a3a")
        on.fill(box(x + 5, 323, wide - 10, 52, 6), Fade("#bfe3e6", "#5c99a8"))
        on.fill([(x + 10, 372), (x + 30, 325), (x + 40, 325), (x + 20, 372)], "#ffffff", 0.35)
    ring = (452.0, 428.0)
    on.fill(oval(*ring, 29, 29), "#f5efe2")
    for turn in (0, 90, 180, 270):
        with on.at(*ring, turn + 45):
            on.fill([(-8, -30), (8, -30), (5, -15), (-5, -15)], "#d2452f")
    on.fill(oval(*ring, 15, 15), "#e3d5c0")


def _mast(on: Canvas) -> None:
    ropes: Sequence[tuple[Point, Point]] = (((640, 90), (814, 376)), ((640, 90), (140, 402)), ((640, 130), (470, 262)))
    for start, end in ropes:
        on.line([start, end], 2.2, "#6b5a52", 0.8)
    on.line([(640, 84), (644, 460)], 12, Fade("#c98d52", "#7c4c2a"))
    for k, colour in enumerate(("#c94b38", "#f2c14e", "#fff4e0", "#2f7f87", "#c94b38", "#f2c14e")):
        x, y = 664 + k * 24, 128 + k * 40
        on.fill([(x - 2, y - 2), (x + 13, y + 23), (x - 13, y + 26)], colour)
    on.fill(oval(640, 84, 13, 13), "#ffd36b", 0.6, blur=9)
    on.fill(oval(640, 84, 8, 8), "#fff3c9")
