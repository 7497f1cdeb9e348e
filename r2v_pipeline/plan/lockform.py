"""The form of a lock's parts: each value of its type, each key known, or the first that is not with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator

from r2v_pipeline.diagnostics import Span
from r2v_pipeline.providers.base import Cost
from r2v_pipeline.source.nodes import Map, Seq

_DIGEST = re.compile(r"[0-9a-f]{64}")
_SHOT = re.compile(r"[a-z][a-z0-9_-]*")
_COST = re.compile(r"([0-9]{1,12})\.([0-9]{2,6}) ([A-Z]{3})", re.ASCII)
LONGEST = 200


class Malformed(Exception):
    """A part that is not what r2v writes; the message completes a sentence."""

    def __init__(self, what: str, span: Span) -> None:
        super().__init__(what)
        self.span = span


class Form:
    """A map of the file; every method raises `Malformed` for what is missing or of another type."""

    def __init__(self, data: Map) -> None:
        self.data = data

    def only(self, *known: str) -> None:
        """Raises for a key that means nothing here."""
        for key in self.data:
            if key not in known:
                raise Malformed(f"'{key}' means nothing in it", self.data.key_span(key))

    def names(self) -> Iterator[str]:
        """The keys, where they are shot ids."""
        for name in self.data:
            if not _SHOT.fullmatch(name):
                raise Malformed(f"'{name[:LONGEST]}' is no id of a shot", self.data.key_span(name))
            yield name

    def map(self, key: str) -> Form:
        value = self.data.get(key)
        if not isinstance(value, Map):
            raise self._wrong(key, "a map")
        return Form(value)

    def maps(self, key: str) -> list[Form]:
        """A list of maps; empty where there is none."""
        value = self.data.get(key, Seq(self.data.source, 0))
        if not isinstance(value, Seq) or not all(isinstance(item, Map) for item in value):
            raise self._wrong(key, "a list of maps")
        return [Form(item) for item in value]

    def whole(self, key: str) -> int:
        value = self.data.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 63:
            raise self._wrong(key, "a whole number")
        return value

    def text(self, key: str) -> str:
        value = self.data.get(key)
        if not isinstance(value, str) or not value or len(value) > LONGEST or not value.isprintable():
            raise self._wrong(key, f"a text of at most {LONGEST} characters")
        return value

    def digest(self, key: str) -> str:
        value = self.data.get(key)
        if not isinstance(value, str) or not _DIGEST.fullmatch(value):
            raise self._wrong(key, "64 digits of a sha256")
        return value

    def cost(self, key: str) -> Cost | None:
        """An amount; None where there is none."""
        if key not in self.data:
            return None
        found = _COST.fullmatch(str(self.data[key]))
        if not found:
            raise self._wrong(key, "an amount such as 0.98 USD")
        micros = int(found[1]) * 1_000_000 + int(f"{found[2]:0<6}")
        return Cost(micros, micros, found[3])

    def _wrong(self, key: str, wanted: str) -> Malformed:
        if key not in self.data:
            return Malformed(f"'{key}' is missing", self.data.span)
        return Malformed(f"'{key}' is not {wanted}", self.data.value_span(key))
