"""What a shot says: the prompt that a model reads, and the beats that a person reads on a board."""

from collections.abc import Sequence
from typing import NamedTuple

from r2v_pipeline.diagnostics import Span


class PromptPiece(NamedTuple):
    """A stretch of the prompt, `prompt[start:end]`, and the text it came from (None: r2v's own connecting words)."""

    start: int
    end: int
    field: str
    span: Span | None


class Prompt(NamedTuple):
    """What the model reads, with provenance for `why` and `diff`; `style` is how the shot's style stands in it."""

    text: str
    negative: str
    pieces: Sequence[PromptPiece]
    style: str = ""


class BeatLine(NamedTuple):
    """A spoken line as a caption shows it: the speaker's display name, the words, how it is said."""

    by: str
    speaker: str
    line: str
    how: str
    speech_ms: int | None


class Beat(NamedTuple):
    """A segment with its templates expanded in plain words (`Mia`, not `Character1`): what a person reads on a board.

    `camera` is the words joined by commas; `lines` are the spoken lines in order.
    """

    start_ms: int
    end_ms: int
    action: str
    camera: str
    lines: tuple[BeatLine, ...]
    sound: str
