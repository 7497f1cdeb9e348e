"""One shot from storyboard to prompt: which members it uses, what they are called, what the model reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from r2v_pipeline.compile.expand import expand
from r2v_pipeline.compile.names import Bound, bind, model_names, plain_names, spoken_names
from r2v_pipeline.compile.prompt import PromptWriter
from r2v_pipeline.compile.scope import Scope, pieces
from r2v_pipeline.compile.script import Expander, Script, ScriptSegment
from r2v_pipeline.compile.speech import check_speech
from r2v_pipeline.compile.templates import Templates, write_prompt
from r2v_pipeline.compile.wording import tidy
from r2v_pipeline.diagnostics import Diagnostic, did_you_mean, error, has_errors
from r2v_pipeline.model.checks import uses
from r2v_pipeline.model.times import seconds_value
from r2v_pipeline.model.types import Shot, Storyboard, Text
from r2v_pipeline.providers.base import Beat, BeatLine, Prompt
from r2v_pipeline.providers.catalog import Family, family_of, known_models


class Written(NamedTuple):
    """A compiled shot.  `named` are all cast ids it names in any way, `needs` the shots its pictures come from."""

    shot: Shot
    script: Script
    prompt: Prompt | None
    bound: tuple[Bound, ...]
    named: frozenset[str]
    needs: tuple[str, ...]


class ShotCompiler:
    """Compiles the shots of one storyboard; what they share is worked out once."""

    def __init__(self, storyboard: Storyboard, templates: Templates) -> None:
        self.storyboard = storyboard
        self.templates = templates
        self.cast = storyboard.cast
        self.plain = plain_names(storyboard.cast)
        self.spoken = spoken_names(storyboard.cast)
        self.roots: dict[str, Any] = {**storyboard.vars, "film": _film(storyboard)}

    def compile(self, shot: Shot) -> tuple[Written | None, list[Diagnostic]]:
        """The shot's prompt and references; None when its texts or its model cannot be used."""
        family = family_of(shot.render.model)
        if family is None:
            return None, [_no_model(shot)]
        roots = {**self.roots, "shot": _shot(shot)}
        mentioned, named = self._mentions(shot, roots)
        bound = bind(self.cast, mentioned, family.naming, self.storyboard.language)
        names = model_names(self.cast, bound)
        scope = Scope(roots, self.cast, names, _ignore)
        spoken = scope._replace(names=self.spoken)
        expander = Expander(shot, scope, spoken, self.storyboard.language)
        script = expander.run()
        found = expander.found
        if shot.title_card:
            _, problem = expand(shot.title_card.text, spoken)
            found.extend([problem] if problem else [])
        prompt = None
        if not has_errors(found):
            prompt = self._prompt(shot, script, scope, names, family, found)
            found.extend(check_speech(script))
        needs = self._needs(shot, bound)
        return Written(shot, script, prompt, bound, frozenset(named), needs), found

    def _prompt(
        self, shot: Shot, script: Script, scope: Scope, names: dict[str, str], family: Family, found: list[Diagnostic]
    ) -> Prompt | None:
        language = self.storyboard.language
        if shot.template is None:
            return PromptWriter(shot, names, family.timing, language).write(script)
        prompt, problem = write_prompt(shot.template, self.templates, shot, script, scope, language)
        if problem:
            found.append(problem)
        return prompt

    def _mentions(self, shot: Shot, roots: Mapping[str, Any]) -> tuple[set[str], set[str]]:
        """The members that count as references, and all that are named at all.

        Names inside a spoken line are words, not references; a field (`mia.look`) is no mention.
        """
        listed = [name for name, _ in uses(shot) if name in self.cast]
        mentioned = set(listed) - ({shot.first_frame} - {str(s.value) for s in shot.cast})
        named = set(listed)

        def note(name: str, bare: bool) -> None:
            named.add(name)
            if bare:
                mentioned.add(name)

        scope = Scope(roots, self.cast, self.plain, note)
        for text in texts(shot):
            _scan(text, scope)
        aside = scope._replace(mention=lambda name, _: named.add(name))
        for text in asides(shot):
            _scan(text, aside)
        if shot.template is not None:
            script = Expander(shot, scope, scope._replace(names=self.spoken, mention=_ignore), "en").run()
            write_prompt(shot.template, self.templates, shot, script, scope, "en")
        return mentioned, named

    def _needs(self, shot: Shot, bound: tuple[Bound, ...]) -> tuple[str, ...]:
        members = [b.member for b in bound]
        if shot.first_frame in self.cast:
            members.append(self.cast[shot.first_frame])
        return tuple(sorted({m.from_shot.shot for m in members if m.from_shot}))

    def spoken_text(self, shot: Shot, text: Text) -> str:
        """A line or a card as it is heard or read in the film; the text has been checked."""
        scope = Scope({**self.roots, "shot": _shot(shot)}, self.cast, self.spoken, _ignore)
        return tidy(expand(text, scope)[0], self.storyboard.language)

    def beats(self, written: Written) -> tuple[Beat, ...]:
        """The shot in plain words for a board: `Mia sits …`, never `Character1 sits …`."""
        shot = written.shot
        scope = Scope({**self.roots, "shot": _shot(shot)}, self.cast, self.plain, _ignore)
        script = Expander(shot, scope, scope._replace(names=self.spoken), self.storyboard.language).run()
        if not script.segments:
            text = script.prompt.text if script.prompt else ""
            return (Beat(0, shot.duration_ms, text, "", (), ""),)
        return tuple(self._beat(segment) for segment in script.segments)

    def _beat(self, segment: ScriptSegment) -> Beat:
        lines = tuple(
            BeatLine(x.written.by, self.plain[x.written.by], x.line.text, x.written.how, x.written.speech_ms)
            for x in segment.lines
        )
        camera = ", ".join(part.text for part in segment.camera)
        action, sound = segment.action, segment.sound
        start, end = segment.written.start_ms, segment.written.end_ms
        return Beat(start, end, action.text if action else "", camera, lines, sound.text if sound else "")


def texts(shot: Shot) -> Iterator[Text]:
    """Every text in which a bare name attaches a reference: all but spoken lines and the negative prompt."""
    for text in (shot.intro, shot.prompt, shot.style):
        if text:
            yield text
    for segment in shot.segments:
        yield from segment.camera
        if segment.action:
            yield segment.action
        if segment.sound:
            yield segment.sound
        for line in segment.lines:
            if line.tone:
                yield line.tone


def asides(shot: Shot) -> Iterator[Text]:
    """The texts in which a name is only a word: it makes a member used, and attaches nothing."""
    if shot.negative:
        yield shot.negative
    if shot.title_card:
        yield shot.title_card.text
    for segment in shot.segments:
        for line in segment.lines:
            yield line.line


def _scan(text: Text, scope: Scope) -> None:
    if "{" not in text.value:
        return
    split = pieces(text.value)
    if split is None:
        expand(text, scope)
        return
    for piece in split:
        if not isinstance(piece, str):
            root, dot, _ = piece[0].partition(".")
            found = scope.member(root)
            if found:
                scope.mention(found[0].id, not dot)


def _ignore(name: str, bare: bool) -> None:
    """For scopes in which a mention means nothing."""


def _film(storyboard: Storyboard) -> dict[str, Any]:
    film = storyboard.film
    return {"title": storyboard.title, "language": storyboard.language, "fps": film.fps, "meta": storyboard.meta}


def _shot(shot: Shot) -> dict[str, Any]:
    """What `shot` offers in every text.  No number: inserting a shot must not change the prompts after it."""
    return {
        "id": shot.id,
        "duration": seconds_value(shot.duration_ms),
        "take": shot.take,
        "tags": list(shot.tags),
        "meta": shot.meta,
    }


def _no_model(shot: Shot) -> Diagnostic:
    setting = shot.render.settings.get("model")
    near = did_you_mean(shot.render.model, known_models(), "models")
    return error("R2V509", f"no model is called '{shot.render.model}'", setting.span if setting else shot.span, near)
