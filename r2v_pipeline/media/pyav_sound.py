"""Sound in this process: any track as 16 bit stereo at 48 kHz, sample n at n/48000 s.  Imports PyAV (see pyav.py)."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.filter import Graph

from r2v_pipeline.media.house import SAMPLE_BYTES, SAMPLE_RATE
from r2v_pipeline.media.pyav import opened

_HOLE = 2400  # samples, 50 ms: more than any resampler holds back


def read_pcm(path: Path, gain_db: float = 0.0) -> Iterator[bytes]:
    """A file's first sound track as 16 bit stereo at 48 kHz, in pieces, counted from the picture's first moment.

    Sound that starts later than the picture gets silence before it, earlier sound is cut, and a hole in the time
    stamps is filled: sample n is heard n/48000 s after the first frame is seen.  Without sound: nothing.

    Raises:
        MediaTrouble: not a media file, or its sound does not decode.
    """
    with opened(path) as container:
        if not container.streams.audio:
            return
        track = container.streams.audio[0]
        video = container.streams.video[0] if container.streams.video else None
        origin = (video.start_time or 0) * (video.time_base or 0) if video else Fraction(0)
        graph, written = None, 0
        for frame in container.decode(track):
            graph = graph or _pcm_graph(frame, gain_db)
            begins = round(((frame.pts or 0) * (frame.time_base or 0) - origin) * SAMPLE_RATE)
            # A resampler holds back some samples: only the start is placed exactly, and later only a real hole counts.
            missing = begins - written if not written or begins - written > _HOLE else 0
            if missing > 0:
                yield bytes(missing * SAMPLE_BYTES)
                written += missing
            graph.push(frame)
            for data in _pulled(graph):
                keep = data[max(0, -missing) * SAMPLE_BYTES :]
                missing = min(0, missing + len(data) // SAMPLE_BYTES)
                written += len(keep) // SAMPLE_BYTES
                yield keep
        if graph:
            graph.push(None)
            yield from _pulled(graph)


def _pcm_graph(frame: AudioFrame, gain_db: float) -> Graph:
    """Whatever the decoder gives -> gain -> 16 bit stereo 48 kHz.  Gain comes before rounding to 16 bit."""
    graph = Graph()
    source = graph.add_abuffer(
        sample_rate=frame.sample_rate, format=frame.format.name, layout=frame.layout.name, time_base=frame.time_base
    )
    volume = graph.add("volume", f"volume={gain_db:.2f}dB:precision=float")
    form = graph.add("aformat", f"sample_fmts=s16:sample_rates={SAMPLE_RATE}:channel_layouts=stereo")
    sink = graph.add("abuffersink")
    for left, right in ((source, volume), (volume, form), (form, sink)):
        left.link_to(right)
    graph.configure()
    return graph


def _pulled(graph: Graph) -> Iterator[bytes]:
    """What the graph has ready."""
    while True:
        try:
            frame = graph.pull()
        except (av.BlockingIOError, av.EOFError):
            return
        if isinstance(frame, AudioFrame):
            yield bytes(frame.planes[0])[: frame.samples * SAMPLE_BYTES]
