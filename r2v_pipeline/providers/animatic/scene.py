"""From a request body to what is seen when: segments in frames, the pictures of each, and who speaks at what time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from r2v_pipeline.providers.animatic.camera import Camera, read_camera

FIRST_FRAME = -1  # the place of the opening picture, beside the references' places 0, 1, …
_MOST_PICTURES = 3
_WORDS_A_SECOND, _CHARACTERS_A_SECOND = 3.5, 6.0
_UNSEEN = ("voice_over", "off_screen")  # who speaks so is shown only after who is in the picture
_LEAST_LINE = 0.6  # seconds that the shortest "Yes." stays on screen
_BREATH = 0.22  # seconds between two lines, where there is time for it
_LINGER = 0.9  # seconds that a caption stays after its words


class Spoken(NamedTuple):
    """A line with its time: spoken from `start` for `length` seconds of the shot, shown until the frame `until`."""

    by: str
    speaker: str
    words: str
    how: str
    start: float
    length: float
    first: int
    until: int


class Part(NamedTuple):
    """One segment: frames `first` up to, not including, `end`.

    `pictures` are places of references, the main one first; `talk`: two or more people speak, all shown alike.
    """

    order: int
    first: int
    end: int
    start_ms: int
    end_ms: int
    action: str
    camera_words: str
    camera: Camera
    sound: str
    pictures: tuple[int, ...]
    talk: bool
    lines: tuple[Spoken, ...]
    next_action: str


def parts(body: Mapping[str, Any]) -> tuple[Part, ...]:
    """The segments of a body.  Borders are rounded to frames; the last one ends with the clip."""
    fps, frames, segments = body["fps"], body["frames"], body["segments"]
    starts = [min(frames - 1, round(s["start_ms"] * fps / 1000)) for s in segments]
    ends = [*starts[1:], frames]
    made: list[Part] = []
    for order, (segment, first, end) in enumerate(zip(segments, starts, ends, strict=True)):
        if end <= first:
            continue
        pictures, talk = _pictures(body, segment, order, made[-1] if made else None)
        camera = read_camera(segment["camera"], segment["action"])
        if pictures == (FIRST_FRAME,):  # the clip opens on exactly this picture, however close the words go later
            camera = camera._replace(framing=1.0)
        made.append(
            Part(
                order,
                first,
                end,
                segment["start_ms"],
                segment["end_ms"],
                segment["action"],
                segment["camera"],
                camera,
                segment["sound"],
                pictures,
                talk,
                _timed(segment["lines"], first, end, fps),
                segments[order + 1]["action"] if order + 1 < len(segments) else "",
            )
        )
    return tuple(made)


def mentioned(text: str, references: list[Mapping[str, Any]]) -> tuple[int, ...]:
    """The places of the references that a text speaks of by label, id or binding name, in the order of mention."""
    found: list[tuple[int, int]] = []
    lowered = text.lower()
    for place, reference in enumerate(references):
        words = {str(reference[k]).lower() for k in ("label", "id", "name")} | {str(reference["id"]).replace("_", " ")}
        hits = [m.start() for word in words if word for m in [_whole(word).search(lowered)] if m]
        if hits:
            found.append((min(hits), place))
    return tuple(place for _, place in sorted(found))


def speech_seconds(line: Mapping[str, Any]) -> float:
    """How long a line takes: what the author says, else words and East Asian characters at a usual pace."""
    if line["speech_ms"] is not None:
        return float(line["speech_ms"]) / 1000
    east_asian = len(re.findall(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]", line["line"]))
    words = len(re.findall(r"[^\W\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]+(?:['’]\w+)*", line["line"]))
    return max(_LEAST_LINE, words / _WORDS_A_SECOND + east_asian / _CHARACTERS_A_SECOND)


def _pictures(
    body: Mapping[str, Any], segment: Mapping[str, Any], order: int, before: Part | None
) -> tuple[tuple[int, ...], bool]:
    """Whom a segment shows: who speaks in it, then who is in its action; else whom the segment before showed."""
    references: list[Mapping[str, Any]] = body["references"]
    if order == 0 and body["first_frame"]:
        return (FIRST_FRAME,), False
    places = {r["id"]: i for i, r in enumerate(references)}
    seen = [places[n["by"]] for n in segment["lines"] if n["by"] in places and n["how"] not in _UNSEEN]
    unseen = [places[n["by"]] for n in segment["lines"] if n["by"] in places and n["how"] in _UNSEEN]
    speakers = sorted(set(seen))
    if len(speakers) > 1:
        return tuple(speakers[:_MOST_PICTURES]), True
    chosen = tuple(dict.fromkeys((*speakers, *mentioned(segment["action"], references), *unseen)))[:_MOST_PICTURES]
    if chosen:
        return chosen, False
    if before and before.pictures != (FIRST_FRAME,):
        return before.pictures[:1], False
    return ((0,) if references else ()), False


def _timed(lines: list[Mapping[str, Any]], first: int, end: int, fps: int) -> tuple[Spoken, ...]:
    """Lines one after the other inside their segment; where they do not fit, all are squeezed alike."""
    if not lines:
        return ()
    room = (end - first) / fps
    lengths = [speech_seconds(n) for n in lines]
    gaps = _BREATH * len(lines)
    squeeze = min(1.0, room / (sum(lengths) + gaps))
    spare = max(0.0, room - sum(lengths) - gaps)
    at = first / fps + min(0.35, spare * 0.3) + _BREATH * squeeze / 2
    starts: list[float] = []
    for length in lengths:
        starts.append(at)
        at += (length + _BREATH) * squeeze
    made: list[Spoken] = []
    for i, line in enumerate(lines):
        begin = max(first, min(end - 1, int(starts[i] * fps)))
        follow = int(starts[i + 1] * fps) if i + 1 < len(lines) else end
        gone = int((starts[i] + lengths[i] * squeeze + _LINGER) * fps)
        # A blink without a caption is worse than a caption that stays.
        until = follow if follow - gone < fps else gone
        said = (line["by"], line["speaker"], line["line"], line["how"])
        made.append(Spoken(*said, starts[i], lengths[i] * squeeze, begin, max(begin + 1, min(until, end))))
    return tuple(made)


def _whole(word: str) -> re.Pattern[str]:
    escaped = re.escape(word)
    return re.compile(rf"(?<!\w){escaped}(?!\w)" if word.isascii() else escaped)
