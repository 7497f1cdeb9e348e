"""One request body to one clip: the loop over frames."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from r2v_pipeline.media.house import samples_before
from r2v_pipeline.media.pyav import ClipWriter
from r2v_pipeline.media.typeset import Typesetter
from r2v_pipeline.providers.animatic import captions
from r2v_pipeline.providers.animatic.board import draw_board
from r2v_pipeline.providers.animatic.clock import Bar, Clock
from r2v_pipeline.providers.animatic.kit import Kit
from r2v_pipeline.providers.animatic.layout import Rect, cells, zones
from r2v_pipeline.providers.animatic.look import words
from r2v_pipeline.providers.animatic.pictures import Album, Unreadable, cut_out
from r2v_pipeline.providers.animatic.planes import Overlay, Planes, light, to_planes, to_rgb
from r2v_pipeline.providers.animatic.scene import FIRST_FRAME, Part, Spoken, parts
from r2v_pipeline.providers.animatic.sound import track
from r2v_pipeline.providers.animatic.stage import Cell
from r2v_pipeline.providers.animatic.strip import placeholder

_MAIN_SHARE = 0.64
_REPORTS_EVERY = 15  # frames


class Artist:
    """Draws shots.  Keeps pictures, fonts and measured widths between shots, never anything that changes a result."""

    def __init__(self, setter: Typesetter | None = None) -> None:
        self._album = Album()
        self._setters: dict[str, Typesetter] = {}
        self._given = setter

    def draw(
        self,
        body: Mapping[str, Any],
        files: Mapping[str, str],
        to: Path,
        tell: Callable[[float], None] = lambda _: None,
    ) -> None:
        """Draw a body into a clip.  `files` maps its placeholders to paths; `tell` hears the part done, 0 to 1.

        Raises:
            Unreadable: a reference that cannot be drawn, with its label.
            R2VError: the clip cannot be encoded or written.
        """
        Show(self._kit(body, files), self._opening(body, files)).write(to, tell)

    def still(self, body: Mapping[str, Any], files: Mapping[str, str], frame: int) -> Image.Image:
        """One frame as RGB, for documentation and for tests."""
        return Show(self._kit(body, files), self._opening(body, files)).still(frame)

    def _kit(self, body: Mapping[str, Any], files: Mapping[str, str]) -> Kit:
        language = body["language"]
        setter = self._given or self._setters.setdefault(language, Typesetter(language=language))
        pictures = [self._picture(r, files) for r in body["references"]]
        layout = zones(body["width"], body["height"], len(pictures))
        board_words = words(language, setter.shaper.fonts)
        return Kit(body, layout, setter, board_words, pictures, len(body["segments"]))

    def _opening(self, body: Mapping[str, Any], files: Mapping[str, str]) -> Image.Image | None:
        first = body["first_frame"]
        return self._picture({"label": "first frame", **first}, files) if first else None

    def _picture(self, reference: Mapping[str, Any], files: Mapping[str, str]) -> Image.Image | None:
        file = reference["file"]
        if file not in files:
            return None
        try:
            picture = self._album.picture(file, Path(files[file]), reference["kind"])
        except Unreadable as problem:
            raise Unreadable(f"the {reference['kind']} of '{reference['label']}' cannot be drawn: {problem}") from None
        return cut_out(picture, reference.get("area"))


class Show:
    """One shot on its way to frames."""

    def __init__(self, kit: Kit, opening: Image.Image | None) -> None:
        self._kit = kit
        self._opening = opening
        self._parts = parts(kit.body)
        self._clock = Clock(kit)
        self._bar = Bar(kit, self._parts)

    def write(self, to: Path, tell: Callable[[float], None]) -> None:
        """Encode all frames and the sound."""
        body = self._kit.body
        fps, frames = body["fps"], body["frames"]
        size = {"width": body["width"], "height": body["height"]}
        with ClipWriter(to, **size, fps=fps, audio=body["audio"], preset="ultrafast") as clip:
            if body["audio"]:
                lines = [line for part in self._parts for line in part.lines]
                cast = [r["id"] for r in body["references"]]
                clip.write_audio(track(lines, cast, samples_before(frames, fps)))
            for part in self._parts:
                take = Take(self._kit, part, self._opening, self._clock, self._bar)
                for number in range(part.first, part.end):
                    frame = take.frame(number)
                    clip.write_frame(frame.y.tobytes(), frame.u.tobytes(), frame.v.tobytes())
                    if number % _REPORTS_EVERY == 0:
                        tell(number / frames)

    def still(self, number: int) -> Image.Image:
        part = next(p for p in self._parts if p.first <= number < p.end)
        return to_rgb(Take(self._kit, part, self._opening, self._clock, self._bar).frame(number))


class Take:
    """One segment: its board in planes, its moving cells, and what lies over them at each frame."""

    def __init__(self, kit: Kit, part: Part, opening: Image.Image | None, clock: Clock, bar: Bar) -> None:
        self._kit, self._part, self._clock, self._bar = kit, part, clock, bar
        seconds = (part.end - part.first) / kit.body["fps"]
        pictures = self._stage_pictures(opening)
        places = cells(kit.zones.stage, _shares(len(pictures), part.talk), max(4, kit.px(6) // 2 * 2))
        self._places = places
        self._cells = [
            Cell(picture, place, part.camera, seconds, part.order + i, len(pictures) > 1)
            for i, (picture, place) in enumerate(zip(pictures, places, strict=True))
        ]
        board = draw_board(kit, part, pictures[0] if part.pictures else None)
        clock.draw_ground(board)
        bar.draw_ground(board, part.first)
        self._frame = to_planes(board)
        stage = kit.zones.stage
        self._under = to_planes(board.crop((stage.x, stage.y, stage.right, stage.bottom)))
        self._still = [captions.card(kit, part)] if not part.pictures else self._tags()
        self._captions = {line: captions.caption(kit, line) for line in part.lines}
        self._shown: Spoken | str | None = "nothing yet"

    def frame(self, number: int) -> Planes:
        """The planes of a frame.  They are changed by the next call."""
        part = self._part
        line = next((n for n in reversed(part.lines) if n.first <= number < n.until), None)
        if line != self._shown or any(c.moves for c in self._cells):
            at = (number - part.first + 0.5) / (part.end - part.first)
            self._draw_stage(at, line)
            self._shown = line
        self._clock.draw(self._frame, number)
        self._bar.draw(self._frame, number)
        return self._frame

    def _draw_stage(self, at: float, line: Spoken | None) -> None:
        frame, stage = self._frame, self._kit.zones.stage
        if len(self._cells) > 1:
            frame.paste(self._under, stage.x, stage.y)
        speaking = self._speaking(line)
        for place, cell in enumerate(self._cells):
            cell.draw(frame, at, dim=speaking is not None and place != speaking)
        if speaking is not None and line:
            for bar, colour in captions.lit(self._kit, line, self._places[speaking]):
                _fill(frame, bar, light(colour))
        for over in (*self._still, *([self._captions[line]] if line else [])):
            over.lay(frame)

    def _speaking(self, line: Spoken | None) -> int | None:
        """The cell of who speaks, where several people share the stage."""
        if line is None or not self._part.talk:
            return None
        ids = [self._kit.body["references"][p]["id"] for p in self._part.pictures]
        return ids.index(line.by) if line.by in ids else None

    def _stage_pictures(self, opening: Image.Image | None) -> list[Image.Image]:
        kit, found = self._kit, []
        for place in self._part.pictures:
            picture = opening if place == FIRST_FRAME else kit.pictures[place]
            if picture is None:
                reference = kit.body["first_frame"] if place == FIRST_FRAME else kit.body["references"][place]
                label = reference.get("label", "first frame")
                picture = placeholder(label, reference["file"], kit, kit.zones.stage.width, kit.zones.stage.height)
            found.append(picture)
        return found or [captions.ground_for_words(kit)]

    def _tags(self) -> list[Overlay]:
        if len(self._places) < 2:
            return []
        labels = [self._kit.body["references"][p]["label"] for p in self._part.pictures]
        return [captions.tag(self._kit, label, place) for label, place in zip(labels, self._places, strict=True)]


def _shares(count: int, talk: bool) -> tuple[float, ...]:
    if count == 1 or talk:
        return (1 / count,) * count
    rest = (1 - _MAIN_SHARE) / (count - 1)
    return (_MAIN_SHARE, *([rest] * (count - 1)))


def _fill(frame: Planes, place: Rect, values: tuple[int, int, int]) -> None:
    frame.y.paste(values[0], (place.x, place.y, place.right, place.bottom))
    half = (place.x // 2, place.y // 2, place.right // 2, place.bottom // 2)
    frame.u.paste(values[1], half)
    frame.v.paste(values[2], half)
