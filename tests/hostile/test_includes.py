"""Rows 42 to 44: what a storyboard includes."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from ground import HEAD, SHOT, row

import r2v_pipeline

PACKAGE = Path(r2v_pipeline.__file__).parent


def including(name: str) -> str:
    """A storyboard that includes this."""
    return f"{HEAD}include: {json.dumps(name)}\n{SHOT}"


@row(42)
def test_rings_of_includes(ground):
    ground.write("a.yaml", "include: b.yaml\n")
    ground.write("b.yaml", "include: a.yaml\n")
    ground.refused(including("a.yaml"), "R2V205")
    ground.refused(including("s.yaml"), "R2V205")


@row(42)
def test_a_diamond_is_read_once(ground):
    ground.write("a.yaml", "include: c.yaml\n")
    ground.write("b.yaml", "include: c.yaml\n")
    ground.write("c.yaml", "shots:\n  - {id: c, prompt: b, duration: 1s}\n")
    ground.accepted(HEAD + "include: [a.yaml, b.yaml]\nexpect: {shots: 1}\n")


@row(42)
def test_a_chain_of_a_hundred_includes(ground):
    for number in range(100):
        ground.write(f"i{number}.yaml", f"include: i{number + 1}.yaml\n")
    assert "too many files" in ground.refused(including("i0.yaml"), "R2V001").out


@row(42)
def test_thousands_of_includes(ground):
    for number in range(2100):
        ground.write(f"i/{number}.yaml", "vars: {x: 1}\n")
    assert "too many files" in ground.refused(including("i/*.yaml"), "R2V001").out


@row(42)
def test_a_thousand_includes_that_are_missing(ground):
    for number in range(400):
        ground.write(f"i/{number}.yaml", "")
    names = ", ".join(f"i/x{number}.yaml" for number in range(1000))
    ground.write("s.yaml", HEAD + f"include: [{names}]\n" + SHOT)
    assert ["R2V201"] * 1000 == ground.limited("check", "s.yaml", "--format", "json", seconds=4).codes


@row(42)
@pytest.mark.parametrize(
    "glob", ["*a" * 100 + "b", "**/" * 500 + "x", "[a" * 100, "?" * 300, "**/a*/" * 100 + "*a*a*a*b"]
)
def test_globs_take_no_time(ground, glob):
    deep = ground.root / "/".join(["a" * 20] * 60)
    deep.mkdir(parents=True)
    for number in range(50):
        (ground.root / ("a" * 200 + str(number))).write_text("")
        (deep / ("a" * 200 + str(number))).write_text("")
    ground.refused(including(glob), "R2V201")


@row(43)
@pytest.mark.parametrize(
    "name",
    ["http://example.com/x.yaml", "https://example.com/x.yaml", "git://example.com/x", "git@example.com:x.yaml",
     "oci://example.com/x", "ssh://example.com/x", "data:text/yaml,a", "github:owner/repo/x.yaml"],
)  # fmt: skip
def test_remote_includes(ground, name):
    """The suite has no network: a look at one would be an error here."""
    answer = ground.check(including(name))
    assert (1, True) == (answer.rc, set(answer.codes) <= {"R2V201", "R2V206"})
    answer = ground.check(HEAD + f"shots:\n  - {{id: a, prompt: b, duration: 5s, template: {json.dumps(name)}}}\n")
    assert (1, ["R2V404"]) == (answer.rc, answer.codes)


@row(44)
@pytest.mark.parametrize("name", ["x.zip", "x.tar", "x.tar.gz", "x.yaml.gz"])
def test_archives_are_no_storyboards(ground, name):
    ground.write(name, b"PK\x03\x04" + bytes(600) if name.endswith("zip") else b"\x1f\x8b\x08" + bytes(600))
    answer = ground.check(including(name))
    assert (1, True) == (answer.rc, set(answer.codes) <= {"R2V001", "R2V002"})


UNPACKERS = {"zipfile", "tarfile", "shutil.unpack_archive", "gzip.open", "gzip.decompress", "lzma", "pickle", "shelve"}


def imported(code: str) -> set[str]:
    """Modules that a text of Python imports, and the attributes of `shutil` that it uses."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            names.add(f"{node.value.id}.{node.attr}")
    return names


@row(44)
def test_nothing_is_ever_unpacked():
    """No part of r2v has the means."""
    assert {"zipfile", "shutil.unpack_archive"} <= imported("import zipfile\nimport shutil\nshutil.unpack_archive('x')")
    found = {path.name: UNPACKERS & imported(path.read_text("utf-8")) for path in PACKAGE.rglob("*.py")}
    assert {} == {name: used for name, used in found.items() if used}
