"""Shots, references and questions to the catalog, made by hand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from r2v_pipeline.diagnostics import Diagnostic, SourceText, Span
from r2v_pipeline.media.reference import MediaInfo
from r2v_pipeline.model.types import Render, Segment, Setting, Shot, Text
from r2v_pipeline.providers.catalog.asking import asked_for
from r2v_pipeline.providers.catalog.limits import check_entry
from r2v_pipeline.providers.catalog.load import entries
from r2v_pipeline.providers.catalog.types import Asked, Entry, Seen
from r2v_pipeline.providers.prompt import Prompt

TEXT = SourceText("a.yaml", "id: unboxing\nmodel: x\nfit: exact\nratio: 1\nnegative: rain\nmedia: a.png\n")

PLACES = {word: Span(TEXT, TEXT.text.index(word), TEXT.text.index(word) + len(word)) for word in TEXT.text.split()}
SHOT_SPAN = PLACES["unboxing"]


def entry(provider: str, id: str) -> Entry:
    """The entry of a provider with an id."""
    return next(e for e in entries() if (e.provider, e.id) == (provider, id))


def shot(
    *lengths_ms: int,
    first_frame: str = "",
    split: str = "never",
    negative: str = "",
    **written: Any,
) -> Shot:
    """A shot of segments (one of 5 s without any); `written` are its render settings, each at a place of its own."""
    segments, at = [], 0
    for length in lengths_ms or (5000,):
        segments.append(Segment(at, at + length, None, (), (), None, SHOT_SPAN))
        at += length
    settings = {name: Setting(value, PLACES.get(f"{name}:", SHOT_SPAN)) for name, value in written.items()}
    render = Render(
        provider=("animatic",),
        model=written.get("model", ""),
        region=written.get("region", ""),
        resolution=written.get("resolution", ""),
        ratio=written.get("ratio", ""),
        audio=written.get("audio", True),
        watermark=written.get("watermark", False),
        seed=written.get("seed"),
        prompt_extend=written.get("prompt_extend", False),
        shot_type=written.get("shot_type", "auto"),
        fit=written.get("fit", "trim"),
        settings=settings,
    )
    empty: dict[str, Any] = dict.fromkeys(Shot._fields)
    known = {
        "id": "unboxing",
        "segments": tuple(segments),
        "duration_ms": at,
        "first_frame": first_frame,
        "split": split,
        "negative": Text(negative, PLACES["negative:"]) if negative else None,
        "render": render,
        "span": SHOT_SPAN,
    }
    return Shot(**{**empty, **known})


def image(id: str = "mia", **file: Any) -> Seen:
    """A picture that every model takes, but for what is said of its file."""
    known = {"width": 1024, "height": 1024, "bytes": 1 << 20, "format": "png", **file}
    info = MediaInfo("image", known["format"], known["width"], known["height"], (0, 1), 0, False, known["bytes"])
    return Seen(id, "image", info._replace(alpha=file.get("alpha", False)), PLACES["media:"])


def video(id: str = "leo", ms: int = 5000, **file: Any) -> Seen:
    """A video of 720p that every model takes, but for what is said of its file."""
    known = {"width": 1280, "height": 720, "bytes": 1 << 20, "format": "mp4", **file}
    size = (known["width"], known["height"])
    return Seen(
        id, "video", MediaInfo("video", known["format"], *size, (30, 1), ms, True, known["bytes"]), PLACES["media:"]
    )


def asked(model: Entry, of: Shot, seen: Iterable[Seen]) -> Asked:
    """What a shot asks with these references, a first frame not counted."""
    counted = [s for s in seen if s.id != of.first_frame]
    lengths = [s.info.duration_ms if s.info else None for s in counted if s.visual == "video"]
    return asked_for(model, of, sum(s.visual == "image" for s in counted), lengths)


def check(
    model: Entry, of: Shot, *seen: Seen, prompt: str = "Mia sits.", durations_ms: tuple[int, ...] = ()
) -> list[Diagnostic]:
    """Everything that a model's limits have against a shot."""
    negative = of.negative.value if of.negative else ""
    words = Prompt(prompt, negative, ())
    return list(check_entry(model, of, words, asked(model, of, seen), seen, durations_ms or (of.duration_ms,)))


def codes(found: Iterable[Diagnostic]) -> list[str]:
    return [diagnostic.code for diagnostic in found]
