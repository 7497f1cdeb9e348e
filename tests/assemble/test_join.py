"""Joining clips that fit together: nothing is encoded, nothing moves, nothing is lost."""

from __future__ import annotations

import re
from pathlib import Path

import av
import pytest
from boards import CARD_COLOUR, board, line, segment, shot, sound
from making import beeps, convert, flashes, frame_hashes, make_clip
from PIL import Image

from r2v_pipeline.media.boxes import probe
from r2v_pipeline.media.pyav import check_clip, decode_frame

WITHIN_A_FRAME = 1600  # samples at 30 fps


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_clips_that_fit_are_copied_bit_by_bit(joined, clips, out) -> None:
    film = joined(board(*(shot(name, 2000) for name in "abc")), clips)
    assert (180, 30, 6000, 0) == (film.frames, film.fps, film.duration_ms, film.encoded)
    assert [hash for name in "abc" for hash in frame_hashes(clips[name])] == frame_hashes(film.path)
    assert [30, 90, 150] == flashes(film.path)
    assert [48000, 144000, 240000] == pytest.approx(beeps(film.path), abs=24)
    assert (film.path, ("film.mp4", "poster.jpg")) == (out / "film.mp4", film.files)
    assert ["film.mp4", "poster.jpg"] == names(out)


def test_the_film_is_as_long_as_its_frames(joined, clips) -> None:
    """Also to a player that counts samples: no priming and padding left over between clips."""
    found = probe(joined(board(*(shot(name, 2000) for name in "abc")), clips).path)
    assert (180, (30, 1), True, True, True) == (found.frames, found.fps, found.cfr, found.whole, found.faststart)
    assert 6 * 48000 == found.audio.duration


def test_a_second_join_gives_the_same_bytes(joined, clips, tmp_path) -> None:
    """In another folder, with a card that is encoded twice."""
    storyboard = board(shot("a", 2000, card=("Hello", 500)), shot("b", 2000), files=("srt",), soft=True)
    films = [joined(storyboard, clips, out=tmp_path / n, pieces=tmp_path / f"p{n}") for n in ("1", "2")]
    assert films[0].files == films[1].files
    for name in films[0].files:
        assert films[0].path.with_name(name).read_bytes() == films[1].path.with_name(name).read_bytes()


def test_a_tail_cut_between_packets_is_copied(joined, clips) -> None:
    """Every model that makes whole seconds is used this way: 2 s made, 1.5 s written."""
    fits = next(n for n in range(45, 60) if _cuts(clips["a"], n))
    film = joined(board(shot("a", -(-fits * 1000 // 30)), shot("b", 2000)), clips)
    assert (fits + 60, 0) == (film.frames, film.encoded)
    assert frame_hashes(clips["a"])[:fits] + frame_hashes(clips["b"]) == frame_hashes(film.path)


def _cuts(path: Path, frames: int) -> bool:
    from r2v_pipeline.media.samples import read_samples

    return read_samples(path).may_cut(0, frames)


def test_a_head_cut_at_a_key_frame_is_copied(joined, clips) -> None:
    film = joined(board(shot("a", 2000, trim=(1000, 2000)), shot("b", 2000)), clips)
    assert (90, 0) == (film.frames, film.encoded)
    assert frame_hashes(clips["a"])[30:] + frame_hashes(clips["b"]) == frame_hashes(film.path)
    assert [0, 60] == flashes(film.path)
    assert [0, 30 * 1600 + 48000] == pytest.approx(beeps(film.path), abs=24)


def test_any_other_cut_is_encoded_and_the_rest_still_copied(joined, clips) -> None:
    film = joined(board(shot("a", 2000, trim=(500, 1500)), shot("b", 2000)), clips)
    assert (90, 30) == (film.frames, film.encoded)
    assert frame_hashes(clips["b"]) == frame_hashes(film.path)[30:]
    assert [15, 60] == flashes(film.path)
    assert [24000, 96000] == pytest.approx(beeps(film.path), abs=24)


@pytest.mark.parametrize("preset", ["house", "ultrafast"])
def test_a_card_is_encoded_like_the_clips_around_it(joined, tmp_path, preset) -> None:
    """So that an animatic with title cards is joined without encoding the animatic again."""
    made = {name: make_clip(tmp_path / f"{name}.mp4", 45, preset=preset, seed=ord(name)) for name in "ab"}
    film = joined(board(shot("a", 1500, card=("One", 500)), shot("b", 1500, card=("Two", 500))), made)
    assert (120, 30) == (film.frames, film.encoded)
    hashes = frame_hashes(film.path)
    assert frame_hashes(made["a"]) + frame_hashes(made["b"]) == hashes[15:60] + hashes[75:]
    for at in (200, 2200):
        pixel = decode_frame(film.path, at).getpixel((80, 45))
        assert CARD_COLOUR == pytest.approx(pixel, abs=6)
    assert [15 * 1600 + 48000, 75 * 1600 + 48000] == pytest.approx(beeps(film.path), abs=24)


def test_pieces_are_encoded_once(joined, clips, tmp_path) -> None:
    storyboard = board(shot("a", 2000, trim=(500, 1500), card=("Hello", 500)), shot("b", 2000))
    pieces = tmp_path / "pieces"
    joined(storyboard, clips, pieces=pieces)
    before = {path.name: (path.stat().st_ino, path.read_bytes()) for path in pieces.iterdir()}
    joined(storyboard, clips, pieces=pieces)
    assert before == {path.name: (path.stat().st_ino, path.read_bytes()) for path in pieces.iterdir()}
    assert {".mp4"} == {Path(name).suffix for name in before}


def test_a_damaged_piece_is_made_again(joined, clips, tmp_path) -> None:
    storyboard, pieces = board(shot("a", 2000, card=("Hello", 500))), tmp_path / "pieces"
    first = joined(storyboard, clips, pieces=pieces).path.read_bytes()
    for piece in pieces.iterdir():
        piece.write_bytes(piece.read_bytes()[:200])
    assert first == joined(storyboard, clips, pieces=pieces).path.read_bytes()


def test_a_known_digest_saves_reading_the_clip(joined, clips, tmp_path) -> None:
    """Two clips that claim to be the same bytes are one piece: the digest is believed."""
    storyboard = board(shot("a", 2000, trim=(500, 1500)), shot("b", 2000, trim=(500, 1500)), shot("c", 2000))
    pieces = tmp_path / "pieces"
    joined(storyboard, clips, pieces=pieces, digests={"a": "0" * 64, "b": "0" * 64})
    assert 1 == sum(1 for piece in pieces.iterdir() if probe(piece).frames == 30)


def test_chapters_captions_title_and_language(joined, clips, out) -> None:
    shots = (
        shot("a", 2000, segment(0, 2000, line("Hello there."))),
        shot("b", 2000, segment(0, 2000, line("你好。", by="leo")), meta={"title": "Two; # = \\ and\nmore"}),
    )
    film = joined(board(*shots, files=("srt", "vtt"), soft=True), clips)
    assert ("film.mp4", "film.srt", "film.vtt", "poster.jpg") == film.files
    with av.open(str(film.path)) as container:
        assert "A film" == container.metadata["title"]
        captions = container.streams.subtitles[0]
        assert ("mov_text", "eng") == (captions.codec_context.name, captions.language)
    written = convert(film.path, out / "chapters.txt", "-f", "ffmetadata").read_text(encoding="utf-8")
    assert ["a", "Two\\; \\# \\= \\\\ and\\\nmore"] == re.findall(r"END=\d+\ntitle=((?:\\\n|.)*)", written)
    assert "<v leo>你好。" in (out / "film.vtt").read_text(encoding="utf-8")
    assert "00:00:02,000 --> 00:00:04,000\n你好。" in (out / "film.srt").read_text(encoding="utf-8")


def test_captions_in_the_film_need_words(joined, clips) -> None:
    with av.open(str(joined(board(shot("a", 2000), soft=True, chapters=False), clips).path)) as container:
        assert ["video", "audio"] == [stream.type for stream in container.streams]


def test_captions_that_are_no_longer_asked_for_go(joined, clips, out) -> None:
    shots = (shot("a", 2000, segment(0, 2000, line("Hello."))),)
    joined(board(*shots, files=("srt", "vtt")), clips)
    joined(board(*shots, files=("vtt",)), clips)
    assert ["film.mp4", "film.vtt", "poster.jpg"] == names(out)


def test_the_film_may_have_another_name(joined, clips, out) -> None:
    film = joined(board(shot("a", 2000), files=("srt",)), clips, name="holiday")
    assert ["holiday.mp4", "holiday.srt", "poster.jpg"] == names(out)
    assert out / "holiday.mp4" == film.path


def test_the_poster_is_the_middle_of_the_first_shot(joined, clips, out) -> None:
    joined(board(shot("a", 2000, card=("x", 1000)), shot("b", 2000)), clips)
    with Image.open(out / "poster.jpg") as poster:
        assert ((160, 90), "JPEG") == (poster.size, poster.format)
        assert (255, 255, 255) == pytest.approx(poster.getpixel((80, 45)), abs=3)


def test_mute_gain_and_another_sound(joined, clips, tmp_path) -> None:
    wav = convert(make_clip(tmp_path / "x.mp4", 60, flash_ms=500), tmp_path / "x.wav", "-vn")
    shots = (
        shot("a", 2000, audio=sound(mute=True)),
        shot("b", 2000, audio=sound(file=wav.name)),
        shot("c", 2000, audio=sound(gain_db=-20.0)),
    )
    film = joined(board(*shots, root=tmp_path), clips)
    assert [96000 + 24000] == pytest.approx(beeps(film.path), abs=100)
    assert 0 == film.encoded


def test_progress_rises_to_one(joined, clips) -> None:
    storyboard = board(shot("a", 2000, trim=(500, 1500)), shot("b", 2000, card=("x", 500)))
    heard: list[float] = []
    joined(storyboard, clips, report=heard.append)
    assert heard == sorted(heard)
    assert {0.467, 0.7, 0.8, 1.0} <= {round(fraction, 3) for fraction in heard}
    assert 1.0 == heard[-1]


def test_many_clips_are_one_run_with_flat_memory(joined, tmp_path, monkeypatch) -> None:
    """120 clips: one ffmpeg with two inputs, whatever their number, and every flash where it belongs."""
    from r2v_pipeline.assemble import join

    runs = []
    monkeypatch.setattr(join, "run", lambda *a, run=join.run, **k: (runs.append(a), run(*a, **k)))
    clip = make_clip(tmp_path / "x.mp4", 10, flash_ms=200, preset="ultrafast")
    shots = [shot(f"s{n}", 334 if n % 3 == 2 else 333) for n in range(120)]
    film = joined(board(*shots, chapters=False), {s.id: clip for s in shots})
    assert (1200, 0, 1) == (film.frames, film.encoded, len(runs))
    assert [6 + 10 * n for n in range(120)] == flashes(film.path)
    assert 1200 == check_clip(film.path).frames
