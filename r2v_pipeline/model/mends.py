"""Which mistakes of form have one right answer, and the characters that write it.

Imported with problems.py, for a file that the verdict refused.  An edit is only offered where the written form can be
followed: a plain or quoted text on one line, without escapes, tags or anchors.  A key is renamed when its name has one
meaning here, nothing stands under the right name yet, and the value has, or can be given, the form that is asked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from r2v_pipeline.diagnostics import Edit, Span
from r2v_pipeline.model.guesses import SWITCH, flow, repair, resolve
from r2v_pipeline.model.habits import names_for, one_slip, settled
from r2v_pipeline.source.nodes import Map, Seq
from r2v_pipeline.source.scalars import plain

SHORTEST_SLIP = 3  # a slip in a shorter word can come from anywhere
SHORTEST_WORD = 4  # for the words of an enumeration, which stand for more than a name

Path = tuple[str | int, ...]


class Mender:
    """The edits for the mistakes of one file.  `validator` is jsonschema's, of the whole schema `root`."""

    def __init__(self, data: Any, root: dict[str, Any], validator: Any) -> None:
        self.data = data
        self.root = root
        self.validator = validator
        self.known = set(_key_names(root))
        self._renames: dict[tuple[int, int], dict[str, str]] = {}

    def key(self, path: Path, part: dict[str, Any]) -> tuple[Edit, ...]:
        """The edits for an unknown key: its name, and its value where that misses its form by a little."""
        *above, word = path
        holder = at(self.data, tuple(above))
        new = self._names(holder, part, tuple(above)).get(str(word))
        if new is None:
            return ()
        name = _key_edit(holder, str(word), new)
        value, wanted = holder[word], resolve(part["properties"][new], self.root)
        if name is None or self._fits(value, wanted):
            return (name,) if name else ()
        mended = self.value((*above, word), value, wanted)
        return (name, *mended) if mended else ()

    def value(self, path: Path, value: Any, part: dict[str, Any]) -> tuple[Edit, ...]:
        """The edit for a value that misses its form, or none."""
        if not path or isinstance(value, (dict, list)) or value is None:
            return ()
        holder, step = at(self.data, path[:-1]), path[-1]
        span: Span = holder.item_span(int(step)) if isinstance(holder, Seq) else holder.value_span(step)
        raw = span.source.text[span.start : span.end]
        if not _is_simple(raw, value):
            return ()
        made = next((m for m in _repairs(value, raw, part) if self._fits(m, part)), None)
        return () if made is None else (Edit(span, _written(made, raw)),)

    def _fits(self, value: Any, part: dict[str, Any]) -> bool:
        """A scalar has the whole form; a map or list is of the right kind, and so are its own entries.

        What is wrong further inside is told when this one has its name.
        """
        if isinstance(value, dict):
            return bool(value) and "object" in _kinds(part) and all(self._holds(part, k, v) for k, v in value.items())
        if isinstance(value, list):
            kinds = _kinds(resolve(part.get("items", {}), self.root))
            alike = not kinds or all(_kind(item) in kinds for item in value)
            return bool(value) and "array" in _kinds(part) and alike
        return value is not None and bool(self.validator.evolve(schema=part).is_valid(value))

    def _holds(self, part: dict[str, Any], key: str, value: Any) -> bool:
        """Whether a map of this form can have this entry, its key perhaps by another name."""
        if key.startswith("x-") or not ("properties" in part or "patternProperties" in part):
            return True
        if keys := part.get("properties"):
            return key in keys or bool(self._meant(key, keys))
        inner = [resolve(p, self.root) for form, p in part["patternProperties"].items() if re.search(form, key)]
        return any(_kind(value) in _kinds(p) for p in inner)

    def _names(self, holder: Any, part: dict[str, Any], path: Path) -> dict[str, str]:
        """Unknown keys of a map and the names that they get: none that is taken, none that excludes another."""
        memo = (id(holder), id(part))
        if memo not in self._renames:
            self._renames[memo] = self._find_names(holder, part, path)
        return self._renames[memo]

    def _find_names(self, holder: Any, part: dict[str, Any], path: Path) -> dict[str, str]:
        keys = part["properties"]
        new = {word: self._meant(word, keys) for word in holder if word not in keys and not word.startswith("x-")}
        names = list(new.values())
        new = {word: name for word, name in new.items() if name and name not in holder and names.count(name) == 1}
        if not new:
            return {}
        renamed = {new.get(word, word): value for word, value in holder.items()}
        if self._clashes(renamed, part) - self._clashes(holder, part) or self._mixes(new, path):
            return {}
        return new

    def _meant(self, word: str, keys: dict[str, Any]) -> str:
        if keys is self.root["definitions"]["include"]["properties"] and word in self.root["properties"]:
            return ""
        return settled(word, keys) or slip(word, keys, self.known)

    def _clashes(self, value: Any, part: dict[str, Any]) -> set[str]:
        """The keys of a map that must not stand beside the others."""
        errors = self.validator.evolve(schema=part).iter_errors(dict(value))
        return {str(e.path[0]) for e in errors if e.validator == "not" and len(e.path) == 1}

    def _mixes(self, new: dict[str, str], path: Path) -> bool:
        """Whether a segment would then be timed in another way than its neighbours are or will be."""
        own = {"for": "at", "at": "for"}
        other = next((own[name] for name in new.values() if name in own), "")
        if not other or path[-2:-1] != ("segments",):
            return False
        keys = self.root["definitions"]["segment"]["properties"]
        beside = (word for segment in at(self.data, path[:-1]) if isinstance(segment, dict) for word in segment)
        return any(word == other or (word not in keys and settled(word, keys) == other) for word in beside)


def at(data: Any, path: Path) -> Any:
    """The value at a path."""
    for step in path:
        data = data[step]
    return data


def slip(word: str, keys: dict[str, Any], known: set[str]) -> str:
    """The only key that is one slip of the pen away from a word that is a key nowhere, or an empty string."""
    if len(word) < SHORTEST_SLIP or word in known:
        return ""
    near = {key for key in keys if one_slip(word, key)}
    near |= {key for other, key in names_for(keys).items() if one_slip(word, other)}
    only = near.pop() if len(near) == 1 else ""
    return only if only and one_slip(word, only) else ""


def _key_names(part: Any) -> Iterator[str]:
    """Every key that the language has somewhere."""
    if isinstance(part, dict):
        yield from part.get("properties", ())
        for inner in part.values():
            yield from _key_names(inner)


def _kinds(part: dict[str, Any]) -> list[str]:
    kinds = part.get("type", [])
    return [kinds] if isinstance(kinds, str) else kinds


def _kind(value: Any) -> str:
    """The schema's word for what a value is; for scalars any of them will do that is right for text or for a map."""
    return "object" if isinstance(value, dict) else "array" if isinstance(value, list) else "string"


def _key_edit(holder: Any, word: str, new: str) -> Edit | None:
    """A key of the same quotes; none for a key that is written with escapes."""
    if not isinstance(holder, Map):
        return None
    span: Span = holder.key_span(word)
    raw = span.source.text[span.start : span.end]
    quote = raw[:1] if raw[:1] in ("'", '"') else ""
    return Edit(span, f"{quote}{new}{quote}") if raw == f"{quote}{word}{quote}" else None


def _is_simple(raw: str, value: Any) -> bool:
    """Whether a value is written as itself: plain, or in quotes, on one line."""
    if isinstance(value, str):
        bare = raw[1:-1] if len(raw) > 1 and raw[0] == raw[-1] and raw[0] in "'\"" else raw
        return bare == value and not any(char in bare for char in "\n\"'\\")
    try:
        read = plain(raw)
    except ValueError:
        return False
    return type(read) is type(value) and read == value


def _repairs(value: Any, raw: str, part: dict[str, Any]) -> Iterator[Any]:
    """What the author can only have meant; the first that has the form is it."""
    kinds = _kinds(part)
    if "boolean" in kinds and isinstance(value, str):
        yield {"true": True, "false": False}.get(SWITCH.get(value.lower(), ""))
    elif "integer" in kinds and isinstance(value, str):
        yield int(value) if value.isascii() and value.isdigit() and len(value) < 12 else None
    elif "enum" in part:
        yield _word(str(value), [word for word in part["enum"] if isinstance(word, str)])
    elif "pattern" in part and not isinstance(value, bool):
        yield repair(str(value), part["pattern"], sure=True) or None
    elif kinds == ["string"] and not isinstance(value, str) and flow(value) == raw:
        yield raw


def _word(value: str, words: list[str]) -> str | None:
    """The word of an enumeration that was written in other case or with one slip."""
    same = [word for word in words if word.lower() == value.strip().lower()]
    near = same or [w for w in words if len(w) >= SHORTEST_WORD and one_slip(value.lower(), w)]
    return near[0] if len(near) == 1 else None


def _written(made: Any, raw: str) -> str:
    """A value in the quotes of the one that it replaces; in quotes of its own where it would be read as another."""
    if not isinstance(made, str):
        return flow(made)
    if raw[:1] in ("'", '"'):
        return f"{raw[0]}{made}{raw[0]}"
    text = flow(made)
    return text if text != made or plain(text) == made else json.dumps(made, ensure_ascii=False)
