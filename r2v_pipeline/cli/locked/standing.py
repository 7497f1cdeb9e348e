"""A shot's clips beside what the storyboard asks for now and what the lock says: for `takes`."""

from __future__ import annotations

from pathlib import Path

from r2v_pipeline.cli.locked.locking import chooser
from r2v_pipeline.cli.stages.front import Front, compiled, lock_of
from r2v_pipeline.execute import state_dir
from r2v_pipeline.execute.blobs import Blobs
from r2v_pipeline.execute.clips import Clip, outputs_by_key
from r2v_pipeline.execute.holdings import whole
from r2v_pipeline.plan.lock import Asked, Entries, Entry, asked
from r2v_pipeline.plan.takes import picked
from r2v_pipeline.report.takes import Standing


def with_lock(front: Front, shot: str, found: list[Clip]) -> tuple[list[Clip], dict[str, Standing] | None]:
    """The clips, with those that only the lock knows since a teammate bought them, and how each stands, by key.

    None where the storyboard or its lock cannot be read: then nobody can tell.
    """
    one = _asked(front, shot, None)
    if one is None:
        return found, None
    names = [each.id for each in front.expanded.storyboard.shots] if front.expanded else []
    entry = Entries(lock_of(front).lock, names).of(shot, one.key)
    others = _of_others(entry, one, {clip.digest for clip in found}, Path(front.disk.root)) if entry else []
    numbers = {clip.take for clip in (*found, *others) if clip.take}
    current: dict[str, Standing] = {}
    for number in sorted(numbers):
        by = tuple(sorted({approval.by for approval in entry.approvals(number)})) if entry else ()
        taken = _asked(front, shot, number)
        current |= {job.key: Standing(True, by) for job in (taken.renders if taken else ())}
    every = [*others, *found]
    return every, {clip.key: current.get(clip.key, Standing(False)) for clip in every}


def _asked(front: Front, shot: str, number: int | None) -> Asked | None:
    """The shot as it is compiled now, in a take."""
    if front.expanded is None:
        return None
    names = [each.id for each in front.expanded.storyboard.shots]
    usual = chooser(lock_of(front), names, (), Path(front.disk.root))
    made, _ = compiled(front, picked(shot, number, usual) if number else None)
    return next((one for one in asked(made) if one.shot.id == shot), None) if made else None


def _of_others(entry: Entry, one: Asked, known: set[str], root: Path) -> list[Clip]:
    state = state_dir.locate(root)
    blobs, outputs = Blobs(state), outputs_by_key(state)
    found = []
    for take in entry.takes:
        for job, piece in zip(one.renders, take.pieces, strict=False):
            if not piece.clip or piece.clip in known:
                continue
            blob = whole(blobs, piece.clip)
            found.append(
                Clip(
                    shot=one.shot.id,
                    job=job.id,
                    key=piece.key,
                    take=take.take,
                    at=None,
                    provider=entry.provider,
                    model=entry.model,
                    micros=piece.cost.high_micros if piece.cost else None,
                    currency=piece.cost.currency if piece.cost else "",
                    digest=piece.clip,
                    size=blob.size if blob else 0,
                    path=blobs.path(piece.clip),
                    outputs=tuple(outputs.get(piece.key, ())),
                    there=blob is not None,
                )
            )
    return found
