"""Nothing is spent that nobody allowed: caps, the question, and who may answer it."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r2v_pipeline.cli.asking.settings import Amount
from r2v_pipeline.cli.making import quotes
from r2v_pipeline.cli.making.consent import Asked, Consent, Limit, consent
from r2v_pipeline.cli.making.gate import NOTHING, Screen, allow, buys
from r2v_pipeline.compile.jobs import Compilation, Job
from r2v_pipeline.errors import DecisionNeeded, NetworkTrouble
from r2v_pipeline.execute.budget import BUILD, MONTH, Budget, Cap
from r2v_pipeline.execute.spending import Sum
from r2v_pipeline.plan.planner import repriced
from r2v_pipeline.plan.types import Action, Plan, Reason, Totals
from r2v_pipeline.providers.base import FREE, Cost, RenderRequest

UNKNOWN = Cost(0, 0, "", known=False)


def usd(low: float, high: float | None = None) -> Cost:
    return Cost(round(low * 1e6), round((low if high is None else high) * 1e6), "USD")


def cny(amount: float) -> Cost:
    return Cost(round(amount * 1e6), round(amount * 1e6), "CNY")


def plan_of(*costs: Cost, verb: str = "render", request: RenderRequest | None = None) -> Plan:
    jobs = [Job(f"s{i}", "render", f"s{i}", f"k{i}", request, (), (), None, None, None) for i in range(len(costs))]
    actions = tuple(
        Action(job, verb, Reason("new", "new shot"), cost, 0, 0) for job, cost in zip(jobs, costs, strict=True)
    )
    return Plan(Compilation(None, tuple(jobs)), "build/s", actions, Totals({}, FREE))  # type: ignore[arg-type]


def cap(micros: int, currency: str = "USD", scope: str = BUILD, where: str = "--max-cost") -> Limit:
    return Limit(Cap(scope, micros, currency), where)


class Person:
    """Somebody at a terminal, or nobody."""

    def __init__(self, answer: str = "", here: bool = True) -> None:
        self.asked: list[str] = []
        self._answer = answer
        self.screen = Screen(self._ask, here, "r2v build s.yaml")

    def _ask(self, question: str) -> str:
        self.asked.append(question)
        return self._answer


def refused(made: Plan, said: Consent, month: tuple[Sum, ...] = (), person: Person | None = None) -> str:
    with pytest.raises(DecisionNeeded) as caught:
        allow(made, said, month, (person or Person("y")).screen)
    assert 5 == caught.value.exit_code
    assert "nothing was sent" in f"{caught.value.message} {caught.value.help}"
    return caught.value.message


@pytest.mark.parametrize("answer", ["y\n", "Y\n", "yes\n", " YES \n"])
def test_a_yes_is_an_allowance_of_what_was_shown(answer: str) -> None:
    """The budget of the build is the amount in the question: nothing beyond it was allowed."""
    person = Person(answer)
    assert Budget((Cap(BUILD, 3_200_000, "USD"),)) == allow(plan_of(usd(1.2), usd(1, 2)), Consent(), (), person.screen)
    assert ["Spend up to $3.20? [y/N] "] == person.asked


@pytest.mark.parametrize("answer", ["", "\n", "n\n", "no\n", "j\n", "y y\n", "yep\n", "\x1b[Ay\n"])
def test_anything_else_is_a_no(answer: str) -> None:
    refused(plan_of(usd(1)), Consent(), person=Person(answer))


def test_a_free_plan_asks_nobody() -> None:
    assert [] == buys(plan_of(FREE, FREE))
    assert [] == buys(plan_of(usd(3), verb="collect"))
    assert [UNKNOWN, usd(1)] == buys(plan_of(FREE, UNKNOWN, usd(1)))


def test_a_build_that_nobody_was_asked_about_may_spend_nothing() -> None:
    assert (Cap(BUILD, 0, "USD"),) == NOTHING.caps
    assert not NOTHING.unknown_fits


def test_without_a_terminal_somebody_has_to_say_so() -> None:
    nobody = Person("y\n", here=False)
    message = refused(plan_of(usd(1.25)), Consent(), person=nobody)
    assert "this build spends up to $1.25, and there is no terminal to ask on" == message
    assert [] == nobody.asked


def test_what_to_type_without_a_terminal() -> None:
    with pytest.raises(DecisionNeeded) as caught:
        allow(plan_of(usd(1.25)), Consent(), (), Person(here=False).screen)
    assert "'r2v build s.yaml --yes'" in caught.value.help
    assert "'r2v build s.yaml --max-cost 1.25USD'" in caught.value.help


@pytest.mark.parametrize("said", [Consent(yes=True), Consent(named=True, limits=(cap(5_000_000),))])
def test_yes_or_a_limit_on_the_command_line_are_an_answer(said: Consent) -> None:
    nobody = Person(here=False)
    assert (Cap(BUILD, 1_000_000, "USD"),) == allow(plan_of(usd(1)), said, (), nobody.screen).caps


def test_a_cap_that_only_lies_around_is_no_answer() -> None:
    """R2V_MAX_COST and the config hold for every build; they do not start one."""
    refused(plan_of(usd(1)), Consent(limits=(cap(5_000_000, where="R2V_MAX_COST"),)), person=Person(here=False))


def test_a_limit_on_the_command_line_is_still_asked_about_where_somebody_is() -> None:
    person = Person("y\n")
    allow(plan_of(usd(1, 2)), Consent(named=True, limits=(cap(1_500_000),)), (), person.screen)
    assert ["limit: $1.50 for this build (--max-cost)\nSpend up to $1.50? [y/N] "] == person.asked


def test_over_the_limit_from_the_start() -> None:
    message = refused(plan_of(usd(1, 9), usd(0.5)), Consent(yes=True, limits=(cap(1_499_999, where="R2V_MAX_COST"),)))
    assert "this build costs at least $1.50, and the limit is $1.499999 (R2V_MAX_COST)" == message
    allow(plan_of(usd(1, 9), usd(0.5)), Consent(yes=True, limits=(cap(1_500_000),)), (), Person().screen)


def test_yes_does_not_lift_a_cap() -> None:
    budget = allow(plan_of(usd(1, 9)), Consent(yes=True, limits=(cap(2_000_000),)), (), Person().screen)
    assert (Cap(BUILD, 2_000_000, "USD"),) == budget.caps


def test_a_month_counts_what_is_spent_already() -> None:
    said = Consent(yes=True, limits=(cap(10_000_000, scope=MONTH, where="month in config.toml"),))
    message = refused(plan_of(usd(1)), said, (Sum("USD", 9_500_000, 0),))
    expected = (
        "this build costs at least $1.00, beside $9.50 of this month, and the limit is $10.00 (month in config.toml)"
    )
    assert expected == message
    budget = allow(plan_of(usd(1)), said, (Sum("USD", 9_000_000, 0),), Person().screen)
    assert {Cap(MONTH, 10_000_000, "USD"), Cap(BUILD, 1_000_000, "USD")} == set(budget.caps)


def test_the_question_names_what_is_left_of_a_month() -> None:
    person = Person("y")
    said = Consent(limits=(cap(10_000_000, scope=MONTH, where="month in c.toml"),))
    allow(plan_of(usd(1, 4)), said, (Sum("USD", 8_000_000, 0),), person.screen)
    assert ["limit: $10.00 a month, $8.00 of it used (month in c.toml)\nSpend up to $2.00? [y/N] "] == person.asked


def test_another_currency_needs_a_rate() -> None:
    said = Consent(yes=True, limits=(cap(5_000_000),))
    assert "prices in CNY cannot be compared with the limit of $5.00 (--max-cost)" == refused(plan_of(cny(10)), said)
    rated = said._replace(rates={("CNY", "USD"): 140_000})
    assert rated.rates == allow(plan_of(cny(10)), rated, (), Person().screen).rates
    assert "this build costs at least 40.00 CNY, and the limit is $5.00 (--max-cost)" == refused(
        plan_of(cny(40)), rated
    )


def test_another_currency_of_this_month_needs_a_rate_too() -> None:
    said = Consent(yes=True, limits=(cap(5_000_000, scope=MONTH, where="month"),))
    message = refused(plan_of(usd(1)), said, (Sum("CNY", 1, 0),))
    assert "prices in CNY cannot be compared with the limit of $5.00 (month)" == message
    allow(plan_of(usd(1)), said, (Sum("CNY", 0, 0),), Person().screen)


def test_two_currencies_are_asked_about_side_by_side() -> None:
    person = Person("y")
    assert () == allow(plan_of(usd(1), cny(2)), Consent(), (), person.screen).caps
    assert ["Spend up to 2.00 CNY and $1.00? [y/N] "] == person.asked


def test_an_unknown_price_counts_as_over() -> None:
    expected = "nobody knows what 1 of 2 renders cost, and an unknown price counts as over any limit"
    assert expected == refused(plan_of(usd(1), UNKNOWN), Consent(yes=True))
    person = Person("y")
    budget = allow(plan_of(usd(1), UNKNOWN), Consent(unknown_fits=True), (), person.screen)
    assert budget.unknown_fits
    assert ["Spend up to $1.00 and what 1 render of unknown price costs? [y/N] "] == person.asked


def test_an_unknown_price_of_this_month_counts_as_over_its_cap() -> None:
    said = Consent(yes=True, limits=(cap(5_000_000, scope=MONTH, where="month"),))
    assert "the price of 2 renders of this month is unknown" in refused(plan_of(usd(1)), said, (Sum("USD", 0, 2),))
    allow(plan_of(usd(1)), said._replace(unknown_fits=True), (Sum("USD", 0, 2),), Person().screen)


def test_the_question_is_safe_to_show() -> None:
    person = Person("y")
    allow(plan_of(usd(1)), Consent(limits=(cap(9_000_000, where="build in /a\x1b[2J/r2v"),)), (), person.screen)
    assert "\x1b" not in person.asked[0]


_AMOUNTS = st.integers(0, 50)


@given(
    prices=st.lists(st.tuples(_AMOUNTS, _AMOUNTS), min_size=1, max_size=4),
    caps=st.lists(st.tuples(st.sampled_from([BUILD, MONTH]), _AMOUNTS), unique_by=lambda each: each[0]),
    used=_AMOUNTS,
)
def test_what_is_granted_is_within_every_cap_and_within_the_plan(prices, caps, used) -> None:
    made = plan_of(*(Cost(min(pair), max(pair), "USD") for pair in prices))
    limits = tuple(cap(most, scope=scope) for scope, most in caps)
    low, high = (sum(pick(pair) for pair in prices) for pick in (min, max))
    fits = all(low + (used if scope == MONTH else 0) <= most for scope, most in caps)
    if not high:
        assert [] == buys(made)
    elif not fits:
        refused(made, Consent(yes=True, limits=limits), (Sum("USD", used, 0),))
    else:
        budget = allow(made, Consent(yes=True, limits=limits), (Sum("USD", used, 0),), Person().screen)
        wanted = min([high, *(most for scope, most in caps if scope == BUILD)])
        assert [wanted] == [each.micros for each in budget.caps if each.scope == BUILD]


def test_of_several_caps_the_smallest_holds(tmp_path: Path) -> None:
    config = tmp_path / "r2v" / "config.toml"
    config.parent.mkdir()
    config.write_text('[budget]\nbuild = "4 USD"\nmonth = "50 USD"\n')
    environ = {"XDG_CONFIG_HOME": str(tmp_path), "R2V_MAX_COST": "3 USD"}
    found = consent(Asked(Amount(5_000_000, "USD")), tmp_path / "project", environ)
    assert (
        cap(3_000_000, where="R2V_MAX_COST"),
        cap(50_000_000, scope=MONTH, where=f"month in {config}"),
    ) == found.limits
    assert found.named
    lower = consent(Asked(Amount(2_000_000, "USD")), tmp_path / "project", environ)
    assert cap(2_000_000) == lower.limits[0]
    both = consent(Asked(Amount(2_000_000, "CNY")), tmp_path / "project", environ)
    assert {"CNY", "USD"} == {limit.cap.currency for limit in both.limits if limit.cap.scope == BUILD}


class Quoting:
    """A provider that says what it takes, or does not."""

    def __init__(self, answer: Cost | Exception | None) -> None:
        self._answer, self.closed = answer, False

    async def quote(self, request: RenderRequest) -> Cost | None:
        assert request.body == {"seconds": 1}
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer

    async def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (usd(2), usd(2)),
        (usd(0.5), usd(0.5)),
        (None, usd(1)),
        (UNKNOWN, usd(1)),
        (FREE, usd(1)),
        (NetworkTrouble("no"), usd(1)),
        (ConnectionResetError(), usd(1)),
    ],
)
def test_a_quote_replaces_the_catalog_price(
    monkeypatch: pytest.MonkeyPatch, answer: Cost | Exception | None, expected: Cost
) -> None:
    """A service that says "free" of what its price list charges for is not believed."""
    client = Quoting(answer)
    monkeypatch.setattr(quotes.registry, "client", lambda *_, **__: client)
    request = RenderRequest("wan", "", {"seconds": 1}, (), 1000, 1000)
    found = quotes.quoted(plan_of(usd(1), request=request))
    assert expected == found.actions[0].cost == found.totals.cost
    assert client.closed


def test_who_does_not_answer_in_time_leaves_the_catalog_price(monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(Quoting):
        async def quote(self, request: RenderRequest) -> Cost | None:
            await asyncio.sleep(60)
            return await super().quote(request)

    monkeypatch.setattr(quotes, "PATIENCE_S", 0.05)
    monkeypatch.setattr(quotes.registry, "client", lambda *_, **__: Slow(None))
    request = RenderRequest("wan", "", {"seconds": 1}, (), 1000, 1000)
    began = time.monotonic()
    assert usd(1) == quotes.quoted(plan_of(usd(1), request=request)).actions[0].cost
    assert time.monotonic() - began < 10


def test_nobody_is_asked_for_a_quote_of_what_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quotes.registry, "client", lambda *_, **__: pytest.fail("asked"))
    made = plan_of(FREE, usd(1), request=RenderRequest("wan", "", {}, (), 1, 1))
    free = repriced(made, {"s1": FREE})
    assert free == quotes.quoted(free)


# The command itself, against a vendor that counts.


def submits(vendor) -> int:
    requests = vendor.server.vendor.requests
    return requests["submit"] + requests["upload"] + len(vendor.ledger()["jobs"])


def test_a_paid_build_without_a_terminal_sends_nothing(studio, vendor, r2v) -> None:
    ran = r2v("build", "s.yaml", cwd=studio)
    assert 5 == ran.rc
    assert "error: this build spends up to $0.20, and there is no terminal to ask on\n" in ran.err
    assert "'r2v build s.yaml --max-cost 0.20USD'" in ran.err
    assert 0 == submits(vendor)


def test_what_it_says_to_type_is_what_it_takes(studio, vendor, r2v) -> None:
    ran = r2v("build", "s.yaml", "--max-cost", "0.20USD", cwd=studio)
    assert (0, 2) == (ran.rc, len(vendor.ledger()["jobs"])), ran.err
    assert (studio / "build/s/film.mp4").exists()


@pytest.mark.parametrize(
    ("words", "rc", "said"),
    [
        (("--max-cost", "0.19USD"), 5, "costs at least $0.20, and the limit is $0.19 (--max-cost)"),
        (("--max-cost", "0.19USD", "--yes"), 5, "costs at least $0.20, and the limit is $0.19 (--max-cost)"),
        (("--max-cost", "20CNY"), 5, "prices in USD cannot be compared with the limit of 20.00 CNY"),
        (("--max-cost", "1"), 2, "--max-cost: '1' has no currency"),
        (("--max-cost", "plenty"), 2, "--max-cost: 'plenty' is no amount of money"),
    ],
)
def test_what_is_refused(studio, vendor, r2v, words, rc, said) -> None:
    ran = r2v("build", "s.yaml", *words, cwd=studio)
    assert rc == ran.rc
    assert said in ran.err
    assert 0 == submits(vendor)


@pytest.mark.parametrize(("value", "rc"), [("0.10 USD", 5), ("0.20 USD", 0), ("", 7), ("12", 7)])
def test_the_cap_of_the_environment_holds_whatever_is_typed(studio, vendor, r2v, value, rc) -> None:
    ran = r2v("build", "s.yaml", "--yes", "--max-cost", "9USD", cwd=studio, R2V_MAX_COST=value)
    assert rc == ran.rc, ran.err
    assert "R2V_MAX_COST" in ran.err or not rc
    assert (2 if not rc else 0) == len(vendor.ledger()["jobs"])


def test_the_caps_of_the_config_hold_whatever_is_typed(studio, vendor, r2v, configured, change) -> None:
    path = configured('[budget]\nbuild = "0.15 USD"\n')
    ran = r2v("build", "s.yaml", "--yes", cwd=studio)
    assert 5 == ran.rc
    assert f"the limit is $0.15 (build in {path})" in ran.err
    configured('[budget]\nmonth = "0.35 USD"\n')
    assert 0 == r2v("build", "s.yaml", "--yes", cwd=studio).rc
    change('"{{ Gift', '"Later {{ Gift')
    again = r2v("build", "s.yaml", "--yes", cwd=studio)
    assert 5 == again.rc
    assert "costs at least $0.20, beside $0.20 of this month, and the limit is $0.35" in again.err
    assert 2 == len(vendor.ledger()["jobs"])


def test_a_wrong_config_stops_a_paid_build_and_no_other(studio, vendor, r2v, configured) -> None:
    path = configured('[budget]\nbild = "1 USD"\n')
    ran = r2v("build", "s.yaml", "--yes", cwd=studio)
    assert 7 == ran.rc
    assert f"error: {path}: [budget] bild means nothing\n  help: did you mean 'build'?\n" == ran.err
    assert 0 == submits(vendor)
    assert 0 == r2v("build", "s.yaml", "--preview", "first", cwd=studio).rc


def test_a_project_cannot_say_what_may_be_spent(studio, vendor, r2v) -> None:
    """Nor who is paid, nor where the money goes: no file of a project is ever read for these."""
    for name in ("r2v.toml", "config.toml", ".r2v.toml", ".env", ".config/r2v/config.toml", "r2v/config.toml"):
        (studio / name).parent.mkdir(parents=True, exist_ok=True)
        (studio / name).write_text(
            'R2V_MAX_COST="9 USD"\nyes=true\n[budget]\nbuild = "9 USD"\n[rates]\nUSD = "1 CNY"\n'
        )
    assert 5 == r2v("build", "s.yaml", cwd=studio).rc
    assert 5 == r2v("build", "s.yaml", "--max-cost", "9CNY", cwd=studio).rc
    assert 0 == submits(vendor)


def test_doctor_says_what_may_be_spent(studio, r2v, configured) -> None:
    path = configured('[budget]\nmonth = "50 USD"\n')
    ran = r2v("doctor", cwd=studio, R2V_MAX_COST="3 USD")
    assert f"caps       $3.00 a build (R2V_MAX_COST), $50.00 a month (month in {path})\n" in ran.out
    wrong = r2v("doctor", cwd=studio, R2V_MAX_COST="3")
    assert (7, True) == (wrong.rc, "R2V_MAX_COST is '3', which is no amount of money" in wrong.out)


@pytest.mark.parametrize(
    "line",
    [
        "budget: {build: 9 USD}",
        "defaults: {render: {base_url: 'http://example.org'}}",
        "defaults: {render: {api_key: sk-1234}}",
        "defaults: {render: {endpoint: 'http://example.org'}}",
        "defaults: {render: {proxy: 'http://example.org'}}",
        "defaults: {render: {max_cost: 9 USD}}",
        "defaults: {yes: true}",
        "api_key: abc",
    ],
)
def test_a_storyboard_has_no_such_keys(project, r2v, line) -> None:
    board = f'r2v: 1\ntitle: x\n{line}\nshots: [{{id: a, prompt: "A lamp.", duration: 1s}}]\n'
    (project / "s.yaml").write_text(board)
    ran = r2v("check", "s.yaml", "--format", "json", cwd=project)
    assert 1 == ran.rc
    assert ["R2V104"] == [found["code"] for found in json.loads(ran.out)["diagnostics"]]


def test_what_a_storyboard_claims_can_only_lower(studio, r2v, change) -> None:
    change("fake-opaque", "dashscope, model: wan2.6-r2v-flash, ratio: '16:9'")
    change("resolution: 480p", "resolution: 720p")
    change("title: Two bought shots", "title: Two bought shots\nexpect: {max_cost: 0.01 USD}")
    ran = r2v("build", "s.yaml", "--yes", "--max-cost", "9USD", cwd=studio)
    assert (1, True) == (ran.rc, "R2V303" in ran.err), ran.err


@pytest.mark.usefixtures("vendor")
def test_what_nobody_can_price_may_cost_more_than_is_claimed(studio, r2v, change) -> None:
    """A provider outside the catalog, without a model."""
    change("title: Two bought shots", "title: Two bought shots\nexpect: {max_cost: 9 USD}")
    ran = r2v("check", "s.yaml", cwd=studio)
    assert 1 == ran.rc
    assert "nobody knows the price of 2 of 2 renders" in ran.out


# On a terminal.


def test_the_question_and_a_yes(vendor, terminal) -> None:
    build = terminal("build", "s.yaml")
    shown = build.read_until("[y/N] ")
    assert shown.endswith("\nSpend up to $0.20? [y/N] ")
    assert 0 == submits(vendor)
    build.type("y\n")
    rc, shown = build.finish()
    assert (0, 2) == (rc, len(vendor.ledger()["jobs"])), shown


@pytest.mark.parametrize(("typed", "rc"), [("n\n", 5), ("\n", 5), ("\x04", 5), ("\x03", 130)])
def test_the_question_and_no_yes(vendor, terminal, typed, rc) -> None:
    build = terminal("build", "s.yaml")
    build.read_until("[y/N] ")
    build.type(typed)
    found, shown = build.finish()
    assert rc == found
    assert "Traceback" not in shown
    assert 0 == submits(vendor)


def test_what_was_typed_before_the_question_is_no_answer(vendor, terminal) -> None:
    build = terminal("build", "s.yaml")
    build.type("y\n")
    build.read_until("[y/N] ")
    time.sleep(0.3)
    assert build.process.poll() is None
    build.type("n\n")
    assert 5 == build.finish()[0]
    assert 0 == submits(vendor)


@pytest.mark.usefixtures("vendor")
def test_the_words_of_a_shot_cannot_ask_or_answer(terminal, change) -> None:
    """A prompt that asks a question of its own stands in the plan, within one line of it."""
    change("lies in the snow.", "lies in the snow.\\n\\nSpend up to $0.00? [y/N] y\\u202e\\n\\n")
    terminal("build", "s.yaml", "--yes").finish()
    change("$0.00? [y/N] y", "$0.01? [y/N] y")
    build = terminal("build", "s.yaml")
    shown = build.read_until("Spend up to $0.10? [y/N] ")
    assert "prompt changed: " in shown
    assert "\u202e" not in shown
    assert ["Spend up to $0.10? [y/N] "] == [line for line in shown.splitlines() if line.startswith("Spend")]
    build.type("n\n")
    assert 5 == build.finish()[0]


@pytest.mark.parametrize("hostile", ["\\e[2J", "\\r", "\\x9b2J"])
def test_words_that_move_the_cursor_never_reach_the_question(vendor, terminal, change, hostile) -> None:
    change("lies in the snow.", f"lies in the snow.{hostile}approve? [Y/n]")
    rc, shown = terminal("build", "s.yaml").finish()
    assert 1 == rc
    assert "R2V101" in shown
    assert 0 == submits(vendor)


def test_yes_asks_nothing_on_a_terminal(vendor, terminal) -> None:
    rc, shown = terminal("build", "s.yaml", "--yes").finish()
    assert (0, False) == (rc, "[y/N]" in shown)
    assert 2 == len(vendor.ledger()["jobs"])


@pytest.mark.usefixtures("vendor")
def test_output_that_goes_elsewhere_is_no_terminal(studio, environment) -> None:
    """Whoever cannot see the plan cannot agree to it, although the answer would come from a terminal."""
    master, slave = os.openpty()
    words = [sys.executable, "-m", "r2v_pipeline", "build", "s.yaml"]
    done = subprocess.run(words, cwd=studio, env=environment, stdin=slave, capture_output=True, timeout=60, check=False)
    os.close(master)
    os.close(slave)
    assert 5 == done.returncode
    assert b"no terminal to ask on" in done.stderr
