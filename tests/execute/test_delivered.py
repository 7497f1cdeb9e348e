"""Whether a file is a whole video, and in what it is not what was asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
from scripted import render_job

from r2v_pipeline.errors import MediaTrouble
from r2v_pipeline.execute.delivered import check, differences
from r2v_pipeline.media.pyav import ClipWriter, Decoded

HD = Decoded(60, 1280, 720, (30, 1), 2000, True, 96_000, 48_000)
REQUEST = render_job("s1").request
assert REQUEST is not None


def clip(path: Path, frames: int = 15) -> Path:
    """A real clip of a grey picture."""
    with ClipWriter(path, width=64, height=36, fps=30, audio=True) as writer:
        for _ in range(frames):
            writer.write_frame(b"\x80" * (64 * 36), b"\x80" * (32 * 18), b"\x80" * (32 * 18))
    return path


def test_a_whole_clip_is_described(tmp_path: Path) -> None:
    seen = check(clip(tmp_path / "clip.mp4"))
    assert (15, 64, 36, (30, 1), 500, True) == (
        seen.frames,
        seen.width,
        seen.height,
        seen.fps,
        seen.duration_ms,
        seen.has_audio,
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"<html><body>504 Gateway Time-out</body>\n</html>", "begins with '<html><body>504 Gateway"),
        (b'{"code": "AccessDenied"}\n', 'begins with \'{"code": "AccessDenied"}'),
        (b"\x89PNG\r\n\x1a\n" + bytes(64), "the file is no video$"),
        (b"\x00\x00\x00\x18ftypmp42" + bytes(36), "clip.mp4"),
    ],
)
def test_what_is_no_video_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    with pytest.raises(MediaTrouble, match=said):
        check(path)


def test_so_is_half_a_clip(tmp_path: Path) -> None:
    path = clip(tmp_path / "clip.mp4", 60)
    whole = path.read_bytes()
    for part in (0.3, 0.6, 0.95):
        path.write_bytes(whole[: int(len(whole) * part)])
        with pytest.raises(MediaTrouble):
            check(path)


@pytest.mark.parametrize(
    ("asked", "seen", "said"),
    [
        ({}, {}, ()),
        ({}, {"duration_ms": 2130}, ()),
        ({}, {"duration_ms": 2140}, ("it lasts 2.14 s instead of 2 s",)),
        ({}, {"duration_ms": 1860}, ("it lasts 1.86 s instead of 2 s",)),
        ({"duration_ms": 0}, {"duration_ms": 9000}, ()),
        ({}, {"fps": (0, 0), "duration_ms": 2000}, ()),
        ({"ratio": "16:9"}, {}, ()),
        ({"ratio": "9:16"}, {}, ("its picture is 1280x720 instead of 9:16",)),
        ({"ratio": "9:16"}, {"width": 720, "height": 1280}, ()),
        ({"ratio": "auto"}, {}, ()),
        ({"ratio": "0:9"}, {}, ()),
        ({"resolution": "720p"}, {}, ()),
        ({"resolution": "720P", "ratio": "4:3"}, {"width": 1088, "height": 832}, ()),
        ({"resolution": "720p", "ratio": "1:1"}, {"width": 720, "height": 720}, ()),
        ({"resolution": "480p"}, {"width": 832, "height": 480}, ()),
        ({"resolution": "1080p"}, {}, ("its picture is 1280x720 instead of 1080p",)),
        ({"resolution": "2K"}, {}, ()),
        ({"resolution": "0p"}, {}, ()),
        ({"fps": 30}, {}, ()),
        ({"fps": 30}, {"fps": (30000, 1001)}, ()),
        ({"fps": 24}, {}, ("it has 30 pictures a second instead of 24",)),
        ({}, {"has_audio": False}, ("it has no sound",)),
        ({"audio": False}, {}, ("it has sound, and none was asked for",)),
        ({"audio": False}, {"has_audio": False}, ()),
    ],
)
def test_differences_are_named(asked: dict, seen: dict, said: tuple[str, ...]) -> None:
    assert REQUEST is not None
    assert said == differences(REQUEST._replace(**asked), HD._replace(**seen))


def test_several_are_named_together() -> None:
    assert REQUEST is not None
    seen = HD._replace(duration_ms=500, has_audio=False)
    assert 3 == len(differences(REQUEST._replace(ratio="1:1"), seen))
