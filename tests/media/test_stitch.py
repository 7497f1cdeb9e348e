"""Copying packets: where one may cut, and that nothing changes on the way."""

from __future__ import annotations

from pathlib import Path

import pytest
from making import convert, frame_hashes, make_clip

from r2v_pipeline.media.boxes import probe
from r2v_pipeline.media.pyav import check_clip
from r2v_pipeline.media.samples import Samples, read_samples
from r2v_pipeline.media.stitch import Part, stitch


def packets(path: Path) -> Samples:
    found = read_samples(path)
    assert found is not None
    return found


def test_packets_are_in_decoding_order_and_pictures_in_the_order_of_display(clip: Path) -> None:
    found = packets(clip)
    assert list(range(60)) == sorted(found.ranks)
    assert list(found.ranks) != sorted(found.ranks)
    assert (frozenset({0, 30}), True) == (found.sync, found.even)
    assert clip.stat().st_size > max(found.offsets)


def test_uneven_times_are_seen(clip: Path, tmp_path: Path) -> None:
    jitter = ("-vf", "setpts=PTS+mod(N\\,3)*0.004/TB", "-fps_mode", "vfr", "-enc_time_base", "1/1000")
    assert not packets(convert(clip, tmp_path / "x.mp4", *jitter)).even


def test_a_cut_is_allowed_only_where_no_picture_is_missing(clip: Path) -> None:
    """Every allowed end gives exactly the first pictures of the clip, judged by decoding."""
    found = packets(clip)
    whole = frame_hashes(clip)
    allowed = [count for count in range(1, 61) if found.may_cut(0, count)]
    assert 60 > len(allowed) > 10
    target = clip.with_name("cut.mp4")
    for count in allowed[::7]:
        stitch([Part(clip, found, 0, count)], 30, 160, 90, target)
        assert whole[:count] == frame_hashes(target)
    assert not any(found.may_cut(first, 5) for first in range(60) if first not in (0, 30))
    assert [False] * 4 == [found.may_cut(*stretch) for stretch in ((0, 0), (0, 61), (-1, 5), (30, 31))]


def test_parts_of_different_clips_are_bit_identical(clip: Path, tmp_path: Path) -> None:
    other = make_clip(tmp_path / "b.mp4", 45, seed=3)
    wide = convert(other, tmp_path / "c.mp4", "-c", "copy", "-video_track_timescale", "90000")
    a, b, c = packets(clip), packets(other), packets(wide)
    target = tmp_path / "x.mp4"
    stitch(
        [Part(clip, a, 30, 30), Part(other, b, 0, 45), Part(wide, c, 0, 45), Part(clip, a, 0, 30)], 30, 160, 90, target
    )
    first, second = frame_hashes(clip), frame_hashes(other)
    assert [*first[30:], *second, *second, *first[:30]] == frame_hashes(target)
    found = probe(target)
    assert found is not None
    assert (150, (30, 1), True, True) == (found.frames, found.fps, found.cfr, found.whole)
    assert (150, 5000) == (check_clip(target).frames, check_clip(target).duration_ms)
    assert packets(target).even


def test_an_idr_is_told_from_what_only_claims_to_be_one(clip: Path) -> None:
    found = packets(clip)
    assert (True, False) == (found.starts_clean(clip, 30), found.starts_clean(clip, 31))


def test_a_clip_that_shrinks_meanwhile_is_an_error(clip: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.mp4"
    path.write_bytes(clip.read_bytes())
    part = Part(path, packets(path), 0, 60)
    path.write_bytes(clip.read_bytes()[:-2000])
    with pytest.raises(OSError, match="shorter"):
        stitch([part], 30, 160, 90, tmp_path / "y.mp4")


def test_a_file_that_is_cut_off_has_no_packets(clip: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.mp4"
    path.write_bytes(clip.read_bytes()[:-2000])
    assert probe(path) is not None
    assert read_samples(path) is None
