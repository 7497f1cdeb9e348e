"""A temp track: a murmur in each speaker's pitch for as long as they would speak, a breath of room tone otherwise.

Editors cut to rhythm, so a preview must be heard: who speaks, how long, over whom.  No word can be understood, and
none is meant to be.  A voice is a row of pitch periods; each is made once for a pitch, a vowel and a loudness and then
only copied, so a second of speech costs some milliseconds without any library.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from functools import lru_cache
from math import exp, pi, sin, sqrt, tau
from random import Random
from sys import byteorder
from zlib import crc32

from r2v_pipeline.providers.animatic.scene import Spoken

RATE = 48_000
_FRAME = 4  # bytes of one stereo sample
_LEVEL = 0.1  # -20 dBFS, root of the mean square of a full vowel
_ROOM_LEVEL = 0.00085  # -61 dBFS
_SYLLABLE = 0.19  # seconds
_STEPS = 24  # loudness steps between silence and full
# First three formants in Hz of five vowels (rounded from Peterson and Barney's averages).
_VOWELS = {
    "a": (730, 1090, 2440),
    "e": (530, 1840, 2480),
    "i": (300, 2290, 3010),
    "o": (570, 840, 2410),
    "u": (320, 870, 2240),
}
_PITCHES = (118.0, 205.0, 142.0, 232.0, 104.0, 178.0)  # Hz; neighbours in a cast lie far apart
_MANNERS = {  # pitch factor, loudness factor, highest frequency
    "spoken": (1.0, 1.0, 3400),
    "shouted": (1.32, 1.7, 4200),
    "whispered": (1.0, 0.5, 3800),
    "off_screen": (1.0, 0.55, 1300),
    "voice_over": (0.97, 0.95, 3400),
}


def track(lines: Sequence[Spoken], cast: Sequence[str], samples: int) -> bytes:
    """The whole sound of a shot: `samples` stereo samples of 16 bits at 48 kHz; `cast` gives each voice its pitch."""
    made = bytearray()
    for line in sorted(lines, key=lambda n: n.start):
        if line.how not in _MANNERS:  # mouthed
            continue
        begin = max(len(made) // _FRAME, min(samples, round(line.start * RATE)))
        made += room_tone(begin - len(made) // _FRAME)
        made += voice(line, cast)
    made += room_tone(max(0, samples - len(made) // _FRAME))
    return bytes(made[: samples * _FRAME])


def voice(line: Spoken, cast: Sequence[str]) -> bytes:
    """One line as a murmur, as long as the line."""
    pitch_factor, loudness, top = _MANNERS[line.how]
    order = cast.index(line.by) if line.by in cast else crc32(line.by.encode())
    pitch = _PITCHES[order % len(_PITCHES)] * pitch_factor
    length = round(line.length * RATE)
    vowels = _melody(line.words, max(1, round(line.length / _SYLLABLE)))
    made = bytearray()
    while len(made) < length * _FRAME:
        at = len(made) / _FRAME / length
        place = at * len(vowels)
        vowel, inside = vowels[int(place)], place - int(place)
        if vowel == " ":
            made += bytes(RATE // 100 * _FRAME)
            continue
        # Statements fall, questions rise; every syllable lifts a little.
        tune = (
            1.06 - 0.14 * at if not line.words.rstrip().endswith(("?", "？")) else 0.96 + 0.16 * at * at
        ) + 0.03 * sin(tau * (place * 0.37))
        swell = min(1.0, inside * 5, (1 - inside) * 3.2) * min(1.0, at * 14, (1 - at) * 9)
        step = max(0, min(_STEPS, round(_STEPS * swell)))
        make = _breath if line.how == "whispered" else _period
        made += make(round(RATE / (pitch * tune) / 4) * 4, vowel, step, loudness, top)
    return bytes(made[: length * _FRAME])


def room_tone(samples: int) -> bytes:
    """Air: noise so soft that only its absence would be noticed."""
    loop = _room()
    count, rest = divmod(max(0, samples) * _FRAME, len(loop))
    return loop * count + loop[:rest]


def _melody(words: str, syllables: int) -> list[str]:
    """One vowel a syllable, taken from the words themselves, with pauses at punctuation."""
    source = [c for c in words.lower() if c in "aeiou" or c in ",.;:!?，。；：！？—…"]
    vowels = [c for c in source if c in "aeiou"] or [
        "aeiou"[crc32(words.encode()) >> shift & 3] for shift in range(0, 30, 3)
    ]
    pauses = {round(i / max(1, len(source)) * syllables) for i, c in enumerate(source) if c not in "aeiou"}
    return [" " if i in pauses and 0 < i < syllables - 1 else vowels[i % len(vowels)] for i in range(syllables)]


@lru_cache(maxsize=4096)
def _period(length: int, vowel: str, step: int, loudness: float, top: int) -> bytes:
    """One pitch period of a vowel: harmonics weighed by their nearness to the formants.

    All start at zero phase, so periods of any length follow each other without a click.
    """
    shape = _shape(length, vowel, top)
    gain = 32767 * _LEVEL * loudness * step / _STEPS
    return _stereo([round(value * gain) for value in shape])


@lru_cache(maxsize=1024)
def _shape(length: int, vowel: str, top: int) -> tuple[float, ...]:
    base = RATE / length
    weights = [(k, _resonance(k * base, vowel) / sqrt(k)) for k in range(1, max(2, int(top / base)) + 1)]
    total = sqrt(sum(w * w for _, w in weights) / 2) or 1.0
    table = [sin(tau * i / length) for i in range(length)]
    return tuple(sum(w * table[k * i % length] for k, w in weights) / total for i in range(length))


@lru_cache(maxsize=512)
def _breath(length: int, vowel: str, step: int, loudness: float, top: int) -> bytes:
    """The same stretch whispered: noise through the vowel's lower formants."""
    noise = Random(crc32(f"{length}{vowel}".encode()))
    low = [0.0, 0.0]
    frequency, reach = _VOWELS[vowel][1] / RATE, exp(-pi * 260 / RATE)
    turn = 2 * reach * (1 - 2 * sin(pi * frequency) ** 2)
    values = []
    for _ in range(length):
        value = noise.random() - 0.5 + turn * low[0] - reach * reach * low[1]
        low = [value, low[0]]
        values.append(value)
    total = sqrt(sum(v * v for v in values) / length) or 1.0
    gain = 32767 * _LEVEL * loudness * step / _STEPS * min(1.0, top / 3800)
    fades = [min(1.0, i / 40, (length - i) / 40) for i in range(length)]
    return _stereo([round(v / total * gain * f) for v, f in zip(values, fades, strict=True)])


def _resonance(frequency: float, vowel: str) -> float:
    first, second, third = _VOWELS[vowel]
    return (
        exp(-(((frequency - first) / 130) ** 2))
        + 0.45 * exp(-(((frequency - second) / 170) ** 2))
        + 0.16 * exp(-(((frequency - third) / 220) ** 2))
        + 0.05
    )


@lru_cache(maxsize=1)
def _room() -> bytes:
    noise, level = Random(7), 0.0
    values = []
    for _ in range(RATE + 7919):
        level += (noise.random() - 0.5 - level) * 0.12
        values.append(level)
    total = sqrt(sum(v * v for v in values) / len(values))
    return _stereo([round(v / total * 32767 * _ROOM_LEVEL) for v in values])


def _stereo(values: list[int]) -> bytes:
    both = array("h", bytes(len(values) * _FRAME))
    clipped = [max(-32768, min(32767, v)) for v in values]
    both[0::2] = both[1::2] = array("h", clipped)
    if byteorder == "big":
        both.byteswap()
    return both.tobytes()
