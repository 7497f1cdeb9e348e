"""Lost answers: settled by the same token, by the provider's listing, or by nobody; in this build or the next."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from scripted import (
    DEARLY,
    LISTED,
    PAID,
    REPLAYED,
    Dropped,
    Scripted,
    answer,
    build,
    codes,
    forever,
    intent_of,
    plan_of,
    render_job,
    rows,
    states,
)

from r2v_pipeline.errors import EnvironmentTrouble
from r2v_pipeline.execute import recovery, submit
from r2v_pipeline.execute import states as way
from r2v_pipeline.execute.answers import plain
from r2v_pipeline.execute.bench import Run
from r2v_pipeline.execute.journal import token
from r2v_pipeline.execute.records import Attempt, Change
from r2v_pipeline.execute.recovery import MARGIN_S
from r2v_pipeline.execute.session import Session, hold, look
from r2v_pipeline.providers.base import Accepted, Found, Lost, NotSent, Refused, Terms, Unknown

JOB = render_job("s1")
TOKEN = token(JOB.key, 1)
LOST = Lost("the answer did not come")
MINUTE = 60.0


class Clocked:
    """A session whose clock a test moves."""

    def __init__(self) -> None:
        self.at = 1_767_225_600.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def now() -> Clocked:
    return Clocked()


@pytest.fixture
def session(project: Path, now: Clocked):
    with hold(project, now) as held:
        yield held


def left(session: Session, terms: Terms, said: str = "") -> Attempt:
    """A submit of a build that was killed before it had an answer, or before it read it."""
    attempt = session.journal.intend(intent_of(JOB, PAID, terms=terms))
    return session.journal.answered(attempt, said) if said else attempt


def again(session: Session, client: Scripted, **changes: object) -> Run:
    return build(session, plan_of(JOB, cost=PAID), client, **changes)


@pytest.mark.parametrize("terms", [REPLAYED, LISTED])
@pytest.mark.parametrize(
    "lost", [LOST, Unknown("HTTP 502"), ConnectionResetError("reset"), EnvironmentTrouble("proxy")]
)
def test_a_lost_answer_is_found_in_the_same_build(session: Session, terms: Terms, lost: object) -> None:
    client = Scripted(terms=terms)
    client.answers["s1"] = [lost]
    if isinstance(lost, Exception):  # a test's provider that raises has taken nothing
        client.listings = [Found(({"id": "there"},), complete=True)]
        client.jobs["there"] = "s1"
    assert {"s1": "stored"} == states(again(session, client))
    assert [("s1", 1, "stored")] == rows(session)
    assert len(client.bill) <= 1


@pytest.mark.parametrize("terms", [REPLAYED, LISTED])
def test_or_in_the_next(session: Session, terms: Terms) -> None:
    client = Scripted({"old": "s1"}, terms)
    client.taken[TOKEN] = "old"
    left(session, terms)
    assert {"s1": "stored"} == states(again(session, client))
    assert [] == client.bill


def test_the_same_bytes_go_with_the_same_token(session: Session) -> None:
    client = Scripted(terms=REPLAYED)
    client.answers["s1"] = [Dropped("lost on its way"), Dropped("again")]
    assert {"s1": "stored"} == states(again(session, client))
    assert ["s1"] == client.bill
    assert {TOKEN: bytes(rows(session, "request")[0][0])} == client.sent
    assert [("s1", 1, "stored")] == rows(session)


def test_a_provider_that_never_answers_is_asked_three_times_again(session: Session) -> None:
    client = Scripted(terms=REPLAYED)
    client.answers["s1"] = [Dropped("gone")] * 9
    run = again(session, client)
    assert {"s1": "held"} == states(run)
    assert ["s1"] * 4 == client.asked
    assert ["R2V614"] == codes(run)


@pytest.mark.parametrize("age", [REPLAYED.key_life_s / 2, -1.0])
def test_a_token_past_half_its_life_or_from_the_future_is_not_sent(session: Session, now: Clocked, age: float) -> None:
    """The clock may have been set back, and then says nothing about the token's age."""
    client = Scripted(terms=REPLAYED)
    left(session, REPLAYED)
    now.at += age
    assert {"s1": "held"} == states(again(session, client))
    assert [] == client.asked


def test_a_row_that_was_sent_without_a_promise_is_not_replayed_for_a_later_one(session: Session) -> None:
    """The provider honoured no token when it was sent, whatever it does now."""
    client = Scripted(terms=REPLAYED)
    left(session, DEARLY._replace(account="acc"))
    assert {"s1": "held"} == states(again(session, client))
    assert [] == client.asked


@pytest.mark.parametrize(
    ("refused", "code", "asked"),
    [
        (Refused("429", "slow down", again=True), "resent", 3),
        (Refused("401", "no such key", account=True), "resent", 3),
        (Refused("400", "the link has expired"), "disputed", 1),
    ],
)
def test_a_refusal_of_what_was_sent_before_proves_nothing(
    session: Session, refused: Refused, code: str, asked: int
) -> None:
    """The first may have been accepted before the key was revoked, or the link in it expired."""
    client = Scripted(terms=REPLAYED)
    left(session, REPLAYED)
    client.answers["s1"] = [refused] * 9
    run = again(session, client)
    assert {"s1": "held"} == states(run)
    assert [(code, "submitting")] == rows(session, "code, state")
    assert ["s1"] * asked == client.asked
    assert "asked again, it was refused" in run.outcomes[0].problem.message
    again(session, client)
    assert ["s1"] * (asked if code == "disputed" else 2 * asked) == client.asked


def test_what_never_left_a_second_time_proves_nothing_either(session: Session) -> None:
    client = Scripted({"old": "s1"}, REPLAYED)
    client.taken[TOKEN] = "old"
    left(session, REPLAYED)
    client.answers["s1"] = [NotSent("dns", "no such host", again=True)]
    assert {"s1": "stored"} == states(again(session, client))


def test_a_written_answer_is_read_before_anybody_is_asked(session: Session) -> None:
    client = Scripted({"old": "s1"}, REPLAYED)
    left(session, REPLAYED, plain(answer(Accepted({"id": "old"}))))
    assert look_verb(session) == ("submitting", True)
    assert {"s1": "stored"} == states(again(session, client))
    assert [] == client.asked


@pytest.mark.parametrize(
    ("said", "settles"),
    [
        (Lost("the answer did not come"), False),
        (NotSent("dns", "no such host", again=True), False),
        (answer(Refused("400", "the link has expired")), False),
        (answer(Accepted({"id": "old"})), True),
    ],
)
def test_a_plan_knows_of_an_answer_that_was_written_when_it_was_sent_again(
    session: Session, now: Clocked, said: Any, settles: bool
) -> None:
    """And by then its token is too old to be asked about once more."""
    attempt = left(session, REPLAYED, plain(Lost("the answer did not come")))
    attempt = session.journal.note(attempt, submit.RESENT, "the answer did not come")
    session.journal.answered(attempt, plain(said))
    now.at += REPLAYED.key_life_s
    assert ("submitting", settles) == look_verb(session)
    client = Scripted({"old": "s1"}, REPLAYED)
    assert {"s1": "stored" if settles else "held"} == states(again(session, client))
    assert [] == client.asked


def look_verb(session: Session) -> tuple[str, bool] | None:
    """What a plan is told of the job."""
    from r2v_pipeline.execute.journal_view import JournalView

    found = JournalView(session.state, Path("/"), session.journal.now).open_attempt(JOB.key)
    return (found.state, found.settles) if found else None


@pytest.mark.parametrize(
    ("terms", "age", "settles"),
    [
        (REPLAYED, 0.0, True),
        (REPLAYED, REPLAYED.key_life_s / 2, False),
        (REPLAYED, -MINUTE, False),
        (LISTED, 0.0, True),
        (LISTED, 90 * 24 * 60 * MINUTE, True),
        (DEARLY, 0.0, False),
    ],
)
def test_a_plan_knows_which_doubts_settle_themselves(
    session: Session, now: Clocked, terms: Terms, age: float, settles: bool
) -> None:
    left(session, terms)
    now.at += age
    assert ("submitting", settles) == look_verb(session)


def test_an_unclear_answer_of_an_opaque_provider_waits_for_a_person(session: Session) -> None:
    """It was read; reading it again says the same."""
    client = Scripted(terms=DEARLY)
    client.answers["s1"] = [Unknown("HTTP 500")]
    again(session, client)
    assert ("submitting", False) == look_verb(session)
    assert [("unclear", "HTTP 500")] == rows(session, "code, reason")


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Found((), complete=True), "the listing of animatic does not show it"),
        (Found(({"id": "a"}, {"id": "b"}), complete=True), "2 jobs in the listing of animatic may be it"),
        (Found(({"id": "a"},), complete=False), "the listing of animatic could not be read to its end"),
        (Found((), complete=False), "the listing of animatic could not be read to its end"),
        (ConnectionError("unreachable"), "it could not be looked for at animatic: unreachable"),
    ],
)
def test_what_a_listing_does_not_say_for_certain_is_held(session: Session, found: Found | Exception, said: str) -> None:
    client = Scripted({"a": "s1", "b": "s1"}, LISTED)
    left(session, LISTED)
    client.listings = [found]
    run = again(session, client)
    assert {"s1": "held"} == states(run)
    assert said in run.outcomes[0].problem.message
    assert ("submitting", isinstance(found, Exception)) == look_verb(session)
    client.taken[TOKEN] = "a"
    assert {"s1": "stored"} == states(build(session, plan_of(JOB, verbs={"s1": "hold"}, cost=PAID), client))
    assert [] == client.bill


def test_a_job_of_another_shot_is_never_taken_for_the_lost_one(session: Session) -> None:
    """Also when the provider lists it all the same."""
    other = render_job("s2")
    taken = session.journal.intend(intent_of(other, PAID, terms=LISTED))
    session.journal.move(taken, way.RUNNING, Change(handle={"id": "theirs"}))
    client = Scripted({"theirs": "s2", "ours": "s1"}, LISTED)
    left(session, LISTED)
    client.listings = [Found(({"id": "theirs"}, {"id": "ours"}), complete=True)]
    assert {"s1": "stored"} == states(again(session, client))
    assert frozenset({'{"id":"theirs"}'}) == client.sought[0].claimed


def test_an_adopted_job_says_so(session: Session) -> None:
    client = Scripted({"old": "s1"}, LISTED)
    client.taken[TOKEN] = "old"
    left(session, LISTED)
    again(session, client)
    assert [("submitting", ""), ("running", "adopted"), ("ready", ""), ("stored", "")] == session.journal.select(
        "SELECT new, code FROM event ORDER BY seq"
    )


def test_a_listing_is_asked_when_the_job_must_be_in_it(
    session: Session, now: Clocked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Settling is counted from the submit; a clock that was set back counts as just now."""
    slow = LISTED._replace(settle_s=180.0)
    waits: list[float] = []

    async def note(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr(recovery.asyncio, "sleep", note)
    left(session, slow)
    sent = now.at
    for age in (0.0, 170.0, 180.0, 1000.0, -50.0):
        now.at = sent + age
        client = Scripted(terms=slow)
        again(session, client)
        assert (sent - MARGIN_S, sent + 180.0 + MARGIN_S) == (client.sought[0].since, client.sought[0].until)
    assert [180.0, 10.0, 0.0, 0.0, 180.0] == [seconds for seconds in waits if seconds in (180.0, 10.0, 0.0)][:5]


def test_a_wrong_clock_is_corrected_by_the_provider_s(session: Session, now: Clocked) -> None:
    client = Scripted({"old": "s1"}, LISTED)
    left(session, LISTED)
    ahead = now.at + 8 * 3600
    client.listings = [Found((), complete=True, now=ahead), Found(({"id": "old"},), complete=True, now=ahead)]
    assert {"s1": "stored"} == states(again(session, client))
    first, second = client.sought
    assert (8 * 3600, 8 * 3600) == (second.since - first.since, second.until - first.until)


def test_clocks_that_agree_are_asked_once(session: Session, now: Clocked) -> None:
    client = Scripted(terms=LISTED)
    left(session, LISTED)
    client.listings = [Found((), complete=True, now=now.at + 30)]
    again(session, client)
    assert 1 == len(client.sought)


@pytest.mark.parametrize("terms", [REPLAYED, LISTED, DEARLY])
def test_a_row_of_another_account_is_held_and_never_sent_with_this_key(session: Session, terms: Terms) -> None:
    left(session, terms._replace(account="theirs"))
    client = Scripted(terms=terms)
    run = again(session, client)
    assert ({"s1": "held"}, ["R2V614"]) == (states(run), codes(run))
    assert ([], []) == (client.asked, client.sought)
    assert "from another account, for $0.98" in run.outcomes[0].problem.message


@pytest.mark.parametrize("state", [way.RUNNING, way.READY])
def test_a_job_of_another_account_is_collected_if_this_key_may(session: Session, state: str) -> None:
    """A new key of the same account sees its jobs; one of another does not, and must not call them lost."""
    attempt = left(session, DEARLY._replace(account="old key"))
    attempt = session.journal.move(attempt, way.RUNNING, Change(handle={"id": "old"}))
    if state == way.READY:
        session.journal.move(attempt, way.READY)
    client = Scripted(terms=DEARLY)
    assert ({"s1": "held"}, [("s1", 1, state)]) == (states(again(session, client)), rows(session))
    client.jobs["old"] = "s1"
    assert {"s1": "stored"} == states(again(session, client))


def test_one_doubt_does_not_stop_the_others(session: Session) -> None:
    client = Scripted(terms=DEARLY)
    client.answers["s1"] = [LOST]
    jobs = [render_job(f"s{n}") for n in range(1, 4)]
    run = build(session, plan_of(*jobs, cost=PAID), client)
    assert {"s1": "held", "s2": "stored", "s3": "stored"} == states(run)


def test_a_held_shot_says_its_price_its_time_and_the_ways_out(session: Session) -> None:
    client = Scripted(terms=DEARLY)
    client.answers["s1"] = [LOST]
    problem = again(session, client).outcomes[0].problem
    assert "shot 's1' is held: animatic may have taken it and bill $0.98; the answer did not come" == problem.message
    assert (
        "look at what your account at animatic lists (2026-01-01 00:00 UTC to 2026-01-01 00:10 UTC), then say which it "
        "is: 'r2v resolve s1 -f story.yaml --found ID' fetches the clip of that job, "
        "'r2v resolve s1 -f story.yaml --never-ran' if it is not there, "
        "'r2v resolve s1 -f story.yaml --resubmit' buys it again, even if it is billed twice"
    ) == problem.help


def test_a_doubt_is_seen_without_the_build_s_lock(session: Session, project: Path) -> None:
    left(session, LISTED)
    found = look(project).open_attempt(JOB.key)
    assert found is not None
    assert (True, "") == (found.settles, found.note)


def test_an_account_that_is_refused_meanwhile_leaves_a_doubt_as_it_is(session: Session) -> None:
    """It is not sent once more with a key that nobody takes."""
    client = Scripted(terms=REPLAYED)
    left(session, REPLAYED)
    refusing = render_job("s0")
    client.answers["s0"] = [Refused("401", "no such key", account=True)]
    run = build(session, plan_of(refusing, JOB, cost=PAID), client)
    assert {"s0": "failed", "s1": "held"} == states(run)
    assert ["s0"] == client.asked


@pytest.mark.parametrize("terms", [REPLAYED, DEARLY])
def test_a_submit_without_an_answer_ends_in_doubt(
    session: Session, monkeypatch: pytest.MonkeyPatch, terms: Terms
) -> None:
    """Whatever keeps a client from giving up by itself."""
    monkeypatch.setattr(submit, "PATIENCE_S", 0.01)
    client = Scripted(terms=terms)
    honest, stuck = client.send, [True]

    async def send(body: bytes, token: str, model: str = "") -> object:
        if stuck:
            stuck.pop()
            await forever()
        return await honest(body, token, model)

    monkeypatch.setattr(client, "send", send)
    run = again(session, client)
    assert {"s1": "stored" if terms is REPLAYED else "held"} == states(run)
    (said,) = session.journal.select("SELECT said FROM answer ORDER BY seq LIMIT 1")
    assert "no answer within 0 s" in said[0]


def test_a_listing_that_does_not_end_is_given_up(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery, "FIND_S", 0.01)
    client = Scripted(terms=LISTED)
    left(session, LISTED)
    monkeypatch.setattr(client, "find", forever)
    assert {"s1": "held"} == states(again(session, client))
