"""What `r2v doctor` says of the services: which variable holds a key and where it would be sent, never the key.

Asked online, each service with a key gets one free question; a key that it does not know is tried in its other regions.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from r2v_pipeline.cli.asking.settings import config
from r2v_pipeline.errors import NetworkTrouble, R2VError
from r2v_pipeline.providers import registry
from r2v_pipeline.providers.catalog.load import providers
from r2v_pipeline.providers.catalog.types import Provider, Region
from r2v_pipeline.providers.http.place import WORKSPACE, Place, Where, key_variables, place

_REFUSED = (401, 403)


class Service(NamedTuple):
    """One line; `state` is `ok`, `warn` or `bad`, as for the rest of the machine."""

    name: str
    state: str
    text: str
    help: str = ""


def services(root: Path, *, online: bool) -> Iterator[Service]:
    """One line for each service, and one more for each region that has a key of its own."""
    try:
        where = Where(addresses=config(root).addresses)
    except R2VError:
        where = Where()  # what is wrong with the config is said with the caps
    for provider in providers().values():
        regions = _regions(provider, where)
        for region in regions:
            yield _service(provider, region, where, online)
        if not regions:
            keys = " and ".join(provider.keys)
            verb = "are" if len(provider.keys) > 1 else "is"
            yield Service(provider.id, "ok", f"no key ({keys} {verb} not set): nothing can be bought there")


def _regions(provider: Provider, where: Where) -> list[Region]:
    """The default region where there is a key for it, and those that have one of their own."""
    found = []
    for region in provider.regions:
        own, general = key_variables(provider, region)
        names = (*own, *general) if region.id == provider.default_region else own
        if any(where.environ.get(name, "").strip() for name in names):
            found.append(region)
    return found


def _service(provider: Provider, region: Region, where: Where, online: bool) -> Service:
    try:
        at = place(provider.id, region.id, where)
    except R2VError as trouble:
        return Service(provider.id, "bad", trouble.message, trouble.help)
    text = f"{at.key.variable} is for {at.base.host}" + (f" ({region.id})" if region.id else "")
    if not online or registry.probe(provider.id) is None:
        return Service(provider.id, "ok", text)
    refused = _asked(at)
    if refused is None:
        return Service(provider.id, "ok", f"{text}, which knows it")
    if refused.status not in _REFUSED:
        return Service(provider.id, "warn", f"{text}; {refused.message}", refused.help)
    for other in provider.regions:
        if other.id != region.id and WORKSPACE not in other.base and _asked(_moved(at, other)) is None:
            help = f"write 'region: {(other.names or (other.id,))[0]}' in the storyboard, or set a key of {region.id}"
            return Service(provider.id, "bad", f"{text}, which does not know it: it is a key of {other.id}", help)
    return Service(provider.id, "bad", f"{text}, which does not know it", refused.help)


def _moved(at: Place, region: Region) -> Place:
    """The same key in another region of the same service."""
    return place(at.provider.id, region.id, Where({at.provider.keys[0]: at.key.reveal()}))


def _asked(at: Place) -> NetworkTrouble | None:
    """What stands against a key at a place; None: it is known there."""
    probe = registry.probe(at.provider.id)
    assert probe is not None

    async def ask() -> None:
        await probe(at)

    try:
        asyncio.run(ask())
    except NetworkTrouble as trouble:
        return trouble
    return None
