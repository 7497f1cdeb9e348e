"""Rows 33 to 41: paths."""

from __future__ import annotations

import json
import os
import socket

import pytest
from ground import BOARD, HEAD, MP4, PNG, SHOT, WAV, cast, row

from r2v_pipeline.source.files import Disk, Outside, Unreadable

SECRET = b"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n"

# Every key that names a file, as a storyboard around NAME.
PLACES = {
    "image": cast("mia: {image: NAME}"),
    "video": cast("mia: {video: NAME}"),
    "voice": cast("mia: {voice: NAME}"),
    "clip": HEAD + "shots:\n  - {id: a, clip: NAME, duration: 5s}\n",
    "sound": HEAD + "shots:\n  - {id: a, prompt: b, duration: 5s, audio: {file: NAME}}\n",
    "music": BOARD + "film: {music: {file: NAME}}\n",
    "voice_over": BOARD + "film: {voice_over: {file: NAME}}\n",
    "first_frame": HEAD + "shots:\n  - {id: a, prompt: b, duration: 5s, first_frame: {image: NAME}}\n",
    "include": HEAD + "include: NAME\n" + SHOT,
    "template": HEAD + "shots:\n  - {id: a, prompt: b, duration: 5s, template: NAME}\n",
}
REFUSED = {"R2V101", "R2V201", "R2V203", "R2V206", "R2V404"}

NAMES = (
    "../outside.png",
    "a/../../outside.png",
    "/etc/hostname",
    "//host/share/x.png",
    "~/x.png",
    "~root/x.png",
    "C:\\x.png",
    "C:/x.png",
    "a\\..\\..\\outside.png",
    "file:///etc/hostname",
    "file:/etc/hostname",
    "%2e%2e/outside.png",
    "..%2foutside.png",
    "refs/\u0000x.png",
    "refs/x.png\r",
    "refs/./../../outside.png",
    ".",
    "..",
    "",
    " ",
    "x" * 5000,
    "x/" * 3000 + "x.png",
)


def named(place: str, name: str) -> str:
    """A storyboard that names a file there; JSON quotes are YAML's."""
    return PLACES[place].replace("NAME", json.dumps(name))


@row(33)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("place", PLACES)
def test_names_that_could_lead_out(ground, place, name):
    (ground.root.parent / "outside.png").write_bytes(PNG)
    answer = ground.check(named(place, name))
    assert 1 == answer.rc
    assert set(answer.codes) <= REFUSED | {"R2V001"}, answer.codes


@row(34)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", ["file", "folder", "chain", "loop"])
def test_links_that_lead_out(ground, place, kind):
    """Jinja's own loader of files follows them."""
    away = ground.root.parent / "away"
    away.mkdir()
    content = BOARD.encode() if place == "include" else b"{{ shot.prompt }}" if place == "template" else PNG
    (away / "x.png").write_bytes(content)
    folder = ground.root / ("templates" if place == "template" else "refs")
    folder.mkdir()
    link = folder / "l"
    if kind == "file":
        link.symlink_to(away / "x.png")
    elif kind == "folder":
        link.symlink_to(away)
    elif kind == "chain":
        (ground.root / "hop").symlink_to(away)
        link.symlink_to("../hop/x.png")
    else:
        link.symlink_to("l")
    name = "l/x.png" if kind == "folder" else "l"
    answer = ground.check(named(place, name if place == "template" else f"refs/{name}"))
    assert 1 == answer.rc
    assert set(answer.codes) <= REFUSED | {"R2V001"}


@row(34)
def test_a_template_includes_no_link_that_leads_out(ground):
    (ground.root.parent / "secret").write_text("the secret")
    ground.write("templates/t.j2", "{% include 'l' %}")
    (ground.root / "templates/l").symlink_to(ground.root.parent / "secret")
    answer = ground.refused(named("template", "t.j2"), "R2V404")
    assert "the secret" not in answer.out


@row(35)
@pytest.mark.parametrize("link", ["build", ".r2v", "build/s", "build/s/clips", ".r2v/blobs"])
def test_nothing_is_written_through_a_link(ground, link):
    """A pull request may bring a link where results go."""
    away = ground.root.parent / "away"
    away.mkdir()
    path = ground.root / link
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(away)
    ground.write("s.yaml", HEAD + "film: {size: 160x90, fps: 5}\nshots:\n  - {id: a, prompt: A lamp., duration: 1s}\n")
    ground.free("build", "s.yaml", "--yes")
    assert [] == sorted(path.name for path in away.rglob("*"))


@row(36)
@pytest.mark.parametrize(
    "name", ["..", "../*.yaml", "../**/*.yaml", "*/../../*.yaml", "/**/*.yaml", "sub/../../x.yaml"]
)
def test_the_root_of_includes(ground, name):
    (ground.root.parent / "x.yaml").write_text(BOARD)
    (ground.root / "sub").mkdir()
    answer = ground.check(named("include", name))
    assert (1, {"R2V206"}) == (answer.rc, set(answer.codes))


@row(36)
def test_an_included_file_has_the_root_of_its_storyboard(ground):
    """It lies deeper, and may go up to the project and no further."""
    ground.write("acts/one/more.yaml", "include: ../../base.yaml\n")
    ground.write("base.yaml", "vars: {x: 1}\n")
    ground.accepted(named("include", "acts/one/more.yaml"))
    ground.write("acts/one/more.yaml", "include: ../../../base.yaml\n")
    ground.refused(named("include", "acts/one/more.yaml"), "R2V206")


@row(37)
@pytest.mark.parametrize("where", ["file", "folder"])
def test_a_file_that_becomes_a_link_while_it_is_read(ground, where, monkeypatch):
    """Between the look at its name and the opening of it."""
    (ground.root.parent / "away").mkdir()
    (ground.root.parent / "away" / "x.png").write_bytes(b"secret")
    target = ground.write("refs/x.png", PNG)
    disk, opened = Disk(str(ground.root)), os.open

    def swapped(path, *more):
        if where == "file":
            target.unlink()
            target.symlink_to(ground.root.parent / "away" / "x.png")
        else:
            target.unlink()
            target.parent.rmdir()
            target.parent.symlink_to(ground.root.parent / "away")
        monkeypatch.setattr(os, "open", opened)
        return opened(path, *more)

    monkeypatch.setattr(os, "open", swapped)
    with pytest.raises(Unreadable):
        disk.open("refs/x.png")


@row(37)
def test_a_file_that_becomes_a_pipe_does_not_block(ground, monkeypatch):
    target = ground.write("refs/x.png", PNG)
    disk, opened = Disk(str(ground.root)), os.open

    def swapped(path, *more):
        target.unlink()
        os.mkfifo(target)
        monkeypatch.setattr(os, "open", opened)
        return opened(path, *more)

    monkeypatch.setattr(os, "open", swapped)
    with pytest.raises(Unreadable, match="not a regular file"):
        disk.open("refs/x.png")


@row(38)
@pytest.mark.parametrize("place", [place for place in PLACES if place != "template"])
@pytest.mark.parametrize("kind", ["fifo", "socket", "folder", "empty", "unreadable", "device", "proc", "sparse"])
def test_what_is_no_file(ground, place, kind, monkeypatch):
    path = ground.root / "x.yaml"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "socket":
        monkeypatch.chdir(path.parent)
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind("x.yaml")
    elif kind == "folder":
        path.mkdir()
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "proc":
        path.symlink_to("/proc/self/environ")
    else:
        path.write_bytes(PNG if kind == "sparse" else b"")
    if kind == "unreadable":
        monkeypatch.setattr(os, "open", _denied(os.open, str(path)))
    if kind == "sparse":
        os.truncate(path, 10 << 30)
    answer = ground.check(named(place, "x.yaml"))
    assert 1 == answer.rc
    assert set(answer.codes) <= REFUSED | {"R2V001", "R2V002", "R2V102"}


def _denied(opened, name):
    """Permissions stop no test that runs as root."""

    def denied(path, *more, **named):
        if path == name:
            raise PermissionError(13, "Permission denied")
        return opened(path, *more, **named)

    return denied


@row(39)
@pytest.mark.parametrize("place", ["image", "video", "voice", "clip", "sound", "music", "voice_over", "first_frame"])
@pytest.mark.parametrize(
    "content", [SECRET, b"API_KEY=0123456789\nOTHER=1\n", b"<html>\n<body>", b"#EXTM3U\nhttp://x/\n"]
)
def test_other_files_under_a_false_name(ground, place, content):
    ground.write("refs/x.png", content)
    answer = ground.refused(named(place, "refs/x.png"), "R2V203")
    assert "is no picture, video or sound" in answer.out


@row(39)
@pytest.mark.parametrize(
    "content", [b"\x7fELF" + bytes(60), b"PK\x03\x04" + bytes(60), b"x", bytes(64), b"SQLite format 3\0"]
)
def test_what_goes_to_a_provider_is_media_by_its_own_bytes(ground, content):
    ground.write("refs/x.png", content)
    text = named("image", "refs/x.png") + "defaults: {render: {provider: dashscope, model: wan2.6-r2v-flash}}\n"
    answer = ground.check(text)
    assert 1 == answer.rc
    assert "is no picture, video or sound" in answer.out


@row(39)
@pytest.mark.parametrize(
    ("place", "content"), [("image", PNG), ("video", MP4), ("voice", WAV), ("sound", WAV), ("music", WAV)]
)
def test_media_are_taken(ground, place, content):
    ground.write("refs/x.bin", content)
    ground.accepted(named(place, "refs/x.bin"))


@row(40)
@pytest.mark.parametrize(
    "name", [".env", ".git/config", "refs/.hidden.png", ".ssh/id_rsa", "./.env", "a/../.env", ".r2v/x"]
)
@pytest.mark.parametrize("place", PLACES)
def test_dot_files(ground, place, name):
    ground.write(name, PNG)
    answer = ground.check(named(place, name))
    assert (1, True) == (answer.rc, set(answer.codes) <= REFUSED)


@row(40)
@pytest.mark.parametrize("place", PLACES)
def test_links_to_dot_files(ground, place):
    """Inside the project, and still none of a storyboard's business."""
    ground.write(".env", "vars: {key: 0123456789}\n")
    folder = "templates/" if place == "template" else ""
    (ground.root / folder).mkdir(exist_ok=True)
    (ground.root / f"{folder}x.png").symlink_to(ground.root / ".env")
    answer = ground.check(named(place, "x.png"))
    assert (1, True) == (answer.rc, set(answer.codes) <= REFUSED | {"R2V001"})
    assert "0123456789" not in answer.out


@row(40)
def test_globs_find_no_dot_files(ground):
    ground.write(".hidden/x.yaml", "vars: {a: 1}\n")
    ground.write("more/.x.yaml", "vars: {a: 1}\n")
    assert (
        "matches no file" in ground.refused(named("include", "**/*.yaml").replace("**/*", "[m.]*/**/*x"), "R2V201").out
    )


@row(40)
def test_large_files_may_live_in_a_store_of_git(ground):
    """git-annex and DVC put a link where the file would be."""
    ground.write(".git/annex/objects/x", PNG)
    (ground.root / "refs").mkdir()
    (ground.root / "refs/x.png").symlink_to("../.git/annex/objects/x")
    ground.accepted(named("image", "refs/x.png"))


@row(41)
@pytest.mark.parametrize("name", ["build/s/clips/a.mp4", "build/s/film.mp4"])
def test_a_file_that_r2v_did_not_make_stays(ground, name):
    """Whatever is said then, the bytes of somebody else are still somewhere in the project."""
    ground.write(name, b"the work of a week")
    ground.write("s.yaml", HEAD + "film: {size: 160x90, fps: 5}\nshots:\n  - {id: a, prompt: A lamp., duration: 1s}\n")
    ground.free("build", "s.yaml", "--yes")
    assert [b"the work of a week"] == [
        p.read_bytes() for p in (ground.root / "build").rglob("*") if p.is_file() and p.stat().st_size == 18
    ]


@row(41)
def test_two_shots_never_share_a_clip(ground):
    """Part 2 of shot `a` is `a.2`, which no id can be; ids are of one case."""
    assert 1 == ground.check(HEAD + "shots:\n  - {id: a.2, prompt: b, duration: 1s}\n").rc
    assert 1 == ground.check(HEAD + "shots:\n  - {id: A, prompt: b, duration: 1s}\n").rc


@row(33, 40)
def test_the_root_of_a_disk_is_no_file(ground):
    disk = Disk(str(ground.root))
    for name in ("", ".", "/"):
        with pytest.raises((Unreadable, Outside)):
            disk.check(name)
