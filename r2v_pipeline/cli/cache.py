"""The user's cache folder: where commands keep what spares work next time, and nothing that cannot be worked out again.

Only builtin modules are imported: a command with nothing to do costs little more.  All is best effort: a cache that
cannot be read or written costs time.
"""

from __future__ import annotations

import os
import sys

from r2v_pipeline import __version__
from r2v_pipeline.source.signature import signature

# Of each kind as many files as this, and as many bytes: the oldest go first.
_MOST_FILES = 500
_MOST_BYTES = 256 << 20
_LARGE = 1 << 20


def path_of(kind: str, words: list[str]) -> str:
    """Where what these words stand for is kept."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(home, "r2v", kind, digest(words).hex())


def shots_path(kind: list[str], file: str, options: object) -> str:
    """Where the shots of a storyboard are kept for what a command says of them (recall.py)."""
    return path_of("shots", [*kind, os.path.abspath(file), repr(options)])


def identity(words: list[str]) -> bytes:
    """What else decides an answer: r2v itself, the Python, the folder, the terminal, r2v's own environment.

    r2v is its version, the installation, and the commit where it is installed from a checkout: that changes between
    versions.  Kept as a digest: an environment may hold secrets, and no cache may.
    """
    package = os.path.dirname(os.path.dirname(__file__))
    code = signature(os.path.join(package, "__init__.py")), signature(os.path.join(package, "..", ".git", "index"))
    mine = sorted((name, value) for name, value in os.environ.items() if name.startswith("R2V_"))
    plain = (os.environ.get("NO_COLOR", ""), os.environ.get("COLUMNS", ""))
    here = os.getcwd()
    said = (*plain, *map(repr, mine), repr(code))
    return digest([__version__, sys.version, here, *words, str(sys.stdout.isatty()), *said])


def read(path: str) -> bytes:
    """The bytes of an entry.

    Raises:
        OSError: there is none, or it cannot be read.
    """
    with open(path, "rb") as stream:
        return stream.read()


def write(path: str, *pieces: bytes | memoryview) -> None:
    """Keeps an entry, whole or not at all, for this user's eyes only."""
    folder = os.path.dirname(path)
    part = f"{path}.{os.getpid()}.part"
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        number = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_CLOEXEC", 0), 0o600)
        with open(number, "wb") as stream:
            stream.writelines(pieces)
        os.replace(part, path)
        if sum(map(len, pieces)) > _LARGE or len(os.listdir(folder)) > _MOST_FILES:
            _prune(folder)
    except OSError:
        return


def _prune(folder: str) -> None:
    """Keeps a folder small: looked at when it is full of entries, or got a large one."""
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            seen = entry.stat()
            found.append((seen.st_mtime_ns, seen.st_size, entry.path))
    size, most = sum(one[1] for one in found), _MOST_FILES * 4 // 5 if len(found) > _MOST_FILES else _MOST_FILES
    found.sort(reverse=True)
    while len(found) > 1 and (len(found) > most or size > _MOST_BYTES):  # the newest stays whatever its size
        _, freed, name = found.pop()
        size -= freed
        os.unlink(name)


def digest(words: list[str]) -> bytes:
    """A name for some words."""
    return digest_bytes("\0".join(words).encode("utf-8", "surrogateescape"))


def digest_bytes(data: bytes) -> bytes:
    """Sixteen bytes that stand for any number of them."""
    from _blake2 import blake2b  # hashlib itself takes longer to import than all that a quick answer costs

    return blake2b(data, digest_size=16).digest()
