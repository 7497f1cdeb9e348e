"""The half of a provider that has effects: what execute/ may ask of it, and everything that it may answer.

What was said to a submit crosses in two steps.  `send` brings it back as it came (`Answer`), so that it can be made
durable before anybody reads it; `read` is a pure function of it, so that a build after a kill reads the very same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from r2v_pipeline.providers.request import RenderRequest

if TYPE_CHECKING:  # pathlib would be a tenth of what a small check costs
    from pathlib import Path

# What a provider does with a submit whose answer was lost; `Terms.submit` is one of them.
LOCAL, IDEMPOTENT, FINDABLE, OPAQUE = "local", "idempotent", "findable", "opaque"
SUBMITS = (LOCAL, IDEMPOTENT, FINDABLE, OPAQUE)

# Bytes of an answer to a submit that are kept, and the longest wait that a provider may ask for, in seconds.
ANSWER_BYTES = 4 * 1024 * 1024
LONGEST_AFTER_S = 300.0


class Cost(NamedTuple):
    """A price range in millionths of `currency`; low == high when the price is exact; `known` False: nobody knows."""

    low_micros: int
    high_micros: int
    currency: str
    known: bool = True


FREE = Cost(0, 0, "USD")


def worst(costs: Sequence[Cost]) -> Cost:
    """The range of what one of several may cost, as a price; unknown where one is, or where two currencies meet."""
    paid = [cost for cost in costs if not cost.known or cost.high_micros]
    if len({cost.currency for cost in paid}) > 1 or not all(cost.known for cost in paid):
        return Cost(0, 0, "", known=False)
    if not paid:
        return costs[0]
    low = 0 if len(paid) < len(costs) else min(cost.low_micros for cost in paid)
    return Cost(low, max(cost.high_micros for cost in paid), paid[0].currency)


class Terms(NamedTuple):
    """What one account at a provider allows, and what may be done about a submit whose answer was lost.

    `submit`: `local` (a worker of this machine: drop it and start over), `idempotent` (the same bytes and token may be
    sent again for `key_life_s` seconds after the first time), `findable` (a listing shows it, `settle_s` seconds after
    the submit at the latest), `opaque` (neither: a person decides).  `account` is a fingerprint of who pays, never the
    key, and empty for local.  The limits: submits a minute, jobs at work at once, polls a second; 0: none.
    `poll_every_s` is the least time between two polls of one job, `usual_s` what a job takes (the median) where
    nobody has measured yet; 0: this provider does not say.  `upload_life_s` is how long an uploaded file may be named
    by further jobs (0: only by this build's), and `upload_by_model` that it is so only by jobs of the same model.
    """

    submit: str
    account: str
    key_life_s: float = 0.0
    settle_s: float = 0.0
    submits_a_minute: int = 0
    running: int = 0
    polls_a_second: float = 0.0
    poll_every_s: float = 0.0
    usual_s: float = 0.0
    upload_life_s: float = 0.0
    upload_by_model: bool = False


class Answer(NamedTuple):
    """What came back to a submit, as it came: at most 4 MiB of body, secrets redacted by the client.

    `headers` have lower-case names, and are only those that cannot hurt (content-type, date, retry-after,
    x-request-id).
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: str


class NotSent(NamedTuple):
    """Certainly never reached the provider: refused or failed to connect, DNS, TLS, connect time-out, no free
    connection.  Nothing is owed.  `again`: trying again may succeed."""

    code: str
    message: str
    again: bool


class Lost(NamedTuple):
    """The first byte may have gone out and no answer came back: the job may exist."""

    message: str


class Accepted(NamedTuple):
    """The provider has the job.  `handle` is opaque JSON, kept durable before the first poll."""

    handle: Mapping[str, Any]


class Refused(NamedTuple):
    """Certainly not accepted: nothing is owed.

    `again`: the same request may succeed later, after `after_s` seconds (0 to 300) where the provider said when.
    `account`: the reason is who asks (key, credit, quota): every further submit to this provider would be refused.
    """

    code: str
    message: str
    again: bool = False
    after_s: float | None = None
    account: bool = False


class Unknown(NamedTuple):
    """The answer does not say whether the job exists: a server error, no id, no JSON."""

    message: str


class Sought(NamedTuple):
    """A submit whose answer was lost, to be looked for in the provider's listing.

    `since` and `until` are seconds since the epoch by this machine's clock, around the moment it was sent; a client
    allows for that clock being wrong.  `claimed` are handles that the journal has for other submits, as canonical JSON.
    """

    body: bytes
    token: str
    since: float
    until: float
    claimed: frozenset[str]
    model: str = ""


class Found(NamedTuple):
    """What a listing showed: `handles` of jobs that match exactly and are claimed by no other submit.

    `complete`: it was read to its end, so what is not in it did not exist by then.  `now`: the provider's own clock in
    seconds since the epoch, where it told.
    """

    handles: tuple[Mapping[str, Any], ...]
    complete: bool
    now: float | None = None


class Running(NamedTuple):
    """Not finished; `progress` is 0 to 1 where the provider tells, else None."""

    progress: float | None = None


class Finished(NamedTuple):
    """Rendered; `output` is opaque JSON that `fetch` understands.  `cost` when the provider reports what it billed."""

    output: Mapping[str, Any]
    cost: Cost | None = None


class Failed(NamedTuple):
    """The provider gave up.  `lost`: the provider does not know the job any more.

    `billed`: whether the failure is paid for; None where the provider's documents do not say, which counts as paid.
    """

    code: str
    message: str
    again: bool = False
    lost: bool = False
    billed: bool | None = None


class Client(Protocol):
    """One provider with one account; used by execute/ only.

    Methods that ask the provider raise R2VError or OSError when it cannot be asked; nothing is known then, and the
    same may be asked again.
    """

    @property
    def terms(self) -> Terms:
        """What holds for this account; the same for the life of the client."""
        ...

    async def upload(self, path: Path, sha256: str, kind: str, model: str = "") -> str:
        """Make a local file readable for the provider, for a job of `model`; returns what stands in the body instead
        of the placeholder.  `kind` is `image`, `video` or `voice`."""
        ...

    async def send(self, body: bytes, token: str, model: str = "") -> Answer | NotSent | Lost:
        """Ask for one clip, once, over a connection of its own; nothing below this line tries again.

        `model` is the job's, for a service whose bodies do not name it; here, and in what follows.
        """
        ...

    def read(self, answer: Answer, model: str = "") -> Accepted | Refused | Unknown:
        """What an answer means.  Pure, and never raises, whatever came."""
        ...

    async def find(self, sought: Sought) -> Found:
        """Look for a lost submit; only a findable provider is asked."""
        ...

    def handle(self, id: str, model: str = "") -> Mapping[str, Any]:
        """The handle of a job that a person found at the provider by its id.

        Raises:
            UsageError: no job of this provider can have such an id.
        """
        ...

    async def poll(self, handle: Mapping[str, Any]) -> Running | Finished | Failed:
        """How a job is doing."""
        ...

    async def fetch(self, output: Mapping[str, Any], to: Path) -> None:
        """Write the finished clip to `to` (a temporary name that the caller owns)."""
        ...

    async def cancel(self, handle: Mapping[str, Any]) -> bool:
        """Ask the provider to stop; True when it certainly will not bill."""
        ...

    async def quote(self, request: RenderRequest) -> Cost | None:
        """What the provider itself says today that a request, with its placeholders, would cost; None where it does
        not tell."""
        ...

    async def close(self) -> None:
        """Let go of connections and workers."""
        ...
