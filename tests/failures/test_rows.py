"""Every row of the list of failures has a test, and every test that it names is there and runs."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest
from rows import ABSENT, ROWS

import r2v_pipeline

TESTS = Path(__file__).parent.parent
COUNT = 106
# Not every machine lets one program make another's system calls fail; the test then says so.
MAY_SKIP = {"torture/test_system_calls.py::test_each_call_fails_once"}


@cache
def found_in(file: str) -> dict[str, ast.FunctionDef]:
    """The tests of a file; a name that is written twice would hide one."""
    path = TESTS / file
    if not path.exists():
        return {}
    functions = [node for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, ast.FunctionDef)]
    named = [node for node in functions if node.name.startswith("test_")]
    assert len(named) == len({node.name for node in named}), f"{file} has a name twice"
    return {node.name: node for node in named}


def gaps(rows: dict[int, tuple[str, ...]], absent: set[int], count: int) -> list[int]:
    """The numbers without a test."""
    return [number for number in range(1, count + 1) if not rows.get(number) and number not in absent]


def test_every_row_is_automated() -> None:
    assert [] == gaps({number: row.tests for number, row in ROWS.items()}, {*ABSENT}, COUNT)
    assert {*ROWS}.isdisjoint(ABSENT)
    assert {*ROWS, *ABSENT} == {*range(1, COUNT + 1)}


def test_a_row_without_a_test_is_found() -> None:
    assert [2, 4] == gaps({1: ("a",), 2: ()}, {3}, 4)


@pytest.mark.parametrize("number", ROWS)
def test_the_tests_of_a_row_are_there(number: int) -> None:
    """Renamed, taken out, skipped or expected to fail: then the row has no test."""
    for test in ROWS[number].tests:
        file, _, name = test.partition("::")
        node = found_in(file).get(name)
        assert node is not None, f"there is no {test}"
        marks = [ast.unparse(mark) for mark in node.decorator_list]
        assert not [mark for mark in marks if "skip" in mark or "xfail" in mark], test
        skips = [call for call in ast.walk(node) if isinstance(call, ast.Call) and "skip" in ast.unparse(call.func)]
        assert not skips or test in MAY_SKIP, test


def test_every_test_here_is_named_by_a_row() -> None:
    """What belongs to no row belongs elsewhere; prices that change are told where the vendor is."""
    beside = {"failures/test_vendor.py::test_an_actual_price_above_the_estimate_stops_what_no_longer_fits"}
    named = {test for row in ROWS.values() for test in row.tests}
    mine = {
        f"failures/{path.name}::{name}"
        for path in Path(__file__).parent.glob("test_*.py")
        if path.name != Path(__file__).name
        for name in found_in(f"failures/{path.name}")
    }
    assert beside == mine - named


@pytest.mark.parametrize("number", ABSENT)
def test_what_is_absent_still_is(number: int) -> None:
    """As soon as it is there, its row wants a test."""
    assert [] == [*Path(r2v_pipeline.__file__).parent.glob(ABSENT[number][1])]


def test_no_two_rows_are_the_same() -> None:
    assert len(ROWS) == len({row.what for row in ROWS.values()})
