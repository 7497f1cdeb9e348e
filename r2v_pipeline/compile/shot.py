"""One shot from storyboard to prompt: which members it uses, what they are called, what the model reads."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from r2v_pipeline.compile.expand import expand, tidy
from r2v_pipeline.compile.names import Bound, bind, capital, model_names, plain_names, spoken_names
from r2v_pipeline.compile.scope import Scope
from r2v_pipeline.compile.script import Expander, Script
from r2v_pipeline.compile.speech import check_speech
from r2v_pipeline.diagnostics import Diagnostic, has_errors
from r2v_pipeline.model.checks import uses
from r2v_pipeline.model.times import seconds_value
from r2v_pipeline.model.types import Shot, Storyboard, Text
from r2v_pipeline.source.files import Files

if TYPE_CHECKING:  # what a check of a storyboard without templates and models can do without is imported when needed
    from r2v_pipeline.compile.preflight import Preflight
    from r2v_pipeline.compile.target import Target
    from r2v_pipeline.compile.templates import Templates
    from r2v_pipeline.providers.catalog import Family
    from r2v_pipeline.providers.prompt import Prompt
else:  # a quoted annotation of a NamedTuple is compiled at import, for a millisecond
    Prompt = Any

# What is rendered by the animatic and for no model has no limits to be held against.
UNAIMED = ("animatic",)


class Written(NamedTuple):
    """A compiled shot.  `named` are all cast ids it names in any way, `needs` the shots its pictures come from.

    `jobs` are the renders that make its clip, each with its prompt: the shot itself, or its parts where it is split;
    none when no prompt was asked for.  `target` is None without a model.
    """

    shot: Shot
    script: Script
    jobs: tuple[tuple[Shot, Prompt], ...]
    bound: tuple[Bound, ...]
    named: frozenset[str]
    needs: tuple[str, ...]
    target: "Target | None" = None


class _Look(NamedTuple):
    """What the first expansion found out."""

    script: Script
    found: list[Diagnostic]
    mentioned: set[str]
    named: set[str]


class ShotCompiler:
    """Compiles the shots of one storyboard; what they share is worked out once."""

    def __init__(self, storyboard: Storyboard, files: Files) -> None:
        self.storyboard = storyboard
        self.files = files
        self._templates: Templates | None = None
        self._preflight: Preflight | None = None
        self.cast = storyboard.cast
        self.plain = plain_names(storyboard.cast)
        self.spoken = spoken_names(storyboard.cast)
        self.roots: dict[str, Any] = {**storyboard.vars, "film": _film(storyboard)}
        # Names that are right in any text of any shot, and the member that each means (none for a variable).
        self.certain = {name: "" for name, value in storyboard.vars.items() if isinstance(value, str)}
        self.certain |= {capital(name): name for name in self.cast}
        self.certain |= {name: name for name in self.cast}

    def compile(self, shot: Shot, *, prompts: bool = True) -> tuple[Written | None, list[Diagnostic]]:
        """The shot's prompts and references; None when its model or provider is not known.

        With a model its limits are checked, which needs the prompts; else they are only written when asked for.
        """
        aimed = shot.render.model or shot.render.provider != UNAIMED
        if aimed and (trouble := _trouble(shot)):
            return None, [trouble]
        family = _family(shot.render.model) if prompts or aimed else None
        roots = {**self.roots, "shot": _shot(shot)}
        first = self._look(shot, roots)
        found, script = first.found, first.script
        bound: tuple[Bound, ...] = ()
        jobs: tuple[tuple[Shot, Prompt], ...] = ()
        target = None
        if family is not None and not has_errors(found):
            bound = bind(self.cast, first.mentioned, family.naming, self.storyboard.language)
            if shot.render.model and not shot.clip:
                target = self._target(shot, bound, found)
            names = model_names(self.cast, bound)
            jobs = self._prompts(target.jobs(shot) if target else (shot,), roots, names, family, found)
            if target and not has_errors(found):
                for part, prompt in jobs:
                    found.extend(target.refusals(part, prompt))
        if not has_errors(first.found):
            found.extend(check_speech(script))
        needs = self._needs(shot, first.mentioned)
        return Written(shot, script, jobs, bound, frozenset(first.named), needs, target), found

    def names_only(self, shot: Shot) -> tuple[Written, list[Diagnostic]]:
        """A shot in which something is wrong already: whether its texts can be read, and whom they name."""
        look = self._look(shot, {**self.roots, "shot": _shot(shot)})
        return Written(shot, look.script, (), (), frozenset(look.named), self._needs(shot, look.mentioned)), look.found

    def _look(self, shot: Shot, roots: Mapping[str, Any]) -> _Look:
        """The first expansion, in plain words: what is wrong, and who is named.

        A member counts as a reference when a text gives its bare name.  Names inside a spoken line are words, and a
        field (`mia.look`) is no mention; both only make the member used.
        """
        listed = [name for name, _ in uses(shot) if name in self.cast]
        mentioned = set(listed) - ({shot.first_frame} - {str(s.value) for s in shot.cast})
        named = set(listed)

        def note(name: str, bare: bool) -> None:
            named.add(name)
            if bare:
                mentioned.add(name)

        def aside(name: str, _: bool) -> None:
            named.add(name)

        scope = Scope(roots, self.cast, self.plain, note)
        words = Scope(roots, self.cast, self.spoken, aside)
        dry = self.certain if shot.template is None else None
        expander = Expander(shot, scope, words, self.storyboard.language, dry=dry)
        script = expander.run()
        if shot.title_card:
            _, problem = expand(shot.title_card.text, words)
            expander.found.extend([problem] if problem else [])
        if shot.template is not None and not has_errors(expander.found):
            _, problem = self._templated(shot, script, scope)
            expander.found.extend([problem] if problem else [])
        return _Look(script, expander.found, mentioned, named)

    def _target(self, shot: Shot, bound: tuple[Bound, ...], found: list[Diagnostic]) -> "Target | None":
        """The model at its provider, and what is asked of it."""
        from r2v_pipeline.compile.preflight import Preflight
        from r2v_pipeline.compile.target import aim

        if self._preflight is None:
            self._preflight = Preflight(self.storyboard, self.files)
        target, problems = aim(shot, bound, self.cast.get(shot.first_frame), self._preflight)
        found.extend(problems)
        return target

    def _prompts(
        self,
        parts: tuple[Shot, ...],
        roots: Mapping[str, Any],
        names: dict[str, str],
        family: "Family",
        found: list[Diagnostic],
    ) -> "tuple[tuple[Shot, Prompt], ...]":
        """The second expansion, with the names that the model understands, of each render of a shot."""
        whole = Scope(roots, self.cast, names, _ignore)
        made = []
        for part in parts:
            scope = whole
            if len(parts) > 1:  # a part keeps its shot's id, and has a length of its own
                scope = whole._replace(roots={**roots, "shot": {**_shot(part), "id": roots["shot"]["id"]}})
            prompt, problem = self._prompt(part, scope, family)
            found.extend([problem] if problem else [])
            if prompt:
                made.append((part, prompt))
        return tuple(made)

    def _prompt(self, shot: Shot, scope: Scope, family: "Family") -> "tuple[Prompt | None, Diagnostic | None]":
        language = self.storyboard.language
        script = Expander(shot, scope, scope._replace(names=self.spoken), language).run()
        if shot.template is not None:
            return self._templated(shot, script, scope)
        from r2v_pipeline.compile.prompt import PromptWriter

        names = dict(scope.names)
        return PromptWriter(shot, names, family.timing, language).write(script), None

    def _templated(self, shot: Shot, script: Script, scope: Scope) -> "tuple[Prompt | None, Diagnostic | None]":
        """The prompt that the project's own template writes."""
        from r2v_pipeline.compile.templates import Templates, write_prompt

        assert shot.template is not None
        if self._templates is None:
            self._templates = Templates(self.files, self.storyboard.path.rpartition("/")[0])
        return write_prompt(shot.template, self._templates, shot, script, scope, self.storyboard.language)

    def _needs(self, shot: Shot, mentioned: set[str]) -> tuple[str, ...]:
        members = [self.cast[name] for name in {*mentioned, shot.first_frame} if name in self.cast]
        return tuple(sorted({m.from_shot.shot for m in members if m.from_shot}))

    @property
    def labels(self) -> dict[str, str]:
        """What people call each cast member, as a label begins: `Mia`, `Old boat`."""
        return {name: capital(words) for name, words in self.plain.items()}

    def spoken_text(self, shot: Shot, text: Text) -> str:
        """A line or a card as it is heard or read in the film; the text has been checked."""
        scope = Scope({**self.roots, "shot": _shot(shot)}, self.cast, self.spoken, _ignore)
        return tidy(expand(text, scope)[0], self.storyboard.language)

    def in_plain_words(self, shot: Shot) -> Script:
        """The shot as people read it: `Mia sits …`, never `Character1 sits …`; its texts have been checked."""
        scope = Scope({**self.roots, "shot": _shot(shot)}, self.cast, self.plain, _ignore)
        return Expander(shot, scope, scope._replace(names=self.spoken), self.storyboard.language).run()


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


def _trouble(shot: Shot) -> Diagnostic | None:
    """A provider or model that nobody knows."""
    from r2v_pipeline.compile.target import provider_trouble, unknown_model

    if trouble := provider_trouble(shot):
        return trouble
    return unknown_model(shot) if _family(shot.render.model) is None else None


def _family(model: str) -> "Family | None":
    from r2v_pipeline.providers.catalog import family_of

    return family_of(model)
