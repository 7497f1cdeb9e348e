"""Provider names to modules: imported by name, when a storyboard asks for one.

A provider whose models are in the catalog is spoken to by the catalog's fields; it can be rendered with once a module
of its own has a client for it.  A client speaks to one provider in one region: its desk (`dashscope@cn-beijing`).
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from r2v_pipeline.errors import UsageError
from r2v_pipeline.providers import plugins
from r2v_pipeline.providers.base import Client, Dialect

if TYPE_CHECKING:  # what it stands on costs a check more than its storyboard
    from r2v_pipeline.providers.http.place import Place, Where

# name -> (module of the dialect, its class)
_DIALECTS = {"animatic": ("r2v_pipeline.providers.animatic.dialect", "AnimaticDialect")}

# Those of this machine: name -> (module of the client, its class)
_CLIENTS = {"animatic": ("r2v_pipeline.providers.animatic.client", "AnimaticClient")}

# Those of the catalog: name -> the module whose `make(place)` is the client.
_VENDORS = {
    "dashscope": "r2v_pipeline.providers.dashscope.client",
    "vercel": "r2v_pipeline.providers.vercel.client",
    "wavespeed": "r2v_pipeline.providers.wavespeed.client",
}

# The vendor that only plays one, in its three manners: name -> its client's constructor.  It exists where it runs.
_FAKE = {f"fake-{mode}": ("r2v_pipeline.providers.fake.client", mode) for mode in ("idempotent", "findable", "opaque")}


def names() -> tuple[str, ...]:
    """Every provider there is here: r2v's own, the catalog's, then those of this environment."""
    return (*_own(), *further())


def known(name: str) -> bool:
    """Whether there is such a provider; what is installed is only looked through for a name that is nobody else's."""
    return name in _own() or name in further()


def further() -> tuple[str, ...]:
    """Providers that are neither r2v's own nor the catalog's: the vendor that only plays one, then other packages'."""
    fake = tuple(_FAKE) if os.environ.get("R2V_FAKE_URL") else ()
    return (*fake, *(name for name in plugins.plugged() if name not in (*_own(), *fake)))


def _own() -> tuple[str, ...]:
    from r2v_pipeline.providers.catalog.load import providers

    return (*_DIALECTS, *providers())


def dialect(name: str, *, fps: int, language: str, labels: Mapping[str, str]) -> Dialect:
    """The pure half of a provider; `name` is one of `names()`.

    `fps`, `language` and `labels` (what people call each cast member) are the storyboard's, not a shot's.
    """
    if name in _FAKE:
        from r2v_pipeline.providers.fake.dialect import FakeDialect

        return FakeDialect(name)
    if name not in _own():
        plug: Dialect = plugins.part(name, "dialect")(fps=fps, language=language, labels=labels)
        return plug
    if name not in _DIALECTS:
        from r2v_pipeline.providers.lowering import CatalogDialect

        return CatalogDialect(name)
    module, cls = _DIALECTS[name]
    made: Dialect = getattr(import_module(module), cls)(fps, language, labels)
    return made


def renders(name: str) -> bool:
    """Whether a provider can be rendered with here, and not only checked, compiled and planned for."""
    return name in _CLIENTS or name in _VENDORS or (name not in _own() and name in further())


def played(desk: str) -> bool:
    """Whether nothing can be paid at a desk in a sandbox: it is one of this machine, or the sandbox plays it."""
    name = desk.partition("@")[0]
    return name in _CLIENTS or name in _VENDORS or name in _FAKE


def sold(desk: str) -> bool:
    """Whether a desk is one of a service that the sandbox plays, and that keys and addresses are needed for."""
    return desk.partition("@")[0] in _VENDORS


def probe(name: str) -> Callable[[Place], Awaitable[None]] | None:
    """The free question by which a service tells whether it knows a key; None where this version asks none."""
    module = import_module(_VENDORS[name]) if name in _VENDORS else None
    asks: Callable[[Place], Awaitable[None]] | None = getattr(module, "probe", None)
    return asks


def desks(name: str) -> tuple[str, ...]:
    """Every desk of a provider, that of its default region first."""
    from r2v_pipeline.providers.catalog.load import providers

    known = providers().get(name)
    if known is None:
        return (name,)
    regions = sorted((region.id for region in known.regions), key=lambda region: region != known.default_region)
    return tuple(f"{name}@{region}" if region else name for region in regions)


def client(desk: str, *, workers: int, where: Where | None = None) -> Client:
    """The half of a provider that acts, at one desk (`RenderRequest.desk`); without a region, at its default one.

    `workers`: how many jobs at once a local provider may run.  `where` says what else than the environment and the
    catalog decides on addresses and keys.

    Raises:
        UsageError: this version has no client for the provider, so nothing can be sent or spent.
        EnvironmentTrouble: there is no key, or an address that nothing can be sent to.
    """
    name, _, region = desk.partition("@")
    if not renders(name):
        raise cannot_render(name)
    if name in _VENDORS:
        from r2v_pipeline.providers.http.place import Where, place

        sold: Client = import_module(_VENDORS[name]).make(place(name, region, where or Where()))
        return sold
    local = _CLIENTS.get(name) or _FAKE.get(name)
    if local is None:
        from r2v_pipeline.providers.http.place import Where

        plug: Client = plugins.part(name, "client")(region=region, workers=workers, where=where or Where())
        return plug
    module, cls = local
    made: Client = getattr(import_module(module), cls)(workers)
    return made


def cannot_render(name: str) -> UsageError:
    """What there is to say to somebody who wants to build with a provider without a client."""
    message = f"this r2v cannot render with '{name}' yet: it checks, compiles and plans for it, and sends nothing"
    return UsageError(message, "'r2v build --preview' makes the free animatic of any storyboard")
