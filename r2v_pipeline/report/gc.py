"""What a clean-up takes away or would: how much of what, what stays and why."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from r2v_pipeline.execute.garbage import (
    BOUGHT,
    DRAWN,
    MADE,
    NAMED,
    PAID,
    PART,
    PIECE,
    REHEARSED,
    STRAY,
    USED,
    YOUNG,
    Item,
    Survey,
)
from r2v_pipeline.report.diagnostics import Paint
from r2v_pipeline.report.safe import safe
from r2v_pipeline.report.words import ago, columns, counted, size

VERSION = 1

_KINDS = {
    BOUGHT: "clips that were paid for",
    STRAY: "of the store, unknown to the journal",
    DRAWN: "clips drawn by this machine",
    MADE: "pictures and joins made out of clips",
    PIECE: "stretches encoded for a film",
    PART: "half-written files",
    REHEARSED: "of builds in the sandbox, which nobody paid",
}
_REASONS = {
    USED: "in use by a film",
    NAMED: "named by a lock in Git or in the project",
    PAID: "paid for (--paid lets them go)",
    YOUNG: "younger than the age that may go (--older-than)",
}
# Paid clips that go are shown one by one, but not without end.
_MOST_ROWS = 40


def to_text(found: Survey, now: float, paint: Paint, *, done: bool) -> str:
    """`done`: it is gone; else it would go with `--yes`."""
    verb = "Removed" if done else "Would remove"
    if not found.going:
        head = ["Nothing to remove."]
    else:
        head = [paint.bold(f"{verb} {counted(len(found.going), 'file')}, {size(_bytes(found.going))}.")]
    blocks = [head, _sums(found.going), _bought(found.going, now), _kept(found)]
    if found.going and not done:
        blocks.append(["Nothing was touched: add --yes to remove them."])
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def to_json(found: Survey, *, done: bool) -> dict[str, Any]:
    """Version 1.  `removed` says whether `files` are gone already; `kept` are sums by reason."""
    files = [{**item._asdict(), "path": _shown(item.path)} for item in found.going]
    kept = {
        reason: {"files": len(items), "bytes": _bytes(items)} for reason in _REASONS if (items := _of(found, reason))
    }
    return {"version": VERSION, "removed": done, "bytes": _bytes(found.going), "files": files, "kept": kept}


def _sums(going: Sequence[Item]) -> list[str]:
    rows = []
    for kind, words in _KINDS.items():
        items = [item for item in going if item.kind == kind]
        if items:
            rows.append((f"{len(items):>4}", words, size(_bytes(items))))
    return columns(rows)


def _bought(going: Sequence[Item], now: float) -> list[str]:
    """Each clip whose loss costs money, by the shot that it was bought for."""
    items = [item for item in going if item.kind in (BOUGHT, STRAY)]
    rows = [(safe(i.shot) or "?", ago(now - i.since), size(i.size), safe(_shown(i.path))) for i in items[:_MOST_ROWS]]
    more = [f"  … and {len(items) - _MOST_ROWS} more"] if len(items) > _MOST_ROWS else []
    return [*columns(rows), *more]


def _kept(found: Survey) -> list[str]:
    rows = []
    for reason, words in _REASONS.items():
        if items := _of(found, reason):
            rows.append((f"{len(items):>4}", words, size(_bytes(items))))
    return ["Kept:", *columns(rows)] if rows else []


def _of(found: Survey, reason: str) -> list[Item]:
    return [item for item, why in found.kept if why == reason]


def _shown(path: Path) -> str:
    return os.path.relpath(path).replace(os.sep, "/")


def _bytes(items: Iterable[Item]) -> int:
    return sum(item.size for item in items)
