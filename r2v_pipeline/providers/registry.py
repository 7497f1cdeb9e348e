"""Provider names to modules: imported by name, when a storyboard asks for one."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from r2v_pipeline.providers.base import Client, Dialect

# name -> (module of the dialect, its class, module of the client, its class)
_PROVIDERS = {
    "animatic": (
        "r2v_pipeline.providers.animatic.dialect",
        "AnimaticDialect",
        "r2v_pipeline.providers.animatic.client",
        "AnimaticClient",
    ),
}


def names() -> tuple[str, ...]:
    """Every provider of this version."""
    return tuple(_PROVIDERS)


def dialect(name: str, *, fps: int, language: str, labels: Mapping[str, str]) -> Dialect:
    """The pure half of a provider; `name` is one of `names()`.

    `fps`, `language` and `labels` (what people call each cast member) are the storyboard's, not a shot's.
    """
    module, cls, _, _ = _PROVIDERS[name]
    made: Dialect = getattr(import_module(module), cls)(fps, language, labels)
    return made


def client(name: str, *, workers: int) -> Client:
    """The half of a provider that acts.  `workers`: how many jobs at once a local provider may run."""
    _, _, module, cls = _PROVIDERS[name]
    made: Client = getattr(import_module(module), cls)(workers)
    return made
