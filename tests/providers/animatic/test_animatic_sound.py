"""The temp track: as long as the words, as loud as it says, silent where nobody speaks."""

from __future__ import annotations

from array import array
from itertools import pairwise
from math import log10, sqrt

import pytest

from r2v_pipeline.providers.animatic.scene import Spoken
from r2v_pipeline.providers.animatic.sound import RATE, room_tone, track, voice

CAST = ["mia", "leo"]


def spoken(by: str = "mia", how: str = "spoken", start: float = 0.5, length: float = 1.2) -> Spoken:
    return Spoken(by, by.title(), "So this is where it was, all along?", how, start, length, 0, 1)


def values(samples: bytes) -> array[int]:
    return array("h", samples)


def level(samples: bytes) -> float:
    """dBFS, root of the mean square."""
    heard = values(samples)
    return 20 * log10(sqrt(sum(v * v for v in heard) / len(heard)) / 32768 + 1e-9)


def at(samples: bytes, start: float, end: float) -> bytes:
    return samples[round(start * RATE) * 4 : round(end * RATE) * 4]


def test_a_track_has_exactly_the_samples_asked_for() -> None:
    for count in (0, 1, 4801, 2 * RATE):
        assert count * 4 == len(track([spoken()], CAST, count))


def test_a_line_is_heard_for_its_time_and_the_room_before_and_after() -> None:
    made = track([spoken()], CAST, 3 * RATE)
    assert -25 < level(at(made, 0.6, 1.6)) < -17
    assert level(at(made, 0.0, 0.49)) < -55
    assert level(at(made, 1.75, 3.0)) < -55


def test_manners_are_told_apart_by_loudness() -> None:
    levels = {how: level(voice(spoken(how=how), CAST)) for how in ("shouted", "spoken", "off_screen", "whispered")}
    assert sorted(levels, key=lambda how: -levels[how])[:2] == ["shouted", "spoken"]
    assert levels["spoken"] - 3 > max(levels["off_screen"], levels["whispered"])


def test_mouthed_words_are_not_heard() -> None:
    assert level(track([spoken(how="mouthed")], CAST, 2 * RATE)) < -55


def test_two_speakers_have_two_pitches() -> None:
    def periods(by: str) -> int:
        wave = values(voice(spoken(by), CAST))[0::2]
        return sum(1 for a, b in pairwise(wave) if a < 0 <= b)

    assert voice(spoken("mia"), CAST) != voice(spoken("leo"), CAST)
    assert voice(spoken("mia"), CAST) == voice(spoken("mia"), ["mia"])
    assert periods("mia") != periods("leo")


@pytest.mark.parametrize("how", ["spoken", "shouted", "whispered", "off_screen", "voice_over"])
def test_a_voice_neither_clips_nor_clicks(how: str) -> None:
    wave = values(voice(spoken(how=how), CAST))[0::2]
    assert max(map(abs, wave)) < 32000
    assert max(abs(a - b) for a, b in pairwise(wave)) < 7000
    assert abs(wave[0]) < 200
    assert max(map(abs, wave[-200:])) < 1500


def test_both_channels_are_alike_and_a_track_is_the_same_every_time() -> None:
    made = track([spoken(), spoken("leo", start=2.0)], CAST, 4 * RATE)
    assert values(made)[0::2] == values(made)[1::2]
    assert made == track([spoken(), spoken("leo", start=2.0)], CAST, 4 * RATE)


def test_overlapping_and_late_lines_do_not_lengthen_a_track() -> None:
    lines = [spoken(start=0.2), spoken("leo", start=0.4), spoken(start=9.0)]
    assert 2 * RATE * 4 == len(track(lines, CAST, 2 * RATE))


def test_words_without_vowels_have_a_voice_too() -> None:
    line = spoken()._replace(words="你好，世界。")
    assert level(voice(line, CAST)) > -30


def test_the_room_is_never_digital_silence() -> None:
    assert -70 < level(room_tone(RATE)) < -55
    assert b"" == room_tone(0)
