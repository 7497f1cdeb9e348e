"""What the journal is given and gives back: rows as values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from r2v_pipeline.providers.base import LOCAL, Cost, Terms


class Blob(NamedTuple):
    """A file of the store: hex sha256 of its bytes, which is its name, and its length in bytes."""

    digest: str
    size: int


class Intent(NamedTuple):
    """What is about to be asked of a provider.

    `request` is the exact body that will be sent; `estimate` the most it may cost; `terms` say who pays and what may be
    done if the answer is lost.  `run` is the build that asks (journal.begin), None outside of one: no cap holds then.
    """

    job_key: str
    job: str
    shot: str
    provider: str
    model: str
    terms: Terms
    request: bytes
    estimate: Cost
    run: int | None = None


class Attempt(NamedTuple):
    """One try to buy a job, as its row stands.  `est_micros` None: nobody knows the price.

    `answer` is what the provider last said to the submit, as it was written down before anything was read from it.
    `way` is `Terms.submit` and `key_life_s` the life of its token when it was sent.  `again` says of an ended attempt
    that another one may succeed where this one did not; `billed` False that nothing is owed for it, None that nobody
    knows, which counts as owed.
    """

    id: int
    job_key: str
    no: int
    run: int | None
    job: str
    shot: str
    provider: str
    model: str
    account: str
    way: str
    key_life_s: float
    request: bytes
    token: str
    est_micros: int | None
    currency: str
    state: str
    answer: str | None
    handle: Mapping[str, Any] | None
    blob: str | None
    blob_size: int | None
    code: str
    reason: str
    again: bool
    billed: bool | None
    created_at: float

    @property
    def free(self) -> bool:
        """A worker of this machine has it: an unanswered submit is no doubt, and a lost job may be drawn again."""
        return self.way == LOCAL

    @property
    def estimate(self) -> Cost:
        """The most that it was expected to cost when it was sent."""
        known = self.est_micros is not None
        return Cost(self.est_micros or 0, self.est_micros or 0, self.currency, known)


class Change(NamedTuple):
    """What an attempt is told besides its new state; None and empty leave a column as it is.

    `took_s` is how long the provider took, at least and at most, in seconds.
    """

    handle: Mapping[str, Any] | None = None
    blob: Blob | None = None
    cost: Cost | None = None
    code: str = ""
    reason: str = ""
    again: bool = False
    billed: bool | None = None
    took_s: tuple[float, float] | None = None


class OutputFile(NamedTuple):
    """A file that r2v made in an output folder: `path` within it, its stat then, hex sha256, and the key of its job."""

    path: str
    size: int
    mtime_ns: int
    sha256: str
    key: str
