"""What an author probably meant: near keys, keys in the wrong place, values that miss their form by a little."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import chain
from typing import Any

from r2v_pipeline.diagnostics import nearest
from r2v_pipeline.model.habits import names_for, settled

# What people write for a key, and the keys that it can stand for.  What can stand for one only is in habits.py.
MEANT = {
    "description": ("prompt",),
    "lines": ("say",),
    "name": ("title", "id"),
    "settings": ("defaults",),
    "size": ("resolution",),
    "text": ("action", "prompt"),
}

# What editors call the values of an enumeration, where the nearest word would mean another thing.
VALUES = {
    "crossfade": "dissolve",
    "cross-fade": "dissolve",
    "cross-dissolve": "dissolve",
    "mix": "dissolve",
    "none": "cut",
    "hard cut": "cut",
    "fade to black": "fade",
    "letterbox": "pad",
    "location": "place",
    "prop": "object",
    "character": "person",
    "woman": "person",
    "man": "person",
    "voiceover": "voice_over",
    "narration": "voice_over",
}

# YAML 1.1 took these for true and false, and people still do; in quotes they are text in any version.
SWITCH = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}
SWITCH.update(true="true", false="false")

_ID = ("^[a-z]", "^[A-Za-z]")
# What a plain YAML text may not hold on one line, or not begin with.
_QUOTED = re.compile(r"[:#{}\[\],&*]|^[\s!|>%@`\"']|^[-?](\s|$)|\s$|^$")


def spoken(word: str, keys: Collection[str]) -> str:
    """The key that this language has, or may have, for another's word, or an empty string."""
    return settled(word, keys) or next((key for key in MEANT.get(word.lower(), ()) if key in keys), "")


def suggestion(word: str, keys: Collection[str]) -> str:
    """The key that a typist most likely meant by an unknown one, or an empty string."""
    if meant := spoken(word, keys):
        return meant
    others = [*names_for(keys), *(other for other in MEANT if spoken(other, keys))]
    near = nearest(word, [*keys, *others])
    return near if near in keys else spoken(near, keys)


def meant(value: str, words: list[str]) -> str:
    """The word of an enumeration that a value most likely stands for, or an empty string."""
    word = VALUES.get(value.strip().lower().replace("_", "-"), "")
    return word if word in words else nearest(value, words)


def elsewhere(key: str, keys: dict[str, Any], root: dict[str, Any]) -> list[str]:
    """Where a key belongs when it stands one or two levels too high: `render`, or `defaults.render`."""
    return _first(_below(keys, root), lambda path, inner: path if key in inner else "")


def renamed_elsewhere(word: str, keys: dict[str, Any], root: dict[str, Any]) -> list[str]:
    """The same for a name of other tools, with the key that it stands for there: `render.ratio`."""
    return _first(_below(keys, root), lambda path, inner: f"{path}.{key}" if (key := settled(word, inner)) else "")


def around(path: tuple[str | int, ...], root: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The maps that hold the one at a path, the innermost first and without the file itself: the key of each that leads
    inward, and the keys that it can have.  A path that leaves the schema is followed as far as it goes."""
    levels: list[tuple[str, dict[str, Any]]] = []
    part = resolve(root, root)
    for number, step in enumerate(path):
        if isinstance(step, int):
            inner = part.get("items")
        else:
            keys: dict[str, Any] = part.get("properties", {})
            if keys and number:
                levels.append((step, keys))
            inner = keys.get(step) or next(iter(part.get("patternProperties", {}).values()), None)
        if not isinstance(inner, dict):
            break
        part = resolve(inner, root)
    return levels[::-1]


def _below(keys: dict[str, Any], root: dict[str, Any]) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """The maps below one, level by level, two levels deep: their paths and keys."""
    level = [("", keys)]
    for _ in range(2):
        level = [
            (f"{path}.{name}".strip("."), _keys(part, root)) for path, inner in level for name, part in inner.items()
        ]
        yield level


def _first(levels: Iterable[list[tuple[str, dict[str, Any]]]], tell: Callable[[str, dict[str, Any]], str]) -> list[str]:
    """What is told of the first level that has something to tell."""
    told = ([text for path, inner in level if (text := tell(path, inner))] for level in levels)
    return next((texts for texts in told if texts), [])


def _keys(part: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    """The keys of a map, or of the maps in a list."""
    known = resolve(part, root)
    if isinstance(known.get("items"), dict):
        known = resolve(known["items"], root)
    keys: dict[str, Any] = known.get("properties", {})
    return keys


def resolve(part: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    """A schema with what it refers to; its own description and examples win."""
    while "$ref" in part:
        own = {key: value for key, value in part.items() if key != "$ref"}
        part = {**root["definitions"][part["$ref"].rpartition("/")[2]], **own}
    return part


def repair(value: str, pattern: str, *, sure: bool = False) -> str:
    """The value in the form that a pattern asks for, when a small change gives it; else an empty string.

    `sure`: only by changes that keep what was written, and guess nothing.
    """
    fits, text = re.compile(pattern).search, value[:200]
    if pattern.startswith(_ID):
        tries: Iterator[str] = iter(() if sure else (slug(text),))
    else:
        tries = _repairs(text) if sure else chain(_repairs(text), _guesses(text))
    return next((made for made in tries if fits(made)), "")


def _repairs(value: str) -> Iterator[str]:
    """Ways in which a right value is often mistyped, undone one after the other."""
    text = value.strip().replace("–", "-").replace("—", "-").replace("×", "x")
    yield text
    joined = re.sub(r"\s+", "", text)
    yield joined
    short = re.sub(r"(?<=[0-9])(seconds?|secs?|sec)\b", "s", joined.lower())
    yield short
    if found := re.fullmatch(r"([0-9]{1,9})(?:ms|milliseconds?)", short):
        yield f"{int(found[1]) / 1000:g}s"
    yield short.replace("to", "-").replace("..", "-")
    if found := re.fullmatch(r"([0-9]+)[x*/:]([0-9]+)", short):
        yield f"{found[1]}x{found[2]}"
        yield f"{found[1]}:{found[2]}"
    yield re.sub(r"(?i)db$", "dB", joined)
    yield f"{joined}dB" if joined.startswith("-") else ""
    yield re.sub(r"(?i) ?lufs$", " LUFS", joined)
    yield joined + " LUFS"
    if found := re.fullmatch(r"(€|[A-Za-z]{3})?([0-9.]+)(€|[A-Za-z]{3})?", joined):
        yield f"{found[2]} {(found[1] or found[3] or '').upper().replace('€', 'EUR')}"


def _guesses(value: str) -> Iterator[str]:
    """What may have been meant: the unit of a bare number, a dollar of some country, a server that speaks https."""
    joined = re.sub(r"\s+", "", value)
    yield joined + "dB"
    if found := re.fullmatch(r"\$?([0-9.]+)\$?", joined):
        yield f"{found[1]} USD" if "$" in joined else ""
    yield value.strip().replace("http://", "https://")


def slug(text: str) -> str:
    """A text as an id: small letters, digits and _; letters with marks lose them."""
    from unicodedata import combining, normalize

    bare = "".join(char for char in normalize("NFKD", text) if not combining(char))
    return re.sub(r"[^a-z0-9]+", "_", bare.lower()).strip("_")


def flow(value: Any) -> str:
    """A value as an author would write it on one line of YAML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, str) and not _QUOTED.search(value):
        return value
    return json.dumps(value, ensure_ascii=False)
