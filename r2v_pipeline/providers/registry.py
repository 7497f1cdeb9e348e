"""Provider names to modules: imported by name, when a storyboard asks for one.

A provider whose models are in the catalog is spoken to by the catalog's fields; it can be rendered with once a module
of its own has a client for it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import import_module

from r2v_pipeline.errors import UsageError
from r2v_pipeline.providers.base import Client, Dialect

# name -> (module of the dialect, its class)
_DIALECTS = {"animatic": ("r2v_pipeline.providers.animatic.dialect", "AnimaticDialect")}

# name -> (module of the client, its class)
_CLIENTS = {"animatic": ("r2v_pipeline.providers.animatic.client", "AnimaticClient")}


# The vendor that only plays one, in its three manners: name -> its client's constructor.  It exists where it runs.
_FAKE = {f"fake-{mode}": ("r2v_pipeline.providers.fake.client", mode) for mode in ("idempotent", "findable", "opaque")}


def names() -> tuple[str, ...]:
    """Every provider of this version: r2v's own, the catalog's, then those of this environment."""
    from r2v_pipeline.providers.catalog.load import providers

    return (*_DIALECTS, *providers(), *further())


def further() -> tuple[str, ...]:
    """Providers that are neither r2v's own nor the catalog's."""
    return tuple(_FAKE) if os.environ.get("R2V_FAKE_URL") else ()


def dialect(name: str, *, fps: int, language: str, labels: Mapping[str, str]) -> Dialect:
    """The pure half of a provider; `name` is one of `names()`.

    `fps`, `language` and `labels` (what people call each cast member) are the storyboard's, not a shot's.
    """
    if name in _FAKE:
        from r2v_pipeline.providers.fake.dialect import FakeDialect

        return FakeDialect(name)
    if name not in _DIALECTS:
        from r2v_pipeline.providers.lowering import CatalogDialect

        return CatalogDialect(name)
    module, cls = _DIALECTS[name]
    made: Dialect = getattr(import_module(module), cls)(fps, language, labels)
    return made


def renders(name: str) -> bool:
    """Whether this version can render with a provider, and not only check, compile and plan for it."""
    return name in _CLIENTS or name in further()


def client(name: str, *, workers: int) -> Client:
    """The half of a provider that acts.  `workers`: how many jobs at once a local provider may run.

    Raises:
        UsageError: this version has no client for the provider, so nothing can be sent or spent.
    """
    if not renders(name):
        raise cannot_render(name)
    module, cls = _CLIENTS.get(name) or _FAKE[name]
    made: Client = getattr(import_module(module), cls)(workers)
    return made


def cannot_render(name: str) -> UsageError:
    """What there is to say to somebody who wants to build with a provider without a client."""
    message = f"this r2v cannot render with '{name}' yet: it checks, compiles and plans for it, and sends nothing"
    return UsageError(message, "'r2v build --preview' makes the free animatic of any storyboard")
