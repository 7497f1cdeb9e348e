"""Does the dialogue fit its time?  Words a second, counted on the expanded lines."""

from __future__ import annotations

from collections.abc import Iterator

from r2v_pipeline.compile.script import Script, ScriptSegment
from r2v_pipeline.diagnostics import Diagnostic, error, warning
from r2v_pipeline.model.times import seconds_text

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
    words = sum(1 for word in text.replace("/", " ").split() if any(char.isalnum() for char in word))
    return words, characters


def seconds(text: str) -> float:
    """How long a line takes to say."""
    words, characters = count(text)
    return words / WORDS_A_SECOND + characters / CHARACTERS_A_SECOND


def check_speech(script: Script) -> Iterator[Diagnostic]:
    """R2V304 for each segment whose lines take longer than it lasts; an error when nobody could speak so fast."""
    for segment in script.segments:
        length = (segment.written.end_ms - segment.written.start_ms) / 1000
        if segment.lines and length > 0:
            yield from _check_segment(segment, length)


def _check_segment(segment: ScriptSegment, length: float) -> Iterator[Diagnostic]:
    needed = fastest = 0.0
    words = characters = 0
    for line in segment.lines:
        w, c = count(line.line.text)
        words, characters = words + w, characters + c
        stated = line.written.speech_ms
        needed += w / WORDS_A_SECOND + c / CHARACTERS_A_SECOND if stated is None else stated / 1000
        fastest += w / WORDS_AT_MOST + c / CHARACTERS_AT_MOST
    if needed <= length + 1e-9:
        return
    amount = " and ".join(
        [f"{words} words"] * bool(words) + [f"{characters} characters"] * bool(characters) or ["the lines"]
    )
    has = seconds_text(segment.written.end_ms - segment.written.start_ms)
    message = f"{amount} take about {needed:.1f} s to say, the segment lasts {has} s"
    help = f"give the segment {needed:.1f} s, shorten the line, or state its length with 'speech:'"
    span = segment.lines[0].written.line.span
    yield (error if fastest > length + 1e-9 else warning)("R2V304", message, span, help)
