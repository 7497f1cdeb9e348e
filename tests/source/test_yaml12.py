"""The reader: YAML 1.2 core types, positions on everything, limits before anything is built."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r2v_pipeline.diagnostics import Diagnostic, SourceText
from r2v_pipeline.source.yaml12 import load_yaml


def load(text: str):
    return load_yaml(SourceText("a.yaml", text))


def value(text: str):
    data, found = load(text)
    assert () == found
    return data


def codes(text: str) -> list[tuple[str, int, int]]:
    return [(d.code, d.span.line, d.span.column) for d in load(text)[1]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no", "no"),
        ("on", "on"),
        ("y", "y"),
        ("0:05", "0:05"),
        ("1:10", "1:10"),
        ("12:30:45", "12:30:45"),
        ("2024-01-01", "2024-01-01"),
        ("1_000", "1_000"),
        ("=", "="),
        ("true", True),
        ("False", False),
        ("~", None),
        ("null", None),
        ("010", 10),
        ("0x1F", 31),
        ("0o17", 15),
        ("-3", -3),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("'1.5'", "1.5"),
        ('"true"', "true"),
        ("!!str 12", "12"),
        ("!!int '12'", 12),
        ("+", "+"),
        ("1.2.3", "1.2.3"),
        ("0xyz", "0xyz"),
    ],
)
def test_scalars(text, expected):
    read = value(f"k: {text}\n")["k"]
    assert expected == read
    assert type(expected) is type(read)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [("R2V002", 1, 1)]),
        ("# only a comment\n", [("R2V002", 1, 1)]),
        ("a: 1\n---\nb: 2\n", [("R2V002", 2, 1)]),
        ("a: *nobody\n", [("R2V002", 1, 4)]),
        ("a: &x [*x]\n", [("R2V002", 1, 8)]),
        ("a: &x {b: {c: *x}}\n", [("R2V002", 1, 15)]),
        ("a: 1\nb: 2\na: 3\n", [("R2V003", 3, 1)]),
        ("a: .inf\n", [("R2V101", 1, 4)]),
        ("a: .nan\n", [("R2V101", 1, 4)]),
        ("a: 1.0e+400\n", [("R2V101", 1, 4)]),
        ("a: " + "9" * 5000 + "\n", [("R2V101", 1, 4)]),
        ("a: !python/object:os.system x\n", [("R2V101", 1, 4)]),
        ("? [a, b]\n: c\n", [("R2V101", 1, 3)]),
        ("*a : c\n", [("R2V101", 1, 1)]),
        ("<<: 3\n", [("R2V101", 1, 5)]),
        ('a: "\\e[31m"\n', [("R2V101", 1, 4)]),
        ('a: "\\ud800"\n', [("R2V002", 1, 7)]),
        ("a:\n\tb: 1\n", [("R2V002", 2, 1)]),
        ("a: 'open\n", [("R2V002", 2, 1)]),
        ("a: \x07\n", [("R2V002", 1, 4)]),
    ],
)
def test_what_is_refused_and_where(text, expected):
    assert expected == codes(text)


def test_a_key_given_twice_shows_both_places():
    _, (found,) = load("a: 1\nb: 2\na: 3\n")
    assert (1, 1) == (found.labels[0].span.line, found.labels[0].span.column)


def test_positions_of_keys_values_and_items():
    data = value("é: 日本 # c\nlist:\n  - one\n  - {x: 'two'}\nlast: |\n  a\n  b\n")
    assert "1:4" == str(data.value_span("é")).removeprefix("a.yaml:")
    assert "2:1" == str(data.key_span("list")).removeprefix("a.yaml:")
    assert "3:5" == str(data["list"].item_span(0)).removeprefix("a.yaml:")
    assert "4:9" == str(data["list"][1].value_span("x")).removeprefix("a.yaml:")
    span = data["list"][1].value_span("x")
    assert "'two'" == span.source.text[span.start : span.end]
    assert 5 == data.value_span("last").line


def test_crlf_and_lf_give_the_same_positions():
    text = "a: 1\nb:\n  - x\n  - y: z\n"
    for line_break in ("\n", "\r\n"):
        data = value(text.replace("\n", line_break))
        span = data["b"][1].value_span("y")
        assert (4, 8) == (span.line, span.column)


def test_a_map_of_nothing_but_a_merge_has_a_place():
    data = value("base: &b {p: 1}\nx:\n  <<: *b\nlast: 1\n")
    assert {"p": 1} == data["x"]
    assert 3 == data["x"].span.line


def test_merge_keys():
    data = value("base: &b {p: 1, q: 2}\nx:\n  <<: *b\n  q: 3\ny:\n  q: 4\n  <<: [*b, {r: 5}]\n")
    assert {"p": 1, "q": 3} == data["x"]
    assert {"p": 1, "q": 4, "r": 5} == data["y"]
    assert 1 == data["x"].value_span("p").line
    assert 4 == data["x"].value_span("q").line


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
def test_deep_nesting_is_refused_at_once(opening):
    began = time.process_time()
    assert "R2V001" in {code for code, _, _ in codes(opening * 100_000)} | {
        d.code for d in load("\n".join(" " * i + "a:" for i in range(80)))[1]
    }
    assert time.process_time() - began < 2


def test_bombs_are_refused_before_they_are_built():
    laughs = "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 12))
    merges = "a0: &a0 {k: 1}\n" + "".join(
        f"a{i}: &a{i} {{<<: [{', '.join([f'*a{i - 1}'] * 9)}], x{i}: 1}}\n" for i in range(1, 40)
    )
    began = time.process_time()
    assert ["R2V001"] == [code for code, _, _ in codes(laughs)]
    load(merges)
    assert time.process_time() - began < 2


def test_a_scalar_and_a_key_have_a_largest_size():
    assert ["R2V001"] == [code for code, _, _ in codes("a: " + "x" * (1 << 20) + "y\n")]
    assert ["R2V001"] == [code for code, _, _ in codes("k" * 200 + ": 1\n")]


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
def test_any_text_gives_data_or_diagnostics(text):
    data, found = load(text)
    assert data is not None or found or text.strip()
    assert all(isinstance(d, Diagnostic) and d.span is not None for d in found)
    for d in found:
        assert 1 <= d.span.line
        assert 1 <= d.span.column


YAML_BITS = st.sampled_from(
    [
        "a: ",
        "- ",
        "  ",
        "\n",
        "{",
        "}",
        "[",
        "]",
        "&x ",
        "*x",
        "<<: ",
        "'",
        '"',
        "|\n",
        ">-\n",
        "? ",
        ": ",
        "#",
        "!!str ",
        "1:30",
        "~",
        "é",
        "\t",
        "---\n",
        ",",
    ]
)


@given(st.lists(YAML_BITS, max_size=40).map("".join))
def test_any_arrangement_of_yaml_signs_gives_data_or_diagnostics(text):
    _, found = load(text)
    assert all(d.code in ("R2V001", "R2V002", "R2V003", "R2V101") for d in found)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), inner, max_size=4)
    ),
    max_leaves=15,
)


@given(JSON)
def test_json_is_read_as_json_reads_it(data):
    """YAML 1.2 contains JSON: a differential test against the standard library."""
    import json

    assert data == value(json.dumps({"k": data}, ensure_ascii=False))["k"]
