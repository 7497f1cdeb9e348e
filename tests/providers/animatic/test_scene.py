"""Who is seen when: pictures from the words of a segment, captions inside it, frames without a gap."""

from __future__ import annotations

from itertools import pairwise

import pytest
from animatic_bodies import body, line, reference, segment

from r2v_pipeline.providers.animatic.scene import FIRST_FRAME, mentioned, parts, speech_seconds

CAST = [reference("mia"), reference("leo"), reference("old_boat", label="the boat"), reference("li", label="丽")]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("Leo waits. Mia comes.", (1, 0)),
        ("MIA!", (0,)),
        ("A family of leopards", ()),
        ("They row the boat.", (2,)),
        ("An old boat drifts.", (2,)),
        ("丽走进来，mia抬头", (3,)),
        ("name-of-leo turns", (1,)),
        ("", ()),
    ],
)
def test_a_text_mentions_references_by_label_id_or_name(text: str, places: tuple[int, ...]) -> None:
    assert places == mentioned(text, CAST)


def test_each_segment_shows_who_is_in_it() -> None:
    shown = parts(
        body(
            [
                segment(0, 1000, "Rain."),
                segment(1000, 2000, "Leo and the boat."),
                segment(2000, 3000, "She waits."),
                segment(3000, 4000, "Mia and Leo talk.", "", line("leo", "Hm."), line("mia", "Yes.")),
                segment(4000, 5000, "The boat.", "", line("mia", "Look!")),
                segment(5000, 6000, "A stranger.", "", line("stranger", "Ahoy.")),
                segment(6000, 7000, "The boat.", "", line("mia", "It was.", "voice_over"), line("leo", "Hm.")),
                segment(7000, 8000, "Fog.", "", line("mia", "Leo?", "off_screen")),
            ],
            *CAST,
        )
    )
    assert [(0,), (1, 2), (1,), (0, 1), (0, 2), (0,), (1, 2, 0), (0,)] == [p.pictures for p in shown]
    assert [False, False, False, True, False, False, False, False] == [p.talk for p in shown]


def test_the_first_frame_opens_the_first_segment_alone() -> None:
    opening = {"kind": "image", "file": "r2v-file:sha256:x"}
    shown = parts(body([segment(0, 1000, "Leo."), segment(1000, 2000, "She.")], *CAST, first_frame=opening))
    assert [(FIRST_FRAME,), (0,)] == [p.pictures for p in shown]


def test_a_close_up_does_not_cut_into_the_first_frame() -> None:
    opening = {"kind": "image", "file": "r2v-job:1", "label": "x"}
    close = {**segment(0, 1000, "Leo."), "camera": "close-up"}
    assert parts(body([close], *CAST))[0].camera.framing < 1
    assert 1 == parts(body([close], *CAST, first_frame=opening))[0].camera.framing


def test_a_shot_without_references_shows_none() -> None:
    assert () == parts(body([segment(0, 1000, "Fog.")]))[0].pictures


@pytest.mark.parametrize("fps", [12, 24, 25, 30])
def test_segments_cover_every_frame_once(fps: int) -> None:
    borders = [0, 333, 1000, 1001, 1017, 4321]
    made = parts(body([segment(a, b, "x") for a, b in pairwise(borders)], fps=fps, frames=200))
    frames = [number for part in made for number in range(part.first, part.end)]
    assert list(range(200)) == frames
    assert all(part.end > part.first for part in made)


def test_a_segment_knows_what_comes_next() -> None:
    assert ["Two.", ""] == [p.next_action for p in parts(body([segment(0, 1000, "One."), segment(1000, 2000, "Two.")]))]


def test_lines_follow_each_other_inside_their_segment() -> None:
    said = [line("mia", "You knew about the letter all along?"), line("leo", "I did."), line("mia", "Oh.")]
    spoken = parts(body([segment(0, 2000, ""), segment(2000, 9000, "", "", *said)], *CAST, fps=30))[1].lines
    assert 2.0 <= spoken[0].start
    assert spoken[-1].start + spoken[-1].length <= 9.0
    for before, after in pairwise(spoken):
        assert before.start + before.length <= after.start
        assert before.until <= after.first + 1
    assert all(60 <= n.first < n.until <= 270 for n in spoken)
    assert spoken[0].length == pytest.approx(7 / 3.5)


def test_lines_that_do_not_fit_are_squeezed_alike() -> None:
    said = [line("mia", "one two three four five six seven"), line("leo", "one two three four five six seven")]
    spoken = parts(body([segment(0, 2000, "", "", *said)], *CAST, fps=30))[0].lines
    assert spoken[0].length == pytest.approx(spoken[1].length)
    assert spoken[1].start + spoken[1].length <= 2.0


def test_fifty_lines_in_a_second_still_have_a_frame_each_inside_it() -> None:
    spoken = parts(body([segment(0, 1000, "", "", *[line("mia", "Yes.")] * 50)], *CAST))[0].lines
    assert all(0 <= n.first < n.until <= 12 for n in spoken)


@pytest.mark.parametrize(
    ("words", "given", "seconds"),
    [
        ("one two three four five six seven", None, 2.0),
        ("这正是我想要的节日光彩！！", None, 11 / 6),
        ("x", 2500, 2.5),
        ("Oh", None, 0.6),
    ],
)
def test_speech_takes_its_written_time_or_the_usual_one(words: str, given: int | None, seconds: float) -> None:
    assert seconds == pytest.approx(speech_seconds(line("mia", words, speech_ms=given)))
