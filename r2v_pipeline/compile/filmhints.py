"""Whether texts may ask for what the film does: the quick look before filmwords.py, which is imported for few."""

from collections.abc import Iterable

# Without any of these no text can ask for it.
_HINTS = (
    "title",
    "caption",
    "card",
    "credits",
    "text",
    "words ",
    "letters ",
    "black",
    "white",
    "fad",
    "dissolv",
    "wipe",
)
_CHINESE = ("字幕", "片头", "片尾", "标题卡", "文字", "黑场", "淡入", "淡出", "叠化")


_REMEMBERED = 8192


def may_ask(texts: Iterable[str], innocent: set[str]) -> bool:
    """Whether there is one of the hints in the texts.  `innocent` are texts that are known to have none, and learns
    more of them: a film says the same of its cameras and sounds again and again."""
    fresh = [text for text in texts if text not in innocent]
    lowered = "\n".join(fresh).lower()
    for hint in _HINTS:
        if hint in lowered:
            return True
    if not lowered.isascii() and any(hint in lowered for hint in _CHINESE):
        return True
    if len(innocent) < _REMEMBERED:
        innocent.update(fresh)
    return False
