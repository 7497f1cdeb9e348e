"""What the journal is given and gives back: rows as values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from r2v_pipeline.providers.base import Cost


class Blob(NamedTuple):
    """A file of the store: hex sha256 of its bytes, which is its name, and its length in bytes."""

    digest: str
    size: int


class Intent(NamedTuple):
    """What is about to be asked of a provider.

    `request` is the exact body that will be sent; `estimate` the most it may cost.  `account` is a fingerprint of who
    pays (never the key itself), empty for a provider without accounts.
    """

    job_key: str
    shot: str
    provider: str
    account: str
    request: bytes
    estimate: Cost


class Attempt(NamedTuple):
    """One try to buy a job, as its row stands.  `est_micros` None: nobody knows the price.

    `answer` is what the provider said to the submit, as it was written down before anything was read from it.  `again`
    says of an ended attempt that another one may succeed where this one did not.
    """

    id: int
    job_key: str
    no: int
    shot: str
    provider: str
    account: str
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
    created_at: float

    @property
    def free(self) -> bool:
        """Nothing can be owed for it: an unanswered submit is no doubt, and a lost job may simply be drawn again."""
        return self.est_micros == 0


class Change(NamedTuple):
    """What an attempt is told besides its new state; None and empty leave a column as it is."""

    handle: Mapping[str, Any] | None = None
    blob: Blob | None = None
    cost: Cost | None = None
    code: str = ""
    reason: str = ""
    again: bool = False


class OutputFile(NamedTuple):
    """A file that r2v made in an output folder: `path` within it, its stat then, hex sha256, and the key of its job."""

    path: str
    size: int
    mtime_ns: int
    sha256: str
    key: str
