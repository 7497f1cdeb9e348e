"""Does the dialogue fit its time?  Words a second, counted on the expanded lines."""

from __future__ import annotations

from collections.abc import Iterator

from r2v_pipeline.compile.script import Texts
from r2v_pipeline.diagnostics import Diagnostic, error, warning
from r2v_pipeline.model.times import seconds_text
from r2v_pipeline.model.types import Segment, Shot

WORDS_A_SECOND = 3.5
CHARACTERS_A_SECOND = 6.0
WORDS_AT_MOST = 7.0
CHARACTERS_AT_MOST = 12.0

# What stands between two words beside white space.
_BREAKS = str.maketrans(dict.fromkeys("—–…", " "))

# Han, kana, hangul: written without spaces and counted by the character.
_CJK = ((0x3040, 0x30FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xAC00, 0xD7AF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF))


def count(text: str) -> tuple[int, int]:
    """Words and CJK characters of a line; punctuation counts for nothing."""
    characters = 0
    if not text.isascii():
        spaced = []
        for char in text:
            cjk = any(first <= ord(char) <= last for first, last in _CJK)
            characters += cjk
            spaced.append(" " if cjk else char)
        text = "".join(spaced).translate(_BREAKS)
    words = [word for word in text.replace("/", " ").split() if word.isalnum() or any(map(str.isalnum, word))]
    return len(words), characters


def seconds(text: str) -> float:
    """How long a line takes to say."""
    words, characters = count(text)
    return words / WORDS_A_SECOND + characters / CHARACTERS_A_SECOND


def check_speech(shot: Shot, texts: Texts) -> Iterator[Diagnostic]:
    """R2V304 for each segment whose lines take longer than it lasts; an error when nobody could speak so fast."""
    for number, segment in enumerate(shot.segments):
        if segment.lines and segment.end_ms > segment.start_ms:
            yield from _check_segment(segment, texts.spoken(number))


def _surely_fit(segment: Segment, said: list[str], length: float) -> bool:
    """Whether lines of plain ASCII have so few gaps that their words need not be counted."""
    most = sum([text.count(" ") + text.count("/") + 1 for text in said])
    if most > length * WORDS_A_SECOND or not all(map(str.isascii, said)):
        return False
    return all(line.speech_ms is None for line in segment.lines)


def _check_segment(segment: Segment, said: list[str]) -> Iterator[Diagnostic]:
    length = (segment.end_ms - segment.start_ms) / 1000
    if _surely_fit(segment, said, length):
        return
    needed = fastest = 0.0
    words = characters = 0
    for line, text in zip(segment.lines, said, strict=True):
        w, c = count(text)
        words, characters = words + w, characters + c
        stated = line.speech_ms
        needed += w / WORDS_A_SECOND + c / CHARACTERS_A_SECOND if stated is None else stated / 1000
        fastest += w / WORDS_AT_MOST + c / CHARACTERS_AT_MOST
    if needed <= length + 1e-9:
        return
    has = seconds_text(segment.end_ms - segment.start_ms)
    help = f"give the segment {needed:.1f} s, shorten the line, or state its length with 'speech:'"
    message = f"{_amount(words, characters)} about {needed:.1f} s to say, the segment lasts {has} s"
    if all(line.speech_ms is not None for line in segment.lines):
        message = f"'speech:' says {seconds_text(round(needed * 1000))} s, the segment lasts {has} s"
        help = "give the segment as long, or the line less"
    span = segment.lines[0].line.span
    yield (error if fastest > length + 1e-9 else warning)("R2V304", message, span, help)


def _amount(words: int, characters: int) -> str:
    """`8 words take`, `1 word and 13 characters take`."""
    counted = [f"{n} {noun}{'s' * (n != 1)}" for n, noun in ((words, "word"), (characters, "character")) if n]
    return " and ".join(counted or ["the lines"]) + (" takes" if words + characters == 1 else " take")
