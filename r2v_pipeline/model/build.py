"""Document to Storyboard: validate each file, join them, lay profile and defaults under each shot, check the whole."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from typing import Any

from r2v_pipeline.diagnostics import Diagnostic, Label, SourceText, Span, did_you_mean, error
from r2v_pipeline.model.cast import Folders, build_media, build_member
from r2v_pipeline.model.checks import check_storyboard
from r2v_pipeline.model.claims import build_claims
from r2v_pipeline.model.film import build_film, with_transitions
from r2v_pipeline.model.layers import Layers
from r2v_pipeline.model.schema import check as check_schema
from r2v_pipeline.model.shots import ShotBuilder
from r2v_pipeline.model.times import money_micros
from r2v_pipeline.model.types import Member, Setting, Shot, Storyboard
from r2v_pipeline.source.document import Document, plain_data
from r2v_pipeline.source.files import Files, Unreadable
from r2v_pipeline.source.nodes import Map, Seq


def resolve(
    document: Document,
    files: Files,
    *,
    profile: str = "",
    variables: Mapping[str, str] | None = None,
    render: Map | None = None,
) -> tuple[Storyboard, tuple[Diagnostic, ...]]:
    """The storyboard that a document describes, and everything wrong with it that needs no template and no model.

    `variables` and `render` are what the command line sets over the file.  With errors the storyboard is there for the
    later checks, so that everything wrong is said at once; nothing must be built from it.
    """
    return _Resolver(document, files, profile, variables or {}, render).run()


class _Resolver:
    def __init__(
        self, document: Document, files: Files, profile: str, variables: Mapping[str, str], render: Map | None
    ) -> None:
        self.document = document
        self.files = files
        self.profile = profile
        self.variables = variables
        self.found: list[Diagnostic] = []
        self.broken: dict[SourceText, list[int]] = {}
        self.written: dict[str, Map] = {}
        self.folders: Folders = {id(p.data.source): p.folder for p in document.parts}
        self.command_line = _shot_layer(document.main.data, render)

    def run(self) -> tuple[Storyboard, tuple[Diagnostic, ...]]:
        self._validate()
        main = self.document.main.data
        profile = self._profile(main)
        film = Layers(tuple(m for m in (_map(profile, "film"), _map(main, "film")) if m is not None))
        below = tuple(m for m in (profile, _map(main, "defaults")) if m is not None)
        cast = self._cast()
        shots = self._shots(below, film, cast)
        storyboard = Storyboard(
            path=self.document.path,
            root=self.files.root,
            title=_text(main, "title"),
            language=_text(main, "language") or "en",
            vars=self._vars(),
            cast=cast,
            shots=shots,
            film=with_transitions(build_film(film), shots),
            meta=plain_data(main.get("meta") or {}),
            profile=self.profile,
            span=main.span,
            max_cost=_max_cost(main),
            claims=build_claims(Layers((main,)).child("expect")),
        )
        if self.broken:
            hurt = frozenset(name for name, data in self.written.items() if self._within(data))
            storyboard = storyboard._replace(hurt=hurt, names_known=self._names_known())
        problems, hurt = check_storyboard(storyboard, self.document, self.files, complete=not self.broken)
        self.found.extend(problems)
        return storyboard._replace(hurt=hurt), tuple(self.found)

    def _validate(self) -> None:
        for part in self.document.parts:
            found = check_schema(part.data, "include" if part.included else "storyboard")
            self.found.extend(found)
            for problem in found:
                if problem.span and problem.severity == "error":
                    self.broken.setdefault(problem.span.source, []).append(problem.span.start)
        for starts in self.broken.values():
            starts.sort()

    def _within(self, node: Map) -> int:
        """How many of the places that the schema refused lie inside a node."""
        starts = self.broken.get(node.source, [])
        return bisect_right(starts, node.end) - bisect_left(starts, node.start)

    def _names_known(self) -> bool:
        """Whether all that the schema refused lies inside shots and cast members, which are called something all the
        same."""
        inside = list(self.written.values())
        for part in self.document.parts:
            inside += [m for m in (_map(part.data, "cast") or {}).values() if isinstance(m, Map)]
        return sum(map(self._within, inside)) >= sum(map(len, self.broken.values()))

    def _profile(self, main: Map) -> Map | None:
        if not self.profile:
            return None
        profiles: dict[str, Any] = _map(main, "profiles") or {}
        if self.profile not in profiles:
            span = main.key_span("profiles") if "profiles" in main else None
            near = did_you_mean(self.profile, list(profiles), "profiles")
            self.found.append(error("R2V201", f"no profile is called '{self.profile}'", span, near))
        chosen = profiles.get(self.profile)
        return chosen if isinstance(chosen, Map) else None

    def _vars(self) -> dict[str, Any]:
        """Included files first, the storyboard over them, `--var` over all."""
        merged: dict[str, Any] = {}
        for part in self.document.parts:
            merged.update(plain_data(_map(part.data, "vars") or {}))
        for name in self.variables:
            if name not in merged:
                near = did_you_mean(name, list(merged), "vars")
                self.found.append(error("R2V201", f"--var {name}: the storyboard has no such variable", None, near))
        merged.update(self.variables)
        return merged

    def _cast(self) -> dict[str, Member]:
        members: dict[str, Member] = {}
        for part in self.document.parts:
            declared = _map(part.data, "cast") or Map(part.data.source, 0)
            for name, data in declared.items():
                span = declared.key_span(name)
                if name in members:
                    self._twice(f"the cast member '{name}' is declared twice", span, members[name].span)
                    continue
                usable = data if isinstance(data, Map) else Map(span.source, span.start)
                members[name] = build_member(name, usable, self.folders, span)
        return members

    def _shots(self, below: tuple[Map, ...], film: Layers, cast: dict[str, Member]) -> tuple[Shot, ...]:
        shots: dict[str, Shot] = {}
        above = (self.command_line,) if self.command_line is not None else ()
        builder = ShotBuilder(above, below, film, self.folders)
        for part in self.document.parts:
            listed = part.data.get("shots")
            for data in listed if isinstance(listed, Seq) else ():
                if not isinstance(data, Map) or not isinstance(data.get("id"), str):
                    continue
                name = data["id"]
                if name in shots:
                    self._twice(f"the shot id '{name}' is used twice", data.value_span("id"), shots[name].span)
                    continue
                self.written[name] = data
                shots[name] = shot = builder.build(data, self._footage_ms(data) if "clip" in data else 0)
                if "." in shot.first_frame:
                    self._inline_member(shot.first_frame, builder.layers(data), cast)
        return tuple(shots.values())

    def _inline_member(self, name: str, layers: Layers, cast: dict[str, Member]) -> None:
        """A first frame that is written where it is used becomes a member that no text can name."""
        holder = layers.holder("first_frame")
        if holder is not None and isinstance(holder["first_frame"], Map):
            cast[name] = build_member(name, holder["first_frame"], self.folders, holder.value_span("first_frame"))

    def _footage_ms(self, data: Map) -> int:
        """How long a shot's own clip lasts, in milliseconds; 0 when there is none or nobody can tell."""
        if not isinstance(data.get("clip"), str):
            return 0
        media = build_media(data, "clip", self.folders)
        try:
            place = self.files.place(media.path or ".")
        except Unreadable:
            return 0
        from pathlib import Path

        from r2v_pipeline.media.boxes import probe

        try:
            found = probe(Path(place))
        except OSError:
            return 0
        return found.duration_ms if found else 0

    def _twice(self, message: str, span: Span, first: Span) -> None:
        self.found.append(error("R2V207", message, span, "give one of them another id", (Label(first, "first here"),)))


def _map(data: Map | None, key: str) -> Map | None:
    value = data.get(key) if data is not None else None
    return value if isinstance(value, Map) else None


def _text(data: Map, key: str) -> str:
    value = data.get(key)
    return value if isinstance(value, str) else ""


def _max_cost(main: Map) -> Setting | None:
    expect = _map(main, "expect")
    money = money_micros(expect.get("max_cost")) if expect is not None else None
    return Setting(money, expect.value_span("max_cost")) if expect is not None and money else None


def _shot_layer(main: Map, render: Map | None) -> Map | None:
    """What the command line sets, as a layer above the shot."""
    if not render:
        return None
    layer = Map(main.source, 0)
    layer["render"] = render
    return layer
