"""Rows 63 to 65: ffmpeg, which takes names for protocols and files for scripts."""

from __future__ import annotations

import ast
import os
from pathlib import Path

import pytest
from ground import HEAD, row

import r2v_pipeline
from r2v_pipeline.media import ffmpeg

PACKAGE = Path(r2v_pipeline.__file__).parent

ODD = [
    "http:x.mp4",
    "concat:a|b",
    "a%03d.mp4",
    "-evil.mp4",
    "it's.mp4",
    "a b.mp4",
    "pipe:0",
    "x\u202e.mp4",
    "fd:3",
    "crypto:x",
    "x;y.mp4",
]


@row(63)
@pytest.mark.parametrize("name", ODD)
def test_a_name_is_given_as_a_file(ground, name):
    """Absolute, after `file:`: neither an option nor a protocol."""
    import ffmpeg as graphs

    path = ground.root / name
    argv = graphs.compile(ffmpeg.source(path).output(ffmpeg.file_url(path)), overwrite_output=True)
    assert 2 == argv.count(f"file:{path}")
    assert not [word for word in argv if word.startswith(("-evil", "http:", "concat:", "pipe:", "fd:", "crypto:"))]
    assert "file" == argv[argv.index("-protocol_whitelist") + 1]


def loose_words(code: str) -> list[int]:
    """Lines that give ffmpeg an input by hand, join by a list of files, or make a filter that draws or reads text."""
    lines = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Constant) and node.value in ("-i", "-safe", "-vf", "-filter_complex", "concat:"):
            lines.append(node.lineno)
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1].startswith(("filter", "drawtext")):
            named = {argument.value for argument in node.args if isinstance(argument, ast.Constant)}
            if named & {"drawtext", "subtitles", "ass", "movie", "amovie"} or "drawtext" in ast.unparse(node.func):
                lines.append(node.lineno)
    return lines


@row(63, 65)
def test_no_text_reaches_a_filter_and_no_list_is_written():
    """Nothing draws text or reads subtitles by a filter, and clips are joined without a list of files."""
    assert [1, 1] == loose_words("argv = ['ffmpeg', '-i', name, '-safe', '0']")
    assert [1] == loose_words("node.filter('drawtext', text=shot)")
    found = {path.name: loose_words(path.read_text("utf-8")) for path in PACKAGE.rglob("*.py")}
    assert {} == {name: lines for name, lines in found.items() if lines}


@row(63)
def test_clips_have_names_of_our_own(ground):
    """A shot's id and nothing else of the storyboard is in a name; the names of references stay in the storyboard."""
    from PIL import Image

    ground.write("refs/-i http x.png", b"")
    Image.new("RGB", (64, 64), "red").save(ground.root / "refs" / "-i http x.png")
    text = (
        HEAD
        + "film: {size: 160x90, fps: 5}\n"
        + "cast: {mia: {image: 'refs/-i http x.png', name: '%{pts} :textfile=/etc/passwd'}}\n"
        + "shots:\n  - id: a\n    segments:\n"
        + "      - {for: 1s, action: '{{ mia }} %{pts}', say: {mia: \"it's [x];y=\\\\z\"}}\n"
    )
    ground.write("-evil.yaml", text)
    answer = ground.free("build", "--yes", "./-evil.yaml")
    assert 0 == answer.rc, answer.out
    made = {str(path.relative_to(ground.root)) for path in (ground.root / "build").rglob("*") if path.is_file()}
    assert {"build/-evil/clips/a.mp4", "build/-evil/film.mp4"} <= made


CLIPS = {
    "playlist": b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
    "concat script": b"ffconcat version 1.0\nfile '/etc/passwd'\n",
    "page": b"<!DOCTYPE html><html><body>404</body></html>\n",
    "SDP": b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 9 RTP/AVP 96\n",
}


@row(64)
@pytest.mark.parametrize("kind", CLIPS)
def test_a_clip_that_is_a_script(ground, kind):
    ground.write("footage/x.mp4", CLIPS[kind])
    ground.refused(HEAD + "shots:\n  - {id: a, clip: footage/x.mp4, duration: 1s}\n", "R2V203")


@row(64)
@pytest.mark.parametrize("kind", CLIPS)
def test_a_script_is_not_decoded(ground, kind):
    """Also where it comes from a provider: the decoder is told to read files, and only containers of video."""
    from r2v_pipeline.errors import MediaTrouble
    from r2v_pipeline.media.pyav import decode_frame

    path = ground.write("x.mp4", CLIPS[kind])
    with pytest.raises(MediaTrouble):
        decode_frame(path, "first")


@row(65)
def test_the_only_files_of_a_join_are_its_clips():
    """No ffmpeg list exists at any time: what is joined is copied packet by packet, or named with `file:` each."""
    from r2v_pipeline.assemble import join

    assert "concat" not in Path(join.__file__).read_text("utf-8").replace("concatenat", "")
    assert os.path.isabs(ffmpeg.file_url("x.mp4").removeprefix("file:"))
