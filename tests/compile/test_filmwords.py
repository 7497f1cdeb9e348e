"""Words that belong to the film are found in prompts, and only there."""

from __future__ import annotations

import pytest

from r2v_pipeline.compile.written import film_words
from r2v_pipeline.model.build import resolve
from r2v_pipeline.source.document import load
from r2v_pipeline.source.files import Disk


def found(tmp_path, shot: str) -> list[str]:
    """The words that R2V305 points at, as they stand in the file."""
    (tmp_path / "s.yaml").write_text(f"r2v: 1\ntitle: t\nshots:\n  - {{id: a, {shot}}}\n", encoding="utf-8")
    disk = Disk(str(tmp_path))
    document, trouble = load(disk, "s.yaml")
    assert () == trouble
    storyboard, _ = resolve(document, disk)
    problems = list(film_words(storyboard, ()))
    assert {"R2V305"} >= {p.code for p in problems}
    assert {"warning"} >= {p.severity for p in problems}
    return [p.span.source.text[p.span.start : p.span.end] for p in problems]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A boat with subtitles", "subtitles"),
        ("The title card says Hello", "title card"),
        ("End credits over the sea", "End credits"),
        ("Text appears: sale", "Text appears"),
        ("The scene fades to black", "fades to black"),
        ("We cut to black.", "cut to black"),
        ("Crossfade", "Crossfade"),
        ("画面下方有字幕", "字幕"),
        ("最后淡出", "淡出"),
    ],
)
def test_what_the_film_does_is_found(tmp_path, text, words):
    assert [words] == found(tmp_path, f'prompt: "{text}", duration: 5s')


@pytest.mark.parametrize(
    "text",
    [
        "A film look, no subtitles",
        "A boat, without subtitles or captions",
        "无字幕",
        "A woman reads the title of a book",
        "A cat fades from view behind the black door",
        "Hard cut, close-up of the text on a coin",
        "She dissolves sugar in black tea",
        "The captain wipes the table",
        "Waves fade",
    ],
)
def test_what_is_part_of_the_picture_is_left_alone(tmp_path, text):
    assert [] == found(tmp_path, f'prompt: "{text}", duration: 5s')


def test_every_text_of_a_prompt_is_read_and_lines_are_not(tmp_path):
    segment = (
        '{for: 5s, action: "Fade in", camera: {move: "fade to white"}, sound: "end credits", '
        'say: {line: "Fade to black!", by: a}}'
    )
    shot = f'intro: "Subtitles", style: "on-screen text", negative: "subtitles", segments: [{segment}]'
    expected = ["Subtitles", "on-screen text", "Fade in", "fade to white", "end credits"]
    assert expected == found(tmp_path, shot)


def test_own_footage_has_no_prompt(tmp_path):
    assert [] == found(tmp_path, 'clip: a.mp4, prompt: "subtitles", duration: 5s')
