"""What it means that a service makes no clip: its own codes and words, as one of eight kinds, and what to do.

Rules are data (errors.yaml).  A kind decides whether the same request may be sent again, and whether anything more is
sent to the service at all; it never decides whether a job exists, which is for the HTTP status to say (http/reading).
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from r2v_pipeline.providers.catalog import files
from r2v_pipeline.providers.catalog.load import providers

# Who asks; what is left to spend; the service's filter; a reference that it cannot have; too much at once; a request
# that it does not take; its own troubles; a job that it does not know.
AUTH, CREDIT, MODERATION, MEDIA = "auth", "credit", "moderation", "media"
LIMIT, REQUEST, TROUBLE, LOST = "limit", "request", "trouble", "lost"

_BY_STATUS = {401: AUTH, 402: CREDIT, 403: AUTH, 408: TROUBLE, 413: REQUEST, 415: MEDIA, 429: LIMIT}


class Kind(NamedTuple):
    """One kind of trouble.  `account`: it is about who asks; `again`: the very same request may succeed later."""

    id: str
    help: str
    account: bool
    again: bool


def kind_of(provider: str, code: str, message: str = "", status: int = 0) -> Kind:
    """What a service's code and message mean; by the HTTP status where nobody has written down the code."""
    return _kinds()[
        known_kind(provider, code, message) or _BY_STATUS.get(status, TROUBLE if status >= 500 else REQUEST)
    ]


def known_kind(provider: str, code: str, message: str = "") -> str:
    """The kind that a rule gives; empty without one."""
    words = message.lower()
    for rule in _rules(provider):
        whole = rule["code"].removesuffix(".*")
        fits = code == whole or (whole != rule["code"] and code.startswith(f"{whole}."))
        if fits and rule.get("message", "") in words:
            return str(rule["kind"])
    return ""


def help_for(provider: str, kind: Kind) -> str:
    """What a person can do about it, with the names that the service's users know."""
    service = _service(provider)
    text = str(service.get("help", {}).get(kind.id) or kind.help)
    known = providers().get(provider)
    keys = " or ".join(known.keys) if known else "its key"
    return text.format(title=known.title if known else provider, keys=keys)


@cache
def _kinds() -> Mapping[str, Kind]:
    kinds = files.data(files.ERRORS)["kinds"]
    return {id: Kind(id, k["help"], k.get("account", False), k.get("again", False)) for id, k in kinds.items()}


def _service(provider: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = files.data(files.ERRORS)["services"].get(provider, {})
    return found


def _rules(provider: str) -> list[dict[str, str]]:
    return list(_service(provider).get("rules", ()))
