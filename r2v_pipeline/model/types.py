"""The storyboard as frozen types: what `resolve` returns and every later stage reads.

NamedTuples, not dataclasses: they are as immutable, several times cheaper to make, and importing `dataclasses` alone
costs a quarter of a small `r2v check` (docs/decisions/0001).  All times are integer milliseconds.  Everything that came
from text carries its `Span`; texts are templates until `compile/` expands them.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from r2v_pipeline.diagnostics import Span
from r2v_pipeline.model.places import Setting as Setting
from r2v_pipeline.model.places import Text as Text
from r2v_pipeline.model.segments import Line as Line
from r2v_pipeline.model.segments import Segment as Segment


class Media(NamedTuple):
    """A file or URL that a storyboard names.

    `path` is relative to the project root, POSIX separators; empty for a URL.  `sha256` is the author's claim (hex) or
    empty.  `problem` completes the sentence "'refs/a.png' …" when the name as written can never be used.
    """

    path: str
    url: str
    sha256: str
    span: Span
    problem: str = ""


class FromShot(NamedTuple):
    """A picture or clip taken from another shot: `frame` is `first`, `last`, milliseconds, or None (the whole clip)."""

    shot: str
    frame: str | int | None
    span: Span


class Member(NamedTuple):
    """A cast member.  At most one of `media` and `from_shot`; neither: spoken of by its words.

    `visual` is `image`, `video` or empty.  `name` and `look` are empty when not given.
    """

    id: str
    kind: str
    visual: str
    media: Media | None
    from_shot: FromShot | None
    voice: Media | None
    name: str
    look: str
    fields: Mapping[str, Any]
    span: Span

    @property
    def spoken(self) -> str:
        """What `{{ mia }}` gives inside a line of dialogue, and what captions print: `name`, else the id."""
        return self.name or self.id


class Render(NamedTuple):
    """Render settings after defaults, profile, shot and command line; `settings` has only what somebody wrote."""

    provider: tuple[str, ...]
    model: str
    region: str
    resolution: str
    ratio: str
    audio: bool
    watermark: bool
    seed: int | None
    prompt_extend: bool
    shot_type: str
    fit: str
    settings: Mapping[str, Setting]


class Transition(NamedTuple):
    """How the film enters a shot: cut, dissolve, fade or wipe."""

    type: str
    for_ms: int
    span: Span | None


class TitleCard(NamedTuple):
    """A text card before a shot."""

    text: Text
    for_ms: int
    span: Span


class ShotAudio(NamedTuple):
    """This shot's sound in the film."""

    mute: bool
    gain_db: float
    file: Media | None
    span: Span


class PromptClaims(NamedTuple):
    """What `expect:` says of compiled prompts: words and cast ids that they must have, that they must not have, and
    their greatest length in characters."""

    mentions: tuple[Setting, ...]
    forbids: tuple[Setting, ...]
    max_chars: Setting | None


class Shot(NamedTuple):
    """One shot: one clip.  Either `segments`, or `prompt` (then one untimed stretch of `duration_ms`)."""

    id: str
    intro: Text | None
    segments: tuple[Segment, ...]
    prompt: Text | None
    duration_ms: int
    first_frame: str
    cast: tuple[Setting, ...]
    style: Text | None
    negative: Text | None
    quiet: tuple[str, ...]
    render: Render
    template: Setting | None
    split: str
    take: int
    transition: Transition | None
    trim_ms: tuple[int, int] | None
    title_card: TitleCard | None
    clip: Media | None
    audio: ShotAudio | None
    tags: tuple[str, ...]
    meta: Mapping[str, Any]
    span: Span
    first_frame_span: Span | None = None
    claims: PromptClaims | None = None
    trim_span: Span | None = None

    @property
    def used_ms(self) -> int:
        """The length of this shot in the film: its written length, or what `trim` leaves of it."""
        return self.trim_ms[1] - self.trim_ms[0] if self.trim_ms else self.duration_ms


class Film(NamedTuple):
    """How clips become the film.  `unapplied` names written keys that this version validates and does not apply yet."""

    size: tuple[int, int] | None
    fps: int
    chapters: bool
    subtitle_files: tuple[str, ...]
    subtitle_soft: bool
    unapplied: tuple[Setting, ...]
    span: Span | None


class Storyboard(NamedTuple):
    """A whole storyboard, includes joined, defaults and profile applied.

    `path` is the storyboard's place in the project, POSIX separators; `root` the project's absolute path.  `hurt` are
    the shots in which something is wrong: their texts can still be read, nothing can be made of them.  `names_known`
    False: what is broken may have declared names, so a name that nothing declares is not worth reporting.
    `max_cost` is what `expect:` says of the price: (millionths, currency); `claims` what it says of every prompt.
    """

    path: str
    root: str
    title: str
    language: str
    vars: Mapping[str, Any]
    cast: Mapping[str, Member]
    shots: tuple[Shot, ...]
    film: Film
    meta: Mapping[str, Any]
    profile: str
    span: Span
    hurt: frozenset[str] = frozenset()
    names_known: bool = True
    max_cost: Setting | None = None
    claims: PromptClaims | None = None
