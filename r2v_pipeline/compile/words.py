"""The words that other texts are made of: `vars`, the title, the name and the look of cast members.

They are texts like any other, so a template in them is expanded, before any shot is read.  What they can name is what
stands above them: a var the vars before it, title and members all vars.  Nothing here is done for a storyboard whose
words are plain, which is nearly every one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from r2v_pipeline.compile.expand import expand
from r2v_pipeline.compile.scope import Scope
from r2v_pipeline.diagnostics import Diagnostic
from r2v_pipeline.model.types import Member, Storyboard, Text
from r2v_pipeline.source.document import Document
from r2v_pipeline.source.nodes import Map, Seq

MEMBER_WORDS = ("name", "look")


def with_words(storyboard: Storyboard, document: Document) -> tuple[Storyboard, tuple[Diagnostic, ...]]:
    """The storyboard with these texts expanded; one that cannot be is left as it is, and reported."""
    if not any(_is_template(text) for text in _texts(storyboard)):
        return storyboard, ()
    speaker = _Speaker(storyboard)
    speaker.say_vars(document)
    if _is_template(storyboard.title):
        storyboard = storyboard._replace(title=speaker.said(document.main.data, "title"))
    written = _declared(document)
    cast = {id: speaker.member(member, written[id]) for id, member in storyboard.cast.items() if id in written}
    return storyboard._replace(vars=speaker.vars, cast={**storyboard.cast, **cast}), tuple(speaker.found)


class _Speaker:
    """Expands one text after the other, in a scope that grows with the vars."""

    def __init__(self, storyboard: Storyboard) -> None:
        self.storyboard = storyboard
        self.vars = dict(storyboard.vars)
        self.known: dict[str, Any] = {}
        self.found: list[Diagnostic] = []

    def say_vars(self, document: Document) -> None:
        """Where a name is declared twice the later value holds, and a value of the command line is no template."""
        written = {name: part for part in document.parts for name in _map(part.data, "vars")}
        for name, value in self.storyboard.vars.items():
            holder = _map(written[name].data, "vars") if name in written else {}
            if isinstance(holder, Map) and holder.get(name) == value:
                self.vars[name] = self._value(holder, name)
            self.known[name] = self.vars[name]

    def member(self, member: Member, data: Map) -> Member:
        """A member with its words expanded."""
        said = {key: self.said(data, key) for key in MEMBER_WORDS if _is_template(data.get(key))}
        if not said:
            return member
        name, look = said.get("name", member.name), said.get("look", member.look)
        return member._replace(name=name, look=look, fields={**member.fields, **said})

    def said(self, holder: Map | Seq, key: Any) -> str:
        """The text of a map's key, or of a list's entry, expanded."""
        span = holder.value_span(key) if isinstance(holder, Map) else holder.item_span(key)
        text, problems = expand(Text(holder[key], span), Scope(self.known, {}, {}, _nobody))
        if not problems:
            return text
        self.found.extend(problems)
        return str(holder[key])

    def _value(self, holder: Map | Seq, key: Any) -> Any:
        """A value of vars, whatever it is, with the texts in it expanded."""
        value = holder[key]
        if isinstance(value, Map):
            return {inner: self._value(value, inner) for inner in value}
        if isinstance(value, Seq):
            return [self._value(value, number) for number in range(len(value))]
        return self.said(holder, key) if _is_template(value) else value


def _nobody(name: str, bare: bool) -> None:
    """No cast member can be named here."""


def _is_template(value: Any) -> bool:
    return isinstance(value, str) and "{" in value and any(mark in value for mark in ("{{", "{%", "{#"))


def _texts(storyboard: Storyboard) -> list[str]:
    """Every text that may be a template, those inside lists and maps too."""
    found = [storyboard.title]
    for member in storyboard.cast.values():
        found += (member.name, member.look)
    waiting: list[Any] = list(storyboard.vars.values())
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, Mapping):
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
    return found


def _declared(document: Document) -> dict[str, Map]:
    """Cast members as they are written; the first of a name holds."""
    found: dict[str, Map] = {}
    for part in document.parts:
        for name, data in _map(part.data, "cast").items():
            if isinstance(data, Map):
                found.setdefault(name, data)
    return found


def _map(data: Any, key: str) -> Mapping[str, Any]:
    value = data.get(key) if isinstance(data, Map) else None
    return value if isinstance(value, Map) else {}
