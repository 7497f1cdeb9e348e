"""Pieces: stretches of clips, pictures and title cards, encoded once in the film's own format.

A piece is kept under a name made of everything that decides its bytes (the clip's digest, the stretch, size, rate,
encoder settings, ffmpeg's version), so a second join, or one with a shot more, encodes nothing again.  One ffmpeg runs
per piece: one graph over all clips takes some 75 MB for each of them, and a command line longer than Windows allows
from about 130.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from r2v_pipeline.assemble.footage import Footage
from r2v_pipeline.canonical import digest, digest_bytes, digest_stream
from r2v_pipeline.errors import DiskTrouble, MediaTrouble
from r2v_pipeline.media.boxes import Probe, probe
from r2v_pipeline.media.ffmpeg import Ffmpeg, file_url, part_of, run, source
from r2v_pipeline.media.house import MOVIE_TIMESCALE, PRESETS

if TYPE_CHECKING:
    from PIL.Image import Image

RECIPE = 1
# Accurate, and the same bytes with and without SIMD.
_SCALING = "bicubic+accurate_rnd+full_chroma_int+bitexact"
_BLACK = "black"
# Colour matrices that ffmpeg's scaler writes, by their number in ITU-T H.273.
MATRICES = {1: "bt709", 4: "fcc", 5: "bt601", 6: "bt601", 7: "smpte240m"}
_EARLY_MS = 2000


class Style(NamedTuple):
    """How pieces are encoded.  `colour` is primaries, transfer and matrix (ITU-T H.273), always in limited range.

    `square` says in the stream that pixels are square; not saying means the same and is another parameter set.
    """

    options: tuple[tuple[str, str], ...]
    colour: tuple[int, int, int] = (1, 1, 1)
    square: bool = False


OWN = {name: Style(tuple(preset.options().items())) for name, preset in PRESETS.items()}


class House(NamedTuple):
    """The film's format and the folder of its pieces."""

    ffmpeg: Ffmpeg
    pieces: Path
    width: int
    height: int
    fps: int
    style: Style


Report = Callable[[float], None]


def conform(
    house: House, clip: Footage, first: int, frames: int, sha256: str = "", report: Report | None = None
) -> Path:
    """Frames [first, first + frames) of a clip, counted at the film's rate, as a piece.

    Other rates drop or repeat frames, other shapes get black borders, pixels become square, and the last frame is held
    where the clip ends too early.  `sha256` is the clip's digest where it is known; else the file is read for it.

    Raises:
        MediaTrouble: ffmpeg failed, or made another number of frames.
        DiskTrouble: the clip cannot be read or the piece not written.
    """
    if clip.info.still:
        return still(house, _picture(clip.path), frames, report)
    recipe = {"clip": sha256 or _digest(clip.path), "first": first, "frames": frames}
    return _piece(house, recipe, frames, lambda target: _clip_graph(house, clip, first, frames, target), report)


def still(house: House, picture: Image, frames: int, report: Report | None = None) -> Path:
    """A picture shown for so many frames, as a piece.  Raises as `conform`."""
    image = picture.convert("RGB")
    pixels = image.tobytes()
    recipe = {"picture": digest_bytes(pixels), "width": image.width, "height": image.height, "frames": frames}

    def graph(target: Path) -> Any:
        raw = _raw(target)
        raw.write_bytes(pixels)
        stream = source(raw, f="rawvideo", pixel_format="rgb24", video_size=image.size, framerate=house.fps)["v:0"]
        return _encoded(house, _fitted(house, _held(stream, 0, frames, house.fps), "auto"), frames, target)

    return _piece(house, recipe, frames, graph, report)


def sample(house: House) -> Probe:
    """One frame in this format: a clip with the same parameter sets can be joined to its pieces packet by packet."""
    from PIL import Image

    made = probe(still(house, Image.new("RGB", (house.width, house.height)), 1))
    if made is None:
        raise MediaTrouble("ffmpeg made a file that is no MP4")
    return made


def _piece(
    house: House, recipe: dict[str, Any], frames: int, graph: Callable[[Path], Any], report: Report | None
) -> Path:
    settings = [house.width, house.height, house.fps, house.style, house.ffmpeg.label]
    target = house.pieces / f"{digest({'recipe': RECIPE, 'settings': settings, **recipe})}.mp4"
    try:
        if not _is_good(target, house, frames):
            house.pieces.mkdir(parents=True, exist_ok=True)
            run(house.ffmpeg, graph(target), target, seconds=frames / house.fps, report=report)
        # Pieces that no film has used for long may be swept by their age.
        os.utime(target)
    except OSError as error:
        raise DiskTrouble(f"{house.pieces}: {error.strerror}") from None
    finally:
        _raw(target).unlink(missing_ok=True)
    if not _is_good(target, house, frames):
        target.unlink(missing_ok=True)
        raise MediaTrouble(f"ffmpeg made something else than {frames} frames at {house.fps} fps out of {recipe}")
    return target


def _is_good(piece: Path, house: House, frames: int) -> bool:
    """Whether the piece is there, whole, and of the asked length: the folder may have been tampered with."""
    try:
        found = probe(piece)
    except OSError:
        return False
    return bool(found and found.frames == frames and found.cfr and found.fps == (house.fps, 1) and found.whole)


def _raw(target: Path) -> Path:
    return target.with_suffix(".rgb")


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return digest_stream(file)
    except OSError as error:
        raise DiskTrouble(f"{path}: {error.strerror}") from None


def _picture(path: Path) -> Image:
    """A still picture as a frame of the film: upright, and on black where it is transparent."""
    from PIL import Image, ImageOps

    try:
        with Image.open(path) as opened:
            image = ImageOps.exif_transpose(opened).convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise MediaTrouble(f"{path.name}: a damaged picture") from None
    canvas = Image.new("RGB", image.size)
    canvas.paste(image, mask=image.getchannel("A"))
    return canvas


def _clip_graph(house: House, clip: Footage, first: int, frames: int, target: Path) -> Any:
    from r2v_pipeline.media.pyav import describe

    told = describe(clip.path)
    options: dict[str, Any] = {"f": told.format}
    # Far into long footage, decoding starts shortly before the stretch.  Only where time 0 is the first frame: seeking
    # counts from the start of the file, the frames here from the first picture.
    early = (first * 1000 // house.fps - _EARLY_MS) // 1000
    if clip.boxes and clip.boxes.whole and early > 0:
        options["ss"] = early
        first -= early * house.fps
    stream = source(clip.path, **options)["v:0"]
    if "ss" not in options:
        stream = stream.filter("setpts", "PTS-STARTPTS")
    stream = _held(stream.filter("fps", fps=house.fps, start_time=0), first, frames, house.fps)
    matrix = guessed_matrix(told.height) if told.untagged else "auto"
    return _encoded(house, _fitted(house, stream, matrix), frames, target)


def _held(stream: Any, first: int, frames: int, fps: int) -> Any:
    """Exactly the frames [first, first + frames), the last one repeated for ever before the cut.

    In ffmpeg 7.0 the rate is lost behind setpts and the encoder takes 25; so it is said again.
    """
    endless = stream.filter("tpad", stop=-1, stop_mode="clone")
    cut = endless.filter("trim", start_frame=first, end_frame=first + frames).filter("setpts", "PTS-STARTPTS")
    return cut.filter("fps", fps=fps)


def _fitted(house: House, stream: Any, matrix: str) -> Any:
    """Any picture as the film's: as large as it goes, black around it, square pixels, the style's colours."""
    width, height = house.width, house.height
    primaries, transfer, wanted = house.style.colour
    return (
        stream.filter(
            "scale",
            w=f"max(2,2*round(min({width},{height}*dar)/2))",
            h=f"max(2,2*round(min({height},{width}/dar)/2))",
            flags=_SCALING,
            in_color_matrix=matrix,
            out_color_matrix=MATRICES.get(wanted) or guessed_matrix(height),
            out_range="tv",
        )
        .filter("pad", width, height, "(ow-iw)/2", "(oh-ih)/2", _BLACK)
        .filter("setsar", int(house.style.square))
        .filter("format", "yuv420p")
        .filter("setparams", range="tv", color_primaries=primaries, color_trc=transfer, colorspace=wanted)
    )


def guessed_matrix(height: int) -> str:
    """What players take an untagged picture for."""
    from r2v_pipeline.media.pyav import HD_LINES

    return "bt709" if height >= HD_LINES else "bt601"


def _encoded(house: House, stream: Any, frames: int, target: Path) -> Any:
    import ffmpeg

    options: dict[str, Any] = {
        "f": "mp4",
        "c:v": "libx264",
        "pix_fmt": "yuv420p",
        "frames:v": frames,
        "map_metadata": -1,
        "bitexact": None,
        "movie_timescale": MOVIE_TIMESCALE,
        **dict(house.style.options),
    }
    return ffmpeg.output(stream, file_url(part_of(target)), **options)
