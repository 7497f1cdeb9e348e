"""Words in a prompt that ask for what the film does: subtitles, titles, fades.

A model that reads "with the subtitle" paints letters into the picture, and one that reads "cut to black" ends its clip
black: neither can be taken out again.  The film block does both, readable and exact.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from r2v_pipeline.compile.script import read_by_model
from r2v_pipeline.diagnostics import Diagnostic, Span, warning
from r2v_pipeline.model.types import Shot, Text
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
        r"(?:text|words|letters) (?:reads?|appears?|fades? in|on (?:the )?screen))\b|"
        r"片头|片尾|标题卡|文字叠加|屏幕文字",
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
_DENIED = re.compile(
    r"(?:\b(?:no|not|without|free of|never|avoid(?:ing)?|any)\s+(?:\w+\s+(?:or|and)\s+)?|无|没有|不要|不带)$", re.I
)


def check_film_words(shots: Iterable[Shot]) -> Iterator[Diagnostic]:
    """R2V305 for each place in a prompt that asks for text or for an edit.

    The words are looked for as written, before templates are expanded; lines of dialogue and negative prompts may hold
    anything.
    """
    seen: set[tuple[str, Span]] = set()  # a style of the defaults reaches every shot
    for shot in shots:
        for text in read_by_model(shot):
            for problem in _check_text(text):
                assert problem.span is not None
                if (problem.message, problem.span) not in seen:
                    seen.add((problem.message, problem.span))
                    yield problem


def _check_text(text: Text) -> Iterator[Diagnostic]:
    for rule in _RULES:
        for found in rule.pattern.finditer(text.value):
            if not _DENIED.search(text.value, 0, found.start()):
                message = f"'{found[0]}' asks the model for {rule.what}, which belongs to the film"
                span = within(text.value, text.span, found.start(), found.end())
                yield warning("R2V305", message, span, rule.help)
                break
