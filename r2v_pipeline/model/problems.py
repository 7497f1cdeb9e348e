"""What is wrong with a file's form: jsonschema's errors, their consequences taken out, with their places.

Imported only for a file that the verdict refused, because it imports jsonschema.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import jsonschema
from jsonschema.exceptions import ValidationError

from r2v_pipeline.diagnostics import Diagnostic, Edit, Label, Span, error
from r2v_pipeline.model.guesses import suggestion
from r2v_pipeline.model.habits import settled
from r2v_pipeline.model.mends import Mender, at
from r2v_pipeline.model.schema_file import schema
from r2v_pipeline.model.sharing import agreed
from r2v_pipeline.model.verdict import VALID
from r2v_pipeline.model.wording import Path, Problem, mixes_times, say
from r2v_pipeline.source.nodes import Map, Seq

# Rules that complain about a key and not about its value.
AT_KEY = ("unknown", "name", "not", "maxProperties")

# A required key that another can stand for: the schema asks for the first when it finds none of them.
INSTEAD = {"segments": ("segments", "prompt", "clip"), "for": ("for", "at"), "from": ("from", "image")}


def diagnose(data: Any, schema_name: str) -> list[Diagnostic]:
    """The mistakes of a file as diagnostics, each cause once, in no particular order."""
    made: list[Diagnostic] = []
    problems = find(data, schema_name)
    mender = Mender(data, problems[0].root, validator(problems[0].root)) if problems else None
    for problem in problems:
        code, message, help = say(problem)
        edits: tuple[Edit, ...] = ()
        labels: tuple[Label, ...] = ()
        if problem.rule == "missing":
            span = _map_span(data, problem.path[:-1])
        elif problem.rule in AT_KEY:
            holder, key = at(data, problem.path[:-1]), str(problem.path[-1])
            span = holder.key_span(key)
            if mender and problem.rule == "unknown":
                edits = mender.key(problem.path, problem.part)
            # A rule about keys that exclude each other names them all in quotes.
            beside = [k for k in re.findall(r"'(\w+)'", message) if k in holder and k != key]
            if problem.rule == "not" and beside:
                labels = (Label(holder.key_span(beside[0]), "given here"),)
        else:
            span = _value_span(data, problem.path)
            edits = mender.value(problem.path, problem.value, problem.part) if mender else ()
        made.append(error(code, message, span, help, labels, edits))
    return agreed(made, (data,))


def find(data: Any, schema_name: str) -> list[Problem]:
    """jsonschema's errors without those that only follow from another."""
    found = list(_errors(data, schema_name))
    beside: dict[Path, list[Problem]] = {}
    for problem in found:
        beside.setdefault(problem.path[:-1], []).append(problem)
    shapes = {p.path[:-1] for p in found if p.rule == "maxProperties"}
    clashes = {p.path for p in found if p.rule == "not"}
    kept, told = [], set()
    for problem in found:
        path = problem.path
        if problem.rule == "not":
            cause = _clash(problem, beside)
        elif problem.rule == "missing":
            cause = None if _misspelt(problem, beside[path[:-1]]) else (path, "missing")
        elif problem.rule in AT_KEY:
            cause = (path, "key")
        else:  # the first thing wrong with a value is what is said of it
            cause = None if path in clashes else (path, "value")
        below = problem.rule != "maxProperties" and any(path[:end] in shapes for end in range(len(path) + 1))
        if cause is not None and cause not in told and not below:
            told.add(cause)
            kept.append(problem)
    return kept


def _clash(problem: Problem, beside: dict[Path, list[Problem]]) -> tuple[Path, str] | None:
    """What a key that must not stand here is counted under: one mistake a map, for mixed times one a shot.

    The first segment decides how a shot is timed, so when that one is broken nothing can be said about the others.
    """
    path, message = problem.path, str(problem.part["errorMessage"])
    if not mixes_times(problem):
        return path[:-1], message
    own = [p for p in beside[path[:-1]] if p.path == path and p.part != problem.part]
    broken = [p for p in beside.get((*path[:-2], 0), ()) if p.rule in ("not", "missing")]
    return None if own or broken else (path[:-2], message)


def _misspelt(problem: Problem, beside: list[Problem]) -> bool:
    """Whether a missing key is there, misspelt: the unknown key is told, with the name that it should have."""
    key = str(problem.path[-1])
    wanted = INSTEAD.get(key, (key,)) if "errorMessage" in problem.part else (key,)
    return any(suggestion(str(p.path[-1]), p.part["properties"]) in wanted for p in beside if p.rule == "unknown")


def validator(root: dict[str, Any]) -> Any:
    """jsonschema's validator of our schema, with four changes.

    2.0 is no integer: it has no place in the canonical form that keys are made of.  A part that the verdict finds
    right is not entered, so that one mistake among 10,000 shots costs little more than one in a single shot.  And a key
    that must not stand here (`false` in a branch) is an error of that branch, which has the words for it.  `anyOf` only
    offers words to editors and is never broken.
    """
    base = jsonschema.Draft7Validator
    follow, enter = base.VALIDATORS["$ref"], base.VALIDATORS["properties"]

    def reference(inner: Any, ref: str, value: Any, part: Any) -> Iterable[ValidationError]:
        return () if VALID[ref.rpartition("/")[2]](value) else follow(inner, ref, value, part)

    def properties(inner: Any, items: dict[str, Any], value: Any, part: Any) -> Iterator[ValidationError]:
        yield from enter(inner, {key: item for key, item in items.items() if item is not False}, value, part)
        for key, item in items.items():
            if item is False and inner.is_type(value, "object") and key in value:
                yield ValidationError("", validator="not", path=(key,), instance=value[key], schema=part)

    types = base.TYPE_CHECKER.redefine("integer", lambda _, value: type(value) is int)
    extend: Any = jsonschema.validators.extend
    changed = {"$ref": reference, "properties": properties, "anyOf": lambda *_: ()}
    return extend(base, changed, type_checker=types)(root)


def _errors(data: Any, schema_name: str) -> Iterator[Problem]:
    root = schema()
    start = root
    if schema_name != "storyboard":
        start = {**root["definitions"][schema_name], "definitions": root["definitions"]}
    for one in validator(start).iter_errors(data):
        path, value, part = tuple(one.absolute_path), one.instance, one.schema
        if one.validator == "additionalProperties":
            rule = "unknown" if "properties" in part else "name"
            forms = [re.compile(pattern).search for pattern in part["patternProperties"]]
            names = tuple(value)  # one for all: ten thousand unknown keys are as many problems
            for key in value:
                if key not in part.get("properties", {}) and not any(fits(key) for fits in forms):
                    yield Problem((*path, key), rule, value[key], part, root, names)
        elif one.validator == "required":
            for key in part["required"]:
                if key not in value:
                    yield Problem((*path, key), "missing", value, part, root)
        elif one.validator == "maxProperties" and _is_long_line(value, long := root["definitions"]["long_line"]):
            for key in value:
                if key not in long["properties"]:
                    yield Problem((*path, key), "unknown", value[key], long, root, tuple(value))
        elif one.validator == "maxProperties":
            yield Problem((*path, list(value)[1]), "maxProperties", value, part, root)
        else:
            yield Problem(path, str(one.validator), value, part, root)


def _is_long_line(value: dict[str, Any], long: dict[str, Any]) -> bool:
    """Whether what was taken for the short form of a line is the long one, in the words of other tools."""
    keys = long["properties"]
    names = [settled(key, keys) for key in value]
    return all(names) and len(set(names)) == len(names) and {"by", "line"} <= set(names)


def _value_span(data: Any, path: Path) -> Span | None:
    """Where the value at a path is written; None only for a whole file that holds no map or list."""
    if not path:
        return data.span if isinstance(data, (Map, Seq)) else None
    holder: Any = at(data, path[:-1])
    span: Span = holder.item_span(int(path[-1])) if isinstance(holder, Seq) else holder.value_span(path[-1])
    return span


def _map_span(data: Any, path: Path) -> Span | None:
    """Where a map begins for a reader: at its own key; an entry of a list, and a whole file, at its first key."""
    if path and isinstance(path[-1], str):
        own: Span = at(data, path[:-1]).key_span(path[-1])
        return own
    here = at(data, path)
    first = next(iter(here.marks), None)
    return _value_span(data, path) if first is None else here.key_span(first)
