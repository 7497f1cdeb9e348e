"""Output folders: r2v replaces only what it made itself, and never reaches the store through a copy."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest
from scripted import OUTPUT, Scripted, build, clip_of, names, plan_of, render_job

from r2v_pipeline.canonical import digest_bytes
from r2v_pipeline.errors import DiskTrouble, StateTrouble
from r2v_pipeline.execute import fault, results
from r2v_pipeline.execute import outputs as outputs_module
from r2v_pipeline.execute.outputs import Outputs
from r2v_pipeline.execute.records import OutputFile
from r2v_pipeline.execute.session import Session

S1 = render_job("s1")
NAME = "clips/s1.mp4"
DIGEST = digest_bytes(clip_of("s1"))


@pytest.fixture
def notes() -> list[str]:
    return []


@pytest.fixture
def make(session: Session, client: Scripted, project: Path, notes: list[str]):
    """A fresh look at the output folder, as each build takes, with two clips in the store."""
    build(session, plan_of(S1, render_job("s2")), client)
    return lambda: Outputs(project, OUTPUT, session.journal, session.blobs, notes.append)


@pytest.fixture
def folder(project: Path) -> Path:
    return project / OUTPUT


def other(text: str = "s2") -> str:
    return digest_bytes(clip_of(text))


def test_a_clip_is_copied_where_people_look(make, folder: Path, session: Session) -> None:
    assert folder / NAME == make().publish(NAME, DIGEST, S1.key)
    assert clip_of("s1") == (folder / NAME).read_bytes()
    assert [NAME] == names(folder)
    made = results.files(session.journal, OUTPUT)[NAME]
    assert (DIGEST, S1.key, len(clip_of("s1"))) == (made.sha256, made.key, made.size)


def test_an_edit_of_the_copy_does_not_reach_the_store(make, session: Session) -> None:
    path = make().publish(NAME, DIGEST, S1.key)
    with path.open("r+b") as stream:
        stream.write(b"edit")
    assert clip_of("s1") == session.blobs.path(DIGEST).read_bytes()
    assert 1 == path.stat().st_nlink


def test_what_is_there_is_not_written_again(make) -> None:
    path = make().publish(NAME, DIGEST, S1.key)
    before = path.stat()
    make().publish(NAME, DIGEST, S1.key)
    assert before == path.stat()


def test_a_changed_shot_replaces_its_clip(make, folder: Path, notes: list[str]) -> None:
    make().publish(NAME, DIGEST, S1.key)
    make().publish(NAME, other(), "k2")
    assert clip_of("s2") == (folder / NAME).read_bytes()
    assert ([NAME], []) == (names(folder), notes)


def test_a_deleted_clip_comes_back(make, folder: Path) -> None:
    make().publish(NAME, DIGEST, S1.key).unlink()
    make().publish(NAME, DIGEST, S1.key)
    assert clip_of("s1") == (folder / NAME).read_bytes()


@pytest.mark.parametrize("recorded", [True, False])
def test_somebody_s_work_is_moved_aside(make, folder: Path, notes: list[str], recorded: bool) -> None:
    if recorded:
        make().publish(NAME, DIGEST, S1.key)
    (folder / NAME).parent.mkdir(parents=True, exist_ok=True)
    for n in (1, 2):
        (folder / NAME).write_bytes(b"graded by hand %d" % n)
        make().publish(NAME, DIGEST, S1.key)
    assert clip_of("s1") == (folder / NAME).read_bytes()
    assert [b"graded by hand 1", b"graded by hand 2"] == [(folder / f"{NAME}.bak-{n}").read_bytes() for n in (1, 2)]
    assert ["s1.mp4.bak-1", "s1.mp4.bak-2"] == [note.rsplit(" ", 1)[1] for note in notes]


def test_a_folder_or_a_link_in_the_way_is_moved_too(make, folder: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.mp4"
    mine.write_bytes(b"mine")
    (folder / NAME).mkdir(parents=True)
    (folder / "clips" / "s2.mp4").symlink_to(mine)
    make().publish(NAME, DIGEST, S1.key)
    make().publish("clips/s2.mp4", other(), "k2")
    assert b"mine" == mine.read_bytes()
    assert (folder / "clips" / "s2.mp4.bak-1").is_symlink()
    assert (folder / f"{NAME}.bak-1").is_dir()


def test_the_very_same_bytes_are_taken_for_ours(make, folder: Path, notes: list[str]) -> None:
    """As a build leaves them that was killed after the rename and before the record."""
    (folder / "clips").mkdir(parents=True)
    (folder / NAME).write_bytes(clip_of("s1"))
    make().publish(NAME, DIGEST, S1.key)
    assert ([NAME], []) == (names(folder), notes)


def test_a_copied_project_is_read_once(make, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make().publish(NAME, DIGEST, S1.key)
    os.utime(path)
    make().publish(NAME, DIGEST, S1.key)
    assert path.stat().st_mtime_ns == results.files(session.journal, OUTPUT)[NAME].mtime_ns
    monkeypatch.setattr("r2v_pipeline.execute.blobs.hash_file", lambda _: pytest.fail("it was read"))
    make().publish(NAME, DIGEST, S1.key)


def test_clips_of_shots_that_left_are_removed(make, folder: Path, session: Session) -> None:
    for name in (NAME, "clips/old.mp4", "clips/edited.mp4"):
        make().publish(name, DIGEST, S1.key)
    outputs = make()
    temp = outputs.temp("film.mp4")
    temp.write_bytes(b"film")
    outputs.adopt(temp, "film.mp4", "film key")
    (folder / "clips" / "edited.mp4").write_bytes(b"by hand")
    (folder / "clips" / "mine.mp4").write_bytes(b"mine")
    make().prune({NAME})
    assert ["clips/edited.mp4", "clips/mine.mp4", NAME, "film.mp4"] == names(folder)
    assert {NAME, "film.mp4"} == set(results.files(session.journal, OUTPUT))


def test_nothing_outside_of_the_project_is_removed(make, project: Path, session: Session, tmp_path: Path) -> None:
    """Whatever a journal says: one may have come with somebody's repository."""
    mine = tmp_path / "mine.mp4"
    mine.write_bytes(b"mine")
    name = f"clips/../../../../{mine.name}"
    assert mine == (project / OUTPUT / name).resolve()
    row = OutputFile(name, 4, mine.stat().st_mtime_ns, digest_bytes(b"mine"), "k")
    results.record_file(session.journal, OUTPUT, row)
    (project / OUTPUT / "clips").mkdir(parents=True)
    with pytest.raises(StateTrouble, match="leads out of the project"):
        make().prune({NAME})
    assert mine.exists()


def test_a_film_is_moved_into_place(make, folder: Path, session: Session) -> None:
    outputs = make()
    temp = outputs.temp("film.mp4")
    assert (folder, ".mp4") == (temp.parent, temp.suffix)
    temp.write_bytes(b"film")
    assert folder / "film.mp4" == outputs.adopt(temp, "film.mp4", "film key")
    assert ["film.mp4"] == names(folder)
    assert digest_bytes(b"film") == results.files(session.journal, OUTPUT)["film.mp4"].sha256


def test_a_film_may_go_where_the_user_says(make, tmp_path: Path, session: Session) -> None:
    elsewhere = tmp_path / "elsewhere" / "cut.mp4"
    outputs = make()
    temp = outputs.temp(str(elsewhere))
    temp.write_bytes(b"film")
    assert elsewhere == outputs.adopt(temp, str(elsewhere), "film key")
    assert ["cut.mp4"] == names(elsewhere.parent)
    assert {str(elsewhere)} == set(results.files(session.journal, OUTPUT))


def test_a_link_out_of_the_project_is_not_followed(make, project: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (project / "build").symlink_to(outside)
    with pytest.raises(StateTrouble, match="leads out of the project"):
        make().publish(NAME, DIGEST, S1.key)
    assert [] == names(outside)


def test_a_blob_that_lost_its_bytes_is_not_published(make, folder: Path, session: Session) -> None:
    path = session.blobs.path(DIGEST)
    stamp = path.stat().st_mtime_ns
    path.chmod(0o644)
    path.write_bytes(b"clip of xx")
    os.utime(path, ns=(stamp, stamp))
    with pytest.raises(StateTrouble, match="changed in the store"):
        make().publish(NAME, DIGEST, S1.key)
    assert not (folder / NAME).exists()
    assert not path.exists()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EACCES, errno.EROFS])
@pytest.mark.parametrize("step", ["copy", "rename"])
def test_trouble_leaves_the_old_clip(
    make, folder: Path, monkeypatch: pytest.MonkeyPatch, number: int, step: str
) -> None:
    make().publish(NAME, DIGEST, S1.key)

    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as broken:
        if step == "copy":
            broken.setattr(outputs_module, "_copy", fail)
        else:
            broken.setattr(Path, "replace", fail)
        with pytest.raises(DiskTrouble, match=r"s1\.mp4") as caught:
            make().publish(NAME, other(), "k2")
    assert caught.value.help
    assert clip_of("s1") == (folder / NAME).read_bytes()
    assert [NAME] == names(folder)
    make().publish(NAME, other(), "k2")
    assert clip_of("s2") == (folder / NAME).read_bytes()


@pytest.mark.parametrize("point", ["output.copied", "output.renamed"])
def test_what_a_killed_build_left_is_cleared_by_the_next(make, folder: Path, notes: list[str], point: str) -> None:
    class Killed(BaseException):
        pass

    def kill(name: str) -> None:
        if name == point:
            # As a kill would: nothing is tidied up on the way out.
            Path.unlink, Path.kept = lambda *_, **__: None, Path.unlink
            raise Killed

    fault.watch(kill)
    try:
        with pytest.raises(Killed):
            make().publish(NAME, DIGEST, S1.key)
    finally:
        Path.unlink = Path.kept
        del Path.kept
    fault.watch(None)
    assert (point == "output.renamed") == (folder / NAME).exists()
    make().publish(NAME, DIGEST, S1.key)
    assert ([NAME], []) == (names(folder), notes)


def test_a_published_file_is_safe_before_the_journal_says_so(make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a power cut could leave half a film that looks whole, or the old one, which then looks like somebody's."""
    happened: list[str] = []
    real = os.fsync

    def sync(fd: int) -> None:
        happened.append("folder" if stat.S_ISDIR(os.fstat(fd).st_mode) else "file")
        real(fd)

    monkeypatch.setattr(os, "fsync", sync)
    fault.watch(happened.append)
    make().publish(NAME, DIGEST, S1.key)
    assert ["file", "output.copied", "output.renamed", "folder", "output.recorded"] == happened


def test_a_blob_that_is_gone_is_not_published(make, session: Session) -> None:
    session.blobs.path(other("s1")).unlink()
    with pytest.raises(StateTrouble, match="was changed in the store"):
        make().publish("clips/s1.mp4", other("s1"), "k1")
