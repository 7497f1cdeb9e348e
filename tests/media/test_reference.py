"""What a file is, by what is in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from making import convert
from PIL import Image

from r2v_pipeline.errors import MediaTrouble
from r2v_pipeline.media.reference import probe_any, sniff


@pytest.mark.parametrize("form", ["png", "jpeg", "webp", "gif", "bmp"])
def test_pictures(tmp_path: Path, form: str) -> None:
    path = tmp_path / "x"
    Image.new("RGB", (31, 17)).save(path, form)
    assert ("image", form, 31, 17, (0, 1), 0, False, path.stat().st_size, False) == probe_any(path)


@pytest.mark.parametrize(
    ("form", "mode", "alpha"), [("png", "RGBA", True), ("webp", "RGBA", True), ("png", "L", False)]
)
def test_transparent_pictures(tmp_path: Path, form: str, mode: str, alpha: bool) -> None:
    Image.new(mode, (8, 8)).save(tmp_path / "x", form)
    assert alpha == probe_any(tmp_path / "x").alpha


@pytest.mark.parametrize(("form", "name"), [("mp4", "mp4"), ("mov", "mov"), ("mkv", "webm"), ("avi", "avi")])
def test_videos(clip: Path, tmp_path: Path, form: str, name: str) -> None:
    found = probe_any(convert(clip, tmp_path / f"x.{form}"))
    assert ("video", name, 160, 90, (30, 1), True) == (*found[:5], found.has_audio)
    assert 2000 == pytest.approx(found.duration_ms, abs=50)


@pytest.mark.parametrize("form", ["wav", "mp3", "flac", "ogg", "aac", "m4a"])
def test_sounds(clip: Path, tmp_path: Path, form: str) -> None:
    found = probe_any(convert(clip, tmp_path / f"x.{form}", "-vn", "-map_metadata", "-1"))
    assert ("audio", form, 0, 0) == found[:4]
    # A raw AAC stream has no length; FFmpeg goes by its bit rate.
    assert 2000 == pytest.approx(found.duration_ms, abs=150)


@pytest.mark.parametrize(
    "data", [b"", b"API_KEY=abc\n", b"<!DOCTYPE html>", b"\x7fELF\x02\x01", b"%PDF-1.7", b"version https://git-lfs"]
)
def test_what_is_no_media_is_refused_whatever_its_name(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "mia.png"
    path.write_bytes(data)
    assert "" == sniff(path)
    with pytest.raises(MediaTrouble, match=r"mia\.png"):
        probe_any(path)


@pytest.mark.parametrize("magic", [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"\0\0\0\x14ftypisom", b"ID3\4"])
def test_a_good_beginning_is_not_enough(tmp_path: Path, magic: bytes) -> None:
    path = tmp_path / "x"
    path.write_bytes(magic + b"\0" * 300)
    with pytest.raises(MediaTrouble):
        probe_any(path)


def test_a_picture_large_enough_to_be_an_attack_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.png"
    Image.new("1", (12_000, 12_000)).save(path)
    with pytest.raises(MediaTrouble, match="too many pixels"):
        probe_any(path)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(MediaTrouble, match="No such file"):
        probe_any(tmp_path / "x.png")
