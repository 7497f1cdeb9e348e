"""GitHub's annotations: escaped as its runner reads them, and honest about what it does not show."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r2v_pipeline.diagnostics import Diagnostic, SourceText, Span, error, warning
from r2v_pipeline.report.github import to_github

SOURCE = SourceText("s.yaml", "one\ntwo\nthree\n")
COMMAND = re.compile(r"^::(error|warning) (.*?)::(.*)$")


def lines(*found: Diagnostic) -> list[str]:
    return to_github(found, lambda name: name).splitlines()


def read(line: str) -> tuple[str, dict[str, str], str]:
    """A workflow command as a runner takes it apart: at the first `::`, at commas, at `=`."""
    match = COMMAND.match(line)
    assert match
    pairs = dict(pair.split("=", 1) for pair in match[2].split(","))
    return match[1], {name: unquote(value) for name, value in pairs.items()}, unquote(match[3])


def test_an_annotation() -> None:
    first, empty, *rest = lines(error("R2V104", "unknown key 'tow'", Span(SOURCE, 4, 7), "did you mean 'two'?"))
    place = {"file": "s.yaml", "line": "2", "endLine": "2", "col": "1", "endColumn": "4", "title": "R2V104"}
    assert ("error", place, "unknown key 'tow'\nhelp: did you mean 'two'?") == read(first)
    assert "" == empty
    assert "error[R2V104]: unknown key 'tow'" == rest[0]
    assert "`r2v explain R2V104` says more" == rest[-1]


def test_a_place_of_several_lines_has_no_column() -> None:
    _, place, _ = read(lines(warning("R2V305", "m", Span(SOURCE, 0, 6)))[0])
    assert {"file": "s.yaml", "line": "1", "endLine": "2", "title": "R2V305"} == place


def test_what_has_no_place() -> None:
    assert "::error title=R2V001::m" == lines(error("R2V001", "m", None))[0]


def test_special_characters_are_escaped() -> None:
    source = SourceText("50%, a:b.yaml", "x\n")
    first = lines(error("R2V101", "100%: a, b", Span(source, 0, 1), "50%"))[0]
    assert first.startswith("::error file=50%25%2C a%3Ab.yaml,line=1,")
    assert first.endswith("::100%25: a, b%0Ahelp: 50%25")


def test_files_are_named_as_the_repository_has_them() -> None:
    text = to_github([error("R2V101", "m", Span(SOURCE, 0, 1))], lambda name: f"films/{name}")
    assert text.startswith("::error file=films/s.yaml,")
    assert " --> s.yaml:1:1" in text


def test_the_limits_of_github_are_said() -> None:
    found = [error("R2V104", f"unknown key '{n}'", Span(SOURCE, 0, 1)) for n in range(22)]
    found += [warning("R2V202", f"no shot uses '{n}'", Span(SOURCE, 0, 1)) for n in range(11)]
    said = lines(*found)
    assert 10 == sum(line.startswith("::error ") for line in said)
    assert 10 == sum(line.startswith("::warning ") for line in said)
    assert "12 more errors are not shown as annotations" in said
    assert "1 more warning is not shown as annotations" in said
    assert 22 == sum(line.startswith("error[R2V104]") for line in said), "the list is whole"
    assert 11 == sum(line.startswith("warning[R2V202]") for line in said)


def test_ten_need_no_such_line() -> None:
    assert "not shown" not in "".join(lines(*[error("R2V104", "m", None)] * 10))


def test_the_ten_differ_as_far_as_they_can() -> None:
    found = [error("R2V104", "the same", Span(SOURCE, 0, 1)) for _ in range(50)]
    found.append(error("R2V203", "another", Span(SOURCE, 0, 1)))
    shown = [read(line)[2] for line in lines(*found) if line.startswith("::")]
    assert ["the same", "another", *["the same"] * 8] == shown


def test_nothing_for_nothing() -> None:
    assert "" == to_github([], str)


WORDS = st.text(st.sampled_from(":%,\n\r =#[a\x1b\u2028") | st.characters(exclude_categories=["Cs"]), max_size=20)


@given(WORDS, WORDS, WORDS)
def test_no_words_make_another_command(name: str, message: str, help: str) -> None:
    """Row 73 of the list of bad input: a storyboard's text must not speak to the runner."""
    source = SourceText(name, f"{message}\nx\n")
    said = to_github([error("R2V101", message, Span(source, 0, 1), help)], lambda file: file).split("\n")
    assert [0] == [number for number, line in enumerate(said) if line.lstrip().startswith("::")]
    assert not any("##[" in line for line in said)
    severity, place, _ = read(said[0])
    assert "error" == severity
    assert (
        {"file", "line", "endLine", "title"} <= place.keys() <= {"file", "line", "endLine", "col", "endColumn", "title"}
    )


@pytest.mark.parametrize("path", ["::error::x", "a,line=9"])
def test_a_hostile_name_stays_in_its_property(path: str) -> None:
    _, place, _ = read(lines(error("R2V101", "m", Span(SourceText(path, "x\n"), 0, 1)))[0])
    assert "1" == place["line"]
