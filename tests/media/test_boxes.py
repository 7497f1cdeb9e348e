"""Reading MP4 without a library: right about good files, quiet about bad ones."""

from __future__ import annotations

import struct
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import HEIGHT, WIDTH, convert, make_clip, turn

from r2v_pipeline.media.boxes import probe
from r2v_pipeline.media.samples import read_samples


def test_a_plain_clip(clip: Path) -> None:
    found = probe(clip)
    assert found is not None
    assert ("avc1", WIDTH, HEIGHT, (1, 1), 0) == found[:5]
    assert (15360, (30, 1), 60, True, 30720) == (found.timescale, found.fps, found.frames, found.cfr, found.duration)
    assert (2, 30, True) == (found.keyframes, found.gop, found.b_frames)
    assert (2000, True, True) == (found.duration_ms, found.whole, found.faststart)
    assert found.audio is not None
    assert ("mp4a", 48000, 2, 48000, 96000) == (*found.audio[:3], *found.audio[4:])


@pytest.mark.parametrize(
    ("options", "field", "expected"),
    [
        (("-c", "copy", "-video_track_timescale", "90000"), "timescale", 90000),
        (("-vf", "setsar=4/3"), "sar", (4, 3)),
        (("-vf", "setpts=PTS+mod(N\\,3)*0.004/TB", "-fps_mode", "vfr", "-enc_time_base", "1/1000"), "cfr", False),
        (("-bf", "0"), "b_frames", False),
        (("-r", "24000/1001"), "fps", (24000, 1001)),
        (("-c", "copy", "-an"), "audio", None),
        (("-c", "copy", "-movflags", "0"), "faststart", False),
        (("-c", "copy", "-movie_timescale", "600"), "whole", True),
    ],
)
def test_what_makes_a_clip_odd_is_seen(clip: Path, tmp_path: Path, options, field, expected) -> None:
    found = probe(convert(clip, tmp_path / "x.mp4", *options))
    assert expected == getattr(found, field)


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_turned_clip(clip: Path, tmp_path: Path, degrees: int) -> None:
    found = probe(turn(clip, tmp_path / "x.mp4", degrees))
    assert found is not None
    assert degrees == found.rotation


def test_a_clip_that_starts_late_or_hides_frames_is_not_whole(clip: Path, tmp_path: Path) -> None:
    late = convert(clip, tmp_path / "a.mp4", "-c", "copy", before=("-itsoffset", "0.2"))
    tail = convert(clip, tmp_path / "b.mp4", "-c", "copy", before=("-ss", "0.5"))
    assert [False, False] == [found.whole for path in (late, tail) if (found := probe(path))]


def test_other_rates_of_sound(clip: Path, tmp_path: Path) -> None:
    found = probe(convert(clip, tmp_path / "x.mp4", "-c:v", "copy", "-ar", "44100"))
    assert found is not None
    assert found.audio is not None
    assert (44100, 44100) == (found.audio.rate, found.audio.timescale)
    assert 88200 == pytest.approx(found.audio.duration, abs=1024)


def test_streams_that_may_stand_in_one_track(clip: Path, tmp_path: Path) -> None:
    same = make_clip(tmp_path / "a.mp4", 20, seed=5)
    other = make_clip(tmp_path / "b.mp4", 20, preset="ultrafast")
    first, second, third = (probe(path) for path in (clip, same, other))
    assert first is not None
    assert second is not None
    assert third is not None
    assert (True, False) == (first.same_stream(second), first.same_stream(third))


@pytest.mark.parametrize("form", ["mkv", "ts", "wav"])
def test_other_containers_are_not_read(clip: Path, tmp_path: Path, form: str) -> None:
    path = convert(clip, tmp_path / f"x.{form}")
    assert (None, None) == (probe(path), read_samples(path))


def test_fragments_are_not_read(clip: Path, tmp_path: Path) -> None:
    path = convert(clip, tmp_path / "x.mp4", "-c", "copy", "-movflags", "frag_keyframe+empty_moov")
    assert (None, None) == (probe(path), read_samples(path))


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        probe(tmp_path / "x.mp4")


FTYP = struct.pack(">I4s4sI4s", 20, b"ftyp", b"isom", 0, b"isom")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 64,
        FTYP,
        FTYP + struct.pack(">I4s", 4, b"moov"),
        FTYP + struct.pack(">I4sQ", 1, b"moov", 2**63),
        FTYP + struct.pack(">I4sQ", 1, b"moov", 0),
        FTYP + struct.pack(">I4s", 0, b"moov"),
        FTYP + struct.pack(">I4s", 0xFFFFFFFF, b"mdat"),
        FTYP + struct.pack(">I4s", 8, b"free") * 20_000,
        FTYP + struct.pack(">I4s", 16, b"moov") + struct.pack(">I4s", 0, b"trak"),
        FTYP + struct.pack(">I4s", 8, b"moov") * 2,
        b"<html>" * 100,
    ],
)
def test_nonsense_is_no_mp4(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.mp4"
    path.write_bytes(data)
    assert (None, None) == (probe(path), read_samples(path))


@pytest.mark.parametrize("box", [b"stsz", b"stts", b"ctts", b"stsc", b"stco", b"stss", b"stsd", b"elst"])
def test_a_count_that_lies_is_bounded_by_its_box(clip: Path, tmp_path: Path, box: bytes) -> None:
    """Four billion entries in a box of a few hundred bytes must cost nothing."""
    data = bytearray(clip.read_bytes())
    at = data.index(box) + (12 if box == b"stsz" else 8)
    data[at : at + 4] = b"\xff\xff\xff\xff"
    path = tmp_path / "x.mp4"
    path.write_bytes(data)
    start = time.process_time()
    probe(path), read_samples(path)
    assert 0.5 > time.process_time() - start


@given(st.data())
def test_no_damage_makes_it_raise(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Any bytes of the index may be anything: the answer is a probe or None."""
    folder = tmp_path_factory.getbasetemp() / "damage"
    folder.mkdir(exist_ok=True)
    whole = folder / "whole.mp4"
    if not whole.exists():
        make_clip(whole, 12)
    damaged = bytearray(whole.read_bytes())
    media = damaged.index(b"mdat")
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, media))
        damaged[at : at + 4] = data.draw(st.one_of(st.binary(min_size=4, max_size=4), st.just(b"\0\0\0\1")))
    path = folder / "x.mp4"
    path.write_bytes(damaged[: data.draw(st.integers(0, len(damaged)))] if data.draw(st.booleans()) else damaged)
    found = probe(path)
    assert found is None or found.frames >= 0
    packets = read_samples(path)
    assert packets is None or max(packets.offsets, default=0) <= len(damaged)
