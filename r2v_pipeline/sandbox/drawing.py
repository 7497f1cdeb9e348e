"""Results: each job's clip, drawn by the animatic out of the prompt and of references that lie on this machine.

The clip has the size, length, frame rate and sound that were asked for; what is in it is a board, not a film.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from r2v_pipeline.providers.animatic.dialect import RECIPE
from r2v_pipeline.providers.animatic.hand import Hand
from r2v_pipeline.providers.base import Failed
from r2v_pipeline.providers.catalog.dialects import family_of
from r2v_pipeline.providers.fake.clips import Clips, Shape
from r2v_pipeline.sandbox.jobs import DRAWING, Job
from r2v_pipeline.sandbox.wanted import Wanted

FPS = 30  # what Wan models deliver; nobody may assume it of another

# `Shot 2 [2-4s]:`, `第2个镜头[2-4秒]`, `[00:02-00:04]`: where a prompt says what is seen when.
_TIMES = re.compile(
    r"(?:Shot\s+\d+\s*|第\s*\d+\s*个?镜头\s*)\[\s*(?P<a>[\d.]+)\s*[-–]\s*(?P<b>[\d.]+)\s*(?:s|秒)\s*\]\s*[:：]?"
    r"|\[(?P<c>\d\d:\d\d)\s*[-–]\s*(?P<d>\d\d:\d\d)\]",
    re.IGNORECASE,
)
_QUOTED = re.compile(r'"([^"]{1,300})"|“([^”]{1,300})”')


def order_of(wanted: Wanted) -> dict[str, Any]:
    """What is to be drawn.

    `references` have `name` (as the model's family calls it), `kind`, `url` and `path`, which is empty where nobody can
    look; one called `first_frame` opens the clip.
    """
    family = family_of(wanted.entry.family)
    assert family is not None
    counts: Counter[str] = Counter()
    named = []
    for look in wanted.looks:
        counter = look.kind if family.naming.per_kind else ""
        counts[counter] += 1
        visual = look.kind if look.kind in ("image", "video") else "image"
        name = family.naming.pattern(visual, "en").format(n=counts[counter], kind="one")
        named.append({"name": name, "kind": look.kind, "url": look.url, "path": look.path})
    if wanted.first:
        named.append({"name": "first_frame", "kind": "image", "url": wanted.first.url, "path": wanted.first.path})
    return {
        "prompt": wanted.prompt, "negative": wanted.negative, "width": wanted.size[0], "height": wanted.size[1],
        "ms": wanted.entry.billing.fixed_ms or wanted.seconds * 1000, "audio": wanted.asked.audio, "fps": FPS,
        "references": named,
    }  # fmt: skip


class Studio:
    """Draws in processes of its own, `hands` at once; or, `plain`, hands out a grey of the right shape at once."""

    def __init__(self, folder: Path, *, hands: int, plain: bool) -> None:
        folder.mkdir(exist_ok=True)
        self._folder = folder
        self._plain = Clips(folder) if plain else None
        self._one = asyncio.Lock()
        self._free: asyncio.Queue[Hand] = asyncio.Queue()
        self._hands = [Hand() for _ in range(0 if plain else hands)]
        for hand in self._hands:
            self._free.put_nowait(hand)

    def clip(self, job: Job) -> Path:
        """Where a job's clip is once it is drawn."""
        return self._folder / f"{job.service}-{job.id}.mp4"

    async def draw(self, job: Job) -> tuple[str, str] | None:
        """Make a job's clip; a code and a message where that cannot be done."""
        to = self.clip(job)
        if to.exists():
            return None
        if self._plain:
            async with self._one:
                await asyncio.to_thread(self._hand_out, self._plain, job, to)
            return None
        files = {r["url"]: r["path"] for r in job.order["references"] if r["path"]}
        hand = await self._free.get()
        try:
            end = await hand.draw({"id": job.id, "body": board(job), "files": files, "to": str(to)}, lambda _: None)
        finally:
            self._free.put_nowait(hand)
        return (DRAWING, end.message) if isinstance(end, Failed) else None

    @staticmethod
    def _hand_out(plain: Clips, job: Job, to: Path) -> None:
        order = job.order
        shape = Shape(order["width"], order["height"], max(1, round(order["ms"] / 1000)), FPS, order["audio"])
        part = to.with_suffix(".part")
        part.write_bytes(plain.clip(shape, job.id))
        part.replace(to)

    async def close(self) -> None:
        """End all processes."""
        for hand in self._hands:
            await hand.close()


def board(job: Job) -> dict[str, Any]:
    """A job as the animatic is asked to draw it."""
    order = job.order
    shown = [_reference(r) for r in order["references"] if r["name"] != "first_frame" and r["kind"] != "audio"]
    opening = next((r for r in order["references"] if r["name"] == "first_frame"), None)
    style, segments = script(order["prompt"], order["ms"], shown)
    return {
        "recipe": RECIPE, "shot": f"{job.model} {job.id[:8]}", "take": 1, "language": _language(order["prompt"]),
        "width": order["width"], "height": order["height"], "fps": order["fps"], "audio": order["audio"],
        "frames": max(1, (order["ms"] * order["fps"] + 500) // 1000), "segments": segments, "references": shown,
        "first_frame": {"kind": opening["kind"], "file": opening["url"]} if opening else None,
        "style": style, "prompt": order["prompt"], "negative": order["negative"],
    }  # fmt: skip


def script(prompt: str, ms: int, references: Sequence[Mapping[str, str]]) -> tuple[str, list[dict[str, Any]]]:
    """What a prompt says of the whole clip, and its segments by time; one segment where it names no times."""
    found = list(_TIMES.finditer(prompt))
    spans = [(_ms(match["a"] or match["c"]), _ms(match["b"] or match["d"])) for match in found]
    ends = [match.start() for match in found[1:]] + [len(prompt)]
    texts = [prompt[match.end() : end].strip() for match, end in zip(found, ends, strict=False)]
    rises = all(a < b <= ms for a, b in spans) and all(x[1] <= y[0] for x, y in pairwise(spans))
    if not found or not rises:
        return "", [_segment(0, ms, prompt, references)]
    starts = [0, *(a for a, _ in spans[1:])]
    stops = [*starts[1:], ms]
    segments = [_segment(*one, references) for one in zip(starts, stops, texts, strict=True)]
    return prompt[: found[0].start()].strip(), segments


def _segment(start: int, end: int, text: str, references: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    lines = []
    for match in _QUOTED.finditer(text):
        before = text[: match.start()].lower()
        named = [(before.rfind(r["name"].lower()), r) for r in references if r["name"].lower() in before]
        if named:
            who = max(named, key=lambda pair: pair[0])[1]
            said = {"by": who["id"], "speaker": who["label"], "line": match[1] or match[2]}
            lines.append({**said, "how": "spoken", "speech_ms": None})
    return {"start_ms": start, "end_ms": end, "action": text, "camera": "", "lines": lines, "sound": ""}


def _reference(reference: Mapping[str, str]) -> dict[str, str]:
    name = reference["name"]
    return {"id": name, "label": name, "name": name, "kind": reference["kind"], "file": reference["url"]}


def _ms(text: str) -> int:
    minutes, colon, seconds = text.partition(":")
    return round((int(minutes) * 60 + int(seconds) if colon else float(minutes)) * 1000)


def _language(text: str) -> str:
    return "zh" if any("\u4e00" <= char <= "\u9fff" for char in text) else "en"
