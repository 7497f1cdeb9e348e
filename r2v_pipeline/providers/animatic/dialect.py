"""A shot as the animatic's worker is asked to draw it.  Pure: no disk, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt

from r2v_pipeline.canonical import Canonical, canonical_text, quoted
from r2v_pipeline.diagnostics import Diagnostic, error
from r2v_pipeline.model.types import Shot
from r2v_pipeline.providers.animatic.layout import zones
from r2v_pipeline.providers.base import FREE, Beat, BeatLine, Cost, Prompt, Reference, RenderRequest

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
_REMEMBERED = 4096
_SLIMMEST = 4  # sides; beyond, no board can be read


class AnimaticDialect:
    """Lowers shots to bodies that are drawn free of charge on this machine.

    `fps`, `language` and `labels` (cast id -> the name that people read) belong to the film and the storyboard, not to
    a shot, so they are given here.  Without them: 30 frames a second, the language that the words are written in, and
    the ids as names.
    """

    provider = "animatic"
    draws = True

    def __init__(self, fps: int = 30, language: str = "", labels: Mapping[str, str] | None = None) -> None:
        self._fps = fps
        self._language = language
        self._labels = labels or {}
        self._shown: dict[int, tuple[tuple[Reference, ...], str]] = {}

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
        body = Canonical(self._body(shot, prompt, beats, references, size))
        return RenderRequest(self.provider, shot.render.model, body, references, shot.duration_ms, shot.used_ms), ()

    def _body(
        self,
        shot: Shot,
        prompt: Prompt,
        beats: tuple[Beat, ...],
        references: tuple[Reference, ...],
        size: tuple[int, int],
    ) -> str:
        """The body in its canonical form (keys sorted), written as it is: its key is all that most shots ever need."""
        opening = next((r for r in references if r.position < 0), None)
        frames = max(1, (shot.duration_ms * self._fps + 500) // 1000)
        language = self._language or _language(beats)
        shown = self._numbered(references, beats)
        return (
            f'{{"audio":{"true" if shot.render.audio else "false"},'
            f'"first_frame":{self._reference(opening, beats) if opening else "null"},'
            f'"fps":{self._fps},"frames":{frames},"height":{size[1]},"language":{quoted(language)},'
            f'"negative":{quoted(prompt.negative)},"prompt":{quoted(prompt.text)},"recipe":{RECIPE},'
            f'"references":[{shown}],"segments":[{",".join([_segment(beat) for beat in beats])}],'
            f'"shot":{quoted(shot.id)},"style":{quoted(prompt.style)},"take":{shot.take},"width":{size[0]}}}'
        )

    def _numbered(self, references: tuple[Reference, ...], beats: tuple[Beat, ...]) -> str:
        """The numbered references.  Shots share what is bound to them, and where labels are known they look alike."""
        known = self._shown.get(id(references))
        if known and known[0] is references:
            return known[1]
        shown = ",".join([self._reference(r, beats) for r in references if r.position >= 0])
        if all(r.id in self._labels for r in references) and len(self._shown) < _REMEMBERED:
            self._shown[id(references)] = references, shown
        return shown

    def _reference(self, reference: Reference, beats: tuple[Beat, ...]) -> str:
        label = self._labels.get(reference.id)
        if not label:
            words = reference.id.replace("_", " ")
            speaks = next((n.speaker for beat in beats for n in beat.lines if n.by == reference.id), "")
            label = speaks or words[:1].upper() + words[1:]
        area = canonical_text(reference.area) if reference.area else "null"
        return (
            f'{{"area":{area},"file":{quoted(reference.placeholder)},"id":{quoted(reference.id)},'
            f'"kind":{quoted(reference.kind)},"label":{quoted(label)},"name":{quoted(reference.name)}}}'
        )

    def picture_area(self, request: RenderRequest) -> tuple[int, int, int, int] | None:
        """The stage of the board: what a later shot takes from this one is the picture, not the words around it."""
        body = dict(request.body.items())  # read once
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


def _segment(beat: Beat) -> str:
    start, end, action, camera, spoken, sound = beat
    lines = ",".join([_line(line) for line in spoken]) if spoken else ""
    return (
        f'{{"action":{quoted(action)},"camera":{quoted(camera)},"end_ms":{end},'
        f'"lines":[{lines}],"sound":{quoted(sound)},"start_ms":{start}}}'
    )


def _line(line: BeatLine) -> str:
    return (
        f'{{"by":{quoted(line.by)},"how":{quoted(line.how)},"line":{quoted(line.line)},'
        f'"speaker":{quoted(line.speaker)},"speech_ms":{"null" if line.speech_ms is None else line.speech_ms}}}'
    )


def _language(beats: tuple[Beat, ...]) -> str:
    """`zh` where the words hold ideographs and no kana or Hangul, else `en`: the languages that the board speaks."""
    words = "".join(beat.action + "".join(line.line for line in beat.lines) for beat in beats)
    other = any("\u3040" <= c <= "\u30ff" or "\uac00" <= c <= "\ud7a3" for c in words)
    return "zh" if not other and any("\u4e00" <= c <= "\u9fff" for c in words) else "en"
