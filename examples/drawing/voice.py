"""Voices of our own: vowels from a pulse train and resonators, so that a reference has a timbre and nobody's words."""

from __future__ import annotations

import math
import random
from typing import NamedTuple

FORMANTS = {
    "a": (730, 1090, 2440), "e": (530, 1840, 2480), "i": (290, 2250, 2900), "o": (550, 860, 2410),
    "u": (320, 900, 2240), "m": (270, 1000, 2200),
}  # fmt: skip
WIDTHS = (80, 100, 140)
HOP_S = 0.004


class Timbre(NamedTuple):
    """A speaker: pitch in hertz, throat as a factor on the formants, share of breath, syllables a second."""

    pitch: float
    tract: float
    breath: float
    pace: float
    seed: int


MIA = Timbre(214, 1.17, 0.05, 4.6, 1)
LEO = Timbre(112, 0.98, 0.04, 4.0, 2)
NORA = Timbre(168, 1.10, 0.09, 3.4, 3)
FINN = Timbre(138, 1.03, 0.05, 4.8, 4)


class Syllable(NamedTuple):
    """A vowel and when it sounds, in seconds; `stress` 0 to 1; `hiss`: a breath of noise opens it."""

    vowel: str
    start: float
    end: float
    stress: float
    hiss: bool


def syllables(timbre: Timbre, seconds: float) -> list[Syllable]:
    """Babble with the rhythm of speech: phrases of a few syllables and short rests."""
    rng = random.Random(timbre.seed)
    out: list[Syllable] = []
    now = 0.12
    while now < seconds - 0.35:
        for k in range(rng.randint(4, 6)):
            length = (0.72 + 0.6 * rng.random()) / timbre.pace
            if now + length > seconds - 0.15:
                return out
            out.append(
                Syllable(
                    rng.choice("aeiouao"), now, now + length * 0.92, 1.0 if k % 2 == 0 else 0.62, rng.random() < 0.35
                )
            )
            now += length
        now += 0.22
    return out


def openness(spoken: list[Syllable], at: float) -> float:
    """How far a mouth that says this is open at a moment, 0 to 1."""
    widest = {"a": 1.0, "e": 0.7, "i": 0.42, "o": 0.8, "u": 0.5}
    for one in spoken:
        if one.start <= at < one.end:
            return widest[one.vowel] * math.sqrt(math.sin(math.pi * (at - one.start) / (one.end - one.start)))
    return 0.0


def synthesise(timbre: Timbre, seconds: float, rate: int) -> list[int]:
    """The babble as 16-bit mono samples."""
    spoken = syllables(timbre, seconds)
    source = _source(timbre, spoken, seconds, rate)
    filtered = _tract(timbre, spoken, source, rate)
    peak = max(abs(value) for value in filtered) or 1.0
    return [round(value / peak * 19000) for value in filtered]


def _source(timbre: Timbre, spoken: list[Syllable], seconds: float, rate: int) -> list[float]:
    """What the vocal folds do: soft pulses whose pitch falls through each phrase, and some breath."""
    rng = random.Random(timbre.seed + 100)
    out, phase, index = [], 0.0, 0
    for n in range(round(seconds * rate)):
        at = n / rate
        while index < len(spoken) - 1 and at >= spoken[index].end:
            index += 1
        one = spoken[index]
        inside = one.start <= at < one.end
        share = (at - one.start) / (one.end - one.start) if inside else 0.0
        level = one.stress * math.sin(math.pi * share) ** 0.7 if inside else 0.0
        melody = 1.10 - 0.16 * at / seconds + 0.10 * one.stress * math.sin(math.pi * share) + 0.012 * math.sin(33 * at)
        phase = (phase + timbre.pitch * melody * (1 + 0.006 * rng.uniform(-1, 1)) / rate) % 1.0
        hiss = 0.5 if inside and one.hiss and share < 0.22 else 0.0
        breath = timbre.breath * rng.uniform(-1, 1)
        out.append(level * (_pulse(phase) + breath) + hiss * rng.uniform(-1, 1) * min(1.0, share * 12))
    return out


def _pulse(phase: float) -> float:
    """How fast the air through the vocal folds changes in one cycle: they open slowly and close at once."""
    if phase < 0.4:
        return 0.4 * math.sin(math.pi * phase / 0.4)
    return -math.sin(math.pi / 2 * (phase - 0.4) / 0.16) if phase < 0.56 else 0.0


def _tract(timbre: Timbre, spoken: list[Syllable], source: list[float], rate: int) -> list[float]:
    """What throat and mouth do: three resonators in a row that glide from vowel to vowel."""
    hop = max(1, round(HOP_S * rate))
    tune = [float(centre) for centre in FORMANTS["m"]]
    memory = [[0.0, 0.0] for _ in WIDTHS]
    out: list[float] = []
    for start in range(0, len(source), hop):
        at = start / rate
        vowel = next((one.vowel for one in spoken if one.start - 0.03 <= at < one.end), "m")
        tune = [now + (goal - now) * 0.16 for now, goal in zip(tune, FORMANTS[vowel], strict=True)]
        filters = [_resonator(centre * timbre.tract, width, rate) for centre, width in zip(tune, WIDTHS, strict=True)]
        for value in source[start : start + hop]:
            for (gain, one, two), state in zip(filters, memory, strict=True):
                value = gain * value + one * state[0] + two * state[1]
                state[1], state[0] = state[0], value
            out.append(value)
    return out


def _resonator(centre: float, width: float, rate: int) -> tuple[float, float, float]:
    radius = math.exp(-math.pi * width / rate)
    one, two = 2 * radius * math.cos(math.tau * centre / rate), -radius * radius
    return 1 - one - two, one, two
