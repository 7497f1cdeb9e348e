"""Amounts, lengths and columns as they are read."""

from __future__ import annotations

import pytest

from r2v_pipeline.providers.base import Cost
from r2v_pipeline.report.words import ago, columns, counted, elapsed, money, number, price, seconds, size


@pytest.mark.parametrize(
    ("micros", "currency", "expected"),
    [
        (980_000, "USD", "$0.98"),
        (12_500, "USD", "$0.0125"),
        (0, "EUR", "€0.00"),
        (1_234_000_000, "CNY", "1234.00 CNY"),
        (-500_000, "USD", "-$0.50"),
        (1, "USD", "$0.000001"),
    ],
)
def test_money(micros: int, currency: str, expected: str) -> None:
    assert expected == money(micros, currency)


def test_price() -> None:
    assert "$1.00" == price(Cost(1_000_000, 1_000_000, "USD"))
    assert "$1.00 to $2.50" == price(Cost(1_000_000, 2_500_000, "USD"))
    assert "price unknown" == price(Cost(0, 0, "USD", known=False))


@pytest.mark.parametrize(
    ("duration", "expected"),
    [(-1, "0.0 s"), (4.14, "4.1 s"), (59.94, "59.9 s"), (59.96, "1:00"), (70.4, "1:10"), (7400, "2:03:20")],
)
def test_elapsed(duration: float, expected: str) -> None:
    assert expected == elapsed(duration)


@pytest.mark.parametrize(
    ("duration", "expected"),
    [(-5, "just now"), (59, "just now"), (60, "1 minute ago"), (7_300, "2 hours ago"), (259_200, "3 days ago")],
)
def test_ago(duration: float, expected: str) -> None:
    assert expected == ago(duration)


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_951, "1.0 MB"),
        (5 * 10**15, "5000.0 TB"),
    ],
)
def test_size(count: int, expected: str) -> None:
    assert expected == size(count)


def test_counts_and_seconds() -> None:
    assert ("1 shot", "0 shots", "2 shots") == (counted(1, "shot"), counted(0, "shot"), counted(2, "shot"))
    assert ("10 s", "2.5 s") == (seconds(10_000), seconds(2_500))
    assert ("0", "2", "0.98") == tuple(str(number(n, 1_000_000)) for n in (0, 2_000_000, 980_000))


def test_columns() -> None:
    assert ["  a    c", "  bbb  d"] == columns([("a", "", "c"), ("bbb", "", "d")])
    assert ["  a  b", "  c"] == columns([("a", "b"), ("c", "")])
    assert [] == columns([])
