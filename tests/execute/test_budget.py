"""Caps: what fits, what does not and why, and that the database refuses whatever this code would let through."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from scripted import DEARLY, PAID, Heard, Scripted, build, codes, intent_of, plan_of, render_job, rows, states

from r2v_pipeline.execute import states as way
from r2v_pipeline.execute.budget import (
    BUILD,
    MONTH,
    Budget,
    Cap,
    Counted,
    Declined,
    in_currency,
    month_of,
    objection,
)
from r2v_pipeline.execute.journal import Journal
from r2v_pipeline.execute.money_schema import OWED
from r2v_pipeline.execute.records import Attempt, Blob, Change
from r2v_pipeline.execute.session import Session, hold
from r2v_pipeline.providers.base import FREE, Cost, Refused

DOLLAR = 1_000_000
UNKNOWN = Cost(0, 0, "USD", known=False)
CNY = Cost(7 * DOLLAR, 7 * DOLLAR, "CNY")
RATES = {("CNY", "USD"): 140_000}
JOBS = [render_job(f"s{n}") for n in range(1, 6)]
ONE, TWO = Cap(BUILD, DOLLAR, "USD"), Cap(BUILD, 2 * DOLLAR, "USD")


def capped(*caps: Cap, **more: object) -> Budget:
    return Budget(caps, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("micros", "cost", "why"),
    [
        (0, PAID, ""),
        (20_000, PAID, ""),
        (20_001, PAID, "it may cost $0.98, and $0.979999 is left of the cap of $1.00 for this build"),
        (9 * DOLLAR, PAID, "it may cost $0.98, and $0.00 is left of the cap of $1.00 for this build"),
        (9 * DOLLAR, FREE, ""),
        (0, UNKNOWN, "its price is unknown, which counts as over the cap of $1.00 for this build"),
        (0, CNY, ""),
        (30_000, CNY, "it may cost $0.98, and $0.97 is left of the cap of $1.00 for this build"),
    ],
)
def test_a_price_fits_or_it_is_said_why_not(micros: int, cost: Cost, why: str) -> None:
    counted = Counted(BUILD, DOLLAR, "USD", False, micros, 0, 0)
    assert why == objection(counted, cost, RATES)


@pytest.mark.parametrize(
    ("changes", "cost", "why"),
    [
        ({"unknown": 1}, PAID, "the price of something that was bought is unknown, which counts as over the cap of "),
        ({"unknown": 1, "unknown_fits": True}, PAID, ""),
        ({"unknown_fits": True}, UNKNOWN, ""),
        ({"foreign_sums": 1}, PAID, "the cap of $1.00 for this month is compared in USD, and there is no rate from "),
        ({}, Cost(1, 1, "JPY"), "the cap of $1.00 for this month is compared in USD, and there is no rate from JPY"),
    ],
)
def test_what_cannot_be_compared_counts_as_over(changes: dict, cost: Cost, why: str) -> None:
    counted = Counted(MONTH, DOLLAR, "USD", False, 0, 0, 0)._replace(**changes)
    said = objection(counted, cost, RATES)
    assert said.startswith(why) if why else said == ""


@pytest.mark.parametrize(
    ("micros", "pair", "expected"),
    [(5, ("USD", "USD"), 5), (0, ("JPY", "USD"), 0), (7, ("CNY", "USD"), 1), (7, ("USD", "CNY"), None)],
)
def test_conversions_are_rounded_up(micros: int, pair: tuple[str, str], expected: int | None) -> None:
    assert expected == in_currency(micros, *pair, RATES)


def test_months_are_of_utc() -> None:
    assert ("1969-12", "1970-01", "2026-03") == (month_of(-1), month_of(0), month_of(1_772_323_200))


def test_what_fits_is_bought_and_what_does_not_is_said(session: Session, client: Scripted, heard: Heard) -> None:
    """In the order of the film; a cheaper shot behind may still fit."""
    plan = plan_of(*JOBS, cost=PAID)
    cheap = plan.actions[4]._replace(cost=Cost(40_000, 40_000, "USD"))
    run = build(session, plan._replace(actions=(*plan.actions[:4], cheap)), client, heard=heard, budget=capped(TWO))
    assert ["stored", "stored", "declined", "declined", "stored"] == list(states(run).values())
    assert ["R2V616", "R2V616"] == codes(run)
    assert ["s1", "s2", "s5"] == client.bill
    said = "'s3' was not bought: it may cost $0.98, and $0.04 is left of the cap of $2.00 for this build"
    assert said == run.outcomes[2].problem.message
    assert {"message": said, "shot": "s3"} in heard.of("declined")
    assert ["s1", "s2", "s5"] == [shot for shot, _, _ in rows(session)], "a declined job has no row"


def test_a_cap_of_a_build_holds_for_one_build_and_that_of_a_month_for_all(session: Session, client: Scripted) -> None:
    for _ in range(2):
        build(session, plan_of(*JOBS, cost=PAID), client, budget=capped(ONE))
    assert ["s1", "s2"] == client.bill
    run = build(session, plan_of(*JOBS, cost=PAID), client, budget=capped(Cap(MONTH, 2 * DOLLAR, "USD")))
    assert "declined" == states(run)["s3"]
    assert ["s1", "s2"] == client.bill


def test_a_new_month_begins_anew_and_a_clock_set_back_does_not(project: Path) -> None:
    march = 1_772_323_200.0
    cap = capped(Cap(MONTH, DOLLAR, "USD"))
    for at, state in ((march, "stored"), (march - 86_400, "declined"), (march + 31 * 86_400, "stored")):
        with hold(project, lambda at=at: at) as session:
            job = render_job(f"s{at}")
            assert [state] == list(states(build(session, plan_of(job, cost=PAID), Scripted(), budget=cap)).values())


def test_what_is_refused_frees_its_reservation(session: Session, client: Scripted) -> None:
    client.answers["s1"] = [Refused("400", "no")]
    run = build(session, plan_of(*JOBS[:2], cost=PAID), client, budget=capped(ONE))
    assert {"s1": "failed", "s2": "stored"} == states(run)


def test_free_work_is_done_whatever_the_cap(session: Session, client: Scripted) -> None:
    run = build(session, plan_of(*JOBS), client, budget=capped(Cap(BUILD, 0, "USD")))
    assert {"stored"} == set(states(run).values())


def test_a_currency_without_a_rate_is_over_and_with_one_is_not(session: Session, client: Scripted) -> None:
    run = build(session, plan_of(JOBS[0], cost=CNY), client, budget=capped(ONE))
    assert "'s1' was not bought: the cap of $1.00 for this build is compared in USD, and there is no rate from CNY" == (
        run.outcomes[0].problem.message
    )
    run = build(session, plan_of(*JOBS[:2], cost=CNY), client, budget=capped(ONE, rates=RATES))
    assert {"s1": "stored", "s2": "declined"} == states(run)


def test_each_cap_holds_in_its_own_currency(session: Session, client: Scripted) -> None:
    budget = capped(TWO, Cap(BUILD, 7 * DOLLAR, "CNY"), rates={**RATES, ("USD", "CNY"): 7_140_000})
    run = build(session, plan_of(*JOBS[:2], cost=PAID), client, budget=budget)
    assert {"s1": "stored", "s2": "declined"} == states(run)
    assert "¥" not in run.outcomes[1].problem.message
    assert "7.00 CNY" in run.outcomes[1].problem.message


def test_an_unknown_price_is_over_unless_it_is_allowed(session: Session, client: Scripted) -> None:
    run = build(session, plan_of(JOBS[0], cost=UNKNOWN), client, budget=capped(ONE))
    assert {"s1": "declined"} == states(run)
    run = build(session, plan_of(JOBS[0], cost=UNKNOWN), client, budget=capped(ONE, unknown_fits=True))
    assert {"s1": "stored"} == states(run)
    run = build(session, plan_of(JOBS[1], cost=PAID), client, budget=capped(Cap(MONTH, 9 * DOLLAR, "USD")))
    assert "something that was bought is unknown" in run.outcomes[0].problem.message


def test_the_build_and_its_caps_are_on_record(session: Session, client: Scripted) -> None:
    build(session, plan_of(JOBS[0], cost=PAID), client, budget=capped(ONE, rates=RATES), revision="abc123")
    assert [(1, "story.yaml", "abc123")] == session.journal.select("SELECT id, storyboard, revision FROM run")
    assert [(1, "build", DOLLAR, "USD", 0)] == session.journal.select(
        "SELECT run, scope, most, currency, unknown_fits FROM cap"
    )
    assert [(1, "CNY", "USD", 140_000)] == session.journal.select("SELECT * FROM rate")
    assert [(1,)] == rows(session, "run")


def test_a_build_that_asks_for_nothing_leaves_no_record(session: Session, client: Scripted) -> None:
    build(session, plan_of(JOBS[0], cost=PAID), client)
    build(session, plan_of(JOBS[0], cost=PAID), client, budget=capped(ONE))
    assert [(1,)] == session.journal.select("SELECT count(*) FROM run")


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE cap SET most = 9000000",
        "DELETE FROM cap",
        "UPDATE rate SET micros = 1",
        "DELETE FROM run",
        "UPDATE run SET revision = 'x'",
    ],
)
def test_the_record_of_a_build_never_changes(session: Session, client: Scripted, sql: str) -> None:
    build(session, plan_of(JOBS[0], cost=PAID), client, budget=capped(ONE, rates=RATES))
    with pytest.raises(sqlite3.IntegrityError, match="never"), session.journal.transaction() as db:
        db.execute(sql)


def begun(journal: Journal, budget: Budget) -> int:
    return journal.begin("story.yaml", "", budget)


def test_the_database_refuses_what_the_code_would_not(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    from r2v_pipeline.execute import journal

    monkeypatch.setattr(journal, "objection", lambda *_: "")
    for cost in (PAID, UNKNOWN, CNY):
        budget = capped(Cap(BUILD, 970_000, "USD"))
        run = begun(session.journal, budget)
        with pytest.raises(sqlite3.IntegrityError, match="over a cap"):
            session.journal.intend(intent_of(JOBS[0], cost, terms=DEARLY, run=run), budget)
    assert [] == rows(session)
    assert [] == session.journal.select("SELECT * FROM balance WHERE micros > 0 OR unknown > 0")


COSTS = st.one_of(
    st.just(UNKNOWN),
    st.builds(
        lambda micros, currency: Cost(micros, micros, currency),
        st.integers(0, 3 * DOLLAR),
        st.sampled_from(["USD", "CNY", "JPY"]),
    ),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(COSTS, max_size=8), st.booleans(), st.booleans(), st.sampled_from(["USD", "CNY"]))
def test_code_and_database_agree_on_what_fits(
    tmp_path_factory: pytest.TempPathFactory, costs: list[Cost], fits: bool, rated: bool, currency: str
) -> None:
    """What the code lets through the database takes; and the code is stricter by a millionth at most."""
    folder = tmp_path_factory.mktemp("journal")
    budget = Budget((Cap(BUILD, 4 * DOLLAR, currency),), RATES if rated else {}, fits)
    with Journal(folder / "state.db", lambda: 0.0) as journal:
        run = begun(journal, budget)
        for n, cost in enumerate(costs):
            try:
                journal.intend(intent_of(render_job(f"s{n}"), cost, terms=DEARLY, run=run), budget)
            except Declined as declined:
                assert declined.why  # noqa: PT017 - raised or not, the rest must hold
        summed, unknown, foreign = journal.select("SELECT micros, unknown, foreign_sums FROM counted")[0]
        assert summed <= 4 * DOLLAR
        assert fits or not unknown
        assert not foreign or not costs


class Ledger(RuleBasedStateMachine):
    """Any way that attempts can go, with a cap: at every moment what counts is within it, and the sums are right."""

    MOST = 5 * DOLLAR

    def __init__(self) -> None:
        super().__init__()
        import tempfile

        self.folder = tempfile.TemporaryDirectory()
        self.journal = Journal(Path(self.folder.name, "state.db"), lambda: 0.0)
        self.budget = capped(Cap(MONTH, self.MOST, "USD"), rates=RATES)
        self.run = begun(self.journal, self.budget)
        self.open: list[Attempt] = []
        self.keys = 0

    def teardown(self) -> None:
        self.journal.close()
        self.folder.cleanup()

    def _one(self, pick: int, *at: str) -> Attempt | None:
        there = [attempt for attempt in self.open if attempt.state in at]
        return there[pick % len(there)] if there else None

    def _move(self, attempt: Attempt | None, new: str, change: Change = Change()) -> None:  # noqa: B008
        if attempt is None:
            return
        self.open.remove(attempt)
        moved = self.journal.move(attempt, new, change)
        if new in way.OPEN:
            self.open.append(moved)

    @rule(micros=st.integers(0, 2 * DOLLAR), yuan=st.booleans())
    def intend(self, micros: int, yuan: bool) -> None:
        self.keys += 1
        cost = Cost(micros, micros, "CNY" if yuan else "USD")
        before = self.journal.select("SELECT * FROM balance")
        intent = intent_of(render_job(f"s{self.keys}"), cost, terms=DEARLY, run=self.run)
        try:
            self.open.append(self.journal.intend(intent, self.budget))
        except Declined:
            assert before == self.journal.select("SELECT * FROM balance")

    @rule(pick=st.integers(0, 99))
    def accept(self, pick: int) -> None:
        self._move(self._one(pick, way.SUBMITTING), way.RUNNING, Change(handle={"id": pick}))

    @rule(pick=st.integers(0, 99))
    def reject(self, pick: int) -> None:
        self._move(self._one(pick, way.SUBMITTING), way.REJECTED)

    @rule(pick=st.integers(0, 99), never=st.booleans())
    def resolve(self, pick: int, never: bool) -> None:
        self._move(self._one(pick, way.SUBMITTING), way.ABANDONED, Change(billed=False if never else None))

    @rule(pick=st.integers(0, 99), part=st.integers(0, 100))
    def finish(self, pick: int, part: int) -> None:
        """The provider bills what it said or less."""
        attempt = self._one(pick, way.RUNNING)
        if attempt:
            micros = (attempt.est_micros or 0) * part // 100
            self._move(attempt, way.READY, Change(cost=Cost(micros, micros, attempt.currency)))

    @rule(pick=st.integers(0, 99))
    def store(self, pick: int) -> None:
        self._move(self._one(pick, way.READY), way.STORED, Change(blob=Blob("ab" * 32, 1)))

    @rule(pick=st.integers(0, 99), billed=st.sampled_from([None, True, False]))
    def fail(self, pick: int, billed: bool | None) -> None:
        self._move(self._one(pick, way.RUNNING), way.FAILED, Change(billed=billed))

    @rule(pick=st.integers(0, 99))
    def lose(self, pick: int) -> None:
        self._move(self._one(pick, way.RUNNING, way.READY), way.EXPIRED)

    @invariant()
    def what_counts_is_within_the_cap(self) -> None:
        ((micros, unknown, foreign),) = self.journal.select("SELECT micros, unknown, foreign_sums FROM counted")
        assert micros <= self.MOST
        assert (0, 0) == (unknown, foreign)

    @invariant()
    def the_sums_are_those_of_the_rows(self) -> None:
        owed = OWED.format("attempt")
        expected = self.journal.select(
            f"SELECT currency, sum({owed}) FROM attempt GROUP BY currency HAVING sum({owed}) > 0"
        )
        assert dict(expected) == dict(self.journal.select("SELECT currency, micros FROM balance WHERE micros > 0"))


def test_the_cap_holds_on_every_way() -> None:
    run_state_machine_as_test(Ledger, settings=settings(max_examples=60, stateful_step_count=40, deadline=None))


def test_a_dearer_bill_than_was_said_leaves_no_room_for_more(session: Session, client: Scripted) -> None:
    """What is billed cannot be helped; nothing is added to it."""
    from r2v_pipeline.providers.base import Finished

    client.polls["s1"] = [Finished({"shot": "s1"}, Cost(3 * DOLLAR, 3 * DOLLAR, "USD"))]
    client.terms = DEARLY._replace(running=1)
    run = build(session, plan_of(*JOBS[:2], cost=PAID), client, budget=capped(TWO))
    assert {"s1": "stored", "s2": "declined"} == states(run)
