"""The two ways into a project's state: hold it for a build, or look at it."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from r2v_pipeline.execute import lock, state_dir
from r2v_pipeline.execute.blobs import Blobs
from r2v_pipeline.execute.journal import Journal
from r2v_pipeline.execute.journal_view import JournalView


class Session(NamedTuple):
    """A project's state, ours alone until the block ends; `state` is its folder."""

    journal: Journal
    blobs: Blobs
    state: Path


@contextlib.contextmanager
def hold(
    root: Path, now: Callable[[], float] = time.time, environ: Mapping[str, str] = os.environ, within: str = ""
) -> Iterator[Session]:
    """The state of a project for one build, made if need be.

    `within` names a state of its own inside of that one (the sandbox's), which shares nothing with it.

    The plan that is executed must be made inside: what another build did a moment before may have changed it.

    Raises:
        Busy, StateTrouble, DiskTrouble
    """
    state = state_dir.locate(root, environ, within=within)
    state_dir.prepare(state)
    with lock.hold(state / "lock"):
        state_dir.furnish(state)
        blobs = Blobs(state)
        blobs.sweep()
        with Journal(state / "state.db", now) as journal:
            yield Session(journal, blobs, state)


def look(root: Path, environ: Mapping[str, str] = os.environ, within: str = "") -> JournalView:
    """The state of a project to read from: an empty one where there is none; writes nothing, waits for nobody.

    Raises:
        StateTrouble: also from the view's methods, which read when they are first asked.
    """
    return JournalView(state_dir.locate(root, environ, within=within), root)
