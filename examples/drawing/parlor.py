"""A parlor on Christmas eve."""

from __future__ import annotations

import random

from drawing.canvas import Canvas, Fade, Point, box, limb, mix, oval, smooth
from drawing.face import INK
from drawing.room import HIGH, WIDE, floor
from drawing.things import shadow, star
from drawing.tree import tree


def parlor() -> Canvas:
    """A parlor on Christmas eve: the tree, a fireplace, an armchair, snow outside the window."""
    on = Canvas(WIDE, HIGH, Fade("#3f6b66", "#2f544f"))
    for i in range(33):
        on.fill(box(i * 32, 0, 3, 430), "#4d7a74", 0.45)
    on.fill(box(0, 330, WIDE, 104), Fade("#e9dcc5", "#cdb896"))
    for i in range(9):
        on.fill(box(18 + i * 118, 350, 92, 62, 3), "#b89f78", 0.5)
        on.fill(box(20 + i * 118, 352, 90, 60, 3), Fade("#e3d3b6", "#d6c29e"))
    on.fill(box(0, 322, WIDE, 12), Fade("#f8efdc", "#c4ac84"))
    floor(on, 430, "#9a6038", "#6d3d26")
    _winter_window(on)
    _fireplace(on)
    _rug(on)
    _armchair(on)
    tree(on)
    on.fill(oval(255, 300, 250, 250), "#ffcf7a", 0.16, blur=80)
    on.fill(oval(560, 400, 190, 130), "#ff9a3c", 0.20, blur=60)
    return on


def _winter_window(on: Canvas) -> None:
    on.fill(box(770, 58, 176, 232, 8), INK, 0.3, blur=10)
    on.fill(box(768, 50, 176, 236, 6), "#f6ecd8")
    on.fill(box(782, 64, 148, 208), Fade("#20305c", "#6f7fb0"))
    with on.clip(box(782, 64, 148, 208)):
        on.fill(oval(890, 108, 18, 18), "#fff6da")
        on.fill(oval(890, 108, 40, 40), "#fff6da", 0.35, blur=16)
        on.fill(
            smooth([(770, 240), (820, 214), (870, 236), (940, 206), (960, 290), (760, 290)]), Fade("#e9effa", "#b7c3e0")
        )
        rng = random.Random(7)
        for _ in range(46):
            on.fill(
                oval(rng.uniform(784, 930), rng.uniform(64, 270), rng.uniform(1, 2.4), rng.uniform(1, 2.4)),
                "#ffffff",
                0.9,
            )
    on.fill(box(853, 64, 6, 208), "#f6ecd8")
    on.fill(box(782, 162, 148, 6), "#f6ecd8")
    on.fill(box(758, 284, 196, 14, 4), Fade("#fffaf0", "#cdb994"))
    for x in (742, 972):
        with on.at(x, 0, mirror=x == 972):
            _curtain(on)
    on.fill(box(716, 22, 282, 9, 4), Fade("#e8b765", "#8a5a2a"))


def _curtain(on: Canvas) -> None:
    cloth: list[Point] = [(0, 30), (62, 30), (50, 150), (20, 240), (26, 418), (-10, 418)]
    on.fill([(x + 6, y) for x, y in cloth], INK, 0.25, blur=8)
    on.fill(cloth, Fade("#b8433d", "#7d2a34"))
    with on.clip(cloth):
        for fold in range(4):
            line = [(8 + fold * 15, 30), (2 + fold * 7, 240), (2 + fold * 7, 420)]
            on.fill(limb(line, [5, 6, 7]), "#5d1c2a", 0.4, blur=2)
    on.fill(box(-10, 232, 44, 9, 4), "#ecb84f")


def _fireplace(on: Canvas) -> None:
    on.fill(box(448, 250, 226, 190, 4), INK, 0.35, blur=12)
    on.fill(box(450, 246, 220, 188), Fade("#d9cbb8", "#a8937d"))
    for row in range(8):
        for k in range(6):
            x, y = 452 + k * 44 - (row % 2) * 22, 270 + row * 21
            left, right = max(452.0, x), min(668.0, x + 41)
            if right > left:
                on.fill(box(left, y, right - left, 18, 2), mix("#b5533f", "#8a3a33", ((row * 5 + k * 3) % 4) / 3))
    arch = [
        *box(496, 322, 128, 112)[2:],
        *smooth([(496, 340), (510, 316), (560, 304), (610, 316), (624, 340)], closed=False),
    ]
    on.fill(arch, "#f0dfc6")
    inner = [
        (610.0, 434.0),
        (510, 434),
        *smooth([(510, 346), (522, 328), (560, 318), (598, 328), (610, 346)], closed=False),
    ]
    on.fill(inner, Fade("#1c1218", "#4a2018"))
    with on.clip(inner):
        _fire(on)
    on.fill(box(432, 236, 256, 20, 4), Fade("#a8693c", "#6f3f24"))
    on.fill(box(440, 256, 240, 8), INK, 0.3, blur=3)
    _mantel(on)


def _fire(on: Canvas) -> None:
    on.fill(oval(560, 420, 60, 46), "#ff7a1f", 0.7, blur=16)
    flames = (
        (536, 46, "#f2662a"), (582, 52, "#f2662a"), (560, 70, "#ff8a2b"), (548, 40, "#ffc14a"), (572, 42, "#ffc14a"),
        (561, 30, "#fff0a8"),
    )  # fmt: skip
    for x, high, colour in flames:
        tip = 0.4 * high
        on.fill(
            smooth([(x, 424 - high), (x + 9, 410 - tip), (x + 12, 424), (x, 430), (x - 12, 424), (x - 8, 408 - tip)]),
            colour,
        )
    for turn in (-9, 8):
        with on.at(560, 424, turn):
            on.fill(box(-40, -7, 80, 14, 7), Fade("#7a4a2c", "#3d2218"))


def _mantel(on: Canvas) -> None:
    garland = [(436.0, 250.0), (496, 274), (560, 254), (624, 274), (686, 250)]
    for k, (x, y) in enumerate(smooth(garland, closed=False, steps=9)):
        for turn in (-50, 10, 60):
            with on.at(x, y, turn + k * 17):
                on.fill(limb([(-9, 0), (9, 0)], [2, 5]), mix("#2f6b3f", "#1c4a34", (k % 3) / 2))
    for k, (x, y) in enumerate(smooth(garland, closed=False, steps=3)):
        on.fill(oval(x, y + 3, 4.2, 4.2), ("#e04f3f", "#ffd36b", "#f6ecd8")[k % 3])
    for k, x in enumerate((482.0, 560.0, 638.0)):
        colour = ("#c2322e", "#2f7f6d", "#c2322e")[k]
        sock = smooth(
            [
                (x - 12, 262),
                (x - 12, 300),
                (x - 16, 314),
                (x - 2, 322),
                (x + 14, 318),
                (x + 26, 314),
                (x + 24, 302),
                (x + 12, 298),
                (x + 12, 262),
            ]
        )
        on.fill([(u + 2, v + 4) for u, v in sock], INK, 0.35, blur=3)
        on.fill(sock, Fade(mix(colour, "#ffffff", 0.12), mix(colour, INK, 0.15)))
        on.fill(box(x - 15, 258, 30, 13, 5), "#fff8ea")
    for x, high in ((460, 34), (476, 24), (640, 26), (656, 38)):
        on.fill(box(x - 5, 236 - high, 10, high, 3), Fade("#fffaf0", "#e5d3b4"))
        on.fill(oval(x, 226 - high, 14, 16), "#ffb84a", 0.5, blur=6)
        on.fill(smooth([(x, 220 - high), (x + 3.4, 230 - high), (x, 235 - high), (x - 3.4, 230 - high)]), "#ffe27a")
    on.fill(oval(560, 170, 52, 52), INK, 0.3, blur=7)
    on.fill(oval(560, 166, 52, 52), Fade("#e8b765", "#9a6a30"))
    on.fill(oval(560, 166, 43, 43), Fade("#cfe3df", "#86aaa8"))
    on.fill([(534, 190), (566, 128), (580, 128), (548, 196)], "#ffffff", 0.3)


def _rug(on: Canvas) -> None:
    on.fill(oval(520, 516, 330, 48), INK, 0.3, blur=5)
    on.fill(oval(520, 512, 330, 48), "#8d2f36")
    on.fill(oval(520, 512, 308, 43), "#f0dcb8")
    on.fill(oval(520, 512, 300, 41), "#a83d3f")
    on.fill(oval(520, 512, 210, 27), "#f0dcb8")
    on.fill(oval(520, 512, 203, 26), "#2f6b66")


def _armchair(on: Canvas) -> None:
    shadow(on, 822, 500, 140, 18)
    cloth = "#d9963f"
    for x in (742, 890):
        on.line([(x, 470), (x - 3 if x < 800 else x + 3, 500)], 9, "#5e3420")
    back = smooth([(742, 420), (736, 320), (760, 262), (816, 244), (872, 262), (896, 320), (890, 420)])
    on.fill([(x + 8, y + 6) for x, y in back], INK, 0.3, blur=9)
    on.fill(back, Fade(mix(cloth, "#ffffff", 0.18), mix(cloth, INK, 0.18)))
    for x, y in ((782, 300), (816, 292), (850, 300), (798, 334), (834, 334), (782, 366), (816, 362), (850, 366)):
        on.fill(oval(x, y + 1, 5, 5), mix(cloth, INK, 0.4), 0.5, blur=2)
        on.fill(oval(x, y, 2.8, 2.8), mix(cloth, INK, 0.3))
    on.fill(box(752, 396, 130, 44, 18), Fade(mix(cloth, "#ffffff", 0.26), mix(cloth, INK, 0.1)))
    on.fill(box(746, 430, 142, 46, 8), Fade(cloth, mix(cloth, INK, 0.28)))
    for x in (724, 872):
        arm = smooth([(x, 386), (x + 18, 370), (x + 38, 386), (x + 40, 474), (x + 20, 480), (x - 2, 474)])
        on.fill([(u + 3, v + 4) for u, v in arm], INK, 0.3, blur=5)
        on.fill(arm, Fade(mix(cloth, "#ffffff", 0.2), mix(cloth, INK, 0.24)))
    pillow = smooth([(786, 356), (816, 350), (848, 356), (852, 388), (848, 418), (816, 422), (784, 418), (782, 388)])
    on.fill([(x + 2, y + 5) for x, y in pillow], INK, 0.3, blur=5)
    on.fill(pillow, Fade("#fff4e0", "#dcc6a4"))
    on.fill(star(816, 387, 17, 7), "#c2322e")
