"""`r2v explain`: the page of a code as people type it, the list, and what a mistyped command or option gets."""

from __future__ import annotations

import json
import re

import pytest

from r2v_pipeline.cli.guard import guarded
from r2v_pipeline.explain.pages import SECTIONS, STAGES, codes, page
from r2v_pipeline.report.diagnostics import Paint
from r2v_pipeline.report.explained import list_text, page_text


@pytest.mark.parametrize("word", ["R2V104", "r2v104", "104"])
def test_the_page_of_a_code(r2v, word: str) -> None:
    ran = r2v("explain", word)
    assert 0 == ran.rc
    assert ran.out.startswith("R2V104: an unknown key\n\nSeverity: error.\n\nWhat it is\n")
    assert list(SECTIONS) == [line for line in ran.out.splitlines() if line in SECTIONS]
    assert "    error[R2V104]: unknown key" in ran.out


def test_the_list_has_every_code_by_stage(r2v) -> None:
    ran = r2v("explain")
    assert 0 == ran.rc
    assert list(codes()) == re.findall(r"^  (R2V\d+)  \w", ran.out, re.M)
    headings = [line.lower() for line in ran.out.splitlines() if line and not line.startswith((" ", "`"))]
    assert list(STAGES.values()) == headings


def test_several_codes_and_json(r2v) -> None:
    told = json.loads(r2v("explain", "r2v304", "104", "--format", "json").out)
    assert ["R2V304", "R2V104"] == [one["code"] for one in told["codes"]]
    assert {"code", "severity", "stage", "title", "page"} == set(told["codes"][0])
    assert page("R2V304").text == told["codes"][0]["page"]
    assert len(codes()) == len(json.loads(r2v("explain", "--format", "json").out)["codes"])


@pytest.mark.parametrize(
    ("word", "help"), [("R2V0104", "did you mean R2V104?"), ("colour", "'r2v explain' lists them all")]
)
def test_a_code_that_does_not_exist(r2v, word: str, help: str) -> None:
    ran = r2v("explain", word)
    assert 2 == ran.rc
    assert f"error: there is no code '{word}'\n  help: {help}\n" == ran.err


@pytest.mark.parametrize("code", codes())
@pytest.mark.parametrize("width", [50, 100])
def test_prose_fits_the_terminal_and_examples_stay_as_they_are(code: str, width: int) -> None:
    shown = page_text(page(code), Paint(False), width).splitlines()
    prose = [line for line in shown if not line.startswith("    ")]
    assert [] == [line for line in prose[1:] if len(line) > width]
    assert "```" not in "".join(shown)
    words = re.sub(r"```\w*\n.*?```|^#+ ", "", page(code).text, flags=re.S | re.M).split()
    assert words == " ".join(prose).split()


def test_items_hang_below_their_sign() -> None:
    shown = page_text(page("R2V104")._replace(text="- one two\n  three\n- four\n"), Paint(False), 9)
    assert "- one two\n  three\n- four\n" == shown


def test_headings_stand_out_on_a_terminal() -> None:
    assert "\x1b[1mWhat it is\x1b[0m" in page_text(page("R2V104"), Paint(True), 80)
    assert "\x1b[1mThe file\x1b[0m" in list_text([page("R2V001")], Paint(True))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["biuld"], "help: did you mean 'build'?"),
        (["render"], "help: did you mean 'build'?"),
        (["lint"], "help: did you mean 'check'?"),
        (["--verison"], "help: did you mean '--version'?"),
        (["zzz"], "help: commands: approve, build, cancel, check, "),
        (["check", "s.yaml", "--formt", "json"], "help: did you mean --format?"),
        (["check", "s.yaml", "--prfile=x"], "help: did you mean --profile?"),
        (["plan", "--exti-code"], "help: did you mean --exit-code?"),
    ],
)
def test_what_was_meant(r2v, arguments: list[str], said: str) -> None:
    ran = r2v(*arguments)
    assert 2 == ran.rc
    assert said in ran.err


def test_a_file_without_a_command(project, r2v) -> None:
    (project / "s.yaml").write_text("r2v: 1\n")
    assert "a command comes before the file: r2v check FILE" in r2v("s.yaml").err


@pytest.mark.parametrize("arguments", [["check", "--zzzzz"], ["check", "--format", "jsn"], ["check", "--profile"]])
def test_no_guess_where_there_is_none(capsys, arguments: list[str]) -> None:
    assert 2 == guarded(arguments, {"check": "check"})
    assert "did you mean" not in capsys.readouterr().err
