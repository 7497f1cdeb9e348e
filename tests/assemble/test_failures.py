"""When something is wrong nothing half-made is left, and what was there stays."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from boards import board, draw_card, shot
from making import make_clip

from r2v_pipeline.assemble import cutting, join
from r2v_pipeline.assemble.conform import OWN
from r2v_pipeline.assemble.film import assemble
from r2v_pipeline.errors import DiskTrouble, MediaTrouble
from r2v_pipeline.media.ffmpeg import Ffmpeg, Missing
from r2v_pipeline.media.pyav import check_clip

ODD = shot("a", 2000, trim=(500, 1500))


@pytest.fixture
def older(out: Path) -> dict[str, bytes]:
    """The film of an earlier build."""
    out.mkdir(parents=True)
    files = {"film.mp4": b"older film", "film.srt": b"older captions", "poster.jpg": b"older poster"}
    for name, data in files.items():
        (out / name).write_bytes(data)
    return files


def left(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in out.iterdir()}


def test_no_ffmpeg(clips, out, tmp_path, monkeypatch, older) -> None:
    monkeypatch.setenv("R2V_FFMPEG", str(tmp_path / "ffmpeg"))
    with pytest.raises(Missing):
        assemble(board(shot("a", 2000)), clips, out, pieces=tmp_path / "p", draw_card=draw_card)
    assert older == left(out)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"<!DOCTYPE html><html>Not found</html>", "neither picture"),
        (b"", "neither picture"),
        (None, "No such file"),
    ],
)
def test_what_is_no_clip(joined, clips, tmp_path, out, older, data, words) -> None:
    path = tmp_path / "bad.mp4"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(MediaTrouble, match=words):
        joined(board(shot("a", 2000), shot("bad", 2000)), {**clips, "bad": path})
    assert older == left(out)


@pytest.mark.parametrize("kept", [0.4, 0.95])
def test_a_clip_that_is_cut_off(joined, clips, tmp_path, out, older, kept) -> None:
    """Copied or encoded, ffmpeg would play what is there and report success."""
    whole = clips["a"].read_bytes()
    path = tmp_path / "bad.mp4"
    path.write_bytes(whole[: int(len(whole) * kept)])
    with pytest.raises(MediaTrouble, match=r"bad\.mp4"):
        joined(board(shot("a", 2000), shot("bad", 2000)), {**clips, "bad": path})
    assert older == left(out)


def test_a_shot_without_a_clip_and_a_film_of_nothing(joined, clips) -> None:
    with pytest.raises(MediaTrouble, match="no clip for shot 'b'"):
        joined(board(shot("a", 2000), shot("b", 2000)), {"a": clips["a"]})
    with pytest.raises(MediaTrouble, match="nothing to join"):
        joined(board(), {})


def test_ffmpeg_fails_while_joining(joined, clips, tmp_path, out, older) -> None:
    script = tmp_path / "ffmpeg"
    script.write_text("#!/bin/sh\necho 'Conversion failed!' >&2\nexit 1\n")
    script.chmod(0o755)
    with pytest.raises(MediaTrouble, match="Conversion failed!"):
        joined(board(shot("a", 2000)), clips, ffmpeg=Ffmpeg(str(script), (9, 0, 0), "broken", "test"))
    assert older == left(out)


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (("-frames:v", "50"), "50 frames instead of 60"),
        (("-t", "1.5"), "samples of sound instead of 96000"),
        (("-c:v", "libx264"), "not byte for byte"),
        (("-itsoffset", "0.5"), "start"),
        (("-movflags", "0"), "index"),
    ],
)
def test_a_film_that_is_not_what_was_asked_for(joined, clips, out, older, program, tmp_path, harm, words) -> None:
    """ffmpeg that does something else and reports success: each option is slipped in where it does its harm."""
    place = 1 if harm[0] == "-itsoffset" else "$#"
    script = tmp_path / "ffmpeg"
    body = [
        "#!/bin/bash",
        'args=("$@")',
        'for i in "${!args[@]}"; do case "${args[i]}" in file:*.part.mp4) out=$i;; -i) : ${first:=$i};; esac; done',
        f"at={'$((first - 6))' if place == 1 else '$out'}",
        f'exec {program.path} "${{args[@]:0:at}}" {" ".join(harm)} "${{args[@]:at}}"',
    ]
    script.write_text("\n".join(body) + "\n")
    script.chmod(0o755)
    with pytest.raises(MediaTrouble, match=words):
        joined(board(shot("a", 2000), chapters=False), clips, ffmpeg=program._replace(path=str(script)))
    assert older == left(out)


def test_a_piece_of_the_wrong_length(joined, clips, out, older, program, tmp_path) -> None:
    script = tmp_path / "ffmpeg"
    script.write_text(f'#!/bin/bash\nexec {program.path} "${{@/end_frame=45/end_frame=40}}"\n')
    script.chmod(0o755)
    with pytest.raises(MediaTrouble, match="something else than 30 frames"):
        joined(board(ODD), clips, ffmpeg=program._replace(path=str(script)), pieces=tmp_path / "p")
    assert (older, []) == (left(out), list((tmp_path / "p").iterdir()))


@contextmanager
def full_disk(after: int) -> Iterator[None]:
    """No file may grow beyond so many bytes; ffmpeg inherits the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (after, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize(
    ("after", "storyboard"),
    [(8_000, board(shot("a", 2000))), (200_000, board(shot("a", 2000))), (8_000, board(ODD))],
    ids=["packets", "sound", "a piece"],
)
def test_a_full_disk(joined, clips, out, older, tmp_path, after, storyboard) -> None:
    pieces = tmp_path / "p"
    with full_disk(after), pytest.raises((DiskTrouble, MediaTrouble)):
        joined(storyboard, clips, pieces=pieces)
    assert older == left(out)
    assert [] == ([path.name for path in pieces.iterdir()] if pieces.exists() else [])


def test_an_output_folder_that_is_a_file(joined, clips, out) -> None:
    out.parent.mkdir(parents=True)
    out.write_bytes(b"")
    with pytest.raises(DiskTrouble, match="holiday"):
        joined(board(shot("a", 2000)), clips)


@pytest.mark.parametrize("when", ["a piece", "the film", "the card", "the picture is copied"])
def test_an_interrupt_leaves_nothing(joined, clips, out, older, tmp_path, monkeypatch, when) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    options: dict[str, object] = {"pieces": tmp_path / "p"}
    storyboard = board(ODD, shot("b", 2000, card=("x", 500)))
    if when == "the card":
        options["draw_card"] = interrupt
    elif when == "the picture is copied":
        monkeypatch.setattr(join, "stitch", interrupt)
    else:
        level = 0.0 if when == "a piece" else 0.8
        options["report"] = lambda fraction: interrupt() if fraction > level else None
    before = _children()
    with pytest.raises(KeyboardInterrupt):
        joined(storyboard, clips, **options)
    assert older == left(out)
    assert [] == [path.name for path in (tmp_path / "p").glob("*") if ".part" in path.name or path.suffix == ".rgb"]
    assert set() == _children() - before


def _children() -> set[str]:
    """The processes that this one started and that still run; a test before may have left one that lasts."""
    listed = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    return set(listed.read_text().split()) if listed.exists() else set()


def test_what_a_killed_build_left_is_swept(joined, clips, out) -> None:
    stale = out / ".joining-abc"
    stale.mkdir(parents=True)
    (stale / "sound.pcm").write_bytes(b"x")
    joined(board(shot("a", 2000)), clips)
    assert ["film.mp4", "poster.jpg"] == sorted(left(out))


def test_parameter_sets_that_differ_are_never_mixed(joined, clips, tmp_path, monkeypatch) -> None:
    """Should a style's sample ever match clips whose pieces then do not, the film is refused, not broken."""
    monkeypatch.setattr(cutting, "_matching_style", lambda *_: OWN["ultrafast"])
    with pytest.raises(MediaTrouble, match="cannot stand in one track"):
        joined(board(ODD, shot("b", 2000)), clips, pieces=tmp_path)


def test_a_good_film_after_a_bad_try(joined, out, tmp_path) -> None:
    with pytest.raises(MediaTrouble):
        joined(board(shot("a", 2000)), {"a": tmp_path / "x.mp4"})
    joined(board(shot("a", 2000)), {"a": make_clip(tmp_path / "x.mp4")})
    assert 60 == check_clip(out / "film.mp4").frames
