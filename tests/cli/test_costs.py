"""What was spent: sums that agree with the caps, each in its own currency."""

from __future__ import annotations

import json
import subprocess
from calendar import timegm

import pytest

from r2v_pipeline.cli.moments import age_s, since
from r2v_pipeline.errors import UsageError
from r2v_pipeline.execute.spending import Spending
from r2v_pipeline.report.costs import to_json, to_text
from r2v_pipeline.report.diagnostics import Paint

PLAIN = Paint(False)
DAY = 86_400.0


def row(shot: str, kind: str = "spent", owed: int | None = 1_000_000, **other: object) -> Spending:
    made = Spending("s.yaml", "abc", shot, "wan", "wan2.6", 0.0, kind, owed, "USD", owed, "USD", False)
    return made._replace(**other)


ROWS = (
    row("open", told=True, estimate=1_200_000),
    row("open", "none", at=DAY),
    row("stairs", "reserved", 500_000, at=DAY),
    row("stairs", "doubt", 250_000, at=DAY),
    row("end", owed=None, estimate=None, at=2 * DAY),
    row("end", owed=2_000_000, currency="CNY", owed_currency="CNY", at=2 * DAY, storyboard="b.yaml", revision=""),
)


def test_text() -> None:
    assert """\
Spent 2.00 CNY.
Spent $1.00 of $1.20 expected, $0.50 reserved for what is on its way, possibly $0.25 more in doubt, and 1 render at an \
unknown price.

  shot           renders  expected  spent     reserved  in doubt  unknown
  s.yaml open    2        $1.20     $1.00
  s.yaml stairs  2                            $0.50     $0.25
  s.yaml end     1                                                1
  b.yaml end     1        2.00 CNY  2.00 CNY

Where a provider does not say what it bills, the estimate counts as spent.
What is in doubt may have been bought: `r2v status` shows it, `r2v resolve` settles it.
""" == to_text(ROWS, "shot", PLAIN)


@pytest.mark.parametrize(
    ("by", "lines"),
    [
        ("day", ["1970-01-01  1", "1970-01-02  3", "1970-01-03  1", "1970-01-03  1"]),
        ("storyboard", ["s.yaml      5", "b.yaml      1"]),
        ("commit", ["abc          5", "(no commit)  1"]),
    ],
)
def test_other_groups(by: str, lines: list[str]) -> None:
    table = to_text(ROWS, by, PLAIN).split("\n\n")[1].splitlines()[1:]
    assert lines == [line.strip()[: len(wanted)] for line, wanted in zip(table, lines, strict=True)]


def test_json() -> None:
    found = to_json(ROWS, "shot")
    assert (1, "shot") == (found["version"], found["by"])
    assert {
        "storyboard": "s.yaml",
        "shot": "stairs",
        "currency": "USD",
        "attempts": 2,
        "estimate": 0,
        "spent": 0,
        "told": 0,
        "reserved": 0.5,
        "in_doubt": 0.25,
        "unknown": 0,
    } == found["groups"][1]
    assert ["CNY", "USD"] == [total["currency"] for total in found["totals"]]
    assert [2, 1] == [total["spent"] for total in found["totals"]]


def test_nothing_bought() -> None:
    assert "Nothing was bought.\n" == to_text((), "day", PLAIN)


def test_hostile_names_are_shown_and_do_nothing() -> None:
    text = to_text((row("a\x1b[2J"),), "shot", PLAIN)
    assert "a\\x1b[2J" in text


@pytest.mark.parametrize(
    ("text", "expected"), [("30d", 2_592_000), ("12h", 43_200), ("45m", 2_700), ("2w", 1_209_600), ("0", 0)]
)
def test_ages(text: str, expected: float) -> None:
    assert expected == age_s("--x", text)


@pytest.mark.parametrize("text", ["", "d", "-1d", "1y", "1 month", "1.5d", "9999999d", "nan"])
def test_what_is_no_age(text: str) -> None:
    with pytest.raises(UsageError):
        age_s("--x", text)


def test_days() -> None:
    assert timegm((2026, 1, 31, 0, 0, 0)) == since("--since", "2026-01-31", 0.0)
    assert 100.0 == since("--since", "1h", 3_700.0)
    for text in ("2026-02-30", "yesterday", "2026-1-1", "0000-00-00"):
        with pytest.raises(UsageError):
            since("--since", text, 0.0)


def spent(ran) -> list[float]:
    return [total["spent"] for total in json.loads(ran.out)["totals"]]


def test_the_command(studio, vendor, r2v, change) -> None:
    assert "Nothing was bought.\n" == r2v("costs", cwd=studio).out
    assert 0 == r2v("build", "s.yaml", "--yes", cwd=studio).rc
    change("snow", "rain")
    assert 0 == r2v("build", "s.yaml", "--max-cost", "1USD", cwd=studio).rc
    billed = sum(job["micros"] for job in vendor.ledger()["jobs"])
    shots = json.loads(r2v("costs", "s.yaml", "--format", "json", cwd=studio).out)
    assert [("first", 0.2), ("second", 0.1)] == [(group["shot"], group["spent"]) for group in shots["groups"]]
    assert [billed / 1e6] == [total["spent"] for total in shots["totals"]]
    assert [0.3] == spent(r2v("costs", "--since", "1d", "--format", "json", cwd=studio))
    assert [] == spent(r2v("costs", "--since", "2100-01-01", "--format", "json", cwd=studio))


def test_the_free_animatic_is_no_cost(studio, r2v, vendor) -> None:
    assert 0 == r2v("build", "s.yaml", "--preview", cwd=studio).rc
    assert "Nothing was bought.\n" == r2v("costs", cwd=studio).out
    assert [] == vendor.ledger()["jobs"]


def test_by_commit_names_the_commit_that_was_built(studio, vendor, r2v, environment) -> None:
    (studio / ".git").rmdir()
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["add", "s.yaml"], [*who, "commit", "-qm", "one"]):
        subprocess.run(["git", *words], cwd=studio, env=environment, check=True)
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=studio, env=environment, capture_output=True, check=True)
    assert 0 == r2v("build", "s.yaml", "--yes", cwd=studio).rc
    found = json.loads(r2v("costs", "--by", "commit", "--format", "json", cwd=studio).out)
    assert [head.stdout.decode().strip()] == [group["commit"] for group in found["groups"]]
    assert 2 == len(vendor.ledger()["jobs"])


def test_a_storyboard_that_is_gone_has_its_costs_still(studio, vendor, r2v) -> None:
    assert 0 == r2v("build", "s.yaml", "--yes", cwd=studio).rc
    (studio / "s.yaml").unlink()
    assert [0.2] == spent(r2v("costs", "s.yaml", "--format", "json", cwd=studio))
    wrong = r2v("costs", "t.yaml", cwd=studio)
    assert (2, True) == (wrong.rc, "did you mean 's.yaml'?" in wrong.err)
    assert 2 == len(vendor.ledger()["jobs"])


def test_it_writes_nothing(studio, r2v) -> None:
    before = sorted(studio.rglob("*"))
    assert 0 == r2v("costs", cwd=studio).rc
    assert before == sorted(studio.rglob("*"))


@pytest.mark.parametrize("words", [("--by", "week"), ("--since", "soon"), ("--format", "xml"), ("a", "b")])
def test_a_wrong_command_line(studio, r2v, words) -> None:
    assert 2 == r2v("costs", *words, cwd=studio).rc
