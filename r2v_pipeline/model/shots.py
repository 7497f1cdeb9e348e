"""Shots, segments and lines: layered data to types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from r2v_pipeline.model.cast import Folders, build_media
from r2v_pipeline.model.claims import build_claims
from r2v_pipeline.model.layers import Layers, texts
from r2v_pipeline.model.segments import build_segments
from r2v_pipeline.model.times import duration_ms, gain_db, range_ms
from r2v_pipeline.model.types import (
    Render,
    Setting,
    Shot,
    ShotAudio,
    Text,
    TitleCard,
    Transition,
)
from r2v_pipeline.source.document import plain_data
from r2v_pipeline.source.nodes import Map, Seq


class ShotBuilder:
    """Builds the shots of one storyboard: what a shot does not write itself is worked out once for all of them."""

    def __init__(self, above: tuple[Map, ...], below: tuple[Map, ...], film: Layers, folders: Folders) -> None:
        """`above` is what the command line sets, `below` are profile and defaults.

        `film` decides the transition when none of them does.
        """
        self.above = above
        self.below = below
        self.film = film
        self.folders = folders
        shared = Layers((*above, *below))
        self.shared: dict[str, Any] = dict.fromkeys(Shot._fields, ())
        for key, build in _FIELDS.items():
            build(self, self.shared, shared, key)
        self.shared.update(clip=None, meta={})

    def layers(self, data: Map) -> Layers:
        """What decides the settings of a shot, the strongest first."""
        return Layers((*self.above, data, *self.below))

    def build(self, data: Map, footage_ms: int) -> Shot:
        """One shot.  `footage_ms` is how long its own clip lasts: its length where none is written."""
        made = self.shared.copy()
        layers = self.layers(data)
        for key in data:
            build = _FIELDS.get(key)
            if build:
                build(self, made, layers, key)
        made["id"], made["span"] = data["id"], data.value_span("id")
        if made["first_frame"] is None:
            made["first_frame"] = inline_first_frame(data, layers)
        if isinstance(data.get("clip"), str):
            made["clip"] = build_media(data, "clip", self.folders)
        if "meta" in data:
            made["meta"] = plain_data(data["meta"] or {})
        segments = made["segments"]
        made["duration_ms"] = segments[-1].end_ms if segments else made["duration_ms"] or footage_ms
        if segments:
            made["prompt"] = None
        return Shot._make(made.values())

    def transition(self, layers: Layers) -> Transition | None:
        """How the film enters a shot: by what decides it there, and what that leaves out by the film's own."""
        made: Transition | None = None
        for place in (self.film, layers):
            holder = place.holder("transition")
            if holder is not None and isinstance(holder["transition"], (Map, str)):
                made = _transition(place, holder, made)
        return made


_Made = dict[str, Any]


def _as_text(_: ShotBuilder, made: _Made, layers: Layers, key: str) -> None:
    made[key] = layers.text(key)


def _as_names(_: ShotBuilder, made: _Made, layers: Layers, key: str) -> None:
    names = _names(layers, key)
    made[key] = names if key == "cast" else tuple([setting.value for setting in names])


def _as_segments(_: ShotBuilder, made: _Made, layers: Layers, key: str) -> None:
    made[key] = build_segments(layers.get(key))


def _as_length(_: ShotBuilder, made: _Made, layers: Layers, key: str) -> None:
    made["duration_ms"] = duration_ms(layers.get(key))


def _as_first_frame(_: ShotBuilder, made: _Made, layers: Layers, key: str) -> None:
    value = layers.get(key)  # None: written in place, and named after the shot
    made[key] = value if isinstance(value, str) else None if isinstance(value, Map) else ""
    made["first_frame_span"] = layers.span(key)


def _as_render(_: ShotBuilder, made: _Made, layers: Layers, key: str) -> None:
    made[key] = _render(layers.child(key))


def _as_template(_: ShotBuilder, made: _Made, layers: Layers, key: str) -> None:
    setting = layers.setting(key)
    made[key] = setting if setting and isinstance(setting.value, str) else None


def _as_split(_: ShotBuilder, made: _Made, layers: Layers, key: str) -> None:
    made[key] = layers.word(key, "never")


def _as_take(_: ShotBuilder, made: _Made, layers: Layers, key: str) -> None:
    made[key] = layers.whole(key) or 1


def _as_transition(builder: ShotBuilder, made: _Made, layers: Layers, key: str) -> None:
    made[key] = builder.transition(layers)


def _as_trim(_: ShotBuilder, made: _Made, layers: Layers, key: str) -> None:
    made["trim_ms"], made["trim_span"] = range_ms(layers.get(key)), layers.span(key)


def _as_title_card(_: ShotBuilder, made: _Made, layers: Layers, key: str) -> None:
    made[key] = _title_card(layers.child(key))


def _as_audio(builder: ShotBuilder, made: _Made, layers: Layers, key: str) -> None:
    made[key] = _audio(layers.child(key), builder.folders)


def _as_claims(_: ShotBuilder, made: _Made, layers: Layers, key: str) -> None:
    made["claims"] = build_claims(layers.child(key))


# Each key of a shot, and what makes its field of `Shot` of the layers that decide it.
_FIELDS: dict[str, Callable[[ShotBuilder, _Made, Layers, str], None]] = {
    **dict.fromkeys(("intro", "prompt", "style", "negative"), _as_text),
    **dict.fromkeys(("cast", "quiet", "tags"), _as_names),
    "segments": _as_segments,
    "duration": _as_length,
    "first_frame": _as_first_frame,
    "render": _as_render,
    "template": _as_template,
    "split": _as_split,
    "take": _as_take,
    "transition": _as_transition,
    "trim": _as_trim,
    "title_card": _as_title_card,
    "audio": _as_audio,
    "expect": _as_claims,
}


def inline_first_frame(data: Map, layers: Layers) -> str:
    """The id of a first frame that is written where it is used, as `{from: {...}}` or `{image: ...}`; else empty.

    It has a dot, so no cast member and no template can have it.
    """
    return f"{data['id']}.first_frame" if isinstance(layers.get("first_frame"), Map) else ""


def _names(layers: Layers, key: str) -> tuple[Setting, ...]:
    """A list of texts, or one text, each with its place."""
    return texts(layers.holder(key), key)


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


def _transition(place: Layers, holder: Map, general: Transition | None) -> Transition:
    """`general` is what a map leaves out: the type, and of the same type the length.  A text replaces all of it."""
    value = holder["transition"]
    if isinstance(value, Map):
        fields = place.child("transition")
        kind = fields.word("type", general.type if general else "cut")
    else:
        fields, kind, general = Layers(()), value, None
    length = duration_ms(fields.get("for"))
    default = general.for_ms if general and general.type == kind else 0 if kind == "cut" else 500
    return Transition(kind, default if length is None else length, holder.value_span("transition"))


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
