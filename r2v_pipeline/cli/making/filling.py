"""`build --fill animatic`: the whole film now, with bought clips where there are some and drawn ones for the rest.

The shots that nobody has bought yet are given the animatic as their provider, and the storyboard is compiled again, so
that what hangs on them (a first frame, a reference) hangs on the drawn clip.  Nothing is paid.
"""

from __future__ import annotations

from pathlib import Path

from r2v_pipeline.cli.locked import locking
from r2v_pipeline.cli.stages.front import Front, compiled, lock_of, show
from r2v_pipeline.cli.stages.planning import prices
from r2v_pipeline.compile.jobs import Compilation
from r2v_pipeline.compile.written import expand_storyboard
from r2v_pipeline.diagnostics import has_errors
from r2v_pipeline.model.types import Shot
from r2v_pipeline.plan.amounts import may_cost
from r2v_pipeline.plan.types import LedgerView
from r2v_pipeline.providers import registry

ANIMATIC = "animatic"


def filled(front: Front, compilation: Compilation) -> tuple[Front, Compilation] | None:
    """The storyboard with the animatic in the place of every paid render that has no clip in the store.

    None when it cannot be compiled that way; what is wrong is said on stderr.
    """
    ledger = locking.ledger(Path(front.disk.root), lock_of(front))
    # Ends: a drawn shot costs nothing, so each round has fewer to draw.
    while missing := _not_bought(front, compilation, ledger):
        assert front.expanded is not None
        board = front.expanded.storyboard
        shots = tuple(_drawn(shot) if shot.id in missing else shot for shot in board.shots)
        expanded, found = expand_storyboard(board._replace(shots=shots), front.disk, further=registry.further)
        front = front._replace(expanded=expanded)
        again, problems = (None, ()) if has_errors(found) else compiled(front)
        if again is None or has_errors(problems):
            show((*found, *problems))
            return None
        compilation = again
    return front, compilation


def _drawn(shot: Shot) -> Shot:
    return shot._replace(render=shot.render._replace(provider=(ANIMATIC,)))


def _not_bought(front: Front, compilation: Compilation, ledger: LedgerView) -> frozenset[str]:
    """The shots that would cost something.  A clip that was lost is one of them, and so is one on its way."""
    assert front.expanded is not None
    price = prices(front.expanded)
    whole = {job.shot for job in compilation.jobs if job.kind == "splice" and ledger.stored(job.key)}
    return frozenset(
        job.shot
        for job in compilation.jobs
        if job.kind == "render" and job.shot not in whole and not ledger.stored(job.key) and may_cost(price(job))
    )
