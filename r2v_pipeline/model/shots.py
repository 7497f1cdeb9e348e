"""Shots, segments and lines: layered data to types."""

from __future__ import annotations

from functools import cache
from typing import Any

from r2v_pipeline.model.cast import Folders, build_media
from r2v_pipeline.model.layers import Layers
from r2v_pipeline.model.times import duration_ms, gain_db, range_ms
from r2v_pipeline.model.types import (
    Line,
    Render,
    Segment,
    Setting,
    Shot,
    ShotAudio,
    Text,
    TitleCard,
    Transition,
)
from r2v_pipeline.source.document import plain_data
from r2v_pipeline.source.nodes import Map, Seq

CAMERA_ORDER = ("size", "angle", "lens", "move")


def build_shot(data: Map, layers: Layers, folders: Folders, film: Layers, footage_ms: int) -> Shot:
    """One shot.  `layers` are the shot, its profile and the defaults; `film` decides the transition when none does.

    `footage_ms` is how long the shot's own clip lasts: its length where none is written.
    """
    segments = _segments(layers)
    prompt = layers.text("prompt") if not segments else None
    length = segments[-1].end_ms if segments else duration_ms(layers.get("duration")) or footage_ms
    template = layers.get("template")
    trim = range_ms(layers.get("trim"))
    return Shot(
        id=data["id"],
        intro=layers.text("intro"),
        segments=segments,
        prompt=prompt,
        duration_ms=length,
        first_frame=layers.word("first_frame") or inline_first_frame(data, layers),
        cast=_names(layers, "cast"),
        style=layers.text("style"),
        negative=layers.text("negative"),
        quiet=tuple(s.value for s in _names(layers, "quiet")),
        render=_render(layers.child("render")) if layers.holder("render") is not None else _render_defaults(),
        template=Setting(template, layers.span("template")) if isinstance(template, str) else None,
        split=layers.word("split", "never"),
        take=layers.whole("take") or 1,
        transition=_transition(layers, film),
        trim_ms=trim,
        title_card=_title_card(layers.child("title_card")),
        clip=build_media(data, "clip", folders) if isinstance(data.get("clip"), str) else None,
        audio=_audio(layers.child("audio"), folders),
        tags=tuple(str(s.value) for s in _names(layers, "tags")),
        meta=plain_data(data.get("meta") or {}),
        span=data.value_span("id"),
    )


def inline_first_frame(data: Map, layers: Layers) -> str:
    """The id of a first frame that is written where it is used, as `{from: {...}}` or `{image: ...}`; else empty.

    It has a dot, so no cast member and no template can have it.
    """
    return f"{data['id']}.first_frame" if isinstance(layers.get("first_frame"), Map) else ""


def _names(layers: Layers, key: str) -> tuple[Setting, ...]:
    """A list of texts, or one text, each with its place."""
    holder = layers.holder(key)
    if holder is None:
        return ()
    value = holder[key]
    if isinstance(value, Seq):
        return tuple(Setting(item, value.item_span(i)) for i, item in enumerate(value) if isinstance(item, str))
    return (Setting(value, holder.value_span(key)),) if isinstance(value, str) else ()


def _segments(layers: Layers) -> tuple[Segment, ...]:
    value = layers.get("segments")
    if not isinstance(value, Seq):
        return ()
    made: list[Segment] = []
    clock = 0
    for number, item in enumerate(value):
        if not isinstance(item, Map):
            continue
        span = (
            item.key_span("for") if "for" in item else item.key_span("at") if "at" in item else value.item_span(number)
        )
        written = range_ms(item.get("at"))
        start, end = written or (clock, clock + (duration_ms(item.get("for")) or 0))
        clock = end
        action, sound = _text(item, "action"), _text(item, "sound")
        made.append(Segment(start, end, action, _camera(item), _lines(item), sound, span))
    return tuple(made)


def _camera(segment: Map) -> tuple[Text, ...]:
    value = segment.get("camera")
    if isinstance(value, str):
        return (Text(value, segment.value_span("camera")),)
    if not isinstance(value, Map):
        return ()
    return tuple([Text(value[key], value.value_span(key)) for key in CAMERA_ORDER if isinstance(value.get(key), str)])


def _text(segment: Map, key: str) -> Text | None:
    value = segment.get(key)
    return Text(value, segment.value_span(key)) if isinstance(value, str) else None


def _lines(segment: Map) -> tuple[Line, ...]:
    value = segment.get("say")
    if value is None:
        return ()
    items = value if isinstance(value, Seq) else [value]
    return tuple(_line(item) for item in items if isinstance(item, Map) and _is_line(item))


def _is_line(item: Map) -> bool:
    words = item["line"] if "line" in item else next(iter(item.values()), None)
    return isinstance(words, str) and (isinstance(item.get("by"), str) or "line" not in item)


def _line(item: Map) -> Line:
    fields = Layers((item,))
    if "line" not in item:  # the shorthand {mia: "..."}: its single key is the speaker
        speaker = next(iter(item))
        return Line(
            speaker, Text(item[speaker], item.value_span(speaker)), "", "spoken", None, None, item.key_span(speaker)
        )
    words = fields.text("line")
    assert words is not None
    how, speech = fields.word("how", "spoken"), duration_ms(item.get("speech"))
    return Line(fields.word("by"), words, fields.word("to"), how, fields.text("tone"), speech, item.value_span("by"))


@cache
def _render_defaults() -> Render:
    """What a shot without any render setting asks for; most shots of a long film share it."""
    return _render(Layers(()))


def _render(layers: Layers) -> Render:
    provider: Any = layers.get("provider")
    names = provider if isinstance(provider, Seq) else [provider] if isinstance(provider, str) else []
    return Render(
        provider=tuple(n for n in names if isinstance(n, str)) or ("animatic",),
        model=layers.word("model"),
        region=layers.word("region"),
        resolution=layers.word("resolution"),
        ratio=layers.word("ratio"),
        audio=layers.flag("audio", True),
        watermark=layers.flag("watermark", False),
        seed=layers.whole("seed"),
        prompt_extend=layers.flag("prompt_extend", False),
        shot_type=layers.word("shot_type", "auto"),
        fit=layers.word("fit", "trim"),
        settings=layers.settings(),
    )


def _transition(layers: Layers, film: Layers) -> Transition | None:
    for place in (layers, film):
        holder = place.holder("transition")
        if holder is not None and isinstance(holder["transition"], (Map, str)):
            value = holder["transition"]
            fields = place.child("transition") if isinstance(value, Map) else Layers(())
            kind = value if isinstance(value, str) else fields.word("type", "cut")
            length = duration_ms(fields.get("for"))
            default = 0 if kind == "cut" else 500
            return Transition(kind, default if length is None else length, holder.value_span("transition"))
    return None


def _title_card(layers: Layers) -> TitleCard | None:
    if not layers.maps:
        return None
    text = layers.text("text") or Text("", layers.maps[0].span)
    length = duration_ms(layers.get("for"))
    return TitleCard(text, 2000 if length is None else length, text.span)


def _audio(layers: Layers, folders: Folders) -> ShotAudio | None:
    if not layers.maps:
        return None
    holder = layers.holder("file")
    media = build_media(holder, "file", folders) if holder is not None and isinstance(holder["file"], str) else None
    return ShotAudio(layers.flag("mute", False), gain_db(layers.get("gain")), media, layers.maps[0].span)
