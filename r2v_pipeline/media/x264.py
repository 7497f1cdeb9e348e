"""Encoding a stretch so that it fits clips that somebody else encoded.

x264 writes into the first picture of a stream which settings made it.  With the same settings it writes the same
parameter sets, and then a title card stands between two bought clips without either being touched: of 19 ways to call
x264, by ffmpeg 5.1 and 9.0, all but the low-latency tune could be matched (and that one is, with a constant rate
forced).  Whether it came out right is never assumed: the parameter sets are compared, byte by byte.

The text is in a file that came over the network.  Only known settings are taken, and only numbers.
"""

from __future__ import annotations

import re
from pathlib import Path

from r2v_pipeline.media.boxes import child
from r2v_pipeline.media.house import KEYFRAME_INTERVAL, PRESETS
from r2v_pipeline.media.samples import Samples

_HEAD = 4096
_ENTRY = 86  # bytes of a picture's sample entry before its boxes
_TEXT = re.compile(rb"x264 - core \d+[^\0]{0,400}?options: ([\x20-\x7e]{1,2000})")
_NUMBER = re.compile(r"-?\d{1,9}(\.\d{1,4})?(:-?\d{1,9}(\.\d{1,4})?)?")
# What decides the parameter sets: tools, references, order of pictures, the quantiser that they start from.
_KEPT = (
    "cabac",
    "ref",
    "8x8dct",
    "bframes",
    "b_pyramid",
    "weightb",
    "weightp",
    "open_gop",
    "subme",
    "trellis",
    "psy_rd",
    "bluray_compat",
    "constrained_intra",
    "vbv_maxrate",
    "vbv_bufsize",
)
_RATES = ("crf", "qp", "bitrate")
_FINE = 18.0  # a constant rate factor at which a second encode is not seen


def settings(path: Path, packets: Samples) -> dict[str, str]:
    """What x264 says of itself at the beginning of a clip; empty when it was not x264, or the note was taken out.

    Raises:
        OSError: the clip cannot be read.
    """
    with path.open("rb") as file:
        file.seek(packets.offsets[0])
        head = file.read(min(packets.sizes[0], _HEAD))
    found = _TEXT.search(head)
    if found is None:
        return {}
    pairs = (word.partition("=") for word in found[1].decode("ascii").split())
    return {name: value for name, _, value in pairs if name in (*_KEPT, *_RATES) and _NUMBER.fullmatch(value)}


def alike(told: dict[str, str], packets: Samples, constant_rate: bool) -> dict[str, str]:
    """Encoder options that should give the parameter sets of a clip with these settings; empty when nobody can tell.

    The start quantiser is part of the parameter sets, so the clip's own rate factor is kept; pictures that are encoded
    a second time get more bits all the same, by a zone over the whole stretch.  `constant_rate` is the one choice that
    x264 does not note.
    """
    rate = next((name for name in _RATES if name in told), "")
    level = bytes(child(memoryview(packets.entry)[_ENTRY:], b"avcC"))[3:4]
    if not rate or not level:
        return {}
    wanted = {name: told[name].replace(":", ",") for name in (*_KEPT, rate) if name in told}
    if rate == "crf":
        wanted["zones"] = f"0,9999999,b={2 ** max(0.0, (float(told['crf']) - _FINE) / 6):.2f}"
    wanted |= {"level": str(level[0]), "keyint": str(KEYFRAME_INTERVAL), "scenecut": "0", "mbtree": "0"}
    if constant_rate:
        wanted["force-cfr"] = "1"
    house = PRESETS["house"]
    return {
        "preset": house.preset,
        "threads": str(house.threads),
        "x264-params": ":".join(f"{name.replace('_', '-')}={value}" for name, value in wanted.items()),
    }
