"""The clips of one shot, oldest first: what each cost, where it lies, and which one the film has."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from r2v_pipeline.execute.clips import Clip
from r2v_pipeline.report.diagnostics import Paint
from r2v_pipeline.report.safe import safe
from r2v_pipeline.report.words import ago, columns, counted, money, number, size

VERSION = 1

# Digits of a key that are shown: enough to tell the clips of a project apart.
_DIGITS = 12


def to_text(shot: str, clips: Sequence[Clip], now: float, paint: Paint) -> str:
    """A sentence, then a line a clip; a star marks what is in use, and the films that use it follow.

    A split shot has clips of its parts, each under the name of its part.
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
            ago(now - clip.at),
            safe(f"{clip.provider} {clip.model}".strip()),
            _price(clip),
            size(clip.size),
            clip.key[:_DIGITS],
            safe(shown(clip)) if clip.there else "gone from the store",
            safe(", ".join(clip.outputs)),
        )
        for clip in clips
    ]
    return "\n\n".join((paint.bold(sentence), "\n".join(columns(rows)))) + "\n"


def to_json(shot: str, clips: Sequence[Clip]) -> dict[str, Any]:
    """Version 1; `price` is null where nobody knows, `file` where the clip is gone."""
    return {"version": VERSION, "shot": shot, "clips": [_json(clip) for clip in clips]}


def shown(clip: Clip) -> str:
    """The clip's file, seen from here."""
    return os.path.relpath(clip.path).replace(os.sep, "/")


def _price(clip: Clip) -> str:
    if clip.micros is None:
        return "price unknown"
    return money(clip.micros, clip.currency) if clip.micros else "free"


def _json(clip: Clip) -> dict[str, Any]:
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
    }
