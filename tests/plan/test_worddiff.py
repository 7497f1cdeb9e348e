"""Word diffs: the edits of known texts, and what holds of any two."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r2v_pipeline.plan.worddiff import is_text, word_diff


def marked(before: str, after: str) -> str:
    """The diff as git prints it."""
    marks = {"equal": "{}", "del": "[-{}-]", "ins": "{{+{}+}}"}
    return "".join(marks[edit.op].format(edit.text) for edit in word_diff(before, after))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("push-in at dawn, wind", "push-in at dusk, wind", "push-in at [-dawn-]{+dusk+}, wind"),
        ("at dawn", "at a soft dawn", "at {+a soft+} dawn"),
        ("at soft dawn", "at dawn", "at[- soft-] dawn"),
        ("wind", "wind.", "wind{+.+}"),
        ("it's Mia's", "it’s Mia's", "[-it's-]{+it’s+} Mia's"),
        ("slow push-in", "slow pull-out", "slow [-push-in-]{+pull-out+}"),
        ("黎明的码头", "黄昏的码头", "[-黎明-]{+黄昏+}的码头"),
        ("Mia在海边走", "Mia在河边走", "Mia在[-海-]{+河+}边走"),
        ("夜の港", "朝の港", "[-夜-]{+朝+}の港"),
        ("", "wind", "{+wind+}"),
        ("wind", "", "[-wind-]"),
        ("a  b", "a b", "[-a  b-]{+a b+}"),
        ("same", "same", "same"),
        ("", "", ""),
    ],
)
def test_edits(before: str, after: str, expected: str) -> None:
    assert expected == marked(before, after)


def test_offsets_are_those_of_the_later_text() -> None:
    edits = word_diff("A harbour at dawn, wind.", "A harbour at dusk, no wind.")
    expected = [("A harbour at ", 0), ("dawn", 13), ("dusk", 13), (", ", 17), ("no", 19), (" wind.", 21)]
    assert expected == [edit[1:] for edit in edits]


words = st.text(st.sampled_from("ab .,-'’中文の\n"), max_size=40)


@given(words, words)
def test_the_later_text_is_what_is_left(before: str, after: str) -> None:
    edits = word_diff(before, after)
    assert after == "".join(edit.text for edit in edits if edit.op != "del")
    assert all(after[edit.at :].startswith(edit.text) for edit in edits if edit.op != "del")
    assert (before == after) == all(edit.op == "equal" for edit in edits)


@given(words, words)
def test_the_earlier_text_is_there_but_for_spaces(before: str, after: str) -> None:
    kept = "".join(edit.text for edit in word_diff(before, after) if edit.op != "ins")
    assert "".join(before.split()) == "".join(kept.split())


def test_two_long_texts_do_not_hold_up_a_plan() -> None:
    """Vendors read some thousand characters; what is longer is shown whole rather than compared for seconds."""
    began = time.perf_counter()
    word_diff("the wind and the sea " * 20_000, "a sea or the wind " * 20_000)
    assert time.perf_counter() - began < 2.0


@pytest.mark.parametrize(
    ("value", "expected"), [("wind in the cables", True), ("码头", True), ("720p", False), ("16:9", False), (3, False)]
)
def test_prose(value: object, expected: bool) -> None:
    assert expected == is_text(value)
