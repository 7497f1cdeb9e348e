"""The comment on a pull request: what it says, that it fits, and that nothing of a stranger's works in it."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from repos import BOARD, REFS, Repo
from versions import compared

from r2v_pipeline.report.diagnostics import Paint
from r2v_pipeline.report.diff import Compared, to_text
from r2v_pipeline.report.diff_markdown import MOST, marker, to_markdown

GOLDEN = Path(__file__).parent / "golden"
UPDATE = bool(os.environ.get("R2V_UPDATE_GOLDEN"))

FENCE = re.compile(r"^(`{3,})text\n.*?^\1$\n?", re.M | re.S)
SPAN = re.compile(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)")


def told(folder: Path, before: str, after: str) -> Compared:
    return Compared(compared(folder, before, after), "film.yaml", "main", "", "HEAD", "")


def golden(name: str, text: str) -> None:
    """What is printed is what was looked at; R2V_UPDATE_GOLDEN=1 writes it anew."""
    path = GOLDEN / name
    if UPDATE:
        path.write_text(text, "utf-8")
    assert path.read_text("utf-8") == text


def size(text: str) -> int:
    """As JavaScript counts, and GitHub with it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def outside_of_code(text: str) -> str:
    """What is read as Markdown; our own folds and the marker are left out."""
    text = SPAN.sub("", FENCE.sub("", text.replace("\\|", "")))
    ours = re.compile(r"^(<details><summary>[\w :,-]*</summary>|</details>|<!-- r2v diff [\w./%-]+ -->)$", re.M | re.A)
    return ours.sub("", text)


@pytest.fixture
def folder(repo: Repo, monkeypatch) -> Path:
    monkeypatch.chdir(repo.root)
    return repo.root


def a_change(repo: Repo) -> None:
    """A bit of everything: words, a rename, a reference, a template, a new shot, one that goes, a film setting."""
    repo.write("templates/wide.j2", "{{ shot.prompt }} Soft light.\n")
    repo.change("    duration: 5s", "    duration: 5s\n    template: wide.j2")
    repo.commit()
    repo.write("templates/wide.j2", "{{ shot.prompt }} Hard light.\n")
    repo.change("dawn", "dusk")
    repo.change("id: find", "id: lamp-lit")
    repo.change("title: A gift", "title: Two gifts")
    new = (
        '  - id: end\n    prompt: "{{ Gift }} in the rain."\n    duration: 5s\n    style: Soft colours.\n  - id: last\n'
    )
    repo.change("  - id: last\n", new)
    (repo.root / "refs" / "lantern.png").write_bytes((REFS / "nora.png").read_bytes())


def test_the_comment(repo: Repo, diff) -> None:
    a_change(repo)
    rc, out, err = diff("film.yaml", "--format", "markdown")
    assert (0, "") == (rc, err)
    golden("comment.md", out)


def test_the_same_on_a_terminal(repo: Repo, diff) -> None:
    a_change(repo)
    rc, out, err = diff("film.yaml")
    assert (0, "") == (rc, err)
    golden("comment.txt", out)


def test_nothing_changes(diff) -> None:
    golden("nothing.md", diff("film.yaml", "--format", "markdown")[1])


def test_a_side_that_does_not_compile_is_told_in_the_comment(repo: Repo, diff) -> None:
    repo.change("{{ season }}", "{{ <b>@ana }}")
    rc, out, _ = diff("film.yaml", "--format", "markdown")
    assert 1 == rc
    golden("broken.md", out)


def test_a_program_finds_its_comment_by_the_marker(diff) -> None:
    assert diff("film.yaml", "--format", "markdown")[1].startswith("<!-- r2v diff film.yaml -->\n")
    assert "<!-- r2v diff a/%2D%2D%3E%3Cb%3E.yaml -->" == marker("a/--><b>.yaml")


def many(shots: int, word: str) -> str:
    listed = "".join(
        f'  - id: s{n:05d}\n    prompt: "{{{{ Gift }}}} number {n}, {word} and a good many more words 雪 🎬."\n'
        "    duration: 5s\n"
        for n in range(shots)
    )
    return BOARD[: BOARD.index("  - id: open")] + listed


@pytest.mark.parametrize("shots", [50, 200, 1000])
def test_a_comment_always_fits(shots: int, folder: Path) -> None:
    text = to_markdown(told(folder, many(shots, "one"), many(shots, "two")))
    assert MOST - 6_000 < size(text) <= MOST if shots > 200 else size(text) <= MOST
    assert f"**{shots} of {shots} shots render again, about \\${shots // 2}.00.**" in text
    rows, details = text.count("\n| s0"), text.count("<details>")
    assert details == text.count("</details>")
    assert rows == shots or f"… and {shots - rows} more shots." in text
    assert details == shots or f"… and the words of {shots - details} more shots, which `r2v diff` shows." in text


def test_one_endless_prompt_is_shortened(folder: Path) -> None:
    before = BOARD.replace("provider: dashscope, model: wan2.6-r2v", "provider: animatic")
    endless = " ".join(f"word{n}" for n in range(20_000))
    text = to_markdown(told(folder, before, before.replace("alone on a table", endless)))
    assert size(text) <= MOST
    assert re.search(r"^… and \d+ more lines$", text, re.M)


HOSTILE = [
    "@octocat #1 GH-1 https://example.org/x",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "</details></summary><!-- r2v diff film.yaml -->",
    "``` ```` ~~~ `code` ![x](y) [a](b) **b** | c \\| d",
    "-->\u202e\u200b\u001b[2J",
    "$x$ :tada: <details>",
]


def hostile_board(words: str) -> str:
    quoted = json.dumps(words, ensure_ascii=False)
    board = BOARD.replace('"{{ Lamp }} alone on a table."', json.dumps("{{ Lamp }} " + words, ensure_ascii=False))
    return board.replace("title: A gift", f"title: {quoted}").replace(
        "    duration: 5s", f"    duration: 5s\n    negative: {quoted}"
    )


@pytest.mark.parametrize("words", HOSTILE)
def test_nothing_of_a_stranger_works(words: str, folder: Path) -> None:
    words = words.replace("\u001b", "")  # no YAML text may hold it
    text = to_markdown(told(folder, BOARD, hostile_board(words)))
    left = outside_of_code(text)
    for sign in ("<", "@", "](", "http", "#", "🎉", "`", "\x1b", "\u202e"):
        assert sign not in left, (sign, left)


WORDS = st.text(st.sampled_from("`|\\<>&@#[]()!*_~$-: x\u202e雪"), min_size=1, max_size=30)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=WORDS)
def test_no_words_leave_their_code(words: str, folder: Path) -> None:
    board = BOARD.replace("{provider: dashscope, model: wan2.6-r2v, resolution: 720p}", "{provider: animatic}")
    after = hostile_board(words.replace("{", "")).replace(
        "{provider: dashscope, model: wan2.6-r2v, resolution: 720p}", "{provider: animatic}"
    )
    left = outside_of_code(to_markdown(told(folder, board, after)))
    assert [] == [sign for sign in "<@`\u202e" if sign in left], left


def test_no_control_character_reaches_a_terminal(folder: Path) -> None:
    text = to_text(told(folder, BOARD, hostile_board("x\u202ey\u200bz")), Paint(False))
    assert {"\n"} == {char for char in text if not char.isprintable()}
