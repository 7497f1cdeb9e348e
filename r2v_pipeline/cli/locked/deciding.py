"""What `pick` and `approve` share: a storyboard with its lock, and one shot of it in one take."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from r2v_pipeline.cli.locked.locking import Held, chooser, finished, held, keep, ledger
from r2v_pipeline.cli.stages.front import Front, Options, compiled, lock_of, read, show
from r2v_pipeline.compile.jobs import Compilation
from r2v_pipeline.diagnostics import did_you_mean, has_errors
from r2v_pipeline.errors import Busy, UsageError
from r2v_pipeline.execute import session, state_dir
from r2v_pipeline.execute.clips import clips
from r2v_pipeline.plan.lock import Asked, Entries, Lock, asked, renewed
from r2v_pipeline.plan.takes import picked
from r2v_pipeline.source.files import Disk

_MOST_TAKES = 10_000


class Decided(NamedTuple):
    """A shot in one take that exists, the lock that says what there is of it, and all jobs in that case."""

    one: Asked
    lock: Lock
    compilation: Compilation


class Desk:
    """A storyboard that can be compiled, and its lock."""

    def __init__(self, front: Front, lock: Held, compilation: Compilation) -> None:
        self.front, self.held, self.compilation = front, lock, compilation
        self.root = Path(front.disk.root)

    def lock(self) -> Lock:
        """The lock as it stands, with the clips that came since it was written."""
        return renewed(
            self.compilation, finished(self.root, ledger(self.root, self.held), self.compilation), self.held.lock
        )

    def rendered(self) -> tuple[str, ...]:
        """The ids of the shots that have takes."""
        return tuple(one.shot.id for one in asked(self.compilation))

    def known(self, shot: str) -> str:
        """The shot, if it has takes.

        Raises:
            UsageError: no shot that is rendered has this name.
        """
        if shot not in self.rendered():
            raise UsageError(f"no shot that is rendered is called '{shot}'", did_you_mean(shot, self.rendered()))
        return shot

    def decided(self, shot: str, number: int | None) -> Decided:
        """A shot in a take (None: the one in use).

        Raises:
            UsageError: there is no such take of the shot as it is written now.
        """
        found = self._in_take(shot, number)
        entry = found.lock.shots.get(shot)
        if entry is None or entry.key != found.one.key or entry.of(found.one.take) is None:
            takes = ", ".join(map(str, self._takes(shot)))
            one = f"take {found.one.take} of '{shot}', as it is written now, was never made"
            help = f"takes that exist: {takes}" if takes else "'r2v build' makes it; 'r2v takes' shows older clips"
            raise UsageError(one, help)
        return found

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """While nobody else writes the lock.

        Raises:
            Busy: a build runs, or the lock was changed since it was read.
        """
        with session.hold(self.root):
            if held(Disk(str(self.root)), self.held.path).text != self.held.text:
                raise Busy("the lock was changed meanwhile", "run the same command again")
            yield

    def write(self, lock: Lock) -> None:
        keep(self.root, self.held, lock)

    def _in_take(self, shot: str, number: int | None) -> Decided:
        names = [each.id for each in self.compilation.storyboard.shots]
        made: Compilation | None = self.compilation
        lock = self.held.lock
        if number is not None:
            usual = chooser(self.held, names, (), self.root)
            made, _ = compiled(self.front, picked(shot, number, usual))
            lock = lock._replace(rivals={name: one for name, one in lock.rivals.items() if name != shot})
        assert made is not None  # it could be compiled a moment ago
        one = next(each for each in asked(made) if each.shot.id == shot)
        both = Entries(self.held.lock, names).of(shot, one.key)
        if both and number is not None:
            lock = lock._replace(shots={**lock.shots, shot: both})
        done = finished(self.root, ledger(self.root, self.held), made)
        return Decided(one, renewed(made, done, lock), made)

    def _takes(self, shot: str) -> Iterable[int]:
        """The takes of a shot, as it is written now, that exist."""
        path = self.compilation.storyboard.path
        numbers = {clip.take for clip in clips(state_dir.locate(self.root), path) if clip.shot == shot and clip.take}
        numbers |= {take.take for entry in (self.held.lock.shots.get(shot),) if entry for take in entry.takes}
        for number in sorted(numbers):
            found = self._in_take(shot, number)
            entry = found.lock.shots.get(shot)
            if entry and entry.key == found.one.key and entry.of(number):
                yield number


def take_number(text: str) -> int:
    """The number of a take on a command line."""
    if not text.isdecimal() or not 1 <= int(text) <= _MOST_TAKES:
        raise argparse.ArgumentTypeError(f"'{text}' is no number of a take")
    return int(text)


def desk(file: str, options: Options) -> Desk | None:
    """The storyboard and its lock; None, after saying why, when it cannot be compiled.

    Raises:
        UsageError: this version of the storyboard has no lock.
    """
    front = read(file, options)
    show(front.diagnostics)
    if front.expanded is None:
        return None
    lock = lock_of(front)
    if not lock.path:
        raise UsageError("the animatic that the command line asks for has no lock", "leave --provider out")
    made, found = compiled(front)
    show(found)
    return Desk(front, lock, made) if made and not has_errors(found) else None
