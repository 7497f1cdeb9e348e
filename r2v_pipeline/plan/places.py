"""From a word of a compiled text back to where a person wrote it.

A prompt is expanded from templates and unquoted from YAML, so an offset in it is no offset in the file.  What holds is:
each stretch of the prompt knows the field it came from, and a word that nobody computed stands in that field letter by
letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from r2v_pipeline.compile.jobs import Job
from r2v_pipeline.diagnostics import Span
from r2v_pipeline.plan.worddiff import CJK
from r2v_pipeline.providers.base import PromptPiece

_LETTER = re.compile(rf"[^\W{CJK}]")


def in_prompt(job: Job, at: int, text: str) -> tuple[str, Span | None]:
    """The field behind `prompt[at:]` and the place of `text` in the file; empty and None for r2v's own words.

    A change may run over several fields: the one it starts in is named.
    """
    piece = _piece_at(job, at)
    if piece is None or job.prompt is None:
        return "", None
    if piece.span is None or not text:
        return piece.field, piece.span
    within = job.prompt.text[piece.start : piece.end]
    start = max(at - piece.start, 0)
    return piece.field, in_value(piece.span, within, start, text[: piece.end - at])


def in_value(span: Span, value: str, at: int, text: str) -> Span:
    """The place of `text`, which stands in `value` at `at`, inside what was written at `span`; else the whole `span`.

    Where the words occur several times, their turn decides, as long as the file has them as often as the value: a
    template may repeat or hide some.
    """
    raw = span.source.text[span.start : span.end]
    words = text.split()
    for wanted in (words, words[:1]) if words else ():
        written = list(_standing(wanted, raw))
        turns = [start for start, _ in _standing(wanted, value)]
        if len(written) == 1:
            found = written[0]
        elif len(written) == len(turns) and at in turns:
            found = written[turns.index(at)]
        else:
            continue
        return Span(span.source, span.start + found[0], span.start + found[1])
    return span


def _piece_at(job: Job, at: int) -> PromptPiece | None:
    """The piece that holds an offset, or that ends there: what was cut out at a field's end belonged to it."""
    pieces = job.prompt.pieces if job.prompt else ()
    for piece in pieces:
        if piece.start <= at < piece.end and piece.span:
            return piece
    return next((piece for piece in pieces if piece.end == at and piece.span), None)


def _standing(words: list[str], text: str) -> Iterator[tuple[int, int]]:
    """Where words stand in a text as a reader sees them: any white space between (YAML folds lines), not inside a
    longer word.

    Looked for by hand, because a pattern takes longer to compile than most texts to search.
    """
    whole = _LETTER.match(words[0][0]), _LETTER.match(words[-1][-1])
    at = text.find(words[0])
    while at >= 0:
        end = at + len(words[0])
        for word in words[1:]:
            space = end
            while text[space : space + 1].isspace():
                space += 1
            end = space + len(word) if space > end and text.startswith(word, space) else -1
            if end < 0:
                break
        torn = (whole[0] and _LETTER.match(text[at - 1 : at])) or (whole[1] and _LETTER.match(text[end : end + 1]))
        if end < 0 or torn:
            at = text.find(words[0], at + 1)
        else:
            yield at, end
            at = text.find(words[0], end)
