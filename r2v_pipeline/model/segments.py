"""The beats of a shot and the lines in them: most of what a storyboard holds, so texts are made when asked for."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any, NamedTuple

from r2v_pipeline.diagnostics import Span
from r2v_pipeline.model.places import Text
from r2v_pipeline.model.times import duration_ms, range_ms
from r2v_pipeline.source.nodes import Map, Seq

CAMERA_ORDER = ("size", "angle", "lens", "move")
_SORTED = frozenset(some for count in range(5) for some in combinations(CAMERA_ORDER, count))


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

    __slots__ = ("_item", "_made", "end_ms", "lines", "start_ms")

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
        self._item: Map | None = None
        self._made: tuple[Text | None, tuple[Text, ...], Text | None, Span] | None = (action, camera, sound, span)

    @classmethod
    def of(cls, item: Map, start_ms: int, end_ms: int, span: Span | None = None) -> Segment:
        """The segment that a map describes, its times worked out; `span` where no key of it says how long it is."""
        made = object.__new__(cls)
        made.start_ms, made.end_ms, made._item, made._made = start_ms, end_ms, item, None
        made.lines = _lines(item["say"]) if "say" in item else ()
        if span:
            made._made = (_text(item, "action"), _camera(item), _text(item, "sound"), span)
        return made

    @property
    def action(self) -> Text | None:
        return self._texts()[0]

    @property
    def camera(self) -> tuple[Text, ...]:
        return self._texts()[1]

    @property
    def sound(self) -> Text | None:
        return self._texts()[2]

    @property
    def span(self) -> Span:
        return self._texts()[3]

    def _texts(self) -> tuple[Text | None, tuple[Text, ...], Text | None, Span]:
        if self._made is None:
            item = self._item
            assert item is not None, "a segment has a map, or its texts"
            span = item.key_span("for" if "for" in item else "at")
            self._made = (_text(item, "action"), _camera(item), _text(item, "sound"), span)
        return self._made

    def moved(self, by_ms: int) -> Segment:
        """The same segment, that much later; earlier for less than nothing."""
        start, end = self.start_ms + by_ms, self.end_ms + by_ms
        if self._item is not None:
            return Segment.of(self._item, start, end, self._made[3] if self._made else None)
        return Segment(start, end, self.action, self.camera, self.lines, self.sound, self.span)

    def words(self) -> tuple[str, Sequence[str], str]:
        """Its action, the parts of its camera and its sound as they are written; what is not is empty."""
        item = self._item
        if item is None:
            action, sound = self.action, self.sound
            camera = [text.value for text in self.camera]
            return action.value if action else "", camera, sound.value if sound else ""
        act, shown, heard = item.get("action"), item.get("camera"), item.get("sound")
        if shown.__class__ is Map:
            parts = shown.values() if tuple(shown) in _SORTED else [shown[key] for key in CAMERA_ORDER if key in shown]
            shown = [part for part in parts if part.__class__ is str]
        else:
            shown = (shown,) if shown.__class__ is str else ()
        return act if act.__class__ is str else "", shown, heard if heard.__class__ is str else ""


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
        timed = "for" in item or "at" in item
        made.append(Segment.of(item, start, clock, None if timed else value.item_span(number)))
    return tuple(made)


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
