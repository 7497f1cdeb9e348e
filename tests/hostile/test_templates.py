"""Rows 51 to 62: templates."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from ground import HEAD, cast, row, text

ESCAPES = [
    "{{ ''.__class__.__mro__ }}",
    "{{ lipsum.__globals__ }}",
    "{{ cycler.__init__.__globals__ }}",
    "{{ joiner }}",
    "{{ x|attr('__class__') }}",
    "{{ ''|attr('__class__') }}",
    "{{ '{0.__class__}'.format(x) }}",
    "{{ '{0.__class__}'.format_map({}) }}",
    "{% set f = 'x'.format %}{{ f(1) }}",
    "{{ 'x'['__class__'] }}",
    "{{ range.__call__ }}",
    "{{ namespace.__init__ }}",
    "{{ self.__class__ }}",
    "{{ self._TemplateReference__context }}",
    "{{ film.__class__ }}",
    "{{ mia.__class__ }}",
    "{{ mia._scope }}",
    "{{ mia._fields }}",
    "{{ mia['_note'] }}",
    "{{ film.items.__self__ }}",
    "{{ [].append }}",
    "{% set x = [].append(1) %}",
    "{{ film.update({}) }}",
    "{{ film.pop('title') }}",
    "{% set ns = namespace() %}{{ ns.__init__ }}",
    "{% macro m() %}{% endmacro %}{{ m._func }}",
    "{% macro m() %}{% endmacro %}{{ m.__call__ }}",
    "{% for x in [1] %}{{ loop.__init__ }}{% endfor %}",
    "{% for x in [1] %}{{ loop._iterable }}{% endfor %}",
    "{{ 'a'|map(attribute='__class__')|list|join }}",
    "{{ [film]|map(attribute='__class__')|join }}",
    "{{ [film]|selectattr('__class__')|list|join }}",
    "{{ [film]|sum(attribute='__class__') }}",
    "{{ ['a']|map('attr', '__class__')|join }}",
    "{{ ['a']|map('format', 1)|join }}",
    "{{ '%c' % 65 }}",
    "{{ 'x'|format }}",
    "{{ film|tojson }}",
    "{{ film|pprint }}",
    "{{ 'x'|safe }}",
    "{{ [1]|random }}",
    "{{ dict(a=1) }}",
    "{{ config }}",
    "{{ request }}",
    "{{ __import__('os') }}",
    "{{ open('/etc/passwd') }}",
    "{% import 'os' as os %}",
    "{% extends 'x' %}",
    "{% include '/etc/passwd' %}",
    "{% do 1 %}",
    "{% debug %}",
    "{% trans %}x{% endtrans %}",
    "{% break %}",
    "{{ caller() }}",
    "{{ super() }}",
    "{{ varargs }}",
]


@row(51)
@pytest.mark.parametrize("template", ESCAPES)
def test_nothing_of_python_is_reached(ground, template):
    answer = ground.check(board(template))
    assert 1 == answer.rc
    assert set(answer.codes) <= {"R2V401", "R2V402"}
    assert not any(word in answer.out for word in ("<class", "<function", "<bound", "0x7f", "root:"))


def board(template: str) -> str:
    """A storyboard with one member, and this text."""
    return cast("mia: {look: red hair}", prompt="{{ mia }}").replace("'{{ mia }}'", json.dumps("{{ mia }} " + template))


@row(52)
def test_a_template_gets_plain_data_only():
    """Whatever is handed over has been marshalled, which takes no object of a class."""
    from r2v_pipeline.compile.jinja import frames

    here, there = os.pipe()
    try:
        with pytest.raises(ValueError, match="unmarshallable"):
            frames.send(there, {"client": object()})
    finally:
        os.close(here)
        os.close(there)


@row(52)
@pytest.mark.parametrize(
    "name", ["root", "path", "span", "files", "disk", "cast", "storyboard", "vars", "defaults", "meta"]
)
def test_what_texts_know_is_written_down(ground, name):
    """docs/language-notes.md lists the names; nothing else is there."""
    assert ["R2V401"] == ground.check(text("{% if 1 %}{{ " + name + " }}{% endif %}")).codes


@row(53)
@pytest.mark.parametrize(
    "template", ["{% for i in range(10**9) %}x{% endfor %}", "{{ range(1001)|join }}", "{{ range(-10**9, 0)|length }}"]
)
def test_long_ranges(ground, template):
    assert "a range of more than 1000 steps" in ground.refused(text(template), "R2V402").out


NESTED = "{% for i in range(999) %}" * 4 + "{% endfor %}" * 4


def grown(begin: str, step: str, loops: str = "") -> str:
    """A name that becomes something longer again and again."""
    again = loops or "{% for i in range(99) %}{% endfor %}"
    return f"{{% set n = namespace(x={begin}) %}}" + again.replace("%}{% end", f"%}}{{% set n.x = {step} %}}{{% end", 1)


LONG = {
    "nested loops": NESTED,
    "nested loops that write": NESTED.replace("%}{% end", "%}x{% end", 1),
    "a name that grows": grown("'ab'", "n.x ~ n.x", NESTED),
    "a list that grows": grown("[1]", "n.x + n.x", NESTED),
    "a power within a filter": "{{ 7.5|round(10**9, 'ceil') }}",
    "a slice": "{{ [1]|slice(10**9)|list|length }}",
    "a batch": "{{ [1]|batch(10**9, 'x')|list|length }}",
    "a replacement": grown("'aaaaaaaa'", "n.x|replace('a', n.x)"),
    "a join": grown("'ab'", "[n.x] * 99 | join(n.x)"),
    "a recursive macro": "{% macro f(n) %}{{ f(n) }}{{ f(n) }}{% endmacro %}{{ f(1) }}",
    "a recursive loop": "{% for x in [[[]]] recursive %}{{ loop([[x]]) }}{% endfor %}",
    "sorting in loops": NESTED.replace("%}{% end", "%}{{ range(999)|sort|length }}{% end", 1),
}  # fmt: skip


@row(54, 55)
@pytest.mark.parametrize("kind", LONG)
def test_what_runs_long_or_grows(ground, kind):
    """The whole command, in the time and memory of any other answer; the process that renders is counted."""
    ground.write("s.yaml", text(LONG[kind]))
    answer = ground.limited("check", "s.yaml", "--format", "json")
    assert (1, ["R2V402"]) == (answer.rc, answer.codes), answer.out


@row(55)
@pytest.mark.parametrize(
    "template",
    ["{{ 'a' * 10**9 }}", "{{ 10**9 * 'a' }}", "{{ [1] * 10**9 }}", "{{ '{:>1000000000}'.format(1) }}",
     "{{ '%1000000000d' % 1 }}", "{{ 'a'|center(10**9) }}", "{{ 'a'|indent(10**9) }}", "{{ lipsum(n=100000) }}",
     "{{ 'a'|wordwrap(1) }}", "{{ 2 ** 65 }}", "{% set a = 'x' * 600000 %}{{ a }}{{ a }}",
     "{% set a = 'x' * 600000 %}{% set b = a + a %}"],
)  # fmt: skip
def test_what_grows_in_one_step(ground, template):
    answer = ground.check(text(template))
    assert (1, True) == (answer.rc, set(answer.codes) <= {"R2V401", "R2V402"})


@row(56)
@pytest.mark.parametrize(
    "template", ["{{ 10**(10**8) }}", "{{ 2**64**64 }}", "{{ 10**-(10**8) }}", "{{ (9**64)**64 }}"]
)
def test_powers(ground, template):
    """No alarm interrupts one of these: it is refused before it begins."""
    ground.refused(text(template), "R2V402")


@row(56)
def test_squares(ground):
    squares = "{% set n = namespace(x=7) %}{% for i in range(60) %}{% set n.x = n.x * n.x %}{% endfor %}{{ n.x }}"
    assert "the number is too large" in ground.refused(text(squares), "R2V402").out


DEEP = {
    "parentheses": "{{ " + "(" * 500 + "1" + ")" * 500 + " }}",
    "brackets": "{{ " + "[" * 3000 + "]" * 3000 + " }}",
    "filters": "{{ 'a'" + "|upper|lower" * 3000 + "|default(1) }}",
    "additions": "{{ 1" + " + 1" * 5000 + " }}",
    "nots": "{{ " + "not " * 5000 + "1 }}",
    "ifs": "{% if 1 %}" * 200 + "x" + "{% endif %}" * 200,
    "loops": "{% for x in [1] %}" * 60 + "x" + "{% endfor %}" * 60,
    "attributes": "{{ film" + ".a" * 5000 + "|lower|default(1) }}",
    "a ring of macros": "{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() }}",
}


@row(57, 58)
@pytest.mark.parametrize("kind", DEEP)
def test_what_is_deep(ground, kind):
    answer = ground.check(text(DEEP[kind]))
    assert (1, True) == (answer.rc, set(answer.codes) <= {"R2V401", "R2V402"})


@row(57)
def test_a_template_that_includes_itself(ground):
    ground.write("templates/t.j2", "{% include 't.j2' %}")
    ground.refused(HEAD + "shots:\n  - {id: a, prompt: b, duration: 5s, template: t.j2}\n", "R2V402")


@row(57)
def test_templates_that_extend_each_other(ground):
    ground.write("templates/a.j2", "{% extends 'b.j2' %}")
    ground.write("templates/b.j2", "{% extends 'a.j2' %}")
    ground.refused(HEAD + "shots:\n  - {id: a, prompt: b, duration: 5s, template: a.j2}\n", "R2V402")


@row(59)
def test_two_runs_give_the_same_bytes(ground):
    """Under other hash seeds, from two processes each: nothing prints an address, nothing is in the order of a set."""
    ground.write(
        "templates/t.j2",
        "{% for k in film %}{{ k }}{% endfor %}{{ shot.tags|unique|join }}{{ film|dictsort|length }}{{ shot.intro }}",
    )
    intro = "{% for x in ['c', 'a', 'b', 'a']|unique %}{{ x }}{% endfor %}"
    shot = f'{{id: a, intro: "{intro}", prompt: b, duration: 5s, template: t.j2, tags: [z, y, x]}}'
    ground.write("s.yaml", f"{HEAD}shots:\n  - {shot}\n")
    said = set()
    for seed in ("0", "1", "2"):
        environment = {**ground.environment, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-m", "r2v_pipeline", "compile", "s.yaml", "--format", "json"]
        done = subprocess.run(command, cwd=ground.root, env=environment, capture_output=True, check=True, timeout=60)
        said.add(done.stdout)
    assert 1 == len(said)


@row(59)
@pytest.mark.parametrize(
    "template",
    ["{{ range }}", "{{ film.items }}", "{{ [1]|random }}", "{{ lipsum() }}", "{{ now() }}", "{{ [1]|map('upper') }}"],
)
def test_what_changes_from_run_to_run_is_no_text(ground, template):
    assert 1 == ground.check(text(template)).rc


@row(60)
@pytest.mark.parametrize(
    "name",
    [
        "../outside.j2",
        "/etc/hostname",
        "..\\outside.j2",
        "a/../../outside.j2",
        "%2e%2e/outside.j2",
        "..%2foutside.j2",
        "~/x",
        "x\\0y",
        ".env",
    ],
)
def test_names_of_templates(ground, name):
    ground.write("outside.j2", "outside")
    ground.write("templates/.env", "outside")
    ground.write("templates/t.j2", "{% include '" + name + "' %}")
    answer = ground.refused(HEAD + "shots:\n  - {id: a, prompt: b, duration: 5s, template: t.j2}\n", "R2V404")
    assert "is called" in answer.out


@row(61)
def test_undefined_names_have_their_line(ground):
    ground.write("templates/t.j2", "{{ shot.prompt }}\n\n  {{ nobody }}\n")
    answer = ground.check(HEAD + "shots:\n  - {id: a, prompt: b, duration: 5s, template: t.j2}\n")
    assert [("R2V401", 3)] == answer.found
    assert [("R2V401", 4)] == ground.check(text("{% if 1 %}{{ nobody }}{% endif %}")).found


@row(62)
@pytest.mark.parametrize("value", ["x\nshots: []", "a: b", "'\"}]", "- x", "{{ nobody }}", "{% raw %}", "&a *a"])
def test_no_value_becomes_yaml_or_a_template(ground, value):
    """What a variable holds is put in after everything has been read, and is not read again."""
    ground.write(
        "s.yaml",
        HEAD + f"vars: {{v: {json.dumps(value)}}}\nshots:\n  - {{id: a, prompt: 'Says {{{{ v }}}}.', duration: 5s}}\n",
    )
    if "{" not in value:  # a var of the file is a text of its author's, and may be a template itself
        answer = ground.run("compile", "s.yaml", "--format", "json")
        assert "Says " + " ".join(value.split()) + "." == json.loads(answer.out)["jobs"][0]["prompt"]
    ground.write("s.yaml", HEAD + "vars: {v: x}\nshots:\n  - {id: a, prompt: 'Says {{ v }}.', duration: 5s}\n")
    answer = ground.run("compile", "s.yaml", "--format", "json", "--var", f"v={value}")
    assert "Says " + " ".join(value.split()) + "." == json.loads(answer.out)["jobs"][0]["prompt"]


@row(54)
def test_ten_thousand_slow_templates(ground):
    """Each alone would pass; together they are stopped, and that is said once."""
    loops = "{%% for i in range(900) %%}{%% for j in range(40) %%}{%% endfor %%}{%% endfor %%}%d"
    lines = (f"  - {{id: s{n}, prompt: '{loops % n}', duration: 5s}}\n" for n in range(10_000))
    ground.write("s.yaml", HEAD + "shots:\n" + "".join(lines))
    answer = ground.limited("check", "s.yaml", "--format", "json", seconds=6)
    assert ["R2V402"] == answer.codes


@row(54)
def test_ten_thousand_endless_templates(ground):
    lines = (f"  - {{id: s{n}, prompt: '{NESTED}{n}', duration: 5s}}\n" for n in range(10_000))
    ground.write("s.yaml", HEAD + "shots:\n" + "".join(lines))
    answer = ground.limited("check", "s.yaml", "--format", "json", seconds=6)
    assert ["R2V402"] == answer.codes


@row(58)
def test_a_shot_of_a_thousand_texts(ground):
    segments = "".join(f"      - {{for: 1s, action: '{{% if 1 %}}a{{% endif %}}{n}'}}\n" for n in range(1000))
    ground.write("s.yaml", HEAD + "shots:\n  - id: a\n    segments:\n" + segments)
    assert 0 == ground.limited("check", "s.yaml").rc
