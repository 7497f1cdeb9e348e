"""`--select` and `--ignore`: which codes a check speaks of."""

from __future__ import annotations

from collections.abc import Callable

from r2v_pipeline.errors import UsageError
from r2v_pipeline.explain.pages import code_of, codes, refusal


def chosen(select: str, ignore: str) -> Callable[[str], bool]:
    """Whether a code is spoken of.  Both are comma lists of codes and beginnings of codes (`R2V3`, `2,304`).

    The longest beginning that fits a code decides, `--ignore` where both have it; without `--select` all are.

    Raises:
        UsageError: for one that no code begins with.
    """
    wanted = _beginnings("--select", select) or ("",)
    unwanted = _beginnings("--ignore", ignore)

    def speaks_of(code: str) -> bool:
        return _longest(code, wanted) > _longest(code, unwanted)

    return speaks_of


def _beginnings(option: str, words: str) -> tuple[str, ...]:
    known = codes()
    found = []
    for word in filter(None, (part.strip() for part in words.split(","))):
        begin = code_of(word)
        if not any(code.startswith(begin) for code in known):
            raise UsageError(f"{option}: no code is or begins with '{word}'", refusal(word))
        found.append(begin)
    return tuple(found)


def _longest(code: str, beginnings: tuple[str, ...]) -> int:
    return max((len(begin) for begin in beginnings if code.startswith(begin)), default=-1)
