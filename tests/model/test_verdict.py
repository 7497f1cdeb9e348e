"""The generated verdict says what jsonschema says, and every no has a reason that can be told."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from r2v_pipeline.diagnostics import SourceText
from r2v_pipeline.model import generate
from r2v_pipeline.model.schema import check
from r2v_pipeline.model.schema_file import schema
from r2v_pipeline.model.verdict import VALID
from r2v_pipeline.source.document import plain_data
from r2v_pipeline.source.yaml12 import load_yaml

SAMPLES = Path(__file__).parent / "samples"
ROOT = schema()

# jsonschema takes 2.0 for an integer; r2v does not, because it has no place in a key's canonical form.
TYPES = jsonschema.Draft7Validator.TYPE_CHECKER.redefine("integer", lambda _, value: type(value) is int)
VALIDATOR = jsonschema.validators.extend(jsonschema.Draft7Validator, type_checker=TYPES)

SWAPS = [None, True, False, 0, -1, 1, 2.0, 2.5, 10**30, "", "x", "2s", "0s", "auto", [], ["x"], [{}], {}, {"x": 1}]


def load(text: str) -> Any:
    data, found = load_yaml(SourceText("s.yaml", text))
    assert () == found
    return data


def says(name: str) -> Any:
    """jsonschema's own verdict on a definition of the schema."""
    part = ROOT if name == "storyboard" else {"$ref": f"#/definitions/{name}", "definitions": ROOT["definitions"]}
    return VALIDATOR(part).is_valid


def wholes() -> Iterator[tuple[str, Any]]:
    """Right data by definition: the samples, and every example of the schema."""
    for name in ("guide", "full", "included"):
        data = plain_data(load((SAMPLES / f"{name}.yaml").read_text("utf-8")))
        yield "include" if name == "included" else "storyboard", data
        yield from (("shot", shot) for shot in data["shots"])
        yield from (("member", member) for name, member in data["cast"].items() if name[:2] != "x-")
        yield from (("segment", segment) for shot in data["shots"] for segment in shot.get("segments", ()))
    for name in sorted(set(VALID) - {"storyboard"}):
        yield from ((name, example) for example in ROOT["definitions"][name].get("examples", ()))


def places(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value below one."""
    steps = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for step, value in steps:
        yield (*path, step)
        yield from places(value, (*path, step))


def typo(text: str, chance: random.Random) -> str:
    """A text with one character doubled, dropped, changed or added, a line break or the other case."""
    at = chance.randrange(len(text) + 1)
    kind = chance.randrange(6)
    if kind == 0:
        return text[:at] + text[at + 1 :]
    if kind == 1:
        return text[:at] + chance.choice("a0:-s. _é日") + text[at:]
    if kind == 2:
        return text[:at] + chance.choice("x9:-S.") + text[at + 1 :]
    return (text + "\n", text.upper(), text + " ")[kind - 3]


def spoil(data: Any, chance: random.Random) -> Any:
    """A copy with one value or key changed, dropped, doubled or put elsewhere."""
    copy = json.loads(json.dumps(data))
    paths = list(places(copy))
    if not paths:
        return chance.choice(SWAPS)
    *way, last = chance.choice(paths)
    holder = copy
    for step in way:
        holder = holder[step]
    value, kind = holder[last], chance.randrange(6)
    if kind == 0:
        holder[last] = chance.choice(SWAPS)
    elif kind == 1:
        del holder[last]
    elif kind == 2 and isinstance(value, str):
        holder[last] = typo(value, chance)
    elif kind == 3 and isinstance(holder, dict):
        holder[typo(last, chance)] = holder.pop(last)
    elif kind == 4 and isinstance(holder, dict):
        holder[chance.choice(("x-own", "for", "at", "prompt", "image", "from", "line", "text", "type"))] = value
    elif isinstance(holder, list):
        holder.append(value)
    else:
        holder[last] = [value] if chance.random() < 0.5 else {str(last): value}
    return copy


def spoiled(number: int) -> Iterator[tuple[str, Any]]:
    """Data with one to three changes, the same in every run."""
    chance = random.Random(20)
    whole = list(wholes())
    for _ in range(number):
        name, data = chance.choice(whole)
        for _ in range(chance.choice((1, 1, 1, 2, 3))):
            data = spoil(data, chance)
        yield name, data


def test_what_is_right_is_right() -> None:
    assert [] == [(name, data) for name, data in wholes() if not VALID[name](data) or not says(name)(data)]


def test_verdict_and_jsonschema_agree() -> None:
    judges = {name: says(name) for name in VALID}
    answers = [(name, data, VALID[name](data), judges[name](data)) for name, data in spoiled(6000)]
    assert [] == [(name, data) for name, data, ours, theirs in answers if ours is not theirs]
    right = sum(ours for _, _, ours, _ in answers)
    assert 1000 < right < 5000  # a corpus of one kind would prove nothing


@pytest.mark.parametrize("name", ["storyboard", "include"])
def test_every_no_has_a_reason(name: str) -> None:
    """Taking consequences out never takes out the last diagnostic, and every diagnostic has a place."""
    chance, silent = random.Random(21), []
    start = "included" if name == "include" else "full"
    right = plain_data(load((SAMPLES / f"{start}.yaml").read_text("utf-8")))
    for _ in range(600):
        data = load(json.dumps(spoil(spoil(right, chance), chance)))
        found = check(data, name)
        if bool(found) is VALID[name](data) or any(d.span is None for d in found):
            silent.append(data)
    assert [] == silent


def test_verdict_is_generated_from_the_schema_as_it_is() -> None:
    """`python -m r2v_pipeline.model.generate` after every change of the schema."""
    assert Path(generate.verdict_path()).read_text("utf-8") == generate.verdict_text()


def test_a_keyword_that_the_verdict_does_not_know_is_refused() -> None:
    """Else the schema could ask for what `r2v check` lets through."""
    part = {**ROOT, "properties": {"x": {"type": "number", "multipleOf": 2}}}
    with pytest.raises(ValueError, match="multipleOf"):
        generate.Writer(part).write()


def test_a_union_that_forbids_something_is_refused() -> None:
    """`anyOf` is there for the words that editors offer: one of its ways takes whatever the type takes."""
    part = {
        **ROOT,
        "properties": {"x": {"type": "string", "anyOf": [{"enum": ["a"]}, {"type": "string", "minLength": 2}]}},
    }
    with pytest.raises(ValueError, match="anyOf"):
        generate.Writer(part).write()


def test_lists_of_names_are_no_part_of_it() -> None:
    """A new model must not change the code of every check."""
    assert [] == [name for name in VALID if name.startswith(generate.OFFER)]
    assert "wan2.6" not in generate.verdict_text()


def test_patterns_are_compiled_when_first_used(monkeypatch: pytest.MonkeyPatch) -> None:
    from r2v_pipeline.model import verdict

    monkeypatch.setattr(verdict, "_match", verdict._Matchers())
    assert VALID["duration"](2)
    assert [] == list(verdict._match)
    assert VALID["duration"]("2s")
    assert 1 == len(verdict._match)
