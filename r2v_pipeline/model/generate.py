"""Writes verdict.py from the JSON Schema: `python -m r2v_pipeline.model.generate`.

Importing jsonschema costs more than a whole small `r2v check`, and it validates some 1,600 shots a second.  Generated
code that only says yes or no is a hundred times faster, needs no import, and leaves the wording to jsonschema's errors,
which are asked for only when the answer is no.  The writer refuses any keyword that it does not know, so the schema
cannot grow a rule that the verdict silently leaves out.
"""

from __future__ import annotations

import json
import os
import textwrap
from collections.abc import Iterator
from typing import Any

from r2v_pipeline.model.schema_file import schema

PRIVATE = "^x-"
# Definitions that offer words and forbid none: lists of names for editors, which change with every release.
OFFER = "known_"
NOTES = {"$schema", "$comment", "definitions", "title", "description", "examples", "errorMessage", "defaultSnippets"}
NOTES |= {"x-form", "x-keys", "x-default"}
KINDS = {
    "string": "isinstance(v, str)",
    "number": "(type(v) is int or type(v) is float)",
    "integer": "type(v) is int",
    "boolean": "(v is True or v is False)",
    "array": "isinstance(v, list)",
    "object": "isinstance(v, dict)",
}
# Which keywords speak about which kind of value; to a value of another kind they say nothing.
RULES = {
    "string": {"enum", "pattern", "minLength"},
    "number": {"minimum", "exclusiveMinimum", "maximum"},
    "integer": {"enum", "minimum", "maximum"},
    "array": {"minItems", "items"},
    "object": {"required", "minProperties", "maxProperties", "properties", "patternProperties", "additionalProperties"},
}
KNOWN = NOTES.union(*RULES.values(), {"type", "$ref", "if", "then", "else", "anyOf"})

HEAD = '''"""Yes or no: whether data has the form that the JSON Schema asks for.

Generated from the schema by `python -m r2v_pipeline.model.generate`: change the schema, never this.
"""

# fmt: off
# ruff: noqa
from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

Judge = Callable[[Any], bool]


class _Matchers(dict[int, Any]):
    """Patterns by number, each compiled when first asked for.  All are anchored in front, so `match` is `search`."""

    def __missing__(self, number: int) -> Any:
        self[number] = matcher = re.compile(_PATTERNS[number]).match
        return matcher


_match = _Matchers()


def _text(v: Any) -> bool:
    return isinstance(v, str)


def _closed(v: dict[str, Any], judge_of: Callable[[str], Judge | None]) -> bool:
    """Every key of a map is known and its value right, or is private."""
    for k, x in v.items():
        judge = judge_of(k)
        if judge is _text:  # most are any text: no call for them
            if x.__class__ is not str:
                return False
        elif not (judge(x) if judge else k[:2] == "x-"):
            return False
    return True


def _named(v: dict[str, Any], pattern: int, judge: Judge) -> bool:
    """Every key of a map has the form of a name and its value is right, or is private."""
    match = _match[pattern]
    for k, x in v.items():
        if not (judge(x) if match(k) else k[:2] == "x-"):
            return False
    return True
'''


class Writer:
    """Each schema becomes a Python expression over `v`; a map with known keys becomes a loop of its own."""

    def __init__(self, root: dict[str, Any]) -> None:
        self.definitions: dict[str, Any] = {**root["definitions"], "storyboard": root}
        self.names: dict[str, str] = {}
        self.blocks: list[str] = []
        self.tables = 0
        self.patterns: list[str] = []

    def write(self) -> str:
        names = sorted(name for name in self.definitions if not name.startswith(OFFER))
        valid = table("VALID", {name: self.function({"$ref": name}) for name in names})
        patterns = "".join(f"    {pattern!r},\n" for pattern in self.patterns)
        tail = f"_PATTERNS = (\n{patterns})\n\n# By definition of the schema; `storyboard` is the whole.\n{valid}"
        return "\n".join([HEAD, *self.blocks, tail])

    def function(self, part: dict[str, Any]) -> str:
        """The name of the function that judges a schema; equal schemas share one."""
        name = ""
        while "$ref" in part:
            name = part["$ref"].rpartition("/")[2]
            part = self.definitions[name]
        if "anyOf" in part and not any(only_offers(way, part) for way in part["anyOf"]):
            raise ValueError("the verdict knows anyOf only as an offer of words beside any value of the type")
        key = json.dumps({k: v for k, v in part.items() if k not in NOTES | {"anyOf"}}, sort_keys=True) + name
        if key not in self.names:
            made = self.names[key] = f"_{name or len(self.names)}"
            expression = self.expression(part)
            if expression == KINDS["string"]:
                self.names[key] = "_text"
            else:
                self.blocks.append(f"def {made}(v: Any) -> bool:\n    return {expression}\n")
        return self.names[key]

    def expression(self, part: dict[str, Any], known: str = "") -> str:
        """True when `v` satisfies the schema.  `known`: the kind that `v` certainly has, where a test went before."""
        if "$ref" in part:
            return f"{self.function(part)}(v)"
        if unknown := set(part) - KNOWN:
            raise ValueError(f"the verdict does not know {sorted(unknown)}")
        kinds = [part["type"]] if isinstance(part.get("type"), str) else part.get("type", [known] if known else [])
        rules = {kind: " and ".join(self.rules(kind, part)) for kind in kinds or RULES}
        tests = []
        if len(kinds) == 1:
            tests = [test for test in ("" if kinds == [known] else KINDS[kinds[0]], rules[kinds[0]]) if test]
        elif any(rules.values()):
            ways = "".join(f"{test or 'True'} if {KINDS[kind]} else " for kind, test in rules.items() if test or kinds)
            tests = [f"({ways}{not kinds})"]
        elif kinds:
            tests = [f"({' or '.join(KINDS[kind] for kind in kinds)})"]
        if "if" in part:
            only = kinds[0] if len(kinds) == 1 else ""
            when, then, other = (self.expression(part.get(key, {}), only) for key in ("if", "then", "else"))
            tests.append(f"({then} if {when} else {other})")
        return " and ".join(tests) or "True"

    def rules(self, kind: str, part: dict[str, Any]) -> Iterator[str]:
        for rule in sorted(RULES.get(kind, set()) & set(part)):
            yield from self.rule(rule, part)

    def rule(self, rule: str, part: dict[str, Any]) -> Iterator[str]:
        """What one keyword asks of a value of its kind."""
        value = part[rule]
        if rule == "enum":
            yield f"v in ({', '.join(json.dumps(item) for item in value)},)"
        elif rule == "pattern":
            yield f"_match[{self.pattern(value)}](v) is not None"
        elif rule in ("minLength", "minItems", "minProperties"):
            yield f"len(v) >= {value}"
        elif rule == "maxProperties":
            yield f"len(v) <= {value}"
        elif rule in ("minimum", "exclusiveMinimum", "maximum"):
            yield f"v {'<=' if rule == 'maximum' else '>' if rule == 'exclusiveMinimum' else '>='} {value}"
        elif rule == "required":
            yield from (f'"{key}" in v' for key in value)
        elif rule == "items" and isinstance(value, list):
            yield f"(not v or {self.function(value[0])}(v[0]))"
        elif rule == "items":
            yield f"all(map({self.function(value)}, v))"
        elif rule == "additionalProperties":
            yield f"all(map({self.function(value)}, v.values()))" if value else self.closed(part)
        elif rule == "properties" and part.get("additionalProperties") is not False:
            yield from (self.entry(key, item) for key, item in value.items())

    def entry(self, key: str, item: dict[str, Any] | bool) -> str:
        """A key that is only spoken of, in a branch: absent, or right."""
        if isinstance(item, bool):
            return "True" if item else f'"{key}" not in v'
        return f'("{key}" not in v or {self.function(item)}(v["{key}"]))'

    def closed(self, part: dict[str, Any]) -> str:
        """A map that takes no other keys than those written down; each has either known keys or names of one form."""
        for pattern, item in part["patternProperties"].items():
            if pattern != PRIVATE:
                return f"_named(v, {self.pattern(pattern)}, {self.function(item)})"
        name = f"_keys_{self.tables}"
        self.tables += 1
        self.blocks.append(table(name, {key: self.function(item) for key, item in part["properties"].items()}))
        return f"_closed(v, {name}.get)"

    def pattern(self, text: str) -> int:
        if text not in self.patterns:
            self.patterns.append(text)
        return self.patterns.index(text)


def only_offers(way: dict[str, Any], part: dict[str, Any]) -> bool:
    """Whether one way of an `anyOf` asks for nothing but the type that is asked for anyway, so that any value passes.

    Such a union is there for editors: its other ways offer words.
    """
    return not set(way) - NOTES - {"type"} and way.get("type") == part.get("type")


def table(name: str, judges: dict[str, str]) -> str:
    """The text of a mapping from keys to the functions that judge their values."""
    rows = textwrap.wrap(", ".join(f'"{key}":\xa0{judge}' for key, judge in judges.items()), 110)
    return f"{name}: dict[str, Judge] = {{\n" + "".join(f"    {row}\n" for row in rows).replace("\xa0", " ") + "}\n"


def verdict_text() -> str:
    """The text of verdict.py for the schema as it stands."""
    return Writer(schema()).write()


def verdict_path() -> str:
    """Where the package keeps it."""
    return os.path.join(os.path.dirname(os.path.abspath(__file__)), "verdict.py")


if __name__ == "__main__":
    with open(verdict_path(), "w", encoding="utf-8", newline="\n") as file:
        file.write(verdict_text())
