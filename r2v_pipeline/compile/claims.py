"""`expect:` held against prompts as they are compiled: words that must be in them, must not be, and how long they are.

A storyboard says a thing in one place and a template, a style or a variable adds to it: only the compiled prompt shows
whether the hero's coat is still red in every shot.  Nothing here costs anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from r2v_pipeline.diagnostics import Diagnostic, Label, Span, error
from r2v_pipeline.model.types import PromptClaims, Setting, Shot
from r2v_pipeline.providers.prompt import Prompt

# A letter or digit of a script that puts spaces between words: a word ends where none follows.
_LETTER = "[^\\W_\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]"
_MEND = "or mend the claim under 'expect:'"


def check_claims(
    shot: Shot, prompts: Iterable[Prompt], claims: Iterable[PromptClaims | None], names: Mapping[str, str]
) -> Iterator[Diagnostic]:
    """R2V303 for each claim that a shot's prompts do not keep.

    `claims` are those of the shot and of the whole film; the length is claimed by the first that has one.  `names` is
    what the model calls each cast member.
    """
    written, held = list(prompts), [claim for claim in claims if claim]
    for claim in (entry for one in held for entry in one.mentions):
        if not any(find(names.get(claim.value, claim.value), prompt.text) for prompt in written):
            yield error("R2V303", f"the prompt does not mention '{claim.value}'", claim.span, f"say it, {_MEND}")
    for claim in (entry for one in held for entry in one.forbids):
        yield from _forbidden(claim, names.get(claim.value, claim.value), written)
    most = next((one.max_chars for one in held if one.max_chars), None)
    if most:
        yield from _longer(most, shot, written)


def _forbidden(claim: Setting, words: str, prompts: list[Prompt]) -> Iterator[Diagnostic]:
    """Shown where the words were written; the claim is beside it."""
    found = [(prompt, match) for prompt in prompts for match in find(words, prompt.text)]
    message = f"the prompt says '{claim.value}', which 'expect' forbids"
    for place in dict.fromkeys(_place(prompt, match, (words, claim.value)) for prompt, match in found):
        if place is None or claim.span is None:
            yield error("R2V303", message, claim.span, f"take it out, {_MEND}")
        else:
            yield error("R2V303", message, place, f"take it out, {_MEND}", (Label(claim.span, "forbidden here"),))


def _place(prompt: Prompt, match: re.Match[str], words: tuple[str, ...]) -> Span | None:
    """Where a stretch of a prompt was written: the very words, in one of their forms, else the text that holds them."""
    whole = next((p.span for p in prompt.pieces if p.start <= match.start() < p.end and p.span), None)
    if whole is None:
        return None
    raw = whole.source.text[whole.start : whole.end]
    inner = next((hit for form in words for hit in find(form, raw)), None)
    return Span(whole.source, whole.start + inner.start(), whole.start + inner.end()) if inner else whole


def _longer(most: Setting, shot: Shot, prompts: list[Prompt]) -> Iterator[Diagnostic]:
    longest = max((len(prompt.text) for prompt in prompts), default=0)
    if longest > most.value:
        message = f"the prompt of '{shot.id}' has {longest:,} characters, more than {most.value:,}"
        yield error("R2V303", message, most.span, f"shorten it, {_MEND}", (Label(shot.span, "this shot"),))


def find(words: str, text: str) -> list[re.Match[str]]:
    """Where words stand in a text as whole words, in any case and with any white space between them."""
    return list(_pattern(words).finditer(text))


@lru_cache(maxsize=512)
def _pattern(words: str) -> re.Pattern[str]:
    inner = r"\s+".join(map(re.escape, words.split()))
    before = f"(?<!{_LETTER})" if re.match(_LETTER, words.strip()[:1]) else ""
    after = f"(?!{_LETTER})" if re.match(_LETTER, words.strip()[-1:]) else ""
    return re.compile(before + inner + after, re.IGNORECASE)
