"""Names of other tools: each has one meaning, and is a key nowhere that it would be read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from r2v_pipeline.model.habits import HABITS, names_for, one_slip, settled, snake
from r2v_pipeline.model.schema_file import schema


def maps(part: Any) -> Iterator[frozenset[str]]:
    """The keys of every map of the language."""
    if isinstance(part, dict):
        if part.get("additionalProperties") is False and "properties" in part:
            yield frozenset(part["properties"])
        for inner in part.values():
            yield from maps(inner)


MAPS = sorted(set(maps(schema())), key=sorted)


def test_every_name_stands_for_a_key_of_some_map() -> None:
    """A row whose key left the language, or whose mark knows no map, would be dead."""
    lost = [
        (mark, name)
        for mark, names in HABITS.items()
        for name, key in names.items()
        if not any(mark in keys and key in keys for keys in MAPS)
    ]
    assert [] == lost


def test_no_name_is_a_key_where_it_is_renamed() -> None:
    taken = [
        (mark, name)
        for mark, names in HABITS.items()
        for name in names
        for keys in MAPS
        if mark in keys and name in keys
    ]
    assert [] == taken


def test_no_name_has_two_meanings_in_one_map() -> None:
    """Two rows that both fit a map must agree."""
    for keys in MAPS:
        rows = [(name, key) for mark, names in HABITS.items() if mark in keys for name, key in names.items()]
        meanings = {name: {key for other, key in rows if other == name and key in keys} for name, _ in rows}
        assert {} == {name: found for name, found in meanings.items() if len(found) > 1}


@pytest.mark.parametrize(
    ("word", "keys", "expected"),
    [
        ("aspect_ratio", ("resolution", "ratio"), "ratio"),
        ("aspectRatio", ("resolution", "ratio"), "ratio"),
        ("Aspect-Ratio", ("resolution", "ratio"), "ratio"),
        ("shotType", ("shot_type",), "shot_type"),
        ("ID", ("id",), "id"),
        ("duration", ("for", "at", "action"), "for"),
        ("for", ("segments", "duration"), "duration"),
        ("text", ("by", "line"), "line"),
        ("text", ("action", "for"), ""),
        ("aspect_ratio", ("segments",), ""),
        ("nothing", ("segments",), ""),
    ],
)
def test_settled(word, keys, expected) -> None:
    assert expected == settled(word, keys)


def test_names_for_a_line() -> None:
    known = names_for(("by", "line", "tone", "how"))
    assert ("by", "line", "tone") == (known["speaker"], known["text"], known["mood"])
    assert "aspect_ratio" not in known


@pytest.mark.parametrize(
    ("word", "expected"),
    [("negativePrompt", "negative_prompt"), ("ID", "id"), ("first frame", "first_frame"), ("a_b", "a_b")],
)
def test_snake(word, expected) -> None:
    assert expected == snake(word)


@pytest.mark.parametrize(
    ("word", "other", "expected"),
    [
        ("titel", "title", True),
        ("tile", "title", True),
        ("titlle", "title", True),
        ("tibel", "title", False),
        ("titla", "title", True),
        ("title", "title", False),
        ("fro", "for", True),
        ("eltit", "title", False),
        ("1080", "1080p", True),
        ("720pp", "720p", True),
        ("740p", "720p", False),
        ("702p", "720p", False),
        ("72p", "720p", False),
        ("", "a", True),
        ("", "", False),
    ],
)
def test_one_slip(word, other, expected) -> None:
    assert expected is one_slip(word, other)
    assert expected is one_slip(other, word)
