"""Models as data: which family a model belongs to, how that family is spoken to.

Pure: reads only the YAML files beside it, with r2v's own reader, once a process.
"""

import os
from functools import cache
from typing import Any, NamedTuple

from r2v_pipeline.diagnostics import SourceText
from r2v_pipeline.source.yaml12 import load_yaml


class Naming(NamedTuple):
    """How references are named: `patterns` by (kind, language), with `{n}` and `{kind}`; `per_kind`: own counters."""

    id: str
    per_kind: bool
    patterns: dict[tuple[str, str], str]

    def pattern(self, visual: str, language: str) -> str:
        """The name pattern of an image or video reference in a language."""
        return self.patterns.get((visual, language)) or self.patterns[(visual, "en")]


class Timing(NamedTuple):
    """How a segment's times are written: a label with `{i}`, `{a}`, `{b}` by language; empty for plain sentences."""

    id: str
    clock: bool
    labels: dict[str, str]


class Family(NamedTuple):
    """Models that are spoken to alike."""

    id: str
    naming: Naming
    timing: Timing
    models: tuple[str, ...]


def family_of(model: str) -> Family | None:
    """The family of a model id or family name; the default dialect for no model; None for a model nobody declared."""
    default, by_model = _families()
    return by_model.get(model) if model else default


def known_models() -> tuple[str, ...]:
    """Every id that `family_of` knows."""
    return tuple(_families()[1])


@cache
def _families() -> tuple[Family, dict[str, Family]]:
    data = _read("dialects.yaml")
    naming = {key: _naming(key, value) for key, value in data["naming"].items()}
    timing = {key: _timing(key, value) for key, value in data["timing"].items()}
    default = Family("", naming[data["default"]["naming"]], timing[data["default"]["timing"]], ())
    by_model: dict[str, Family] = {}
    for item in data["families"]:
        models = tuple(item["models"])
        family = Family(item["family"], naming[item["naming"]], timing[item["timing"]], models)
        by_model.update(dict.fromkeys(models, family))
    return default, by_model


def _naming(key: str, data: dict[str, Any]) -> Naming:
    patterns = {(visual, "en"): data[visual] for visual in ("image", "video")}
    patterns |= {(visual, "zh"): text for visual, text in data.get("zh", {}).items()}
    return Naming(key, data["count"] == "kind", patterns)


def _timing(key: str, data: dict[str, Any]) -> Timing:
    return Timing(key, data["form"] == "clock", {"en": data["en"], "zh": data["zh"]})


def _read(name: str) -> Any:
    path = os.path.join(os.path.dirname(__file__), name)
    with open(path, encoding="utf-8") as stream:
        data, found = load_yaml(SourceText(path, stream.read()))
    if found:
        raise ValueError(f"{path}: {found[0].message}")
    return data
