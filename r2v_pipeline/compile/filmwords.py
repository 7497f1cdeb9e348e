"""Words in a prompt that ask for what the film does: subtitles, titles, fades.

A model that reads "with the subtitle" paints letters into the picture, and one that reads "cut to black" ends its clip
black: neither can be taken out again.  The film block does both, readable and exact.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from r2v_pipeline.diagnostics import Diagnostic, warning
from r2v_pipeline.model.types import Shot, Storyboard, Text
from r2v_pipeline.source.locate import within


class _Rule(NamedTuple):
    """A pattern in the words of authors, what it asks for, and where in the language that is said."""

    pattern: re.Pattern[str]
    what: str
    help: str


def _rule(pattern: str, what: str, help: str) -> _Rule:
    return _Rule(re.compile(pattern, re.IGNORECASE), what, help)


_RULES = (
    _rule(
        r"\b(?:sub-?titles?|subtitled|closed captions?|captions? (?:reads?|says?|appears?))\b|字幕",
        "subtitles",
        "write what is said under 'say:' and ask for 'film: {subtitles: …}'",
    ),
    _rule(
        r"\b(?:title cards?|end cards?|(?:opening|closing|end) (?:titles?|credits)|credits roll|"
        r"titles? (?:appears?|reads?|fades? in)|text overlays?|overlaid text|on-?screen text|"
        r"(?:text|words|letters) (?:reads?|appears?|fades? in|on (?:the )?screen))\b|片头|片尾|标题卡|文字叠加|屏幕文字",
        "text on the screen",
        "use 'title_card:' before the shot or 'film: {titles: …}'",
    ),
    _rule(
        r"\b(?:(?:cuts?|fad(?:es?|ing)|dissolv(?:es?|ing)) (?:to|from|into|out to) (?:black|white)|"
        r"fad(?:es?|ing) (?:in|out)|cross-?(?:fades?|dissolves?)|"
        r"dissolv(?:es?|ing) (?:to|into) (?:the )?next|wipes? to)\b|黑场|淡入|淡出|叠化",
        "an edit",
        "use 'transition:' of the shot that follows",
    ),
)

# "no subtitles" tells the model what not to paint, which is what the author wants.
_DENIED = re.compile(r"(?:\b(?:no|not|without|free of|never|avoid(?:ing)?|any)\s+(?:\w+\s+(?:or|and)\s+)?|无|没有|不要|不带)$", re.I)


def check_film_words(storyboard: Storyboard) -> Iterator[Diagnostic]:
    """R2V305 for each place in a prompt that asks for text or for an edit.

    The words are looked for as written, before templates are expanded; lines of dialogue and negative prompts may hold
    anything.
    """
    seen: set[tuple[int, int]] = set()
    for shot in storyboard.shots:
        if shot.clip:
            continue
        for text in _written(shot):
            place = (id(text.span.source), text.span.start)  # a style of the defaults reaches every shot
            if place not in seen:
                seen.add(place)
                yield from _check_text(text)


def _written(shot: Shot) -> Iterator[Text]:
    for text in (shot.intro, shot.prompt, shot.style):
        if text:
            yield text
    for segment in shot.segments:
        for text in (segment.action, *segment.camera, segment.sound):
            if text:
                yield text


def _check_text(text: Text) -> Iterator[Diagnostic]:
    for rule in _RULES:
        for found in rule.pattern.finditer(text.value):
            if not _DENIED.search(text.value, 0, found.start()):
                message = f"'{found[0]}' asks the model for {rule.what}, which belongs to the film"
                span = within(text.value, text.span, found.start(), found.end())
                yield warning("R2V305", message, span, rule.help)
                break
