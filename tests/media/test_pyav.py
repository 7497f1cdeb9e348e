"""Writing clips, taking frames out of them, and telling a whole clip from a damaged one."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from pathlib import Path

import pytest
from making import HEIGHT, WIDTH, beeps, convert, flashes, make_clip, turn

from r2v_pipeline.errors import DiskTrouble, MediaTrouble
from r2v_pipeline.media.boxes import probe
from r2v_pipeline.media.pyav import ClipWriter, check_clip, decode_frame, describe
from r2v_pipeline.media.pyav_sound import read_pcm

BLACK = (b"\x10" * WIDTH * HEIGHT, b"\x80" * (WIDTH * HEIGHT // 4), b"\x80" * (WIDTH * HEIGHT // 4))


@pytest.mark.parametrize("preset", ["house", "ultrafast"])
@pytest.mark.parametrize(("frames", "fps"), [(1, 30), (47, 30), (48, 24), (31, 25)])
def test_what_is_written_is_what_is_there(tmp_path: Path, preset: str, frames: int, fps: int) -> None:
    path = make_clip(tmp_path / "x.mp4", frames, fps=fps, preset=preset)
    found = probe(path)
    assert found is not None
    assert (frames, (fps, 1), True, True, True) == (
        found.frames,
        found.fps,
        found.cfr,
        found.whole,
        found.faststart,
    )
    assert found.audio is not None
    assert frames * 48000 // fps == found.audio.duration
    assert (frames, WIDTH, HEIGHT) == check_clip(path)[:3]


@pytest.mark.parametrize("preset", ["house", "ultrafast"])
def test_the_same_frames_give_the_same_bytes(tmp_path: Path, preset: str) -> None:
    first, second = (make_clip(tmp_path / f"{n}.mp4", 45, preset=preset).read_bytes() for n in "ab")
    assert first == second


def test_flash_and_beep_are_where_they_were_put(clip: Path) -> None:
    assert [30] == flashes(clip)
    assert [48000] == pytest.approx(beeps(clip), abs=24)


def test_missing_sound_is_silence_and_too_much_is_cut(tmp_path: Path) -> None:
    for name, sound in (("none", b""), ("much", bytes(4 * 96000))):
        path = tmp_path / f"{name}.mp4"
        with ClipWriter(path, width=WIDTH, height=HEIGHT, fps=30, audio=True) as clip:
            clip.write_audio(sound)
            for _ in range(15):
                clip.write_frame(*BLACK)
        found = probe(path)
        assert found is not None
        assert found.audio is not None
        assert 24000 == found.audio.duration


def test_rows_are_padded_to_the_encoders_stride(tmp_path: Path) -> None:
    """A width of 84 is no multiple of what FFmpeg aligns rows to; without padding the picture would shear."""
    path = tmp_path / "x.mp4"
    with ClipWriter(path, width=84, height=48, fps=30, audio=False) as clip:
        for _ in range(2):
            clip.write_frame(b"\x10" * 42 * 48 + b"\xeb" * 42 * 48, b"\x80" * 42 * 24, b"\x80" * 42 * 24)
    image = decode_frame(path, "first")
    assert (84, 48) == image.size
    assert [(0, 0, 0), (255, 255, 255)] == [image.getpixel((x, y)) for x, y in ((40, 10), (40, 40))]


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_an_exception_leaves_nothing(tmp_path: Path, error: type[BaseException]) -> None:
    with (  # noqa: PT012
        pytest.raises(error),
        ClipWriter(tmp_path / "x.mp4", width=WIDTH, height=HEIGHT, fps=30, audio=True) as clip,
    ):
        clip.write_frame(*BLACK)
        raise error
    assert [] == list(tmp_path.iterdir())


def test_an_older_clip_stays_when_the_new_one_fails(tmp_path: Path) -> None:
    path = tmp_path / "x.mp4"
    path.write_bytes(b"older")
    with (
        pytest.raises(MediaTrouble, match="without a frame"),
        ClipWriter(path, width=WIDTH, height=HEIGHT, fps=30, audio=True),
    ):
        pass
    assert [b"older"] == [p.read_bytes() for p in tmp_path.iterdir()]


def test_what_cannot_be_encoded_is_said(tmp_path: Path) -> None:
    with pytest.raises(MediaTrouble, match="161x90"):
        ClipWriter(tmp_path / "x.mp4", width=161, height=90, fps=30, audio=False)


def test_a_plane_of_another_size_is_a_mistake(tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match="14400 bytes"),
        ClipWriter(tmp_path / "x.mp4", width=WIDTH, height=HEIGHT, fps=30, audio=False) as clip,
    ):
        clip.write_frame(b"\x10", *BLACK[1:])


def test_no_folder_is_disk_trouble(tmp_path: Path) -> None:
    with (
        pytest.raises(DiskTrouble, match="nowhere"),
        ClipWriter(tmp_path / "nowhere" / "x.mp4", width=WIDTH, height=HEIGHT, fps=30, audio=False) as clip,
    ):
        clip.write_frame(*BLACK)


def test_frames_by_name_and_by_time(tmp_path: Path) -> None:
    """Ten grey levels, three frames each, so that a neighbour would show."""
    path = tmp_path / "x.mp4"
    with ClipWriter(path, width=WIDTH, height=HEIGHT, fps=30, audio=True) as clip:
        for number in range(60):
            clip.write_frame(bytes([20 + number * 3]) * (WIDTH * HEIGHT), *BLACK[1:])

    def level(at: str | int) -> int:
        red = decode_frame(path, at).getpixel((5, 5))[0]
        return round((red * 219 / 255 + 16 - 20) / 3)

    assert [0, 59, 0, 1, 1, 30, 59, 59] == [level(at) for at in ("first", "last", 0, 33, 34, 1000, 1990, 99_000)]


def test_the_last_frame_when_sound_goes_on(tmp_path: Path) -> None:
    """Seeking a tenth of a second before the end finds no picture here."""
    clip = make_clip(tmp_path / "a.mp4", 60, flash_ms=1967)
    longer = convert(clip, tmp_path / "b.mp4", "-c:v", "copy", "-af", "apad=whole_dur=4")
    assert (255, 255, 255) == decode_frame(longer, "last").getpixel((80, 45))


def test_a_frame_is_upright_and_square(clip: Path, tmp_path: Path) -> None:
    wide = convert(clip, tmp_path / "w.mp4", "-vf", "setsar=4/3", "-an")
    turned = turn(clip, tmp_path / "t.mp4", 90)
    assert [(213, 90), (90, 160)] == [decode_frame(path, "first").size for path in (wide, turned)]


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_frame_is_turned_the_right_way(tmp_path: Path, degrees: int) -> None:
    """ffmpeg's own upright picture decides which way that is."""
    path = tmp_path / "a.mp4"
    with ClipWriter(path, width=WIDTH, height=HEIGHT, fps=30, audio=False) as clip:
        for _ in range(2):
            clip.write_frame(b"\xeb" * (WIDTH * HEIGHT // 2) + b"\x10" * (WIDTH * HEIGHT // 2), *BLACK[1:])
    turned = turn(path, tmp_path / "b.mp4", degrees)
    upright = convert(turned, tmp_path / "c.mp4")
    images = [decode_frame(clip, "first").convert("L").resize((2, 2)) for clip in (upright, turned)]
    assert images[0].tobytes() == pytest.approx(images[1].tobytes(), abs=8)


# Bytes of a whole clip and where its media begins -> what arrived instead.
DAMAGED: dict[str, Callable[[bytes, int], bytes]] = {
    "an HTML page": lambda _, __: b"<!DOCTYPE html><html><body>404</body></html>" * 50,
    "nothing": lambda _, __: b"",
    "half of it": lambda whole, at: whole[: at + (len(whole) - at) // 2],
    "all but the last bytes": lambda whole, _: whole[:-300],
    "noise inside": lambda whole, at: whole[: at + 3000] + b"\xa5" * 400 + whole[at + 3400 :],
    "a playlist": lambda _, __: b"ffconcat version 1.0\nfile 'other.mp4'\n",
    "an HLS playlist": lambda _, __: b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nother.mp4\n#EXT-X-ENDLIST\n",
}


@pytest.mark.parametrize("what", DAMAGED)
def test_a_damaged_download_is_refused(clip: Path, tmp_path: Path, what: str) -> None:
    path = tmp_path / "x.mp4"
    whole = clip.read_bytes()
    path.write_bytes(DAMAGED[what](whole, whole.index(b"mdat")))
    make_clip(tmp_path / "other.mp4", 3)
    with pytest.raises(MediaTrouble, match=r"x\.mp4"):
        check_clip(path)


def test_sound_only_is_no_clip(clip: Path, tmp_path: Path) -> None:
    path = convert(clip, tmp_path / "x.m4a", "-vn")
    with pytest.raises(MediaTrouble, match="no video"):
        check_clip(path)


@pytest.mark.parametrize("name", ["http:x.mp4", "-x.mp4", "a%03d.mp4", "concat:a|b.mp4", "it's \n.mp4"])
def test_a_name_is_only_a_name(clip: Path, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(clip.read_bytes())
    assert 60 == check_clip(path).frames
    assert (WIDTH, HEIGHT, (30, 1), 2000, True) == describe(path)[1:6]


def test_sound_of_any_rate_and_layout_becomes_the_houses(clip: Path, tmp_path: Path) -> None:
    for number, options in enumerate((("-ar", "44100"), ("-ac", "1"), ("-ar", "22050", "-ac", "6"))):
        path = convert(clip, tmp_path / f"{number}.mp4", "-c:v", "copy", *options)
        assert [48000] == pytest.approx(beeps(path), abs=100)


def test_sound_that_starts_late_or_early_keeps_its_place(clip: Path, tmp_path: Path) -> None:
    """The picture's first moment is 0: here the sound starts half a second after it, then half a second before."""
    other = ("-i", str(clip))
    late = convert(clip, tmp_path / "l.mp4", *other, *_take(1, 0), before=("-itsoffset", "0.5"))
    early = convert(clip, tmp_path / "e.mp4", *other, *_take(0, 1), before=("-itsoffset", "0.5"))
    assert [72000] == pytest.approx(beeps(late), abs=100)
    assert [24000] == pytest.approx(beeps(early), abs=100)


def _take(video: int, audio: int) -> tuple[str, ...]:
    return ("-map", f"{video}:v", "-map", f"{audio}:a", "-c", "copy")


def test_gain_changes_the_level(clip: Path) -> None:
    def peak(gain: float) -> int:
        return max(array("h", b"".join(read_pcm(clip, gain))))

    assert 0.5 == pytest.approx(peak(-6.02) / peak(0), rel=0.02)


def test_a_clip_without_sound_gives_none(tmp_path: Path) -> None:
    assert [] == list(read_pcm(make_clip(tmp_path / "x.mp4", 5, audio=False)))
