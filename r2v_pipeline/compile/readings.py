"""What a name gives in a text, for each way in which texts are read: by the model, by people, aloud.

Nearly every name of a storyboard is a cast member, a field of one or a variable, and right in any text of any shot.
What those give is worked out once for a reading, so that a text is read by putting its words together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from sys import intern
from typing import Any, NamedTuple

from r2v_pipeline.compile.names import Bound, capital
from r2v_pipeline.compile.scope import RESERVED
from r2v_pipeline.model.types import Member


class Reading(NamedTuple):
    """One way to read texts.

    `names` are the words for each member, `words` what each certain name gives.  `tidy`: a tidy text is still tidy when
    these words are put into it.
    """

    names: Mapping[str, str]
    words: Mapping[str, str]
    tidy: bool

    def with_references(self, bound: Iterable[Bound]) -> Reading:
        """This reading, but members go by the names of their references."""
        names, words = dict(self.names), dict(self.words)
        for member, _, name in bound:
            names[member.id] = words[member.id] = name
            words[capital(member.id)] = capital(name)
        return Reading(names, words, self.tidy)


class Told(NamedTuple):
    """Whom some names tell of: `mentioned` by a bare name, `named` in any way."""

    mentioned: frozenset[str]
    named: frozenset[str]


class Certain:
    """The `names` of a storyboard that are right in any text: `members` and `fields` to the member, `fixed` to a text.

    `members` are bare names, in both spellings; to be named by a field is no mention.
    """

    def __init__(self, cast: Mapping[str, Member], variables: Mapping[str, Any], language: str) -> None:
        self.language = language
        # A first frame that is written in place has an id with a dot, which no text can name.
        ids = [id for id in cast if "." not in id and id not in RESERVED]
        self.members = {capital(id): id for id in ids} | {id: id for id in ids}
        self.fields = {f"{name}.{field}": id for name, id in self.members.items() for field in _texts(cast[id].fields)}
        self.fixed = {path: cast[id].fields[path.partition(".")[2]] for path, id in self.fields.items()}
        for name, text in _texts(variables).items():
            if name not in self.members and name not in RESERVED:
                self.fixed[name] = text
        self.names = frozenset(self.members) | frozenset(self.fixed)
        self.innocent: set[str] = set()  # see filmhints.py
        self._shared: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._told: dict[frozenset[str], Told] = {}

    def shared(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """The same tuple for all texts with these names in this order, of strings that all of them share."""
        known = self._shared.get(names)
        if known is None:
            known = tuple(map(intern, names))
            self._shared[known] = known
        return known

    def told(self, names: tuple[str, ...]) -> Told:
        """Whom these names tell of."""
        key = frozenset(names)
        told = self._told.get(key)
        if told is None:
            mentioned = frozenset(self.members[name] for name in key if name in self.members)
            fields = frozenset(self.fields[name] for name in key if name in self.fields)
            told = self._told[key] = Told(mentioned, mentioned | fields)
        return told

    def reading(self, names: Mapping[str, str]) -> Reading:
        """The reading in which members have these words."""
        words = dict(self.fixed)
        for name, id in self.members.items():
            words[name] = names[id] if name == id else capital(names[id])
        words = {name: word.replace("\0", " ") for name, word in words.items()}  # it would cut a strip of texts
        # A text that is tidy in any other language may not be in Chinese.
        tidy = self.language != "zh" and all(word and word == " ".join(word.split()) for word in words.values())
        return Reading(names, words, tidy)


def _texts(fields: Mapping[str, Any]) -> dict[str, str]:
    return {name: value for name, value in fields.items() if isinstance(value, str)}
