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


def may_ask(texts: Iterable[str]) -> bool:
    """Whether there is one of the hints in the texts."""
    lowered = "\n".join(texts).lower()
    for hint in _HINTS:
        if hint in lowered:
            return True
    return not lowered.isascii() and any(hint in lowered for hint in _CHINESE)
