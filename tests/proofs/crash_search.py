"""Every way that a build can crash, then crash again, and what each world owes us in the end.

A world is built once while a recorder makes an image of every crash that could have happened meanwhile; each image is a
world of its own.  Worlds that differ in nothing that a build could see (a random name, an inode, a time) are one: what
comes of it is looked at once.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from crash_disk import BAD_LOG, DATABASE, HALF_LOG, INDEX, KEPT, LOG, LOST, Image, forget
from crash_scene import CALM, DOWN, LOOKS, Scene, hurried
from crash_world import BUDGET, OUTPUT, Place, World, Wrong
from seeded_bugs import BUGS, broken

from r2v_pipeline.canonical import digest_bytes
from r2v_pipeline.execute.blobs import STAMP_NS
from r2v_pipeline.execute.money_schema import OWED

SEED = 20261121
# What is random in a name.
_RANDOM = re.compile(r"[0-9a-f]{32}(?=\.part)|(?<=-)[0-9a-f]{12}(?=\.mp4)")
# What a build does not look at, or only to say it: history, and what a cap is counted for.
_TABLES_ASIDE = ("event", "edge", "run", "cap", "rate", "output_file")
_COLUMNS_ASIDE = ("run", "took_least_s", "took_most_s")
_KNOWN = (".gitignore", "README", "lock", "state.db")


class Ledger(NamedTuple):
    """The journal of an image."""

    rows: Mapping[str, list[dict[str, Any]]]
    outputs: list[tuple[Any, ...]]
    owed: int
    balance: int

    @property
    def tokens(self) -> set[str]:
        return {row["token"] for row in self.rows["attempt"]}

    @property
    def stored(self) -> set[str]:
        return {row["blob"] for row in self.rows["attempt"] if row["state"] == "stored"}


class Reader:
    """Reads journals out of images; the same bytes once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "read"
        self._read: dict[str, Ledger] = {}

    def ledger(self, image: Image) -> Ledger | None:
        """None where there is no journal."""
        if DATABASE not in image.files:
            return None
        parts = [image.files[name].content if name in image.files else b"" for name in (DATABASE, LOG)]
        key = digest_bytes(b"".join(parts))
        if key not in self._read:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder.mkdir()
            for name, content in zip(("state.db", "state.db-wal"), parts, strict=True):
                if content:
                    (self._folder / name).write_bytes(content)
            self._read[key] = read_ledger(self._folder / "state.db")
        return self._read[key]


def read_ledger(path: Path) -> Ledger:
    """What a journal says, with a connection of its own."""
    with closing(sqlite3.connect(path)) as db:
        rows = {}
        for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall():
            if table not in _TABLES_ASIDE:
                found = db.execute(f"SELECT * FROM {table} ORDER BY 1, 2")
                names = [column[0] for column in found.description]
                rows[table] = [dict(zip(names, row, strict=True)) for row in found]
        outputs = db.execute("SELECT path, size, mtime_ns, sha256, key FROM output_file ORDER BY path").fetchall()
        owed = db.execute(f"SELECT coalesce(sum({OWED.format('attempt')}), 0) FROM attempt").fetchone()[0]
        balance = db.execute("SELECT coalesce(sum(micros), 0) FROM balance").fetchone()[0]
    return Ledger(rows, outputs, owed, balance)


def fingerprint(world: World, ledger: Ledger | None, torn: bool) -> str:
    """All of a world that a build can see, without what is random or a time of day."""
    disk, rows, outputs = world.disk, {}, []
    if ledger:
        for table, found in ledger.rows.items():
            rows[table] = [{n: str(value) for n, value in row.items() if n not in _COLUMNS_ASIDE} for row in found]
        for path, size, mtime_ns, sha256, key in ledger.outputs:
            there = disk.files.get(f"{OUTPUT}/{path}")
            outputs.append((path, size, sha256, key, there is not None and there.mtime_ns == mtime_ns))
    seen = [
        torn,
        _shown(disk),
        None if world.safe is disk else (_shown(world.safe), sorted(_RANDOM.sub("*", path) for path in disk.synced)),
        rows,
        outputs,
        [job._asdict() for job in world.sold],
        sorted(world.uploaded),
        sorted(world.met),
        sorted(world.known),
        world.allowed,
        world.now,
    ]
    return digest_bytes(json.dumps(seen, sort_keys=True).encode())


def _shown(disk: Image) -> list[Any]:
    """A disk without its journal, and without what is random."""
    files = [
        (_RANDOM.sub("*", path), digest_bytes(file.content), path.startswith(".r2v/cas/") and file.mtime_ns == STAMP_NS)
        for path, file in disk.files.items()
        if path not in (DATABASE, LOG, INDEX, ".r2v/lock")
    ]
    there = [path in disk.files for path in (DATABASE, LOG, INDEX, ".r2v/lock")]
    return [there, sorted(files), sorted(_RANDOM.sub("*", folder) for folder in disk.folders)]


def sane(world: World, ledger: Ledger | None) -> None:
    """What holds at every moment, however the program ended.

    Raises:
        Wrong
    """
    ours = [job for job in world.sold if not job.body["label"].endswith("stranger")]
    billed = sum(job.billed for job in ours)
    tokens = ledger.tokens if ledger else set()
    for job in ours:
        if job.token not in tokens:
            raise Wrong(f"{job.id} ({job.body['label']}) is billed, and the journal cannot name it")
    if ledger is None:
        return
    if ledger.balance != ledger.owed:
        raise Wrong(f"the sums say {ledger.balance}, the attempts {ledger.owed}")
    if not billed <= ledger.owed <= BUDGET.caps[0].micros:
        raise Wrong(f"billed {billed}, counted {ledger.owed}")
    for blob in ledger.stored:
        file = world.disk.files.get(f".r2v/cas/sha256/{blob[:2]}/{blob}")
        if file is None or digest_bytes(file.content) != blob:
            raise Wrong(f"the clip {blob[:12]} is on record as stored, and is not there whole")


class Search:
    """One place, and what is found out in it.

    `only`: crashes at moments of these names, and with these fates of what is not safe (empty: all of them).
    """

    def __init__(self, place: Place, folder: Path, only: Collection[str] = (), fates: Collection[str] = ()) -> None:
        self.place, self._only, self._fates = place, only, fates
        self._reader = Reader(folder)
        self.counts: Counter[str] = Counter()
        self._seen: set[str] = set()
        self.wrong: list[str] = []
        self._expected = place.expected()

    def crashes(self, world: World) -> list[World]:
        """Every world that a crash may leave while this one is built to its end: those that were not met before."""
        found: list[World] = []

        def moment(name: str, images: Mapping[str, Image]) -> None:
            if name == "answer.durable" and self.place.scene.network in (CALM, DOWN):
                self.place.known |= {job.token for job in self.place.ours()}
            if self._only and name not in self._only:
                return
            self.counts["moments"] += 1
            for kind, image in images.items():
                if not self._fates or kind in self._fates:
                    self.counts["schedules"] += 1
                    safe = images[LOST] if kind == KEPT else image
                    found.extend(self._new(self.place.put_away(f"{name} ({kind})", image, safe), kind))

        self.place.take_up(world)
        self._try(world, lambda: self.place.finish(moment))
        return found

    def _new(self, world: World, kind: str) -> Iterator[World]:
        ledger = self._reader.ledger(world.disk)
        mark = fingerprint(world, ledger, kind in (HALF_LOG, BAD_LOG))
        if mark not in self._seen:
            self._seen.add(mark)
            self.counts["worlds"] += 1
            self._try(world, lambda: sane(world, ledger))
            yield world

    def judge(self, world: World) -> None:
        """Build a world to its end, and see that everything is as promised."""
        self.counts["judged"] += 1
        self.place.take_up(world)
        self._try(world, self._judged)

    def _try(self, world: World, doing: Callable[[], None]) -> None:
        try:
            doing()
        except Exception as error:
            how = " ; ".join(world.trail) or "undisturbed"
            self.wrong.append(f"{self.place.scene}; {how}: {type(error).__name__}: {error}")

    def _judged(self) -> None:
        place = self.place
        place.finish()
        ours = place.ours()
        for what in ("token", "label"):
            names = Counter(job.token if what == "token" else str(job.body["label"]) for job in ours)
            twice = {name: count for name, count in names.items() if count > 1}
            if twice and (what == "token" or sum(twice.values()) - len(twice) > place.allowed):
                raise Wrong(f"bought twice: {twice}")
        files = place.files()
        if files != self._expected:
            other = sorted(name for name in {*files, *self._expected} if files.get(name) != self._expected.get(name))
            raise Wrong(f"another film: {other}")
        self._nothing_left()
        owed, billed = read_ledger(place.root / DATABASE).owed, sum(job.billed for job in ours)
        if owed != billed and not (place.scene.person != LOOKS and owed > billed):
            raise Wrong(f"billed {billed}, counted {owed} in the end")
        asked = place.vendor.requests.total()
        states = {outcome.state for outcome in place.build().outcomes}
        if place.vendor.requests.total() != asked or not states <= {"reused", "skipped"}:
            raise Wrong(f"one more build is not idle: {states}, {place.vendor.requests.total() - asked} requests")

    def _nothing_left(self) -> None:
        state = self.place.root / ".r2v"
        below = {str(path.relative_to(state)) for path in state.rglob("*") if path.is_file()}
        left = sorted(name for name in below if name not in _KNOWN and not name.startswith("cas/sha256/"))
        if left:
            raise Wrong(f"left behind: {left}")


class Found(NamedTuple):
    """What a search came to: moments at which a crash was tried, crashes (each moment with each fate of what was not
    safe), worlds that differ, worlds that were built to their end; and what was wrong."""

    moments: int
    schedules: int
    worlds: int
    judged: int
    wrong: tuple[str, ...]

    @classmethod
    def of(cls, search: Search) -> Found:
        c = search.counts
        return cls(c["moments"], c["schedules"], c["worlds"], c["judged"], tuple(search.wrong))


@contextmanager
def quick_folder() -> Iterator[Path]:
    """A folder in memory where there is one: nothing here depends on a real disk, and each build syncs often."""
    memory = Path("/dev/shm")
    place = memory if memory.is_dir() and os.access(memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=place) as folder:
        yield Path(folder)
    forget()


def some(worlds: list[World], most: int) -> list[World]:
    """So many of them, the same every time; all, where `most` is 0."""
    return worlds if not most or most >= len(worlds) else random.Random(SEED).sample(worlds, most)


def singles(scene: Scene, shots: int, most: int) -> Found:
    """Every single crash; `most` of the worlds that it leaves are built to their end (0: all)."""
    with hurried(), quick_folder() as folder:
        search = Search(Place(folder, scene, shots), folder)
        first = search.place.begin()
        search.judge(first)
        for world in some(search.crashes(first), most):
            search.judge(world)
        return Found.of(search)


def doubles(scene: Scene, shots: int, part: tuple[int, int], firsts: int, most: int) -> Found:
    """Every crash after a crash.  `part` (n, of): every so-manieth first crash; `firsts` and `most` limit how many
    first crashes are followed, and how many worlds are built to their end (0: all)."""
    with hurried(), quick_folder() as folder:
        search = Search(Place(folder, scene, shots), folder)
        once = search.crashes(search.place.begin())
        search.counts.clear()
        number, of = part
        twice = [world for first in some(once[number::of], firsts) for world in search.crashes(first)]
        for world in some(twice, most):
            search.judge(world)
        return Found.of(search)


def hunted(number: int) -> Found:
    """What the crashes say of a bug: the search ends with the first thing that is wrong."""
    bug = BUGS[number]
    with hurried():
        for scene in bug.scenes:
            with quick_folder() as folder:
                search = Search(Place(folder, scene, 1), folder)
                first = search.place.begin()
                with broken(bug, search.place):
                    _hunt(search, first, bug.after)
                found = Found.of(search)
            if found.wrong:
                break
    return found


def _hunt(search: Search, first: World, after: str) -> None:
    if not after:
        search.judge(first)
    for world in _until(search, [first]):
        if not after:
            search.judge(world)
        elif world.trail[-1].startswith(after):
            search.wrong.clear()
            for second in _until(search, [world]):
                search.judge(second)
        if search.wrong:
            return


def _until(search: Search, worlds: Iterable[World]) -> Iterator[World]:
    """The crashes of worlds, until something is wrong."""
    for world in worlds:
        for found in search.crashes(world):
            if search.wrong:
                return
            yield found
