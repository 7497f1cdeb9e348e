"""Seconds to frames, lines to cues: arithmetic that must not drift."""

from __future__ import annotations

from itertools import pairwise

import pytest
from boards import board, line, segment, shot, sound
from hypothesis import given
from hypothesis import strategies as st

from r2v_pipeline.assemble.timeline import Card, Chapter, ClipInfo, Cue, Sound, Timeline, timeline
from r2v_pipeline.model.types import Shot, Storyboard

LONG = ClipInfo("x.mp4", 1280, 720, (30, 1), 3_600_000)


def laid_out(storyboard: Storyboard, **clips: ClipInfo) -> Timeline:
    """The timeline; every shot without a clip of its own has one that is long enough."""
    film, problems = timeline(storyboard, {s.id: clips.get(s.id, LONG) for s in storyboard.shots})
    assert () == problems
    return film


def test_shots_stand_end_to_end_with_their_cards() -> None:
    film = laid_out(board(shot("a", 2000), shot("b", 1500, card=("Later", 1000)), shot("c", 500, trim=(250, 750))))
    assert [("a", 0, 0, 60), ("b", 60, 0, 45), ("c", 135, 8, 15)] == [
        (c.shot, c.at, c.first, c.frames) for c in film.cuts
    ]
    assert [None, Card("Later", 30), None] == [cut.card for cut in film.cuts]
    assert [(0, 60), (90, 135), (135, 150)] == [(cut.begins, cut.ends) for cut in film.cuts]
    assert (150, 5000) == (film.frames, film.duration_ms)


@given(
    st.lists(st.tuples(st.integers(1, 20_000), st.integers(0, 5_000)), min_size=1, max_size=60),
    st.sampled_from((1, 12, 24, 25, 30, 50, 60)),
)
def test_rounding_never_drifts(lengths: list[tuple[int, int]], fps: int) -> None:
    """The film's length is the rounded sum, not the sum of the rounded; no frame is lost or shown twice."""
    shots = [shot(f"s{n}", ms, card=("x", card) if card else None) for n, (ms, card) in enumerate(lengths)]
    film = laid_out(board(*shots, fps=fps))
    total = sum(ms + card for ms, card in lengths)
    assert film.frames == (2 * total * fps + 1000) // 2000
    assert 0 == film.cuts[0].at
    assert all(a.ends == b.at for a, b in pairwise(film.cuts))
    for (ms, _), cut in zip(lengths, film.cuts, strict=True):
        assert abs(cut.frames - ms * fps / 1000) <= 1


def test_the_films_rate_and_size_are_those_written_else_the_clips() -> None:
    small, tall = ClipInfo("a", 854, 480, (24, 1), 9000), ClipInfo("b", 721, 1281, (24000, 1001), 9000)
    shots = [shot(name, 1000) for name in "abc"]
    free = laid_out(board(*shots, fps=0), a=small, b=tall, c=tall)
    assert (24, 720, 1280) == (free.fps, free.width, free.height)
    written = laid_out(board(*shots, fps=25, size=(1921, 1080)), a=small, b=tall, c=tall)
    assert (25, 1920, 1080) == (written.fps, written.width, written.height)
    assert (1280, 720) == laid_out(board(shot("a", 1000)), a=ClipInfo("a.png", 31, 17, (0, 1), 0, still=True))[:2]


def test_chapters_are_named_by_the_author_or_the_id() -> None:
    shots = (
        shot("a", 1000),
        shot("b", 1000, card=("x", 1000), meta={"title": "The box"}),
        shot("c", 1000, meta={"title": 3}),
    )
    expected = (Chapter("a", 0, 30), Chapter("The box", 30, 90), Chapter("c", 90, 120))
    assert expected == laid_out(board(*shots)).chapters
    assert () == laid_out(board(*shots, chapters=False)).chapters


def cues(*segments, **options) -> list[Cue]:
    return list(laid_out(board(shot("a", 6000, *segments, **options))).cues)


def test_a_line_is_shown_for_its_segment() -> None:
    assert [Cue(2000, 4000, "Mia", "Hello.")] == cues(segment(0, 2000), segment(2000, 4000, line("Hello.")))


def test_lines_share_a_segment_by_how_long_they_take() -> None:
    found = cues(segment(0, 6000, line("One two three four."), line("Five six.", by="leo")))
    assert [Cue(0, 4000, "Mia", "One two three four."), Cue(4000, 6000, "leo", "Five six.")] == found


def test_a_stated_length_is_kept_and_the_others_share_the_rest() -> None:
    found = cues(segment(0, 6000, line("One."), line("Two.", speech_ms=2000), line("Three.")))
    assert [(0, 2000), (2000, 4000), (4000, 6000)] == [(cue.start_ms, cue.end_ms) for cue in found]
    assert [(0, 1500)] == [(c.start_ms, c.end_ms) for c in cues(segment(0, 6000, line("One.", speech_ms=1500)))]


def test_stated_lengths_that_do_not_fit_are_squeezed() -> None:
    found = cues(segment(0, 2000, line("One.", speech_ms=3000), line("Two.", speech_ms=1000)))
    assert [(0, 1500), (1500, 2000)] == [(cue.start_ms, cue.end_ms) for cue in found]
    found = cues(segment(0, 2000, line("One.", speech_ms=2000), line("Two.")))
    assert all(0 <= cue.start_ms < cue.end_ms <= 2000 for cue in found)
    assert 2 == len(found)


def test_a_line_of_nothing_is_not_shown() -> None:
    assert [] == cues(segment(0, 2000, line("  ")))


def test_trim_and_cards_move_the_lines() -> None:
    """A card of 1 s before a clip from 1 s on: the two cancel out; what the trim takes away is not shown."""
    segments = (segment(0, 1000, line("Gone.")), segment(1000, 3000, line("Here.")), segment(3000, 6000, line("Cut.")))
    found = cues(*segments, trim=(1000, 4000), card=("x", 1000))
    assert [Cue(1000, 3000, "Mia", "Here."), Cue(3000, 4000, "Mia", "Cut.")] == found


def test_templates_are_expanded_by_the_caller() -> None:
    shots = (shot("a", 2000, segment(0, 2000, line("Hi {{ x }}")), card=("{{ y }}", 1000)),)
    film, _ = timeline(board(*shots), {"a": LONG}, lambda of, words: f"{of.id}:{words.value.strip('{ }')}")
    assert ["a:y"] == [cut.card.text for cut in film.cuts if cut.card]
    assert ["a:Hi {{ x"] == [cue.text for cue in film.cues]


@pytest.mark.parametrize(
    ("audio", "expected"),
    [
        (None, Sound(False, 0.0, "")),
        (sound(mute=True), Sound(True, 0.0, "")),
        (sound(gain_db=-6.0), Sound(False, -6.0, "")),
        (sound(file="sfx/wind.wav", mute=True), Sound(False, 0.0, "root/sfx/wind.wav")),
    ],
)
def test_what_is_heard(audio, expected: Sound) -> None:
    assert expected == laid_out(board(shot("a", 1000, audio=audio), root="root")).cuts[0].sound


def problems(*shots: Shot, clip: ClipInfo | None = LONG, **options) -> list[tuple[str, str]]:
    clips = {s.id: clip for s in shots if clip}
    return [(d.code, d.severity) for d in timeline(board(*shots, **options), clips)[1]]


def test_what_is_wrong_is_told_not_hidden() -> None:
    assert [("R2V811", "error")] == problems(shot("a", 1000), clip=None)
    short = ClipInfo("x", 1280, 720, (30, 1), 900)
    assert [("R2V812", "warning")] == problems(shot("a", 1000), clip=short)
    assert [("R2V812", "warning")] == problems(shot("a", 500, trim=(500, 1000)), clip=short)
    assert [] == problems(shot("a", 1000), clip=short._replace(duration_ms=967))
    assert [] == problems(shot("a", 1000), clip=short._replace(still=True))
    assert [("R2V813", "warning")] * 2 == problems(shot("a", 1000), unapplied=("music", "transition dissolve"))
    assert [("R2V814", "warning")] == problems(shot("a", 1000, audio=sound(url="https://example.org/a.wav")))
