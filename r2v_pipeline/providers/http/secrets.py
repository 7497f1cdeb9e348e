"""Keys of providers: taken from the environment, checked at once, shown to nobody.

A key with a newline in it makes HTTP libraries raise errors that quote it, so a malformed one never gets that far.
What a provider says is redacted before anybody else sees it: gateways quote the header that they did not like.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote

from r2v_pipeline.canonical import digest
from r2v_pipeline.errors import EnvironmentTrouble

HIDDEN = "[hidden]"

# As many characters of a secret in a row are never shown; fewer could be anybody's words.
_GRAM = 8
_PART = 4
_STEP = _GRAM - _PART + 1

_WELL_FORMED = re.compile(r"[\x21-\x7e]{8,8192}")
_BLANK = re.compile(r"\s|\\[nrt]")


class Key:
    """A secret and the variable that it came from.  It has no text form: only `reveal` gives it out, to a request."""

    __slots__ = ("_value", "variable")

    def __init__(self, variable: str, value: str) -> None:
        self.variable = variable
        self._value = value

    def reveal(self) -> str:
        """The secret itself, for a header."""
        return self._value

    @property
    def fingerprint(self) -> str:
        """Who pays, for the journal: the same for the same key, and no way back to it."""
        return digest(["account", self._value])[:16]

    @property
    def sandbox(self) -> bool:
        """Whether it is a key of a server that only plays a vendor."""
        return self._value.startswith("sbx_")

    def __repr__(self) -> str:
        return f"Key({self.variable})"

    def __reduce__(self) -> str:
        raise TypeError("a key is not written down")


def key_from(environment: Mapping[str, str], names: Iterable[str]) -> Key:
    """The key in the first of these variables that holds anything.

    Raises:
        EnvironmentTrouble: none does, or what it holds cannot be a key.  The message names the variable, never its
            content.
    """
    names = tuple(names)
    for name in names:
        value = environment.get(name, "").strip()
        if not value:
            continue
        if not _WELL_FORMED.fullmatch(value):
            help = "a key is 8 to 8192 plain characters without spaces: copy it again, without quotes around it"
            raise EnvironmentTrouble(f"what is in {name} cannot be a key", help)
        return Key(name, value)
    raise EnvironmentTrouble(
        f"there is no key: {' or '.join(names)} is not set", "export it in the shell that runs r2v"
    )


class Redactor:
    """Takes keys out of texts, in whatever way a server or a library spelled them: plain, in a URL, in base64, escaped
    for JSON, broken over lines, or only a piece of eight characters."""

    def __init__(self, keys: Iterable[Key]) -> None:
        # As a text is looked at: with its blanks taken out, and what only looks like an escaped one.
        spelled = {_BLANK.sub("", text) for key in keys for text in _spellings(key.reveal())}
        self._grams = {text[at : at + _GRAM] for text in spelled for at in range(len(text) - _GRAM + 1)}
        self._parts = {gram[at : at + _PART] for gram in self._grams for at in range(_GRAM - _PART + 1)}

    def clean(self, text: str) -> str:
        """The text with `[hidden]` for every stretch of a key."""
        grams = self._grams
        packed = _BLANK.sub("", text)
        # A fifth of the work finds nearly every text clean: any eight in a row hold whole one of the parts looked at.
        if self._parts.isdisjoint([packed[at : at + _PART] for at in range(0, len(packed) - _PART + 1, _STEP)]):
            return text
        if not any(packed[at : at + _GRAM] in grams for at in range(len(packed) - _GRAM + 1)):
            return text
        return self._covered(text)

    def line(self, text: str, longest: int = 300) -> str:
        """The same as one line of readable length, for a message."""
        words = " ".join(self.clean(text).split())
        return words if len(words) <= longest else words[: longest - 1] + "…"

    def _covered(self, text: str) -> str:
        places = _places(text)
        packed = "".join(text[at] for at in places)
        secret = bytearray(len(packed))
        for at in range(len(packed) - _GRAM + 1):
            if packed[at : at + _GRAM] in self._grams:
                secret[at : at + _GRAM] = b"\1" * _GRAM
        made, done = [], 0
        for run in re.finditer(rb"\x01+", bytes(secret)):
            start, end = places[run.start()], places[run.end() - 1] + 1
            while start > done and text[start - 1] == "\\":  # half an escape left over would spoil JSON
                start -= 1
            made += [text[done:start], HIDDEN]
            done = end
        return "".join([*made, text[done:]])


def _places(text: str) -> list[int]:
    """Where the characters stand that are no blanks, and no blanks written as an escape."""
    blanks = {at for found in _BLANK.finditer(text) for at in range(found.start(), found.end())}
    return [at for at in range(len(text)) if at not in blanks]


def _spellings(secret: str) -> Iterator[str]:
    yield secret
    yield quote(secret, safe="")
    yield json.dumps(secret)[1:-1]
    for lead in range(3):  # in base64 a text looks different for each place in a group of three
        coded = base64.b64encode(b"\0" * lead + secret.encode()).decode().rstrip("=")
        # The first and last characters also carry bits of what stands around.
        inner = coded[(0, 2, 3)[lead] : -1]
        yield inner
        yield inner.replace("+", "-").replace("/", "_")
