"""How families of models are spoken to: what a reference is called in a prompt, how a segment's times are written."""

from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from typing import Any, NamedTuple

from r2v_pipeline.providers.catalog import files


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
    """Models that are spoken to alike; `models` are the ids and names that a storyboard may use for them.

    `names` are those of `models` that mean the whole family: which member is taken depends on the shot.
    """

    id: str
    naming: Naming
    timing: Timing
    models: tuple[str, ...]
    names: tuple[str, ...] = ()


@lru_cache(maxsize=1024)
def family_of(model: str) -> Family | None:
    """The family of a model id, name or family name; the default dialect for no model; None for one nobody knows."""
    if not model:
        return _default()
    return next((family for family in _like(model) if model in family.models), None)


def families() -> Mapping[str, Family]:
    """Every family by its id."""
    return {family.id: family for family in map(_family, files.texts())}


def known_models() -> tuple[str, ...]:
    """Every id and name that `family_of` knows, families first."""
    every = tuple(families().values())
    whole = [name for family in every for name in family.names]
    return tuple(dict.fromkeys([*whole, *(model for family in every for model in family.models)]))


def _like(model: str) -> Iterator[Family]:
    return map(_family, files.holding(model))


@cache
def _family(name: str) -> Family:
    """The dialect of one family file."""
    data = files.data(name)
    names = (data["family"], *data.get("names", ()))
    models = [word for model in data["models"] for word in (*model.get("names", ()), model["id"])]
    every = tuple(dict.fromkeys([*names, *models]))
    return Family(data["family"], _namings()[data["naming"]], _timings()[data["timing"]], every, names)


@cache
def _default() -> Family:
    data = files.data(files.DIALECTS)["default"]
    return Family("", _namings()[data["naming"]], _timings()[data["timing"]], ())


@cache
def _namings() -> dict[str, Naming]:
    return {key: _naming(key, value) for key, value in files.data(files.DIALECTS)["naming"].items()}


@cache
def _timings() -> dict[str, Timing]:
    return {key: _timing(key, value) for key, value in files.data(files.DIALECTS)["timing"].items()}


def _naming(key: str, data: dict[str, Any]) -> Naming:
    patterns = {(visual, "en"): data[visual] for visual in ("image", "video")}
    patterns |= {(visual, "zh"): text for visual, text in data.get("zh", {}).items()}
    return Naming(key, data["count"] == "kind", patterns)


def _timing(key: str, data: dict[str, Any]) -> Timing:
    return Timing(key, data["form"] == "clock", {"en": data["en"], "zh": data["zh"]})
