"""Diagnostics in a terminal and as JSON: one is precise, a thousand are readable, and none is lost."""

from __future__ import annotations

import re
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r2v_pipeline.diagnostics import Diagnostic, Edit, Label, SourceText, Span, error, warning
from r2v_pipeline.report.diagnostics import FEW, Paint, count_text, to_json, to_text
from r2v_pipeline.report.folding import fold, rest_text

PLAIN = Paint(False)
BOARD = SourceText("s.yaml", "".join(f"line {number}\n" for number in range(1, 20_001)))


def at(line: int, source: SourceText = BOARD) -> Span:
    """The word `line` of a line of the board."""
    start = source.text.index(f"line {line}\n")
    return Span(source, start, start + 4)


@pytest.fixture(scope="module")
def places() -> list[Span]:
    """The start of every line, without looking for it."""
    spans, start = [], 0
    for line in BOARD.text.splitlines(keepends=True):
        spans.append(Span(BOARD, start, start + 4))
        start += len(line)
    return spans


def test_one_is_shown_with_its_places_and_where_to_read_more() -> None:
    d = error("R2V003", "the key 'a' is given twice", at(10), "keep one", (Label(at(2), "first given here"),))
    expected = """\
error[R2V003]: the key 'a' is given twice
  --> s.yaml:10:1
   |
10 | line 10
   | ^^^^
  ::: s.yaml:2:1
   |
 2 | line 2
   | ---- first given here
   = help: keep one

1 error
`r2v explain R2V003` says more
"""
    assert expected == to_text([d], PLAIN)
    assert "" == to_text([], PLAIN)


def test_the_code_to_read_about_is_the_most_frequent_error() -> None:
    found = [warning("R2V202", "w", None)] * 5 + [error("R2V101", "a", None)] + [error("R2V104", "b", None)] * 2
    assert to_text(found, PLAIN).endswith("3 errors, 5 warnings\n`r2v explain R2V104` says more\n")
    assert to_text(found[:5], PLAIN).endswith("5 warnings\n`r2v explain R2V202` says more\n")


def test_what_can_be_mended_is_said() -> None:
    edits = (Edit(at(3), "x"),)
    one = error("R2V302", "m", None, edits=edits)
    assert "1 error\n`r2v check --fix` can mend it\n" in to_text([one], PLAIN)
    assert "2 errors\n`r2v check --fix` can mend 1 of them\n" in to_text([one, one._replace(edits=())], PLAIN)


def test_few_are_all_shown() -> None:
    found = [error("R2V104", "unknown key 'x'", at(n)) for n in range(1, FEW + 1)]
    assert FEW == to_text(found, PLAIN).count("error[R2V104]")


def test_many_of_one_cause_are_shown_a_few_times(places) -> None:
    text = to_text([error("R2V104", "unknown key 'x'", places[4 * n]) for n in range(1, 1001)], PLAIN)
    assert 3 == text.count("error[R2V104]")
    assert "  = 997 more like this: s.yaml:17, 21, 25, 29, 33, 37, 41, 45, 49, 53, …\n" in text
    assert text.endswith(
        "\n1,000 errors\n3 of them in full; `r2v check --all` shows each\n`r2v explain R2V104` says more\n"
    )


def test_a_rare_one_among_many_is_shown(places) -> None:
    found = [error("R2V104", "unknown key 'x'", places[n]) for n in range(100)]
    found[50] = error("R2V104", "unknown key 'y'", places[50])
    found[70] = error("R2V102", "missing key 'id'", places[70])
    text = to_text(found, PLAIN)
    assert ["'x'", "'x'", "'x'", "'y'", "'id'"] == re.findall(r"^error.*('\w+')$", text, re.M)
    assert "   99  R2V104  an unknown key\n" not in text
    assert "100 errors\n  99  R2V104  an unknown key\n   1  R2V102  a missing key\n5 of them in full" in text


def test_many_that_differ_only_in_a_name_are_of_one_kind(places) -> None:
    found = [error("R2V201", f"no cast member is called 'leo{n}'", places[n]) for n in range(40)]
    text = to_text(found, PLAIN)
    assert 5 == text.count("error[R2V201]")
    assert "35 more like this: s.yaml:6, 7," in text


def test_all_of_them_on_demand(places) -> None:
    found = [error("R2V104", "unknown key 'x'", places[n]) for n in range(40)]
    text = to_text(found, PLAIN, every=True)
    assert 40 == text.count("error[R2V104]")
    assert "more like this" not in text
    assert "--all" not in text


def test_the_line_of_the_others_names_every_file_and_each_line_once() -> None:
    other = SourceText("b.yaml", "x\ny\n")
    rest = [error("R2V104", "m", at(3)), error("R2V104", "m", at(3)), error("R2V104", "m", Span(other, 2, 3))]
    assert "3 more like this: s.yaml:3; b.yaml:2" == rest_text(rest)
    assert "1 more like this" == rest_text([error("R2V001", "m", None)])


@given(
    st.lists(
        st.builds(
            Diagnostic,
            st.sampled_from(["R2V101", "R2V104", "R2V304"]),
            st.sampled_from(["error", "warning"]),
            st.sampled_from(["no", "key 'a'", "key 'b'", "key 'c'", "key 'd'", "key 'e'", "key 'f'", "2 s", "3 s"]),
            st.none(),
        ),
        max_size=120,
    )
)
def test_folding_loses_nothing_and_keeps_the_order(found: list[Diagnostic]) -> None:
    numbered = [d._replace(help=str(n)) for n, d in enumerate(found)]
    blocks = fold(numbered)
    told = [d for block in blocks for d in (block.shown, *block.rest)]
    assert sorted(numbered, key=lambda d: int(d.help)) == sorted(told, key=lambda d: int(d.help))
    shown = [int(block.shown.help) for block in blocks]
    assert sorted(shown) == shown
    assert all(block.shown[:2] == d[:2] and int(block.shown.help) < int(d.help) for block in blocks for d in block.rest)


def test_ten_thousand_take_no_time(places) -> None:
    found = [error(f"R2V{100 + n % 7}", f"unknown key '{n}'", places[n], "did you mean 'x'?") for n in range(10_000)]
    began = time.perf_counter()
    text = to_text(found, PLAIN)
    every = to_text(found, PLAIN, every=True)
    assert time.perf_counter() - began < 2
    assert text.count("\n") < 300
    assert 10_000 == every.count("\nerror[") + 1


@pytest.mark.parametrize("hostile", ["\x1b[2J", "\x9b31m", "a ##[error]b", "\u202eevil", "码头\x07", "\ud800"])
def test_no_line_of_a_source_acts_on_the_terminal(hostile: str) -> None:
    source = SourceText("s.yaml", f"key: {hostile} x\n")
    text = to_text([error("R2V101", f"not '{hostile}'", Span(source, 0, 3), hostile)], PLAIN)
    assert {"Cc", "Cs"}.isdisjoint(map(unicodedata.category, text.replace("\n", "")))
    assert "\u202e" not in text
    assert "##[" not in text
    _, _, _, shown, marks, *_ = text.splitlines()
    assert len(f"1 | key: {hostile} x") == len(shown), "the columns stay where they are"
    assert "  | ^^^" == marks


def test_counts_have_their_plurals() -> None:
    one, two = error("R2V101", "m", None), warning("R2V202", "m", None)
    assert "1 error" == count_text([one])
    assert "2 errors, 1 warning" == count_text([one, two, one])
    assert "1,500 warnings" == count_text([two] * 1500)


def test_json_has_places_labels_and_the_fix() -> None:
    d = error("R2V302", "m", at(7), "h", (Label(at(2), "here"),), (Edit(at(3), "new"),))
    place = {"file": "s.yaml", "column": 1, "end_column": 5}
    expected = {
        "code": "R2V302",
        "severity": "error",
        "message": "m",
        **place,
        "line": 7,
        "end_line": 7,
        "help": "h",
        "labels": [{**place, "line": 2, "end_line": 2, "text": "here"}],
        "fix": {"edits": [{**place, "line": 3, "end_line": 3, "text": "new"}]},
    }
    assert {"version": 1, "diagnostics": [expected]} == to_json([d])


def test_json_of_what_has_no_place() -> None:
    (one,) = to_json([error("R2V001", "m", None)])["diagnostics"]
    assert [None] * 5 == [one[key] for key in ("file", "line", "column", "end_line", "end_column")]
    assert {"labels", "fix"}.isdisjoint(one)
