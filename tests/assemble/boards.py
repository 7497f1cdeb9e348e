"""Storyboards as values, with only what assemble reads."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from r2v_pipeline.diagnostics import SourceText, Span
from r2v_pipeline.model.types import (
    Film,
    Line,
    Media,
    Member,
    Render,
    Segment,
    Setting,
    Shot,
    ShotAudio,
    Storyboard,
    Text,
    TitleCard,
)

SPAN = Span(SourceText("board.yaml", "shots:\n"), 0, 5)
RENDER = Render(("animatic",), "", "", "", "", True, False, None, False, "auto", "trim", {})
CARD_COLOUR = (200, 20, 20)


def text(value: str) -> Text:
    return Text(value, SPAN)


def line(words: str, by: str = "mia", speech_ms: int | None = None) -> Line:
    return Line(by, text(words), "", "spoken", None, speech_ms, SPAN)


def segment(start_ms: int, end_ms: int, *lines: Line) -> Segment:
    return Segment(start_ms, end_ms, None, (), lines, None, SPAN)


def shot(
    id: str,
    duration_ms: int,
    *segments: Segment,
    card: tuple[str, int] | None = None,
    trim: tuple[int, int] | None = None,
    audio: ShotAudio | None = None,
    meta: Mapping[str, Any] | None = None,
) -> Shot:
    return Shot(
        id=id,
        intro=None,
        segments=segments,
        prompt=None,
        duration_ms=duration_ms,
        first_frame="",
        cast=(),
        style=None,
        negative=None,
        quiet=(),
        render=RENDER,
        template=None,
        split="never",
        take=1,
        transition=None,
        trim_ms=trim,
        title_card=TitleCard(text(card[0]), card[1], SPAN) if card else None,
        clip=None,
        audio=audio,
        tags=(),
        meta=meta or {},
        span=SPAN,
    )


def sound(*, mute: bool = False, gain_db: float = 0.0, file: str = "", url: str = "") -> ShotAudio:
    media = Media(file, url, "", SPAN) if file or url else None
    return ShotAudio(mute, gain_db, media, SPAN)


def board(
    *shots: Shot,
    fps: int = 30,
    size: tuple[int, int] | None = None,
    chapters: bool = True,
    files: tuple[str, ...] = (),
    soft: bool = False,
    unapplied: tuple[str, ...] = (),
    root: Path | str = "",
) -> Storyboard:
    cast = {
        "mia": Member("mia", "person", "", None, None, None, "Mia", "", {}, SPAN),
        "leo": Member("leo", "person", "", None, None, None, "", "", {}, SPAN),
    }
    film = Film(size, fps, chapters, files, soft, tuple(Setting(name, SPAN) for name in unapplied), SPAN)
    return Storyboard("board.yaml", str(root), "A film", "en", {}, cast, shots, film, {}, "", SPAN)


def draw_card(_words: str, width: int, height: int) -> Image.Image:
    return Image.new("RGB", (width, height), CARD_COLOUR)
