"""Clips that do not fit together.  ffmpeg joins every one of these with exit status 0, and gets most of them wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from boards import CARD_COLOUR, board, shot
from making import beeps, convert, flashes, frame_hashes, make_clip, turn
from PIL import Image

from r2v_pipeline.media.boxes import probe
from r2v_pipeline.media.pyav import decode_frame

FRAME = 1600  # samples at 30 fps


class Odd(NamedTuple):
    """A variant of a good clip: how it is made, and whether its picture can be copied all the same."""

    make: Callable[[Path, Path], Path]
    copied: bool
    beeps: bool = True


def variant(*options: str, suffix: str = ".mp4") -> Callable[[Path, Path], Path]:
    return lambda clip, folder: convert(clip, folder / f"odd{suffix}", *options)


def written(**options) -> Callable[[Path, Path], Path]:
    fps = options.get("fps", 30)
    return lambda _, folder: make_clip(folder / "odd.mp4", 2 * fps, seed=9, **options)


JITTER = ("-vf", "setpts=PTS+mod(N\\,3)*0.004/TB", "-fps_mode", "vfr", "-enc_time_base", "1/1000")
ODD = {
    "nothing odd": Odd(variant("-c", "copy"), True),
    "sound at 44.1 kHz": Odd(variant("-c:v", "copy", "-ar", "44100"), True),
    "mono": Odd(variant("-c:v", "copy", "-ac", "1"), True),
    "5.1": Odd(variant("-c:v", "copy", "-ac", "6"), True),
    "mp3": Odd(variant("-c:v", "copy", "-c:a", "libmp3lame"), True),
    "shorter sound": Odd(variant("-c:v", "copy", "-af", "atrim=end=1.85"), True),
    "longer sound": Odd(variant("-c:v", "copy", "-af", "apad=whole_dur=2.4"), True),
    "no sound": Odd(variant("-c", "copy", "-an"), True, beeps=False),
    "another time scale": Odd(variant("-c", "copy", "-video_track_timescale", "90000"), True),
    "index at the end": Odd(variant("-c", "copy", "-movflags", "0"), True),
    "24 fps": Odd(written(fps=24), False),
    "25 fps": Odd(written(fps=25), False),
    "60 fps": Odd(written(fps=60), False),
    "another preset": Odd(written(preset="ultrafast"), False),
    "larger": Odd(written(size=(320, 180)), False),
    "4:3": Odd(written(size=(120, 90)), False),
    "upright": Odd(written(size=(90, 160)), False),
    "no B-frames": Odd(variant("-c:v", "libx264", "-bf", "0"), False),
    "main profile": Odd(variant("-c:v", "libx264", "-profile:v", "main"), False),
    "4:4:4": Odd(variant("-c:v", "libx264", "-pix_fmt", "yuv444p"), False),
    "pixels not square": Odd(variant("-vf", "setsar=4/3"), False),
    "turned": Odd(lambda clip, folder: turn(clip, folder / "odd.mp4", 90), False),
    "HEVC": Odd(variant("-c:v", "libx265", "-x265-params", "log-level=none", "-tag:v", "hvc1"), False),
    "MPEG-4": Odd(variant("-c:v", "mpeg4"), False),
    "uneven times": Odd(variant(*JITTER), False),
    "Matroska": Odd(variant("-c", "copy", suffix=".mkv"), False),
    "WebM": Odd(variant("-c:v", "libvpx", "-b:v", "1M", "-c:a", "libopus", suffix=".webm"), False),
    "fragments": Odd(variant("-c", "copy", "-movflags", "frag_keyframe+empty_moov"), False),
}


@pytest.mark.parametrize("name", ODD)
def test_the_odd_one_is_heard_and_seen_in_its_place(joined, clips, tmp_path, name: str) -> None:
    """[good, odd, good]: the film's length is exact, and each flash meets its beep within one frame."""
    odd = ODD[name]
    every = {**clips, "odd": odd.make(clips["b"], tmp_path)}
    film = joined(board(*(shot(id, 2000) for id in ("a", "odd", "c")), size=(160, 90)), every)
    assert (180, 6000, 0 if odd.copied else 60) == (film.frames, film.duration_ms, film.encoded)
    found = probe(film.path)
    assert (180, (30, 1), True, 6 * 48000) == (found.frames, found.fps, found.cfr, found.audio.duration)
    seen = flashes(film.path)
    assert [30, 150] == [n for n in seen if not 60 <= n < 120]
    expected = [48000 + 96000 * n for n in range(3) if odd.beeps or n != 1]
    assert expected == pytest.approx(beeps(film.path), abs=FRAME)
    shown = [n for n in seen if 60 <= n < 120]
    # Black borders keep a clip of another shape from turning all white.
    if name not in ("4:3", "upright", "pixels not square", "turned"):
        assert shown
        assert all(abs(n - 90) <= 1 for n in shown)
    hashes = frame_hashes(film.path)
    assert [hashes[:60], hashes[120:]] == [frame_hashes(clips[n]) for n in "ac"]


def test_the_first_clip_without_sound_takes_no_other_clips_sound(joined, clips, tmp_path) -> None:
    silent = convert(clips["a"], tmp_path / "x.mp4", "-c", "copy", "-an")
    film = joined(board(shot("x", 2000), shot("b", 2000)), {"x": silent, "b": clips["b"]})
    assert [96000 + 48000] == pytest.approx(beeps(film.path), abs=24)


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("-preset", "slow", "-crf", "18", "-tune", "film"),
        ("-preset", "veryfast", "-b:v", "1M"),
        ("-profile:v", "baseline"),
        ("-tune", "zerolatency", "-crf", "27"),
        ("-qp", "24"),
        ("-vf", "setsar=1", "-level", "4.1"),
        ("-colorspace", "smpte170m", "-color_primaries", "smpte170m", "-color_trc", "smpte170m"),
    ],
    ids=" ".join,
)
def test_a_card_between_bought_clips_is_encoded_as_they_were(joined, clips, tmp_path, options) -> None:
    """So that one card does not cost encoding the whole film."""
    theirs = {n: convert(clips[n], tmp_path / f"{n}.mp4", "-c:v", "libx264", *options) for n in "ab"}
    film = joined(board(shot("a", 2000, card=("x", 500)), shot("b", 2000)), theirs)
    assert (135, 15) == (film.frames, film.encoded)
    hashes = frame_hashes(film.path)
    assert [hash for n in "ab" for hash in frame_hashes(theirs[n])] == hashes[15:]
    assert CARD_COLOUR == pytest.approx(decode_frame(film.path, "first").getpixel((80, 45)), abs=8)


def test_clips_of_unknown_make_are_all_encoded_when_one_stretch_must_be(joined, clips, tmp_path) -> None:
    """Among themselves they are copied; with a card, when nobody can tell their parameters, all become ours."""
    hidden = ("-c:v", "libx264", "-profile:v", "main", "-bsf:v", "filter_units=remove_types=6")
    theirs = {n: convert(clips[n], tmp_path / f"{n}.mp4", *hidden) for n in "ab"}
    plain = joined(board(shot("a", 2000), shot("b", 2000)), theirs)
    carded = joined(board(shot("a", 2000, card=("x", 500)), shot("b", 2000)), theirs)
    assert [(120, 0), (135, 135)] == [(film.frames, film.encoded) for film in (plain, carded)]
    assert [45, 105] == flashes(carded.path)


def test_clips_of_one_other_rate_set_the_films_when_none_is_written(joined, tmp_path) -> None:
    made = {n: make_clip(tmp_path / f"{n}.mp4", 48, fps=24, seed=ord(n)) for n in "ab"}
    film = joined(board(shot("a", 2000), shot("b", 2000), fps=0), made)
    assert (96, 24, 4000, 0) == (film.frames, film.fps, film.duration_ms, film.encoded)


@pytest.mark.parametrize(("size", "picture"), [((120, 90), (20, 0, 140, 90)), ((90, 160), (55, 0, 105, 90))])
def test_another_shape_is_put_on_black(joined, clips, tmp_path, size, picture) -> None:
    odd = make_clip(tmp_path / "x.mp4", 60, size=size, flash_ms=0)
    film = joined(board(shot("x", 1000), shot("a", 2000), size=(160, 90)), {**clips, "x": odd})
    frame = decode_frame(film.path, "first").convert("L").point(lambda v: 255 * (v > 128))
    assert picture == pytest.approx(frame.getbbox(), abs=2)


def test_a_picture_is_a_clip_too(joined, clips, tmp_path) -> None:
    """An end card as a PNG, transparent and of another size; without sound."""
    card = tmp_path / "end.png"
    Image.new("RGBA", (640, 200), (0, 0, 255, 255)).save(card)
    film = joined(board(shot("a", 2000), shot("end", 1000)), {**clips, "end": card})
    assert (90, 30) == (film.frames, film.encoded)
    last = decode_frame(film.path, "last")
    assert (0, 0, 255) == pytest.approx(last.getpixel((80, 45)), abs=6)
    assert (0, 0, 0) == pytest.approx(last.getpixel((80, 5)), abs=6)
    assert [48000] == pytest.approx(beeps(film.path), abs=24)


def test_a_clip_that_is_too_short_holds_its_last_frame(joined, tmp_path) -> None:
    clip = make_clip(tmp_path / "x.mp4", 31, flash_ms=1000)
    film = joined(board(shot("x", 2000)), {"x": clip})
    assert (60, list(range(30, 60))) == (film.frames, flashes(film.path))
    assert ["R2V812"] == [d.code for d in film.diagnostics]


def test_a_stretch_far_into_long_footage(joined, tmp_path) -> None:
    """Decoding starts shortly before it, and still the right frames are taken."""
    clip = make_clip(tmp_path / "x.mp4", 300, flash_ms=8200, preset="ultrafast")
    film = joined(board(shot("x", 10_000, trim=(7700, 9200))), {"x": clip})
    assert (45, [15]) == (film.frames, flashes(film.path))
    assert [24000] == pytest.approx(beeps(film.path), abs=24)


@pytest.mark.parametrize("name", ["http:x.mp4", "-y.mp4", "a%03d.mp4", "it's \n x.mp4", "concat:a|b.mp4"])
def test_a_clips_name_is_only_a_name(joined, clips, tmp_path, name: str) -> None:
    """Copied once, encoded once."""
    path = tmp_path / name
    path.write_bytes(clips["a"].read_bytes())
    out = tmp_path / f"out {name}"
    film = joined(board(shot("a", 2000), shot("b", 2000, trim=(500, 1500))), {"a": path, "b": path}, out=out)
    assert (90, 30, [30, 75]) == (film.frames, film.encoded, flashes(film.path))
