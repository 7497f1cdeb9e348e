"""Every row of the list of bad input has a test here, which its number finds: `@row(n)`."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

HERE = Path(__file__).parent
ROWS = 80


def rows_of(code: str) -> Counter[int]:
    """The rows that the tests of a file name, each with the number of its tests."""
    counted: Counter[int] = Counter()
    for node in ast.parse(code).body:
        if not isinstance(node, ast.FunctionDef):
            continue
        named = [d for d in node.decorator_list if isinstance(d, ast.Call) and ast.unparse(d.func) == "row"]
        assert node.name.startswith("test_") or not named, f"{node.name} is never run"
        counted.update(argument.value for call in named for argument in call.args)
    return counted


def test_every_row_is_automated():
    counted: Counter[int] = Counter()
    for path in HERE.glob("test_*.py"):
        counted += rows_of(path.read_text("utf-8"))
    assert list(range(1, ROWS + 1)) == sorted(counted)


def test_every_test_names_its_row():
    """What belongs to no row belongs elsewhere."""
    for path in HERE.glob("test_*.py"):
        if path.name == Path(__file__).name:
            continue
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                assert any(ast.unparse(d).startswith("row(") for d in node.decorator_list), f"{path.name}: {node.name}"


def test_none_is_left_out():
    """No row is skipped, expected to fail, or left to another day."""
    for path in HERE.glob("*.py"):
        if path.name != Path(__file__).name:
            assert not any(
                word in path.read_text("utf-8") for word in ("pytest.skip", "mark.skip", "xfail", "importorskip")
            )


def test_a_row_without_a_test_is_found():
    assert Counter({1: 1, 3: 2}) == rows_of("@row(1, 3)\ndef test_a(): ...\n\n@row(3)\ndef test_b(): ...\n")
