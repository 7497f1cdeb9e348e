"""Director's words to camera moves, in English and Chinese."""

from __future__ import annotations

import pytest

from r2v_pipeline.providers.animatic.camera import DEFAULT_FRAMING, read_camera


@pytest.mark.parametrize(
    ("words", "move"),
    [
        ("slow push-in on Mia", "in"),
        ("camera pulls back to reveal the room", "out"),
        ("Pan Left across the street", "left"),
        ("pan", "right"),
        ("tilt down from the sky", "down"),
        ("tilt", "up"),
        ("crane shot, descends to street level", "down"),
        ("crane", "up"),
        ("zoom out, then push in", "out"),
        ("static wide, no zoom", "static"),
        ("steadicam follows her", "track"),
        ("dolly", "in"),
        ("tracking right past the stalls", "right"),
        ("orbit around the car", "arc"),
        ("缓慢推近", "in"),
        ("镜头拉远", "out"),
        ("向左摇", "left"),
        ("上摇至天空", "up"),
        ("固定机位", "static"),
        ("跟拍", "track"),
        ("环绕拍摄", "arc"),
        ("frying-pancake panels, pushy", ""),
        ("wide", ""),
        ("", ""),
    ],
)
def test_words_name_a_move(words: str, move: str) -> None:
    assert move == read_camera(words, "").move


@pytest.mark.parametrize(("words", "pace"), [("slow pan", 0.65), ("whip pan", 2.2), ("pan", 1.0), ("快速推近", 2.2)])
def test_words_name_a_pace(words: str, pace: float) -> None:
    assert pace == read_camera(words, "").pace


@pytest.mark.parametrize(
    ("words", "framing"),
    [
        ("extreme close-up of the ring", 0.46),
        ("medium close-up", 0.72),
        ("close-up", 0.58),
        ("establishing wide shot", 1.0),
        ("medium shot", 0.8),
        ("大特写", 0.46),
        ("特写", 0.58),
        ("全景", 1.0),
        ("eye level", DEFAULT_FRAMING),
    ],
)
def test_words_name_a_framing(words: str, framing: float) -> None:
    assert framing == read_camera(words, "").framing


def test_the_action_is_read_for_the_framing_and_the_camera_words_win() -> None:
    assert 0.58 == read_camera("", "Close-up as Mia unwraps the gift").framing
    assert 1.0 == read_camera("wide", "Close-up as Mia unwraps the gift").framing


def test_a_person_may_pan_for_gold_but_a_camera_in_the_action_moves() -> None:
    assert "" == read_camera("", "Leo pans for gold and follows the river, pushing in the cart").move
    assert "in" == read_camera("", "The camera pushes in on the gold").move
    assert "out" == read_camera("", "镜头拉远，雪落下").move


def test_a_hand_held_camera_is_known_as_one() -> None:
    assert read_camera("handheld, push in", "").held
    assert not read_camera("push in", "").held
