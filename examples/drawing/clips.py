"""Moving references: the characters bob, blink, speak and wave; written with PyAV."""

from __future__ import annotations

import array
import math
from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path

import av
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter
from PIL import Image

from drawing import dancer, figure, people, voice
from drawing.canvas import Canvas, Glow, Paint, oval
from drawing.face import Mood

FPS = 30
RATE = 48000
BT709 = 1
BITEXACT = 1 << 23


def backdrop(width: int, height: int, paint: Paint, disc: str, at: tuple[float, float], radius: float) -> Canvas:
    """The studio wall that every portrait shares: a glow and a large pale disc behind the head."""
    on = Canvas(width, height, paint)
    on.fill(oval(*at, radius, radius), disc, 0.45)
    on.fill(oval(*at, radius * 0.78, radius * 0.78), disc, 0.40)
    return on


def blink(at: float, moments: Iterable[float]) -> float:
    """How closed the eyes are, when they blink for a fifth of a second around each of these moments."""
    return max(0.0, *(1 - abs(at - moment) / 0.1 for moment in moments))


def mia(to: Path) -> None:
    """Mia, waving and saying hello, with her voice: 3.5 s."""
    seconds = 3.5
    spoken = voice.syllables(voice.MIA, seconds)
    wall = backdrop(640, 360, Glow("#f9e6c8", "#d59f7c"), "#fff3da", (320, 150), 150)

    def frame(at: float) -> Canvas:
        on = wall.copy()
        mood = Mood(
            blink=blink(at, (0.8, 2.6)), gaze=0.25 * math.sin(1.1 * at), smile=0.9,
            speak=0.75 * voice.openness(spoken, at), brow=0.5 + 0.5 * math.sin(1.8 * at), tilt=2.6 * math.sin(1.8 * at),
        )  # fmt: skip
        with on.at(300, 152 + 1.6 * math.sin(3.6 * at), size=1.14):
            people.mia(on, mood)
            figure.waving(on, "#c93a33", people.MIA.skin, 15 * math.sin(9 * at))
        return on

    write(to, frame, seconds, voice.synthesise(voice.MIA, seconds, RATE))


def leo(to: Path) -> None:
    """Leo, talking to somebody beside the camera, with his voice: 3.5 s."""
    seconds = 3.5
    spoken = voice.syllables(voice.LEO, seconds)
    wall = backdrop(640, 360, Glow("#e4ece0", "#8fb0a6"), "#f6faee", (320, 150), 150)

    def frame(at: float) -> Canvas:
        on = wall.copy()
        mood = Mood(
            blink=blink(at, (1.2, 2.9)), gaze=0.55 + 0.25 * math.sin(1.4 * at), smile=0.7,
            speak=0.7 * voice.openness(spoken, at), brow=max(0.0, math.sin(2.4 * at)),
            tilt=2.2 * math.sin(2.1 * at + 1),
        )  # fmt: skip
        with on.at(320, 156 + 1.6 * math.sin(3.2 * at), size=1.12):
            people.leo(on, mood)
        return on

    write(to, frame, seconds, voice.synthesise(voice.LEO, seconds, RATE))


def jun(to: Path) -> None:
    """Jun, dancing with a bubble tea, silent: 4 s, eight beats, so that it loops."""
    wall = Canvas(480, 640, Glow("#fde6d2", "#e39a8c"))
    wall.fill(oval(240, 320, 210, 210), "#fff1de", 0.55)
    wall.fill([(0, 560), (480, 560), (480, 640), (0, 640)], "#c9716d", 0.35, blur=16)

    def frame(at: float) -> Canvas:
        on = wall.copy()
        dancer.jun(
            on, at * 2, Mood(blink=blink(at, (1.0, 3.1)), gaze=0.5 * math.sin(math.pi * at), smile=1.0, brow=0.6)
        )
        return on

    write(to, frame, 4.0, None)


def write(to: Path, frame: Callable[[float], Canvas], seconds: float, samples: list[int] | None) -> None:
    """A clip as H.264 (BT.709, limited range) and, with samples, AAC; one thread, so that its bytes repeat."""
    with av.open(str(to), "w", options={"movflags": "+faststart", "fflags": "+bitexact"}) as out:
        first = frame(0)
        stream = out.add_stream("libx264", rate=FPS, options={"crf": "21", "preset": "slow", "threads": "1"})
        stream.width, stream.height, stream.pix_fmt = first.width, first.height, "yuv420p"
        stream.time_base = Fraction(1, FPS)
        context = stream.codec_context
        context.flags |= BITEXACT
        context.gop_size, context.colorspace, context.color_range = FPS, BT709, ColorRange.MPEG
        context.color_primaries, context.color_trc = BT709, BT709
        sound = out.add_stream("aac", rate=RATE, layout="mono", bit_rate=80000) if samples else None
        reformat = VideoReformatter()
        for number in range(round(seconds * FPS)):
            picture = _yuv(reformat, frame(number / FPS).finished())
            picture.pts, picture.time_base = number, Fraction(1, FPS)
            out.mux(stream.encode(picture))
        out.mux(stream.encode(None))
        if sound is not None and samples:
            sound.codec_context.flags |= BITEXACT
            for start in range(0, len(samples), 1024):
                out.mux(sound.encode(_audio(samples[start : start + 1024], start)))
            out.mux(sound.encode(None))


def _yuv(reformat: VideoReformatter, picture: Image.Image) -> av.VideoFrame:
    source: av.VideoFrame = av.VideoFrame.from_image(picture)  # type: ignore[no-untyped-call]
    return reformat.reformat(
        source, format="yuv420p", dst_colorspace=Colorspace.ITU709,
        src_color_range=ColorRange.JPEG, dst_color_range=ColorRange.MPEG,
    )  # fmt: skip


def _audio(samples: list[int], start: int) -> av.AudioFrame:
    block = av.AudioFrame(format="s16", layout="mono", samples=len(samples))
    block.planes[0].update(array.array("h", samples).tobytes())
    block.sample_rate, block.pts, block.time_base = RATE, start, Fraction(1, RATE)
    return block
