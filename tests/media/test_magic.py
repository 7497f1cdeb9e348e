"""What a file is by its first bytes."""

from __future__ import annotations

import pytest

from r2v_pipeline.media.magic import HEAD, format_of, is_text


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"\x89PNG\r\n\x1a\n....", "png"),
        (b"\xff\xd8\xff\xe0", "jpeg"),
        (b"GIF89a", "gif"),
        (b"RIFF....WEBPVP8 ", "webp"),
        (b"RIFF....WAVEfmt ", "wav"),
        (b"RIFF....AVI LIST", "avi"),
        (b"RIFF....ABCD", ""),
        (b"\0\0\0\x18ftypisom", "mp4"),
        (b"\0\0\0\x14ftypqt  ", "mov"),
        (b"\0\0\0\x1cftypM4A ", "m4a"),
        (b"\0\0\0\x08wide....mdat", "mov"),
        (b"\x1a\x45\xdf\xa3", "webm"),
        (b"ID3\x04", "mp3"),
        (b"\xff\xfb\x90", "mp3"),
        (b"\xff\xf1\x50", "aac"),
        (b"fLaC", "flac"),
        (b"OggS", "ogg"),
        (b"BM\x36\x10\0\0\0\0\0\0", "bmp"),
        (b"BM is a company", ""),
        (b"", ""),
        (b"PK\x03\x04", ""),
        (b"API_KEY=x\n", ""),
    ],
)
def test_formats(head, expected):
    assert expected == format_of(head)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"A=1\nB=2\n", True),
        (b"#EXTM3U\n", True),
        (("日" * HEAD).encode()[:HEAD], True),
        (b"x" * HEAD, True),
        (b"one word", False),
        (b"", False),
        (b"a\n\0\0", False),
        (b"\xff\xfe\n" * 30, False),
    ],
)
def test_text(head, expected):
    assert expected is is_text(head)
