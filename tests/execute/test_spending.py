"""What was spent, row by row and in sums: the same figures as those that caps are compared with."""

from __future__ import annotations

from pathlib import Path

from scripted import DEARLY, PAID, Scripted, build, plan_of, render_job

from r2v_pipeline.execute.budget import month_of
from r2v_pipeline.execute.session import Session, hold
from r2v_pipeline.execute.spending import Spending, Sum, spendings, this_month
from r2v_pipeline.providers.base import Cost, Failed, Finished, Lost, Refused, Running

MARCH = 1_772_323_200.0
YUAN = Cost(7_000_000, 7_000_000, "CNY")
UNKNOWN = Cost(0, 0, "USD", known=False)


def bought(session: Session, shot: str, cost: Cost = PAID, *, said: object = None, poll: object = None) -> None:
    client = Scripted(terms=DEARLY)
    if said:
        client.answers[shot] = [said] * 9
    if poll:
        client.polls[shot] = [poll]
    build(session, plan_of(render_job(shot), cost=cost), client, revision="abc", patience_s=0.0 if said else 60.0)


def test_a_project_that_bought_nothing(project: Path) -> None:
    assert ((), ()) == (spendings(project / ".r2v"), this_month(project / ".r2v", "2026-03"))


def test_each_attempt_says_what_it_counts_and_why(project: Path) -> None:
    with hold(project, lambda: MARCH) as session:
        bought(session, "s1")
        bought(session, "s2", poll=Finished({"shot": "s2"}, Cost(500_000, 500_000, "USD")))
        bought(session, "s3", said=Lost("the answer did not come"))
        bought(session, "s4", said=Refused("400", "no"))
        bought(session, "s5", UNKNOWN)
        bought(session, "s6", YUAN, poll=Failed("bad", "no", billed=False))
        build(session, plan_of(render_job("s7")), Scripted())
        going = Scripted(terms=DEARLY)
        going.polls["s8"] = [Running()] * 9
        build(session, plan_of(render_job("s8"), cost=PAID), going, patience_s=0.0)
    rows = spendings(project / ".r2v")
    assert (
        Spending("story.yaml", "abc", "s1", "animatic", "m1", MARCH, "spent", 980_000, "USD", 980_000, "USD", False)
        == rows[0]
    )
    assert [
        ("s1", "spent", 980_000, 980_000, False),
        ("s2", "spent", 980_000, 500_000, True),
        ("s3", "doubt", 980_000, 980_000, False),
        ("s4", "none", 980_000, 0, False),
        ("s5", "spent", None, None, False),
        ("s6", "none", 7_000_000, 0, False),
        ("s8", "reserved", 980_000, 980_000, False),
    ] == [(row.shot, row.kind, row.estimate, row.owed, row.told) for row in rows]
    assert ("CNY", "USD") == (rows[5].currency, rows[1].owed_currency)
    sums = (Sum("CNY", 0, 0), Sum("USD", 3_440_000, 1))
    assert sums == this_month(project / ".r2v", month_of(MARCH))
    assert () == this_month(project / ".r2v", "2026-04")


def test_a_month_counts_what_was_bought_in_it_and_after(project: Path) -> None:
    """After: by a clock that was set back since."""
    for at, shot in ((MARCH - 86_400, "s1"), (MARCH, "s2"), (MARCH + 40 * 86_400, "s3")):
        with hold(project, lambda at=at: at) as session:
            bought(session, shot)
    months = ("2026-02", "2026-03", "2026-04", "2026-05")
    assert [3, 2, 1, 0] == [
        sum(each.micros for each in this_month(project / ".r2v", month)) // 980_000 for month in months
    ]
