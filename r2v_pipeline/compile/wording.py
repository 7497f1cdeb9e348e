"""The built-in wording: the connecting words, as a table for each language, and the sentences made of them.

The form is that of the Wan prompt guide: `Shot 1 [0-2s]: …` labels, dialogue as `says: "…"`.
"""

from collections.abc import Mapping
from typing import NamedTuple

# Signs after which a part needs no full stop; a closing quote counts, as the vendor's own samples end with one.
CLOSED = frozenset('.!?…。！？:：;；,，—"”」』')
QUOTES = frozenset("'’")
_DROPPED = frozenset(".。,，、;；")


class Words(NamedTuple):
    """One language's connecting words.

    `finite` and `joined` are the verbs of a line by `how`: in a sentence of its own, and after an action.
    """

    stop: str
    gap: str
    finite: Mapping[str, str]
    joined: Mapping[str, str]
    says: str
    replies: str
    quote: str
    to: str
    tone: str
    after_action: str
    sound: str
    camera_gap: str
    quiet: Mapping[str, str]


ENGLISH = Words(
    stop=".",
    gap=" ",
    finite={
        "spoken": "says",
        "whispered": "whispers",
        "shouted": "shouts",
        "mouthed": "mouths",
        "off_screen": "says off screen",
        "voice_over": "says in voice-over",
    },
    joined={
        "spoken": "saying",
        "whispered": "whispering",
        "shouted": "shouting",
        "mouthed": "mouthing",
        "off_screen": "saying off screen",
        "voice_over": "saying in voice-over",
    },
    says="says",
    replies="replies",
    quote=': "{line}"',
    to=" to {name}",
    tone=", {tone}",
    after_action=", ",
    sound="Sound: {sound}",
    camera_gap=", ",
    quiet={"dialogue": "No dialogue.", "music": "No background music."},
)

_CHINESE_VERBS = {
    "spoken": "说",
    "whispered": "低声说",
    "shouted": "喊道",
    "mouthed": "用口型说",
    "off_screen": "在画外说",
    "voice_over": "以旁白说",
}
CHINESE = Words(
    stop="。",
    gap="",
    finite=_CHINESE_VERBS,
    joined=_CHINESE_VERBS,
    says="说",
    replies="回答",
    quote="：“{line}”",
    to="对{name}",
    tone="，{tone}",
    after_action="，",
    sound="声音：{sound}",
    camera_gap="，",
    quiet={"dialogue": "无台词。", "music": "无背景音乐。"},
)

BY_LANGUAGE = {"en": ENGLISH, "zh": CHINESE}


def is_closed(part: str) -> bool:
    """Whether a part already ends as a sentence does."""
    if part[-1:] in QUOTES:
        return part[-2:-1] in CLOSED
    return part[-1:] in CLOSED


def close(part: str, words: Words) -> str:
    """A part with closing punctuation."""
    return part if not part or is_closed(part) else part + words.stop


class Speech(NamedTuple):
    """A line with its texts expanded: names as the model reads them."""

    by: str
    speaker: str
    to: str
    line: str
    how: str
    tone: str
    answers: bool


def sentence(speech: Speech, words: Words, language: str) -> str:
    """A line as a sentence of its own: `Character1 says to character2, tired: "…"`."""
    verb = words.finite[speech.how]
    if speech.answers:
        verb = verb.replace(words.says, words.replies, 1)
    name = speech.speaker[:1].upper() + speech.speaker[1:]
    return name + _manner(verb, speech, words, language)


def after_action(action: str, speech: Speech, words: Words, language: str) -> str:
    """A line as the end of an action: `… with delight, saying: "…"`.

    The action loses what would stand before the comma: its full stop, in whichever of the two scripts, or a comma of
    its own.  Three dots stay.
    """
    ends = action[-1:] in _DROPPED and action[-2:] != ".."
    return (
        (action[:-1] if ends else action)
        + words.after_action
        + _manner(words.joined[speech.how], speech, words, language).lstrip()
    )


def _manner(verb: str, speech: Speech, words: Words, language: str) -> str:
    to = words.to.replace("{name}", speech.to) if speech.to else ""
    tone = words.tone.replace("{tone}", speech.tone) if speech.tone else ""
    quote = words.quote.replace("{line}", speech.line)
    if language == "zh":  # the addressee stands before the verb
        return f"{to}{verb}{tone}{quote}"
    return f" {verb}{to}{tone}{quote}"
