"""Which of several places decides a setting: command line over shot over profile over defaults.

Maps merge key by key; lists and texts replace.  A setting keeps the span of the place that won, so a diagnostic about
it points there and not at the shot that inherited it.
"""

from typing import Any, NamedTuple

from r2v_pipeline.diagnostics import Span
from r2v_pipeline.model.types import Setting, Text
from r2v_pipeline.source.nodes import Map


class Layers(NamedTuple):
    """Maps from the strongest to the weakest."""

    maps: tuple[Map, ...]

    def get(self, key: str) -> Any:
        """The deciding value, or None."""
        for layer in self.maps:
            if key in layer:
                return layer[key]
        return None

    def span(self, key: str) -> Span | None:
        """Where the deciding value stands."""
        for layer in self.maps:
            if key in layer:
                return layer.value_span(key)
        return None

    def holder(self, key: str) -> Map | None:
        """The map that decides a key."""
        for layer in self.maps:
            if key in layer:
                return layer
        return None

    def child(self, key: str) -> "Layers":
        """The layers below one key, from the maps that have a map there."""
        return Layers(tuple(layer[key] for layer in self.maps if isinstance(layer.get(key), Map)))

    def text(self, key: str) -> Text | None:
        """A text field; None when absent or not text."""
        for layer in self.maps:
            if key in layer:
                value = layer[key]
                return Text(value, layer.value_span(key)) if isinstance(value, str) else None
        return None

    def word(self, key: str, default: str = "") -> str:
        """A short text such as an enum value."""
        value = self.get(key)
        return value if isinstance(value, str) else default

    def flag(self, key: str, default: bool) -> bool:
        value = self.get(key)
        return value if isinstance(value, bool) else default

    def whole(self, key: str) -> int | None:
        value = self.get(key)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def settings(self) -> dict[str, Setting]:
        """Every key that somebody wrote, with its deciding value and place."""
        found: dict[str, Setting] = {}
        for layer in reversed(self.maps):
            for key in layer:
                found[key] = Setting(layer[key], layer.value_span(key))
        return found
