"""Rows 1 to 20: YAML and numbers."""

from __future__ import annotations

import pytest
from ground import BOARD, HEAD, SHOT, row


def bomb(levels: int, width: int, merge: bool = False) -> str:
    """A text that expands to width ** levels."""
    lines = ["x-a0: &a0 [lol]" if not merge else "x-a0: &a0 {k: 1}"]
    for level in range(1, levels):
        before = ", ".join([f"*a{level - 1}"] * width)
        lines.append(f"x-a{level}: &a{level} " + (f"{{<<: [{before}], k{level}: 1}}" if merge else f"[{before}]"))
    return HEAD + "\n".join(lines) + "\n" + SHOT


@row(1)
def test_billion_laughs(ground):
    answer = ground.refused(bomb(10, 9), "R2V001")
    assert "aliases and merges expand this file to" in answer.out


@row(1)
def test_a_bomb_of_one_wide_level(ground):
    ground.refused(HEAD + "x-a: &a [" + "x," * 2000 + "]\nx-b: [" + "*a," * 200 + "]\n" + SHOT, "R2V001")


@row(2)
@pytest.mark.parametrize("levels", [6, 9])
def test_merge_bomb(ground, levels):
    ground.write("s.yaml", bomb(levels, 9, merge=True))
    assert ["R2V001"] == ground.limited("check", "s.yaml", "--format", "json").codes


@row(3)
@pytest.mark.parametrize("text", ["x-a: &x [*x]\n", "x-a: &x {a: *x}\n", "x-a: &x\n  b: [1, *x]\n", "&x a: *x\n"])
def test_an_anchor_around_itself(ground, text):
    answer = ground.check(HEAD + text + SHOT)
    assert 1 == answer.rc
    assert set(answer.codes) <= {"R2V002", "R2V104"}


@row(4)
@pytest.mark.parametrize("opener", ["[", "{a: ", "- "])
def test_nesting_of_a_thousand(ground, opener):
    ground.refused(HEAD + "x-a: " + ("\n  " if opener[-1] == " " else "") + opener * 1000, "R2V001")


@row(4)
@pytest.mark.parametrize(("depth", "rc"), [(40, 0), (60, 1)])
def test_the_limit_of_nesting(ground, depth, rc):
    assert rc == ground.check(BOARD + "meta: {a: " + "[" * depth + "]" * depth + "}\n").rc


@row(5)
@pytest.mark.parametrize("opener", ["[", "{a: ", "!!seq ["])
def test_nesting_of_a_hundred_thousand(ground, opener):
    """PyYAML's constructor over libyaml overflows the stack of the interpreter here."""
    ground.write("s.yaml", HEAD + "x-a: " + opener * 100_000)
    assert ["R2V001"] == ground.limited("check", "s.yaml", "--format", "json").codes


@row(5)
def test_nesting_by_indentation(ground):
    """A file whose every line is nested deeper, which is as long as the square of its depth."""
    ground.write("s.yaml", HEAD + "x-a:\n" + "".join(" " * n + "a:\n" for n in range(1, 3000)))
    assert ["R2V001"] == ground.limited("check", "s.yaml", "--format", "json").codes


@row(6)
def test_a_file_of_a_hundred_megabytes(ground):
    """Refused by its size, and not read: it is all holes."""
    ground.write("s.yaml", BOARD)
    with (ground.root / "s.yaml").open("r+b") as stream:
        stream.truncate(100 << 20)
    answer = ground.limited("check", "s.yaml", memory=MEGABYTES_160)
    assert 1 == answer.rc
    assert "is larger than 64 MiB" in answer.out


MEGABYTES_160 = 160 << 20


@row(6)
def test_a_text_of_a_megabyte(ground):
    ground.refused(HEAD + SHOT + 'x-a: "' + "a" * ((1 << 20) + 1) + '"\n', "R2V001")


@row(6)
def test_a_file_that_is_one_long_line(ground):
    ground.write("s.yaml", HEAD + "x-a: [" + "a, " * 300_000 + "]\n" + SHOT)
    assert 0 == ground.limited("check", "s.yaml").rc


@row(7)
def test_a_key_twice(ground):
    answer = ground.refused(HEAD + "meta: {}\nmeta: {}\n" + SHOT, "R2V003")
    assert "s.yaml:4:1" in answer.out
    assert "first given here" in answer.out


@row(8)
@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("x-a: [&a 1, &a 2, *a]\n", ["R2V002"]),
        ("x-a: {b: &a {}, c: &a []}\n", ["R2V002"]),
        ("x-a: *nowhere\n", ["R2V002"]),
        ("x-a: !unknown 1\n", ["R2V101"]),
        ("x-a: !!python/object/apply:os.system [id]\n", ["R2V101"]),
        ("x-a: !!python/name:os.system\n", ["R2V101"]),
        ("x-a: !<tag:yaml.org,2002:python/none> 1\n", ["R2V101"]),
        ("x-a: !e!x 1\n", ["R2V002"]),
        ("x-a: !!binary aGk=\n", ["R2V101"]),
        ("x-a: !!set {a}\n", ["R2V101"]),
        ("x-a: !!timestamp 2020-01-01\n", ["R2V101"]),
    ],
)
def test_anchors_and_tags(ground, text, codes):
    ground.refused(HEAD + text + SHOT, *codes)


@row(9)
@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        (BOARD + "---\n" + BOARD, "R2V002", "a second YAML document"),
        ("", "R2V002", "the file is empty"),
        ("# nothing\n\n", "R2V002", "the file is empty"),
        ("hello\n", "R2V101", "a storyboard is a mapping"),
        ("- a\n", "R2V101", "a storyboard is a mapping"),
        ("null\n", "R2V101", "a storyboard is a mapping"),
        ("--- |\n r2v: 1\n", "R2V101", "a storyboard is a mapping"),
    ],
)
def test_not_one_mapping(ground, text, code, words):
    assert words in ground.refused(text, code).out


@row(10)
@pytest.mark.parametrize("text", ["\tx-a: 1\n", "x-a:\n\tb: 1\n", "x-a:\n  - b\n\t- c\n"])
def test_tabs(ground, text):
    assert "indent with spaces" in ground.refused(HEAD + text + SHOT, "R2V002").out


@row(11)
@pytest.mark.parametrize(
    ("data", "code"),
    [
        (BOARD.encode("utf-16"), "R2V001"),
        (BOARD.encode("utf-16-le"), "R2V002"),
        (BOARD.encode("utf-32"), "R2V001"),
        ((HEAD + "x-a: café\n" + SHOT).encode("latin-1"), "R2V001"),
        ((HEAD + "x-a: a\0b\n" + SHOT).encode(), "R2V002"),
        ((HEAD + "x-a: \x01\n" + SHOT).encode(), "R2V002"),
        ((HEAD + "x-a: \x85\u2028 \ufffe\n" + SHOT).encode(), "R2V002"),
        ((HEAD + "x-a: \ud800\n" + SHOT).encode("utf-8", "surrogatepass"), "R2V001"),
        (HEAD.encode() + b"x-a: \xc0\x80\n" + SHOT.encode(), "R2V001"),
        (HEAD.encode() + b"x-a: \xf5\x80\x80\x80\n" + SHOT.encode(), "R2V001"),
    ],
)
def test_encodings(ground, data, code):
    assert code in ground.check(data).codes


@row(11)
@pytest.mark.parametrize("escape", ["\\ud800", "\\udfff", "\\uD83D\\uDE00", "\\U0000d800"])
def test_lone_surrogates_by_escape(ground, escape):
    answer = ground.check(HEAD + f'x-a: "{escape}"\n' + SHOT)
    assert 1 == answer.rc
    assert set(answer.codes) <= {"R2V002", "R2V101"}


@row(11)
def test_a_byte_order_mark_is_fine(ground):
    ground.accepted(b"\xef\xbb\xbf" + BOARD.encode())


@row(12)
@pytest.mark.parametrize("escape", ["\\e[31m", "\\0", "\\a", "\\x7f", "\\x9b", "\\N", "\\b", "\\r"])
def test_escaped_controls(ground, escape):
    ground.refused(f'{HEAD}shots:\n  - {{id: a, prompt: "A {escape} lamp", duration: 5s}}\n', "R2V101")


@row(12)
def test_escaped_controls_in_a_key(ground):
    assert "R2V101" in ground.check(HEAD + 'meta: {"a\\e[2J": 1}\n' + SHOT).codes


@row(12)
def test_line_breaks_and_tabs_are_text(ground):
    ground.accepted(f'{HEAD}shots:\n  - {{id: a, prompt: "A\\n\\tlamp", duration: 5s}}\n')


@row(13)
@pytest.mark.parametrize("word", ["no", "on", "y", "Yes", "off", "NO"])
def test_words_are_words(ground, word):
    ground.accepted(f"r2v: 1\ntitle: {word}\n" + SHOT)
    ground.refused(BOARD + f"film: {{chapters: {word}}}\n", "R2V101")


@row(13)
def test_a_truth_is_no_title(ground):
    assert "quotes" in ground.refused("r2v: 1\ntitle: true\n" + SHOT, "R2V101").out


@row(14)
@pytest.mark.parametrize(
    ("written", "seconds"), [("1:30", 90), ("00:05", 5), ("1:30.5", 90.5), ("0:07", 7), ("12:30:45", 0)]
)
def test_times_mean_one_thing(ground, written, seconds):
    shot = f"shots:\n  - {{id: a, prompt: A lamp., duration: {written}}}\nexpect: {{duration: {seconds or 1}s}}\n"
    answer = ground.check(HEAD + shot)
    assert ([] if seconds else ["R2V101"]) == answer.codes


@row(15)
@pytest.mark.parametrize(
    "number", ["1_000", "1.0e+400", ".nan", ".inf", "-.inf", "0b101", "1e", "0x", "1__0", "+-1", "1e400", "٣"]
)
def test_numbers_that_are_none(ground, number):
    answer = ground.check(f"{HEAD}shots:\n  - {{id: a, prompt: A lamp., duration: {number}}}\n")
    assert {("R2V101", 4)} == set(answer.found)


@row(15)
@pytest.mark.parametrize(("number", "seconds"), [("010", 10), ("0o10", 8), ("0x0A", 10), ("1e1", 10), ("5.", 5)])
def test_numbers_of_the_core_schema(ground, number, seconds):
    """YAML 1.2 has no octal `010`; every form means one number everywhere."""
    expect = f"expect: {{duration: {seconds}s}}\n"
    ground.accepted(f"{HEAD}shots:\n  - {{id: a, prompt: A lamp., duration: {number}}}\n{expect}")


@row(16)
@pytest.mark.parametrize("number", ["9" * 5000, "0x" + "f" * 1_000_000, "0." + "1" * 5000, "0o" + "7" * 9999])
def test_very_long_numbers(ground, number):
    answer = ground.check(f"{HEAD}x-a: {number}\n{SHOT}")
    assert ["R2V101"] == answer.codes
    assert len(answer.out) < 10_000


@row(17)
def test_dates_are_text(ground):
    ground.accepted("r2v: 1\ntitle: 2026-01-01\n" + SHOT)
    ground.accepted("r2v: 1\ntitle: 2026-13-45\n" + SHOT)


@row(17)
@pytest.mark.parametrize("value", ['!!int "abc"', '!!float "abc"', "!!bool maybe", "!!null x", "!!int 1.5"])
def test_tags_that_do_not_fit(ground, value):
    ground.refused(HEAD + f"x-a: {value}\n" + SHOT, "R2V101")


@row(18)
@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("null: 1\n", ["R2V104"]),
        ("~: 1\n", ["R2V104"]),
        ("true: 2\n1: 3\n", ["R2V104", "R2V104"]),
        ("[a, b]: 1\n", ["R2V101"]),
        ("{a: b}: 1\n", ["R2V101"]),
        ("? [a]\n: 1\n", ["R2V101"]),
        ("x-" + "k" * 2000 + ": 1\n", ["R2V002"]),
        ("? x-" + "k" * 2000 + "\n: 1\n", ["R2V001"]),
        ("x-" + "k" * 126 + ": 1\n", []),
        ("x-" + "k" * 127 + ": 1\n", ["R2V001"]),
        ('"": 1\n', ["R2V104"]),
        ("*a : 1\n", ["R2V101"]),
    ],
)
def test_keys(ground, text, codes):
    assert codes == ground.check(HEAD + text + SHOT).codes


@row(19)
@pytest.mark.parametrize(("text", "codes"), [("x-a: =\n", []), ("<<: 3\n", ["R2V101"]), ("<<: [3]\n", ["R2V101"])])
def test_what_yaml_once_meant(ground, text, codes):
    assert codes == ground.check(HEAD + text + SHOT).codes


@row(20)
def test_unknown_keys(ground):
    answer = ground.refused(HEAD + "shoots: []\n" + SHOT, "R2V104")
    assert "did you mean 'shots'?" in answer.out
    ground.accepted(HEAD + "x-shoots: []\nmeta: {shoots: 1}\n" + SHOT)


@row(20)
def test_a_thousand_unknown_keys(ground):
    ground.write("s.yaml", HEAD + "".join(f"keey{n}: 1\n" for n in range(1000)) + SHOT)
    assert ["R2V104"] * 1000 == ground.limited("check", "s.yaml", "--format", "json").codes


@row(20)
def test_three_thousand_unknown_keys(ground):
    """In time and memory that grow as they do."""
    ground.write("s.yaml", HEAD + "".join(f"keey{n}: 1\n" for n in range(3000)) + SHOT)
    assert ["R2V104"] * 3000 == ground.limited("check", "s.yaml", "--format", "json", seconds=6).codes
