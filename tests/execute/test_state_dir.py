"""Where state may lie, and what is said where it may not."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from scripted import names

from r2v_pipeline.errors import StateTrouble
from r2v_pipeline.execute import disk, fault, results, state_dir
from r2v_pipeline.execute.records import Blob
from r2v_pipeline.execute.session import hold, look


def test_a_state_folder_is_ignored_by_git_and_explains_itself(project: Path) -> None:
    with hold(project):
        pass
    state = project / ".r2v"
    assert [".gitignore", "README", "lock", "state.db"] == names(state)
    assert "*\n" == (state / ".gitignore").read_text()
    assert 0o700 == stat.S_IMODE(state.stat().st_mode)


def test_a_file_that_was_changed_is_put_right_and_one_that_was_not_is_left(project: Path) -> None:
    state = state_dir.locate(project, {})
    state_dir.prepare(state)
    state_dir.furnish(state)
    (state / ".gitignore").write_text("")
    before = (state / "README").stat().st_mtime_ns
    state_dir.furnish(state)
    assert "*\n" == (state / ".gitignore").read_text()
    assert before == (state / "README").stat().st_mtime_ns


def test_what_a_killed_build_left_half_written_is_written_over(project: Path) -> None:
    state = state_dir.locate(project, {})
    state_dir.prepare(state)
    (state / "README.new").write_text("This folder is r2")
    state_dir.furnish(state)
    assert [".gitignore", "README"] == names(state)


def test_every_folder_on_the_way_is_safe_before_there_is_a_journal(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A build may be killed between making the state folder and telling the disk; the next finds it there."""
    (project / ".r2v").mkdir()
    happened: list[str] = []
    inodes = {path.stat().st_ino: path for path in (project, *project.parents, project / ".r2v")}
    real = os.fsync

    def sync(fd: int) -> None:
        happened.append(str(inodes.get(os.fstat(fd).st_ino, "a file")))
        real(fd)

    monkeypatch.setattr(os, "fsync", sync)
    fault.watch(happened.append)
    with hold(project):
        pass
    before = happened[: happened.index("journal.birth")]
    assert {str(project), *map(str, project.parents)} <= set(before)
    assert str(project / ".r2v") == happened[happened.index("journal.birth") + 1]


def test_a_folder_that_we_may_not_read_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was made in it by us; above a user's home there may be such."""
    real, asked = disk.sync_folder, []

    def sync(path: Path) -> None:
        asked.append(path)
        if path == tmp_path.parent:
            raise PermissionError(13, "Permission denied")
        real(path)

    monkeypatch.setattr(disk, "sync_folder", sync)
    disk.settle_folder(tmp_path)
    assert [*tmp_path.parents] == asked


def test_a_link_out_of_the_project_is_refused(project: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (project / ".r2v").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StateTrouble, match="leads out of the project") as caught:
        look(project)
    assert "R2V_STATE_DIR" in caught.value.help
    assert [] == names(tmp_path / "elsewhere")


def test_a_link_to_nowhere_is_refused_too(project: Path) -> None:
    (project / ".r2v").symlink_to("/nowhere/at/all")
    with pytest.raises(StateTrouble, match="leads out"), hold(project):
        pass


def test_a_file_in_its_place_is_refused(project: Path) -> None:
    (project / ".r2v").write_text("mine")
    with pytest.raises(StateTrouble, match="not a folder"):
        look(project)


def test_projects_that_share_a_place_do_not_share_state(project: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / "project"
    other.mkdir(parents=True)
    environ = {"R2V_STATE_DIR": str(tmp_path / "states")}
    one, two = state_dir.locate(project, environ), state_dir.locate(other, environ)
    assert one != two
    assert one.parent == two.parent == tmp_path / "states"
    with hold(project, environ=environ):
        assert not (project / ".r2v").exists()
    assert (one / "state.db").exists()


@pytest.mark.parametrize("name", ["a b?mode=rw#c%41", "наш фильм", "x\ny", "it's"])
def test_a_project_may_have_any_name(tmp_path: Path, name: str) -> None:
    """SQLite is given its file as a URI, where some of these mean something."""
    with hold(tmp_path / name) as session:
        results.derive(session.journal, "k", Blob("a" * 64, 1))
    assert look(tmp_path / name).lost("k")
    assert [name] == [path.name for path in tmp_path.iterdir()]


TABLE = """\
/dev/vda / ext4 rw 0 0
server:/data /data nfs4 rw 0 0
//pc/share /mnt/my\\040share cifs rw 0 0
/dev/vdb /data/own/local xfs rw 0 0
me@host: /mnt/ssh fuse.sshfs rw 0 0
overlay /mnt/over overlay rw 0 0
tmpfs /mnt/over tmpfs rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/srv/film", "ext4"),
        ("/data/own/film", "nfs4"),
        ("/data", "nfs4"),
        ("/database/own", "ext4"),
        ("/mnt/my share/film", "cifs"),
        ("/data/own/local/film", "xfs"),
        ("/mnt/ssh/film", "fuse.sshfs"),
        ("/mnt/over/film", "tmpfs"),
    ],
)
def test_the_file_system_is_that_of_the_deepest_mount(tmp_path: Path, path: str, kind: str) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(TABLE)
    assert kind == state_dir.filesystem(Path(path), mounts)


def test_a_system_without_a_table_is_not_refused(tmp_path: Path) -> None:
    assert "" == state_dir.filesystem(tmp_path, tmp_path / "none")
    assert state_dir.locate(tmp_path, {}, tmp_path / "none")


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "9p", "fuse.sshfs"])
def test_a_network_disk_is_refused_with_the_way_out(project: Path, tmp_path: Path, kind: str) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/vda / ext4 rw 0 0\nhost:/x {project} {kind} rw 0 0\n")
    with pytest.raises(StateTrouble, match="network disk") as caught:
        state_dir.locate(project, {}, mounts)
    assert "R2V_STATE_DIR" in caught.value.help
    assert state_dir.locate(project, {"R2V_STATE_DIR": str(tmp_path / "local")}, mounts)


def test_a_row_that_is_none_is_passed_over(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text("\nnonsense\n/dev/vda / ext4 rw 0 0\n")
    assert "ext4" == state_dir.filesystem(tmp_path, mounts)


@pytest.mark.parametrize("what", ["link", "file"])
def test_a_state_within_that_is_no_folder_of_its_own_is_refused(project: Path, tmp_path: Path, what: str) -> None:
    (project / ".r2v").mkdir()
    within = project / ".r2v" / "sandbox"
    if what == "file":
        within.write_text("mine")
    else:
        (tmp_path / "mine").mkdir()
        within.symlink_to(tmp_path / "mine")
    with pytest.raises(StateTrouble, match="is not a folder"):
        state_dir.locate(project, {}, within="sandbox")
    assert project / ".r2v" == state_dir.locate(project, {})
