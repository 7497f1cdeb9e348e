"""Keys and what they are made of.

A key is the canonical form of what is sent, the digests of what it refers to, and the take: nothing else, so that the
same request has the same key on any machine.  The same parts are kept as ingredients, each with the place that decided
it: `why` compares them one by one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from r2v_pipeline.canonical import canonical_text, digest, digest_bytes, digest_pieces, quoted
from r2v_pipeline.compile.jobs import Ingredient, Job
from r2v_pipeline.compile.late import Late
from r2v_pipeline.diagnostics import Span
from r2v_pipeline.model.types import Shot, Storyboard, Text
from r2v_pipeline.providers.base import Prompt, Reference, RenderRequest

# Part of every key: raised when the same request must give another clip, frame or film.
RECIPE = 1

# Body fields that a setting of the storyboard decides, so that a change of them is shown where it was written.
_SET_BY = {
    "width": "resolution",
    "height": "resolution",
    "size": "resolution",
    "aspect_ratio": "ratio",
    "aspectRatio": "ratio",
    "generateAudio": "audio",
    "generate_audio": "audio",
    "shotType": "shot_type",
    "enable_prompt_expansion": "prompt_extend",
}


class FilmInputs(NamedTuple):
    """What the join asks for: `words` of a line or card as heard or read in the film, the digest of a sound file."""

    words: Callable[[Shot, Text], str]
    digest_of: Callable[[str], str]


def render_key(request: RenderRequest, take: int) -> str:
    """The key of a render job: the canonical form of all that it depends on, written as it is hashed."""
    references = ",".join([f"[{quoted(r.placeholder)},{quoted(r.kind)}]" for r in request.references])
    form = (
        f'{{"body":{canonical_text(request.body)},"model":{quoted(request.model)},'
        f'"provider":{quoted(request.provider)},"recipe":{RECIPE},"references":[{references}],"take":{take}}}'
    )
    return digest_bytes(form.encode())


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
    for path, value in _fields(request.body):
        if value not in (prompt.text, prompt.negative) or not value:
            name = path.rpartition(".")[2]
            made.append(Ingredient(f"body.{path}", value, _setting(shot, _SET_BY.get(name, name))))
    return tuple(made)


def _fields(body: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The fields of a body by dotted path; vendors nest them, and each is a setting of its own."""
    for name, value in body.items():
        if isinstance(value, Mapping) and value:
            yield from ((f"{name}.{path}", inner) for path, inner in _fields(value))
        else:
            yield name, value


def _setting(shot: Shot, name: str) -> Span | None:
    setting = shot.render.settings.get(name)
    return setting.span if setting and setting.span else shot.span


def join_job(storyboard: Storyboard, renders: Mapping[str, Job], footage: Mapping[str, str], inputs: FilmInputs) -> Job:
    """The film: every clip in order, what the film does with it, and the film's own settings.

    `footage` maps the shots with own footage to the digest of their file.
    """
    clips = {shot.id: renders[shot.id].key if shot.id in renders else footage[shot.id] for shot in storyboard.shots}
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
    key = digest_pieces(_film_form(storyboard, clips, inputs, settings))
    needs = tuple([renders[shot.id].id for shot in storyboard.shots if shot.id in renders])
    made = Late(_film_ingredients, storyboard, clips, inputs, settings)
    return Job("film", "join", "", key, None, made, needs, None, None, storyboard.span)


def _film_form(
    storyboard: Storyboard, clips: Mapping[str, str], inputs: FilmInputs, settings: dict[str, Any]
) -> Iterator[str]:
    """The canonical form of a film, piece by piece: of a long one it is several megabytes."""
    yield '{"film":['
    for shot in storyboard.shots:
        yield f"[{quoted(f'shots.{shot.id}')},{_in_film(shot, clips[shot.id], inputs)}],"
    yield canonical_text(["order", [shot.id for shot in storyboard.shots]])
    for name, value in settings.items():
        yield f",{canonical_text([f'film.{name}', value])}"
    yield f'],"recipe":{RECIPE}}}'


def _film_ingredients(
    storyboard: Storyboard, clips: Mapping[str, str], inputs: FilmInputs, settings: dict[str, Any]
) -> list[Ingredient]:
    shots = storyboard.shots
    made = [
        Ingredient(f"shots.{shot.id}", json.loads(_in_film(shot, clips[shot.id], inputs)), shot.span) for shot in shots
    ]
    made.append(Ingredient("order", [shot.id for shot in shots], storyboard.span))
    span = storyboard.film.span or storyboard.span
    return made + [Ingredient(f"film.{name}", value, span) for name, value in settings.items()]


def _speakers(storyboard: Storyboard) -> list[list[str]]:
    """Whom the captions name, and how."""
    said = {line.by for shot in storyboard.shots for segment in shot.segments for line in segment.lines}
    return [[name, storyboard.cast[name].spoken] for name in sorted(said)]


def _in_film(shot: Shot, clip: str, inputs: FilmInputs) -> str:
    """What the film makes of a clip, in canonical form: its length, card, sound and captions."""
    card, sound = shot.title_card, shot.audio
    own = inputs.digest_of(sound.file.path) if sound and sound.file else ""
    lines = ",".join(
        f"[{quoted(line.by)},{quoted(inputs.words(shot, line.line))},{segment.start_ms},{segment.end_ms},"
        f"{'null' if line.speech_ms is None else line.speech_ms}]"
        for segment in shot.segments
        for line in segment.lines
    )
    return (
        f'{{"card":{canonical_text([inputs.words(shot, card.text), card.for_ms]) if card else "null"},'
        f'"clip":"{clip}","lines":[{lines}],'
        f'"sound":{canonical_text([sound.mute, str(sound.gain_db), own]) if sound else "null"},'
        f'"title":{quoted(str(shot.meta.get("title", "")))},'
        f'"trim":{canonical_text(list(shot.trim_ms)) if shot.trim_ms else "null"},"used_ms":{shot.used_ms}}}'
    )
