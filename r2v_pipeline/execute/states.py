"""The states of an attempt and the only ways between them.

An attempt is one try to buy a job.  `submitting` means "may exist at the provider": a crash and a lost answer leave the
same row and take the same path afterwards.  The database enforces this very table (journal_schema.py writes it into
`edge` and checks every update against it), so that neither a bug here nor a hand with an SQL shell makes a bought clip
unbought.
"""

from __future__ import annotations

SUBMITTING = "submitting"
RUNNING = "running"
READY = "ready"
STORED = "stored"
REJECTED = "rejected"
FAILED = "failed"
CANCELLED = "cancelled"
EXPIRED = "expired"
ABANDONED = "abandoned"

OPEN = (SUBMITTING, RUNNING, READY)
TERMINAL = (STORED, REJECTED, FAILED, CANCELLED, EXPIRED, ABANDONED)
STATES = OPEN + TERMINAL

# `ready -> failed`: the clip came and does not decode, however often it is fetched.  `-> expired`: paid for, as far as
# anybody knows, and the provider has lost the output or the whole job; buying it again takes a person's word.
EDGES = frozenset(
    {
        (SUBMITTING, RUNNING),
        (SUBMITTING, REJECTED),
        (SUBMITTING, ABANDONED),
        (RUNNING, READY),
        (RUNNING, FAILED),
        (RUNNING, CANCELLED),
        (RUNNING, EXPIRED),
        (READY, STORED),
        (READY, FAILED),
        (READY, EXPIRED),
    }
)


def allowed(old: str, new: str) -> bool:
    """Whether an attempt may go from one state to another; staying is not a transition."""
    return (old, new) in EDGES
