"""The lock as values: which take of which shot is in the film, which clip that is, and who approved it.

An entry holds as long as the storyboard asks for the very same clip: its `key` is that of the request as the storyboard
has it.  What the lock alone can know of such a shot (the take that was picked, the clips, what they cost, approvals) is
kept, whoever wrote it; all else is written anew from the storyboard.  So the new lock is a function of storyboard,
finished clips and old lock.  Pure; lockfile.py has the text.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from r2v_pipeline.canonical import digest, digest_bytes
from r2v_pipeline.compile.jobs import CLIPS, Compilation, Job
from r2v_pipeline.model.types import Shot
from r2v_pipeline.providers.base import Cost, Reference


class Piece(NamedTuple):
    """One render: its key, the hex sha256 of the clip that was bought for it (empty where it is drawn, which costs
    nothing and need not give the same bytes elsewhere, or is not there yet), and what that cost."""

    key: str
    clip: str = ""
    cost: Cost | None = None


class Take(NamedTuple):
    """A take that exists: `key` is that of the shot's clip, `pieces` its one render, or those of a split shot."""

    take: int
    key: str
    pieces: tuple[Piece, ...]

    @property
    def seen(self) -> str:
        """What somebody who looks at this take has seen, by hash: the clip's bytes, and for a drawn one its request."""
        clips = [piece.clip or piece.key for piece in self.pieces]
        return clips[0] if len(clips) == 1 else digest(clips)


class Approval(NamedTuple):
    """Somebody likes a take: `clip` is `Take.seen` as it was then."""

    take: int
    clip: str
    by: str


class Entry(NamedTuple):
    """One shot.  `key` is that of the clip which the storyboard asks for, `take` the one that the film uses.

    `prompt` is the sha256 of the prompt; `references` maps each member to the sha256 of its bytes (of its address where
    the bytes are not known), or to the key of the job that makes it.  `takes` are those that exist; the one in use is
    missing while it is being made.
    """

    key: str
    take: int
    provider: str
    model: str
    seed: int | None
    prompt: str
    references: Mapping[str, str]
    takes: tuple[Take, ...]
    approved: tuple[Approval, ...] = ()

    def of(self, number: int) -> Take | None:
        """The take of a number, if it exists."""
        return next((take for take in self.takes if take.take == number), None)

    def approvals(self, number: int) -> tuple[Approval, ...]:
        """Who approved a take as it is now."""
        take = self.of(number)
        return tuple(a for a in self.approved if take and a.take == number and a.clip == take.seen)


class Lock(NamedTuple):
    """Entries by shot id.  `rivals` are the other branch's, where a merge left both in the file."""

    shots: Mapping[str, Entry] = {}
    rivals: Mapping[str, Entry] = {}


class Clip(NamedTuple):
    """A render's finished clip: its sha256 where it was bought, else empty; what it cost, None where nobody knows."""

    digest: str
    cost: Cost | None = None


class Asked(NamedTuple):
    """A shot as it is compiled: `key` as in `Entry`; `jobs` make the clip of the `take` that is meant; it is last."""

    shot: Shot
    key: str
    take: int
    jobs: tuple[Job, ...]

    @property
    def clip(self) -> Job:
        return self.jobs[-1]

    @property
    def renders(self) -> tuple[Job, ...]:
        return tuple(job for job in self.jobs if job.kind == "render")


class Entries:
    """The entries of a lock, for the shots of a storyboard; `shots` are the ids of all of them."""

    def __init__(self, lock: Lock, shots: Collection[str]) -> None:
        self._sides = (lock.shots, lock.rivals)
        gone = {*lock.shots, *lock.rivals} - {*shots}
        self._gone = {
            side[name].key: name for name in sorted(gone, reverse=True) for side in self._sides if name in side
        }

    def of(self, shot: str, key: str) -> Entry | None:
        """The entry of a shot whose clip, as the storyboard asks for it, has this key; None where the lock has none.

        A shot that was renamed keeps the entry of its old name, which no shot has any more.
        """
        for name in (shot, self._gone.get(key, shot)):
            held = [side[name] for side in self._sides if name in side and side[name].key == key]
            if held:
                return united(*held) if len(held) == 2 else held[0]
        return None


def asked(compilation: Compilation) -> tuple[Asked, ...]:
    """Every shot that is rendered, in film order."""
    jobs: dict[str, list[Job]] = {}
    for job in compilation.jobs:
        if job.kind in CLIPS:
            jobs.setdefault(job.shot, []).append(job)
    found = []
    for shot in compilation.storyboard.shots:
        if shot.id in jobs:
            made = tuple(jobs[shot.id])
            key, take = compilation.picked.get(shot.id, (made[-1].key, shot.take))
            found.append(Asked(shot, key, take, made))
    return tuple(found)


def renewed(compilation: Compilation, finished: Mapping[str, Clip], old: Lock, coming: Collection[str] = ()) -> Lock:
    """The lock as it is now.  `finished` has the clip of each render that is done, by key.

    A shot whose take is not there yet keeps what the old lock says of it, which names what the film had last; unless
    the key of its clip is in `coming`: then the take is named before it is bought, so that a build that is killed on
    the way goes on with it.  Picks that only a person can decide about stay as the merge left them.
    """
    entries = Entries(old, {shot.id for shot in compilation.storyboard.shots})
    open_picks = undecided(old, compilation)
    made = {}
    for one in asked(compilation):
        shot = one.shot.id
        entry = _entry(one, finished, entries.of(shot, one.key), one.clip.key in coming)
        entry = entry or old.shots.get(shot)
        if entry:
            made[shot] = entry
    return Lock(made, {shot: old.rivals[shot] for shot in open_picks})


def undecided(lock: Lock, compilation: Compilation) -> tuple[str, ...]:
    """The shots of which a merge left two picks that both hold: only a person can say which."""
    if not lock.rivals:
        return ()
    both = [(one.shot.id, lock.shots.get(one.shot.id), lock.rivals.get(one.shot.id)) for one in asked(compilation)]
    return tuple(
        shot for shot, ours, theirs in both if ours and theirs and ours.key == theirs.key and ours.take != theirs.take
    )


def united(ours: Entry, theirs: Entry) -> Entry:
    """Two branches' entries of one request: all takes and approvals.  Where both bought a clip under one number the
    approved one stays, else the one of the smaller digest, whichever branch is merged into the other."""
    approved = {approval.clip for approval in (*ours.approved, *theirs.approved)}
    takes = {take.take: take for take in ours.takes}
    for take in theirs.takes:
        rival = takes.get(take.take, take)
        takes[take.take] = min(rival, take, key=lambda one: (one.seen not in approved, one.seen))
    return _with(ours, takes.values(), (*ours.approved, *theirs.approved))


def picked(entry: Entry, take: Take) -> Entry:
    """The entry with this take in the film."""
    return _with(entry, (*(one for one in entry.takes if one.take != take.take), take), entry.approved)._replace(
        take=take.take
    )


def with_approval(entry: Entry, approval: Approval) -> Entry:
    """The entry with one more name."""
    return _with(entry, entry.takes, (*entry.approved, approval))


def _entry(one: Asked, finished: Mapping[str, Clip], before: Entry | None, coming: bool) -> Entry | None:
    """The entry of a shot; None where nothing can be said of it now."""
    takes = {take.take: take for take in before.takes} if before else {}
    if one.take in takes and takes[one.take].key != one.clip.key:  # mixed by a merge
        del takes[one.take]
    if one.take not in takes and all(job.key in finished for job in one.renders):
        pieces = tuple(Piece(job.key, *finished[job.key]) for job in one.renders)
        takes[one.take] = Take(one.take, one.clip.key, pieces)
    if one.take not in takes and not (coming or (before and before.take == one.take)):
        return before
    first = one.renders[0].request
    assert first is not None
    entry = Entry(
        one.key,
        one.take,
        first.provider,
        first.model,
        one.shot.render.seed,
        digest_bytes("\n".join(job.prompt.text for job in one.renders if job.prompt).encode()),
        {r.id: _reference(r) for job in one.renders if job.request for r in job.request.references},
        (),
    )
    return _with(entry, takes.values(), before.approved if before else ())


def _with(entry: Entry, takes: Iterable[Take], approved: Iterable[Approval]) -> Entry:
    """The entry with these takes, and those of the approvals that are of one of them."""
    ordered = tuple(sorted(takes))
    known = {(take.take, take.seen) for take in ordered}
    names = tuple(sorted({a for a in approved if (a.take, a.clip) in known}))
    return entry._replace(takes=ordered, approved=names)


def _reference(reference: Reference) -> str:
    placed = reference.placeholder.rpartition(":")[2]
    return placed if len(placed) == 64 else digest_bytes(reference.placeholder.encode())
