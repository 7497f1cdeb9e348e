"""Keys and what they are made of.

A key is the canonical form of what is sent, the digests of what it refers to, and the take: nothing else, so that the
same request has the same key on any machine.  The same parts are kept as ingredients, each with the place that decided
it: `why` compares them one by one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from r2v_pipeline.canonical import digest
from r2v_pipeline.compile.jobs import Ingredient, Job
from r2v_pipeline.diagnostics import Span
from r2v_pipeline.model.types import Shot, Storyboard, Text
from r2v_pipeline.providers.base import Prompt, Reference, RenderRequest

# Part of every key: raised when the same request must give another clip, frame or film.
RECIPE = 1

# Body fields that a setting of the storyboard decides, so that a change of them is shown where it was written.
_SET_BY = {"width": "resolution", "height": "resolution", "size": "resolution", "duration": "duration"}


class FilmInputs(NamedTuple):
    """What the join asks for: `words` of a line or card as heard or read in the film, the digest of a sound file."""

    words: Callable[[Shot, Text], str]
    digest_of: Callable[[str], str]


def render_key(request: RenderRequest, take: int) -> str:
    """The key of a render job."""
    return digest(
        {
            "recipe": RECIPE,
            "provider": request.provider,
            "model": request.model,
            "body": request.body,
            "references": [[r.placeholder, r.kind] for r in request.references],
            "take": take,
        }
    )


def frame_key(upstream: str, frame: str | int) -> str:
    """The key of a picture taken out of another job's clip: known before that clip exists."""
    return digest({"recipe": RECIPE, "of": upstream, "frame": frame})


def render_ingredients(
    shot: Shot, prompt: Prompt, request: RenderRequest, references: tuple[Reference, ...]
) -> tuple[Ingredient, ...]:
    """Everything a render key is made of, by dotted path, with places.

    The body's copy of the prompt is left out: the prompt is an ingredient of its own, with words and places.
    """
    made = [
        Ingredient("prompt", prompt.text, shot.span),
        Ingredient("negative", prompt.negative, shot.negative.span if shot.negative else shot.span),
        Ingredient("take", shot.take, shot.span),
        Ingredient("provider", request.provider, _setting(shot, "provider")),
        Ingredient("model", request.model, _setting(shot, "model")),
        Ingredient("references", [r.id for r in references], shot.span),
    ]
    for reference in references:
        path = f"references.{reference.id}" if reference.position >= 0 else "first_frame"
        made += [
            Ingredient(f"{path}.content", reference.placeholder, reference.span),
            Ingredient(f"{path}.name", reference.name, reference.span),
        ]
    for field, value in request.body.items():
        if value not in (prompt.text, prompt.negative) or not value:
            made.append(Ingredient(f"body.{field}", value, _setting(shot, _SET_BY.get(field, field))))
    return tuple(made)


def _setting(shot: Shot, name: str) -> Span | None:
    setting = shot.render.settings.get(name)
    return setting.span if setting and setting.span else shot.span


def join_job(storyboard: Storyboard, renders: dict[str, Job], footage: dict[str, str], inputs: FilmInputs) -> Job:
    """The film: every clip in order, what the film does with it, and the film's own settings.

    `footage` maps the shots with own footage to the digest of their file.
    """
    made: list[Ingredient] = []
    for shot in storyboard.shots:
        clip = renders[shot.id].key if shot.id in renders else footage[shot.id]
        made.append(Ingredient(f"shots.{shot.id}", {"clip": clip, **_in_film(shot, inputs)}, shot.span))
    film = storyboard.film
    settings: dict[str, Any] = {
        "title": storyboard.title,
        "language": storyboard.language,
        "speakers": _speakers(storyboard),
        "size": list(film.size) if film.size else None,
        "fps": film.fps,
        "chapters": film.chapters,
        "subtitles": [*film.subtitle_files, "soft"] if film.subtitle_soft else list(film.subtitle_files),
    }
    made.append(Ingredient("order", [s.id for s in storyboard.shots], storyboard.span))
    made += [Ingredient(f"film.{name}", value, film.span or storyboard.span) for name, value in settings.items()]
    key = digest({"recipe": RECIPE, "film": [[i.path, i.value] for i in made]})
    needs = tuple(renders[s.id].id for s in storyboard.shots if s.id in renders)
    return Job("film", "join", "", key, None, tuple(made), needs, None, None, storyboard.span)


def _speakers(storyboard: Storyboard) -> list[list[str]]:
    """Whom the captions name, and how."""
    said = {line.by for shot in storyboard.shots for segment in shot.segments for line in segment.lines}
    return [[name, storyboard.cast[name].spoken] for name in sorted(said)]


def _in_film(shot: Shot, inputs: FilmInputs) -> dict[str, Any]:
    """What the film makes of a clip: its length, card, sound and captions."""
    card, sound = shot.title_card, shot.audio
    own = inputs.digest_of(sound.file.path) if sound and sound.file else ""
    return {
        "used_ms": shot.used_ms,
        "title": str(shot.meta.get("title", "")),
        "trim": list(shot.trim_ms) if shot.trim_ms else None,
        "card": [inputs.words(shot, card.text), card.for_ms] if card else None,
        "sound": [sound.mute, str(sound.gain_db), own] if sound else None,
        "lines": [
            [line.by, inputs.words(shot, line.line), segment.start_ms, segment.end_ms, line.speech_ms]
            for segment in shot.segments
            for line in segment.lines
        ],
    }
