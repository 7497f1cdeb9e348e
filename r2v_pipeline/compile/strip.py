"""Texts laid end to end: taken apart together once, put together for each reading with the words of that reading."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from r2v_pipeline.compile.expand import expand, is_tidy, tidy
from r2v_pipeline.compile.readings import Certain, Reading
from r2v_pipeline.compile.scope import NAME, Mention, Scope
from r2v_pipeline.diagnostics import Diagnostic
from r2v_pipeline.model.types import Text

# Between two texts of a strip, between two parts of a camera, for a text that is not there, and where a name was taken
# out.  No text of a storyboard without errors holds these signs; by the spaces around the first two, a space at the
# edge of a text is a double one.
CUT = " \0 "
PART = " \1 "
NONE = "\2"
_HOLE = "\3"

_AS_PRINTED = str.maketrans("\0\1\2", "|||")
_AS_SPACES = str.maketrans("\0\1\2\3", "    ")

# The scope of a text in the segment of this number.
ScopeOf = Callable[[int | None], Scope]


class Placed(NamedTuple):
    """A text of a shot, and the number of its segment."""

    text: Text
    number: int | None


class Strip:
    """Texts laid end to end; all the names in them are certain.

    Kept as one text with holes and the names that belong there: as many strings as names would take three times the
    memory.  `whole` has those texts that only a scope can expand, by their place in the strip, where they are left out.
    """

    __slots__ = ("_certain", "_holed", "_names", "whole")

    def __init__(self, values: list[str], certain: Certain, placed: Callable[[], Iterator[Placed]]) -> None:
        """`placed` gives the texts that the values are of; it is asked only when one of them needs a scope."""
        self._certain = certain
        self.whole: dict[tuple[int, int], Placed] | None = None
        strip = CUT.join(values)
        if not _is_tidy(strip) or strip.count(CUT) >= len(values) or _HOLE in strip:
            values = [PART.join([_line(part) for part in value.split(PART)]) for value in values]
            strip = CUT.join(values)
        pieces = NAME.split(strip)
        if not is_certain(strip, pieces, certain):
            self.whole = {}
            pieces = NAME.split(CUT.join(self._without_whole(self.whole, values, placed())))
        self._holed = _HOLE.join(pieces[0::2])
        self._names = certain.shared(tuple(pieces[1::2]))

    def _without_whole(
        self, whole: dict[tuple[int, int], Placed], values: list[str], placed: Iterable[Placed]
    ) -> list[str]:
        """The values without those texts that need a scope, which are kept for themselves."""
        parts = [value.split(PART) for value in values]
        places = [(at, number) for at, some in enumerate(parts) for number, part in enumerate(some) if part != NONE]
        for (at, number), text in zip(places, placed, strict=True):
            part = parts[at][number]
            if not is_certain(part, NAME.split(part), self._certain):
                parts[at][number], whole[at, number] = "", text
        return [PART.join(some) for some in parts]

    def read(self, reading: Reading, scope_of: ScopeOf, found: list[Diagnostic] | None = None) -> list[str]:
        """The texts, expanded and tidy; `found` gets what goes wrong with the words of this very reading."""
        words, names = reading.words, self._names
        said = self._holed
        if names:
            filled: list[str] = [""] * (2 * len(names) + 1)
            filled[0::2] = said.split(_HOLE)
            filled[1::2] = [words[name] for name in names]
            said = "".join(filled)
        texts = said.replace(NONE, "").split(CUT)
        if self.whole or not reading.tidy:
            parts = [[tidy(part, self._certain.language) for part in text.split(PART)] for text in texts]
            for (at, part), (text, number) in (self.whole or {}).items():
                value, problems = expand(text, scope_of(number))
                parts[at][part] = tidy(value, self._certain.language)
                if found is not None:
                    found.extend(problems)
            texts = [PART.join(some) for some in parts]
        return texts

    def look(self, mentioned: set[str] | None, named: set[str], scope_of: ScopeOf) -> list[Diagnostic]:
        """Adds whom the texts mention and name (`mentioned` None: nobody is mentioned); returns what is wrong with
        those that need a scope, which note for themselves."""
        told = self._certain.told(self._names)
        named |= told.named
        if mentioned is not None:
            mentioned |= told.mentioned
        if not self.whole:
            return []
        return [problem for text, number in self.whole.values() for problem in expand(text, scope_of(number))[1]]


def is_certain(value: str, pieces: list[str], certain: Certain) -> bool:
    """Whether all that a text asks for is names that are right in any text; `pieces` is it, split at names."""
    return value.count("{") == len(pieces) - 1 and certain.names.issuperset(pieces[1::2])


def noting(mentioned: set[str] | None, named: set[str]) -> Mention:
    """Notes into these sets who is named; without the first, nobody is mentioned."""

    def note(name: str, bare: bool) -> None:
        named.add(name)
        if bare and mentioned is not None:
            mentioned.add(name)

    return note


def _is_tidy(strip: str) -> bool:
    """Whether all texts of a strip are tidy; sometimes False although they are."""
    return is_tidy(strip) if strip.isascii() else is_tidy(strip.translate(_AS_PRINTED))


def _line(text: str) -> str:
    """A text on one line, without the signs of a strip."""
    return text if text == NONE else " ".join(text.translate(_AS_SPACES).split())
