"""What `init` writes works at once: for r2v, and for the editor that opens it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from r2v_pipeline.model.schema_file import NAME, schema_text

ROOT = Path(__file__).parents[2]
MODELINE = re.compile(r"^# yaml-language-server: \$schema=(\S+)$", re.M)
EXAMPLES = sorted(path for path in (ROOT / "examples").rglob("*.yaml") if MODELINE.search(path.read_text("utf-8")))


def named_schema(storyboard: Path) -> Path:
    """The file that a storyboard names to its editor, found as editors do: from the storyboard's own folder."""
    found = MODELINE.match(storyboard.read_text("utf-8"))
    assert found, "the first line names the schema"
    return storyboard.parent / found[1].partition("#")[0]


def test_the_editor_finds_the_schema_beside_the_storyboard(project: Path, r2v) -> None:
    """A name without folders: it means the same in every editor, workspace and clone, and needs no network."""
    assert 0 == r2v("init", "film").rc
    schema = named_schema(project / "film" / "storyboard.yaml")
    assert project / "film" / NAME == schema
    assert schema_text() == schema.read_text("utf-8")


def test_a_new_project_has_no_mistakes(project: Path, r2v) -> None:
    r2v("init", "film")
    assert [] == json.loads(r2v("check", "film/storyboard.yaml", "--format", "json").out)["diagnostics"]
    assert {".gitignore", NAME, "storyboard.yaml"} == {path.name for path in (project / "film").iterdir()}


def test_nothing_is_overwritten(project: Path, r2v) -> None:
    (project / NAME).write_text("{}", "utf-8")
    assert 0 == r2v("init").rc
    assert "{}" == (project / NAME).read_text("utf-8")
    ran = r2v("init")
    assert 2 == ran.rc
    assert "exists already" in ran.err


@pytest.mark.parametrize("title", ["die-schöne_müllerin", "a: b", 'say "hi"', "1984", "yes", "back\\slash"])
def test_any_folder_makes_a_title(title: str, project: Path, r2v) -> None:
    assert 0 == r2v("init", title).rc
    assert 0 == r2v("check", f"{title}/storyboard.yaml").rc, project


def test_schema_is_printed_or_written(project: Path, r2v) -> None:
    assert schema_text() == r2v("schema").out
    (project / NAME).write_text("of an older r2v", "utf-8")
    ran = r2v("schema", "--output", NAME)
    assert (0, f"wrote {NAME}\n") == (ran.rc, ran.out)
    assert schema_text() == (project / NAME).read_text("utf-8")
    assert 7 == r2v("schema", "-o", "no/such/folder/x.json").rc


@pytest.mark.parametrize("storyboard", EXAMPLES, ids=lambda path: path.name)
def test_the_examples_name_the_schema_of_the_checkout(storyboard: Path) -> None:
    """An included file names the part of it that is for included files: it has no title, and no film."""
    text = storyboard.read_text("utf-8")
    assert (ROOT / "schemas" / NAME).samefile(named_schema(storyboard))
    assert ("\nr2v:" not in text) is text.partition("\n")[0].endswith("#/definitions/include")
