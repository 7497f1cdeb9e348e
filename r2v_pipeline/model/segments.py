"""The beats of a shot and the lines in them: most of what a storyboard holds, so their texts are made when asked for."""

from __future__ import annotations

from typing import Any, NamedTuple

from r2v_pipeline.diagnostics import Span
from r2v_pipeline.model.places import Text
from r2v_pipeline.model.times import duration_ms, range_ms
from r2v_pipeline.source.nodes import Map, Seq

CAMERA_ORDER = ("size", "angle", "lens", "move")


class Line(NamedTuple):
    """One line of dialogue; `by` and `to` are cast ids (`to` empty), `how` one of the LANGUAGE.md words.

    `span` is where the speaker is named, `to_span` where the one who is spoken to is.
    """

    by: str
    line: Text
    to: str
    how: str
    tone: Text | None
    speech_ms: int | None
    span: Span
    to_span: Span | None = None


class Segment:
    """A timed beat.  `camera` parts are in the order size, angle, lens, move (a plain text is a single part).

    A segment of a file has the map that it was read from, and its texts are made of that.
    """

    __slots__ = ("_item", "action", "camera", "end_ms", "lines", "sound", "span", "start_ms")

    start_ms: int
    end_ms: int
    action: Text | None
    camera: tuple[Text, ...]
    lines: tuple[Line, ...]
    sound: Text | None
    span: Span
    _item: Map | None

    def __init__(
        self,
        start_ms: int,
        end_ms: int,
        action: Text | None,
        camera: tuple[Text, ...],
        lines: tuple[Line, ...],
        sound: Text | None,
        span: Span,
    ) -> None:
        self.start_ms, self.end_ms, self.lines = start_ms, end_ms, lines
        self.action, self.camera, self.sound, self.span = action, camera, sound, span
        self._item = None

    @classmethod
    def of(cls, item: Map, start_ms: int, end_ms: int) -> Segment:
        """The segment that a map describes, its times worked out."""
        made = object.__new__(cls)
        made.start_ms, made.end_ms, made._item = start_ms, end_ms, item
        made.lines = _lines(item["say"]) if "say" in item else ()
        return made

    def __getattr__(self, name: str) -> Any:
        item = self._item if name in _LATE else None
        if item is None:
            raise AttributeError(name)
        made = _LATE[name](item)
        setattr(self, name, made)
        return made

    def moved(self, by_ms: int) -> Segment:
        """The same segment, that much later; earlier for less than nothing."""
        start, end = self.start_ms + by_ms, self.end_ms + by_ms
        if self._item is not None:
            return Segment.of(self._item, start, end)
        return Segment(start, end, self.action, self.camera, self.lines, self.sound, self.span)

    def words(self) -> tuple[str, tuple[str, ...], str]:
        """Its action, the parts of its camera and its sound as they are written; what is not is empty."""
        item = self._item
        if item is None:
            action, sound = self.action, self.sound
            camera = tuple([text.value for text in self.camera])
            return action.value if action else "", camera, sound.value if sound else ""
        act, shown, heard = item.get("action", ""), item.get("camera", ()), item.get("sound", "")
        if isinstance(shown, str):
            shown = (shown,)
        elif shown:
            shown = _parts(shown)
        return act if isinstance(act, str) else "", shown, heard if isinstance(heard, str) else ""


def build_segments(value: Any) -> tuple[Segment, ...]:
    """The segments of a shot, one after the other; what is not a map is left out."""
    if not isinstance(value, Seq):
        return ()
    made: list[Segment] = []
    clock = 0
    for number, item in enumerate(value):
        if not isinstance(item, Map):
            continue
        start, clock = clock, clock + (duration_ms(item.get("for")) or 0)
        if "at" in item:
            start, clock = range_ms(item["at"]) or (start, clock)
        segment = Segment.of(item, start, clock)
        if "for" not in item and "at" not in item:
            segment.span = value.item_span(number)
        made.append(segment)
    return tuple(made)


def _parts(camera: Any) -> tuple[str, ...]:
    if not isinstance(camera, Map):
        return ()
    return tuple([camera[key] for key in CAMERA_ORDER if key in camera and isinstance(camera[key], str)])


def _camera(item: Map) -> tuple[Text, ...]:
    value = item.get("camera")
    if isinstance(value, str):
        return (Text(value, item, "camera"),)
    if not isinstance(value, Map):
        return ()
    return tuple([Text(value[key], value, key) for key in CAMERA_ORDER if isinstance(value.get(key), str)])


def _text(item: Map, key: str) -> Text | None:
    value = item.get(key)
    return Text(value, item, key) if isinstance(value, str) else None


_LATE = {
    "action": lambda item: _text(item, "action"),
    "camera": _camera,
    "sound": lambda item: _text(item, "sound"),
    "span": lambda item: item.key_span("for" if "for" in item else "at"),
}


def _lines(value: Any) -> tuple[Line, ...]:
    items = value if isinstance(value, Seq) else [value]
    return tuple([_line(item) for item in items if isinstance(item, Map) and _is_line(item)])


def _is_line(item: Map) -> bool:
    if "line" in item or "by" in item:
        return isinstance(item.get("line"), str) and isinstance(item.get("by"), str)
    return isinstance(next(iter(item.values()), None), str)


def _line(item: Map) -> Line:
    if "line" not in item:  # the shorthand {mia: "..."}: its single key is the speaker
        speaker = next(iter(item))
        return Line(speaker, Text(item[speaker], item, speaker), "", "spoken", None, None, item.key_span(speaker))
    to, how = item.get("to"), item.get("how")
    return Line(
        by=item["by"],
        line=Text(item["line"], item, "line"),
        to=to if isinstance(to, str) else "",
        how=how if isinstance(how, str) else "spoken",
        tone=_text(item, "tone"),
        speech_ms=duration_ms(item.get("speech")),
        span=item.value_span("by"),
        to_span=item.value_span("to") if "to" in item else None,
    )
