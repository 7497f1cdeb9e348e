"""To whom r2v speaks: where a provider is, and which addresses out of a provider's answer may be followed.

The address of a provider comes from the catalog or the environment, never from a project's files.  The address of a
result comes from an answer, so it may say anything: only a public host is asked for it, and nobody's key goes along.
"""

from __future__ import annotations

import ipaddress
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from r2v_pipeline.errors import EnvironmentTrouble
from r2v_pipeline.providers.http.secrets import Key


class Base(NamedTuple):
    """The address that a provider's API lies below, without a slash at its end.  `local`: it is on this machine."""

    url: str
    host: str
    local: bool


def base_of(url: str, said_by: str) -> Base:
    """Reads an address out of the environment variable or the catalog entry `said_by`.

    Raises:
        EnvironmentTrouble: nothing can be sent there: no https, though not on this machine, or more than an address.
    """
    parts = _split(url)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        raise EnvironmentTrouble(f"{said_by} is not the address of a service", "it begins with https://")
    if parts.username is not None or parts.query or parts.fragment:
        raise EnvironmentTrouble(f"{said_by} holds more than an address", "leave out user names, '?' and '#'")
    local = is_loopback(parts.hostname)
    if parts.scheme == "http" and not local:
        raise EnvironmentTrouble(f"{said_by} would send the key unencrypted", "use https://")
    return Base(url.rstrip("/"), parts.hostname, local)


def agree(key: Key, base: Base) -> None:
    """A sandbox key goes to this machine, every other key to other machines.

    Raises:
        EnvironmentTrouble: they are mixed up, and one of them would be lost or spent.
    """
    if key.sandbox and not base.local:
        raise EnvironmentTrouble(f"{key.variable} holds a sandbox key, which is not sent to {base.host}")
    if base.local and not key.sandbox:
        help = "a server on this machine is a sandbox; its keys begin with sbx_"
        raise EnvironmentTrouble(f"{key.variable} holds a real key, which is not sent to {base.host}", help)


def refusal(url: str, *, local: bool) -> str:
    """Why an address out of an answer is not followed; empty when it may be tried.

    `local`: the provider itself is on this machine, and so are its results.  A name can still mean any machine: the
    address that it leads to is looked at again once connected (`reachable`).
    """
    parts = _split(url)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        return "not an http address"
    if parts.username is not None:
        return "an address with a user name in it"
    address = _literal(parts.hostname)
    if address is not None and not reachable(str(address), local=local):
        return "an address inside a private network"
    return ""


def reachable(address: str, *, local: bool) -> bool:
    """Whether a result may come from an IP address: one of the public internet, or of this machine where the provider
    is."""
    parsed = _literal(address)
    if parsed is None:
        return False
    if local:
        return parsed.is_loopback
    return parsed.is_global and not parsed.is_multicast


def is_loopback(host: str) -> bool:
    """Whether a name or address certainly means this machine."""
    address = _literal(host)
    return host.lower().rstrip(".") == "localhost" or (address is not None and address.is_loopback)


def _literal(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An address written in numbers; one in IPv6 that only wraps another is the other."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0].strip("[]"))
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else address)
    return address


def _split(url: str) -> SplitResult | None:
    if any(char <= " " or char == "\x7f" for char in url):
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts
