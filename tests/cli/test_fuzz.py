"""Damaged storyboards: r2v answers with diagnostics or a storyboard, never with an exception."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from r2v_pipeline.cli.stages.front import Options, compiled, read
from r2v_pipeline.report.diagnostics import Paint, to_json, to_text

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "storyboards"
SAMPLES = ROOT / "tests" / "model" / "samples"
FILES = [path for path in (*EXAMPLES.glob("*.yaml"), *SAMPLES.glob("*.yaml")) if ".lock." not in path.name]
BOARDS = [path.read_text("utf-8") for path in sorted(FILES)]

PIECES = (
    "{{ x }}",
    "{{ mia }}",
    "{{ Mia.look }}",
    "{% if",
    "[]",
    "{}",
    "null",
    "- ",
    "  ",
    ": ",
    "1",
    "-1",
    "-",
    "0s",
    "99:99",
    "true",
    '"',
    "'",
    "&a ",
    "*a",
    "<<: ",
    "<<: *a",
    "日本",
    "x: y",
    "first_frame: {from: {shot: a}}",
    "clip: refs/gift.png",
    "trim: 3-1s",
    "title_card: {for: 2s}",
    "say: {mia: }",
    "say: [{by: mia}]",
    "at: 0-2s",
    "for: 1s",
    "split: auto",
    "film: {size: 10x10}",
    'include: "[a"',
    "duration: -1s",
)


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fuzz") / "project"
    shutil.copytree(EXAMPLES, folder, ignore=shutil.ignore_patterns("build", ".r2v"))
    here = Path.cwd()
    os.chdir(folder)
    yield folder
    os.chdir(here)


def damage(text: str, dice) -> str:
    """One edit: a line lost, doubled or moved, a piece put in, a few characters taken out."""
    lines = text.split("\n")
    kind, at = dice.randrange(4), dice.randrange(len(lines))
    if kind == 0:
        return "\n".join(lines[:at] + lines[at + 1 :])
    if kind == 1:
        return "\n".join([*lines[:at], dice.choice(lines), *lines[at:]])
    at = dice.randrange(len(text) + 1)
    if kind == 2:
        return text[:at] + dice.choice(PIECES) + text[at:]
    return text[:at] + text[at + dice.randrange(1, 12) :]


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(BOARDS), st.integers(1, 5), st.randoms(use_true_random=False))
def test_a_damaged_storyboard_is_diagnosed(studio, text, edits, dice):
    for _ in range(edits):
        text = damage(text, dice)
    is_answered(studio, text.encode("utf-8"))


def is_answered(studio: Path, data: bytes) -> None:
    """Reads these bytes as a storyboard: there are diagnostics, which can be shown, or there is something to build."""
    (studio / "fuzz.yaml").write_bytes(data)
    front = read("fuzz.yaml", Options())
    shown = to_text(front.diagnostics, Paint(False))
    assert bool(front.diagnostics) is bool(shown)
    shown.encode("utf-8")
    assert len(front.diagnostics) == len(to_json(front.diagnostics)["diagnostics"])
    assert all(d.span is None or (d.span.line > 0 and d.span.column > 0) for d in front.diagnostics)
    if front.expanded:
        compilation, found = compiled(front)
        assert compilation is not None or found
    else:
        assert front.diagnostics


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_diagnosed(studio, data):
    is_answered(studio, data)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(BOARDS), st.data())
def test_a_storyboard_with_other_bytes_is_diagnosed(studio, text, dice):
    """Bytes put in, taken out and changed, wherever they fall: within a character, a quote, a tag."""
    data = bytearray(text.encode("utf-8"))
    for _ in range(dice.draw(st.integers(1, 4))):
        at, length = dice.draw(st.integers(0, len(data))), dice.draw(st.integers(0, 3))
        data[at : at + length] = dice.draw(st.binary(max_size=6) | st.sampled_from(BYTES))
    is_answered(studio, bytes(data))


BYTES = (
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
    b"\xe2\x80\xa8",
    b"\xe2\x80\xae",
    b"\r",
    b"\r\n",
    b"\x85",
    b"\x1b[2J",
    b"\0",
    b"\t",
)

YAML = (
    "a", "b: ", "- ", "[", "]", "{", "}", ", ", "? ", ": ", "| ", "> ", "|2-", "'", '"', "\\", "#", "&a ", "*a", "<<: ",
    "!!str ", "!x ", "%YAML 1.1\n", "---\n", "...\n", "\n", "\n  ", "\n    ", "r2v: 1\n", "title: x\n", "shots:\n",
    "\\ud800", "\\x00", "~", "null", "1e400", "0x", "\t", "\u2028", "\ufeff", "include: ", "fuzz.yaml",
    "cast: ", "vars: ",
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(YAML), max_size=40).map("".join))
def test_any_pieces_of_yaml_are_diagnosed(studio, text):
    is_answered(studio, text.encode("utf-8"))


TEMPLATE = (
    "{{ ", " }}", "{% ", " %}", "{%- ", " -%}", "{# ", " #}", "mia", "Mia", "film", "shot.id", "x", "x.y", "|upper",
    "|join", "|list", "|map('upper')", "|default('d')", "|sort", "'", '"', "(", ")", "[", "]", "{", "}", "1", "0", "-",
    "*", "**", "/", "~", "if ", "else", "endif", "for i in ", "endfor", "range(3)", "set x = ", "macro m()", "endmacro",
    "m()", "raw", "endraw", "namespace()", "loop.index", "is defined", "not ", "\n", " ", "word", ".__class__",
    "['a']",
    "include 'a'", "block b", "endblock", "call m()", "endcall", "日",
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(TEMPLATE), max_size=25).map("".join))
def test_any_template_is_diagnosed(studio, text):
    cast = "cast: {mia: {look: red hair}}\n"
    board = f"r2v: 1\ntitle: T\n{cast}shots:\n  - {{id: a, prompt: {json.dumps(text)}, duration: 5s}}\n"
    is_answered(studio, board.encode("utf-8"))
