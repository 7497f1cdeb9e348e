"""Moves glide: one way, inside the picture, by fractions of a pixel, without shaking."""

from __future__ import annotations

import statistics
from itertools import pairwise
from math import exp

import pytest
from PIL import Image

from r2v_pipeline.providers.animatic.camera import Camera
from r2v_pipeline.providers.animatic.layout import Rect
from r2v_pipeline.providers.animatic.motion import Path, eased, plan_move
from r2v_pipeline.providers.animatic.planes import Planes
from r2v_pipeline.providers.animatic.stage import Cell

MOVES = ("in", "out", "left", "right", "up", "down", "track", "arc", "static", "")
PICTURES = ((1920, 1080), (1080, 1920), (700, 700), (90, 60), (2880, 300))
CELLS = ((880, 492), (440, 780), (624, 624), (120, 480))
STEPS = [i / 60 for i in range(61)]


def path(move: str, picture: tuple[int, int], cell: tuple[int, int], framing: float = 0.94, held: bool = False) -> Path:
    return plan_move(picture, cell, Camera(move, 1.0, held, framing), 5.0, 1, 0.3)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("picture", PICTURES)
@pytest.mark.parametrize("move", MOVES)
def test_the_window_stays_inside_the_picture_and_keeps_its_shape(
    move: str, picture: tuple[int, int], cell: tuple[int, int]
) -> None:
    for held in (False, True):
        for framing in (0.46, 1.0):
            for part in STEPS:
                left, top, right, bottom = path(move, picture, cell, framing, held).box(part)
                assert -1e-6 <= left < right <= picture[0] + 1e-6
                assert -1e-6 <= top < bottom <= picture[1] + 1e-6
                assert (right - left) / (bottom - top) == pytest.approx(cell[0] / cell[1])


@pytest.mark.parametrize(
    ("move", "edge", "sign"),
    [("left", 0, -1), ("right", 0, 1), ("up", 1, -1), ("down", 1, 1), ("in", 0, 1), ("out", 0, -1), ("track", 0, 1)],
)
def test_a_move_goes_one_way_only_and_its_own(move: str, edge: int, sign: int) -> None:
    edges = [path(move, (1920, 1080), (880, 492)).box(i / 900)[edge] * sign for i in range(901)]
    assert all(a < b for a, b in pairwise(edges))
    assert edges[-1] - edges[0] > 20


def test_a_static_camera_does_not_move_and_says_so() -> None:
    still = path("static", (1920, 1080), (880, 492))
    assert not still.moves
    assert 1 == len({still.box(part) for part in STEPS})
    assert path("in", (1920, 1080), (880, 492)).moves
    assert path("static", (1920, 1080), (880, 492), held=True).moves


def test_segments_without_camera_words_do_not_all_move_alike() -> None:
    camera = Camera("", 1.0, False, 0.94)
    ways = {plan_move((1920, 1080), (880, 492), camera, 3.0, order, 0.3)[2:4] for order in range(4)}
    assert len(ways) > 2


def test_time_is_eased_without_ever_going_back() -> None:
    values = [eased(part) for part in STEPS]
    assert (0.0, 1.0) == (values[0], values[-1])
    assert all(0 < b - a < 0.03 for a, b in pairwise(values))


@pytest.mark.parametrize("move", ["right", "in", "down"])
def test_what_is_drawn_glides_by_parts_of_a_pixel(move: str) -> None:
    """A bright bar is found in each frame to hundredths of a pixel: it steps as planned, and never backwards."""
    axis = 1 if move == "down" else 0
    size, place = (960, 540), Rect(0, 0, 480, 272)
    middle = size[axis] * 0.3
    row = bytes(round(200 * exp(-(((i + 0.5 - middle) / 7) ** 2))) for i in range(size[axis]))
    bar = Image.frombytes("L", (size[0], 1) if axis == 0 else (1, size[1]), row).resize(size).convert("RGB")
    cell = Cell(bar, place, Camera(move, 0.5, False, 0.94), 4.0, 0, False)
    frame = Planes(Image.new("L", place[2:]), Image.new("L", (240, 136)), Image.new("L", (240, 136)))
    found, planned = [], []
    for number in range(60):
        at = (number + 0.5) / 60
        cell.draw(frame, at, dim=False)
        start, end = (cell.path.box(at)[side + axis] for side in (0, 2))
        planned.append((middle - start) / (end - start) * place[2 + axis] - 0.5)
        line = frame.y.resize((480, 1) if axis == 0 else (1, 272), Image.Resampling.BOX).tobytes()
        low = round(planned[-1]) - 12
        light = [(i, max(0, line[i] - 18)) for i in range(low, low + 25)]
        found.append(sum(i * v for i, v in light) / sum(v for _, v in light))
    steps, wanted = ([b - a for a, b in pairwise(places)] for places in (found, planned))
    assert 0.01 < abs(statistics.fmean(steps)) < 1
    assert statistics.pstdev(s - w for s, w in zip(steps, wanted, strict=True)) < 0.03
    assert all(s * w > 0 or abs(s - w) < 0.04 for s, w in zip(steps, wanted, strict=True))


def test_a_dimmed_cell_is_darker_and_the_bright_one_comes_back() -> None:
    place = Rect(0, 0, 64, 36)
    cell = Cell(Image.new("RGB", (640, 360), (200, 180, 90)), place, Camera("in", 1.0, False, 1.0), 2.0, 0, False)
    frame = Planes(Image.new("L", (64, 36)), Image.new("L", (32, 18)), Image.new("L", (32, 18)))
    lights = []
    for dim in (False, True, False):
        cell.draw(frame, 0.5, dim)
        lights.append(frame.y.getpixel((30, 18)))
    assert lights[0] == lights[2]
    assert lights[1] < lights[0] * 0.6
