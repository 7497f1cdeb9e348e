"""Damaged storyboards: r2v answers with diagnostics or a storyboard, never with an exception."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from r2v_pipeline.cli.front import Options, compiled, read
from r2v_pipeline.report.diagnostics import Paint, to_json, to_text

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "storyboards"
SAMPLES = ROOT / "tests" / "model" / "samples"
BOARDS = [path.read_text("utf-8") for path in sorted([*EXAMPLES.glob("*.yaml"), *SAMPLES.glob("*.yaml")])]

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
    (studio / "fuzz.yaml").write_text(text, encoding="utf-8")
    front = read("fuzz.yaml", Options())
    assert to_text(front.diagnostics, Paint(False)) or not front.diagnostics
    assert len(front.diagnostics) == len(to_json(front.diagnostics)["diagnostics"])
    if front.expanded:
        compilation, found = compiled(front)
        assert compilation is not None or found
    else:
        assert front.diagnostics
