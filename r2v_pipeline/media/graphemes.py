"""Text as a reader counts it: clusters that must not be split, and what kind of writing each of them is.

A cluster is a base character with everything that joins it (Unicode Annex 29, without the rules that no font on a
build machine draws differently): combining marks, variation selectors, skin tones, flags, keycaps and emoji joined by
U+200D.
"""

from __future__ import annotations

import unicodedata

JOINER = "\u200d"
# Characters that change how their neighbours look and have no picture of their own; a font need not map them.
UNSEEN = frozenset("\u200c\u200d\ufe0e\ufe0f\u034f") | frozenset(map(chr, range(0xE0020, 0xE0080)))
# Direction marks, soft hyphens and the like: layout works out direction by itself, so they are dropped before it.
_DROPPED = frozenset("\u200b\u200e\u200f\u2060\ufeff\u00ad\u061c") | frozenset(
    map(chr, [*range(0x202A, 0x202F), *range(0x2066, 0x206A), *range(0xFFF9, 0xFFFC)])
)
_SKIN = range(0x1F3FB, 0x1F400)
_FLAG = range(0x1F1E6, 0x1F200)
# Characters of the basic plane that are shown as a picture unless U+FE0E follows (emoji-data, Emoji_Presentation).
_PICTURES = frozenset(
    "⌚⌛⏩⏪⏫⏬⏰⏳◽◾☔☕♈♉♊♋♌♍♎♏♐♑♒♓♿⚓⚡⚪⚫⚽⚾⛄⛅⛎⛔⛪⛲⛳⛵⛺⛽✅✊✋✨❌❎❓❔❕❗➕➖➗➰➿⬛⬜⭐⭕"
)
_EAST_ASIAN = (
    (0x1100, 0x11FF),
    (0x2E80, 0x303F),
    (0x3040, 0x33FF),
    (0x3400, 0x9FFF),
    (0xA960, 0xA97F),
    (0xAC00, 0xD7FF),
    (0xF900, 0xFAFF),
    (0xFE30, 0xFE4F),
    (0xFF00, 0xFFEF),
    (0x1B000, 0x1B16F),
    (0x20000, 0x3FFFF),
)
_SCRIPT_NAMES = {
    "CJK": "Chinese",
    "KANGXI": "Chinese",
    "BOPOMOFO": "Chinese",
    "HIRAGANA": "Japanese",
    "KATAKANA": "Japanese",
    "HANGUL": "Korean",
    "DEVANAGARI": "Hindi",
}


def clean(text: str) -> str:
    """Text without what cannot be drawn: every space is a plain one, odd line breaks too; controls and marks vanish."""
    text = text.replace("\r\n", "\n")
    for mark in "\r\x0b\x0c\x85\u2028\u2029":
        text = text.replace(mark, "\n")
    return "".join(c if c.isascii() and c >= " " else _cleaned(c) for c in text)


def _cleaned(char: str) -> str:
    if char in "\n\u00a0":
        return char
    if char in "\t\u3000" or unicodedata.category(char) == "Zs":
        return "\u00a0" if char == "\u202f" else " "
    return "" if char in _DROPPED or unicodedata.category(char) in ("Cc", "Cs") else char


def clusters(text: str) -> list[str]:
    """The text cut where a reader would put the cursor; joined back it is the same text."""
    found: list[str] = []
    flag_open = False
    for char in text:
        code = ord(char)
        is_flag = code in _FLAG
        if found and (_joins(char, code) or found[-1][-1] == JOINER or (is_flag and flag_open)):
            found[-1] += char
            flag_open = False
        else:
            found.append(char)
            flag_open = is_flag
    return found


def _joins(char: str, code: int) -> bool:
    if code < 0x300:
        return False
    if char in UNSEEN or code in _SKIN or unicodedata.category(char) in ("Mn", "Mc", "Me"):
        return True
    return 0x1160 <= code <= 0x11FF  # vowels and finals of a Hangul syllable written in parts


def seen(cluster: str) -> str:
    """The characters of a cluster that a font must have a picture for."""
    return "".join(c for c in cluster if c not in UNSEEN)


def is_emoji(cluster: str) -> bool:
    """Whether a reader expects a colour picture here."""
    if "\ufe0e" in cluster:
        return False
    if "\ufe0f" in cluster or "\u20e3" in cluster:
        return True
    return cluster[0] in _PICTURES or 0x1F000 <= ord(cluster[0]) <= 0x1FAFF


def is_east_asian(cluster: str) -> bool:
    """Whether a line may break before and after it although no space stands there."""
    code = ord(cluster[0])
    return code >= 0x1100 and any(first <= code <= last for first, last in _EAST_ASIAN)


def direction(cluster: str) -> str:
    """`R`, `L`, or `N` for what takes the direction of its neighbours (digits, spaces, punctuation)."""
    kind = unicodedata.bidirectional(cluster[0])
    if kind in ("R", "AL"):
        return "R"
    return "L" if kind == "L" else "N"


def writing(text: str) -> str:
    """The name that people give to the writing of a text, `symbol` where it has none: `Chinese`, `Thai`, …"""
    names = [unicodedata.name(c, "").split(" ")[0] for c in text if unicodedata.category(c)[0] == "L"]
    if not names:
        return "symbol"
    for telling in ("HIRAGANA", "KATAKANA", "HANGUL"):
        if telling in names:
            return _SCRIPT_NAMES[telling]
    return _SCRIPT_NAMES.get(names[0], names[0].capitalize() or "symbol")


def in_words(cluster: str) -> str:
    """An emoji spelled out, for a machine without a font for it: `:rocket:`, `:woman + laptop:`."""
    parts = [unicodedata.name(c, "").lower() for c in seen(cluster) if ord(c) not in _SKIN]
    letters = [p.removeprefix("regional indicator symbol letter ") for p in parts]
    if letters != parts:
        return f":flag {''.join(letters)}:"
    words = [p.replace("emoji component ", "") for p in parts if p and "combining" not in p]
    shown = " + ".join(words[:3]) + (" + …" if len(words) > 3 else "")
    return f":{shown or 'symbol'}:"
