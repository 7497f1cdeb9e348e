"""Nothing that a storyboard, a vendor or a file name says can act on the place it is shown in."""

from __future__ import annotations

import json
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r2v_pipeline.report.safe import safe, safe_cell, safe_json, safe_lines

HOSTILE = st.text(
    st.sampled_from("a:#[`|\\<@ \n\r\t\x00\x07\x1b\x7f\x85\x9b\u061c\u200e\u2028\u202e\u2066\ud800") | st.characters(),
    max_size=30,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("push-in at dusk, 码头 🎬", "push-in at dusk, 码头 🎬"),
        ("\x1b[2J\x1b]8;;x\x07", "\\x1b[2J\\x1b]8;;x\\x07"),
        ("a\nb\r\tc", "a\\nb\\r\\tc"),
        ("pay \u202e$01\u202c now", "pay \\u202e$01\\u202c now"),
        ("c1 \x9b31m", "c1 \\x9b31m"),
        ("\u2028::x", "\\u2028::x"),
        ("file\udcff.png", "file\\udcff.png"),
        ("::set-output name=x::y", "\\x3a:set-output name=x::y"),
        ("  ::add-mask::x", "  \\x3a:add-mask::x"),
        ("std::vector", "std::vector"),
        ("see ##[error]x and ##vso[task]", "see \\x23#[error]x and \\x23#vso[task]"),
        ("## heading", "## heading"),
    ],
)
def test_safe(text: str, expected: str) -> None:
    assert expected == safe(text)


@given(HOSTILE)
def test_no_control_leaves(text: str) -> None:
    shown = safe(text)
    assert {"Cc", "Cs", "Zl", "Zp"}.isdisjoint(map(unicodedata.category, shown))
    assert not re.search("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]", shown)
    assert not shown.lstrip().startswith("::")
    assert shown == safe(shown)


@given(HOSTILE)
def test_only_what_is_hostile_is_touched(text: str) -> None:
    plain = "".join(char for char in text if char.isprintable() and char not in ":#")
    assert plain == safe(plain)


@given(HOSTILE)
def test_a_finished_report_keeps_its_lines(text: str) -> None:
    lines = safe_lines(text).split("\n")
    assert text.count("\n") + 1 == len(lines)
    assert not any(line.lstrip().startswith("::") for line in lines)


@given(st.recursive(HOSTILE, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(HOSTILE, inner, max_size=3)))
def test_json_is_the_same_value(value: object) -> None:
    text = safe_json(value)
    assert value == json.loads(text)
    assert text == safe_lines(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("new shot", "new shot"),
        ("", ""),
        ("s_01", "`s_01`"),
        ("$0.98", "`$0.98`"),
        ("a|b", "`a\\|b`"),
        ("a\\|b", "`a\\\\x7cb`"),
        ("`x`", "`` `x` ``"),
        ("@owner #12 <b>", "`@owner #12 <b>`"),
        ("two\nlines", "`two\\nlines`"),
    ],
)
def test_cells(text: str, expected: str) -> None:
    assert expected == safe_cell(text)


@given(HOSTILE)
def test_a_cell_is_one_cell(text: str) -> None:
    """Rows are split at pipes without an odd number of backslashes before them; code spans end at their own fence."""
    cell = safe_cell(text)
    assert "\n" not in cell
    assert not re.search(r"(?<!\\)(?:\\\\)*\|", cell)
    fence = re.match("`+", cell)
    if fence:
        inner = cell[fence.end() : -len(fence.group())]
        assert cell.endswith(fence.group())
        assert fence.group() not in re.findall("`+", inner)
    else:
        assert re.fullmatch(r"[A-Za-z0-9 ,:;+\-]*", cell)
