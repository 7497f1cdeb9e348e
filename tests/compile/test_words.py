"""`vars`, the title, names and looks are texts: their templates are expanded, and their mistakes told."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from r2v_pipeline.cli.stages.front import Front, Options, compiled, read
from r2v_pipeline.compile.jinja import whole


def board(folder: Path, text: str, **variables: str) -> Front:
    """A storyboard as a command reads it, with one shot that says `text`'s words."""
    (folder / "more.yaml").write_text("vars: {place: the coast, season: Spring}\n", encoding="utf-8")
    (folder / "s.yaml").write_text("r2v: 1\n" + dedent(text), encoding="utf-8")
    return read(str(folder / "s.yaml"), Options(variables=tuple(variables.items())))


def said(front: Front) -> str:
    assert front.expanded is not None, front.diagnostics
    compilation, found = compiled(front)
    assert compilation is not None, found
    prompt = compilation.jobs[0].prompt
    assert prompt is not None
    return prompt.text


WINTER = """
title: "{{ season }} film"
include: more.yaml
vars: {season: Winter, mood: "{{ season }} at {{ place }}", list: ["{{ mood | lower }}"], map: {a: "{{ season }}!"}}
cast:
  mia: {name: "{{ season }} Mia", look: "a {{ season | lower }} coat"}
shots:
  - {id: a, prompt: "{{ mia }}, {{ mia.look }}, {{ mood }}, {{ list[0] }}, {{ map.a }}, {{ film.title }}", duration: 2s}
"""


def test_words_with_templates(tmp_path: Path) -> None:
    expected = "Winter Mia, a winter coat, Winter at the coast, winter at the coast, Winter!, Winter film."
    assert expected == said(board(tmp_path, WINTER))


def test_a_value_of_the_command_line_reaches_them_and_is_no_template(tmp_path: Path) -> None:
    front = board(tmp_path, WINTER, season="{{ x }}")
    assert said(front).startswith("{{ x }} Mia, a {{ x }} coat, {{ x }} at the coast")


@pytest.mark.parametrize(
    ("line", "message", "at"),
    [
        ('vars: {a: "{{ b }}", b: x}', "nothing is called 'b' here", 15),
        ('vars: {a: ["{{ a }}"]}', "nothing is called 'a' here", 16),
        ('vars: {a: {b: "{{ 1 / 0 }}"}}', "template: division by zero", 16),
        ('cast: {mia: {look: "{{ leo }}"}, leo: {}}', "nothing is called 'leo' here", 24),
        ('cast: {mia: {name: "{{ film.title }}"}}', "nothing is called 'film' here", 24),
    ],
)
def test_a_mistake_in_them_has_its_place(tmp_path: Path, line: str, message: str, at: int) -> None:
    front = board(tmp_path, f"title: T\n{line}\nshots: [{{id: a, prompt: x, duration: 2s}}]\n")
    errors = [d for d in front.diagnostics if d.severity == "error"]
    assert [(message, "s.yaml", 3)] == [(d.message, d.span.file.rpartition("/")[2], d.span.line) for d in errors]
    assert [at] == [d.span.column for d in errors]


def test_plain_words_are_left_as_they_are(tmp_path: Path) -> None:
    shots = 'shots: [{id: a, prompt: "{{ a }} {{ film.title }}", duration: 2s}]'
    front = board(tmp_path, f'title: "{{T}}"\nvars: {{a: "{{b}}"}}\n{shots}\n')
    assert "{b} {T}." == said(front)


@pytest.mark.parametrize(("haste", "named"), [(False, ["one", "two"]), (True, ["one"])])
def test_where_time_is_short_only_the_first_wrong_name_is_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, haste: bool, named: list[str]
) -> None:
    """Else the storyboard would be told that its templates are slow, which only looking on made them."""
    monkeypatch.setattr(whole, "in_haste", lambda: haste)
    title = 'title: "{{ one | reverse }} and {{ two | reverse }}"'
    front = board(tmp_path, f"{title}\nshots: [{{id: a, prompt: x, duration: 2s}}]\n")
    told = [d.message for d in front.diagnostics if d.code == "R2V401"]
    assert [f"nothing is called '{name}' here" for name in named] == told
