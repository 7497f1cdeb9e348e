"""What a disk may hold after a crash: every state of a folder between what was synced and what was only written.

A kill leaves everything as it was written.  A power cut may leave less: of a file that nobody synced nothing, a part or
zeros; of a rename or a new name in a folder that nobody synced, nothing.  `Recorder` sees each sync, rename, removal
and new folder of the program under test as it happens, so at any moment it can say what is safe, and make images of
the folder as a crash at that moment would leave it.

SQLite syncs by itself, and nobody sees it: of its files is safe what has been committed, as long as the connection says
that it syncs every commit.  Its index (`-shm`) is safe in nothing.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

from r2v_pipeline.execute import fault, journal_file
from r2v_pipeline.execute.journal import Journal

DATABASE, LOG, INDEX = ".r2v/state.db", ".r2v/state.db-wal", ".r2v/state.db-shm"
# What becomes of what is not safe: all of it is there; none; names are there, of the bytes only the first half, or
# zeros; and every file by lot.
KEPT, LOST, SHORT, ZEROS, MIXED = "kept", "lost", "cut short", "zeros", "mixed"
# And of the log of the journal, in the middle of a commit: half of what it writes, and all but the end.
HALF_LOG, BAD_LOG = "half a commit", "a commit with a wrong end"


# Thousands of images have the same files.
_SHARED: dict[bytes, bytes] = {}


class Kept(NamedTuple):
    """One file."""

    content: bytes
    mode: int
    mtime_ns: int


class Image(NamedTuple):
    """A folder with everything below it, by relative path.  `synced` are files whose bytes are safe, if perhaps not
    their names."""

    files: Mapping[str, Kept]
    folders: frozenset[str]
    synced: frozenset[str] = frozenset()

    def put(self, root: Path) -> None:
        """Make it so; the folder is empty before."""
        for folder in sorted(self.folders):
            (root / folder).mkdir(mode=0o700)
        for path, file in self.files.items():
            (root / path).write_bytes(file.content)
            (root / path).chmod(file.mode)
            os.utime(root / path, ns=(file.mtime_ns, file.mtime_ns))


def forget() -> None:
    """No image is needed any more."""
    _SHARED.clear()


def look(root: Path) -> Image:
    """A folder as it is."""
    seen = _look(root)
    files = {path: file for path, (_, file) in seen.files.items()}
    return Image(files, frozenset(seen.folders), frozenset(files))


class _Seen(NamedTuple):
    """A folder as it is now: inode of every name, and which of them are folders."""

    files: dict[str, tuple[int, Kept]]
    folders: dict[str, int]


def _look(root: Path) -> _Seen:
    files: dict[str, tuple[int, Kept]] = {}
    folders: dict[str, int] = {}
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        with os.scandir(root / folder) as entries:
            for entry in entries:
                path, about = f"{folder}{entry.name}", entry.stat(follow_symlinks=False)
                if stat.S_ISDIR(about.st_mode):
                    folders[path] = about.st_ino
                    waiting.append(f"{path}/")
                else:
                    content = Path(entry.path).read_bytes()
                    content = _SHARED.setdefault(content, content)
                    kept = Kept(content, stat.S_IMODE(about.st_mode), about.st_mtime_ns)
                    files[path] = about.st_ino, kept
    return _Seen(files, folders)


class Recorder:
    """Watches what happens below `root`, which nothing else changes meanwhile.

    `moment` is called with a name and the images of every crash that could happen then: before each change of the
    folder, before and after each commit of the journal, and at each of the production code's own fault points.
    """

    def __init__(
        self, root: Path, safe: Image, synced: frozenset[str], moment: Callable[[str, Mapping[str, Image]], None]
    ) -> None:
        """`safe` is what a power cut would leave of the folder as it is now: a kill before may have left more, and
        `synced` are the files of that whose bytes are safe."""
        self.root, self._moment = root, moment
        self._contents: dict[int, Kept] = {}
        self._names: dict[int, dict[str, int]] = {}
        self._folders: set[int] = set()
        self._held: list[int] = []
        self._journal: sqlite3.Connection | None = None
        self._log = b""
        self._looking = False
        seen = _look(self.root)
        self._top = os.stat(root).st_ino
        for path in ("", *seen.folders, *seen.files):
            self._held.append(os.open(root / path, os.O_RDONLY))
        self._believe(seen, safe, synced)
        self._safe_log = seen.files[LOG][1] if LOG in seen.files else None

    def _believe(self, seen: _Seen, safe: Image, synced: frozenset[str]) -> None:
        """What is safe from the start.  Of what is safe and no longer there, the inode is one that nobody has."""
        phantom = 0
        inodes = {"": self._top, **seen.folders}
        for path in sorted(safe.folders):
            phantom -= 1
            inodes.setdefault(path, phantom)
        for path, file in safe.files.items():
            inode, now = seen.files.get(path, (0, None))
            if now is None or now.content != file.content:
                phantom -= 1
                inode = phantom
            inodes[path] = inode
            self._contents[inode] = file
        for path in synced & seen.files.keys():
            self._contents[seen.files[path][0]] = seen.files[path][1]
        self._folders = {inodes[path] for path in ("", *safe.folders)}
        self._names = {inode: {} for inode in self._folders}
        for path in (*safe.folders, *safe.files):
            folder, _, name = path.rpartition("/")
            self._names[inodes[folder]][name] = inodes[path]

    def close(self) -> None:
        """Let go of the inodes: until now none of them could come back as another file."""
        while self._held:
            os.close(self._held.pop())

    def _sync_names(self, folder: Path) -> None:
        names = {}
        with os.scandir(folder) as entries:
            for entry in entries:
                names[entry.name] = entry.inode()
                if entry.is_dir(follow_symlinks=False):
                    self._folders.add(entry.inode())
        self._names[os.stat(folder).st_ino] = names

    def synced(self, fd: int) -> None:
        """A file or a folder is on the disk now."""
        about = os.fstat(fd)
        seen = _look(self.root)
        for path, inode in (*seen.folders.items(), ("", self._top)):
            if inode == about.st_ino:
                self._sync_names(self.root / path)
        for inode, file in seen.files.values():
            if inode == about.st_ino:
                self._contents[inode] = file
                self._held.append(os.dup(fd))

    def committed(self) -> None:
        """A transaction has ended; whether it is safe, the connection says."""
        log = self.root / LOG
        if self._syncs() and log.exists():
            self._safe_log = Kept(log.read_bytes(), 0o600, 0)

    def _syncs(self) -> bool:
        try:
            return self._journal is None or self._journal.execute("PRAGMA synchronous").fetchone()[0] >= 2
        except sqlite3.ProgrammingError:
            return True  # closed: its log is folded into the database, which is synced first

    def watch_journal(self, db: sqlite3.Connection) -> None:
        """The connection whose commits are to be believed or not; what it finds is safe."""
        self._journal = db
        log = self.root / LOG
        self._safe_log = Kept(log.read_bytes(), 0o600, 0) if log.exists() else None

    def at(self, name: str) -> None:
        """A moment at which the program may end."""
        if not self._looking:
            self._tell(name, self.images())

    def _tell(self, name: str, images: Mapping[str, Image]) -> None:
        # Whoever is told may change folders of its own.
        self._looking = True
        try:
            self._moment(name, images)
        finally:
            self._looking = False

    def before_commit(self) -> None:
        """Everything is said, nothing of it written."""
        log = self.root / LOG
        self._log = log.read_bytes() if log.exists() else b""
        self.at("commit.before")

    def after_commit(self) -> None:
        """It is written; and on the way there were moments of its own."""
        self.committed()
        log = self.root / LOG
        after, before = log.read_bytes() if log.exists() else b"", self._log
        images = self.images()
        if after != before and DATABASE in images[LOST].files:
            half = (_common(after, before) + len(after)) // 2
            torn = after[:half] + before[half:]
            bad = after[:-64] + bytes(64)
            images = {
                **images,
                HALF_LOG: self._with_log(images[LOST], torn),
                BAD_LOG: self._with_log(images[LOST], bad),
            }
        self._tell("commit.after", images)

    @staticmethod
    def _with_log(image: Image, log: bytes) -> Image:
        files = dict(image.files)
        files[LOG] = Kept(log, 0o600, 0)
        return Image(files, image.folders)

    def images(self) -> dict[str, Image]:
        """What a crash now may leave, by its kind."""
        seen = _look(self.root)
        now = {path: file for path, (_, file) in seen.files.items()}
        folders = frozenset(seen.folders)
        safe = self._safe(seen)
        unsafe = [p for p, (inode, file) in seen.files.items() if self._unsafe(p, inode, file)]
        settled = {path: file for path, file in now.items() if path != INDEX}
        if LOG in settled and self._safe_log is not None:
            settled[LOG] = self._safe_log
        short = {p: now[p]._replace(content=now[p].content[: len(now[p].content) // 2]) for p in unsafe}
        zeros = {p: now[p]._replace(content=bytes(len(now[p].content))) for p in unsafe}
        return {
            KEPT: Image(now, folders, frozenset(now) - set(unsafe)),
            LOST: safe,
            SHORT: Image({**settled, **short}, folders),
            ZEROS: Image({**settled, **zeros}, folders),
            MIXED: self._mixed(Image(settled, folders), safe, short, zeros),
        }

    def _unsafe(self, path: str, inode: int, file: Kept) -> bool:
        return not _sqlite(path) and (inode not in self._contents or self._contents[inode].content != file.content)

    @staticmethod
    def _mixed(kept: Image, safe: Image, short: Mapping[str, Kept], zeros: Mapping[str, Kept]) -> Image:
        """Each unsafe file goes its own way; which, depends on its name alone (without what is random in it)."""
        files = dict(kept.files)
        for path in short:
            way = crc32(path.rpartition("/")[0].encode() + bytes(str(len(path)), "ascii")) % 4
            if way:
                files[path] = (short, zeros, kept.files)[way - 1][path]
            elif path in safe.files:
                files[path] = safe.files[path]
            else:
                del files[path]
        return Image(files, kept.folders)

    def _safe(self, seen: _Seen) -> Image:
        """What no power cut takes: synced names of synced folders, with what was synced of each file."""
        files: dict[str, Kept] = {}
        folders: set[str] = set()
        waiting = [("", self._top)]
        while waiting:
            folder, inode = waiting.pop()
            for name, inside in self._names.get(inode, {}).items():
                path = f"{folder}{name}"
                if inside in self._folders:
                    folders.add(path)
                    waiting.append((f"{path}/", inside))
                elif not _sqlite(path):
                    files[path] = self._contents.get(inside, Kept(b"", 0o600, 0))
        for path in (DATABASE, LOG) if ".r2v" in folders else ():
            # SQLite syncs the folder of a log that it begins, and with it the name of the database.
            if path in seen.files and (path in self._names_of(".r2v", seen) or LOG in seen.files):
                files[path] = seen.files[path][1]
        if LOG in files and self._safe_log is not None:
            files[LOG] = self._safe_log
        return Image(files, frozenset(folders))

    def _names_of(self, folder: str, seen: _Seen) -> set[str]:
        return {f"{folder}/{name}" for name in self._names.get(seen.folders.get(folder, 0), {})}


def _common(one: bytes, two: bytes) -> int:
    """How many bytes two texts have in common at their beginning."""
    low, high = 0, min(len(one), len(two))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[:middle] == two[:middle] else (low, middle - 1)
    return low


def _sqlite(path: str) -> bool:
    return path in (DATABASE, LOG, INDEX)


# Each changes the folder, or makes a change safe: a crash just before one of them is a state of its own.
_CHANGES = ("rename", "replace", "unlink", "rmdir", "mkdir")


@contextlib.contextmanager
def watching(recorder: Recorder) -> Iterator[None]:
    """Everything that this process does to the recorder's folder is seen, as long as the block runs.  One thread."""
    real: dict[str, Any] = {name: getattr(os, name) for name in (*_CHANGES, "fsync")}
    transaction, opened = Journal.transaction, journal_file.open_for_writing

    def changing(name: str) -> Callable[..., Any]:
        def change(*args: Any, **options: Any) -> Any:
            recorder.at(f"{name} {os.path.basename(args[0])}")
            return real[name](*args, **options)

        return change

    def fsync(fd: int) -> None:
        recorder.at("fsync")
        recorder.synced(fd)

    @contextlib.contextmanager
    def watched(journal: Journal) -> Iterator[sqlite3.Connection]:
        with transaction(journal) as db:
            yield db
            recorder.before_commit()
        recorder.after_commit()

    def open_for_writing(path: Path) -> sqlite3.Connection:
        db = opened(path)
        recorder.watch_journal(db)
        return db

    for name in _CHANGES:
        setattr(os, name, changing(name))
    os.fsync = fsync  # type: ignore[assignment]
    Journal.transaction = watched  # type: ignore[method-assign]
    journal_file.open_for_writing = open_for_writing
    fault.watch(recorder.at)
    try:
        yield
    finally:
        fault.watch(None)
        journal_file.open_for_writing = opened
        Journal.transaction = transaction  # type: ignore[method-assign]
        for name, function in real.items():
            setattr(os, name, function)
        recorder.close()
