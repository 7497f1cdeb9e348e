"""`r2v status`: where every shot stands, what waits for a person, and what lies on the disk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from r2v_pipeline.report.diagnostics import Paint
from r2v_pipeline.report.safe import safe
from r2v_pipeline.report.words import ago, columns, counted, elapsed, size

VERSION = 1

# How each state of an attempt reads; a shot without any attempt has the state `none`.
_WORDS = {
    "none": "not built",
    "submitting": "in doubt",
    "running": "running",
    "ready": "ready to fetch",
    "stored": "stored",
    "rejected": "refused",
    "failed": "failed",
    "cancelled": "cancelled",
    "expired": "expired",
    "abandoned": "given up",
}


class Row(NamedTuple):
    """One shot, or one part of a split shot, as its last attempt left it; `job` is its job's id where that is another.

    `state` is an attempt's state or `none`.  `since` is when it came to be in seconds since the epoch, None without an
    attempt.  `size` is bytes of the clip in the store, None without one.  `note` is the provider's or r2v's reason.
    `left` is how many seconds a running job will probably take still, None where nobody can tell.  `approved` are the
    names of those who approved its shot as it is.  `settles`: it is in doubt, and the next build finds out by itself.
    """

    shot: str
    state: str
    provider: str = ""
    model: str = ""
    since: float | None = None
    size: int | None = None
    take: int = 1
    note: str = ""
    job: str = ""
    left: float | None = None
    approved: tuple[str, ...] = ()
    settles: bool = False

    @property
    def name(self) -> str:
        """What people call it: the parts of a split shot go by their own names."""
        return self.job or self.shot


class Store(NamedTuple):
    """What the project keeps: files and bytes, and how many of the bytes no current shot uses."""

    files: int
    bytes: int
    unused: int


def to_text(rows: Sequence[Row], store: Store, now: float, paint: Paint, named: str = "") -> str:
    """A sentence, one line a shot, what to do about doubts, the disk.  `now` is seconds since the epoch; `named` are
    the words by which a command means this storyboard."""
    cells = [
        (
            safe(row.name),
            _WORDS.get(row.state, safe(row.state)),
            safe(" ".join(filter(None, (row.provider, row.model)))),
            f"take {row.take}" if row.take > 1 else "",
            ago(now - row.since) if row.since is not None else "",
            _left(row),
            size(row.size) if row.size is not None else "",
            safe(f"approved by {', '.join(row.approved)}") if row.approved else "",
            safe(row.note),
        )
        for row in rows
    ]
    blocks = [[paint.bold(_sentence(rows))], columns(cells), _doubts(rows, paint, named), [_disk(store)]]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def line(row: Row) -> str:
    """One shot in one line, for a log of what changes."""
    words = [f"{safe(row.name)}:", _WORDS.get(row.state, safe(row.state)), _left(row), safe(row.note)]
    return " ".join(filter(None, words))


def to_json(rows: Sequence[Row], store: Store) -> dict[str, Any]:
    """Version 1; `since`, `size` and `left` are null where there is none."""
    shots = [{**row._asdict(), "job": row.name, "approved": list(row.approved)} for row in rows]
    return {"version": VERSION, "shots": shots, "store": store._asdict()}


def _left(row: Row) -> str:
    """Rough on purpose: it is the middle of what such jobs take."""
    if row.left is None:
        return ""
    seconds = round(row.left)
    if not seconds:
        return "any moment now"
    return f"about {f'{seconds} s' if seconds < 60 else elapsed(seconds)} left"


def _sentence(rows: Sequence[Row]) -> str:
    found = Counter(row.state for row in rows)
    counts = [f"{found[state]} {word}" for state, word in _WORDS.items() if found[state]]
    if not rows:
        return "No shots."
    shots = len({row.shot for row in rows})
    clips = f" in {counted(len(rows), 'clip')}" if shots < len(rows) else ""
    return f"{counted(shots, 'shot')}{clips}: {', '.join(counts)}."


def _doubts(rows: Sequence[Row], paint: Paint, named: str) -> list[str]:
    """What a build finds out by itself; else the three ways out of a doubt, which only a person can choose between:
    they differ in what is paid."""
    doubts = [row for row in rows if row.state == "submitting" and not row.settles]
    if not doubts:
        settling = [row for row in rows if row.settles]
        what = "its answer was" if len(settling) == 1 else "their answers were"
        return [f"In doubt, since {what} lost: the next r2v build asks again, for nothing more."] if settling else []
    command = safe(" ".join(filter(None, ("r2v resolve", doubts[0].name, named))))
    what = "clip" if any(row.job for row in doubts) else "shot"
    return [
        paint.yellow(f"{counted(len(doubts), what)} may exist at the provider: look there, then say which it is."),
        f"  {command} --found ID     it is there: fetch it",
        f"  {command} --never-ran    it is not there: the next build renders it",
        f"  {command} --resubmit     send it again, even if it is billed twice",
    ]


def _disk(store: Store) -> str:
    unused = f", {size(store.unused)} of them not of this storyboard as it is now" if store.unused else ""
    return f".r2v holds {counted(store.files, 'file')}, {size(store.bytes)}{unused}."
