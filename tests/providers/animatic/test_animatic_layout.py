"""Boards of every size: nothing overlaps, nothing leaves the frame, what moves begins on even pixels."""

from __future__ import annotations

from itertools import combinations

import pytest

from r2v_pipeline.providers.animatic.layout import Rect, cells, zones

SIZES = [
    (1280, 720),
    (720, 1280),
    (960, 960),
    (832, 480),
    (480, 832),
    (624, 624),
    (1920, 1080),
    (1632, 1248),
    (1248, 1632),
    (1466, 628),
    (480, 1920),
    (1920, 480),
]


@pytest.mark.parametrize("references", [0, 1, 9])
@pytest.mark.parametrize("size", SIZES)
def test_parts_of_a_board_lie_apart_and_inside(size: tuple[int, int], references: int) -> None:
    made = zones(*size, references)
    shown = [part for part in made[2:] if part.width]
    assert (4 if not references else 5 if made.wide else 6) == len(shown)
    for part in shown:
        assert part.height > 0
        assert part.x >= 12
        assert part.y >= 8
        assert part.right <= size[0] - 12
        assert part.bottom <= size[1] - 8
    for one, other in combinations(shown, 2):
        apart = one.right <= other.x or other.right <= one.x or one.bottom <= other.y or other.bottom <= one.y
        assert apart, (one, other)


@pytest.mark.parametrize("size", SIZES)
def test_the_stage_is_even_has_the_shape_of_the_clip_and_most_of_the_room(size: tuple[int, int]) -> None:
    stage = zones(*size, 2).stage
    assert {0} == {value % 2 for value in stage}
    assert stage.width / stage.height == pytest.approx(size[0] / size[1], rel=0.03)
    assert stage.width * stage.height > 0.28 * size[0] * size[1]


@pytest.mark.parametrize("shares", [(1.0,), (0.5, 0.5), (0.64, 0.36), (1 / 3, 1 / 3, 1 / 3), (0.64, 0.18, 0.18)])
@pytest.mark.parametrize("stage", [Rect(28, 72, 872, 492), Rect(28, 72, 456, 812), Rect(10, 10, 600, 600)])
def test_cells_fill_the_stage_but_for_their_gaps(stage: Rect, shares: tuple[float, ...]) -> None:
    made = cells(stage, shares, 6)
    assert len(shares) == len(made)
    assert {0} == {value % 2 for cell in made for value in cell}
    area = sum(cell.width * cell.height for cell in made)
    assert stage.width * stage.height * 0.96 < area <= stage.width * stage.height
    assert (stage.right, stage.bottom) == (max(c.right for c in made), max(c.bottom for c in made))


def test_a_wide_stage_is_cut_across_and_a_tall_one_down() -> None:
    across = cells(Rect(0, 0, 800, 400), (0.5, 0.5), 4)
    down = cells(Rect(0, 0, 400, 800), (0.5, 0.5), 4)
    assert across[0].height == 400
    assert down[0].width == 400


def test_a_main_picture_keeps_the_larger_part_and_two_others_are_stacked() -> None:
    main, second, third = cells(Rect(0, 0, 800, 400), (0.64, 0.18, 0.18), 4)
    assert main.width > 500
    assert second.x == third.x
    assert second.bottom < third.y
