"""SubRip and WebVTT from the dialogue.  Pure.

Both are written so that a player shows the words and nothing else happens: no cue is empty, ends before it starts, or
overlaps the next; what a player would take for markup is made harmless.  Lines hold 42 columns, two to a cue (a
Chinese, Japanese or Korean character is two columns wide); longer speech becomes several cues, each shown for its part
of the time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from r2v_pipeline.assemble.timeline import Cue
from r2v_pipeline.media.graphemes import clean, clusters, is_east_asian, is_emoji

COLUMNS = 42
LINES = 2
_SHORTEST_MS = 1
_WORD_JOINER = "\u2060"
_NOT_FIRST = frozenset("、。，．！？；：）」』】〕》〉”’…・ー!?,.;:)]}%")
_SENTENCE = frozenset("。！？….!?")
_CLAUSE = frozenset("，、；：,;:—–")
_NOT_LAST = frozenset("（「『【〔《〈“‘([{")


class Word(NamedTuple):
    """A stretch without a place to break; `spaced`: a space stands before it."""

    text: str
    columns: int
    spaced: bool


def srt(cues: Iterable[Cue]) -> str:
    """SubRip.  It has no escapes: tags and override blocks are broken by an invisible character."""
    blocks = []
    for number, (start, end, _, lines) in enumerate(_laid_out(cues), 1):
        text = "\n".join(re.sub(r"<(?=[/A-Za-z])|\{(?=\\)", lambda m: m[0] + _WORD_JOINER, line) for line in lines)
        blocks.append(f"{number}\n{_clock(start, ',')} --> {_clock(end, ',')}\n{text.replace('-->', '->')}\n")
    return "\n".join(blocks)


def vtt(cues: Iterable[Cue]) -> str:
    """WebVTT, with the speaker as a voice (`<v Mia>`)."""
    blocks = ["WEBVTT\n"]
    for start, end, speaker, lines in _laid_out(cues):
        text = "\n".join(_escaped(line) for line in lines)
        name = re.sub(r"\s+", " ", re.sub(r"[<>&]", "", clean(speaker))).strip()
        voice = f"<v {name}>" if name else ""
        blocks.append(f"{_clock(start, '.')} --> {_clock(end, '.')}\n{voice}{text}\n")
    return "\n".join(blocks)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _clock(ms: int, point: str) -> str:
    seconds, rest = divmod(ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{point}{rest:03}"


def _laid_out(cues: Iterable[Cue]) -> Iterator[tuple[int, int, str, list[str]]]:
    """Cues in order, none before the end of the one before, none longer than two lines."""
    clock = 0
    for cue in sorted(cues, key=lambda c: (c.start_ms, c.end_ms)):
        text = re.sub(r"\s+", " ", clean(cue.text)).strip()
        start, end = max(clock, cue.start_ms), cue.end_ms
        if not text or end - start < _SHORTEST_MS:
            continue
        pages = _pages(text)
        total, done = sum(len(page) for _, page in pages), 0
        for lines, page in pages:
            begins = start + (end - start) * done // total
            done += len(page)
            clock = start + (end - start) * done // total
            if clock > begins:
                yield begins, clock, cue.speaker, lines


def _pages(text: str) -> list[tuple[list[str], str]]:
    """A text as cues of at most two lines; with each, the characters that decide its share of the time."""
    words = list(_words(text))
    pages: list[tuple[list[str], str]] = []
    while words:
        length = _page_length(words)
        lines = [_text(row) for row in _balanced(words[:length])]
        pages.append((lines, "".join(lines)))
        words = words[length:]
    return pages


def _page_length(words: list[Word]) -> int:
    """How many words the next cue takes: all that fit, or fewer, so that it ends where the sentence or clause does.

    Not below a third of the room, though.  Without such an end the rest is shared evenly: a last cue of one word is
    gone before it is read.
    """
    rows = _rows(words, COLUMNS)
    if len(rows) <= LINES:
        return len(words)
    fits = sum(len(row) for row in rows[:LINES])
    columns = [word.columns for word in words]
    for marks in (_SENTENCE, _CLAUSE):
        for length in range(fits, 0, -1):
            if words[length - 1].text[-1] in marks and sum(columns[:length]) * 3 >= COLUMNS * LINES:
                return length
    share = sum(columns) / -(-len(rows) // LINES)
    return next((n for n in range(1, fits) if sum(columns[:n]) >= share), fits)


def _balanced(words: list[Word]) -> list[list[Word]]:
    """As few lines as it takes, about equally long."""
    rows = _rows(words, COLUMNS)
    for narrow in range(COLUMNS - 1, COLUMNS // 2, -1):
        tighter = _rows(words, narrow)
        if len(rows) < 2 or len(tighter) > len(rows):
            break
        rows = tighter
    return rows


def _rows(words: list[Word], columns: int) -> list[list[Word]]:
    """Words as lines of at most so many columns, as full as they go."""
    rows: list[list[Word]] = [[]]
    used = 0
    for word in words:
        if rows[-1] and used + word.spaced + word.columns > columns:
            rows.append([])
            used = 0
        used += word.columns + (word.spaced if rows[-1] else 0)
        rows[-1].append(word)
    return rows


def _text(row: list[Word]) -> str:
    return "".join(" " * word.spaced + word.text for word in row).strip()


def _words(text: str) -> Iterator[Word]:
    """Stretches that stay on one line; one longer than a line is cut between clusters."""
    word, wide, spaced, pending = "", 0, False, False
    for cluster in clusters(text):
        if cluster == " ":
            pending = True
            continue
        if word and (pending or _may_break(word[-1], cluster) or wide + _columns(cluster) > COLUMNS):
            yield Word(word, wide, spaced)
            word, wide = "", 0
        spaced = spaced if word else pending
        pending = False
        word += cluster
        wide += _columns(cluster)
    if word:
        yield Word(word, wide, spaced)


def _may_break(left: str, right: str) -> bool:
    if right[0] in _NOT_FIRST or left in _NOT_LAST:
        return False
    return is_east_asian(left) or is_east_asian(right)


def _columns(cluster: str) -> int:
    return 2 if is_east_asian(cluster) or is_emoji(cluster) else 1
