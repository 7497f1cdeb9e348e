"""What every service is made of: routes with a template, an endpoint's name for faults, and a handler."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple, Protocol

from r2v_pipeline.sandbox.clock import Clock
from r2v_pipeline.sandbox.files import Files
from r2v_pipeline.sandbox.jobs import Job, Jobs
from r2v_pipeline.sandbox.looking import Look, Looking
from r2v_pipeline.sandbox.rates import Rates
from r2v_pipeline.sandbox.wire import Reply, Request, Stream


class Deed(NamedTuple):
    """What a fault orders for the job of one submit: how it ends, where it stops, whether another's id is told."""

    fail: tuple[str, str] | None = None
    hold: str = ""
    same_id: bool = False


class Settings(NamedTuple):
    """How the server behaves.  `validate`: when DashScope tells of a wrong field, `async` as measured, or `sync`."""

    validate: str = "async"
    limits: bool = True
    unknown: str = "reject"
    region: str = "ap-southeast-1"


class House(NamedTuple):
    """What the services share."""

    clock: Clock
    jobs: Jobs
    files: Files
    looking: Looking
    rates: Rates
    settings: Settings
    clip: Callable[[Job], Any]


class Call(NamedTuple):
    """One request at one route.  `base` is this server as the client called it, `http://127.0.0.1:PORT`."""

    request: Request
    base: str
    account: str
    given: Mapping[str, str]
    deed: Deed = Deed()

    @property
    def host(self) -> str:
        """This server's name and port."""
        return self.base.partition("://")[2]


Handler = Callable[[Call], Reply | Stream]


class Route(NamedTuple):
    """`template` has `{name}` for one part of a path and `{name*}` for the rest of it.

    `endpoint` is what faults call it.  `open`: no key is asked for.  `most` bounds the body, in bytes.
    """

    endpoint: str
    method: str
    template: str
    handler: Handler
    open: bool = False
    most: int = 40 << 20

    def match(self, path: str) -> dict[str, str] | None:
        """The parts of a path; None where it is another."""
        found = _pattern(self.template).fullmatch(path)
        return found.groupdict() if found else None


class Service(Protocol):
    """One vendor."""

    name: str
    routes: Sequence[Route]

    def refuse_key(self, request: Request, *, given: bool) -> Reply:
        """What is answered without a key (`given` False), or to a key that is none of the sandbox's."""

    def not_found(self, request: Request) -> Reply:
        """What is answered below its addresses where there is nothing."""

    def too_large(self) -> Reply:
        """What is answered to a body that is too long."""


@cache
def _pattern(template: str) -> re.Pattern[str]:
    """A template as a regular expression; whatever is in no braces stands for itself."""
    text = re.escape(template).replace(r"\{", "{").replace(r"\}", "}").replace(r"\*", "*")
    return re.compile(re.sub(r"\{(\w+)(\*?)\}", lambda m: f"(?P<{m[1]}>{'.+' if m[2] else '[^/]+'})", text))


def look_with(house: House, call: Call) -> Callable[[str], Look]:
    """How references of a request are looked at."""
    return lambda url: house.looking.look(url, call.host)
