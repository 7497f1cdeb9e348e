"""Sequences that are worked out when somebody looks: what only `why`, `diff` and reports ask of a compiled shot."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

T = TypeVar("T")


class Late(Sequence[T]):
    """What `make(*given)` returns, made anew each time it is asked for: a film has thousands, and few are."""

    __slots__ = ("_given", "_make")

    def __init__(self, make: Callable[..., Sequence[T]], *given: Any) -> None:
        self._make = make
        self._given = given

    def __iter__(self) -> Iterator[T]:
        return iter(self._make(*self._given))

    def __len__(self) -> int:
        return len(self._make(*self._given))

    def __getitem__(self, index: Any) -> Any:
        return self._make(*self._given)[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]
