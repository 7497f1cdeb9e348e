"""Parts of a split shot become one clip: exact to the frame and the sample, and cut to what was written."""

from __future__ import annotations

from pathlib import Path

import pytest
from boards import board, line, segment, shot
from making import beeps, convert, flashes, frame_hashes, make_clip

from r2v_pipeline.assemble.splice import splice
from r2v_pipeline.errors import DiskTrouble, MediaTrouble
from r2v_pipeline.media.boxes import probe
from r2v_pipeline.media.ffmpeg import Ffmpeg
from r2v_pipeline.media.pyav import check_clip


@pytest.fixture
def spliced(tmp_path: Path, pieces: Path, program: Ffmpeg):
    """Joins clips into one, in a folder of its own."""

    def join(*parts: tuple[Path, int], **options: object) -> Path:
        place = tmp_path / "work"
        place.mkdir(exist_ok=True)
        splice(parts, place / "whole.mp4", **{"pieces": pieces, "ffmpeg": program, **options})
        assert ["whole.mp4"] == sorted(path.name for path in place.iterdir())
        return place / "whole.mp4"

    return join


def test_clips_of_their_written_length_are_copied(spliced, clips) -> None:
    whole = spliced((clips["a"], 2000), (clips["b"], 2000), (clips["c"], 2000))
    assert [hash for name in "abc" for hash in frame_hashes(clips[name])] == frame_hashes(whole)
    assert [30, 90, 150] == flashes(whole)
    assert [48_000, 144_000, 240_000] == beeps(whole)
    found = check_clip(whole)
    assert (180, 6000) == (found.frames, found.duration_ms)


def test_what_was_paid_for_beyond_the_written_length_is_cut_away(spliced, clips, tmp_path: Path) -> None:
    """5 s clips of parts of 1.5 s and 2 s: nothing of the rest is seen or heard, nothing is late."""
    long = [make_clip(tmp_path / f"long{n}.mp4", frames=150, seed=n) for n in range(2)]
    whole = spliced((long[0], 1500), (long[1], 2000), (clips["c"], 2000))
    assert (165, 5500) == (check_clip(whole).frames, check_clip(whole).duration_ms)
    assert frame_hashes(long[0])[:45] == frame_hashes(whole)[:45]
    assert [30, 75, 135] == flashes(whole)
    assert [48_000, 120_000, 216_000] == beeps(whole)


def test_lengths_are_rounded_once(spliced, clips) -> None:
    """Three parts of 1.51 s are 4.53 s, not three times 45 frames."""
    whole = spliced(*((clips[name], 1510) for name in "abc"))
    assert 136 == check_clip(whole).frames
    assert [30, 75, 121] == flashes(whole)


def test_a_cut_that_no_packet_border_allows(spliced, tmp_path: Path) -> None:
    """Pictures that refer to later ones: the stretch is encoded again, with the same parameter sets where x264 can."""
    made = [make_clip(tmp_path / f"{n}.mp4", frames=90, seed=n) for n in range(2)]
    bent = [convert(clip, clip.with_suffix(".b.mp4"), "-c:v", "libx264", "-bf", "3", "-g", "250") for clip in made]
    whole = spliced((bent[0], 1700), (bent[1], 3000))
    assert (141, 4700) == (check_clip(whole).frames, check_clip(whole).duration_ms)
    assert [30, 81] == flashes(whole)


def test_a_clip_that_ends_too_early_holds_its_last_frame(spliced, clips) -> None:
    whole = spliced((clips["a"], 2500), (clips["b"], 2000))
    assert [30, 105] == flashes(whole)
    assert [48_000, 168_000] == beeps(whole)
    assert 135 == check_clip(whole).frames


def test_a_silent_part_and_one_of_another_size(spliced, clips, tmp_path: Path) -> None:
    silent = make_clip(tmp_path / "silent.mp4", seed=7, audio=False)
    small = make_clip(tmp_path / "small.mp4", seed=8, size=(128, 72))
    whole = spliced((silent, 2000), (small, 2000), (clips["c"], 2000))
    boxes = probe(whole)
    assert boxes is not None
    assert (160, 90, 180) == (boxes.width, boxes.height, boxes.frames)
    assert [144_000, 240_000] == beeps(whole)


def test_the_same_parts_give_the_same_bytes(spliced, clips) -> None:
    parts = [(clips["a"], 1500), (clips["b"], 2000)]
    assert spliced(*parts).read_bytes() == spliced(*parts).read_bytes()


def test_work_that_is_stopped_leaves_nothing(tmp_path: Path, pieces: Path, program: Ffmpeg, clips) -> None:
    class Enough(Exception):
        pass

    def going() -> None:
        raise Enough

    with pytest.raises(Enough):
        splice([(clips["a"], 2000)], tmp_path / "whole.mp4", going, pieces=pieces, ffmpeg=program)
    assert [] == list(tmp_path.iterdir())


def test_trouble_is_told(tmp_path: Path, pieces: Path, program: Ffmpeg, clips) -> None:
    to = tmp_path / "whole.mp4"
    torn = tmp_path / "torn.mp4"
    torn.write_bytes(clips["a"].read_bytes()[:5000])
    for parts in ([(torn, 2000)], [(clips["a"], 0)], [(tmp_path / "gone.mp4", 1000)]):
        with pytest.raises(MediaTrouble):
            splice(parts, to, pieces=pieces, ffmpeg=program)
    with pytest.raises(DiskTrouble):
        splice([(clips["a"], 2000)], tmp_path / "no" / "whole.mp4", pieces=pieces, ffmpeg=program)
    assert ["torn.mp4"] == [path.name for path in tmp_path.iterdir()]


def test_the_film_of_a_split_shot_has_its_trim_over_the_whole(spliced, joined, clips, tmp_path: Path) -> None:
    """The clips are longer than the parts; the trim begins in the first part and ends in the second."""
    long = [make_clip(tmp_path / f"long{n}.mp4", frames=150, seed=n) for n in range(2)]
    whole = spliced((long[0], 2000), (long[1], 2000))
    first = shot("harbor", 4000, segment(0, 2000, line("One.")), segment(2000, 4000, line("Two.")), trim=(500, 3500))
    film = joined(board(first, shot("c", 2000), files=("srt",)), {"harbor": whole, "c": clips["c"]})
    assert (150, 5000) == (film.frames, film.duration_ms)
    assert [15, 75, 120] == flashes(film.path)
    assert [24_000, 120_000, 192_000] == beeps(film.path)
    words = (film.path.parent / "film.srt").read_text("utf-8")
    assert "00:00:00,000 --> 00:00:01,500\nOne." in words
    assert "00:00:01,500 --> 00:00:03,000\nTwo." in words


def test_a_clip_longer_than_its_shot_is_cut_in_the_film(joined, clips, tmp_path: Path) -> None:
    """`fit: trim`: a 5 s clip of a shot of 3 s.  Nothing after it moves, in picture, sound or words."""
    long = make_clip(tmp_path / "long.mp4", frames=150, seed=9, flash_ms=4000)
    shots = (
        shot("a", 3000, segment(0, 3000, line("Here."))),
        shot("c", 2000, segment(0, 2000, line("There."))),
    )
    film = joined(board(*shots, files=("vtt",)), {"a": long, "c": clips["c"]})
    assert (150, 5000) == (film.frames, film.duration_ms)
    assert [120] == flashes(film.path)
    assert [192_000] == beeps(film.path)
    words = (film.path.parent / "film.vtt").read_text("utf-8")
    assert "00:00:00.000 --> 00:00:03.000\n<v Mia>Here." in words
    assert "00:00:03.000 --> 00:00:05.000\n<v Mia>There." in words
