"""What answers mean, as data and pure functions: no answer, however odd, raises anything but ValueError here.

The line between "certainly not accepted" and "nobody knows" is drawn by status alone: these refusals are given before
a job exists.  Everything else after the first byte went out may have bought a clip.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from r2v_pipeline.providers.client import ANSWER_BYTES, LONGEST_AFTER_S, Answer, Refused, Unknown

# Read and refused, so no job exists; redirects too, because r2v does not follow them.
REFUSED = frozenset({*range(300, 309), 400, 401, 402, 403, 404, 405, 413, 415, 422, 429})
# The refusal is about who asks; every further submit would get the same one.
ACCOUNT = frozenset({401, 402, 403})
# Refused for now.
LATER = frozenset({429})
# What may be asked again, where asking costs nothing: polls, listings, uploads, downloads.
PASSING = frozenset({408, 425, 429, *range(500, 600)})

# Headers of an answer that are kept with it: none of them can hold a secret.
KEPT = ("content-type", "date", "retry-after", "x-request-id", "request-id")

_DEEPEST = 64
_ID = re.compile(r"[A-Za-z0-9_.:-]{1,200}")


def verdict(answer: Answer, *, code: str = "", message: str = "") -> Refused | Unknown | None:
    """What an answer's status says of a submit; None for 2xx, which only the vendor's own fields can tell.

    `code` and `message` are what the vendor's body says of it, where it says anything.
    """
    if 200 <= answer.status < 300:
        return None
    told = message or f"it answered {answer.status}"
    if answer.status not in REFUSED:
        return Unknown(told)
    again = answer.status in LATER
    after_s = retry_after(dict(answer.headers)) if again else None
    return Refused(code or str(answer.status), told, again, after_s, answer.status in ACCOUNT)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the provider asks to be left alone, 0 to 300; None when it does not say so intelligibly.

    A time of day counts from the answer's own `date`, because this machine's clock may be wrong.
    """
    text = headers.get("retry-after", "").strip()
    try:
        seconds = float(text)
    except ValueError:
        then, now = epoch(text), epoch(headers.get("date", ""))
        if then is None or now is None:
            return None
        seconds = then - now
    return None if math.isnan(seconds) else min(max(seconds, 0.0), LONGEST_AFTER_S)


def epoch(text: str) -> float | None:
    """Seconds since 1970 of an HTTP date; None for anything else."""
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        return None


def kept(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The harmless headers of an answer, lower-case, each once and of readable length."""
    given = {name.lower(): value for name, value in headers}
    return tuple((name, given[name][:200]) for name in KEPT if name in given)


def parsed(text: str, most: int = ANSWER_BYTES) -> Any:
    """A JSON value out of an answer of at most so many characters.

    Raises:
        ValueError: not JSON, or JSON that two readers could take for different things or that no honest service sends:
            repeated names, NaN, infinite numbers, deeper than 64, longer than it may be, half a character.
    """
    if len(text) > most:
        raise ValueError("longer than it may be")
    try:
        value = _DECODER.decode(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    _hold(value)
    if "\\u" in text:
        json.dumps(value, ensure_ascii=False).encode()  # UnicodeEncodeError is a ValueError
    return value


def safe_id(value: Any) -> str:
    """An id that may stand in an address; empty for everything else, `..` too."""
    if not isinstance(value, str) or not _ID.fullmatch(value) or not value.strip("."):
        return ""
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a repeated name")
    return made


def _never(word: str) -> Any:
    raise ValueError(f"{word} is no number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number without end")
    return number


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_never, parse_float=_finite)


def _hold(value: Any) -> None:
    """Refuses what is nested too deeply, without recursion."""
    level = [value]
    for _ in range(_DEEPEST):
        level = [item for held in level for item in _inside(held)]
        if not level:
            return
    raise ValueError("nested too deeply")


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
