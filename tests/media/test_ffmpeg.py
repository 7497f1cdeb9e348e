"""Which ffmpeg, and what happens when it misbehaves.  The programs that misbehave are shell scripts."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import ffmpeg as graphs
import pytest

from r2v_pipeline.errors import MediaTrouble
from r2v_pipeline.media import ffmpeg
from r2v_pipeline.media.ffmpeg import Ffmpeg, Missing, file_url, part_of, run, source

Script = Callable[..., str]
ALONE = pytest.mark.usefixtures("alone")


@pytest.fixture
def script(tmp_path: Path) -> Script:
    """Makes a program out of lines of shell."""

    def make(*lines: str, name: str = "ffmpeg") -> str:
        path = tmp_path / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(("#!/bin/sh", *lines, "")))
        path.chmod(0o755)
        return str(path)

    return make


def says(version: str, *more: str) -> tuple[str, ...]:
    """The lines of a program that tells a version."""
    return (f"echo 'ffmpeg version {version} Copyright'", "echo 'configuration: --enable-gpl --enable-libx264'", *more)


@pytest.fixture(name="alone")
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine whose PATH holds only what the test put there."""
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin")


@ALONE
def test_pips_ffmpeg_serves_where_there_is_none() -> None:
    found = ffmpeg.find()
    assert "imageio-ffmpeg" == found.origin
    assert (5, 1, 0) <= found.version


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("99.1", (99, 1, 0)),
        ("n99.1.2-3-gabc", (99, 1, 2)),
        ("99.0.1-0+deb12u1", (99, 0, 1)),
    ],
)
@ALONE
def test_a_newer_one_on_path_is_preferred(script: Script, version: str, expected: tuple[int, ...]) -> None:
    path = script(*says(version))
    assert (path, expected, version, "PATH") == ffmpeg.find()


@pytest.mark.parametrize(
    "lines", [says("5.1.0"), says("4.4"), ("exit 1",), ("echo hello",), ("echo 'ffmpeg version 99.1'",)]
)
@ALONE
def test_an_older_or_broken_one_or_one_without_x264_is_not(script: Script, lines: tuple[str, ...]) -> None:
    script(*lines)
    assert "imageio-ffmpeg" == ffmpeg.find().origin


@pytest.mark.parametrize(
    ("library", "expected"), [("59. 18.100", None), ("59. 37.100", (5, 1, 0)), ("62. 11.100", (8, 0, 0))]
)
def test_a_build_from_git_is_dated_by_its_library(script: Script, library: str, expected) -> None:
    found = ffmpeg.inspect(script(*says("N-1234-gabcdef", f"echo 'libavcodec     {library}'")), "PATH")
    assert expected == (found.version if found else None)


@ALONE
def test_the_variable_decides(monkeypatch: pytest.MonkeyPatch, script: Script) -> None:
    script(*says("99.1"))
    path = script(*says("6.0"), name="mine")
    monkeypatch.setenv("R2V_FFMPEG", path)
    assert (path, "R2V_FFMPEG") == (ffmpeg.find().path, ffmpeg.find().origin)


@pytest.mark.parametrize("value", ["/nowhere/ffmpeg", "nothing-of-this-name"])
def test_a_wrong_variable_is_an_error_not_a_hint(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("R2V_FFMPEG", value)
    with pytest.raises(Missing, match=value):
        ffmpeg.find()


@ALONE
def test_none_at_all_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", "/nowhere/ffmpeg")
    with pytest.raises(Missing) as caught:
        ffmpeg.find()
    assert "imageio-ffmpeg" in caught.value.help


def graph(source_file: Path, target: Path, **options: object):
    return graphs.output(source(source_file)["v:0"], file_url(part_of(target)), **{"c": "copy", "f": "mp4", **options})


def test_it_runs_tells_its_progress_and_leaves_only_the_result(clip: Path, tmp_path: Path) -> None:
    heard: list[float] = []
    run(ffmpeg.find(), graph(clip, tmp_path / "x.mp4"), tmp_path / "x.mp4", seconds=2.0, report=heard.append)
    assert ["x.mp4"] == [p.name for p in tmp_path.iterdir()]
    assert 1.0 == pytest.approx(heard[-1], abs=0.1)


@pytest.mark.parametrize(
    "name", ["http:x.mp4", "-y.mp4", "a%03d.mp4", "it's \n x.mp4", "concat:a|b.mp4", "\udce9\U0010ffe9.mp4"]
)
def test_a_name_is_only_a_name(clip: Path, tmp_path: Path, name: str) -> None:
    inside, out = tmp_path / "in" / name, tmp_path / "out" / name
    for folder in (inside.parent, out.parent):
        folder.mkdir()
    inside.write_bytes(clip.read_bytes())
    run(ffmpeg.find(), graph(inside, out), out)
    assert [name] == [p.name for p in out.parent.iterdir()]


def test_a_playlist_opens_nothing_else(tmp_path: Path) -> None:
    """Any demuxer may be chosen by content here, and still nothing but files is opened."""
    playlist = tmp_path / "x.mp4"
    playlist.write_text("ffconcat version 1.0\nfile 'http://localhost/x.mp4'\n")
    with pytest.raises(MediaTrouble, match="ffmpeg failed"):
        run(ffmpeg.find(), graph(playlist, tmp_path / "y.mp4"), tmp_path / "y.mp4")


def misbehaving(path: str) -> Ffmpeg:
    return Ffmpeg(path, (9, 0, 0), "test", "test")


def test_its_last_words_are_in_the_error(clip: Path, tmp_path: Path, script: Script) -> None:
    """And 200 kB on its error channel block nothing."""
    program = misbehaving(script("head -c 200000 /dev/zero | tr '\\0' x >&2", "echo 'no such codec' >&2", "exit 3"))
    with pytest.raises(MediaTrouble, match=r"status 3.*no such codec") as caught:
        run(program, graph(clip, tmp_path / "y.mp4"), tmp_path / "y.mp4")
    assert 3000 > len(caught.value.message)


def test_success_without_a_result_is_no_success(clip: Path, tmp_path: Path, script: Script) -> None:
    with pytest.raises(MediaTrouble, match="wrote nothing"):
        run(misbehaving(script("exit 0")), graph(clip, tmp_path / "y.mp4"), tmp_path / "y.mp4")


def test_one_that_cannot_start_is_missing(clip: Path, tmp_path: Path) -> None:
    with pytest.raises(Missing, match="cannot be started"):
        run(misbehaving("/nowhere/ffmpeg"), graph(clip, tmp_path / "y.mp4"), tmp_path / "y.mp4")


def test_a_graph_that_writes_elsewhere_is_a_mistake(clip: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="does not write"):
        run(ffmpeg.find(), graph(clip, tmp_path / "other.mp4"), tmp_path / "y.mp4")


# A program that leaves half a file and a child, tells both process ids, and then does nothing.
HANGING = ('echo half > "$PART"', 'sleep 600 & echo $$ $! > "$PIDS"', "echo out_time_us=100", "wait")


@pytest.mark.parametrize("how", ["stalls", "interrupted"])
def test_nobody_is_left_behind(
    clip: Path, tmp_path: Path, script: Script, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    pids, target = tmp_path / "pids", tmp_path / "y.mp4"
    monkeypatch.setenv("PIDS", str(pids))
    monkeypatch.setenv("PART", str(part_of(target)))

    def heard(_: float) -> None:
        if how == "interrupted":
            raise KeyboardInterrupt

    program = misbehaving(script(*HANGING))
    with pytest.raises((MediaTrouble, KeyboardInterrupt)) as caught:
        run(program, graph(clip, target), target, seconds=1.0, report=heard, stall_s=0.5)
    assert {"stalls": MediaTrouble, "interrupted": KeyboardInterrupt}[how] is caught.type
    assert [] == [pid for pid in map(int, pids.read_text().split()) if alive(pid)]
    assert ["bin", "pids"] == sorted(p.name for p in tmp_path.iterdir())


def alive(pid: int) -> bool:
    """Whether a process runs; one that has just been killed gets a moment to go."""
    for _ in range(100):
        try:
            os.kill(pid, 0)
            with open(f"/proc/{pid}/stat") as stat:
                if stat.read().rpartition(")")[2].split()[0] == "Z":
                    return False
        except (ProcessLookupError, FileNotFoundError):
            return False
        time.sleep(0.02)
    return True
