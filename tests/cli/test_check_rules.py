"""`r2v.toml`: what a project may say about warnings, and what nobody may say about errors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

# An unused member (R2V202) and a line that nobody can speak in a second (R2V304, an error at this length).
BOARD = """
r2v: 1
title: T
cast: {mia: {look: tall}, leo: {look: small}}
shots:
  - {id: one, segments: [{for: 2s, action: "{{ mia }} waits.", say: {mia: "one two three four five six seven eight"}}]}
"""


@pytest.fixture
def said(project: Path, r2v):
    (project / "drafts").mkdir()
    (project / "s.yaml").write_text(BOARD)
    (project / "drafts/d.yaml").write_text(BOARD)

    def check(rules: str, *words: str, file: str = "s.yaml") -> tuple[int, list[tuple[str, str]]]:
        (project / "r2v.toml").write_text(rules) if rules else None
        ran = r2v("check", file, "--format", "json", *words, cwd=project)
        assert "" == ran.err
        return ran.rc, [(d["code"], d["severity"]) for d in json.loads(ran.out)["diagnostics"]]

    return check


WARNINGS = [("R2V202", "warning"), ("R2V304", "warning")]


def test_without_one_warnings_are_warnings(said) -> None:
    assert (0, WARNINGS) == said("")


@pytest.mark.parametrize(
    ("rules", "code", "expected"),
    [
        ("[check]\nerrors = ['R2V304']\n", 1, [("R2V202", "warning"), ("R2V304", "error")]),
        ("[check]\nignore = ['R2V2']\n", 0, [("R2V304", "warning")]),
        ("[check]\nerrors = ['R2V']\nignore = ['R2V202']\n", 1, [("R2V304", "error")]),
        ("[check]\nignore = ['R2V']\nerrors = ['R2V304']\n", 1, [("R2V304", "error")]),
        ("[check]\nignore = ['304']\nerrors = ['r2v304']\n", 1, [("R2V202", "warning"), ("R2V304", "error")]),
        ("[check.files]\n'drafts/*.yaml' = ['R2V3']\n", 0, WARNINGS),
        ("", 0, WARNINGS),
        ("[check]\n", 0, WARNINGS),
    ],
)
def test_what_it_decides(said, rules: str, code: int, expected: list[tuple[str, str]]) -> None:
    assert (code, expected) == said(rules)


def test_files_have_rules_of_their_own(said) -> None:
    rules = "[check]\nerrors = ['R2V202']\n[check.files]\n'drafts/*.yaml' = ['R2V']\n'**/d.yaml' = ['R2V202']\n"
    assert (1, [("R2V202", "error"), ("R2V304", "warning")]) == said(rules)
    assert (0, []) == said(rules.replace("errors = ['R2V202']\n", ""), file="drafts/d.yaml")


def test_the_command_line_goes_on_from_there(said) -> None:
    assert (1, WARNINGS) == said("[check]\n", "--strict")
    assert (0, [("R2V202", "warning")]) == said("[check]\nerrors = ['R2V304']\n", "--ignore", "R2V304")


def test_no_error_can_be_ignored(project: Path, said) -> None:
    (project / "s.yaml").write_text(BOARD.replace("title: T", "titel: T"))
    code, found = said("[check]\nignore = ['R2V']\n[check.files]\n'*' = ['R2V1']\n")
    assert 1 == code
    assert {"error"} == {severity for _, severity in found}


def test_plan_and_build_do_not_heed_it(project: Path, said, r2v) -> None:
    assert 1 == said("[check]\nerrors = ['R2V']\nignore = ['R2V202']\n")[0]
    ran = r2v("plan", "s.yaml", cwd=project)
    assert (0, True) == (ran.rc, "R2V202" in ran.err)


def test_a_rule_that_comes_or_goes_is_noticed(project: Path, r2v) -> None:
    """What is known of an unchanged storyboard rests on the rules too, also on there being none."""
    (project / "s.yaml").write_text(BOARD)
    for _ in range(2):
        assert 0 == r2v("check", "s.yaml", cwd=project).rc
    (project / "r2v.toml").write_text("[check]\nerrors = ['R2V304']\n")
    assert 1 == r2v("check", "s.yaml", cwd=project).rc
    (project / "r2v.toml").unlink()
    assert 0 == r2v("check", "s.yaml", cwd=project).rc


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ("[check", "this is no TOML"),
        ("[budget]\nbuild = '99 USD'\n", "'budget' means nothing here"),
        ("[store]\naddress = 's3://b'\n", "'store' means nothing here"),
        ("check = 1\n", "'check' is no table"),
        ("[check]\nignore = 'R2V2'\n", "'ignore' is no list of codes"),
        ("[check]\nignore = ['R2V9']\n", "no code is or begins with 'R2V9'"),
        ("[check.files]\n'*' = 1\n", "'*' is no list of codes"),
    ],
)
def test_what_means_nothing_is_an_error(project: Path, r2v, rules: str, message: str) -> None:
    (project / "s.yaml").write_text(BOARD)
    (project / "r2v.toml").write_text(rules)
    ran = r2v("check", "s.yaml", "--format", "json", cwd=project)
    found = [d for d in json.loads(ran.out)["diagnostics"] if d["code"] == "R2V106"]
    assert (1, 1) == (ran.rc, len(found))
    assert message in found[0]["message"]
    assert ("r2v.toml", True) == (found[0]["file"], found[0]["line"] >= 1)


def test_rules_that_lead_out_of_the_project(project: Path, tmp_path: Path, r2v) -> None:
    (tmp_path / "theirs").write_text("secret = 1\n")
    (project / "s.yaml").write_text(BOARD)
    (project / "r2v.toml").symlink_to(tmp_path / "theirs")
    ran = r2v("check", "s.yaml", cwd=project)
    assert (1, True) == (ran.rc, "'r2v.toml' leads out of the project" in ran.out)
    assert "secret" not in ran.out
