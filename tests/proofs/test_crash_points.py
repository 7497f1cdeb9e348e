"""Every single crash of a build and every crash after a crash, with what was not safe kept, lost or torn.

After each the journal can name every bill, counts at least what is billed, and has every clip that it calls stored; and
the next builds end with the very film, nothing bought twice, nothing left behind, and nothing more to do.  Shots are
held for a person only where nobody could have known better.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from typing import Any

import pytest
from crash_scene import (
    ANSWERS,
    CALM,
    CLASSES,
    DOWN,
    EARLIER,
    EMPTY_ERRORS,
    ERRORS,
    FAR_TOO_LATE,
    FINDABLE,
    IDEMPOTENT,
    LAGS,
    OPAQUE,
    REFUSED_AGAIN,
    REQUESTS,
    RESUBMITS,
    TOO_LATE,
    Scene,
)
from crash_search import Found, doubles, hunted, singles
from seeded_bugs import BUGS

MANY = bool(os.environ.get("R2V_TORTURE"))
CALMLY = tuple(Scene(way) for way in CLASSES)
OTHERWISE = (
    *(Scene(way, network) for way in CLASSES for network in (ANSWERS, REQUESTS, ERRORS, EMPTY_ERRORS, DOWN)),
    *(Scene(way, start=EARLIER) for way in CLASSES),
    *(Scene(way, CALM, hours=FAR_TOO_LATE) for way in CLASSES),
    Scene(IDEMPOTENT, ANSWERS, hours=TOO_LATE),
    Scene(IDEMPOTENT, ANSWERS, hours=FAR_TOO_LATE),
    Scene(IDEMPOTENT, REFUSED_AGAIN),
    Scene(FINDABLE, LAGS),
    Scene(FINDABLE, REQUESTS, RESUBMITS),
    *(Scene(OPAQUE, network, RESUBMITS) for network in (CALM, ANSWERS, REQUESTS)),
)
# Shots of the film; of how many worlds the end is looked at (0: of all).
SHOTS, MOST = (3, 0) if MANY else (2, 0)
OTHER_SHOTS, OTHER_MOST = (2, 0) if MANY else (1, 30)
# First crashes that are followed by another, and ends that are looked at, of each class; and in how many parts.
FIRSTS, ENDS, PARTS = (0, 0, 4) if MANY else (4, 60, 1)

Ask = Callable[..., Found]


@pytest.fixture(scope="module")
def ask(workers: ProcessPoolExecutor, request: pytest.FixtureRequest) -> Iterator[Ask]:
    """What a search found.  All searches of the tests that were asked for are begun at once; where the tests are spread
    over processes, so are the searches with them."""
    begun: dict[tuple[Any, ...], Future[Found]] = {}

    def begin(search: Callable[..., Found], *how: Any) -> Future[Found]:
        return begun.setdefault((search, *how), workers.submit(search, *how))

    for item in () if "PYTEST_XDIST_WORKER" in os.environ else request.session.items:
        work = getattr(getattr(item, "function", None), "work", None)
        if work is not None and item.fspath == request.fspath:
            begin(*work(**item.callspec.params))
    yield lambda *how: begin(*how).result()
    for future in begun.values():
        future.cancel()


def by(work: Callable[..., tuple[Any, ...]]) -> Callable[[Any], Any]:
    """Says with which search a test, of its parameters, will come."""

    def mark(test: Any) -> Any:
        test.work = work
        return test

    return mark


@pytest.mark.torture
@pytest.mark.parametrize("scene", CALMLY, ids=str)
@by(lambda scene: (singles, scene, SHOTS, MOST))
def test_a_single_crash(ask: Ask, scene: Scene) -> None:
    found = ask(singles, scene, SHOTS, MOST)
    print(f"{found.schedules} crashes left {found.worlds} worlds; {found.judged} were built to the end")
    assert () == found.wrong
    assert found.moments > 55 * SHOTS, "59 for each of three shots, 56 for each of two over an earlier film"
    assert found.schedules > 5 * found.moments, "kept, lost, torn in three ways; and in a commit two more"
    assert found.judged == found.worlds + 1


@pytest.mark.torture
@pytest.mark.parametrize("scene", OTHERWISE, ids=str)
@by(lambda scene: (singles, scene, OTHER_SHOTS, OTHER_MOST))
def test_a_single_crash_under_other_circumstances(ask: Ask, scene: Scene) -> None:
    """A network that loses things, a person with other habits, a long time between builds, a film that is there."""
    found = ask(singles, scene, OTHER_SHOTS, OTHER_MOST)
    assert () == found.wrong
    assert found.moments > 55 * OTHER_SHOTS, "59 for each of three shots, 56 for each of two over an earlier film"


@pytest.mark.torture
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("scene", CALMLY, ids=str)
@by(lambda scene, part: (doubles, scene, 2, (part, PARTS), FIRSTS, ENDS))
def test_a_crash_after_a_crash(ask: Ask, scene: Scene, part: int) -> None:
    found = ask(doubles, scene, 2, (part, PARTS), FIRSTS, ENDS)
    print(f"{found.schedules} crashes after a crash left {found.worlds} worlds; {found.judged} were built to the end")
    assert () == found.wrong
    assert found.judged == (min(ENDS, found.worlds) or found.worlds)
    assert found.schedules > (10_000 if MANY else 1_000)


@pytest.mark.torture
@pytest.mark.parametrize("number", range(len(BUGS)), ids=lambda number: BUGS[number].what)
@by(lambda number: (hunted, number))
def test_a_seeded_bug_is_found(ask: Ask, number: int) -> None:
    """Else all of the above could be blind."""
    found = ask(hunted, number)
    assert found.wrong, "nothing was noticed"
    assert BUGS[number].shows in found.wrong[0]


def test_there_are_as_many_as_was_promised() -> None:
    assert len(BUGS) >= 8
    assert len({bug.what for bug in BUGS}) == len(BUGS)
    assert {scene.way for scene in OTHERWISE} == {*CLASSES}
