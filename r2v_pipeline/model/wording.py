"""The words for a file that has not the form of the language: what is wrong, and what to write instead.

What a value should be comes from the schema (`errorMessage`, which editors show too), so that the terminal and the
editor say the same.  For maps it is `x-form`: editors would say an `errorMessage` of every unknown key in them.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, NamedTuple

from r2v_pipeline.model.guesses import (
    SWITCH,
    around,
    elsewhere,
    flow,
    meant,
    renamed_elsewhere,
    repair,
    resolve,
    spoken,
    suggestion,
)
from r2v_pipeline.model.habits import one_slip, settled

Path = tuple[str | int, ...]

KINDS = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a map",
}
LONGEST = 60

# A size in pixels, as vendors and editors ask for it.
_PIXELS = re.compile(r"[0-9]{2,5} ?[xX*×] ?[0-9]{2,5}")


class Problem(NamedTuple):
    """One mistake.

    `path` leads to the value; for `unknown`, `name` and `missing` to the key.  `rule` is one of these three words or
    the schema's keyword.  `part` is the schema that `value` broke, `root` the whole schema.  `beside`: for `unknown`,
    the keys of the map that it stands in.
    """

    path: Path
    rule: str
    value: Any
    part: dict[str, Any]
    root: dict[str, Any]
    beside: Collection[str] = ()


def say(problem: Problem) -> tuple[str, str, str]:
    """Code, message and help of one mistake."""
    if problem.rule == "unknown":
        return "R2V104", f"unknown key '{problem.path[-1]}'", _unknown(problem)
    if problem.rule == "missing":
        return "R2V102", *_missing(problem)
    if problem.rule == "name":
        return "R2V101", f"'{problem.path[-1]}' must be {problem.part['x-keys']}", _name(problem)
    if problem.rule == "not":
        return "R2V101", problem.part["errorMessage"], _clash(problem)
    if problem.rule == "maxProperties":
        return "R2V101", "the short form of a line has one key, the speaker", _line(problem)
    return "R2V101", *_value(problem)


def _unknown(problem: Problem) -> str:
    key, keys = str(problem.path[-1]), problem.part["properties"]
    if keys is problem.root["definitions"]["include"]["properties"] and key in problem.root["properties"]:
        return f"an included file holds {listed(list(keys), 'and')}; '{key}' belongs in the storyboard"
    if sure := settled(key, keys):
        return _settled(sure, problem)
    if meant := spoken(key, keys):
        return f"did you mean '{meant}'?"
    if isinstance(problem.value, str) and _PIXELS.fullmatch(problem.value.strip()):
        return "'render' has 'resolution' and 'ratio', the film has 'size'"
    if beside := next((inward for inward, held in around(problem.path[:-1], problem.root) if key in held), ""):
        return f"'{key}' belongs beside '{beside}', not in it"
    if places := [f"'{place}'" for place in elsewhere(key, keys, problem.root)[:3]]:
        return f"'{key}' goes under {listed(places, 'or')}"
    if key in problem.root["properties"]:
        return f"'{key}' belongs at the top level of the storyboard"
    if places := [f"'{place}'" for place in renamed_elsewhere(key, keys, problem.root)[:3]]:
        return f"write {listed(places, 'or')}"
    return _near(key, problem)


def _near(key: str, problem: Problem) -> str:
    """A key that was mistyped, or that is right in another part of the storyboard."""
    keys = problem.part["properties"]
    near = suggestion(key, keys)
    if near and one_slip(key, near):
        return f"did you mean '{near}'?"
    if places := [f"'{place}'" for place in elsewhere(key, problem.root["properties"], problem.root)]:
        return f"'{key}' belongs under {places[0]} at the top level of the storyboard"
    return f"did you mean '{near}'?" if near else "known here: " + ", ".join(keys)


def _settled(name: str, problem: Problem) -> str:
    """The name that this language has for another's, and what it is for."""
    if name in problem.beside:
        return f"that is '{name}', which is given too: keep one"
    sentence = str(resolve(problem.part["properties"][name], problem.root).get("description", "")).split(". ")[0]
    phrase = sentence[:1].lower() + sentence[1:].rstrip(".")
    return f"write '{name}' ({phrase})" if 0 < len(phrase) <= LONGEST else f"write '{name}'"


def _missing(problem: Problem) -> tuple[str, str]:
    key, keys = str(problem.path[-1]), problem.part.get("properties", {})
    message = f"missing key '{key}'"
    if sentence := problem.part.get("errorMessage", ""):
        message += "" if sentence.startswith("expected ") else f": {sentence}"
    return message, _example(key, keys.get(key), problem.root)


def _example(key: str, part: dict[str, Any] | None, root: dict[str, Any]) -> str:
    """`add 'title: Holiday unboxing'`; a branch that only asks for a key does not describe it, another part does."""
    described = (d["properties"][key] for d in root["definitions"].values() if key in d.get("properties", {}))
    known = resolve(part or next(described), root)
    shown = flow(known["examples"][0])
    if len(shown) < LONGEST:
        return f"add '{key}: {shown}'"
    sentence = str(known["description"]).split(". ")[0].rstrip(".")
    return f"add '{key}:' ({sentence[:1].lower()}{sentence[1:]})"


def _name(problem: Problem) -> str:
    made = repair(str(problem.path[-1]), next(iter(problem.part["patternProperties"])))
    return f"write {made}" if made else ""


def _clash(problem: Problem) -> str:
    if mixes_times(problem):
        other = "at" if problem.path[-1] == "for" else "for"
        return f"write '{other}' here too: the first segment decides"
    return "keep one of them"


def mixes_times(problem: Problem) -> bool:
    """Whether a segment is timed in another way than the first one of its shot."""
    known = problem.root["definitions"]
    return problem.part in (known["timed_by_at"], known["timed_by_for"])


def _line(problem: Problem) -> str:
    """Words about the line beside the shorthand, or two speakers in one map."""
    long = problem.root["definitions"]["long_line"]["properties"]
    about = [key for key in problem.value if key in long]
    speakers = [key for key in problem.value if key not in long]
    if about and len(speakers) == 1:
        return f"write {{by: {speakers[0]}, line: ..., {about[0]}: ...}}"
    return "write each line as an entry of a list, starting with '- '"


def _value(problem: Problem) -> tuple[str, str]:
    """Message and help for a value of the wrong type or form."""
    value, part = problem.value, problem.part
    subject, want = _subject(problem.path), wanted(part)
    if value is None:
        return f"{subject} has no value", f"give it {want}"
    if problem.rule in ("minLength", "minItems", "minProperties"):
        return f"{subject} is empty", f"give it {want}"
    if problem.rule == "type" and want == KINDS["string"] and isinstance(value, (bool, int, float)):
        what = "not text" if isinstance(value, bool) else "a number"
        return (
            f"{subject} must be text, and {flow(value)} without quotes is {what}",
            f'put it in quotes: "{flow(value)}"',
        )
    return f"{subject} must be {want}, not {_found(value)}", _hint(value, part)


def _subject(path: Path) -> str:
    if not path:
        return "the file"
    if isinstance(path[-1], str):
        return f"'{path[-1]}'"
    return next((f"an entry of '{step}'" for step in reversed(path) if isinstance(step, str)), "an entry")


def wanted(part: dict[str, Any]) -> str:
    """What a schema asks for, as the end of "it must be …"."""
    if "x-form" in part:
        return str(part["x-form"])
    phrase = str(part.get("errorMessage", ""))
    if phrase.startswith("expected "):
        return phrase.removeprefix("expected ")
    if "enum" in part:
        return listed([str(word) for word in part["enum"]], "or")
    shown = flow(part["examples"][0]) if part.get("type") == "object" and part.get("examples") else ""
    return f"a map such as {shown}" if 0 < len(shown) < 80 else KINDS.get(str(part.get("type")), "something else")


def _found(value: Any) -> str:
    if isinstance(value, dict):
        return "a map"
    if isinstance(value, list):
        return "a list"
    if not isinstance(value, str):
        return flow(value)
    text = value.replace("\n", "\\n")
    return f"'{text}'" if len(text) <= LONGEST else f"'{text[: LONGEST - 1]}…'"


def _hint(value: Any, part: dict[str, Any]) -> str:
    """The change that most likely mends a value; empty when none is likely."""
    kinds = [part["type"]] if isinstance(part.get("type"), str) else part.get("type", [])
    if "enum" in part and isinstance(part["enum"][0], str):
        near = "" if isinstance(value, (dict, list, bool)) else meant(str(value), part["enum"])
        return f"did you mean '{near}'?" if near else ""
    if isinstance(value, str) and "object" in kinds and "string" not in kinds:
        holder = next((key for key in ("file", "shot", "text") if key in part.get("properties", {})), "")
        return f"write {{{holder}: {flow(value)}}}" if holder else ""
    if isinstance(value, list):
        maps = bool(value) and all(isinstance(item, dict) for item in value)
        return "write its keys without '- ' before them" if maps and "object" in kinds else ""
    if "array" in kinds and "string" not in kinds:
        return "" if "object" in kinds else "start each entry with '- '"
    if isinstance(value, str) and kinds == ["boolean"]:
        word = SWITCH.get(value.lower(), "")
        if word == value.lower():
            return f"write it without quotes: {word}"
        return f"write {word}: in YAML 1.2 '{value}' is text" if word else ""
    if isinstance(value, str) and kinds == ["integer"]:
        return f"write it without quotes: {value}" if value.isascii() and value.isdigit() else ""
    if "pattern" in part and not isinstance(value, (dict, bool)):
        if "exclusiveMinimum" in part and not str(value).strip("-0.:s"):
            return "it must be longer than 0"
        made = repair(str(value), part["pattern"])
        return f'put it in quotes: "{made}"' if made == str(value) else f"write {made}" if made else ""
    return ""


def listed(words: list[str], last: str) -> str:
    """`a`, `a or b`, `a, b or c`."""
    return f" {last} ".join(part for part in (", ".join(words[:-1]), words[-1]) if part)
