"""The team's store: nothing in it is believed before it is proved, and nothing half-done is left in it."""

from __future__ import annotations

import errno
import hashlib
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from fsspec.registry import _registry

from r2v_pipeline.errors import DiskTrouble, MediaTrouble, SharedTrouble, UsageError
from r2v_pipeline.execute import shared
from r2v_pipeline.execute.blobs import Blobs
from r2v_pipeline.execute.records import Blob
from r2v_pipeline.execute.shared import fetch, offer, place
from r2v_pipeline.execute.shelves import shelf

DATA = b"a clip " * 1000
DIGEST = hashlib.sha256(DATA).hexdigest()


@pytest.fixture(autouse=True)
def empty_memory() -> Iterator[None]:
    MemoryFileSystem.store.clear()
    yield
    MemoryFileSystem.store.clear()


@pytest.fixture(params=["folder", "file://", "memory://"])
def address(request, tmp_path: Path) -> str:
    if request.param == "memory://":
        return "memory://team/clips"
    (tmp_path / "store").mkdir()
    return f"{'file://' if request.param == 'file://' else ''}{tmp_path / 'store'}"


def blobs(folder: Path, *contents: bytes) -> Blobs:
    made = Blobs(folder)
    for data in contents:
        temp = made.temp(".mp4")
        temp.write_bytes(data)
        made.put(temp)
    return made


def believed(path: Path) -> None:
    assert path.read_bytes()


def overwrite(address: str, data: bytes | None) -> None:
    """Somebody else writes into the store."""
    if address.startswith("memory"):
        name = f"/team/clips/{place(DIGEST)}"
        MemoryFileSystem().rm(name) if data is None else MemoryFileSystem().pipe_file(name, data)
    else:
        path = Path(address.removeprefix("file://"), place(DIGEST))
        path.unlink() if data is None else path.write_bytes(data)


def test_there_and_back(address: str, tmp_path: Path) -> None:
    here, there = blobs(tmp_path / "a", DATA), Blobs(tmp_path / "b")
    at = shelf(address)
    assert None is fetch(at, DIGEST, there, believed)
    assert offer(at, Blob(DIGEST, len(DATA)), here)
    assert not offer(at, Blob(DIGEST, len(DATA)), here), "it is there"
    assert Blob(DIGEST, len(DATA)) == fetch(shelf(address), DIGEST, there, believed)
    assert DATA == there.path(DIGEST).read_bytes()
    assert there.intact(Blob(DIGEST, len(DATA)))


@pytest.mark.parametrize("data", [b"", DATA[:100], DATA[:-1] + b"!", DATA + b"!"])
def test_wrong_bytes_are_not_taken(address: str, tmp_path: Path, data: bytes) -> None:
    here, there = blobs(tmp_path / "a", DATA), Blobs(tmp_path / "b")
    at = shelf(address)
    offer(at, Blob(DIGEST, len(DATA)), here)
    overwrite(address, data)
    with pytest.raises(SharedTrouble, match="damaged"):
        fetch(at, DIGEST, there, believed)
    assert [] == left(tmp_path / "b")


def test_what_is_no_clip_is_not_taken(address: str, tmp_path: Path) -> None:
    """The digest is right: whoever wrote the lock may name what he likes."""
    here, there = blobs(tmp_path / "a", DATA), Blobs(tmp_path / "b")
    at = shelf(address)
    offer(at, Blob(DIGEST, len(DATA)), here)

    def check(_: Path) -> None:
        raise MediaTrouble("the file is no video")

    with pytest.raises(SharedTrouble, match="is no clip: the file is no video"):
        fetch(at, DIGEST, there, check)
    assert [] == left(tmp_path / "b")


def test_a_half_written_object_is_written_again(address: str, tmp_path: Path) -> None:
    here = blobs(tmp_path / "a", DATA)
    at = shelf(address)
    offer(at, Blob(DIGEST, len(DATA)), here)
    overwrite(address, DATA[:10])
    assert offer(at, Blob(DIGEST, len(DATA)), here)
    assert Blob(DIGEST, len(DATA)) == fetch(at, DIGEST, Blobs(tmp_path / "b"), believed)


def test_more_than_any_clip_is_not_read_to_its_end(address: str, tmp_path: Path, monkeypatch) -> None:
    here, there = blobs(tmp_path / "a", DATA), Blobs(tmp_path / "b")
    at = shelf(address)
    offer(at, Blob(DIGEST, len(DATA)), here)
    monkeypatch.setattr(shared, "LARGEST", 100)
    with pytest.raises(SharedTrouble, match="which is no clip"):
        fetch(at, DIGEST, there, believed)
    monkeypatch.setattr(type(at), "size", lambda *_: 50)
    with pytest.raises(SharedTrouble, match="damaged"):
        fetch(at, DIGEST, there, believed)
    assert [] == left(tmp_path / "b")


def test_no_room_here_is_trouble_of_this_disk(address: str, tmp_path: Path, monkeypatch) -> None:
    here, there = blobs(tmp_path / "a", DATA), Blobs(tmp_path / "b")
    at = shelf(address)
    offer(at, Blob(DIGEST, len(DATA)), here)
    opened = Path.open

    def full(self: Path, mode: str = "r", *more, **named):
        if mode == "xb" and self.parent.name == "tmp":
            raise OSError(errno.ENOSPC, "full", str(self))
        return opened(self, mode, *more, **named)

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(DiskTrouble):
        fetch(at, DIGEST, there, believed)
    assert [] == left(tmp_path / "b")


def test_no_room_in_the_store(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "store").mkdir()
    here = blobs(tmp_path / "a", DATA)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(SharedTrouble, match="No space left on device"):
        offer(shelf(str(tmp_path / "store")), Blob(DIGEST, len(DATA)), here)
    assert [] == [path for path in (tmp_path / "store").rglob("*") if path.is_file()]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    at = shelf(str(tmp_path / "share"))
    with pytest.raises(SharedTrouble, match="is not there"):
        fetch(at, DIGEST, Blobs(tmp_path / "b"), believed)
    with pytest.raises(SharedTrouble, match="is not there"):
        offer(at, Blob(DIGEST, len(DATA)), blobs(tmp_path / "a", DATA))
    assert not (tmp_path / "share").exists()


class Unwell(MemoryFileSystem):
    """A service in trouble."""

    protocol = "unwell"
    cachable = False
    failing = "info"
    error: Exception = RuntimeError("x")

    def info(self, path: str, **named):
        self._fail("info")
        return super().info(self._strip_protocol(path), **named)

    def open(self, path: str, mode: str = "rb", **named):
        self._fail("open")
        return super().open(path, mode, **named)

    def put_file(self, local: str, remote: str, **named) -> None:
        if self.failing == "put":  # half of it arrives
            self.pipe_file(remote, Path(local).read_bytes()[:10])
        self._fail("put")
        if self.failing == "lie":
            self.pipe_file(remote, b"")
            return
        super().put_file(local, remote, **named)

    def _fail(self, what: str) -> None:
        if self.failing == what:
            raise self.error


@pytest.fixture
def unwell(monkeypatch) -> type[Unwell]:
    fsspec.register_implementation("unwell", Unwell, clobber=True)
    monkeypatch.setattr(Unwell, "failing", "")
    return Unwell


@pytest.mark.parametrize("what", ["info", "open", "put"])
@pytest.mark.parametrize(
    "error", [PermissionError("denied"), TimeoutError("slow"), ConnectionError("gone"), ValueError("x")]
)
def test_a_service_in_trouble_is_not_an_empty_one(unwell, tmp_path: Path, monkeypatch, what: str, error) -> None:
    """ "Not found" alone means that it is not there: everything else must never lead to buying it again."""
    here, there = blobs(tmp_path / "a", DATA), Blobs(tmp_path / "b")
    at = shelf("unwell://bucket/clips")
    if what != "put":
        offer(at, Blob(DIGEST, len(DATA)), here)
    monkeypatch.setattr(unwell, "failing", what)
    monkeypatch.setattr(unwell, "error", error)
    with pytest.raises(SharedTrouble, match=type(error).__name__):
        offer(at, Blob(DIGEST, len(DATA)), here) if what == "put" else fetch(at, DIGEST, there, believed)
    assert [] == left(tmp_path / "b")
    monkeypatch.setattr(unwell, "failing", "")
    assert what != "put" or offer(at, Blob(DIGEST, len(DATA)), here), "what arrived in half is sent again"
    assert Blob(DIGEST, len(DATA)) == fetch(at, DIGEST, there, believed)


def test_a_service_that_keeps_nothing(unwell, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(unwell, "failing", "lie")
    with pytest.raises(SharedTrouble, match="did not keep all of"):
        offer(shelf("unwell://b"), Blob(DIGEST, len(DATA)), blobs(tmp_path / "a", DATA))


class Slow(MemoryFileSystem):
    """A file system where a half-written file has its name already."""

    protocol = "sftp"
    cachable = False
    put_as: str = ""

    def put_file(self, local: str, remote: str, **named) -> None:
        type(self).put_as = remote
        super().put_file(local, remote, **named)


def test_where_files_have_their_name_too_early_they_are_renamed(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setitem(_registry, "sftp", Slow)
    at = shelf("sftp://server/clips")
    assert offer(at, Blob(DIGEST, len(DATA)), blobs(tmp_path / "a", DATA))
    assert f"/.{DIGEST[:12]}." in Slow.put_as
    assert DATA == b"".join(at.chunks(DIGEST))


@pytest.mark.parametrize("method", ["stat", "open"])
def test_a_folder_that_cannot_be_read_is_not_an_empty_one(tmp_path: Path, monkeypatch, method: str) -> None:
    (tmp_path / "store").mkdir()
    at, here = shelf(str(tmp_path / "store")), blobs(tmp_path / "a", DATA)
    offer(at, Blob(DIGEST, len(DATA)), here)
    honest = getattr(Path, method)

    def broken(self: Path, *words, **named):
        if self.name == DIGEST and "store" in self.parts:
            raise OSError(errno.EIO, "Input/output error")
        return honest(self, *words, **named)

    monkeypatch.setattr(Path, method, broken)
    with pytest.raises(SharedTrouble, match="Input/output error"):
        fetch(at, DIGEST, Blobs(tmp_path / "b"), believed)


def test_without_fsspec_it_says_what_to_install(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(SharedTrouble) as caught:
        shelf("s3://bucket/clips")
    assert "pip install 'r2v-pipeline[store]'" in caught.value.help


def test_a_folder_needs_no_fsspec(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    (tmp_path / "store").mkdir()
    assert offer(shelf(str(tmp_path / "store")), Blob(DIGEST, len(DATA)), blobs(tmp_path / "a", DATA))


@pytest.mark.parametrize(
    "address", ["", " ", "a\0b", "s3://key:secret@bucket", "sftp://me@host/x", "filecache::s3://b"]
)
def test_addresses_that_are_refused(address: str) -> None:
    with pytest.raises(UsageError) as caught:
        shelf(address)
    assert "secret" not in caught.value.message


def test_the_places_are_those_of_the_project_store(tmp_path: Path) -> None:
    """So a folder `.r2v/cas` serves as a store as it is."""
    blobs(tmp_path, DATA)
    assert Blob(DIGEST, len(DATA)) == fetch(shelf(str(tmp_path / "cas")), DIGEST, Blobs(tmp_path / "b"), believed)


def left(state: Path) -> list[Path]:
    return [path for path in state.rglob("*") if path.is_file()]
