"""Where a provider is asked and as whom: what the environment says, the user's config, then the catalog.

Never a project's files: whoever can change a storyboard would else get the key sent to an address of their own.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from r2v_pipeline.canonical import digest
from r2v_pipeline.errors import EnvironmentTrouble
from r2v_pipeline.providers.catalog.choose import region_of
from r2v_pipeline.providers.catalog.load import providers
from r2v_pipeline.providers.catalog.troubles import help_for, kind_of
from r2v_pipeline.providers.catalog.types import Provider, Region
from r2v_pipeline.providers.client import Terms
from r2v_pipeline.providers.http.hosts import Base, base_of
from r2v_pipeline.providers.http.secrets import Key, key_from

if TYPE_CHECKING:  # httpx, which `r2v doctor` and questions about keys can do without
    from r2v_pipeline.providers.http.channel import Channel
    from r2v_pipeline.providers.http.exchange import Patience

WORKSPACE = "{workspace}"
_LABEL = r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}"

_SANDBOX_QUICKER = 100


class Where(NamedTuple):
    """What this user and this command say about every provider.

    `addresses` are the user's config: an address by `provider` or `provider.region`.  `sandbox` is what `r2v sandbox`
    said of itself: an address by the name of a service, and `key`; empty: the real services are asked.
    """

    environ: Mapping[str, str] = os.environ
    addresses: Mapping[str, str] = {}
    sandbox: Mapping[str, str] = {}


class Place(NamedTuple):
    """One provider in one region, with the key of whoever pays there."""

    provider: Provider
    region: Region
    base: Base
    key: Key
    where: Where

    @property
    def account(self) -> str:
        """Who pays, as the journal knows it: jobs of one region are unknown in the others."""
        fingerprint = self.key.fingerprint
        return digest([fingerprint, self.region.id])[:16] if self.region.id else fingerprint

    def terms(self, account: str = "") -> Terms:
        """What the catalog says of the service; `account` where it is not the key alone that says who pays.

        A sandbox need not be spared: waits are a hundredth there, and as much may be asked as it answers.
        """
        caps, pace, kept = self.provider.caps, self.provider.pace_s, self.provider.kept_s
        quicker = _SANDBOX_QUICKER if self.where.sandbox else 1
        return Terms(
            self.provider.submit,
            account or self.account,
            key_life_s=pace.get("key_life", 0),
            settle_s=pace.get("settle", 0) / quicker,
            submits_a_minute=0 if self.where.sandbox else caps.get("submits_a_minute", 0),
            running=caps.get("jobs_at_once", 0),
            polls_a_second=0 if self.where.sandbox else caps.get("polls_a_second", 0),
            poll_every_s=pace.get("poll_every", 0) / quicker,
            usual_s=pace.get("usual", 0) / quicker,
            # A twenty-fourth is left for the job that names it to come to its turn.
            upload_life_s=kept.get("uploads", 0) * 23 / 24,
        )

    def channel(self, patience: Patience | None = None) -> Channel:
        """The way of asking it.

        Raises:
            EnvironmentTrouble: the key is not one for this address.
        """
        from r2v_pipeline.providers.http.channel import Channel

        help = help_for(self.provider.id, kind_of(self.provider.id, "", status=401))
        return Channel(self.provider.title, self.base, self.key, patience, help)

    def variable(self, names: Iterable[str]) -> str:
        """What the first of these environment variables holds, that of the region first; empty in a sandbox, and
        where there is none."""
        return "" if self.where.sandbox else _first(self.where.environ, names, self.region.id)[1]

    def beside(
        self, service: str, keys: Iterable[str], address: str, addresses: Iterable[str] = ()
    ) -> tuple[Base, Key]:
        """A second service that the provider needs (a store for files): its address and key.

        `service` is its name at `r2v sandbox`, `keys` and `addresses` are environment variables, `address` is where it
        is if none of them says otherwise.

        Raises:
            EnvironmentTrouble: there is no key for it, or its address is none.
        """
        said = self.where.sandbox
        if said:
            return base_of(said.get(service, ""), "the sandbox's answer"), _sandbox_key(said)
        name, url = _first(self.where.environ, addresses, "")
        base = base_of(url or address, name or "the catalog")
        _not_here(base, name)
        return base, key_from(self.where.environ, keys)


def place(name: str, region: str = "", where: Where = Where()) -> Place:  # noqa: B008 - a value
    """Where and as whom a provider of the catalog is asked; `region` is an id or a name, empty the default.

    Raises:
        EnvironmentTrouble: there is no key, or an address that nothing can be sent to.
    """
    provider, found = providers()[name], region_of(name, region)
    if found is None:
        known = ", ".join(r.id for r in provider.regions)
        raise EnvironmentTrouble(f"{provider.title} has no region '{region}'", f"its regions: {known}")
    base = _base(provider, found, where)
    if where.sandbox:
        return Place(provider, found, base, _sandbox_key(where.sandbox), where)
    try:
        key = key_of(provider, found, where.environ)
    except EnvironmentTrouble as trouble:
        raise EnvironmentTrouble(trouble.message, f"{trouble.help}; 'r2v build --sandbox' needs none") from None
    return Place(provider, found, base, key, where)


def keyless(name: str, where: Where = Where()) -> Channel:  # noqa: B008 - a value
    """The way of asking a provider, where it is asked by default, what it tells anybody.

    Raises:
        EnvironmentTrouble: an address that nothing can be sent to.
    """
    from r2v_pipeline.providers.http.channel import Channel

    provider, region = providers()[name], region_of(name, "")
    assert region is not None, "every provider has its default region"
    return Channel(provider.title, _base(provider, region, where), None)


def key_of(provider: Provider, region: Region, environ: Mapping[str, str]) -> Key:
    """The key for a region: its own variable, else the provider's.

    Raises:
        EnvironmentTrouble: there is none, or what is there cannot be a key.
    """
    own, general = key_variables(provider, region)
    return key_from(environ, [name for name in own if environ.get(name, "").strip()] or general)


def key_variables(provider: Provider, region: Region) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The variables that may hold the key for a region: its own ones, which count first, and the provider's."""
    return _with_region(provider.keys, region.id), provider.keys


def region_at(provider: Provider, host: str) -> Region | None:
    """The region that a host of the provider belongs to; None for a host that the catalog does not know."""
    for region in provider.regions:
        for pattern in (region.base.partition("://")[2].partition("/")[0], *region.hosts):
            if re.fullmatch(re.escape(pattern).replace(re.escape(WORKSPACE), _LABEL), host, re.IGNORECASE):
                return region
    return None


def _base(provider: Provider, region: Region, where: Where) -> Base:
    if where.sandbox:
        return _sandbox_base(provider, region, where.sandbox.get(provider.sandbox, ""))
    name, url = _first(where.environ, provider.addresses, region.id)
    if not url:
        own = f"{provider.id}.{region.id}"
        name = next((n for n in (own, provider.id) if where.addresses.get(n)), "")
        url = where.addresses.get(name, "")
    if not url:
        return base_of(_in_workspace(provider, region, where.environ), "the catalog")
    base = base_of(url, name)
    _not_here(base, name)
    known = region_at(provider, base.host)
    if known not in (None, region):
        assert known is not None
        raise EnvironmentTrouble(
            f"{name} leads to {known.id}, and {region.id} is to be asked",
            f"write 'region: {known.id}' in it, or give {region.id} an address of its own: "
            f"{_with_region(provider.addresses or (name,), region.id)[0]}",
        )
    return base


def _sandbox_base(provider: Provider, region: Region, url: str) -> Base:
    """A sandbox has every region but the default one below its id."""
    base = base_of(url, f"what the sandbox says of {provider.id}")
    if not base.local:
        raise EnvironmentTrouble(f"the sandbox is not on this machine but at {base.host}", "'r2v sandbox' starts one")
    if region.id == provider.default_region:
        return base
    scheme, _, rest = base.url.partition("://")
    host, _, path = rest.partition("/")
    return base._replace(url=f"{scheme}://{host}/{region.id}/{path}")


def _in_workspace(provider: Provider, region: Region, environ: Mapping[str, str]) -> str:
    """The catalog's address, with the account's own name in it where it needs one."""
    if WORKSPACE not in region.base:
        return region.base
    name, workspace = _first(environ, provider.workspaces, region.id)
    if not re.fullmatch(_LABEL, workspace):
        what = f"what is in {name} cannot be one" if workspace else f"{provider.workspaces[0]} is not set"
        raise EnvironmentTrouble(
            f"the address of {provider.title} in {region.id} has the name of your workspace in it, and {what}",
            "the console of the service shows it",
        )
    return region.base.replace(WORKSPACE, workspace)


def _not_here(base: Base, name: str) -> None:
    """Clips of a sandbox must not get among those that are paid for, where they would be taken for them."""
    if base.local:
        help = f"'r2v build --sandbox' uses one; without {name} the real service is asked"
        raise EnvironmentTrouble(f"{name} leads to this machine, where only a sandbox can be", help)


def _sandbox_key(said: Mapping[str, str]) -> Key:
    return Key("the sandbox's answer", said.get("key", ""))


def _first(environ: Mapping[str, str], names: Iterable[str], region: str) -> tuple[str, str]:
    """The first variable that holds anything, and what; those for the region before the general ones."""
    names = tuple(names)
    for name in (*_with_region(names, region), *names):
        if value := environ.get(name, "").strip():
            return name, value
    return "", ""


def _with_region(names: Iterable[str], region: str) -> tuple[str, ...]:
    """The variables of one region: `DASHSCOPE_API_KEY_CN_BEIJING`."""
    suffix = region.upper().replace("-", "_")
    return tuple(f"{name}_{suffix}" for name in names) if suffix else ()
