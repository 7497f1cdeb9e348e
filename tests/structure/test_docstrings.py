"""Every module and every public function and class says why it is there; files without code need not."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest


def undocumented(tree: ast.Module) -> Iterator[str]:
    """Names of what lacks a docstring; `(module)` for the file itself."""
    if tree.body and not ast.get_docstring(tree):
        yield "(module)"
    named = (node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)))
    yield from (node.name for node in named if not node.name.startswith("_") and not ast.get_docstring(node))


def test_everything_public_says_why(package) -> None:
    assert [] == [f"{m.name} {name}" for m in package.values() for name in undocumented(m.tree)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("import os\n", ["(module)"]),
        ('"""Why."""\ndef f(): ...\nasync def g(): ...\nclass C: ...\ndef _private(): ...\n', ["f", "g", "C"]),
        ('"""Why."""\ndef f():\n    """When."""\n', []),
    ],
)
def test_what_lacks_one_is_found(text: str, expected: list[str]) -> None:
    assert expected == list(undocumented(ast.parse(text)))
