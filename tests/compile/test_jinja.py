"""Whole templates: what they give, what is wrong with them and where, whom they mention."""

from __future__ import annotations

import jinja2
import pytest
from templating import RIGHT, WRONG, scope

from r2v_pipeline.compile.jinja import whole as jinja
from r2v_pipeline.compile.jinja.env import Environment
from r2v_pipeline.compile.jinja.render import Renderer, Request, tags
from r2v_pipeline.compile.jinja.whole import Placed, expand_file, expand_template, line_range
from r2v_pipeline.compile.prints import FILTERS, expand_prints
from r2v_pipeline.compile.scope import Trouble
from r2v_pipeline.errors import EnvironmentTrouble


def no_name(_name):
    """Nothing has this name: no file, no cast member."""


def whole(text: str, file: str = "a file is never taken apart"):
    """A text rendered here, in one piece."""
    made, _ = scope()
    renderer = Renderer(no_name)
    renderer.board(dict(made.roots), {id: member.fields for id, member in made.members.items()})
    return renderer.render(Request(text, {}, dict(made.names), file))


@pytest.mark.parametrize("text", RIGHT)
def test_a_text_without_its_prose_gives_what_the_whole_gives(text):
    apart, together = whole(text, ""), whole(text)
    assert together.failure is None
    assert together == apart


@pytest.mark.parametrize("text", WRONG)
def test_a_text_without_its_prose_is_wrong_at_the_same_line(text):
    apart, together = whole(text, ""), whole(text)
    assert together.failure is not None
    assert apart.failure is not None
    assert together.failure._replace(name="") == apart.failure
    assert together.mentions == apart.mentions


@pytest.mark.parametrize("text", [*RIGHT, *WRONG])
def test_another_process_gives_what_this_one_gives(text, monkeypatch):
    """Texts, mentions and troubles; the second time from this process, as on a system without another."""
    there = _expanded(text)
    monkeypatch.setattr(jinja, "_renderer", _here())
    assert _expanded(text) == there


def _here():
    renderer = jinja._Renderer()
    renderer.here = renderer._in_this_process()
    return renderer


def _expanded(text):
    made, told = scope()
    return expand_template(text, made), told


@pytest.mark.parametrize("text", RIGHT)
def test_what_is_printed_without_jinja_is_what_jinja_prints(text):
    made, told = scope()
    printed = expand_prints(text, made)
    if "{%" in text or "{#" in text or "-" in text:
        assert printed is None
    if printed is not None:
        answer = whole(text)
        assert answer.text == printed.replace("\r\n", "\n").removesuffix("\n")
        assert answer.mentions == list(dict.fromkeys(told))


def test_the_filters_of_both_are_the_same():
    """For words that are hard to write large or small."""
    words = ["straße", "ŉ", "ǆ", "İstanbul", "o'neill-smith (junior)", "  x  ", "ΑΣ", "don't", "a\tb", "\u00a0y\u00a0"]
    environment = Environment(jinja2.DictLoader({}), no_name)
    for name, own in FILTERS.items():
        for word in words:
            assert environment.from_string("{{ w|" + name + " }}").render(w=word) == own(word)


@pytest.mark.parametrize(
    ("text", "code", "shown"),
    [
        ("{{ nobody|upper }}", "R2V401", "nobody"),
        ("one\n\n  {{ mia.shoe|reverse }}", "R2V401", "shoe"),
        ("one\ntwo {% if %}", "R2V402", "two {% if %}"),
        ("a\nb\n{{ n|nosuchfilter }}\n", "R2V402", "{{ n|nosuchfilter }}"),
        ("a\u2028b\n{{ 1 / 0 }}", "R2V402", "{{ 1 / 0 }}"),
    ],
)
def test_the_place_of_a_mistake(text, code, shown):
    made, _ = scope()
    _, trouble = expand_template(text, made)
    assert trouble is not None
    assert (code, shown) == (trouble.code, text[trouble.start : trouble.end])


def test_candidates_are_named():
    made, _ = scope()
    _, trouble = expand_template("{{ seson|reverse }}", made)
    assert trouble is not None
    assert "did you mean 'season'?" == trouble.help


def test_files_include_each_other_and_a_mistake_says_in_which():
    files = {"b.j2": "{{ nobody }}\n", "c.j2": "{{ mia }}{% include 'd.j2' %}", "d.j2": "!{{ season }}", "m.j2": MACRO}
    made, told = scope()
    assert ("character1!Christmas", None) == expand_file("a.j2", "{% include 'c.j2' %}", made, files.get)
    assert [("mia", True)] == told
    assert ("<hi>", None) == expand_file("a.j2", "{% import 'm.j2' as m %}{{ m.f('hi') }}", made, files.get)
    assert ("<hi>", None) == expand_file("a.j2", "{% from 'm.j2' import f %}{{ f('hi') }}", made, files.get)
    text, placed = expand_file("a.j2", "x\n{% include 'b.j2' %}", made, files.get)
    assert ("", Placed(Trouble("R2V401", "nothing is called 'nobody' here", 3, 9, _NAMES), "b.j2")) == (text, placed)
    text, placed = expand_file("a.j2", "x\n{% include 'nowhere' %}", made, files.get)
    assert ("", Placed(Trouble("R2V404", "no template is called 'nowhere'", 14, 21, ""), "")) == (text, placed)
    text, placed = expand_file("a.j2", "{% include 'syntax' %}", made, {"syntax": "\n\n{% if %}"}.get)
    assert placed is not None
    assert ("R2V402", 2, "syntax") == (placed.trouble.code, placed.trouble.start, placed.file)


MACRO = "{% macro f(x) %}<{{ x }}>{% endmacro %}"
_NAMES = "in scope here: dark, film, leo, map, mia, n, season, shot, title, xs"


def test_an_import_knows_no_names_of_the_shot():
    """It is read once for all shots: a name of one would be left over in the next."""
    made, told = scope()
    _, placed = expand_file("a.j2", "{% import 'm.j2' as m %}{{ m.x }}", made, {"m.j2": "{% set x = mia ~ '' %}"}.get)
    assert placed is not None
    assert ("R2V401", []) == (placed.trouble.code, told)


def test_a_ring_of_includes_ends():
    made, _ = scope()
    _, placed = expand_file("a.j2", "{% include 'b.j2' %}", made, {"b.j2": "{% include 'b.j2' %}"}.get)
    assert placed is not None
    assert "R2V402" == placed.trouble.code


SLOW = (
    "{% for i in range(1000) %}{% for i in range(1000) %}{% for i in range(1000) %}{% endfor %}{% endfor %}{% endfor %}"
)


def test_what_takes_too_long_is_told_once():
    """Then the storyboard is refused: what else is slow in it is not waited for."""
    made, _ = scope()
    _, trouble = expand_template(SLOW, made)
    assert ("template: takes longer than 0.5 s", 0) == (trouble and trouble.message, trouble and trouble.start)
    for number in range(20):
        assert ("", None) == expand_template(SLOW + str(number), made)
    other, _ = scope()
    assert ("CHRISTMAS", None) == expand_template("{% if 1 %}{{ season|upper }}{% endif %}", other)


def test_many_slow_templates_have_a_limit_together(monkeypatch):
    monkeypatch.setattr(jinja, "FIRST", 0.05)
    made, _ = scope()
    told = []
    for number in range(30):
        _, trouble = expand_template(
            f"{{% for i in range(1000) %}}{{% for i in range(100) %}}{number}{{% endfor %}}{{% endfor %}}", made
        )
        told += [trouble.message] if trouble else []
    assert 1 == len(told)
    assert "too long together" in told[0]


def test_a_text_that_was_fine_is_never_left_out(monkeypatch):
    """The second time it is rendered with the model's names; a text that is cut off then would be paid for."""
    made, _ = scope()
    text = "{% if 1 %}{{ mia }}{% for i in range(1000) %}{% for i in range(999) %}{% endfor %}{% endfor %}{% endif %}"
    assert ("character1", None) == expand_template(text, made)
    monkeypatch.setattr(jinja, "MOST", 0.0001)
    with pytest.raises(EnvironmentTrouble):
        expand_template(text, made._replace(names={"mia": "another", "leo": ""}))


def test_a_template_is_rendered_once_for_the_same_words(monkeypatch):
    made, told = scope()
    first = expand_template("{% if 1 %}{{ mia }}{% endif %}", made)
    monkeypatch.setattr(jinja, "_renderer", None)
    assert first == expand_template("{% if 1 %}{{ mia }}{% endif %}", made)
    assert [("mia", True)] * 2 == told


@pytest.mark.parametrize(
    "text",
    [
        "{{ range }}",
        "{{ map.items }}",
        "{{ [mia] }}",
        "{{ loop }}",
        "{{ xs|map('upper') }}",
        "{{ self }}",
        "{{ map.items ~ range }}",
    ],
)
def test_nothing_prints_where_it_lies_in_memory(text):
    made, _ = scope()
    result, _ = expand_template(text, made)
    assert "0x" not in result


def test_tags():
    assert ("{{ r2v_prose_0\n }}{% if a %}{{ r2v_prose_1 }}{% endif %}", ["x\n", "y"]) == tags(
        "x\n{% if a %}y{% endif %}"
    )
    for text in (
        "{%- if a %}y{% endif %}",
        "{{ '}}' }}",
        "{# #}x",
        "{{ a",
        "{{ {'a': 1}['a'] }}",
        "{% raw %}x{% endraw %}",
    ):
        assert (text, []) == tags(text)


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [("", 1, (0, 1)), ("  ab  ", 1, (2, 4)), ("a\r\nb\rc\n", 3, (5, 6)), ("a", 9, (0, 1)), ("a\u2028b", 1, (0, 3))],
)
def test_line_range(text, line, expected):
    assert expected == line_range(text, line)
