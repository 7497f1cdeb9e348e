"""What was spent: groups of attempts with what was expected, what is certain, what is reserved and what is in doubt.

Every sum is of one currency; there is no total over two.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from r2v_pipeline.execute.spending import Spending
from r2v_pipeline.report.diagnostics import Paint
from r2v_pipeline.report.safe import safe
from r2v_pipeline.report.words import columns, counted, money, number

VERSION = 1

# How a group is named.  Without a Git commit, and where a build did not say its storyboard, the name is empty.
GROUPS: Mapping[str, Callable[[Spending], tuple[str, ...]]] = {
    "shot": lambda row: (row.storyboard, row.shot),
    "day": lambda row: (time.strftime("%Y-%m-%d", time.gmtime(row.at)),),
    "storyboard": lambda row: (row.storyboard,),
    "commit": lambda row: (row.revision,),
}
_COMMIT_DIGITS = 12
_NAMELESS = {"commit": "(no commit)", "storyboard": "(unknown)", "shot": "(unknown)"}


class Sums(NamedTuple):
    """Of one group in one currency, all in millionths.

    `estimate` is what was expected of what is spent now, so the two can be held against each other; `told` is the part
    of `spent` that the provider itself reported, the rest is the estimate again.  `unknown` attempts have no price.
    """

    currency: str
    attempts: int = 0
    estimate: int = 0
    spent: int = 0
    told: int = 0
    reserved: int = 0
    doubt: int = 0
    unknown: int = 0

    def plus(self, row: Spending) -> Sums:
        """With one attempt more; one that is certainly free counts as made and adds nothing."""
        found = self._replace(attempts=self.attempts + 1)
        if row.kind == "none":
            return found
        if row.owed is None:
            return found._replace(unknown=found.unknown + 1)
        if row.kind == "reserved":
            return found._replace(reserved=found.reserved + row.owed)
        if row.kind == "doubt":
            return found._replace(doubt=found.doubt + row.owed)
        same = row.estimate is not None and row.currency == row.owed_currency
        expected = row.estimate if same and row.estimate is not None else row.owed
        return found._replace(
            estimate=found.estimate + expected,
            spent=found.spent + row.owed,
            told=found.told + (row.owed if row.told else 0),
        )


class Group(NamedTuple):
    """`name` is what `GROUPS` gives; one `Sums` a currency."""

    name: tuple[str, ...]
    sums: tuple[Sums, ...]


def grouped(rows: Iterable[Spending], by: str) -> tuple[Group, ...]:
    """Days, and groups without a natural order, in the order in which money was first asked for them."""
    found: dict[tuple[str, ...], dict[str, Sums]] = {}
    for row in rows:
        sums = found.setdefault(GROUPS[by](row), {})
        currency = row.owed_currency
        sums[currency] = sums.get(currency, Sums(currency)).plus(row)
    return tuple(Group(name, tuple(sums[c] for c in sorted(sums))) for name, sums in found.items())


def totals(rows: Iterable[Spending]) -> tuple[Sums, ...]:
    """One for each currency, by its name."""
    found: dict[str, Sums] = {}
    for row in rows:
        found[row.owed_currency] = found.get(row.owed_currency, Sums(row.owed_currency)).plus(row)
    return tuple(found[currency] for currency in sorted(found))


def to_text(rows: Sequence[Spending], by: str, paint: Paint) -> str:
    """A sentence a currency, then a line a group."""
    if not rows:
        return "Nothing was bought.\n"
    whole = totals(rows)
    head = [paint.bold(_sentence(sums)) for sums in whole]
    lines = _table(grouped(rows, by), by)
    notes = []
    if any(sums.told < sums.spent for sums in whole):
        notes.append("Where a provider does not say what it bills, the estimate counts as spent.")
    if any(sums.doubt for sums in whole):
        notes.append("What is in doubt may have been bought: `r2v status` shows it, `r2v resolve` settles it.")
    return "\n\n".join("\n".join(block) for block in (head, lines, notes) if block) + "\n"


def to_json(rows: Sequence[Spending], by: str) -> dict[str, Any]:
    """Version 1; amounts are numbers of their currency."""
    groups = [{**_named(group.name, by), **_json(sums)} for group in grouped(rows, by) for sums in group.sums]
    return {"version": VERSION, "by": by, "groups": groups, "totals": [_json(sums) for sums in totals(rows)]}


def _sentence(sums: Sums) -> str:
    parts = [f"Spent {money(sums.spent, sums.currency)}"]
    if sums.estimate != sums.spent:
        parts[0] += f" of {money(sums.estimate, sums.currency)} expected"
    if sums.reserved:
        parts.append(f"{money(sums.reserved, sums.currency)} reserved for what is on its way")
    if sums.doubt:
        parts.append(f"possibly {money(sums.doubt, sums.currency)} more in doubt")
    if sums.unknown:
        parts.append(f"and {counted(sums.unknown, 'render')} at an unknown price")
    return ", ".join(parts) + "."


def _table(groups: Sequence[Group], by: str) -> list[str]:
    several = len({group.name[0] for group in groups}) > 1
    rows: list[tuple[str, ...]] = [(by, "renders", "expected", "spent", "reserved", "in doubt", "unknown")]
    for group in groups:
        for sums in group.sums:
            amounts = (sums.estimate, sums.spent, sums.reserved, sums.doubt)
            shown = (money(amount, sums.currency) if amount else "" for amount in amounts)
            unknown = str(sums.unknown) if sums.unknown else ""
            rows.append((_name(group.name, by, several), str(sums.attempts), *shown, unknown))
    return columns(_without_empty(rows))


def _without_empty(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """Columns that have a heading and nothing else are left out."""
    kept = [at for at in range(len(rows[0])) if at < 2 or any(row[at] for row in rows[1:])]
    return [[row[at] for at in kept] for row in rows]


def _name(name: tuple[str, ...], by: str, several: bool) -> str:
    """A shot goes by its own name as long as there is one storyboard only."""
    if by == "commit":
        return safe(name[0][:_COMMIT_DIGITS]) or _NAMELESS[by]
    if by == "shot" and several:
        return f"{safe(name[0])} {safe(name[1])}".strip()
    return safe(name[-1]) or _NAMELESS.get(by, "")


def _named(name: tuple[str, ...], by: str) -> dict[str, str]:
    return {"storyboard": name[0], "shot": name[1]} if by == "shot" else {by: name[0]}


def _json(sums: Sums) -> dict[str, Any]:
    amounts = {name: number(getattr(sums, name), 1_000_000) for name in ("estimate", "spent", "told", "reserved")}
    doubt = number(sums.doubt, 1_000_000)
    return {"currency": sums.currency, "attempts": sums.attempts, **amounts, "in_doubt": doubt, "unknown": sums.unknown}
