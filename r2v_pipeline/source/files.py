"""Reading a project's files: the one place where a storyboard's words become paths.

A storyboard may come from a stranger's pull request, so a path in it is a relative POSIX path inside the project, and
stays inside after every symlink is followed.  A file is opened first and looked at then: what is read is what was
checked, whatever happens to its name meanwhile.  `Disk` reads the working tree; another tree (a Git revision) has the
same methods.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from typing import BinaryIO, Protocol

from r2v_pipeline.media.magic import HEAD, LFS_POINTER, format_of, is_text
from r2v_pipeline.source.signature import Signature, signature

MAX_FILE = 64 << 20

# Bytes of a file that a storyboard names.  What a model takes is far less, and in the catalog.
MAX_MEDIA = {"image": 64 << 20, "video": 8 << 30, "audio": 1 << 30}

# Where tools for large files keep the bytes that a link in the project stands for.
STORES = (".git/annex/objects/", ".dvc/cache/")


# A FIFO put in the place of a file does not block, a link put there is not followed.
_FLAGS = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)
_FLAGS |= getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)


class Unreadable(Exception):
    """A path that cannot be used; the message completes the sentence `'refs/a.png' …`."""


class Outside(Unreadable):
    """A path that leads, or could lead, out of the project."""


class Missing(Unreadable):
    """Nothing is there."""


class Files(Protocol):
    """A tree of files by project-relative POSIX path.

    `root` is the folder that paths are shown from.  `looked` has the signature of every file of this disk that was
    asked for, as it was then: what a verdict depends on.
    """

    root: str
    looked: dict[str, Signature]

    def text(self, path: str) -> bytes:
        """The bytes of a text file of at most 64 MiB."""
        ...

    def check(self, path: str) -> None:
        """Raises `Unreadable` unless the path is a regular, readable file inside the project."""
        ...

    def open(self, path: str) -> BinaryIO:
        """The file's bytes as a stream."""
        ...

    def walk(self, folder: str) -> Iterator[str]:
        """Every file below a folder, sorted, dot-files left out."""
        ...

    def place(self, path: str) -> str:
        """Where on this disk the file's bytes lie, for those who cannot read a stream."""
        ...

    def digest(self, path: str) -> str:
        """The hex sha256 of the file's bytes."""
        ...

    def by_digest(self, path: str) -> bool:
        """Whether only the digest of the file is known, and its bytes are elsewhere."""
        ...


def join(base: str, name: str) -> str:
    """A name as written in a file of folder `base`, as a project-relative path.

    Raises:
        Outside: for anything but a relative POSIX path that stays inside.
    """
    if not name.strip():
        raise Unreadable("is empty")
    if "\0" in name or "\\" in name or "://" in name:
        raise Outside("is not a plain relative path (use forward slashes)")
    if name.startswith(("/", "~")) or name[1:2] == ":":
        raise Outside("is not relative: write it relative to the file that names it")
    parts: list[str] = [p for p in base.split("/") if p]
    for part in name.split("/"):
        if part == "..":
            if not parts:
                raise Outside("lies outside the project")
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    if not parts:
        raise Unreadable("is a folder")
    if is_hidden("/".join(parts)):
        raise Outside("is a dot-file, which r2v never reads for a storyboard")
    return "/".join(parts)


class Disk:
    """The working tree below `root` (an absolute path)."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.looked: dict[str, Signature] = {}
        self._real = os.path.realpath(root)

    def text(self, path: str) -> bytes:
        with self.open(path) as stream:
            if os.fstat(stream.fileno()).st_size > MAX_FILE:
                raise Unreadable(f"is larger than {MAX_FILE >> 20} MiB")
            data = stream.read(MAX_FILE + 1)
        if len(data) > MAX_FILE:  # it grew
            raise Unreadable(f"is larger than {MAX_FILE >> 20} MiB")
        return data

    def check(self, path: str) -> None:
        self._locate(path)

    def open(self, path: str) -> BinaryIO:
        full = self._locate(path)
        try:
            number = os.open(full, _FLAGS)
        except OSError as why:
            raise Unreadable(f"cannot be read: {why.strerror}") from None
        try:
            self._same(number, full)
            return open(number, "rb")
        except BaseException:
            os.close(number)
            raise

    def _same(self, number: int, full: str) -> None:
        """Raises unless an open file is regular and is the one that was located: links may be changed in between."""
        if not stat.S_ISREG(os.fstat(number).st_mode):
            raise Unreadable("is not a regular file")
        try:
            opened = os.readlink(f"/proc/self/fd/{number}")
        except OSError:
            return  # a system that does not tell
        if opened != full:
            raise Outside("was replaced while it was read")

    def walk(self, folder: str) -> Iterator[str]:
        waiting = [folder]
        while waiting:
            here = waiting.pop()
            full = os.path.join(self.root, here)
            self.looked.setdefault(full, signature(full))
            files, folders = _listed(full)
            prefix = here + "/" if here else ""
            yield from (prefix + name for name in files)
            waiting.extend(prefix + name for name in reversed(folders))

    def place(self, path: str) -> str:
        return self._locate(path)

    def digest(self, path: str) -> str:
        from r2v_pipeline.canonical import digest_stream  # `check` needs no hashes

        with self.open(path) as stream:
            return digest_stream(stream)

    def by_digest(self, path: str) -> bool:  # noqa: ARG002  (what lies on a disk is there)
        return False

    def _locate(self, path: str) -> str:
        """The real path, checked: inside the project after symlinks, a regular file (a FIFO would block)."""
        named = os.path.join(self.root, path)
        self.looked.setdefault(named, signature(named))
        full = os.path.realpath(named)
        top = self._real.rstrip(os.sep) + os.sep
        if not full.startswith(top):
            raise Unreadable("is a folder") if full == self._real else Outside("leads out of the project")
        open_to_all(path, full[len(top) :].replace(os.sep, "/"))
        try:
            mode = os.stat(full).st_mode
        except (FileNotFoundError, NotADirectoryError):
            raise Missing("does not exist") from None
        except (OSError, ValueError) as why:
            raise Unreadable(f"cannot be read: {getattr(why, 'strerror', None) or why}") from None
        if stat.S_ISDIR(mode):
            raise Unreadable("is a folder")
        if not stat.S_ISREG(mode):
            raise Unreadable("is not a regular file")
        return full


def open_to_all(path: str, real: str) -> None:
    """Raises for a link to a dot-file: `refs/mia.png` may be one to `.env`."""
    if real != path and is_hidden(real) and not is_hidden(path) and not real.startswith(STORES):
        raise Outside("leads to a dot-file, which r2v never reads for a storyboard")


def check_media(files: Files, path: str, kind: str, *, sent: bool) -> None:
    """Raises `Unreadable` unless a file is what a storyboard may name as `image`, `video` or `audio`.

    `sent`: it goes to a provider.  Then it has to be a picture, a video or a sound by its own first bytes, so that no
    other file of a project leaves it under a false name.  Else it is enough that it is certainly nothing else.
    """
    if files.by_digest(path):
        return
    with files.open(path) as stream:
        head = stream.read(HEAD)
        if not head:
            raise Unreadable("is empty")
        if head.startswith(LFS_POINTER):
            raise Unreadable("is a Git LFS pointer and not the file: run 'git lfs pull'")
        if not format_of(head) and (sent or is_text(head)):
            raise Unreadable("is no picture, video or sound")
        if stream.seek(0, os.SEEK_END) > MAX_MEDIA[kind]:
            raise Unreadable(f"is larger than {MAX_MEDIA[kind] >> 20:,} MiB")


def _listed(folder: str) -> tuple[list[str], list[str]]:
    """The regular files and the folders of a folder, sorted; what cannot be listed is empty, links are followed to
    files only."""
    files: list[str] = []
    folders: list[str] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.name)
                elif _leads_to_file(entry):
                    files.append(entry.name)
    except OSError:
        return [], []
    return sorted(files), sorted(folders)


def _leads_to_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:  # a link that leads in a circle
        return False


def is_hidden(path: str) -> bool:
    """Whether a file, or a folder that it lies in, begins with a dot."""
    return any(part.startswith(".") for part in path.split("/"))


MARKERS = (".r2v", ".git")


def project_root(storyboard: str) -> str:
    """The nearest folder upward from a storyboard that holds `.r2v/` or `.git`, else the storyboard's own."""
    own = os.path.dirname(os.path.abspath(storyboard))
    return next((folder for folder in _upward(own) if _is_root(folder)), own)


def absent_markers(storyboard: str) -> dict[str, Signature]:
    """The markers that are not there, and would move the root if they were: a verdict depends on them."""
    absent: dict[str, Signature] = {}
    for folder in _upward(os.path.dirname(os.path.abspath(storyboard))):
        if _is_root(folder):
            break
        absent.update({os.path.join(folder, marker): None for marker in MARKERS})
    return absent


def _is_root(folder: str) -> bool:
    return os.path.isdir(os.path.join(folder, ".r2v")) or os.path.exists(os.path.join(folder, ".git"))


def _upward(folder: str) -> Iterator[str]:
    while True:
        yield folder
        parent = os.path.dirname(folder)
        if parent == folder:
            return
        folder = parent
