"""Segments stand end to end; a second left out at a border is put back in the form that the times are written in."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r2v_pipeline.diagnostics import Diagnostic, SourceText
from r2v_pipeline.model.build import resolve
from r2v_pipeline.source.document import Document, Part
from r2v_pipeline.source.edits import apply
from r2v_pipeline.source.files import Disk
from r2v_pipeline.source.yaml12 import load_yaml

HEAD = "r2v: 1\ntitle: x\n"


def board(*ranges: str) -> str:
    beats = "".join(f"    - {{at: {one}, action: x}}\n" for one in ranges)
    return f"{HEAD}shots:\n- id: a\n  segments:\n{beats}"


def found_in(text: str) -> Sequence[Diagnostic]:
    data, trouble = load_yaml(SourceText("s.yaml", text))
    assert () == trouble
    document = Document("s.yaml", (Part(data, "", "s.yaml", False),), ())
    return resolve(document, Disk("."))[1]


def mended(text: str) -> str:
    return apply(text, [edit for d in found_in(text) for edit in d.edits])


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (("0-3", "4-6", "7-10"), ("0-3", "3-6", "6-10")),
        (("0-3s", "4s-6s", "7-10s"), ("0-3s", "3s-6s", "6-10s")),
        (("0:00-0:03", "0:04-0:06", "0:07-0:10"), ("0:00-0:03", "0:03-0:06", "0:06-0:10")),
        (("00:00-00:58", "00:59-01:01", "01:02-01:04"), ("00:00-00:58", "00:58-01:01", "01:01-01:04")),
        (("0-58", "59-60", "1:01-65s"), ("0-58", "58-60", "1:00-65s")),
        (('"0-3"', "'4-6'", '"7-10s"'), ('"0-3"', "'3-6'", '"6-10s"')),
        (("0.0-3.0", "4.0-6.00s", "07.0-10"), ("0.0-3.0", "3.0-6.00s", "06.0-10")),
        (("0-9", "10-12", "13-15"), ("0-9", "9-12", "12-15")),
    ],
)
def test_inclusive_seconds_keep_their_form(written, expected) -> None:
    (only,) = found_in(board(*written))
    assert "R2V302" == only.code
    assert board(*expected) == mended(board(*written))
    assert [] == list(found_in(board(*expected)))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (("0-2s", "3-5s"), ("0-2s", "2-5s")),
        (("0-2", "3-5", "5-7"), ("0-2", "2-5", "5-7")),
        (("0-2", "2-3", "4-6", "6-7", "8-9"), ("0-2", "2-3", "3-6", "6-7", "7-9")),
        (("0-2", "3-5", "4-8"), ("0-2", "2-5", "4-8")),  # the overlap is left to the author
    ],
)
def test_a_gap_of_one_whole_second_is_closed(written, expected) -> None:
    assert {"R2V301"} == {d.code for d in found_in(board(*written))}
    assert board(*expected) == mended(board(*written))


@pytest.mark.parametrize(
    "ranges",
    [
        ("0-2", "4-6"),
        ("0-2", "2.5-6"),
        ("0-2.5", "3.5-5"),
        ("0-2", "3-4.5"),
        ("0-2", "1-5"),
        ("1-3", "4-6"),  # counted from 1, or a beat is missing in front
        ("1-3", "4-6", "7-9"),
        ("0-2", "3-3"),
        ("0-2", "3-2"),
        ("0-0", "1-2"),
    ],
)
def test_what_has_no_one_right_answer_is_left(ranges) -> None:
    assert "R2V301" in {d.code for d in found_in(board(*ranges))}
    assert board(*ranges) == mended(board(*ranges))


@pytest.mark.parametrize(
    "value",
    ["&t 3-5", "!!str 3-5", "# a comment\n        3-5", '"3\\x2d5"', ">-\n        3-5"],
)
def test_times_that_do_not_stand_behind_their_key_in_plain_sight_are_left(value) -> None:
    text = f"{HEAD}shots:\n- id: a\n  segments:\n    - at: 0-2\n    - at: {value}\n"
    assert ["R2V301"] == [d.code for d in found_in(text)]
    assert text == mended(text)


@pytest.mark.parametrize("key", ["at:", '"at":', "'at' :", "? at\n      :"])
def test_the_key_may_be_written_in_any_way(key) -> None:
    text = f"{HEAD}shots:\n- id: a\n  segments:\n    - at: 0-2\n    - {key} 3-5\n"
    assert text.replace("3-5", "2-5") == mended(text)


SHARED = HEAD + "shots:\n- {{id: a, segments: [at: 0-2, &b {{at: 3-5}}]}}\n- {{id: b, segments: [at: {}, *b]}}\n"


def test_a_segment_that_an_anchor_repeats_is_mended_when_it_is_wrong_in_both_shots() -> None:
    text = SHARED.format("0-2")
    assert 2 == len(found_in(text))
    assert text.replace("3-5", "2-5") == mended(text)


def test_a_segment_that_is_right_in_another_shot_is_left() -> None:
    text = SHARED.format("0-3")
    assert 1 == len(found_in(text))
    assert text == mended(text)


def test_an_anchor_under_a_private_key_is_read_by_nobody() -> None:
    text = f"{HEAD}x-beats: &b [at: 0-2, at: 3-5, at: 6-9]\nshots:\n- {{id: a, segments: *b}}\n"
    assert text.replace("3-5, at: 6-9", "2-5, at: 5-9") == mended(text)


FORMS = ("{}", "{}s", "{}.0", "{:03d}", "{}.00s")


@given(st.lists(st.tuples(st.integers(1, 9), st.sampled_from(FORMS), st.sampled_from(FORMS)), min_size=3, max_size=9))
def test_inclusive_seconds_always_come_out_end_to_end(beats) -> None:
    """Each start moves back by one second, in its own form; the ends, and so the film's length, stay."""
    wrong, right, clock = [], [], 0
    for number, (length, first, second) in enumerate(beats):
        start = clock + 1 if number else 0
        end = second.format(start + length)
        wrong.append(f"{first.format(start)}-{end}")
        right.append(f"{first.format(clock)}-{end}")
        clock = start + length
    assert board(*right) == mended(board(*wrong))
