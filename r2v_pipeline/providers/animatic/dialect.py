"""A shot as the animatic's worker is asked to draw it.  Pure: no disk, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from typing import Any

from r2v_pipeline.diagnostics import Diagnostic, error
from r2v_pipeline.model.types import Shot
from r2v_pipeline.providers.animatic.layout import zones
from r2v_pipeline.providers.base import FREE, Beat, Cost, Prompt, Reference, RenderRequest

RECIPE = 1  # part of every key: raise it when the same body is to be drawn differently
_SIZES = {
    ("480p", "16:9"): (832, 480),
    ("480p", "9:16"): (480, 832),
    ("480p", "1:1"): (624, 624),
    ("480p", "4:3"): (720, 544),
    ("480p", "3:4"): (544, 720),
    ("720p", "16:9"): (1280, 720),
    ("720p", "9:16"): (720, 1280),
    ("720p", "1:1"): (960, 960),
    ("720p", "4:3"): (1088, 832),
    ("720p", "3:4"): (832, 1088),
    ("1080p", "16:9"): (1920, 1080),
    ("1080p", "9:16"): (1080, 1920),
    ("1080p", "1:1"): (1440, 1440),
    ("1080p", "4:3"): (1632, 1248),
    ("1080p", "3:4"): (1248, 1632),
}
_BUDGETS = {"480p": 832 * 480, "720p": 1280 * 720, "1080p": 1920 * 1080}
_SLIMMEST = 4  # sides; beyond, no board can be read


class AnimaticDialect:
    """Lowers shots to bodies that are drawn free of charge on this machine.

    `fps`, `language` and `labels` (cast id -> the name that people read) belong to the film and the storyboard, not to
    a shot, so they are given here.  Without them: 30 frames a second, the language that the words are written in, and
    the ids as names.
    """

    provider = "animatic"

    def __init__(self, fps: int = 30, language: str = "", labels: Mapping[str, str] | None = None) -> None:
        self._fps = fps
        self._language = language
        self._labels = labels or {}

    def lower(
        self, shot: Shot, prompt: Prompt, beats: tuple[Beat, ...], references: tuple[Reference, ...]
    ) -> tuple[RenderRequest | None, tuple[Diagnostic, ...]]:
        """The body of one shot.  A reference at a negative position is its first frame, none of the numbered ones.

        A board shows the beats, in plain words.  The prompt goes along unseen, because the board stands for it:
        whatever word of it changes, the board is drawn again, as the clip would be rendered again.
        """
        size = frame_size(shot.render.resolution, shot.render.ratio)
        if size is None:
            written = shot.render.settings.get("ratio")
            span = written.span if written and written.span else shot.span
            message = f"the animatic draws ratios between 1:{_SLIMMEST} and {_SLIMMEST}:1, not {shot.render.ratio}"
            return None, (error("R2V507", message, span, "choose a ratio such as 21:9, 16:9, 1:1 or 9:16"),)
        opening = next((r for r in references if r.position < 0), None)
        body: dict[str, Any] = {
            "recipe": RECIPE,
            "shot": shot.id,
            "width": size[0],
            "height": size[1],
            "fps": self._fps,
            "frames": max(1, (shot.duration_ms * self._fps + 500) // 1000),
            "audio": shot.render.audio,
            "language": self._language or _language(beats),
            "take": shot.take,
            "segments": [_segment(beat) for beat in beats],
            "references": [self._reference(r, beats) for r in references if r.position >= 0],
            "first_frame": self._reference(opening, beats) if opening else None,
            "style": _written("style", prompt),
            "prompt": prompt.text,
            "negative": prompt.negative,
        }
        return RenderRequest(self.provider, shot.render.model, body, references, shot.duration_ms, shot.used_ms), ()

    def _reference(self, reference: Reference, beats: tuple[Beat, ...]) -> dict[str, Any]:
        speaks = next((n.speaker for beat in beats for n in beat.lines if n.by == reference.id), "")
        words = reference.id.replace("_", " ")
        return {
            "id": reference.id,
            "label": self._labels.get(reference.id) or speaks or words[:1].upper() + words[1:],
            "name": reference.name,
            "kind": reference.kind,
            "file": reference.placeholder,
            "area": list(reference.area) if reference.area else None,
        }

    def picture_area(self, request: RenderRequest) -> tuple[int, int, int, int] | None:
        """The stage of the board: what a later shot takes from this one is the picture, not the words around it."""
        body = request.body
        stage = zones(body["width"], body["height"], len(body["references"])).stage
        return stage.x, stage.y, stage.width, stage.height

    def price(self, request: RenderRequest) -> Cost:  # noqa: ARG002 (the seam is the vendors')
        """Nothing, ever."""
        return FREE


def frame_size(resolution: str, ratio: str) -> tuple[int, int] | None:
    """Width and height for a resolution and a ratio (`720p` and `16:9` where empty), both even.

    Ratios without a customary size get the same number of pixels.  None: too slim for a board.
    """
    resolution, ratio = resolution or "720p", ratio or "16:9"
    known = _SIZES.get((resolution, ratio))
    if known:
        return known
    across, _, down = ratio.partition(":")
    wide, high = int(across), int(down)
    if not (wide and high) or not 1 / _SLIMMEST <= wide / high <= _SLIMMEST:
        return None
    budget = _BUDGETS.get(resolution, _BUDGETS["720p"])
    return round(sqrt(budget * wide / high) / 2) * 2, round(sqrt(budget * high / wide) / 2) * 2


def _segment(beat: Beat) -> dict[str, Any]:
    return {
        "start_ms": beat.start_ms,
        "end_ms": beat.end_ms,
        "action": beat.action,
        "camera": beat.camera,
        "lines": [line._asdict() for line in beat.lines],
        "sound": beat.sound,
    }


def _language(beats: tuple[Beat, ...]) -> str:
    """`zh` where the words hold ideographs and no kana or Hangul, else `en`: the languages that the board speaks."""
    words = "".join(beat.action + "".join(line.line for line in beat.lines) for beat in beats)
    other = any("\u3040" <= c <= "\u30ff" or "\uac00" <= c <= "\ud7a3" for c in words)
    return "zh" if not other and any("\u4e00" <= c <= "\u9fff" for c in words) else "en"


def _written(field: str, prompt: Prompt) -> str:
    """The words that a field put into the prompt, templates expanded."""
    return "".join(prompt.text[piece.start : piece.end] for piece in prompt.pieces if piece.field == field)
