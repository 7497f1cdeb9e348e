"""What plan hands on: one action per job, each with a verb, a reason and a price."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from r2v_pipeline.compile.jobs import Compilation, Job
from r2v_pipeline.diagnostics import Span
from r2v_pipeline.providers.base import Cost

VERBS = ("render", "collect", "fetch", "reuse", "hold", "skip")


class Recorded(NamedTuple):
    """What the ledger remembers of the last build of an output: the job's key then, and what that key was made of.

    `ingredients` maps a dotted path to its JSON value.
    """

    key: str
    ingredients: Mapping[str, Any]


class OpenAttempt(NamedTuple):
    """An attempt that has not ended: `state` is `submitting`, `running` or `ready`; or `expired`: it was paid for and
    its clip is gone, and nobody has allowed another.

    `since` is seconds since the epoch, for people only.  `settles` says of one in doubt that the next build will settle
    it by itself; `note` what is known of the doubt.
    """

    state: str
    provider: str
    since: float
    settles: bool = False
    note: str = ""


class LedgerView(Protocol):
    """What plan may ask of the journal; it is opened read-only or not at all (an empty view plans everything)."""

    def stored(self, key: str) -> str | None:
        """The digest of the finished blob of a job key, if it is in the store now."""
        ...

    def lost(self, key: str) -> bool:
        """Whether this key was finished once and its blob is gone or damaged."""
        ...

    def open_attempt(self, key: str) -> OpenAttempt | None:
        """The attempt in flight for a key, or one that was paid for and lost."""
        ...

    def last(self, output: str, job_id: str) -> Recorded | None:
        """What the last build of this output used for a job id."""
        ...

    def film_intact(self, output: str, key: str) -> bool:
        """Whether the film that this join key made lies in the output folder, unchanged."""
        ...


# The word of a reason: an answer was lost, here or at what is waited for.
DOUBT = "doubt"


class Reason(NamedTuple):
    """Why an action is what it is: a stable word for programs, a sentence for people, the place that decided it.

    Words: `new`, `changed`, `take`, `missing` (the finished clip is gone), `running`, `ready`, `doubt`, `gone` (paid
    for, and lost by the provider), `same`, `input` (something it depends on renders), `unselected`, `footage`, `film`
    (a clip or film setting changed).
    """

    word: str
    text: str
    span: Span | None = None


class Action(NamedTuple):
    """What happens to one job.  `billed_ms`: seconds the vendor bills as output; `used_ms`: what the film takes."""

    job: Job
    verb: str
    reason: Reason
    cost: Cost
    billed_ms: int
    used_ms: int


class Totals(NamedTuple):
    """Sums over the actions: jobs per verb, price of what would be bought now."""

    verbs: Mapping[str, int]
    cost: Cost


class Plan(NamedTuple):
    """Every job of the compilation with its action, in the compilation's order."""

    compilation: Compilation
    output: str
    actions: tuple[Action, ...]
    totals: Totals
