"""The event file, and listeners that fail."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from r2v_pipeline.execute.events import Event
from r2v_pipeline.report.events import EventFile, Fan

STORED = Event("stored", 4.12345, "s01", {"blob": "ab", "seconds": 4.1, "shot": "s01"})


class Heard:
    """Remembers what it is told; `deaf` raises at once."""

    def __init__(self, deaf: bool = False) -> None:
        self.events: list[Event] = []
        self._deaf = deaf

    def event(self, event: Event) -> None:
        if self._deaf:
            raise RuntimeError("\x1b[2J")
        self.events.append(event)


def test_one_object_a_line(tmp_path: Path) -> None:
    path, trouble = tmp_path / "events.jsonl", []
    with EventFile(str(path), trouble.append) as file:
        file.event(STORED)
        assert 2 == len(path.read_text().splitlines()), "a line is there as soon as it happened"
        file.event(Event("note", 5.0, "", {"text": "two\nlines \x1b \u2028", "kind": "stored", "at": -1}))
    assert [] == trouble
    assert [
        {"version": 1, "kind": "version"},
        {"kind": "stored", "at": 4.123, "job": "s01", "blob": "ab", "seconds": 4.1, "shot": "s01"},
        {"kind": "note", "at": 5.0, "job": "", "text": "two\nlines \x1b \u2028"},
    ] == [json.loads(line) for line in path.read_text("ascii").splitlines()]
    assert path.read_text().startswith('{"version":1,')


@pytest.mark.parametrize(
    ("name", "why"), [("", "Is a directory"), ("no/where", "No such file or directory"), ("a\0b", "embedded null byte")]
)
def test_a_file_that_cannot_be_opened_is_mentioned_once(tmp_path: Path, name: str, why: str) -> None:
    trouble: list[str] = []
    path = f"{tmp_path}/{name}"
    with EventFile(path, trouble.append) as file:
        file.event(STORED)
    assert [f"no events are written to {path}: {why}"] == trouble


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_mentioned_once() -> None:
    trouble: list[str] = []
    with EventFile("/dev/full", trouble.append) as file:
        file.event(STORED)
    assert ["no events are written to /dev/full: No space left on device"] == trouble


def test_everybody_is_told() -> None:
    one, two = Heard(), Heard()
    Fan(one, two).event(STORED)
    assert [STORED] == one.events == two.events


def test_a_defect_of_one_listener_is_told_to_the_others_once() -> None:
    first, last = Heard(), Heard()
    fan = Fan(first, Heard(deaf=True), Heard(deaf=True), last)
    fan.event(STORED)
    fan.event(STORED)
    note = Event("note", STORED.at, "s01", {"text": "Heard stopped listening: RuntimeError('\\x1b[2J')"})
    assert [STORED, note, note, STORED] == first.events == last.events
