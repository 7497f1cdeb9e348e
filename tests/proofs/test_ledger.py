"""At every prefix of any way to spend, what is spent, reserved and in doubt is within the caps; in the end it is what
the vendor bills, to the millionth."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from ledger_machine import Spending
from seeded_bugs import doubt_is_free

from r2v_pipeline.execute import journal, journal_schema, resolving, states
from r2v_pipeline.execute.journal import Journal
from r2v_pipeline.execute.records import Attempt, Change

MANY = bool(os.environ.get("R2V_TORTURE"))
EXAMPLES, STEPS = (500, 60) if MANY else (30, 30)


@pytest.mark.torture
def test_the_ledger_is_right_on_every_way() -> None:
    run_state_machine_as_test(
        Spending, settings=settings(max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None)
    )


def uncapped() -> list[Any]:
    words = "AND (micros > most OR foreign_sums > 0 OR (unknown > 0 AND NOT unknown_fits))"
    assert words in journal_schema.SCHEMA
    schema = journal_schema.SCHEMA.replace(words, "AND 0")
    return [patch.object(journal_schema, "SCHEMA", schema), patch.object(journal, "objection", lambda *_: "")]


def moving(change: Callable[[str, Change], Change]) -> list[Any]:
    """The journal writes something else than it was told."""
    move = Journal.move

    def moved(book: Journal, attempt: Attempt, new: str, told: Change = Change()) -> Attempt:  # noqa: B008
        return move(book, attempt, new, change(new, told))

    return [patch.object(Journal, "move", moved)]


def what_is_unknown_is_free(new: str, told: Change) -> Change:
    return told._replace(billed=False) if new == states.FAILED and told.billed is None else told


def resubmit_gives_back() -> list[Any]:
    return [patch.object(resolving, "Change", lambda **how: Change(**{"billed": False, **how}))]


BUGS: dict[str, Callable[[], list[Any]]] = {
    "caps are not kept": uncapped,
    "what is in doubt costs nothing": doubt_is_free,
    "what a job really cost is not written": lambda: moving(lambda _, told: told._replace(cost=None)),
    "a failure that says nothing of its bill is free": lambda: moving(what_is_unknown_is_free),
    "a doubt that a person has sent again is free": resubmit_gives_back,
    "another currency counts as it stands": lambda: [patch.object(journal, "objection", lambda *_: "")],
}


@pytest.mark.parametrize("bug", BUGS)
def test_a_seeded_bug_is_found(bug: str) -> None:
    """Else the machine could be blind."""
    some = settings(max_examples=200, stateful_step_count=30, deadline=None, phases=[Phase.generate], database=None)
    patches = BUGS[bug]()
    for change in patches:
        change.start()
    try:
        with pytest.raises((AssertionError, sqlite3.IntegrityError)):
            run_state_machine_as_test(Spending, settings=some)
    finally:
        for change in patches:
            change.stop()
