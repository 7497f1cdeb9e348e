"""The files of a commit: what Disk says of the checked-out tree, Revision says of Git's objects."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from repos import BOARD, REFS, Repo, git

from r2v_pipeline.source.files import Disk, Files, Unreadable
from r2v_pipeline.source.git import around
from r2v_pipeline.source.objects import Objects
from r2v_pipeline.source.revision import Revision


@pytest.fixture
def at(repo: Repo) -> Iterator[Callable[..., Revision]]:
    """The files of HEAD; `folder` is the project's, where it is not the whole repository."""
    opened: list[Objects] = []

    def revision(folder: str = "") -> Revision:
        opened.append(Objects(around(str(repo.root))))
        commit = repo.git("rev-parse", "HEAD")
        return Revision(opened[-1], commit, name="HEAD", root=str(repo.root / folder), folder=folder)

    yield revision
    for objects in opened:
        objects.close()


def told(files: Files, path: str) -> bytes | None:
    """What a path gives: its bytes, or nothing."""
    try:
        files.check(path)
        with files.open(path) as stream:
            return stream.read()
    except Unreadable:
        return None


def test_a_commit_reads_as_its_checkout(repo: Repo, at) -> None:
    repo.write("refs/deep/er/x.txt", "deep")
    repo.write(".hidden", "secret")
    (repo.root / "refs" / "link.png").symlink_to("gift.png")
    (repo.root / "refs" / "up.txt").symlink_to("../film.yaml")
    (repo.root / "folder").symlink_to("refs/deep")
    (repo.root / "out").symlink_to("/etc/hostname")
    (repo.root / "broken").symlink_to("nothing")
    (repo.root / "one").symlink_to("two")
    (repo.root / "two").symlink_to("one")
    (repo.root / "sneaky.png").symlink_to(".hidden")
    (repo.root / "self").symlink_to(".")
    repo.write("ünï côde.txt", "names")
    repo.commit()
    disk, revision = Disk(str(repo.root)), at()
    paths = "film.yaml refs refs/gift.png refs/link.png refs/up.txt folder folder/er/x.txt folder/er out broken one"
    paths += " sneaky.png self self/film.yaml self/self/refs/link.png film.yaml/x refs/nothing .hidden"
    for path in (*paths.split(), "ünï côde.txt"):
        assert told(disk, path) == told(revision, path), path
    assert list(disk.walk("")) == list(revision.walk(""))
    assert list(disk.walk("refs")) == list(revision.walk("refs"))
    assert list(disk.walk("nothing")) == list(revision.walk("nothing"))


NAMES = st.sampled_from(["a", "b", "c.yaml", ".d"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    files=st.dictionaries(PATHS, st.binary(max_size=20), max_size=6), links=st.dictionaries(PATHS, PATHS, max_size=4)
)
def test_any_tree_reads_as_its_checkout(files, links, tmp_path: Path) -> None:
    root = tmp_path / "any"
    shutil.rmtree(root, ignore_errors=True)
    repo = Repo(root)
    for path, data in files.items():
        if not any(parent in files for parent in map(str, Path(path).parents)) and not (root / path).is_dir():
            repo.write(path, data)
    for path, target in links.items():
        here = root / path
        if here.parent.is_dir() and not os.path.lexists(here):
            here.symlink_to(target)
    commit = repo.commit()
    disk = Disk(str(root))
    with Objects(around(str(root))) as objects:
        revision = Revision(objects, commit, name="HEAD", root=str(root), folder="")
        for path in {*files, *links, "a/b", "a/a/c.yaml", "b"}:
            assert told(disk, path) == told(revision, path), path
        assert list(disk.walk("")) == list(revision.walk(""))


def test_what_is_read_is_the_commit_and_not_the_disk(repo: Repo, at) -> None:
    repo.write("film.yaml", "changed")
    (repo.root / "refs" / "gift.png").unlink()
    revision = at()
    assert BOARD.encode() == revision.text("film.yaml")
    gift = (REFS / "gift.png").read_bytes()
    assert sha256(gift).hexdigest() == revision.digest("refs/gift.png")
    assert gift == Path(revision.place("refs/gift.png")).read_bytes()


def test_copies_are_gone_when_the_objects_are_closed(repo: Repo) -> None:
    with Objects(around(str(repo.root))) as objects:
        commit = repo.git("rev-parse", "HEAD")
        place = Path(Revision(objects, commit, name="HEAD", root=str(repo.root), folder="").place("refs/gift.png"))
        assert repo.root not in place.parents
    assert not place.parent.exists()


def test_a_project_may_be_a_folder_of_the_repository(at) -> None:
    revision = at("refs")
    assert ["gift.png", "lantern.png"] == list(revision.walk(""))
    assert told(revision, "film.yaml") is None


def test_a_submodule_is_read_at_its_commit(repo: Repo, at, tmp_path: Path) -> None:
    art = Repo(tmp_path / "art")
    art.write("lamp.txt", "first")
    art.commit()
    repo.git("submodule", "--quiet", "add", str(art.root), "art")
    repo.commit()
    art.write("lamp.txt", "second")
    art.commit()
    git(repo.root / "art", "pull", "--quiet", "origin", "main")
    assert b"second" == (repo.root / "art" / "lamp.txt").read_bytes()
    assert b"first" == at().text("art/lamp.txt")
    assert ["art/lamp.txt"] == [path for path in at().walk("") if path.startswith("art/")]


def test_a_submodule_that_is_not_checked_out(repo: Repo, at, tmp_path: Path) -> None:
    art = Repo(tmp_path / "art")
    art.write("lamp.txt", "first")
    art.commit()
    repo.git("submodule", "--quiet", "add", str(art.root), "art")
    repo.commit()
    repo.git("submodule", "--quiet", "deinit", "--force", "art")
    with pytest.raises(Unreadable, match="git submodule update --init"):
        at().check("art/lamp.txt")
    assert ["film.yaml", "refs/gift.png", "refs/lantern.png"] == list(at().walk(""))


def pointer(digest: str) -> str:
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize 12345\n"


def test_a_pointer_is_known_by_its_digest(repo: Repo, at) -> None:
    repo.write("refs/gift.png", pointer("ab" * 32))
    repo.commit()
    revision = at()
    assert "ab" * 32 == revision.digest("refs/gift.png")
    assert revision.by_digest("refs/gift.png")
    assert not revision.by_digest("refs/lantern.png")
    with pytest.raises(Unreadable, match="git lfs fetch origin"):
        revision.open("refs/gift.png")
    assert ["refs/gift.png"] == list(revision.apart)


def test_the_file_of_a_pointer_is_read_where_it_was_fetched(repo: Repo, at) -> None:
    data = (REFS / "gift.png").read_bytes()
    digest = sha256(data).hexdigest()
    repo.write(f".git/lfs/objects/{digest[:2]}/{digest[2:4]}/{digest}", data)
    repo.write("refs/gift.png", pointer(digest))
    repo.commit()
    revision = at()
    assert data == told(revision, "refs/gift.png")
    assert digest == revision.digest("refs/gift.png")
    assert {} == revision.apart


def test_a_file_of_git_annex(repo: Repo, at) -> None:
    kept = ".git/annex/objects/aa/bb/KEY/KEY"
    repo.write(kept, b"the bytes")
    (repo.root / "refs" / "big.bin").symlink_to(f"../{kept}")
    (repo.root / "refs" / "gone.bin").symlink_to("../.git/annex/objects/aa/bb/GONE/GONE")
    repo.commit()
    assert b"the bytes" == told(at(), "refs/big.bin")
    with pytest.raises(Unreadable, match="git annex get"):
        at().check("refs/gone.bin")


def test_a_file_that_git_ignores_stands_for_itself(repo: Repo, at) -> None:
    """People keep large references out of Git: without this no revision of theirs could be compared."""
    repo.write(".gitignore", "*.mp4\n")
    repo.commit()
    repo.write("refs/mia.mp4", b"film")
    repo.write("refs/other.png", b"forgotten")
    revision = at()
    assert b"film" == told(revision, "refs/mia.mp4")
    assert ["refs/mia.mp4"] == list(revision.apart)
    with pytest.raises(Unreadable, match="is not in Git at HEAD, although it is on disk"):
        revision.check("refs/other.png")


def test_a_text_that_git_ignores_is_not_read(repo: Repo, at) -> None:
    repo.write(".gitignore", "local.yaml\n")
    repo.commit()
    repo.write("local.yaml", "vars: {}\n")
    with pytest.raises(Unreadable, match="is not in Git at HEAD"):
        at().text("local.yaml")
