"""The store that a team shares: clips by the sha256 of their bytes, in a folder or at any address of fsspec.

It holds bytes and nothing else.  Which clip belongs to which request is the lock's business, where a change is
reviewed: an index in the store would let whoever may write there put a clip into everybody's film.  So nothing in it
has to be trusted: an object that is not what its name says is not taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from r2v_pipeline.errors import MediaTrouble, SharedTrouble
from r2v_pipeline.execute.blobs import Blobs
from r2v_pipeline.execute.disk import writing
from r2v_pipeline.execute.records import Blob

# Bytes of one clip; what is larger is no clip.
LARGEST = 8 << 30
CHUNK = 1 << 20


class Shelf(Protocol):
    """Where the clips are.  Every method raises SharedTrouble when the store cannot be asked."""

    name: str

    def size(self, digest: str) -> int | None:
        """Bytes of an object; None where there is none."""
        ...

    def chunks(self, digest: str) -> Iterator[bytes]:
        """The bytes of an object that is there."""
        ...

    def put(self, digest: str, file: Path) -> None:
        """Has a file under its digest, in the place of whatever lay there."""
        ...


def place(digest: str) -> str:
    """Where an object lies below the store's address; the same as in `.r2v/cas`."""
    return f"sha256/{digest[:2]}/{digest}"


def fetch(shelf: Shelf, digest: str, blobs: Blobs, check: Callable[[Path], object]) -> Blob | None:
    """A clip out of the store into the project's; None where the store has none.

    Believed is only what has the digest and, by `check`, decodes.

    Raises:
        SharedTrouble: it cannot be had now, or is damaged; nothing is kept of it.
        DiskTrouble: there is no room here.
    """
    size = shelf.size(digest)
    if size is None:
        return None
    if size > LARGEST:
        raise SharedTrouble(f"{shelf.name} holds {size} bytes under {digest[:12]}, which is no clip")
    temp = blobs.temp(".mp4")
    try:
        if _written(shelf.chunks(digest), temp) != digest:
            raise SharedTrouble(
                f"the object {digest[:12]} in {shelf.name} is damaged: its bytes are not those of its name",
                "it was not taken. Whoever has the clip mends it with `r2v push`",
            )
        try:
            check(temp)
        except MediaTrouble as why:
            raise SharedTrouble(f"the object {digest[:12]} in {shelf.name} is no clip: {why.message}") from why
        return blobs.put(temp)
    finally:
        temp.unlink(missing_ok=True)


def offer(shelf: Shelf, blob: Blob, blobs: Blobs) -> bool:
    """Puts a clip into the store; False where it is there already, whole as far as its size tells.

    Raises:
        SharedTrouble: it could not be put there, or what lies there afterwards is not all of it.
    """
    if shelf.size(blob.digest) == blob.size:
        return False
    shelf.put(blob.digest, blobs.path(blob.digest))
    if shelf.size(blob.digest) != blob.size:
        raise SharedTrouble(f"{shelf.name} did not keep all of {blob.digest[:12]}", "run the same command again")
    return True


def _written(chunks: Iterator[bytes], temp: Path) -> str:
    """Writes a file and gives the digest of its bytes; they end where no clip can be any longer."""
    hasher, room = sha256(), LARGEST
    with writing(temp), temp.open("xb") as out:
        for data in chunks:
            room -= len(data)
            if room < 0:
                break
            hasher.update(data)
            out.write(data)
    return hasher.hexdigest()
