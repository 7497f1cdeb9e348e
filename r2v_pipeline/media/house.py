"""The two ways in which r2v itself encodes H.264, for PyAV and for the command line alike.

One table, because it decides what can be copied: x264 writes the same parameter sets (SPS and PPS) for the same
settings and size whichever program calls it, so a title card encoded with the settings of the clips around it joins
them without touching a frame of theirs.

Everything that changes x264's output is pinned, the thread count too: left to itself x264 takes the number of cores,
and then the same clip has other bytes on the next machine.  Its macroblock tree is off: where a row of macroblocks is
no multiple of four (160, 480 or 720 pixels wide) x264 165 decides by memory that it never wrote, and for one in seven
of 90 small test pictures the bytes differed from run to run; without the tree, in 1,900 runs, never.
"""

from __future__ import annotations

from typing import NamedTuple

SAMPLE_RATE = 48_000
CHANNELS = 2
SAMPLE_BYTES = 2 * CHANNELS
AUDIO_BITRATE = 192_000
KEYFRAME_INTERVAL = 30
# Edit lists count in the movie's time scale.  The usual 1000 rounds a clip to whole milliseconds; 48000 holds a frame
# of every common rate, and a sample, exactly.
MOVIE_TIMESCALE = 48_000


class Preset(NamedTuple):
    """x264 settings.  `threads` is part of the output, see above."""

    preset: str
    crf: int
    tune: str
    threads: int

    def options(self) -> dict[str, str]:
        """As libavcodec's libx264 takes them; ffmpeg's command line knows the same names."""
        options = {
            "preset": self.preset,
            "crf": str(self.crf),
            "g": str(KEYFRAME_INTERVAL),
            "keyint_min": "1",
            "sc_threshold": "0",
            "mbtree": "0",
            "threads": str(self.threads),
        }
        return {**options, "tune": self.tune} if self.tune else options


# "ultrafast" is the animatic: flat pictures, many workers at once, one thread each.  "house" is what odd clips are
# conformed to: visually lossless for generated footage (without the tree, crf 20 is finer than 18 with it), a key
# frame a second.
PRESETS = {
    "ultrafast": Preset("ultrafast", 23, "stillimage", 1),
    "house": Preset("veryfast", 20, "", 4),
}


def samples_before(frame: int, fps: int) -> int:
    """Audio samples (48 kHz) that lie before a frame.  Floor, so that differences of it never drift."""
    return frame * SAMPLE_RATE // fps
