"""Jun, who dances with a bubble tea: a whole figure on a small skeleton, so that every frame is a pose."""

from __future__ import annotations

import math
from typing import NamedTuple

from drawing.canvas import Canvas, Fade, Point, box, limb, mix, oval, smooth
from drawing.face import INK, SHADE, Look, Mood, head, neck, outline

JUN = Look(skin="#f0c49c", eyes="#3a2418", brows="#241a24", lips="#c75660", lashes=True)
HAIR, HOODIE, TROUSERS = "#2a2233", "#8f7fd0", "#e0a23a"
GROUND = 590.0
HEAD = 0.74


class Pose(NamedTuple):
    """Joints in picture units; angles in degrees, clockwise."""

    hip: Point
    chest: Point
    lean: float
    nod: float
    feet: tuple[Point, Point]
    hands: tuple[Point, Point]
    tail: Point


def pose(beat: float) -> Pose:
    """The dance at a moment counted in beats: a side step every four beats, arms and hair lag behind."""
    sway, lag = math.sin(math.pi * beat / 2), math.sin(math.pi * (beat - 0.45) / 2)
    bounce = abs(math.sin(math.pi * beat)) ** 1.4
    hip = (240 + 22 * sway, 392 + 8 * (1 - bounce))
    chest = (240 + 7 * sway + 5 * lag, 268 + 9 * (1 - bounce))
    lift = [max(0.0, sway), max(0.0, -sway)]
    feet = ((192 - 22 * lift[0], GROUND - 30 * lift[0]), (288 + 22 * lift[1], GROUND - 30 * lift[1]))
    left = (112 + 10 * lag, 232 - 62 * max(0.0, lag) + 52 * max(0.0, -lag))
    right = (345 + 7 * lag, 270 - 12 * bounce + 6 * sway)
    swing = 0.95 * math.sin(math.pi * (beat - 0.9) / 2)
    tail = (chest[0] - 118 * math.sin(swing), chest[1] - 132 + 112 * math.cos(swing))
    return Pose(hip, chest, 5 * sway, 6 * lag, feet, (left, right), tail)


def bend(start: Point, end: Point, first: float, second: float, side: float) -> Point:
    """The knee or elbow between two joints, to the right (positive) or left of the line between them.

    `side` below 1 is a joint that bends partly towards the camera.
    """
    reach = min(math.dist(start, end), first + second - 0.5)
    along = (first**2 - second**2 + reach**2) / (2 * reach)
    off = math.sqrt(max(0.0, first**2 - along**2)) * side
    ux, uy = (end[0] - start[0]) / reach, (end[1] - start[1]) / reach
    return start[0] + ux * along - uy * off, start[1] + uy * along + ux * off


def jun(on: Canvas, beat: float, mood: Mood) -> None:
    """The whole figure at a moment of the dance."""
    now = pose(beat)
    on.fill(oval(now.hip[0], GROUND + 14, 104, 13), "#3d2a4a", 0.35, blur=7)
    x, y = now.chest
    crown = (x + now.lean * 1.2, y - 84)
    _tail(on, (crown[0], crown[1] - 44), now.tail)
    for k, side in ((0, -1), (1, 1)):
        _leg(on, (now.hip[0] + side * 21, now.hip[1]), now.feet[k], side)
    _left_arm(on, (x - 44, y + 2), now.hands[0])
    _body(on, now)
    with on.at(crown[0], crown[1], now.nod, HEAD):
        _head(on, mood)
    _right_arm(on, (x + 44, y + 2), now.hands[1])


def _tail(on: Canvas, root: Point, tip: Point) -> None:
    out = tip[0] - root[0]
    middle = (root[0] + out * 0.62, root[1] + 26 + (tip[1] - root[1]) * 0.22)
    end = (tip[0] + out * 0.06, tip[1] + 26)
    on.fill(limb([root, middle, tip, end], [20, 38, 30, 3]), Fade(mix(HAIR, "#c88a80", 0.22), HAIR))
    on.fill(limb([root, (middle[0] + 4, middle[1] + 4), tip], [1, 3, 1]), mix(HAIR, "#c88a80", 0.45), 0.5)


def _leg(on: Canvas, hip: Point, foot: Point, side: int) -> None:
    ankle = (foot[0], foot[1] - 20)
    knee = bend(hip, ankle, 98, 94, -0.55 * side)
    with on.at(foot[0], foot[1], 0, 1.3, mirror=side < 0):
        shoe = smooth([(-13, 10), (-14, -8), (-4, -16), (8, -9), (24, -2), (31, 7), (29, 12), (-12, 12)])
        on.fill(shoe, Fade("#ffffff", "#e4dbe6"))
        on.fill(box(-14, 9, 46, 6, 3), "#f26d5b")
        for x in (3, 9, 15):
            on.line([(x, -7 + x * 0.25), (x + 6, -3 + x * 0.25)], 1.5, "#f26d5b")
    shape = limb([hip, knee, (ankle[0], ankle[1] + 11)], [52, 50, 46], blunt=True)
    dark = mix(TROUSERS, INK, 0.30)
    on.fill(shape, Fade(TROUSERS, mix(TROUSERS, INK, 0.1)))
    with on.clip(shape):
        on.fill(
            limb([(hip[0] + 22, hip[1]), (knee[0] + 22, knee[1]), (ankle[0] + 20, ankle[1])], [14, 16, 16]),
            dark,
            0.5,
            blur=4,
        )
        on.fill(
            limb([(knee[0] - 22, knee[1] - 5), (knee[0], knee[1] + 5), (knee[0] + 14, knee[1] - 2)], [1, 3, 1]),
            dark,
            0.6,
        )
        on.fill(oval(hip[0], hip[1] + 16, 44, 16), dark, 0.5, blur=5)
    on.line([(ankle[0] - 21, ankle[1] + 5), (ankle[0] + 21, ankle[1] + 5)], 1.2, dark, 0.7)


def _body(on: Canvas, now: Pose) -> None:
    (x, y), (hx, hy) = now.chest, now.hip
    hood = smooth([(x - 40, y - 8), (x - 44, y - 26), (x, y - 40), (x + 44, y - 26), (x + 40, y - 8), (x, y + 8)])
    on.fill(hood, mix(HOODIE, INK, 0.35))
    with on.at(x + now.lean * 1.2, y - 84, 0, HEAD):
        neck(on, JUN)
    shape = smooth(
        [(x - 22, y - 26), (x - 52, y - 14), (x - 58, y + 20), (hx - 52, hy - 30), (hx - 50, hy + 14),
         (hx - 46, hy + 22), (hx + 46, hy + 22), (hx + 50, hy + 14), (hx + 52, hy - 30), (x + 58, y + 20),
         (x + 52, y - 14), (x + 22, y - 26), (x, y - 10)]
    )  # fmt: skip
    on.fill([(u, v + 7) for u, v in shape], INK, 0.3, blur=6)
    on.fill(shape, Fade(mix(HOODIE, "#ffffff", 0.16), mix(HOODIE, INK, 0.12)))
    with on.clip(shape):
        on.fill(limb([(x + 50, y - 20), (hx + 46, hy + 30)], [30, 38]), SHADE, 0.25, blur=8)
        on.fill(oval(x - 26, y + 4, 22, 16), "#ffffff", 0.2, blur=7)
        on.fill(box(hx - 60, hy + 8, 120, 20), mix(HOODIE, INK, 0.2))
        for i in range(-9, 10):
            on.line([(hx + i * 6, hy + 8), (hx + i * 6, hy + 26)], 1.4, mix(HOODIE, INK, 0.45), 0.5)
    pocket = [
        (hx - 24, hy - 40),
        (hx + 24, hy - 40),
        (hx + 34, hy - 8),
        (hx + 34, hy + 4),
        (hx - 34, hy + 4),
        (hx - 34, hy - 8),
    ]
    on.fill(pocket, mix(HOODIE, INK, 0.14))
    sun = ((x + hx) / 2, (y * 2 + hy) / 3 - 8)
    on.fill(oval(*sun, 19, 19), "#ffcf5c")
    on.fill(oval(*sun, 11, 11), "#f26d5b")
    collar = smooth([(x - 27, y - 30), (x - 34, y - 12), (x, y + 8), (x + 34, y - 12), (x + 27, y - 30), (x, y - 8)])
    on.fill(collar, Fade(mix(HOODIE, "#ffffff", 0.24), mix(HOODIE, INK, 0.05)))
    for side in (-1, 1):
        cord = [(x + side * 9, y), (x + side * 11, y + 16), (x + side * 10 - now.lean, y + 32)]
        on.line(cord, 2.2, "#fff6e6")


def _head(on: Canvas, mood: Mood) -> None:
    on.fill(
        smooth([(0, -78), (46, -62), (56, -14), (48, 26), (0, 34), (-48, 26), (-56, -14), (-46, -62)]),
        mix(HAIR, "#000000", 0.3),
    )
    head(on, JUN, mood)
    front = smooth(
        [
            (-47, 22),
            (-54, -16),
            (-44, -58),
            (0, -80),
            (44, -58),
            (54, -16),
            (47, 22),
            (46, -6),
            (42, -30),
            (24, -24),
            (6, -32),
            (-14, -23),
            (-40, -28),
            (-46, -6),
        ]
    )
    with on.clip(outline(1)):
        on.fill([(x + 2, y + 6) for x, y in front], SHADE, 0.25, blur=2)
    on.fill(front, Fade(mix(HAIR, "#c88a80", 0.3), HAIR))
    with on.clip(front):
        on.fill(limb([(-40, -40), (-14, -62), (20, -62)], [5, 13, 4]), "#ffd9c4", 0.22, blur=3)
    on.fill(oval(2, -79, 15, 8), Fade("#ff8a74", "#d9483b"))


def _left_arm(on: Canvas, shoulder: Point, wrist: Point) -> None:
    turn = _sleeve_turn(shoulder, wrist, -1)[1]
    with on.at(wrist[0], wrist[1], turn, 1.25):
        _open_hand(on)
    _sleeve(on, shoulder, wrist, -1)


def _right_arm(on: Canvas, shoulder: Point, wrist: Point) -> None:
    with on.at(wrist[0] + 2, wrist[1] - 16):
        on.fill(oval(-8, 4, 12, 15), mix(JUN.skin, SHADE, 0.2))
    _sleeve(on, shoulder, wrist, 1)
    with on.at(wrist[0] + 8, wrist[1] - 26, 7, 1.28):
        bubble_tea(on)
    for k, lift in enumerate((-33, -24, -15, -7)):
        start, end = (wrist[0] + 27, wrist[1] + lift + 1), (wrist[0] + 3, wrist[1] + lift + 3)
        on.fill(limb([start, end], [9.4, 8.6]), mix(JUN.skin, SHADE, 0.30))
        on.fill(
            limb([(start[0], start[1] - 0.7), (end[0], end[1] - 0.7)], [8.6 - 0.3 * k, 8]),
            mix(JUN.skin, SHADE, 0.03 * k),
        )


def _sleeve_turn(shoulder: Point, wrist: Point, side: int) -> tuple[Point, float]:
    elbow = bend(shoulder, wrist, 76, 70, side)
    return elbow, math.degrees(math.atan2(wrist[1] - elbow[1], wrist[0] - elbow[0])) + 90


def _sleeve(on: Canvas, shoulder: Point, wrist: Point, side: int) -> None:
    elbow, turn = _sleeve_turn(shoulder, wrist, side)
    shape = limb([shoulder, elbow, wrist], [44, 39, 32])
    on.fill([(x + 2, y + 6) for x, y in shape], INK, 0.26, blur=5)
    on.fill(shape, Fade(mix(HOODIE, "#ffffff", 0.18), mix(HOODIE, INK, 0.12)))
    with on.clip(shape):
        crease = [(elbow[0] - 12, elbow[1] - 12), (elbow[0] + 1, elbow[1] - 2), (elbow[0] + 12, elbow[1] - 12)]
        on.fill(limb(crease, [1, 3, 1]), mix(HOODIE, INK, 0.5), 0.4)
    with on.at(wrist[0], wrist[1], turn):
        on.fill(box(-18, -10, 36, 14, 5), Fade(mix(HOODIE, "#ffffff", 0.06), mix(HOODIE, INK, 0.26)))


def _open_hand(on: Canvas) -> None:
    for x, turn, length in ((-6, -22, 13), (-2, -8, 16), (3, 6, 16), (7, 20, 13)):
        with on.at(x, -18, turn):
            on.fill(limb([(0, 3), (0, -length)], [5.6, 4.6]), mix(JUN.skin, SHADE, 0.12))
    on.fill(limb([(7, -6), (15, -13)], [7, 5]), mix(JUN.skin, SHADE, 0.12))
    on.fill(smooth([(-8, 2), (-9.5, -12), (-5, -21), (5, -21), (9.5, -12), (8, 2)]), JUN.skin)


def bubble_tea(on: Canvas) -> None:
    """A tall cup of milk tea with pearls and a wide straw, about 70 units high, its middle at the origin."""
    on.fill(limb([(6, -22), (13, -62)], [6, 6]), Fade("#ff8a74", "#d9483b"))
    cup = [(-19.0, -28.0), (19, -28), (14, 34), (10, 38), (-10, 38), (-14, 34)]
    on.fill(cup, Fade("#f3dcc0", "#c58f5f"))
    with on.clip(cup):
        on.fill(oval(0, -26, 22, 7), "#fff3e2")
        for i, (x, y) in enumerate(
            ((-8, 32), (0, 33), (8, 31), (-10, 25), (-3, 25), (5, 24), (11, 25), (-6, 18), (3, 17), (9, 17), (-1, 10))
        ):
            on.fill(oval(x, y, 3.9, 3.9), "#3a2026")
            on.fill(oval(x - 1.2, y - 1.3, 1.1 + 0.1 * (i % 2), 1.1), "#ffffff", 0.55)
        on.fill(box(-15, -30, 7, 70), "#ffffff", 0.35)
    on.fill(box(-22, -33, 44, 8, 4), Fade("#ffffff", "#dcd4de"))
