"""Whole boards: exact clips, the same bytes every time, and nothing drawn outside its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from animatic_bodies import SIZE, body, line, picture, reference, segment
from PIL import Image, ImageChops

from r2v_pipeline.media.fonts import Library
from r2v_pipeline.media.pyav import check_clip, decode_frame
from r2v_pipeline.media.typeset import Typesetter
from r2v_pipeline.providers.animatic.clock import timecode
from r2v_pipeline.providers.animatic.layout import Rect, cells, zones
from r2v_pipeline.providers.animatic.pictures import Unreadable
from r2v_pipeline.providers.animatic.render import Artist

PROSE = "Mia carefully unwraps the gift by a beautifully decorated tree. "
RED, BLUE, GREEN = (200, 40, 40), (40, 60, 200), (40, 170, 60)


@pytest.fixture(scope="module")
def artist() -> Artist:
    """Draws with the vendored fonts only, on any machine."""
    return Artist(Typesetter(Library([])))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("references")
    colours = {"mia": RED, "leo": BLUE, "gift": GREEN}
    return {f"r2v-file:sha256:{n}": str(picture(folder / f"{n}.png", c)) for n, c in colours.items()}


CAST = (reference("mia"), reference("leo"), reference("gift"))


def middle(image: Image.Image, place: Rect) -> tuple[int, int, int]:
    pixel = image.getpixel((place.x + place.width // 2, place.y + place.height // 2))
    assert isinstance(pixel, tuple)
    return pixel[0], pixel[1], pixel[2]


def like(found: tuple[int, ...], expected: tuple[int, ...], by: int = 14) -> bool:
    return all(abs(a - b) <= by for a, b in zip(found, expected, strict=True))


@pytest.mark.parametrize("fps", [12, 24, 25, 30])
@pytest.mark.parametrize("size", [(416, 240), (240, 416), (320, 320)])
def test_a_clip_has_the_frames_size_rate_and_sound_asked_for(
    artist: Artist, files: dict[str, str], tmp_path: Path, size: tuple[int, int], fps: int
) -> None:
    segments = [segment(0, 333, "Mia waits.", "push in"), segment(333, 700, "Leo.", "static", line("leo", "Hm."))]
    wanted = body(segments, *CAST, width=size[0], height=size[1], fps=fps, frames=17, audio=True)
    artist.draw(wanted, files, tmp_path / "a.mp4")
    found = check_clip(tmp_path / "a.mp4")
    assert (17, *size, (fps, 1), True) == (found.frames, found.width, found.height, found.fps, found.has_audio)


def test_a_shot_without_audio_has_no_audio_track(artist: Artist, files: dict[str, str], tmp_path: Path) -> None:
    artist.draw(body([segment(0, 500, "Mia.")], *CAST, audio=False), files, tmp_path / "a.mp4")
    assert not check_clip(tmp_path / "a.mp4").has_audio


def test_the_same_body_gives_the_same_bytes_whatever_was_drawn_before(
    artist: Artist, files: dict[str, str], tmp_path: Path
) -> None:
    said = [line("mia", "Was it here all along?"), line("leo", "It was.", "whispered")]
    wanted = body([segment(0, 500, "Mia and Leo.", "handheld", *said), segment(500, 1000, PROSE)], *CAST, audio=True)
    made = []
    for number, drawer in enumerate((artist, Artist(Typesetter(Library([]))), artist)):
        drawer.draw(body([segment(0, 250, "Leo.")], *CAST), files, tmp_path / "other.mp4")
        drawer.draw(wanted, files, tmp_path / f"{number}.mp4")
        made.append((tmp_path / f"{number}.mp4").read_bytes())
    assert made[0] == made[1] == made[2]


def test_progress_is_told_and_only_grows(artist: Artist, files: dict[str, str], tmp_path: Path) -> None:
    heard: list[float] = []
    artist.draw(body([segment(0, 4000, "Mia.", "static")], *CAST), files, tmp_path / "a.mp4", heard.append)
    assert heard == sorted(heard)
    assert 0 <= heard[0] < heard[-1] <= 1


def test_what_was_encoded_is_what_a_still_shows(artist: Artist, files: dict[str, str], tmp_path: Path) -> None:
    wanted = body([segment(0, 500, "Leo.", "static"), segment(500, 1000, PROSE, "pan right")], *CAST)
    artist.draw(wanted, files, tmp_path / "a.mp4")
    pair = artist.still(wanted, files, 11), decode_frame(tmp_path / "a.mp4", "last")
    header = zones(*SIZE, 3).header
    for box in ((0, 0, *SIZE), (header.right - 60, header.y, header.right, header.bottom)):
        difference = ImageChops.difference(*(image.crop(box) for image in pair)).convert("L").histogram()
        assert sum(v * n for v, n in enumerate(difference)) / sum(difference) < 5


def test_each_segment_shows_the_pictures_of_its_words(artist: Artist, files: dict[str, str]) -> None:
    wanted = body([segment(0, 500, "Mia waits."), segment(500, 1000, "Leo comes with the gift.")], *CAST)
    stage = zones(*SIZE, 3).stage
    first, second = artist.still(wanted, files, 2), artist.still(wanted, files, 8)
    assert like(middle(first, stage), RED)
    left, right = cells(stage, (0.64, 0.36), 4)
    assert like(middle(second, left), BLUE)
    assert like(middle(second, right), GREEN)


def test_the_speaker_is_lit_and_the_other_dimmed_in_turn(artist: Artist, files: dict[str, str]) -> None:
    said = [line("mia", "Was it here all along?", speech_ms=900), line("leo", "It was.", speech_ms=900)]
    wanted = body([segment(0, 2200, "Mia and Leo.", "static", *said)], *CAST)
    left, right = cells(zones(*SIZE, 3).stage, (0.5, 0.5), 4)
    early, late = artist.still(wanted, files, 6), artist.still(wanted, files, 20)
    assert like(middle(early, left._replace(height=60)), RED)
    assert like(middle(late, right._replace(height=60)), BLUE)
    assert sum(middle(early, right._replace(height=60))) < sum(BLUE) * 0.75
    assert sum(middle(late, left._replace(height=60))) < sum(RED) * 0.75


def test_a_first_frame_fills_the_first_segment(artist: Artist, files: dict[str, str]) -> None:
    opening = {"kind": "image", "file": "r2v-file:sha256:gift"}
    wanted = body([segment(0, 500, "Mia and Leo."), segment(500, 1000, "Mia.")], *CAST[:2], first_frame=opening)
    stage = zones(*SIZE, 2).stage
    shown = artist.still(wanted, files, 1)
    for x in (stage.x + 3, stage.x + stage.width // 2, stage.right - 3):
        for y in (stage.y + 3, stage.bottom - 3):
            pixel = shown.getpixel((x, y))
            assert isinstance(pixel, tuple)
            assert like(pixel, GREEN)
    assert like(middle(artist.still(wanted, files, 9), stage), RED)


def test_a_reference_on_the_web_stands_as_a_card(artist: Artist, files: dict[str, str]) -> None:
    web = reference("cat", "https://cdn.example.com/cat.png")
    shown = artist.still(body([segment(0, 500, "The cat.")], web), files, 2)
    stage = zones(*SIZE, 1).stage
    inside = shown.crop((stage.x, stage.y, stage.right, stage.bottom)).convert("L")
    assert inside.getextrema()[1] > 200
    assert max(inside.histogram()) < stage.width * stage.height * 0.98


def test_a_shot_without_references_shows_its_words_large(artist: Artist) -> None:
    shown = artist.still(body([segment(0, 500, "Fog over a black sea.", "aerial, slow pan left")]), {}, 2)
    stage = zones(*SIZE, 0).stage
    inside = shown.crop((stage.x, stage.y, stage.right, stage.bottom)).convert("L").point(lambda v: 255 * (v > 200))
    ink = inside.getbbox()
    assert ink is not None
    assert ink[2] - ink[0] > stage.width * 0.4


def crowded(**changed: Any) -> dict[str, Any]:
    long, joined = PROSE * 80, "👩\u200d💻中文" * 400
    said = [line("mia", long), line("leo", "שלום " * 500), line("gift", joined)]
    segments = [segment(0, 1000, long, long, *said), segment(1000, 2000, joined, joined), segment(2000, 3000, "")]
    many = [
        reference("mia", label=long),
        *CAST[1:],
        *(reference(f"m{n}", "https://x.example/" + long) for n in range(9)),
    ]
    return body(segments, *many, shot="a-very-long-shot-id-" * 12, take=1234, style=long, **changed)


@pytest.mark.parametrize("size", [(832, 480), (480, 832), (624, 624), (1466, 628)])
def test_no_words_however_many_leave_their_places(artist: Artist, files: dict[str, str], size: tuple[int, int]) -> None:
    """Everything between the parts of a crowded board has the plain colour of the ground, in every frame looked at."""
    crowd = crowded(width=size[0], height=size[1])
    parts = zones(*size, len(crowd["references"]))
    mask = Image.new("L", size, 255)
    for part in parts[2:]:
        if part.width:
            mask.paste(0, (part.x - 1, part.y - 1, part.right + 1, part.bottom + 1))
    for number in (0, 6, 11, 14, 30):
        shown = artist.still(crowd, files, number)
        ground = Image.new("RGB", size, shown.getpixel((1, 1)))
        outside = Image.composite(shown, ground, mask)
        assert ImageChops.difference(outside, ground).convert("L").getextrema()[1] <= 8, number


@pytest.mark.parametrize("size", [(832, 480), (480, 832), (624, 624)])
def test_a_long_name_stays_clear_of_the_timecode(artist: Artist, size: tuple[int, int]) -> None:
    clocks = set()
    for name in ("a", "a-very-long-shot-id-" * 12):
        wanted = body([segment(0, 123_456)], shot=name, take=1234, width=size[0], height=size[1])
        header = zones(*size, 0).header
        place = (header.right - header.height * 5, header.y, header.right, header.bottom)
        clocks.add(artist.still(wanted, {}, 3).crop(place).tobytes())
    assert 1 == len(clocks)


def test_a_panel_can_be_read_over_any_picture(artist: Artist, tmp_path: Path) -> None:
    """Its ground is nearly the same, and much darker than its words, beside a white picture and beside a black one."""
    grounds = []
    for name, colour in (("white", (255, 255, 255)), ("black", (0, 0, 0))):
        file = {f"r2v-file:sha256:{name}": str(picture(tmp_path / f"{name}.png", colour))}
        panel = zones(*SIZE, 1).panel
        shown = artist.still(body([segment(0, 500, "Words to read.")], reference(name)), file, 1).convert("L")
        inside = shown.crop((panel.x + 2, panel.y + 2, panel.right - 2, panel.bottom - 2))
        counts = inside.histogram()
        grounds.append(counts.index(max(counts)))
        assert inside.getextrema()[1] - grounds[-1] > 180
        edge = shown.getpixel((panel.x + panel.width // 2, panel.y))
        assert isinstance(edge, int)
        assert edge > grounds[-1] + 12
    assert abs(grounds[0] - grounds[1]) < 6


def test_the_timecode_and_the_bar_run(artist: Artist, files: dict[str, str]) -> None:
    wanted = body([segment(0, 1000, "Mia.", "static"), segment(1000, 2000, "Mia.", "static")], *CAST)
    bar, header = zones(*SIZE, 3).bar, zones(*SIZE, 3).header
    filled, clocks = [], set()
    for number in (0, 5, 11, 12, 23):
        shown = artist.still(wanted, files, number)
        row = shown.crop((bar.x, bar.y + 1, bar.right, bar.y + 2)).convert("L").tobytes()
        filled.append(sum(v > 140 for v in row))
        clocks.add(shown.crop((header.right - 60, header.y, header.right, header.bottom)).tobytes())
    assert filled == sorted(filled)
    assert len(set(filled)) == 5
    assert filled[-1] > bar.width - 12
    assert 5 == len(clocks)


@pytest.mark.parametrize(
    ("frame", "fps", "text"), [(0, 30, "00:00:00:00"), (29, 30, "00:00:00:29"), (108_030, 30, "01:00:01:00")]
)
def test_timecode_counts_hours_minutes_seconds_frames(frame: int, fps: int, text: str) -> None:
    assert text == timecode(frame, fps)


def test_a_reference_that_cannot_be_drawn_is_named(artist: Artist, tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    wanted = body([segment(0, 500, "Mia.")], reference("mia", "r2v-file:sha256:broken"))
    with pytest.raises(Unreadable, match="the image of 'Mia' cannot be drawn: it is not an image"):
        artist.draw(wanted, {"r2v-file:sha256:broken": str(broken)}, tmp_path / "a.mp4")
    assert ["broken.png"] == [path.name for path in tmp_path.iterdir()]
