"""The store: whole or absent, never changed, never silently wrong."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest
from scripted import names

from r2v_pipeline.canonical import digest_bytes
from r2v_pipeline.errors import DiskTrouble
from r2v_pipeline.execute import disk, fault
from r2v_pipeline.execute.blobs import STAMP_NS, Blobs
from r2v_pipeline.execute.records import Blob


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path)


def put(blobs: Blobs, data: bytes) -> Blob:
    temp = blobs.temp(".mp4")
    temp.write_bytes(data)
    return blobs.put(temp)


def edit(path: Path, data: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(data)


def test_a_blob_is_named_by_its_bytes_and_read_only(blobs: Blobs, tmp_path: Path) -> None:
    blob = put(blobs, b"film")
    digest = digest_bytes(b"film")
    assert Blob(digest, 4) == blob
    assert tmp_path / "cas" / "sha256" / digest[:2] / digest == blobs.path(digest)
    assert b"film" == blobs.path(digest).read_bytes()
    assert 0o444 == stat.S_IMODE(blobs.path(digest).stat().st_mode)
    assert blobs.intact(blob)
    assert [f"cas/sha256/{digest[:2]}/{digest}"] == names(tmp_path)


def test_folders_are_for_their_owner_only(blobs: Blobs, tmp_path: Path) -> None:
    put(blobs, b"film")
    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*") if path.is_dir()}
    assert {0o700} == modes


def test_the_same_bytes_are_one_blob(blobs: Blobs, tmp_path: Path) -> None:
    assert put(blobs, b"film") == put(blobs, b"film")
    assert 1 == len(list(names(tmp_path)))


def test_an_edit_is_noticed_without_trusting_the_size(blobs: Blobs) -> None:
    blob = put(blobs, b"film")
    edit(blobs.path(blob.digest), b"mlif")
    assert not blobs.intact(blob)


def test_an_untouched_blob_is_not_read_again(blobs: Blobs, monkeypatch: pytest.MonkeyPatch) -> None:
    blob = put(blobs, b"film")
    monkeypatch.setattr("r2v_pipeline.execute.blobs.hash_file", lambda _: pytest.fail("it was read"))
    assert blobs.intact(blob)


def test_a_copied_project_is_read_once(blobs: Blobs) -> None:
    blob = put(blobs, b"film")
    path = blobs.path(blob.digest)
    os.utime(path)
    assert blobs.intact(blob)
    assert STAMP_NS != path.stat().st_mtime_ns, "a look does not write"
    assert blobs.intact(blob, mend=True)
    assert STAMP_NS == path.stat().st_mtime_ns


def test_what_keeps_its_stamp_and_loses_its_bytes_is_found_when_asked(blobs: Blobs) -> None:
    blob = put(blobs, b"film")
    path = blobs.path(blob.digest)
    edit(path, b"mlif")
    os.utime(path, ns=(STAMP_NS, STAMP_NS))
    assert not blobs.verify(blob)


def test_a_damaged_blob_makes_way_for_a_whole_one_and_is_kept(blobs: Blobs, tmp_path: Path) -> None:
    blob = put(blobs, b"film")
    edit(blobs.path(blob.digest), b"mlif")
    assert blob == put(blobs, b"film")
    assert blobs.verify(blob)
    assert b"mlif" == (tmp_path / "damaged" / blob.digest).read_bytes()


def test_two_damaged_ones_are_both_kept(blobs: Blobs, tmp_path: Path) -> None:
    for text in (b"one", b"two"):
        blob = put(blobs, b"film")
        edit(blobs.path(blob.digest), text)
        blobs.quarantine(blob.digest)
    assert blobs.quarantine(blob.digest) is None
    assert [b"one", b"two"] == sorted(path.read_bytes() for path in (tmp_path / "damaged").iterdir())


def test_a_sweep_removes_what_is_half_written_and_nothing_else(blobs: Blobs, tmp_path: Path) -> None:
    blob = put(blobs, b"film")
    blobs.temp(".mp4").write_bytes(b"half")
    blobs.sweep()
    blobs.sweep()
    assert blobs.intact(blob)
    assert not (tmp_path / "tmp").exists()


def test_bytes_are_on_the_disk_before_the_name_and_the_name_before_anyone_says_so(
    blobs: Blobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order is what a power cut tests; here it is read off the calls."""
    put(blobs, b"make the folders first")
    happened = watched(monkeypatch)
    monkeypatch.setattr(blobs, "path", lambda _: blobs._cas / "one")
    put(blobs, b"film")
    assert ["file", "blob.synced", "blob.renamed", "folder", "blob.durable"] == happened


def watched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is synced from now on, and the fault points between."""
    happened: list[str] = []
    real = os.fsync

    def sync(fd: int) -> None:
        happened.append("folder" if stat.S_ISDIR(os.fstat(fd).st_mode) else "file")
        real(fd)

    monkeypatch.setattr(disk.os, "fsync", sync)
    fault.watch(happened.append)
    return happened


def test_what_a_killed_build_had_renamed_is_made_safe_before_anyone_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It lies there under its name, and a power cut could still take it: from the folders of the killed build too."""
    blob = put(Blobs(tmp_path), b"film")
    happened = watched(monkeypatch)
    second = Blobs(tmp_path)
    assert blob == put(second, b"film")
    assert ["folder"] * 3 + ["file", "folder"] == happened, "three folders, each known to the one above it"
    happened.clear()
    put(second, b"film")
    assert ["file", "folder"] == happened


@pytest.mark.parametrize(
    ("number", "said"), [(28, "free some space"), (13, "check who owns"), (5, "check the disk"), (2, "check the disk")]
)
def test_trouble_says_what_to_do(number: int, said: str) -> None:
    found = disk.trouble(OSError(number, "?"), "film.mp4")
    assert found.message.startswith("cannot write film.mp4: ")
    assert said in found.help


def test_no_room_says_which_file_and_keeps_it(blobs: Blobs, monkeypatch: pytest.MonkeyPatch) -> None:
    temp = blobs.temp(".mp4")
    temp.write_bytes(b"film")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(disk.os, "fsync", full)
    with pytest.raises(DiskTrouble, match=r"No space left") as caught:
        blobs.put(temp)
    assert "free some space" in caught.value.help
    assert temp.exists()
    assert not blobs.path(digest_bytes(b"film")).exists()


def test_a_blob_that_is_gone_is_not_whole(blobs: Blobs) -> None:
    assert not blobs.verify(Blob("0" * 64, 1))


@pytest.mark.parametrize("code", [errno.EIO, errno.EACCES, errno.EMFILE])
def test_a_blob_that_cannot_be_looked_at_is_not_damaged(
    blobs: Blobs, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """It was paid for: a disk that fails for a moment must not have it bought again."""
    blob = put(blobs, b"clip")
    os.utime(blobs.path(blob.digest))

    def broken(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(Path, "open", broken)
    for look in (blobs.intact, blobs.verify):
        with pytest.raises(DiskTrouble, match="cannot read") as raised:
            look(blob)
        assert "nothing is bought again" in raised.value.help
    monkeypatch.setattr(Path, "stat", broken)
    with pytest.raises(DiskTrouble):
        blobs.intact(blob)
    monkeypatch.undo()
    assert blobs.verify(blob)


def test_every_name_above_a_folder_is_made_safe_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A build that was killed may have left a folder whose parent does not know of it yet."""
    synced: list[str] = []
    monkeypatch.setattr(disk, "sync_folder", lambda path: synced.append(str(path)))
    known: set[Path] = set()
    (tmp_path / "a").mkdir()
    disk.make_folder(tmp_path / "a" / "b", known)
    assert {tmp_path, tmp_path / "a", tmp_path / "a" / "b", Path(tmp_path.anchor)} <= known
    assert [str(tmp_path), str(tmp_path / "a")] == synced[-2:]
    synced.clear()
    disk.make_folder(tmp_path / "a" / "b", known)
    assert [] == synced
