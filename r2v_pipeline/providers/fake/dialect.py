"""A shot as the fake vendor is asked for it.  Pure."""

from __future__ import annotations

from typing import Any

from r2v_pipeline.diagnostics import Diagnostic
from r2v_pipeline.model.types import Shot
from r2v_pipeline.providers.base import Beat, Cost, Prompt, Reference, RenderRequest

MICROS_A_SECOND = 100_000
_SHORT_SIDE = {"480p": 480, "720p": 720, "1080p": 1080}


class FakeDialect:
    """One manner of the fake vendor.  Clips are of whole seconds, small unless more is asked for, 0.10 USD a second."""

    draws = False

    def __init__(self, provider: str) -> None:
        self.provider = provider

    def lower(
        self,
        shot: Shot,
        prompt: Prompt,
        beats: tuple[Beat, ...],  # noqa: ARG002 (the seam is the animatic's)
        references: tuple[Reference, ...],
    ) -> tuple[RenderRequest | None, tuple[Diagnostic, ...]]:
        """The request of one job; never None.  A reference at a negative position is the first frame."""
        seconds = max(1, -(-shot.duration_ms // 1000))
        resolution, ratio = shot.render.resolution or "480p", shot.render.ratio or "16:9"
        width, height = _size(resolution, ratio)
        opening = next((r.placeholder for r in references if r.position < 0), None)
        body: dict[str, Any] = {
            "label": shot.id,
            "prompt": prompt.text,
            "seconds": seconds,
            "width": width,
            "height": height,
            "audio": shot.render.audio,
            "take": shot.take,
            "references": [{"kind": r.kind, "url": r.placeholder} for r in references if r.position >= 0],
            "first_frame": opening,
        }
        settled = ("", resolution, ratio, shot.render.audio)
        ms = seconds * 1000
        return RenderRequest(self.provider, shot.render.model, body, references, ms, shot.used_ms, *settled), ()

    def picture_area(self, request: RenderRequest) -> None:  # noqa: ARG002 (a clip is all picture)
        """Everywhere."""
        return

    def price(self, request: RenderRequest) -> Cost:
        """What one accepted submit costs, exactly."""
        micros = int(request.body["seconds"]) * MICROS_A_SECOND
        return Cost(micros, micros, "USD")


def _size(resolution: str, ratio: str) -> tuple[int, int]:
    short = _SHORT_SIDE.get(resolution, 480)
    across, _, down = ratio.partition(":")
    wide, high = int(across), int(down)
    if wide >= high:
        return round(short * wide / high / 2) * 2, short
    return short, round(short * high / wide / 2) * 2
