"""A scope to render templates in, and the templates that the tests of rendering share."""

from __future__ import annotations

from typing import Any

from r2v_pipeline.compile.scope import Scope
from r2v_pipeline.diagnostics import SourceText, Span
from r2v_pipeline.model.types import Member

PLACE = Span(SourceText("cast.yaml", ""), 0, 0)


def member(id: str, **fields: Any) -> Member:
    """A cast member with these fields and nothing else."""
    return Member(
        id, "person", "image", None, None, None, fields.get("name", ""), fields.get("look", ""), fields, PLACE
    )


def scope(**more: Any) -> tuple[Scope, list[tuple[str, bool]]]:
    """A scope of two members and some values, and the mentions that expanding in it makes."""
    told: list[tuple[str, bool]] = []
    cast = {"mia": member("mia", look="red hair", name="Mia W."), "leo": member("leo", look="a coat")}
    roots = {
        "season": "Christmas",
        "title": "the old HOUSE (and-garden)",
        "n": 3,
        "dark": True,
        "xs": ["b", "a", "b"],
        "map": {"k": "v", "z": 1},
        "shot": {"id": "s01", "tags": ["night"], "duration": 5, "take": 1, "meta": {}},
        "film": {"title": "Film", "language": "en", "fps": 30, "meta": {}},
        **more,
    }
    names = {"mia": "character1", "leo": "the man"}
    return Scope(roots, cast, names, lambda id, bare: told.append((id, bare))), told


RIGHT = (
    "plain",
    "",
    "{{ mia|upper }} and {{ Mia | title }}, {{ mia.look|capitalize }}",
    "{{ season|lower|upper }}{{ season }}\n",
    "  {{ n | string }} {{ dark|lower }} {{ title|title }} ",
    "a\r\nb {{ n|string }}\r\n",
    "{% if n > 2 %}{{ Mia }} walks{% else %}sits{% endif %} past the {{ season }} tree",
    "{% for x in xs %}{{ loop.index }}{{ x }}{% if not loop.last %}, {% endif %}{% endfor %}",
    "{%- if dark -%} dark {%- endif %} night",
    "  {{- n -}}  x",
    "{# a note #}{{ n|string }}",
    "{% raw %}{{ n }}{% endraw %}",
    "{% set a = n * 2 %}{{ a + 1 }} {{ a % 4 }} {{ a // 4 }} {{ 2 ** 5 }}",
    "{% set a %}some {{ season }} text{% endset %}{{ a|upper }}",
    "{% macro say(who) %}{{ who }} says {{ caller() }}{% endmacro %}{% call say(leo) %}hi{% endcall %}",
    "{% filter upper %}quiet {{ leo }}{% endfilter %}",
    "{% set ns = namespace(t='') %}{% for x in xs %}{% set ns.t = ns.t ~ x %}{% endfor %}{{ ns.t }}",
    "{{ xs|unique|sort|join('-') }} {{ xs|reverse|join }} {{ 'abc'|reverse }} {{ xs|map('upper')|join }}",
    "{{ xs|batch(2)|map('join')|join(' ') }} {{ [1, 2, 3]|slice(2)|map('length')|join }} {{ map|items|length }}",
    "{{ map.k }}{{ map['z'] }}{{ map.get('q', 'none') }}{% for k, v in map.items() %}{{ k }}{% endfor %}",
    "{{ xs[0] }}{{ xs[-1] }}{{ xs[1:]|join }} {{ shot.tags|first }} {{ shot.id }} {{ film.title }}",
    "{{ mia.name }} {{ mia['look'] }} {{ 'night' if 'night' in shot.tags else 'day' }}",
    "{{ none|default('x', true) }}{{ missing_name|default('d') }}{{ missing_name is defined }}",
    "{{ '%' }}}}{{ '}' }}",
    "line one\n{% if dark %}\nline {{ Leo }}\n{% endif %}\nlast",
    "{{ mia ~ ' and ' ~ leo }} {{ [mia, leo]|join(', ') }} {{ Mia|length if false else '' }}",
    "{{ range(3)|join }} {{ range(0, 10, 5)|list|length }} {{ 7.5|round|int }} {{ '12'|int + 1 }}",
    "{{ 'long long text'|truncate(8) }} {{ 'a b c'|wordcount }} {{ 'x'|replace('x', 'y') }}",
    "日本 {% if dark %}{{ season }}、{% endif %}夜",
    "r2v_prose_0 {% if dark %}x{% endif %}",
    "{% block a %}inside {{ n }}{% endblock %}",
    "{% with q = 5 %}{{ q }}{% endwith %}{% set mia = 'somebody else' %}{{ mia }}",
)

WRONG = (
    "{{ nobody|upper }}",
    "one\n\n  {{ mia.shoe|upper }}",
    "one\ntwo {% if %}",
    "{% for %}",
    "{% if dark %}\nx\n{{ nobody }}{% endif %}",
    "x {{ 1 / 0 }}",
    "a\nb\n{{ n|nosuchfilter }}",
    "{{ xs }}",
    "{{ map }}\n",
    "{% for x in range(1001) %}x{% endfor %}",
    "{{ 'a' * 10**9 }}",
    "{{ 'ab' + 3 }}",
    "{{ 2 ** 65 }}",
    "{{ range|upper|lower and xs|map }}",
    "{% include 'x' %}",
    "{% if dark %}",
    "{{ mia|length }}",
    "{{ 'a' % 3 }}",
    "{{",
    "{% set a = [1] %}{{ a.append(2) }}",
    "{{ n() }}",
    "{% for i in 5 %}{% endfor %}",
    "{{ season.upper() }}",
    "{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}",
    "{{ " + "(" * 500 + "1" + ")" * 500 + " }}",
    "{% if dark %}" * 200 + "x" + "{% endif %}" * 200,
    "{{ 'a'" + "|upper" * 5000 + " }}",
)
