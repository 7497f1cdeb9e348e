"""Shot lists that others published, as storyboards: the prompts are theirs, or ours where the language says so.

A folder is a list: `storyboard.yaml`, with its source; `published.txt`, the vendor's own words, where they may be
quoted; `prompt.txt`, where r2v writes them differently or the list had to be mended; `codes.txt`, what is wrong in it.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

HERE = Path(__file__).parent
LISTS = sorted(path.parent for path in HERE.glob("*/storyboard.yaml"))
# What `check --fix` mends.
MENDED = ("R2V301", "R2V302")


def text(folder: Path, name: str) -> str:
    path = folder / name
    return path.read_text("utf-8") if path.exists() else ""


def collapsed(prompts: str) -> str:
    """Prompts without what white space makes of them: none next to Chinese, else one space."""
    words = " ".join(prompts.split())
    return words.replace(" ", "") if any("\u4e00" <= char <= "\u9fff" for char in words) else words


@pytest.fixture
def studio(project: Path) -> Path:
    """All lists in one project."""
    for folder in LISTS:
        shutil.copytree(folder, project / folder.name)
    return project


def codes(ran, studio: Path) -> dict[str, list[str]]:
    """The diagnostics of each list as lines of its codes.txt."""
    found: dict[str, list[str]] = {folder.name: [] for folder in LISTS}
    for one in json.loads(ran.out)["diagnostics"]:
        found[Path(one["file"]).parent.name].append(f"{one['code']} {one['line']}:{one['column']}")
    assert studio.exists()
    return found


def test_what_is_wrong_with_them(studio: Path, r2v) -> None:
    """Inclusive seconds, gaps, lines that do not fit, shots without length or longer than the model makes."""
    ran = r2v("check", *(f"{folder.name}/storyboard.yaml" for folder in LISTS), "--format", "json")
    assert {folder.name: text(folder, "codes.txt").splitlines() for folder in LISTS} == codes(ran, studio)


@pytest.mark.parametrize(
    "folder", [f for f in LISTS if text(f, "published.txt") or text(f, "prompt.txt")], ids=lambda f: f.name
)
def test_the_prompt(folder: Path, studio: Path, r2v) -> None:
    """As published, white space aside; what `check --fix` can mend is mended first."""
    if text(folder, "codes.txt").startswith(MENDED):
        assert 0 == r2v("check", f"{folder.name}/storyboard.yaml", "--fix").rc
    ran = r2v("compile", f"{folder.name}/storyboard.yaml", "--format", "json")
    assert 0 == ran.rc, ran.err
    prompts = "\n".join(job["prompt"] for job in json.loads(ran.out)["jobs"])
    assert collapsed(text(folder, "prompt.txt") or text(folder, "published.txt")) == collapsed(prompts), studio


def test_every_list_says_where_it_is_from() -> None:
    assert len(LISTS) >= 12
    assert [] == [folder.name for folder in LISTS if not text(folder, "storyboard.yaml").startswith("# ")]


def test_no_list_is_without_effect() -> None:
    """One that shows neither a prompt nor a mistake would test nothing; a prompt that is the published one, too."""
    names = ("published.txt", "prompt.txt", "codes.txt")
    assert [] == [folder.name for folder in LISTS if not any(text(folder, name) for name in names)]
    both = [(text(f, "published.txt"), text(f, "prompt.txt")) for f in LISTS]
    assert [] == [theirs for theirs, ours in both if ours and collapsed(theirs) == collapsed(ours)]
