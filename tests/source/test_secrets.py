"""Keys in a text: found, and covered so that everything else keeps its place."""

from __future__ import annotations

import pytest

from r2v_pipeline.source.secrets import cover, find

KEY = "sk-0123456789abcdef0123456789"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain words", []),
        (f"a {KEY} b", [(2, 31)]),
        (f"{KEY}\n{KEY}", [(0, 29), (30, 59)]),
        (f"ask{KEY}", []),
        ("sk-only-words-and-hyphens-here", []),
        ("sk-1234567890123456789012345", []),
        ("-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY----- x", [(0, 57)]),
        ("-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----", []),
    ],
)
def test_what_is_found(text, expected):
    assert expected == [(start, end) for start, end, _ in find(text)]


def test_what_is_covered_keeps_its_place():
    text = f"é\na: {KEY}\nb: -----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----\nc"
    hidden = cover(text, find(text))
    assert len(text) == len(hidden)
    assert [at for at, char in enumerate(text) if char == "\n"] == [
        at for at, char in enumerate(hidden) if char == "\n"
    ]
    assert "é\na: " == hidden[:5]
    assert "\nc" == hidden[-2:]
    assert "MII" not in hidden


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("SOME_API_KEY", "long-enough-to-be-one", ["the value of SOME_API_KEY"]),
        ("SOME_TOKEN", "  long-enough-to-be-one\n", ["the value of SOME_TOKEN"]),
        ("SOME_API_KEY", "short", []),
        ("EDITOR", "long-enough-to-be-one", []),
    ],
)
def test_values_of_this_machine(monkeypatch, name, value, expected):
    monkeypatch.setenv(name, value)
    assert expected == [what for _, _, what in find("x long-enough-to-be-one short y")]
