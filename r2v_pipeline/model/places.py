"""Values that remember where they were written, without working it out before somebody asks."""

from typing import Any, NamedTuple

from r2v_pipeline.diagnostics import Span


class Text(NamedTuple):
    """A text field as written: a template, and where it stands.

    `place` is its span, or the map that holds it under `key`: nearly nobody asks for a span, so none is made before.
    """

    value: str
    place: Any
    key: str = ""

    @property
    def span(self) -> Span:
        span: Span = self.place.value_span(self.key) if self.key else self.place
        return span


class Setting(NamedTuple):
    """One resolved value and the place that decided it (defaults, profile, shot; None: command line or built in).

    `place` is its span, or the map or list that holds it under `key`.
    """

    value: Any
    place: Any
    key: str | int = ""

    @property
    def span(self) -> Span | None:
        if self.key == "":
            where: Span | None = self.place
            return where
        span: Span = self.place.item_span(self.key) if isinstance(self.key, int) else self.place.value_span(self.key)
        return span
