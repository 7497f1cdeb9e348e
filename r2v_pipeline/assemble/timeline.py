"""The film as integers: which frames of which clip, when, under which words.  Pure.

Seconds are turned into frames once, and cumulatively: the border after n shots is `round(ms up to there * fps / 1000)`,
so that the film is never off by more than half a frame however many shots it has.  Sums of rounded lengths would drift.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from r2v_pipeline.compile.speech import seconds
from r2v_pipeline.diagnostics import Diagnostic, error, warning
from r2v_pipeline.model.types import Line, Media, Segment, Shot, Storyboard, Text

DEFAULT_SIZE = (1280, 720)
DEFAULT_FPS = 30

Words = Callable[[Shot, Text], str]


class ClipInfo(NamedTuple):
    """What the timeline needs to know of a clip: upright size with square pixels, average rate, length.

    A still picture has `still` set, no rate and no length: it lasts as long as it is asked to.
    """

    path: str
    width: int
    height: int
    fps: tuple[int, int]
    duration_ms: int
    still: bool = False


class Sound(NamedTuple):
    """What is heard under a cut: the clip itself (`file` empty), another file from its start, or nothing (`mute`)."""

    mute: bool = False
    gain_db: float = 0.0
    file: str = ""


class Card(NamedTuple):
    """A title card of so many frames."""

    text: str
    frames: int


class Cut(NamedTuple):
    """A stretch of a clip in the film, with the card that stands before it.

    `at` is the film's frame where the card (else the clip) begins; `first` is the first frame taken of the clip, on a
    grid of the film's rate; `frames` counts the clip alone.
    """

    shot: str
    clip: str
    at: int
    card: Card | None
    first: int
    frames: int
    sound: Sound

    @property
    def begins(self) -> int:
        """The film's frame where the clip itself begins."""
        return self.at + (self.card.frames if self.card else 0)

    @property
    def ends(self) -> int:
        return self.begins + self.frames


class Cue(NamedTuple):
    """Words to show, in milliseconds of the film."""

    start_ms: int
    end_ms: int
    speaker: str
    text: str


class Chapter(NamedTuple):
    """A chapter from one frame to another (exclusive)."""

    title: str
    start: int
    end: int


class Timeline(NamedTuple):
    """A whole film."""

    width: int
    height: int
    fps: int
    cuts: tuple[Cut, ...]
    cues: tuple[Cue, ...]
    chapters: tuple[Chapter, ...]

    @property
    def frames(self) -> int:
        return self.cuts[-1].ends if self.cuts else 0

    @property
    def duration_ms(self) -> int:
        return round(self.frames * 1000 / self.fps)


def as_written(_shot: Shot, text: Text) -> str:
    """The words of a text that holds no template."""
    return text.value


def timeline(
    storyboard: Storyboard, clips: Mapping[str, ClipInfo], words: Words = as_written
) -> tuple[Timeline, tuple[Diagnostic, ...]]:
    """The film of a storyboard whose clips exist; `words` expands templates in cards and lines.

    Diagnostics: R2V811 a shot without a clip (the film leaves it out), R2V812 a clip that ends before the film is done
    with it, R2V813 a setting that this version does not apply, R2V814 sound that would have to be fetched.
    """
    shots = [shot for shot in storyboard.shots if shot.id in clips]
    used = [clips[shot.id] for shot in shots]
    fps = storyboard.film.fps or _majority_fps(used)
    width, height = storyboard.film.size or _majority_size(used)
    cuts = tuple(_cuts(storyboard, shots, clips, fps, words))
    film = Timeline(
        width=_even(width),
        height=_even(height),
        fps=fps,
        cuts=cuts,
        cues=tuple(
            cue for shot, cut in zip(shots, cuts, strict=True) for cue in _cues(storyboard, shot, cut, fps, words)
        ),
        chapters=tuple(Chapter(_title(shot), cut.at, cut.ends) for shot, cut in zip(shots, cuts, strict=True))
        if storyboard.film.chapters
        else (),
    )
    return film, tuple(_problems(storyboard, clips, film))


def end_to_end(parts: Sequence[tuple[ClipInfo, int]]) -> Timeline:
    """The first so many milliseconds of each clip, one after the other: the parts of one shot, `1`, `2` and so on.

    Its size and rate are the clips' own; where they differ, most of them decide.
    """
    clips = [clip for clip, _ in parts]
    fps = _majority_fps(clips)
    width, height = _majority_size(clips)
    cuts: list[Cut] = []
    clock = 0
    for number, (clip, ms) in enumerate(parts, 1):
        at, clock = frames_at(clock, fps), clock + ms
        cuts.append(Cut(str(number), clip.path, at, None, 0, frames_at(clock, fps) - at, Sound()))
    return Timeline(_even(width), _even(height), fps, tuple(cuts), (), ())


def frames_at(ms: int, fps: int) -> int:
    """The frame border nearest to a time; half a frame rounds up."""
    return (2 * ms * fps + 1000) // 2000


def _cuts(
    storyboard: Storyboard, shots: list[Shot], clips: Mapping[str, ClipInfo], fps: int, words: Words
) -> Iterator[Cut]:
    clock = 0
    for shot in shots:
        at, card = frames_at(clock, fps), None
        if shot.title_card:
            clock += shot.title_card.for_ms
            length = frames_at(clock, fps) - at
            card = Card(words(shot, shot.title_card.text), length) if length else None
        begins = frames_at(clock, fps)
        clock += shot.used_ms
        yield Cut(
            shot=shot.id,
            clip=clips[shot.id].path,
            at=at,
            card=card,
            first=frames_at(shot.trim_ms[0], fps) if shot.trim_ms else 0,
            frames=frames_at(clock, fps) - begins,
            sound=_sound(storyboard.root, shot),
        )


def _sound(root: str, shot: Shot) -> Sound:
    audio = shot.audio
    if audio is None:
        return Sound()
    file = f"{root}/{audio.file.path}" if audio.file and audio.file.path else ""
    # A file stands in for the clip's own sound; muting then has nothing left to say.
    return Sound(audio.mute and not file, audio.gain_db, file)


def _cues(storyboard: Storyboard, shot: Shot, cut: Cut, fps: int, words: Words) -> Iterator[Cue]:
    """The lines of a shot in film time; what a trim took away is not shown."""
    begins, ends = _ms(cut.begins, fps), _ms(cut.ends, fps)
    offset = begins - (shot.trim_ms[0] if shot.trim_ms else 0)
    for segment in shot.segments:
        spoken = [(line, words(shot, line.line).strip()) for line in segment.lines]
        for line, text, start, end in _shares(segment, [(line, text) for line, text in spoken if text]):
            start, end = max(begins, start + offset), min(ends, end + offset)
            if end > start:
                member = storyboard.cast.get(line.by)
                yield Cue(start, end, member.spoken if member else line.by, text)


def _shares(segment: Segment, lines: list[tuple[Line, str]]) -> Iterator[tuple[Line, str, int, int]]:
    """When each line of a segment is shown: as long as it states, the others sharing the rest by how long they take.

    Stated lengths that do not fit are squeezed, all alike, so that no line reaches into the next segment.
    """
    whole = segment.end_ms - segment.start_ms
    stated = sum(line.speech_ms or 0 for line, _ in lines)
    estimates = [0.0 if line.speech_ms is not None else max(seconds(text), 0.3) for line, text in lines]
    rest = max(0.0, whole - stated)
    if sum(estimates) and not rest:
        # Nothing is left for the lines without a stated length: all are weighed by how long they take.
        lengths = [e * 1000 + (line.speech_ms or 0) for e, (line, _) in zip(estimates, lines, strict=True)]
    else:
        scale = rest / sum(estimates) if any(estimates) else 0.0
        lengths = [e * scale + (line.speech_ms or 0) for e, (line, _) in zip(estimates, lines, strict=True)]
    squeeze = min(1.0, whole / sum(lengths)) if sum(lengths) else 1.0
    clock = 0.0
    for (line, text), length in zip(lines, lengths, strict=True):
        start, clock = clock, clock + length * squeeze
        yield line, text, segment.start_ms + round(start), segment.start_ms + round(clock)


def _ms(frame: int, fps: int) -> int:
    return round(frame * 1000 / fps)


def _title(shot: Shot) -> str:
    """A chapter's name: what the author noted under `meta: {title: …}`, else the shot's id."""
    title = shot.meta.get("title")
    return title if isinstance(title, str) and title.strip() else shot.id


def _majority_fps(clips: list[ClipInfo]) -> int:
    """The whole rate that most clips have: whatever has another rate must be encoded again."""
    rates = Counter(round(clip.fps[0] / clip.fps[1]) for clip in clips if clip.fps[0] and clip.fps[1])
    return max(rates, key=lambda rate: (rates[rate], rate)) if rates else DEFAULT_FPS


def _majority_size(clips: list[ClipInfo]) -> tuple[int, int]:
    sizes = Counter((clip.width, clip.height) for clip in clips if not clip.still and clip.width)
    return max(sizes, key=lambda size: (sizes[size], size)) if sizes else DEFAULT_SIZE


def _even(side: int) -> int:
    """4:2:0 pictures have even sides."""
    return max(2, side - side % 2)


def _problems(storyboard: Storyboard, clips: Mapping[str, ClipInfo], film: Timeline) -> Iterator[Diagnostic]:
    cuts = {cut.shot: cut for cut in film.cuts}
    for shot in storyboard.shots:
        cut = cuts.get(shot.id)
        if cut is None:
            yield error("R2V811", f"there is no clip for shot '{shot.id}'", shot.span, "build it first")
            continue
        clip = clips[shot.id]
        missing = cut.first + cut.frames - frames_at(clip.duration_ms, film.fps)
        if missing > 1 and not clip.still:
            yield warning(
                "R2V812",
                f"the clip of '{shot.id}' lasts {clip.duration_ms / 1000:.2f} s and the film uses it up to "
                f"{(cut.first + cut.frames) / film.fps:.2f} s: its last frame is held",
                shot.span,
                "shorten the shot, or ask for another take",
            )
        if shot.audio and shot.audio.file and _must_be_fetched(shot.audio.file):
            help = "save the file in the project and name it by its path"
            yield warning("R2V814", f"the sound of '{shot.id}' is a URL, which is not fetched", shot.audio.span, help)
    for setting in storyboard.film.unapplied:
        yield warning(
            "R2V813", f"'{setting.value}' is checked, but not applied to the film by this version", setting.span
        )


def _must_be_fetched(media: Media) -> bool:
    return bool(media.url) and not media.path
