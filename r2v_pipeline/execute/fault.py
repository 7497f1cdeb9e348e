"""Named places between durable steps, where a test may kill the process.

In production `point` does nothing.  A test installs a hook (`watch`) that ends the process at the n-th point, runs the
build again and looks whether anything was bought twice or lost; so every step that changes what is on disk has a point
on either side of it, and a new step gets its own.
"""

from __future__ import annotations

from collections.abc import Callable

# In the order a two-shot build with a frame between the shots meets them first.
POINTS = (
    "journal.birth",  # the new journal is complete under its temporary name
    "journal.born",  # it has its own name
    "run.durable",  # the build and its caps are on record
    "intent.before",  # nothing is written, nothing is sent
    "intent.durable",  # the row is committed; nothing is sent
    "answer.read",  # the provider has answered; nobody has written it down
    "answer.durable",  # the answer is in the row, not yet read
    "submit.settled",  # the state follows the answer
    "finished.seen",  # the provider says that it is done
    "ready.durable",  # so does the row
    "clip.fetched",  # the clip lies in tmp/
    "clip.checked",  # and decodes
    "blob.synced",  # its bytes are on the disk, under the temporary name
    "blob.renamed",  # it has its digest for a name; the folder may not know after a power cut
    "blob.durable",  # the folder knows
    "stored.durable",  # the attempt has ended
    "derived.durable",  # an extracted frame is recorded
    "used.durable",  # what this build used is recorded
    "output.copied",  # a published clip is complete under its temporary name
    "output.renamed",  # it has its own name
    "output.recorded",  # the journal knows that r2v made it
)
# Where only a lost answer leads.
DOUBTS = (
    "resend.durable",  # the row says that it is sent again; nothing is sent
    "resend.settled",  # the state follows what came back, if that says anything
    "sought.read",  # the listing was read; nothing is written
    "sought.durable",  # the row says what was found in it
)

_hook: Callable[[str], None] | None = None


def point(name: str) -> None:
    """Called between durable steps; does nothing unless a test watches."""
    if _hook is not None:
        _hook(name)


def watch(hook: Callable[[str], None] | None) -> None:
    """Install a test's hook (None: take it out)."""
    global _hook
    _hook = hook
