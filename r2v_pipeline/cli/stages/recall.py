"""The shot cache: what the last clean run learnt of each shot, so that the next one looks at those that changed.

What a command says of a shot follows from its own text, from all of the file that is not shots, from the files that it
names, and from few other shots.  So the storyboard is read without the shots of which all that is as it was: as a file
of the same head and tail, with the shots that are new, their neighbours (a dissolve joins two), and all that take
something from another or give it.  It goes through the same stages as any storyboard.

The answer is exactly that of the whole, or there is none, and the caller does all the work.  There is none after a
change of anything but shots, and for whatever is said of all shots together: any diagnostic (it has a place in the
file), `expect:`, a member that no shot uses any more, an id that is used twice.  Only clean runs are kept, in the
user's cache folder; losing it costs time.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import NamedTuple

from r2v_pipeline.cli import cache, verdicts
from r2v_pipeline.cli.stages.front import Front, Options, read
from r2v_pipeline.cli.stages.shotstate import (
    LINKED,
    SENT,
    Block,
    Laid,
    Row,
    Sheet,
    State,
    blocks_of,
    lay,
    load,
    relaid,
    save,
)
from r2v_pipeline.compile.shot import UNAIMED, Written
from r2v_pipeline.errors import R2VError
from r2v_pipeline.source.blocks import Cut
from r2v_pipeline.source.document import Part
from r2v_pipeline.source.files import Disk, Unreadable, project_root
from r2v_pipeline.source.secrets import own_keys
from r2v_pipeline.source.signature import Signature, signature

# More shots than this part of a film are not worth the detour.
_MOST = 0.4

# What is said of each shot of a storyboard that holds some of the shots; `ids` are all of them, `same` whether they are
# those of the last run.  None where something is wrong.
Tell = Callable[[Front, list[str], bool], Mapping[str, bytes] | None]


class Recalled(NamedTuple):
    """What a whole run would give: the files it looks at, the shots it finds, what is said of each in film order."""

    looked: dict[str, Signature]
    shots: int
    told: list[bytes | memoryview]


class _Some(Disk):
    """The working tree, but some files hold other bytes than they do."""

    def __init__(self, root: str) -> None:
        super().__init__(root)
        self.texts: dict[str, bytes] = {}

    def text(self, path: str) -> bytes:
        return self.texts[path] if path in self.texts else super().text(path)


def _identity(kind: list[str], file: str, options: Options) -> bytes:
    """What else decides, the keys of this machine among it: a text that holds one is refused."""
    return cache.identity([*kind, os.path.abspath(file), repr(options), *own_keys().values()])


def recall(kind: list[str], file: str, options: Options, started: int, tell: Tell | None = None) -> Recalled | None:
    """What a run over the whole storyboard would give, from the last one's state; None where that cannot be known.

    `started` is when the command began, in nanoseconds.
    """
    state = load(cache.shots_path(kind, file, options))
    if state is None or state.identity != _identity(kind, file, options):
        return None
    if state.root != project_root(file) or any(signature(name) != seen for name, seen in state.looked.items()):
        return None
    disk = _Some(state.root)
    try:
        laid = [lay(sheet, disk.text(sheet.path)) for sheet in state.sheets]
    except Unreadable:
        return None
    sheets = [one for one in laid if one is not None]
    if len(sheets) < len(laid):
        return None
    work = _Recall(state, sheets, disk)
    if not work.is_worth_it():
        return None
    try:
        found = work.run(file, options, tell)
    except R2VError:  # said better by the whole run
        return None
    if found and verdicts.at_rest(work.beside, started):
        save(cache.shots_path(kind, file, options), work.after(), found.told)
    return found


class _Recall:
    """One changed storyboard.  Shots are counted through all files, as they join the film."""

    def __init__(self, state: State, laid: list[Laid], disk: _Some) -> None:
        self.state, self.laid, self.disk = state, laid, disk
        self.old: list[Row] = []
        self.was: list[int] = []  # for each shot the number of its row in `old`, or -1
        self.first: list[int] = []  # for each file the number of its first shot
        for sheet, one in zip(state.sheets, laid, strict=True):
            self.first.append(len(self.was))
            self.was += [len(self.old) + number if number >= 0 else -1 for number in one.rows]
            self.old += sheet.rows
        self.first.append(len(self.was))
        self.rows: list[Row] = []
        self.named = list(state.named)
        self.told: list[bytes | memoryview] = []
        self.beside: dict[str, Signature] = {}
        self.chosen = self._chosen()

    def _chosen(self) -> list[int]:
        """The shots to be looked at again."""
        was, chosen = self.was, set(self.first[:-1])
        before, sent = -1, False
        for number, row in enumerate(was):
            if row < 0 or row != before + 1:
                chosen.update((max(number - 1, 0), number))
            flags = self.old[row][4] if row >= 0 else 0
            if flags and (flags & LINKED or not sent):
                chosen.add(number)
                sent = sent or bool(flags & SENT)
            before = row if row >= 0 else -2
        if was and was[-1] != len(self.old) - 1:
            chosen.add(len(was) - 1)
        return sorted(number for number in chosen if number < len(was))

    def is_worth_it(self) -> bool:
        return bool(self.chosen) and len(self.chosen) <= max(8, _MOST * len(self.was))

    def run(self, file: str, options: Options, tell: Tell | None) -> Recalled | None:
        self.disk.texts = {sheet.path: self._text(at) for at, sheet in enumerate(self.state.sheets)}
        front = read(file, options, disk=self.disk)
        if front.expanded is None or any(d.code != "R2V202" for d in front.diagnostics):
            return None
        if not self._is_as_cut(front.parts) or not self._learn(front):
            return None
        ids = [row[2] for row in self.rows]
        used = {name for number in {row[3] for row in self.rows} for name in self.named[number]}
        if len(set(ids)) < len(ids) or not used.issuperset(front.expanded.storyboard.cast):
            return None
        if not self._tell(front, ids, tell):
            return None
        looked = {**self.state.looked, **self.disk.looked}
        self.beside = beside(looked, self.state.root, self.state.sheets)
        return Recalled(looked, len(ids), self.told)

    def _text(self, at: int) -> bytes:
        """A file with the chosen shots only."""
        sheet, laid, first = self.state.sheets[at], self.laid[at], self.first[at]
        some = [laid.entry(number - first) for number in self.chosen if first <= number < self.first[at + 1]]
        return b"".join((laid.data[: sheet.head], *some, laid.data[len(laid.data) - sheet.tail :]))

    def _is_as_cut(self, parts: tuple[Part, ...]) -> bool:
        """Whether the same files were read, and their entries are one shot each, with nothing else among them."""
        if [part.path for part in parts] != [sheet.path for sheet in self.state.sheets]:
            return False
        for at, (part, sheet) in enumerate(zip(parts, self.state.sheets, strict=True)):
            here = sum(self.first[at] <= number < self.first[at + 1] for number in self.chosen)
            if not isinstance(part.data, Cut) or len(part.data.shots.starts) != here or _count(part) != here:
                return False
            if len(part.data.source.text[part.data.shots.end :].encode()) != sheet.tail:
                return False
        return True

    def _learn(self, front: Front) -> bool:
        """The rows of all shots."""
        ids = [item["id"] for part in front.parts for item in part.data.get("shots") or ()]
        facts = facts_of(front, self.named)
        chosen = dict(zip(self.chosen, ids, strict=True))
        for at, laid in enumerate(self.laid):
            for number in range(self.first[at], self.first[at + 1]):
                if number not in chosen:
                    self.rows.append(self.old[self.was[number]])
                    continue
                entry = laid.entry(number - self.first[at])
                self.rows.append((len(entry), cache.digest_bytes(entry), *facts[chosen[number]]))
        return True

    def _tell(self, front: Front, ids: list[str], tell: Tell | None) -> bool:
        """What is said of all shots: of the chosen ones now, of the others as before."""
        if tell is None:
            self.told = [b""] * len(ids)
            return True
        said = tell(front, ids, {row[2] for row in self.old} == set(ids))
        if said is None:
            return False
        before, chosen = self.state.texts(), set(self.chosen)
        for number, id in enumerate(ids):
            self.told.append(said[id] if number in chosen else before[self.was[number]])
        return True

    def after(self) -> State:
        """The state for the next run."""
        sheets = tuple(
            relaid(sheet, laid, self.rows[self.first[at] : self.first[at + 1]])
            for at, (sheet, laid) in enumerate(zip(self.state.sheets, self.laid, strict=True))
        )
        sizes = tuple(map(len, self.told))
        return self.state._replace(looked=self.beside, sheets=sheets, named=tuple(self.named), sizes=sizes)


def remember(kind: list[str], file: str, front: Front, started: int, told: Mapping[str, bytes] | None = None) -> None:
    """Keeps what a whole run learnt, if it is long, clean, and could be worked out again shot by shot."""
    if front.expanded is None or front.diagnostics or not isinstance(front.disk, Disk) or not _is_plain(front.parts):
        return
    if in_haste() or any("\n" in key for key in own_keys().values()):  # it might stand in two shots
        return
    named: list[tuple[str, ...]] = []
    facts = facts_of(front, named)
    sheets = tuple([_sheet(part, facts) for part in front.parts])
    looked = beside(front.disk.looked, front.disk.root, sheets)
    if not verdicts.at_rest(looked, started):
        return
    texts: list[bytes | memoryview] = [(told or {}).get(row[2], b"") for sheet in sheets for row in sheet.rows]
    state = State(
        _identity(kind, file, front.options), front.disk.root, looked, sheets, tuple(named), tuple(map(len, texts)), b""
    )
    save(cache.shots_path(kind, file, front.options), state, texts)


def in_haste() -> bool:
    """Whether the templates of the last storyboard took so long that those of some of its shots may take too long."""
    jinja = sys.modules.get("r2v_pipeline.compile.jinja.whole")
    return jinja is not None and jinja.in_haste()


def _is_plain(parts: tuple[Part, ...]) -> bool:
    """Whether all files were read stretch by stretch, one entry a shot, and nothing is claimed of all shots."""
    if not parts or "expect" in parts[-1].data:
        return False
    return all(isinstance(part.data, Cut) and len(part.data.shots.starts) == _count(part) for part in parts)


def _count(part: Part) -> int:
    return len(part.data.get("shots") or ())


def _sheet(part: Part, facts: Mapping[str, tuple[str, int, int]]) -> Sheet:
    assert isinstance(part.data, Cut)
    text, (starts, end, dash) = part.data.source.text, part.data.shots
    entries = [text[here:following].encode() for here, following in pairwise((*starts, end))]
    ids = [item["id"] for item in part.data.get("shots") or ()]
    rows = [(len(entry), cache.digest_bytes(entry), *facts[id]) for entry, id in zip(entries, ids, strict=True)]
    head, tail = text[: starts[0] if starts else end].encode(), text[end:].encode()
    blocks: tuple[Block, ...] = tuple(blocks_of(rows, entries))
    sums = len(head), cache.digest_bytes(head), len(tail), cache.digest_bytes(tail)
    return Sheet(part.path, *sums, dash.encode(), blocks)


def facts_of(front: Front, named: list[tuple[str, ...]]) -> dict[str, tuple[str, int, int]]:
    """By id what a row holds beside its bytes; `named` gets what it lacks."""
    assert front.expanded is not None
    cast = front.expanded.storyboard.cast.values()
    gives = {member.from_shot.shot for member in cast if member.from_shot}
    numbers = {names: number for number, names in enumerate(named)}
    shared: dict[frozenset[str], int] = {}
    found = {}
    for written in front.expanded.shots:
        number = shared.get(written.named)
        if number is None:
            names = tuple(sorted(written.named))
            number = shared[written.named] = numbers.setdefault(names, len(numbers))
            if number == len(named):
                named.append(names)
        id = written.shot.id
        found[id] = (id, number, _flags(written, gives))
    return found


def _flags(written: Written, gives: set[str]) -> int:
    linked = bool(written.needs) or written.shot.id in gives
    return linked * LINKED | any(name not in UNAIMED for name in written.shot.render.provider) * SENT


def beside(looked: Mapping[str, Signature], root: str, sheets: tuple[Sheet, ...]) -> dict[str, Signature]:
    """The files that were looked at beside those that are kept shot by shot.  Folders are left out: what `include:`
    finds in them is looked for again."""
    own = {os.path.join(root, sheet.path) for sheet in sheets}
    return {name: seen for name, seen in looked.items() if name not in own and not (seen and os.path.isdir(name))}
