"""A module is at most 400 lines, a function at most 40 lines of code: more is two things that share a name."""

from __future__ import annotations

import ast
from collections.abc import Iterator

MODULE_LINES = 400
FUNCTION_LINES = 40

# Module -> why it may be longer.  Nothing else may.
EXEMPT = {"r2v_pipeline.model.verdict": "generated from the schema; nobody edits or reads it as a whole"}


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function, methods and nested ones too."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef, text: str) -> int:
    """Lines from `def` to the end that are neither blank, nor only a comment, nor the docstring."""
    lines = set(range(function.lineno, (function.end_lineno or function.lineno) + 1))
    if ast.get_docstring(function, clean=False) is not None:
        first = function.body[0]
        lines -= set(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    source = text.splitlines()
    return sum(1 for number in lines if source[number - 1].strip() and not source[number - 1].lstrip().startswith("#"))


def test_modules_are_short(package) -> None:
    long = {m.name: n for m in package.values() if (n := len(m.text.splitlines())) > MODULE_LINES}
    assert {} == {name: n for name, n in long.items() if name not in EXEMPT}


def test_functions_are_short(package) -> None:
    long = {
        f"{m.name}:{f.lineno} {f.name}": n
        for m in package.values()
        if m.name not in EXEMPT
        for f in functions(m.tree)
        if (n := code_lines(f, m.text)) > FUNCTION_LINES
    }
    assert {} == long


def test_every_exemption_is_still_needed(package) -> None:
    def over(module) -> bool:
        return len(module.text.splitlines()) > MODULE_LINES or any(
            code_lines(f, module.text) > FUNCTION_LINES for f in functions(module.tree)
        )

    assert [] == [name for name in EXEMPT if name not in package or not over(package[name])]


def test_what_counts_as_a_line() -> None:
    text = 'def f(\n    a,\n):\n    """Two\n    lines."""\n\n    # a comment\n    return [\n        a,\n    ]\n'
    assert [6] == [code_lines(f, text) for f in functions(ast.parse(text))]
