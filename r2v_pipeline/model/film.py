"""The film block: data to types, and which of its keys this version does not apply yet."""

from __future__ import annotations

from r2v_pipeline.model.layers import Layers
from r2v_pipeline.model.times import size
from r2v_pipeline.model.types import Film, Setting, Shot
from r2v_pipeline.source.nodes import Seq

# Validated here, applied by a later version; a build names each of them that somebody wrote.
# Transitions are not here: a cut is applied, so the shots decide (see `with_transitions`).
UNAPPLIED = ("music", "voice_over", "loudness", "titles", "deliver")

DEFAULT_FPS = 30


def build_film(layers: Layers) -> Film:
    """The film settings of profile and file."""
    subtitles = layers.child("subtitles")
    files = subtitles.get("files")
    names = files if isinstance(files, Seq) else [files] if isinstance(files, str) else []
    unapplied = [Setting(key, layers.span(key)) for key in UNAPPLIED if layers.holder(key) is not None]
    if subtitles.flag("burn", False):
        unapplied.append(Setting("subtitles.burn", subtitles.span("burn")))
    return Film(
        size=size(layers.get("size")),
        fps=layers.whole("fps") or DEFAULT_FPS,
        chapters=layers.flag("chapters", True),
        subtitle_files=tuple(str(n) for n in names),
        subtitle_soft=subtitles.flag("soft", False),
        unapplied=tuple(unapplied),
        span=layers.maps[0].span if layers.maps else None,
    )


def with_transitions(film: Film, shots: tuple[Shot, ...]) -> Film:
    """Adds what shots ask for and this version does not apply: transitions but cuts."""
    spans = {s.transition.span: s.transition.type for s in shots[1:] if s.transition and s.transition.type != "cut"}
    settings = [Setting(f"transition {kind}", span) for span, kind in spans.items()]
    return film._replace(unapplied=(*settings, *film.unapplied))
