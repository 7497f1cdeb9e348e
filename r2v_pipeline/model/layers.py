"""Which of several places decides a setting: command line over shot over profile over defaults.

Maps merge key by key; lists and texts replace.  A setting keeps the span of the place that won, so a diagnostic about
it points there and not at the shot that inherited it.
"""

from typing import Any

from r2v_pipeline.diagnostics import Span
from r2v_pipeline.model.types import Setting, Text
from r2v_pipeline.source.nodes import Map, Seq


class Layers:
    """Maps from the strongest to the weakest; the first that has a key decides it."""

    __slots__ = ("maps",)

    def __init__(self, maps: tuple[Map, ...]) -> None:
        self.maps = maps

    def get(self, key: str) -> Any:
        """The deciding value, or None."""
        for layer in self.maps:
            if key in layer:
                return layer[key]
        return None

    def holder(self, key: str) -> Map | None:
        """The map that decides a key."""
        for layer in self.maps:
            if key in layer:
                return layer
        return None

    def span(self, key: str) -> Span | None:
        """Where the deciding value stands."""
        layer = self.holder(key)
        return None if layer is None else layer.value_span(key)

    def child(self, key: str) -> "Layers":
        """The layers below one key, from the maps that have a map there."""
        return Layers(tuple(layer[key] for layer in self.maps if isinstance(layer.get(key), Map)))

    def text(self, key: str) -> Text | None:
        """A text field; None when absent or not text."""
        layer = self.holder(key)
        if layer is None or not isinstance(layer[key], str):
            return None
        return Text(layer[key], layer, key)

    def setting(self, key: str) -> Setting | None:
        """The deciding value with its place; None when nobody wrote it."""
        layer = self.holder(key)
        return None if layer is None else Setting(layer[key], layer, key)

    def word(self, key: str, default: str = "") -> str:
        """A short text such as an enum value."""
        value = self.get(key)
        return value if isinstance(value, str) else default

    def flag(self, key: str, default: bool) -> bool:
        """A yes or no."""
        value = self.get(key)
        return value if isinstance(value, bool) else default

    def whole(self, key: str) -> int | None:
        """A whole number."""
        value = self.get(key)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def settings(self) -> dict[str, Setting]:
        """Every key that somebody wrote, with its deciding value and place."""
        return {
            key: Setting(layer[key], layer, key)
            for key, layer in {key: layer for layer in reversed(self.maps) for key in layer}.items()
        }


def texts(holder: Map | None, key: str) -> tuple[Setting, ...]:
    """A list of texts, or one text, under a key of the map that decides it, each with its place."""
    if holder is None:
        return ()
    value = holder.get(key)
    if isinstance(value, Seq):
        return tuple([Setting(item, value, i) for i, item in enumerate(value) if isinstance(item, str)])
    return (Setting(value, holder, key),) if isinstance(value, str) else ()
