"""A project's files as a commit has them, read from Git's objects with the same walls as the working tree.

Three things stand in a commit for a file that is elsewhere.  A Git LFS pointer names the sha256 of its file: where the
file was not fetched, that digest is all that a key needs.  A link is followed inside the commit.  A submodule is read
from its own repository, at the commit that was checked in.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from r2v_pipeline.media.magic import LFS_POINTER
from r2v_pipeline.source.files import MAX_FILE, STORES, Disk, Missing, Outside, Unreadable, open_to_all
from r2v_pipeline.source.git import is_ignored
from r2v_pipeline.source.objects import FOLDERS, LINK, MODULE, Entry, Objects
from r2v_pipeline.source.signature import Signature

_OID = re.compile(rb"^oid sha256:([0-9a-f]{64})$", re.MULTILINE)
_MOST_LINKS = 40
_LONGEST_POINTER = 1024


class Found(NamedTuple):
    """Where the bytes of a file are: in a blob, or beside the commit at a path of this disk.

    `pointer` is the sha256 that a Git LFS pointer names, where its file is not here.
    """

    objects: Objects
    blob: str
    disk: str = ""
    pointer: str = ""


class Revision:
    """The files below a folder of one commit.

    `name` is what people call the commit, `root` the absolute path of the same folder in the working tree, `folder` its
    path in the repository.  `apart` are the paths whose bytes the commit does not hold, with what stands for them.
    """

    def __init__(self, objects: Objects, commit: str, *, name: str, root: str, folder: str) -> None:
        self.root = root
        self.looked: dict[str, Signature] = {}
        self.name = name
        self.commit = commit
        self.apart: dict[str, str] = {}
        self._objects = objects
        self._start = tuple(filter(None, folder.split("/")))
        self._folders: dict[str, tuple[Objects, dict[str, Entry]]] = {}
        self._files: dict[str, Found] = {}
        self._media: dict[str, Found] = {}

    def text(self, path: str) -> bytes:
        found = self._file(path)
        if found.disk:  # no text is left out on purpose
            raise Missing(f"is not in Git at {self.name}")
        data = found.objects.text(found.blob)
        if not data.startswith(LFS_POINTER):
            return data
        with self.open(path) as stream:
            return stream.read(MAX_FILE)

    def check(self, path: str) -> None:
        self._file(path)

    def open(self, path: str) -> BinaryIO:
        return open(self.place(path), "rb")

    def place(self, path: str) -> str:
        found = self._pointed(path)
        if found.pointer:
            help = f"run 'git lfs fetch origin {self.commit[:12]}'"
            raise Unreadable(f"is a Git LFS pointer at {self.name}, and its file is not here: {help}")
        return found.disk or found.objects.copy(found.blob)

    def digest(self, path: str) -> str:
        found = self._pointed(path)
        if not found.disk:
            return found.pointer or found.objects.digest(found.blob)
        from r2v_pipeline.canonical import digest_stream

        with open(found.disk, "rb") as stream:
            return digest_stream(stream)

    def by_digest(self, path: str) -> bool:
        try:
            return bool(self._pointed(path).pointer)
        except Unreadable:
            return False

    def walk(self, folder: str) -> Iterator[str]:
        waiting = [folder]
        while waiting:
            here = waiting.pop()
            try:
                _, entries = self._entries(here)
            except Unreadable:
                continue
            prefix = here + "/" if here else ""
            names = sorted(name for name in entries if not name.startswith("."))
            yield from (prefix + name for name in names if self._is_file(prefix + name, entries[name]))
            folders = [name for name in names if entries[name].mode in FOLDERS]
            waiting.extend(prefix + name for name in reversed(folders))

    def _is_file(self, path: str, entry: Entry) -> bool:
        if entry.mode != LINK:
            return entry.mode not in FOLDERS
        try:
            self._file(path)
        except Outside:
            return True  # whoever opens it is told so
        except Unreadable:
            return False
        return True

    def _file(self, path: str) -> Found:
        if path not in self._files:
            try:
                self._files[path] = self._located(path)
            except Missing:
                self._files[path] = self._beside(path)
        return self._files[path]

    def _located(self, path: str) -> Found:
        """The file at a path after every link on the way: inside the project, and no folder."""
        done: list[str] = []
        todo = path.split("/")
        links = 0
        while todo:
            here = "/".join((*done, todo.pop(0)))
            objects, entry = self._entry(here)
            if entry.mode != LINK:
                done = here.split("/")
                continue
            links += 1
            led = _led(here, objects.text(entry.id))
            if led.startswith(STORES[0]) and not todo:
                return self._annexed(path, led)
            if links > _MOST_LINKS:
                raise Unreadable("cannot be read: its links lead in a circle")
            done, todo = [], [*filter(None, led.split("/")), *todo]
        open_to_all(path, "/".join(done))
        if not done or entry.mode in FOLDERS:
            raise Unreadable("is a folder")
        return Found(objects, entry.id)

    def _entry(self, path: str) -> tuple[Objects, Entry]:
        folder, _, name = path.rpartition("/")
        objects, entries = self._entries(folder)
        if name not in entries:
            raise Missing(f"is not in Git at {self.name}")
        return objects, entries[name]

    def _entries(self, folder: str) -> tuple[Objects, dict[str, Entry]]:
        """What a folder of the project holds, and whose objects these are."""
        if folder not in self._folders:
            self._folders[folder] = self._listed((*self._start, *filter(None, folder.split("/"))))
        return self._folders[folder]

    def _listed(self, names: tuple[str, ...]) -> tuple[Objects, dict[str, Entry]]:
        objects, place = self._objects, self._objects.repository.top
        tree = objects.tree(self.commit)
        for name in names:
            entry = tree.get(name)
            place = os.path.join(place, name)
            if entry is None or entry.mode not in FOLDERS:
                raise Missing(f"is not in Git at {self.name}")
            if entry.mode == MODULE:
                objects = objects.module(place)
            tree = objects.tree(entry.id)
        return objects, tree

    def _pointed(self, path: str) -> Found:
        """A media file, or what its Git LFS pointer stands for: its bytes where they are here, else their digest."""
        if path not in self._media:
            found = self._file(path)
            digest = "" if found.disk else _pointer(found.objects.copy(found.blob))
            place = os.path.join(found.objects.repository.shared, "lfs", "objects", digest[:2], digest[2:4], digest)
            if digest and os.path.isfile(place):
                found = found._replace(disk=place)
            elif digest:
                self.apart[path] = "is a Git LFS pointer whose file is not here: compared by digest, not looked into"
                found = found._replace(pointer=digest)
            self._media[path] = found
        return self._media[path]

    def _annexed(self, path: str, led: str) -> Found:
        place = os.path.join(self._objects.repository.shared, led.removeprefix(".git/"))
        if not os.path.isfile(place):
            raise Unreadable(f"is kept by git-annex, and not here: run 'git annex get {path}'")
        return Found(self._objects, "", place)

    def _beside(self, path: str) -> Found:
        """A file that Git leaves out on purpose: the one on disk stands for it, and that is told."""
        repository = self._objects.repository
        full = os.path.join(self.root, path)
        if not repository.top or not os.path.lexists(full):
            raise Missing(f"is not in Git at {self.name}")
        if not is_ignored(repository, full):
            raise Missing(f"is not in Git at {self.name}, although it is on disk")
        place = Disk(self.root).place(path)
        self.apart[path] = "is left out by .gitignore: the file on disk stands for it in every commit"
        return Found(self._objects, "", place)


def _pointer(file: str) -> str:
    """The sha256 that a Git LFS pointer names; empty for any other file."""
    if os.path.getsize(file) > _LONGEST_POINTER:
        return ""
    with open(file, "rb") as stream:
        data = stream.read()
    named = _OID.search(data) if data.startswith(LFS_POINTER) else None
    return named[1].decode("ascii") if named else ""


def _led(link: str, target: bytes) -> str:
    """Where a link leads, as a project path.

    Raises:
        Outside: it leads out of the project.
    """
    to = os.fsdecode(target)
    led = posixpath.normpath(posixpath.join(posixpath.dirname(link), to))
    if to.startswith("/") or led.startswith("../") or led == "..":
        raise Outside("leads out of the project")
    return "" if led == "." else led
