"""The line reader gives what the event reader gives, to the last offset, or leaves the text to it."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r2v_pipeline.diagnostics import SourceText
from r2v_pipeline.source.blocks import read_blocks, read_yaml
from r2v_pipeline.source.nodes import Map, Seq, is_placed
from r2v_pipeline.source.yaml12 import load_yaml

HERE = Path(__file__).parents[1]
STORYBOARDS = sorted([*HERE.parent.glob("examples/**/*.yaml"), *HERE.glob("diagnostics/*/*.yaml")])
FILM = """\
# yaml-language-server: $schema=../schema.json
r2v: 1
title: A film: no   # this line is wrong, and others may be
vars: {season: winter, count: 3, words: [a, b c, "d, e"]}

cast:
  mia:   {kind: person, image: refs/mia.png, look: "red sweater, short hair"}   # who
  box: {kind: object, image: https://example.org/box.png}
shots:
  # act one
  - id: s1
    intro: It's a quiet {{ season }} evening, isn't it?
    segments:
      - for: 2s
        action: "{{ Mia }} walks: slowly."
        camera: {size: wide, move: slow push-in}
      - at: 0:02-0:04
        action: >-
          A long text
          over two lines.

        say:
        - {mia: 'Who is there?'}
        -   by: mia
            line: Nobody
    tags: [night, -1, 2.5]
    take: 2

  -   id: s2
      prompt: |
        Verse one
        verse two
      duration: 4.5
      quiet:
      - dialogue
      - music
      meta: {}
film:
  fps: 25
  chapters: true
  music:
"""


def as_read(node: Any) -> Any:
    """A tree with its types, the order of its keys, and all of its places."""
    if isinstance(node, Map):
        marks = [(key, node.marks.get(key)) for key in node]
        return "map", node.start, node.end, marks, node.merged, [as_read(value) for value in node.values()]
    if isinstance(node, Seq):
        return "seq", node.start, node.end, list(node.marks), [as_read(item) for item in node]
    return type(node), node


def agree(text: str) -> bool:
    """Whether the line reader read it; that it did so as the event reader does is asserted."""
    mine = read_blocks(SourceText("a.yaml", text))
    if mine is None:
        return False
    theirs, found = load_yaml(SourceText("a.yaml", text))
    assert () == found
    assert as_read(theirs) == as_read(mine)
    return True


@pytest.mark.parametrize("path", STORYBOARDS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_storyboards_are_read_alike(path: Path) -> None:
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        pytest.skip("not UTF-8 on purpose")
    read = agree(text)
    assert read or "diagnostics" in path.parts, "an example should be plain enough to be read by lines"


def test_a_film_with_all_that_is_plain_is_read_by_lines() -> None:
    assert agree(FILM.replace("A film: no   # this", "A film   # this"))


def test_a_part_that_is_not_plain_is_read_by_events_alone() -> None:
    film = FILM.replace("A film: no", "A film").replace("A long text\n", "A long text\n\n")
    root = read_blocks(SourceText("a.yaml", film))
    assert root is not None
    assert agree(film)
    assert [False, True] == [is_placed(shot) for shot in reversed(root["shots"])]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "# only a comment\n",
        "a: 1\n---\nb: 2\n",
        "a: 1\n...\n",
        "%YAML 1.2\n---\na: 1\n",
        "a: 1\n\tb: 2\n",
        "a: 1\r\nb: 2\r\n",
        "a: \x85 b\n",
        "a: \u2028 b\n",
        "a: &x 1\nb: *x\n",
        "a: 1\na: 2\n",
        "a: {b: 1, b: 2}\n",
        "a: {b: 1,\n c: 2}\n",
        "a: [1, 2\n",
        'a: "x\n  y"\nb: 1\n',
        'a: "x\nb: y"\n',
        "shots:\n  - a: 'x\n  - b: y'\n",
        'a: "\\x41"\n',
        "a: 'it''s'\n",
        "a: b: c\n",
        "a: b:\n",
        "a: - b\n",
        "a: x\n  y\n",
        "a:\n  x\n",
        "a: .inf\n",
        f"a: {'9' * 40}\n",
        "? a\n: b\n",
        "<<: {a: 1}\n",
        "a: !!str 1\n",
        "a: @x\n",
        "- a\n- b\n",
        "a: |2\n   x\n",
        "a: |+\n  x\n\n",
        "a: >\n  x\n\n  y\n",
        "a: |\n x\n  y\n",
        "a:\n  - - b\n",
        "a:\n    b: 1\n  c: 2\n",
        "a: [b: c]\n",
        "a: {b}\n",
        "a: [x, ]\n",
        "a: {b: ?x}\n",
        "shots:\n  - a: 1\n - b: 2\n",
        "shots:\n  - a: 1\n   - b: 2\n",
        "shots:\n  - a: &x 1\n  - b: *x\n",
        "a:\n" + "".join("  " * deep + "k:\n" for deep in range(1, 30)),
    ],
)
def test_what_is_not_plain_or_not_right_is_never_misread(text: str) -> None:
    agree(text)


SIGNS = ("", " ", "-", ":", ": ", ",", "[", "]", "{", "}", " #", "'", '"', "|", ">", ">-", "&a ", "*a", "\\", "?", "\n")
WORDS = (
    "a",
    "shots",
    "id",
    "~",
    "null",
    "true",
    "1",
    "2.5s",
    "0x1F",
    "-3",
    "é",
    "你",
    "x:y",
    "a#b",
    "https://x",
    "{{ x }}",
)
OTHERS = ("<<", "---", "...", "@", "%", "`", "!")
PIECES = st.sampled_from(SIGNS + WORDS + OTHERS)
LINES = st.builds(
    lambda indent, dash, key, words, between: " " * indent + "- " * dash + key + between.join(words),
    st.sampled_from((0, 0, 2, 2, 4, 4, 6, 3)),
    st.sampled_from((0, 0, 0, 1)),
    st.sampled_from(("", "a: ", "b: ", "c:", "d:  ", "shots:", "id: ")),
    st.lists(PIECES, max_size=4),
    st.sampled_from((" ", "", " ", ": ", ", ")),
)


@given(st.lists(LINES, max_size=9).map("\n".join), st.booleans())
def test_random_lines(text: str, ended: bool) -> None:
    agree(text + "\n" * ended)


@given(st.integers(0), st.integers(1, 4))
def test_damaged_films(seed: int, times: int) -> None:
    """Lines and characters taken out, doubled, moved or replaced: whatever is still read is read alike."""
    pick = random.Random(seed)
    text = FILM
    for _ in range(times):
        lines = text.splitlines(keepends=True)
        at, to = pick.randrange(len(lines)), pick.randrange(len(lines))
        way = pick.randrange(4)
        if way == 0:
            lines[at] = lines[to]
        elif way == 1:
            lines.insert(to, lines.pop(at))
        elif way == 2:
            lines[at] = " " * pick.randrange(7) + lines[at].lstrip(" ")
        else:
            place = pick.randrange(len(lines[at]))
            lines[at] = lines[at][:place] + pick.choice(SIGNS) + lines[at][place + pick.randrange(2) :]
        text = "".join(lines)
    agree(text)


def test_mistakes_are_told_by_the_event_reader() -> None:
    source = SourceText("a.yaml", FILM)
    assert load_yaml(source) == read_yaml(source)
    assert "R2V002" == read_yaml(source)[1][0].code


def test_a_plain_file_needs_no_pyyaml() -> None:
    code = (
        "import sys; from r2v_pipeline.source.blocks import read_yaml; from r2v_pipeline.diagnostics import SourceText;"
        "print(len(read_yaml(SourceText('a', sys.stdin.read()))[0]['shots']), 'yaml' in sys.modules)"
    )
    film = FILM.replace("A film: no", "A film")
    done = subprocess.run([sys.executable, "-c", code], input=film, capture_output=True, text=True, check=True)
    assert "2 False" == done.stdout.strip()
