"""What an author probably meant: near keys, keys in the wrong place, values that miss their form by a little."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from typing import Any

from r2v_pipeline.diagnostics import nearest

# What people write for a key, by other tools' habits or plain English, and the keys it can stand for.
MEANT = {
    "actors": ("cast",),
    "appearance": ("look",),
    "aspect_ratio": ("ratio",),
    "beats": ("segments",),
    "character": ("by",),
    "characters": ("cast",),
    "description": ("action", "look", "prompt"),
    "dialog": ("say",),
    "dialogue": ("say",),
    "duration": ("for",),
    "emotion": ("tone",),
    "for": ("duration",),
    "frame_rate": ("fps",),
    "length": ("for", "duration"),
    "lines": ("say",),
    "mood": ("tone",),
    "name": ("title", "id"),
    "negative_prompt": ("negative",),
    "photo": ("image",),
    "picture": ("image",),
    "prompt": ("action",),
    "scenes": ("shots",),
    "seconds": ("for", "duration"),
    "settings": ("defaults",),
    "size": ("resolution",),
    "soundtrack": ("music",),
    "speaker": ("by",),
    "start_frame": ("first_frame",),
    "text": ("action", "line", "prompt"),
    "time": ("at",),
    "type": ("kind",),
    "variables": ("vars",),
    "words": ("line",),
}

_ID = ("^[a-z]", "^[A-Za-z]")
# What a plain YAML text may not hold on one line, or not begin with.
_QUOTED = re.compile(r"[:#{}\[\],&*]|^[\s!|>%@`\"']|^[-?](\s|$)|\s$|^$")


def spoken(word: str, keys: Collection[str]) -> str:
    """The key that this language has for another's word, or an empty string."""
    return next((key for key in MEANT.get(word.lower(), ()) if key in keys), "")


def suggestion(word: str, keys: Collection[str]) -> str:
    """The key that a typist most likely meant by an unknown one, or an empty string."""
    if meant := spoken(word, keys):
        return meant
    near = nearest(word, [*keys, *(other for other in MEANT if spoken(other, keys))])
    return near if near in keys else spoken(near, keys)


def elsewhere(key: str, keys: dict[str, Any], root: dict[str, Any]) -> list[str]:
    """Where a key belongs when it stands one or two levels too high: `render`, or `defaults.render`."""
    level = [("", keys)]
    for _ in range(2):
        level = [(f"{path}.{name}", _keys(part, root)) for path, inner in level for name, part in inner.items()]
        if found := [path[1:] for path, inner in level if key in inner]:
            return found
    return []


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


def repair(value: str, pattern: str) -> str:
    """The value in the form that a pattern asks for, when a small change gives it; else an empty string."""
    fits = re.compile(pattern).search
    tries = (slug(value[:200]),) if pattern.startswith(_ID) else _repairs(value[:200])
    return next((text for text in tries if fits(text)), "")


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
    yield re.sub(r"(?i)db$", "dB", joined)
    yield joined + "dB"
    yield re.sub(r"(?i) ?lufs$", " LUFS", joined)
    yield joined + " LUFS"
    if found := re.fullmatch(r"(\$|€|[A-Za-z]{3})?([0-9.]+)(\$|€|[A-Za-z]{3})?", joined):
        unit = (found[1] or found[3] or "").upper()
        yield f"{found[2]} {({'$': 'USD', '€': 'EUR'}).get(unit, unit)}"
    yield text.replace("http://", "https://")


def slug(text: str) -> str:
    """A text as an id: small letters, digits and _."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def flow(value: Any) -> str:
    """A value as an author would write it on one line of YAML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, str) and not _QUOTED.search(value):
        return value
    return json.dumps(value, ensure_ascii=False)
