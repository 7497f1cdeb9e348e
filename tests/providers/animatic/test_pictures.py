"""Reference files as the world makes them: every mode is drawn upright, every broken one says why."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest
from animatic_bodies import picture
from PIL import Image

from r2v_pipeline.media.pyav import ClipWriter
from r2v_pipeline.providers.animatic.pictures import Album, Unreadable, cut_out, read_image, read_video


def near(found: Image.Image, at: tuple[int, int], expected: tuple[int, int, int], by: int = 12) -> bool:
    pixel = found.getpixel(at)
    assert isinstance(pixel, tuple)
    return all(abs(a - b) <= by for a, b in zip(pixel, expected, strict=True))


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "bmp", "gif", "tiff"])
def test_the_usual_formats_are_read(tmp_path: Path, suffix: str) -> None:
    found = read_image(picture(tmp_path / f"a.{suffix}", (200, 40, 60)))
    assert ("RGB", (320, 180)) == (found.mode, found.size)
    assert near(found, (100, 100), (200, 40, 60))


def test_a_cmyk_jpeg_keeps_its_colours(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    Image.new("RGB", (64, 64), (30, 160, 70)).convert("CMYK").save(path)
    assert near(read_image(path), (30, 30), (30, 160, 70))


def test_a_16_bit_png_keeps_its_brightness(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("I;16", (64, 64), 40_000).save(path)
    assert near(read_image(path), (30, 30), (156, 156, 156), by=1)


def test_transparency_lies_over_middle_grey_in_every_form(tmp_path: Path) -> None:
    clear = Image.new("RGBA", (64, 64), (255, 0, 0, 0))
    palette = Image.new("P", (64, 64), 0)
    palette.info["transparency"] = 0
    for number, image in enumerate((clear, clear.convert("LA"), palette)):
        path = tmp_path / f"{number}.png"
        image.save(path)
        assert near(read_image(path), (30, 30), (126, 130, 138), by=2), number


def test_a_palette_and_a_grey_picture_become_rgb(tmp_path: Path) -> None:
    for number, mode in enumerate(("P", "L", "1")):
        path = tmp_path / f"{number}.png"
        Image.new("RGB", (64, 64), (255, 255, 255)).convert(mode).save(path)
        assert near(read_image(path), (30, 30), (255, 255, 255), by=2), mode


def test_a_photograph_turned_by_exif_stands_upright(tmp_path: Path) -> None:
    image = Image.new("RGB", (80, 40), (0, 0, 0))
    image.paste((250, 250, 250), (0, 0, 40, 40))
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: left is up
    image.save(tmp_path / "a.jpg", exif=exif, quality=95)
    found = read_image(tmp_path / "a.jpg")
    assert (40, 80) == found.size
    assert near(found, (20, 10), (250, 250, 250))
    assert near(found, (20, 70), (0, 0, 0))


@pytest.mark.parametrize("suffix", ["gif", "webp"])
def test_an_animation_gives_its_first_frame(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    frames = [Image.new("RGB", (64, 64), c) for c in ((250, 0, 0), (0, 0, 250))]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=100)
    assert near(read_image(path), (30, 30), (250, 0, 0))


def test_a_large_picture_is_reduced_to_what_a_board_can_use(tmp_path: Path) -> None:
    assert (2880, 1440) == read_image(picture(tmp_path / "a.jpg", (9, 9, 9), (5000, 2500))).size


def _png(width: int, height: int) -> bytes:
    """A PNG that says it is that large, of some dozen bytes."""
    chunks = (b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0), b"IDAT" + zlib.compress(bytes(9)))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in chunks
    )


@pytest.mark.parametrize("size", [(9000, 8000), (30_000, 30_000), (65_000, 65_000)])
def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, size: tuple[int, int]) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(_png(*size))
    with pytest.raises(Unreadable, match="more than 64 megapixels"):
        read_image(path)


def test_a_truncated_picture_says_so(tmp_path: Path) -> None:
    for suffix in ("png", "jpg", "webp"):
        whole = tmp_path / f"a.{suffix}"
        Image.radial_gradient("L").convert("RGB").save(whole)
        whole.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
        with pytest.raises(Unreadable, match=r"cannot be decoded|not an image"):
            read_image(whole)


@pytest.mark.parametrize(
    "content", [b"", b"<html>not found</html>", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"]
)
def test_what_is_no_picture_says_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(content)
    with pytest.raises(Unreadable, match="not an image"):
        read_image(path)


def test_a_missing_file_and_a_speck_say_so(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="No such file"):
        read_image(tmp_path / "none.png")
    with pytest.raises(Unreadable, match="too small"):
        read_image(picture(tmp_path / "dot.png", (1, 1, 1), (1, 1)))


def test_a_video_gives_a_frame_from_inside_it(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with ClipWriter(path, width=64, height=64, fps=10, audio=False, preset="house") as clip:
        for number in range(9):
            clip.write_frame(bytes([16 if number < 2 else 200]) * 4096, b"\x80" * 1024, b"\x80" * 1024)
    found = read_video(path)
    assert ("RGB", (64, 64)) == (found.mode, found.size)
    assert near(found, (30, 30), (214, 214, 214), by=6)


def test_a_video_that_is_none_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"<html>gone</html>")
    with pytest.raises(Unreadable, match="cannot be decoded"):
        read_video(path)


def test_an_album_reads_a_picture_once_and_keeps_only_a_few(tmp_path: Path) -> None:
    album = Album(keep=2)
    paths = [picture(tmp_path / f"{n}.png", (n, n, n)) for n in range(3)]
    first = album.picture("0", paths[0], "image")
    assert first is album.picture("0", paths[0], "image")
    for n in (1, 2):
        album.picture(str(n), paths[n], "image")
    assert first is not album.picture("0", paths[0], "image")


def test_the_part_that_a_reference_means_is_cut_out() -> None:
    picture = Image.new("RGB", (100, 50))
    picture.paste((255, 0, 0), (10, 10, 30, 20))
    assert [(200, (255, 0, 0))] == cut_out(picture, [10, 10, 20, 10]).getcolors()
    assert picture is cut_out(picture, None)
    assert picture is cut_out(picture, [90, 0, 20, 10])
