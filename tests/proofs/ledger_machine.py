"""Any way that a project's spending can go: builds, answers of every kind, crashes, people, two currencies, caps that
change; against a vendor that keeps its own bill.

Every build is the production's whole runner.  What counts is added up here once more, from the rows and by other means
than the journal's own sums; at each step of each build, so at every prefix of it all.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack, closing
from time import gmtime, strftime
from typing import Any

from crash_scene import hurried
from crash_search import quick_folder
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from scripted import DEARLY, LISTED, REPLAYED, Dropped, Scripted, build, plan_of, render_job

from r2v_pipeline.execute import cancel as cancelling
from r2v_pipeline.execute import fault, resolving, states
from r2v_pipeline.execute.budget import BUILD, MONTH, Budget, Cap
from r2v_pipeline.execute.records import Attempt
from r2v_pipeline.execute.session import Session, hold
from r2v_pipeline.providers.base import Cost, Failed, Finished, Lost, NotSent, Refused, Running, Unknown

DOLLAR = 1_000_000
RATE = 140_000
DAY = 86_400.0
BEGIN = 1_800_000_000.0


class Killed(KeyboardInterrupt):
    """The end of the process; asyncio lets it through as it lets a signal through."""


# What asyncio says, when it sweeps up, of the task that it was raised in.
logging.getLogger("asyncio").addFilter(lambda record: Killed.__name__ not in record.getMessage())


class Sale:
    """A job as the vendor has it: what it was said to cost, what became of it, and what is billed for it.

    `slack` is what r2v counts beside that, because a person or the vendor would not say what is billed.
    """

    def __init__(self, shot: str, token: str, cost: Cost) -> None:
        self.shot, self.token, self.cost = shot, token, cost
        self.fate: Running | Finished | Failed = Running()
        self.bill, self.slack = cost.high_micros, 0


class Till(Scripted):
    """A vendor whose jobs run until a rule says how they end."""

    def __init__(self, prices: Mapping[str, Cost]) -> None:
        super().__init__()
        self.prices = prices
        self.sales: dict[str, Sale] = {}

    def _take(self, shot: str, body: bytes, token: str, said: Any) -> None:
        super()._take(shot, body, token, said)
        self.sales[self.taken[token]] = Sale(shot, token, self.prices[shot])

    async def poll(self, handle: Mapping[str, Any]) -> Running | Finished | Failed:
        sale = self.sales.get(handle["id"])
        return sale.fate if sale else Failed("gone", "no such job", lost=True)

    async def cancel(self, handle: Mapping[str, Any]) -> bool:
        sale = self.sales[handle["id"]]
        if isinstance(sale.fate, Running):
            sale.fate, sale.bill = Failed("cancelled", "cancelled", billed=False), 0
            return True
        return False


DOLLARS = st.sampled_from([0, 1, 2, 5, 20, 20])
PICK = st.integers(0, 99)
COSTS = st.sampled_from(
    [
        *(Cost(micros, micros, "USD") for micros in (0, 1, 333_333, 980_000, 2 * DOLLAR)),
        *(Cost(micros, micros, "CNY") for micros in (1, 3_333_333, 7 * DOLLAR)),
        Cost(0, 0, "USD", known=False),
    ]
)
ANSWERS = st.sampled_from(
    [
        Refused("400", "no"),
        Refused("429", "later", again=True),
        Refused("401", "who are you", account=True),
        Unknown("HTTP 500"),
        NotSent("dns", "no such host", again=True),
        Lost("the answer did not come"),
        Dropped("the request did not arrive"),
    ]
)
SHOTS = st.tuples(COSTS, st.lists(ANSWERS, max_size=2))


class Spending(RuleBasedStateMachine):
    """One project, one vendor."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.stack.enter_context(hurried())
        folder = self.stack.enter_context(quick_folder())
        self.root = folder / "project"
        (self.root / ".git").mkdir(parents=True)
        self.path = self.root / ".r2v" / "state.db"
        self.now = BEGIN
        self.prices: dict[str, Cost] = {}
        self.till = Till(self.prices)
        self.caps = (20 * DOLLAR, 20 * DOLLAR)
        self.doubts = False
        self.rated = self.unknown_fits = True
        # Counted for requests that never arrived, and that a person has sent again all the same.
        self.slack: Counter[str] = Counter()
        # Of doubts that a person has sent again: what they really cost will be told to nobody.
        self.unheard: set[str] = set()

    def teardown(self) -> None:
        fault.watch(None)
        try:
            self.come_to_an_end()
        finally:
            self.stack.close()

    @initialize(terms=st.sampled_from([REPLAYED, LISTED, DEARLY]), shots=st.lists(SHOTS, min_size=2, max_size=5))
    def a_vendor(self, terms: Any, shots: list[tuple[Cost, list[Any]]]) -> None:
        self.till.terms = terms
        for shot in shots:
            self.another_shot(shot)

    @rule(shot=SHOTS)
    @precondition(lambda self: len(self.prices) < 8)
    def another_shot(self, shot: tuple[Cost, list[Any]]) -> None:
        name = f"s{len(self.prices) + 1}"
        self.prices[name], self.till.answers[name] = shot[0], list(shot[1])

    @rule(pick=PICK, answers=st.lists(ANSWERS, min_size=1, max_size=3))
    def the_next_answers(self, pick: int, answers: list[Any]) -> None:
        self.till.answers[list(self.prices)[pick % len(self.prices)]] = list(answers)

    @rule()
    def build(self) -> None:
        self._build(0)

    @rule(at=st.integers(1, 40))
    def build_and_crash(self, at: int) -> None:
        self._build(at)

    @rule(pick=PICK, part=st.sampled_from([None, 0, 50, 100]))
    @precondition(lambda self: self._running(0))
    def a_job_is_finished(self, pick: int, part: int | None) -> None:
        """For what it was said to cost, or less, as the vendor tells; `part` None: it tells nothing."""
        if sale := self._running(pick):
            self._finish(sale, part)

    @staticmethod
    def _finish(sale: Sale, part: int | None) -> None:
        if part is None and sale.cost.known:
            sale.fate = Finished({"shot": sale.shot})
        else:
            sale.bill = sale.cost.high_micros * (part or 0) // 100 if sale.cost.known else 500_000
            sale.fate = Finished({"shot": sale.shot}, Cost(sale.bill, sale.bill, sale.cost.currency))

    @rule(pick=PICK)
    @precondition(lambda self: self._running(0))
    def a_job_is_dearer_than_was_said(self, pick: int) -> None:
        sale = self._running(pick)
        if sale and sale.cost.known and sale.cost.currency == "USD":
            sale.bill += 250_000
            sale.fate = Finished({"shot": sale.shot}, Cost(sale.bill, sale.bill, "USD"))

    @rule(pick=PICK, says=st.sampled_from([True, False, None]), bills=st.booleans())
    @precondition(lambda self: self._running(0))
    def a_job_fails(self, pick: int, says: bool | None, bills: bool) -> None:
        if sale := self._running(pick):
            if says is False or (says is None and not bills):
                sale.bill, sale.slack = 0, sale.bill if says is None else 0
            sale.fate = Failed("failed", "it could not", billed=says)

    @rule(pick=PICK)
    @precondition(lambda self: self._running(0))
    def a_job_is_lost(self, pick: int) -> None:
        """Paid for, and gone."""
        if sale := self._running(pick):
            sale.fate = Failed("gone", "no such job", lost=True)

    @rule(pick=PICK)
    @precondition(lambda self: self.doubts)
    def a_person_says_the_truth(self, pick: int) -> None:
        self._decided(pick, "truth")

    @rule(pick=PICK)
    @precondition(lambda self: self.doubts)
    def a_person_has_it_sent_again(self, pick: int) -> None:
        self._decided(pick, "resubmit")

    def _decided(self, pick: int, how: str) -> None:
        with self._held() as session:
            there = resolving.waiting(session.journal, "story.yaml")
            if there:
                self._resolve(session, there[pick % len(there)], how)

    @rule(pick=PICK)
    @precondition(lambda self: self._running(0))
    def a_person_cancels(self, pick: int) -> None:
        with self._held() as session:
            there = [a for a in session.journal.open_attempts().values() if a.state == states.RUNNING]
            if there:
                asyncio.run(cancelling.cancel(session.journal, self.till, there[pick % len(there)]))

    @rule(build=DOLLARS, month=DOLLARS, strict=st.sampled_from(["", "", "no rate", "nothing unknown"]))
    def other_caps(self, build: int, month: int, strict: str) -> None:
        self.caps = build * DOLLAR, month * DOLLAR
        self.rated, self.unknown_fits = strict != "no rate", strict != "nothing unknown"

    @rule(days=st.sampled_from([0.1, 3.0, 20.0]))
    def time_passes(self, days: float) -> None:
        self.now += days * DAY

    @invariant()
    def all_is_counted(self) -> None:
        """The sums are those of the rows, every bill is among them, and nothing is bought twice under one token."""
        rows = self._rows()
        sums: Counter[str] = Counter()
        for row in rows:
            currency, micros = _counts(row)
            sums[currency] += micros or 0
        assert +sums == +Counter(dict(self._select("SELECT currency, sum(micros) FROM balance GROUP BY currency")))
        on_the_way = {row["token"] for row in rows if row["state"] in (states.SUBMITTING, states.RUNNING)}
        untold = on_the_way | self.unheard
        billed: Counter[str] = Counter()
        for sale in self.till.sales.values():
            # Of what it really costs nobody may have been told yet.
            known = min(sale.bill, sale.cost.high_micros) if sale.token in untold else sale.bill
            billed[sale.cost.currency] += known
        assert all(billed[currency] <= sums[currency] for currency in billed), f"billed {billed}, counted {sums}"
        assert {sale.token for sale in self.till.sales.values()} <= {row["token"] for row in rows}
        assert len(self.till.bill) == len(self.till.taken)

    def come_to_an_end(self) -> None:
        """All jobs end as they were said to, a person says the truth about every doubt; then both bills are the same,
        to the millionth."""
        self.till.answers.clear()
        self.caps = (0, 0)
        for _ in range(4):
            if self.prices:
                self._build(0)
            for sale in self.till.sales.values():
                if isinstance(sale.fate, Running):
                    self._finish(sale, None)
            with self._held() as session:
                for attempt in resolving.waiting(session.journal, "story.yaml"):
                    if attempt.state == states.SUBMITTING:
                        self._resolve(session, attempt, "truth")
        self.all_is_counted()
        assert [] == [row for row in self._rows() if row["state"] in states.OPEN]
        owed: Counter[str] = Counter()
        for row in self._rows():
            currency, micros = _counts(row)
            owed[currency] += micros or 0
        billed = Counter(self.slack)
        for sale in self.till.sales.values():
            billed[sale.cost.currency] += sale.bill + sale.slack
        assert +billed == +owed, f"billed {billed}, counted {owed}"

    def _running(self, pick: int) -> Sale | None:
        going = [sale for sale in self.till.sales.values() if isinstance(sale.fate, Running)]
        return going[pick % len(going)] if going else None

    def _resolve(self, session: Session, attempt: Attempt, how: str) -> None:
        job = self.till.taken.get(attempt.token)
        if attempt.answer is not None and not attempt.code and attempt.state == states.SUBMITTING:
            return  # no doubt: the next build reads it
        if how == "resubmit" or attempt.state != states.SUBMITTING:
            resolving.resubmit(session.journal, attempt)
            sale = self.till.sales[job] if job else None
            if sale and isinstance(sale.fate, Running):
                sale.fate = Finished({"shot": sale.shot})
            # It counts as what it was said to cost.
            self.unheard.add(attempt.token)
            if sale:
                sale.slack = (attempt.est_micros or 0) - sale.bill
            else:
                self.slack[attempt.currency] += attempt.est_micros or 0
        elif job is None:
            resolving.never_ran(session.journal, attempt)
        else:
            resolving.found(session.journal, attempt, {"id": job})

    def _build(self, crash: int) -> None:
        """With a look at everything at each fault point; at the `crash`-th the process is gone."""
        budget = Budget(
            (Cap(BUILD, self.caps[0], "USD"), Cap(MONTH, self.caps[1], "USD")),
            {("CNY", "USD"): RATE} if self.rated else {},
            self.unknown_fits,
        )
        jobs = [render_job(shot) for shot in self.prices]
        plan = plan_of(*jobs, cost=Cost(1, 1, "USD"))
        plan = plan._replace(actions=tuple(a._replace(cost=self.prices[a.job.id]) for a in plan.actions))
        passed = 0

        def here(name: str) -> None:
            nonlocal passed
            passed += 1
            if name == "intent.durable":
                self._within(budget)
            self.all_is_counted()
            if passed == crash:
                session.journal.close()
                raise Killed

        with self._held() as session:
            fault.watch(here)
            terms = self.till.terms
            self.doubts = True
            try:
                run = build(session, plan, self.till, budget=budget, patience_s=0.0)
                self.doubts = any(outcome.state in ("held", "failed") for outcome in run.outcomes)
            except Killed:
                pass
            finally:
                fault.watch(None)
                self.till.terms = terms

    def _within(self, budget: Budget) -> None:
        """The newest attempt has just been written, so it fits: spent, reserved and in doubt are within each cap."""
        rows = self._rows()
        newest = rows[-1]
        if newest["est_micros"] == 0:
            return
        (began,) = self._select("SELECT started_at FROM run WHERE id = ?", newest["run"])[0]
        for cap in budget.caps:
            sums, unknown = Counter[str](), 0
            for row in rows:
                of_run = row["run"] == newest["run"]
                if of_run if cap.scope == BUILD else _month(row["created_at"]) >= _month(began):
                    currency, micros = _counts(row)
                    sums[currency] += micros or 0
                    unknown += micros is None
            yuan = -(-sums["CNY"] * RATE // 1_000_000) if self.rated else 0
            assert self.rated or not sums["CNY"]
            assert self.unknown_fits or not unknown
            assert sums["USD"] + yuan <= cap.micros, f"{cap}: {sums}"

    def _held(self) -> Any:
        return hold(self.root, lambda: self.now, {})

    def _select(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        if not self.path.exists():
            return []
        with closing(sqlite3.connect(self.path)) as db:
            return db.execute(sql, values).fetchall()

    def _rows(self) -> list[dict[str, Any]]:
        names = ("token", "run", "state", "billed", "est_micros", "currency", "actual_micros", "actual_currency")
        sql = f"SELECT created_at, {', '.join(names)} FROM attempt ORDER BY id"
        return [dict(zip(("created_at", *names), row, strict=True)) for row in self._select(sql)]


def _counts(row: Mapping[str, Any]) -> tuple[str, int | None]:
    """What an attempt counts: nothing that was refused or is certainly free; else what it cost, or may."""
    if row["state"] == "rejected" or row["billed"] == 0:
        return row["currency"], 0
    if row["actual_micros"] is not None:
        return row["actual_currency"], row["actual_micros"]
    return row["currency"], row["est_micros"]


def _month(at: float) -> str:
    return strftime("%Y-%m", gmtime(at))
