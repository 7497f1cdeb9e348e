"""Edits change their own characters and no others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r2v_pipeline.diagnostics import Diagnostic, Edit, SourceText, Span, error
from r2v_pipeline.source.edits import Overlap, apply, together

SOURCE = SourceText("s.yaml", "0123456789")


def edit(start: int, end: int, text: str = "x", source: SourceText = SOURCE) -> Edit:
    return Edit(Span(source, start, end), text)


def mistake(*edits: Edit) -> Diagnostic:
    return error("R2V104", "m", edits[0].span if edits else None, edits=edits)


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        ((), "0123456789"),
        ((edit(2, 4, "ab"),), "01ab456789"),
        ((edit(8, 10, ""), edit(0, 1, "zero")), "zero1234567"),
        ((edit(2, 4, "a"), edit(4, 6, "b")), "01ab6789"),
        ((edit(2, 4, "a"), edit(2, 4, "a")), "01a456789"),
        ((edit(3, 3, "+"),), "012+3456789"),
    ],
)
def test_edits_are_made_by_place(edits, expected) -> None:
    assert expected == apply(SOURCE.text, edits)


@pytest.mark.parametrize(
    "edits",
    [
        (edit(2, 5), edit(4, 6)),
        (edit(2, 8), edit(3, 4)),
        (edit(2, 4, "a"), edit(2, 4, "b")),
        (edit(3, 3, "a"), edit(3, 3, "b")),
        (edit(3, 3), edit(3, 5)),
    ],
)
def test_edits_that_meet_have_no_one_right_text(edits) -> None:
    with pytest.raises(Overlap):
        apply(SOURCE.text, edits)


@st.composite
def texts_and_edits(draw: st.DrawFn) -> tuple[str, list[Edit]]:
    text = draw(st.text(max_size=60))
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)))
    source = SourceText("s", text)
    pairs = zip(cuts[::2], cuts[1::2], strict=False)
    return text, [edit(a, b, draw(st.text(max_size=5)), source) for a, b in pairs]


@given(texts_and_edits(), st.randoms(use_true_random=False))
def test_everything_between_edits_stays(case, dice) -> None:
    text, edits = case
    shuffled = list(edits)
    dice.shuffle(shuffled)
    made, read, at = apply(text, shuffled), 0, 0
    for one in edits:
        between = text[read : one.span.start]
        assert between == made[at : at + len(between)]
        assert one.text == made[at + len(between) : at + len(between) + len(one.text)]
        read, at = one.span.end, at + len(between) + len(one.text)
    assert text[read:] == made[at:]


def test_mistakes_are_mended_whole_or_later() -> None:
    """A diagnostic whose second edit is in the way waits, also with its first."""
    first, second, third = mistake(edit(4, 6, "a")), mistake(edit(0, 1), edit(5, 7)), mistake(edit(0, 1, "c"))
    assert (first, third) == together([first, mistake(), second, third])


def test_edits_of_other_files_are_not_in_the_way() -> None:
    other = SourceText("other.yaml", SOURCE.text)
    both = mistake(edit(4, 6, "a")), mistake(edit(4, 6, "b", other))
    assert both == together(both)


def test_a_mistake_that_contradicts_itself_is_never_mended() -> None:
    assert () == together([mistake(edit(4, 6, "a"), edit(5, 7, "b"))])


def test_the_same_edit_for_two_mistakes_is_no_contradiction() -> None:
    """An anchor makes two shots of one text."""
    both = mistake(edit(4, 6, "a")), mistake(edit(4, 6, "a"), edit(8, 9, "b"))
    assert both == together(both)
    assert "0123a67b9" == apply(SOURCE.text, [one for d in both for one in d.edits])


@given(st.lists(st.lists(st.tuples(st.integers(0, 600), st.integers(0, 300)), min_size=1, max_size=3), max_size=12))
def test_what_is_chosen_together_can_be_applied(cases) -> None:
    source = SourceText("s", "." * 900)
    found = [mistake(*(edit(at, at + n, str(i), source) for at, n in spans)) for i, spans in enumerate(cases)]
    chosen = together(found)
    apply(source.text, [one for d in chosen for one in d.edits])
    assert not found or chosen or all(len(d.edits) > 1 for d in found)
