"""Pictures and containers in this process.  Only this module and pyav_sound.py import PyAV.

PyAV's majors rename things and drop Python versions, so what r2v uses of it is small, public, and here.  Importing
this module loads FFmpeg's libraries (some 0.1 s): import it inside the function that needs it.

Files are opened as `file:` plus an absolute path (a name such as `http:x.mp4` would otherwise go to the network), and
only by demuxers of media containers (FFmpeg still recognises a playlist that calls itself `clip.mp4`).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from r2v_pipeline.errors import DiskTrouble, MediaTrouble
from r2v_pipeline.media.house import (
    AUDIO_BITRATE,
    MOVIE_TIMESCALE,
    PRESETS,
    SAMPLE_BYTES,
    SAMPLE_RATE,
    samples_before,
)

if TYPE_CHECKING:
    from PIL.Image import Image

VERSION = av.__version__

_CONTAINERS = "mov,matroska,webm,avi,mpegts,mpeg,wav,w64,aiff,mp3,aac,flac,ogg"
_BITEXACT = 1 << 23  # AV_CODEC_FLAG_BITEXACT
_BT709, _LIMITED = 1, 1
# Players take untagged pictures for BT.709 from this height on, for BT.601 below.
HD_LINES = 720
# Colour matrices as files number them (ITU-T H.273) and as PyAV names them.
_MATRICES = {1: "ITU709", 4: "FCC", 5: "ITU601", 6: "ITU601", 7: "SMPTE240M"}
_AAC_FRAME = 1024


class Decoded(NamedTuple):
    """What a full decode found.  `fps` is a fraction; `audio_samples` counts a channel, at `audio_rate`."""

    frames: int
    width: int
    height: int
    fps: tuple[int, int]
    duration_ms: int
    has_audio: bool
    audio_samples: int
    audio_rate: int


class Description(NamedTuple):
    """What a container says of itself, without decoding it through.  Without video `width` is 0; times in ms.

    `format` is FFmpeg's demuxer.  `colour` is primaries, transfer, matrix (as ITU-T H.273 numbers them) and range (1
    limited, 2 full); `untagged`: the picture has a colour matrix and the file does not tell which.
    """

    format: str
    width: int
    height: int
    fps: tuple[int, int]
    duration_ms: int
    has_audio: bool
    colour: tuple[int, int, int, int]

    @property
    def untagged(self) -> bool:
        return bool(self.width) and _untagged(self.colour[2])


class ClipWriter:
    """Write one H.264/AAC MP4, frame by frame, in a `with` block.

    N frames written are N frames in the file, at a constant rate from 0; sound is cut or filled with silence to the
    same length.  The same input gives the same bytes.  The file appears under its name only when the block ends well:
    an exception, `KeyboardInterrupt` too, leaves nothing.

    Raises:
        DiskTrouble: the file cannot be written.
        MediaTrouble: the encoder refused the format (odd width or height).
    """

    def __init__(self, path: Path, *, width: int, height: int, fps: int, audio: bool, preset: str = "house") -> None:
        if width % 2 or height % 2:
            raise MediaTrouble(f"{path.name}: {width}x{height} cannot be encoded, both sides must be even")
        self._path = path
        self._part = path.with_name(f".{path.name}.{os.getpid()}.part")
        self._fps = fps
        self._size = (width, height)
        self._frames = 0
        self._samples = 0
        self._pending = bytearray()
        with _disk(self._part):
            self._open(PRESETS[preset].options(), audio)

    def _open(self, options: dict[str, str], audio: bool) -> None:
        flags = {"movflags": "+faststart", "fflags": "+bitexact", "movie_timescale": str(MOVIE_TIMESCALE)}
        self._container = av.open(f"file:{self._part.absolute()}", "w", format="mp4", options=flags)
        try:
            self._video = self._container.add_stream("libx264", rate=self._fps, options=options)
            context = self._video.codec_context
            context.width, context.height = self._size
            context.pix_fmt = "yuv420p"
            context.time_base = Fraction(1, self._fps)
            context.thread_count = int(options["threads"])
            context.flags |= _BITEXACT
            context.color_primaries = context.color_trc = context.colorspace = _BT709
            context.color_range = _LIMITED
            self._audio = self._container.add_stream("aac", rate=SAMPLE_RATE, layout="stereo") if audio else None
            if self._audio:
                self._audio.codec_context.bit_rate = AUDIO_BITRATE
                self._audio.codec_context.time_base = Fraction(1, SAMPLE_RATE)
                self._audio.codec_context.flags |= _BITEXACT
                self._planar = AudioResampler(format="fltp", layout="stereo", rate=SAMPLE_RATE)
        except BaseException:  # an interrupt too: no half a clip stays
            self._discard()
            raise

    def write_frame(self, y: bytes, u: bytes, v: bytes) -> None:
        """One picture as the three planes of yuv420p, BT.709, limited range: width x height bytes, then two quarters.

        Raises:
            ValueError: a plane of another size (the caller's mistake).
        """
        width, height = self._size
        frame = VideoFrame(width, height, "yuv420p")
        for plane, data, across in zip(frame.planes, (y, u, v), (width, width // 2, width // 2), strict=True):
            plane.update(_padded(data, across, plane.height, plane.line_size))
        frame.pts = self._frames
        frame.time_base = Fraction(1, self._fps)
        frame.colorspace, frame.color_range = _BT709, _LIMITED
        with _disk(self._part):
            self._container.mux(self._video.encode(frame))
            self._frames += 1
            self._drain_audio()

    def write_audio(self, samples: bytes) -> None:
        """Sound, 16 bit little-endian, stereo interleaved, 48 kHz; any amount at a time, before or after its frames."""
        if self._audio:
            self._pending += samples
            with _disk(self._part):
                self._drain_audio()

    def _drain_audio(self, last: bool = False) -> None:
        """Encode the sound that has its frames.  What no frame covers waits: more frames may come, or it is cut."""
        if self._audio is None:
            return
        due = samples_before(self._frames, self._fps) - self._samples
        while due >= _AAC_FRAME or (last and due > 0):
            count = min(due, _AAC_FRAME)
            if len(self._pending) < count * SAMPLE_BYTES and not last:
                return
            chunk = bytes(self._pending[: count * SAMPLE_BYTES]).ljust(count * SAMPLE_BYTES, b"\0")
            del self._pending[: count * SAMPLE_BYTES]
            frame = AudioFrame(format="s16", layout="stereo", samples=count)
            frame.planes[0].update(chunk)
            frame.rate, frame.pts, frame.time_base = SAMPLE_RATE, self._samples, Fraction(1, SAMPLE_RATE)
            for planar in self._planar.resample(frame):
                self._container.mux(self._audio.encode(planar))
            self._samples += count
            due -= count

    def __enter__(self) -> ClipWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._discard()
            return
        try:
            if not self._frames:
                raise MediaTrouble(f"{self._path.name}: a clip without a frame cannot be written")
            with _disk(self._part):
                self._drain_audio(last=True)
                self._container.mux(self._video.encode(None))
                if self._audio:
                    self._container.mux(self._audio.encode(None))
                self._container.close()
                os.replace(self._part, self._path)
        except BaseException:  # an interrupt too: no half a clip stays
            self._discard()
            raise

    def _discard(self) -> None:
        with contextlib.suppress(av.FFmpegError, OSError):
            self._container.close()
        self._part.unlink(missing_ok=True)


def _padded(data: bytes, width: int, height: int, line_size: int) -> bytes:
    """A plane with each row filled up to the stride that FFmpeg wants."""
    if len(data) != width * height:
        raise ValueError(f"a plane of {width}x{height} has {width * height} bytes, not {len(data)}")
    if line_size == width:
        return data
    gap = bytes(line_size - width)
    return b"".join(data[row : row + width] + gap for row in range(0, len(data), width))


@contextlib.contextmanager
def _disk(part: Path) -> Iterator[None]:
    """FFmpeg's errors while writing, as trouble with the disk (errno known) or with the encoder."""
    try:
        yield
    except av.FFmpegError as error:
        kind = DiskTrouble if isinstance(error, OSError) else MediaTrouble
        raise kind(f"{part.parent}: {error.strerror}") from None
    except OSError as error:
        raise DiskTrouble(f"{part.parent}: {error.strerror}") from None


@contextlib.contextmanager
def opened(path: Path) -> Iterator[InputContainer]:
    """A container for reading; every FFmpeg error inside the block becomes MediaTrouble about this file."""
    guard = {"protocol_whitelist": "file", "format_whitelist": _CONTAINERS}
    try:
        with av.open(f"file:{path.absolute()}", "r", options=guard, metadata_errors="replace") as container:
            yield container
    except av.FFmpegError as error:
        raise MediaTrouble(f"{path.name}: not a playable media file ({error.strerror})") from None
    except OSError as error:
        raise MediaTrouble(f"{path.name}: {error.strerror}") from None


def _video(container: InputContainer, path: Path) -> VideoStream:
    if not container.streams.video:
        raise MediaTrouble(f"{path.name}: no video in it")
    return container.streams.video[0]


def describe(path: Path) -> Description:
    """Size, rate and length as the container tells them: some 10 ms a file, for containers other than MP4.

    Raises:
        MediaTrouble: not a media file.
    """
    with opened(path) as container:
        video = container.streams.video[0] if container.streams.video else None
        rate = (video.average_rate if video else None) or Fraction(0)
        return Description(
            format=container.format.name.split(",")[0],
            width=video.codec_context.width if video else 0,
            height=video.codec_context.height if video else 0,
            fps=(rate.numerator, rate.denominator),
            duration_ms=round((container.duration or 0) / 1000),
            has_audio=bool(container.streams.audio),
            colour=_colour(video) if video else (2, 2, 2, 0),
        )


def _colour(video: VideoStream) -> tuple[int, int, int, int]:
    context = video.codec_context
    return context.color_primaries, context.color_trc, context.colorspace, context.color_range


def check_clip(path: Path) -> Decoded:
    """Decode a whole clip, picture and sound, and let no error pass: what a paid download must survive to be kept.

    FFmpeg conceals by default: a truncated or damaged file plays on with grey blocks.  Here decoders stop at the first
    error, and fewer frames than the container promises are an error too.

    Raises:
        MediaTrouble: not a video (an HTML page), truncated, damaged, or without a frame.
    """
    with opened(path) as container:
        video = _video(container, path)
        audio = container.streams.audio[0] if container.streams.audio else None
        for stream in (video, audio):
            if stream:
                stream.codec_context.options = {"err_detect": "explode"}
        video.thread_type = "AUTO"
        frames = samples = 0
        first = last = None
        for packet in container.demux([s for s in (video, audio) if s]):
            if packet.is_corrupt:
                raise MediaTrouble(f"{path.name}: damaged, or cut off, after {frames} frames")
            for frame in packet.decode():
                if isinstance(frame, AudioFrame):
                    samples += frame.samples
                elif isinstance(frame, VideoFrame):
                    frames += 1
                    first = frame.pts if first is None else first
                    last = frame.pts
        if not frames or frames < video.frames:
            raise MediaTrouble(f"{path.name}: {frames} frames decode where {video.frames or 'some'} are promised")
        rate = video.average_rate or Fraction(0)
        span = Fraction((last or 0) - (first or 0)) * (video.time_base or 0) + (1 / rate if rate else 0)
        return Decoded(
            frames=frames,
            width=video.codec_context.width,
            height=video.codec_context.height,
            fps=(rate.numerator, rate.denominator),
            duration_ms=round(span * 1000),
            has_audio=audio is not None,
            audio_samples=samples,
            audio_rate=audio.codec_context.sample_rate if audio else 0,
        )


def decode_frame(path: Path, at: str | int) -> Image:
    """One picture of a clip as RGB, upright and with square pixels: `first`, `last`, or the one shown at `at` ms.

    The last frame is the one with the greatest time stamp of all that decode: seeking "0.1 s before the end" fails
    where sound outlasts the picture.  Past the end is the last frame.

    Raises:
        MediaTrouble: not a video, or no frame decodes.
    """
    with opened(path) as container:
        stream = _video(container, path)
        stream.thread_type = "AUTO"
        start, base = stream.start_time or 0, stream.time_base or Fraction(1, 1000)
        # Half a millisecond of grace: 33 ms written by hand means the frame at 33.3.
        target = (
            None if at == "last" else start if at == "first" else start + (Fraction(at) + Fraction(1, 2)) / 1000 / base
        )
        best = _frame_at(container, stream, target, seek=True) or _frame_at(container, stream, target, seek=False)
        if best is None:
            raise MediaTrouble(f"{path.name}: no frame of it decodes")
        return _to_image(best, stream.sample_aspect_ratio or Fraction(1))


def _frame_at(
    container: InputContainer, stream: VideoStream, target: Fraction | int | None, seek: bool
) -> VideoFrame | None:
    """The last frame not after `target` (None: of all), from the key frame before it, or from the start."""
    wanted = int(target) if target is not None else (stream.start_time or 0) + (stream.duration or 0)
    container.seek(wanted if seek else 0, stream=stream, backward=True)
    best: VideoFrame | None = None
    for frame in container.decode(stream):
        if frame.pts is None:
            continue
        if target is not None and frame.pts > target:
            # Nothing earlier decoded: after a seek that overshot, try from the start; from there, this is the first.
            return best if best or seek else frame
        if best is None or best.pts is None or frame.pts >= best.pts:
            best = frame
    return best


def _untagged(matrix: int) -> bool:
    """ITU-T H.273: 2 is "unspecified"; 0 is RGB, which needs none."""
    return matrix == 2


def _to_image(frame: VideoFrame, aspect: Fraction) -> Image:
    """RGB by the frame's own colour matrix; untagged pictures are taken for BT.709 from 720 lines on, as players do.

    PyAV before 17 converts by the named matrix only when another one is named for the result (where it means nothing,
    RGB has none), and before 14.1 does not tell a frame's rotation.
    """
    guess = "ITU709" if frame.height >= HD_LINES else "ITU601"
    matrix = guess if _untagged(frame.colorspace) else _MATRICES.get(frame.colorspace)
    other = None if matrix is None else "ITU709" if matrix != "ITU709" else "ITU601"
    picture = frame.reformat(format="rgb24", src_colorspace=matrix, dst_colorspace=other)
    image: Image = picture.to_image()  # type: ignore[no-untyped-call]
    if aspect != 1:
        image = image.resize((max(1, round(image.width * aspect)), image.height))
    turn = getattr(frame, "rotation", 0)
    return image.rotate(turn, expand=True) if turn else image
