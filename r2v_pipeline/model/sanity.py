"""What has the right form and cannot be meant: prompts that say nothing, ids that no file can have, silent sounds."""

from __future__ import annotations

from collections.abc import Iterator

from r2v_pipeline.diagnostics import Diagnostic, error, warning
from r2v_pipeline.model.cast import build_media
from r2v_pipeline.model.types import Media, Shot
from r2v_pipeline.source.document import Document
from r2v_pipeline.source.nodes import Map

# A clip's name is its shot's id and a few characters more; file systems stop at 255 bytes.
LONGEST_ID = 200

# Names that Windows keeps for devices, whatever suffix they get.
_DEVICES = frozenset(("con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))))

# Characters that nobody sees and `strip` keeps.
_UNSEEN = "\u00ad\u200b\u200c\u200d\u2060\ufeff"


def check_id(shot: Shot) -> Iterator[Diagnostic]:
    """A shot's id is the name of its clip."""
    if len(shot.id) > LONGEST_ID:
        message = f"a shot id of {len(shot.id)} characters is too long for the name of a clip"
        yield error("R2V209", message, shot.span, f"at most {LONGEST_ID}")
    elif shot.id in _DEVICES:
        message = f"on Windows no file can be called '{shot.id}', so this clip could not be saved there"
        yield warning("R2V209", message, shot.span, f"'{shot.id}_shot' can")


def check_words(shot: Shot) -> Iterator[Diagnostic]:
    """A prompt of white space is a slip, and billed like any other; segments may be without a word."""
    if shot.prompt and not shot.clip and not shot.prompt.value.strip().strip(_UNSEEN).strip():
        yield error("R2V102", f"the prompt of '{shot.id}' says nothing", shot.prompt.span, "say what the shot shows")


def film_sounds(document: Document) -> Iterator[tuple[str, Media]]:
    """The music and the voice-over of the film and of every profile, with what they are called."""
    main = document.main
    profiles = main.data.get("profiles")
    holders = [main.data, *(profiles.values() if isinstance(profiles, Map) else ())]
    for film in (holder.get("film") for holder in holders if isinstance(holder, Map)):
        for key, what in (("music", "the music"), ("voice_over", "the voice-over")):
            block = film.get(key) if isinstance(film, Map) else None
            if isinstance(block, Map) and isinstance(block.get("file"), str):
                yield f"{what} of the film", build_media(block, "file", {id(block.source): main.folder})
