"""One shot from storyboard to prompt: which members it uses, what they are called, what the model reads."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from r2v_pipeline.compile.names import Bound, bind, capital, plain_names, spoken_names, unbound_names
from r2v_pipeline.compile.readings import Certain, Reading
from r2v_pipeline.compile.scope import Mention
from r2v_pipeline.compile.script import Scopes, Script, Texts, ignore
from r2v_pipeline.compile.speech import check_speech
from r2v_pipeline.compile.strip import noting
from r2v_pipeline.diagnostics import Diagnostic, has_errors
from r2v_pipeline.model.checks import names_used
from r2v_pipeline.model.types import Setting, Shot, Storyboard, Text
from r2v_pipeline.source.files import Files

if TYPE_CHECKING:  # what a check of a storyboard without templates and models can do without is imported when needed
    from r2v_pipeline.compile.preflight import Preflight
    from r2v_pipeline.compile.target import Further, Target
    from r2v_pipeline.compile.templates import Templates
    from r2v_pipeline.providers.catalog import Family
    from r2v_pipeline.providers.prompt import Prompt
else:  # a quoted annotation of a NamedTuple is compiled at import, for a millisecond
    Prompt = Any

# What is rendered by the animatic and for no model has no limits to be held against.
UNAIMED = ("animatic",)

# What only a prompt can tell: that it is empty, too long, or mentions no reference.
OF_WORDS = ("R2V102", "R2V502", "R2V503", "R2V506")


class Written(NamedTuple):
    """A compiled shot.  `named` are all cast ids it names in any way, `needs` the shots its pictures come from.

    `jobs` are the renders that make its clip, each with its prompt: the shot itself, or its parts where it is split.
    Without a model there are none, and no `bound` references, before somebody asks for them (`with_prompts`).  `target`
    is None without a model.
    """

    shot: Shot
    texts: Texts
    jobs: tuple[tuple[Shot, Prompt], ...]
    bound: tuple[Bound, ...]
    named: frozenset[str]
    needs: tuple[str, ...]
    target: "Target | None" = None


class Binding(NamedTuple):
    """What a shot calls the members that it mentions: its references, and the reading in which they go by them."""

    bound: tuple[Bound, ...]
    reading: Reading


class ShotCompiler:
    """Compiles the shots of one storyboard; what they share is worked out once."""

    def __init__(self, storyboard: Storyboard, files: Files, further: "Further" = tuple) -> None:
        self._further = further
        self.storyboard = storyboard
        self.files = files
        self._templates: Templates | None = None
        self._preflight: Preflight | None = None
        self.cast = storyboard.cast
        self.plain = plain_names(storyboard.cast)
        self.certain = Certain(storyboard.cast, storyboard.vars, storyboard.language)
        self.scopes = Scopes(
            {**storyboard.vars, "film": _film(storyboard)},
            storyboard.cast,
            self.certain.reading(self.plain),
            self.certain.reading(spoken_names(storyboard.cast)),
        )
        self._from_shots = {name for name, member in storyboard.cast.items() if member.from_shot}
        self._unbound: Reading | None = None
        self._bindings: dict[tuple[str, frozenset[str]], Binding] = {}
        self._sets: dict[frozenset[str], frozenset[str]] = {}

    def compile(self, shot: Shot, *, prompts: bool = True) -> tuple[Written, list[Diagnostic]]:
        """The shot's prompts and references.

        With a model its limits are checked, which needs the prompts; else they are only written when asked for.
        """
        aimed = shot.render.model or shot.render.provider != UNAIMED
        if aimed and (trouble := _trouble(shot, self._further)):
            written, found = self.names_only(shot)
            return written, [trouble, *found]
        texts, found = self._texts(shot)
        readable = not has_errors(found)
        written = Written(shot, texts, (), (), texts.named, self._needs(shot, texts.mentioned))
        claimed = (shot.claims or self.storyboard.claims) and not shot.clip
        if (prompts or aimed or claimed) and readable:
            written, problems = self.with_prompts(written)
            found.extend(problems)
            if written.target and not has_errors(found):
                for part, prompt in written.jobs:
                    found.extend(written.target.refusals(part, prompt))
            if claimed:
                found.extend(self._claims(written))
        elif shot.render.model and not shot.clip:
            found.extend(self._beside_words(shot, texts))
        if readable:
            found.extend(check_speech(shot, texts))
        return written, found

    def _claims(self, written: Written) -> Iterator[Diagnostic]:
        """What `expect:` says of the prompts and is not so."""
        from r2v_pipeline.compile.claims import check_claims

        family = _family(written.shot.render.model)
        assert family is not None, "a model that nobody knows is said before"
        names = self._binding(family, written.texts.mentioned).reading.names
        claims = (written.shot.claims, self.storyboard.claims)
        return check_claims(written.shot, (prompt for _, prompt in written.jobs), claims, names)

    def _beside_words(self, shot: Shot, texts: Texts) -> list[Diagnostic]:
        """What the model has against a shot whose texts cannot be read: whatever they do not decide.

        They may mention references that nobody knows of yet, so that there are none cannot be said.
        """
        from r2v_pipeline.providers.prompt import Prompt

        family = _family(shot.render.model)
        assert family is not None, "a model that nobody knows is said before"
        found: list[Diagnostic] = []
        target = self._target(shot, self._binding(family, texts.mentioned).bound, found)
        if target:
            for part in target.jobs(shot):
                found.extend(d for d in target.refusals(part, Prompt("", "", ())) if d.code not in OF_WORDS)
        return found

    def with_prompts(self, written: Written) -> tuple[Written, list[Diagnostic]]:
        """The shot with its renders and their prompts, its target where it has a model, and what is wrong with them."""
        shot, texts, target = written.shot, written.texts, None
        found: list[Diagnostic] = []
        family = _family(shot.render.model)
        assert family is not None, "a model that nobody knows is said before"
        bound, reading = self._binding(family, texts.mentioned)
        if shot.render.model and not shot.clip:
            target = self._target(shot, bound, found)
        parts = target.jobs(shot) if target else (shot,)
        jobs = self._prompts(texts, parts, reading, family, found)
        return written._replace(jobs=jobs, bound=bound, target=target), found

    def names_only(self, shot: Shot) -> tuple[Written, list[Diagnostic]]:
        """A shot in which something is wrong already: whether its texts can be read, and whom they name."""
        texts, found = self._texts(shot)
        return Written(shot, texts, (), (), texts.named, self._needs(shot, texts.mentioned)), found

    def _texts(self, shot: Shot) -> tuple[Texts, list[Diagnostic]]:
        """The shot's texts, and what cannot be expanded of them or of its template.

        A member counts as a reference when a text gives its bare name, or the shot lists it.
        """
        listed = {name for name in names_used(shot) if name in self.cast}
        attached = listed - ({shot.first_frame} - {str(s.value) for s in shot.cast})
        texts = Texts(shot, self.certain, self.scopes)
        found = texts.look(attached, listed)
        if shot.template is not None:
            plain = self.scopes.plain
            if found:  # what it would make of broken texts says nothing about it
                problem = self._no_template(shot.template)
            else:
                _, problem = self._templated(texts, texts.script(plain), plain, noting(attached, listed))
            found.extend([problem] if problem else [])
        texts.mentioned, texts.named = self._shared(attached), self._shared(listed)
        return texts, found

    def _shared(self, names: set[str]) -> frozenset[str]:
        """The same set for all shots that name the same members."""
        frozen = frozenset(names)
        return self._sets.setdefault(frozen, frozen)

    def _binding(self, family: "Family", mentioned: frozenset[str]) -> Binding:
        key = (family.id, mentioned)
        if key not in self._bindings:
            if self._unbound is None:
                self._unbound = self.certain.reading(unbound_names(self.cast))
            bound = bind(self.cast, mentioned, family.naming, self.storyboard.language)
            self._bindings[key] = Binding(bound, self._unbound.with_references(bound))
        return self._bindings[key]

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
        self, texts: Texts, parts: tuple[Shot, ...], reading: Reading, family: "Family", found: list[Diagnostic]
    ) -> "tuple[tuple[Shot, Prompt], ...]":
        """The prompt of each render of a shot."""
        made = []
        for part in parts:
            # A part keeps its shot's id in texts, and has a length of its own.
            own = texts if part is texts.shot else Texts(part, self.certain, self.scopes, id=texts.shot.id)
            prompt = self._prompt(own, reading, family, found)
            if prompt:
                made.append((part, prompt))
        return tuple(made)

    def _prompt(self, texts: Texts, reading: Reading, family: "Family", found: list[Diagnostic]) -> "Prompt | None":
        script = texts.script(reading, found)
        if texts.shot.template is None:
            from r2v_pipeline.compile.prompt import write_prompt

            return write_prompt(texts, reading, script, family.timing, self.storyboard.language)
        prompt, problem = self._templated(texts, script, reading, ignore)
        found.extend([problem] if problem else [])
        return prompt

    def _templated(
        self, texts: Texts, script: Script, reading: Reading, mention: Mention
    ) -> "tuple[Prompt | None, Diagnostic | None]":
        """The prompt that the project's own template writes."""
        from r2v_pipeline.compile.templates import write_prompt

        shot = texts.shot
        assert shot.template is not None
        scope = texts.scope(reading.names, mention)
        return write_prompt(shot.template, self._project_templates(), shot, script, scope, self.storyboard.language)

    def _no_template(self, setting: Setting) -> Diagnostic | None:
        from r2v_pipeline.compile.templates import absence

        return absence(setting, self._project_templates())

    def _project_templates(self) -> "Templates":
        from r2v_pipeline.compile.templates import Templates

        if self._templates is None:
            self._templates = Templates(self.files, self.storyboard.path.rpartition("/")[0])
        return self._templates

    def _needs(self, shot: Shot, mentioned: frozenset[str]) -> tuple[str, ...]:
        if self._from_shots.isdisjoint(mentioned) and shot.first_frame not in self._from_shots:
            return ()
        members = [self.cast[name] for name in {*mentioned, shot.first_frame} if name in self.cast]
        return tuple(sorted({m.from_shot.shot for m in members if m.from_shot}))

    @property
    def labels(self) -> dict[str, str]:
        """What people call each cast member, as a label begins: `Mia`, `Old boat`."""
        return {name: capital(words) for name, words in self.plain.items()}

    def spoken_text(self, shot: Shot, text: Text) -> str:
        """A line or a card as it is heard or read in the film; the text has been checked."""
        return Texts(shot, self.certain, self.scopes).aloud(text)

    def texts_of(self, texts: Texts, part: Shot) -> Texts:
        """The texts of a render of a shot, for a board: `texts` are those of the whole shot."""
        return texts if part is texts.shot else Texts(part, self.certain, self.scopes)


def _film(storyboard: Storyboard) -> dict[str, Any]:
    film = storyboard.film
    return {"title": storyboard.title, "language": storyboard.language, "fps": film.fps, "meta": storyboard.meta}


def _trouble(shot: Shot, further: "Further") -> Diagnostic | None:
    """A provider or model that nobody knows."""
    from r2v_pipeline.compile.target import provider_trouble, unknown_model

    if trouble := provider_trouble(shot, further):
        return trouble
    return unknown_model(shot) if _family(shot.render.model) is None else None


def _family(model: str) -> "Family | None":
    from r2v_pipeline.providers.catalog import family_of

    return family_of(model)
