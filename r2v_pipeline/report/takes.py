"""The clips of one shot, oldest first: what each cost, where it lies, and which one the film has."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from r2v_pipeline.execute.clips import Clip
from r2v_pipeline.report.diagnostics import Paint
from r2v_pipeline.report.safe import safe
from r2v_pipeline.report.words import ago, columns, counted, money, number, size

VERSION = 1

# Digits of a key that are shown: enough to tell the clips of a project apart.
_DIGITS = 12


class Standing(NamedTuple):
    """What the lock and the storyboard say of a clip: whether `pick` can take it, and who approved it."""

    current: bool
    approved: tuple[str, ...] = ()


def to_text(
    shot: str, clips: Sequence[Clip], now: float, paint: Paint, standing: Mapping[str, Standing] | None = None
) -> str:
    """A sentence, then a line a clip; a star marks what is in use, and the films that use it follow.

    A split shot has clips of its parts, each under the name of its part.  `standing` is by key; None where the
    storyboard cannot be read.
    """
    if not clips:
        return f"{safe(shot)} has no clip yet.\n"
    used = len({clip.job for clip in clips if clip.outputs})
    sentence = f"{safe(shot)}: {counted(len(clips), 'clip')}, {used or 'none'} in use."
    parts = any(clip.job != shot for clip in clips)
    rows = [
        (
            "*" if clip.outputs else "",
            safe(clip.job) if parts else "",
            f"take {clip.take}" if clip.take is not None else "take ?",
            ago(now - clip.at) if clip.at is not None else "a teammate's",
            safe(f"{clip.provider} {clip.model}".strip()),
            _price(clip),
            size(clip.size),
            clip.key[:_DIGITS],
            safe(", ".join(clip.outputs)),
            safe(_stands(standing[clip.key])) if standing and clip.key in standing else "",
            # Last, since it is the longest, and a narrow terminal breaks it.
            safe(shown(clip)) if clip.there else _gone(clip),
        )
        for clip in clips
    ]
    return "\n\n".join((paint.bold(sentence), "\n".join(columns(rows)))) + "\n"


def to_json(shot: str, clips: Sequence[Clip], standing: Mapping[str, Standing] | None = None) -> dict[str, Any]:
    """Version 1; `price` is null where nobody knows, `file` where the clip is gone, `current` where the storyboard
    cannot be read."""
    known = standing or {}
    return {"version": VERSION, "shot": shot, "clips": [_json(clip, known.get(clip.key)) for clip in clips]}


def shown(clip: Clip) -> str:
    """The clip's file, seen from here."""
    return os.path.relpath(clip.path).replace(os.sep, "/")


def _price(clip: Clip) -> str:
    if clip.micros is None:
        return "price unknown"
    return money(clip.micros, clip.currency) if clip.micros else "free"


def _stands(standing: Standing) -> str:
    """In a few words; what can be picked needs none."""
    names = f"approved by {', '.join(standing.approved)}" if standing.approved else ""
    return names if standing.current else "of another prompt"


def _gone(clip: Clip) -> str:
    return "not here (r2v pull)" if clip.at is None else "gone from the store"


def _json(clip: Clip, standing: Standing | None) -> dict[str, Any]:
    return {
        "job": clip.job,
        "take": clip.take,
        "at": clip.at,
        "provider": clip.provider,
        "model": clip.model,
        "price": None if clip.micros is None else number(clip.micros, 1_000_000),
        "currency": clip.currency,
        "key": clip.key,
        "sha256": clip.digest,
        "size": clip.size,
        "file": shown(clip) if clip.there else None,
        "used_by": list(clip.outputs),
        "current": standing.current if standing else None,
        "approved": list(standing.approved) if standing else [],
    }
