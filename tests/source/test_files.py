"""Paths that a storyboard may name, and those it may not."""

from __future__ import annotations

import os

import pytest

from r2v_pipeline.source.document import load
from r2v_pipeline.source.files import Disk, Missing, Outside, Unreadable, check_media, join, project_root
from r2v_pipeline.source.globs import Glob, fixed_folder


@pytest.mark.parametrize(
    ("base", "name", "expected"),
    [
        ("", "refs/mia.png", "refs/mia.png"),
        ("a/b", "../c.png", "a/c.png"),
        ("a", "./x/./y.png", "a/x/y.png"),
        ("a/b", "../../c.png", "c.png"),
        ("", "日本/猫 1.png", "日本/猫 1.png"),
    ],
)
def test_join(base, name, expected):
    assert expected == join(base, name)


@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "a/../../x",
        "/etc/passwd",
        "~/x",
        "C:/x",
        "a\\b",
        "file:///etc/passwd",
        "x\0y",
        ".env",
        ".git/config",
        "a/.hidden",
    ],
)
def test_join_refuses_what_could_lead_out(name):
    with pytest.raises(Outside):
        join("", name)


def test_a_link_out_of_the_project_is_not_followed(tmp_path):
    (tmp_path / "secret").write_text("x")
    project = tmp_path / "project"
    project.mkdir()
    (project / "link.png").symlink_to(tmp_path / "secret")
    (project / "inside.png").write_text("y")
    (project / "alias.png").symlink_to(project / "inside.png")
    disk = Disk(str(project))
    with pytest.raises(Outside):
        disk.check("link.png")
    disk.check("alias.png")


def test_only_regular_files(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    disk = Disk(str(tmp_path))
    with pytest.raises(Missing):
        disk.check("nothing")
    for name in ("pipe", "folder"):
        with pytest.raises(Unreadable):
            disk.check(name)


def test_project_root_is_the_nearest_folder_with_state_or_git(tmp_path):
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    assert str(deep) == project_root(str(deep / "s.yaml"))
    (tmp_path / "a" / ".r2v").mkdir()
    assert str(tmp_path / "a") == project_root(str(deep / "s.yaml"))
    (deep / ".git").write_text("gitdir: elsewhere")
    assert str(deep) == project_root(str(deep / "s.yaml"))


@pytest.mark.parametrize(
    ("glob", "path", "expected"),
    [
        ("scenes/*.yaml", "scenes/a.yaml", True),
        ("scenes/*.yaml", "scenes/x/a.yaml", False),
        ("scenes/**/*.yaml", "scenes/x/y/a.yaml", True),
        ("scenes/**/*.yaml", "scenes/a.yaml", True),
        ("s?.yaml", "s1.yaml", True),
        ("s[0-9].yaml", "s1.yaml", True),
        ("s[!0-9].yaml", "s1.yaml", False),
        ("a.yaml", "aXyaml", False),
        ("s[[].yaml", "s[.yaml", True),
        ("s[z-a].yaml", "s[z-a].yaml", True),
        ("s[].yaml", "s[].yaml", True),
    ],
)
def test_globs(glob, path, expected):
    assert expected == Glob(glob).matches(path)


def test_includes_join_in_order_before_the_file_itself(tmp_path):
    (tmp_path / "b.yaml").write_text("shots: []\n")
    (tmp_path / "scenes").mkdir()
    (tmp_path / "scenes" / "2.yaml").write_text("shots: []\n")
    (tmp_path / "scenes" / "1.yaml").write_text("include: ../b.yaml\n")
    (tmp_path / "s.yaml").write_text("r2v: 1\ninclude: [scenes/*.yaml, b.yaml]\n")
    document, found = load(Disk(str(tmp_path)), "s.yaml")
    assert () == found
    assert document is not None
    assert ["b.yaml", "scenes/1.yaml", "scenes/2.yaml", "s.yaml"] == [part.path for part in document.parts]


def test_a_file_that_is_not_utf8_names_the_place(tmp_path):
    (tmp_path / "s.yaml").write_bytes("r2v: 1\ntitle: caf\u00e9\n".encode("latin-1"))
    document, (found,) = load(Disk(str(tmp_path)), "s.yaml")
    assert document is None
    assert ("R2V001", 2, 11) == (found.code, found.span.line, found.span.column)


def test_the_folder_that_a_glob_begins_with():
    assert ["", "scenes", "a/b"] == [fixed_folder(glob) for glob in ("*.yaml", "scenes/*.yaml", "a/b/c[12]/*.yaml")]


@pytest.mark.parametrize(
    ("content", "sent", "problem"),
    [
        (b"\x89PNG\r\n\x1a\n", True, ""),
        (b"", False, "is empty"),
        (b"version https://git-lfs.github.com/spec/v1\n", False, "is a Git LFS pointer and not the file"),
        (b"A=1\nB=2\n", False, "is no picture, video or sound"),
        (b"x", False, ""),
        (b"x", True, "is no picture, video or sound"),
    ],
)
def test_media_by_their_content(tmp_path, content, sent, problem):
    (tmp_path / "x.png").write_bytes(content)
    said = ""
    try:
        check_media(Disk(str(tmp_path)), "x.png", "image", sent=sent)
    except Unreadable as why:
        said = str(why)
    assert said.startswith(problem)
    assert bool(said) is bool(problem)


def test_a_walk_lists_regular_files_in_order(tmp_path):
    """A pipe called `x.yaml` would be opened, and waited for."""
    for name in ("b/2.yaml", "b/1.yaml", "a.yaml", ".hidden/x.yaml", "b/c/3.yaml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "link.yaml").symlink_to(tmp_path / "a.yaml")
    (tmp_path / "folder").symlink_to(tmp_path / "b")
    disk = Disk(str(tmp_path))
    assert ["a.yaml", "link.yaml", "b/1.yaml", "b/2.yaml", "b/c/3.yaml"] == list(disk.walk(""))
    assert ["b/1.yaml", "b/2.yaml", "b/c/3.yaml"] == list(disk.walk("b"))
    assert [] == list(disk.walk("nowhere"))
