"""The gate before money: what a build may cost, whether that is allowed, and the question to the person who pays.

Nothing is sent before it says yes.  What it lets through still has to fit under the caps job by job, which the journal
itself holds while the build runs (execute/budget.py); what was answered is one of these caps.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

from r2v_pipeline.cli.making.consent import Consent, Limit
from r2v_pipeline.errors import DecisionNeeded
from r2v_pipeline.execute.budget import BUILD, Budget, Cap, in_currency
from r2v_pipeline.execute.spending import Sum
from r2v_pipeline.plan.amounts import may_cost
from r2v_pipeline.plan.planner import sums
from r2v_pipeline.plan.types import Plan
from r2v_pipeline.providers.base import Cost
from r2v_pipeline.report.safe import safe
from r2v_pipeline.report.words import counted, money

_YES = ("y", "yes")

# Of a build whose plan buys nothing: should it come to a purchase all the same, nobody was asked about that one.
NOTHING = Budget((Cap(BUILD, 0, "USD"),))


class Screen(NamedTuple):
    """Whom to ask: `ask` shows a question and returns the line that was typed then.

    `here` is False where no person sees the plan and can answer; `again` is how r2v was called.
    """

    ask: Callable[[str], str]
    here: bool
    again: str


def screen(again: str) -> Screen:
    """The terminal of this process; somebody is there only when the plan is shown on it and answers come from it."""
    here = sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()
    return Screen(_answer, here, again)


def buys(made: Plan) -> list[Cost]:
    """The price of every job that may have to be paid now; an unknown price is one."""
    costs = [action.cost for action in made.actions if action.verb == "render"]
    return [cost for cost in costs if may_cost(cost)]


def allow(made: Plan, said: Consent, month: Sequence[Sum], screen: Screen) -> Budget:
    """What a plan that buys something may spend.  `month` is what this month has cost so far.

    Raises:
        DecisionNeeded: over a cap from the start, declined, or nobody there to ask.
    """
    costs = buys(made)
    _known(costs, said)
    for limit in said.limits:
        _under(limit, costs, said, month)
    most = "up to " + " and ".join(_most(costs, said, month))
    if screen.here and not said.yes:
        _ask(f"Spend {most}? [y/N] ", [_shown(limit, said, month) for limit in said.limits], screen)
    elif not said.yes and not said.named:
        limited = f"{screen.again} --max-cost {_written(costs)}"
        raise DecisionNeeded(
            f"this build spends {most}, and there is no terminal to ask on",
            f"nothing was sent. Allow it with '{screen.again} --yes', or with a limit: '{limited}'",
        )
    return _granted(costs, said)


def _granted(costs: Sequence[Cost], said: Consent) -> Budget:
    """The caps, and the price of the plan that was shown as one more: a build is not allowed what nobody was asked.

    Of two currencies neither can be held against the other; each attempt of such a build has its own price as a bound.
    """
    known, _ = sums(costs)
    caps = {(limit.cap.scope, limit.cap.currency): limit.cap for limit in said.limits}
    if len(known) == 1:
        asked = Cap(BUILD, known[0].high_micros, known[0].currency)
        of = (BUILD, asked.currency)
        caps[of] = min(caps.get(of, asked), asked, key=lambda cap: cap.micros)
    return Budget(tuple(caps.values()), said.rates, said.unknown_fits)


def _known(costs: Sequence[Cost], said: Consent) -> None:
    """Raises for prices that nobody knows, unless they are allowed."""
    unknown = sum(not cost.known for cost in costs)
    if unknown and not said.unknown_fits:
        which = f"{unknown} of {len(costs)} renders cost" if len(costs) > 1 else "the render costs"
        raise DecisionNeeded(
            f"nobody knows what {which}, and an unknown price counts as over any limit",
            "nothing was sent. --allow-unknown-price buys all the same; 'r2v models' shows what has a known price",
        )


def _under(limit: Limit, costs: Sequence[Cost], said: Consent, month: Sequence[Sum]) -> None:
    """Raises when even the least that the plan can cost does not fit under a cap."""
    before = _so_far(limit, said, month)
    known, _ = sums(costs)
    least = before + sum(_converted(cost.low_micros, cost.currency, limit, said) for cost in known)
    if least > limit.cap.micros:
        what = " and ".join(money(cost.low_micros, cost.currency) for cost in known)
        beside = f", beside {money(before, limit.cap.currency)} of this month" if before else ""
        raise DecisionNeeded(
            f"this build costs at least {what}{beside}, and the limit is "
            f"{money(limit.cap.micros, limit.cap.currency)} ({limit.where})",
            "nothing was sent. Raise that limit, or name the shots to build",
        )


def _so_far(limit: Limit, said: Consent, month: Sequence[Sum]) -> int:
    """What counts against a cap before this build, in its currency."""
    if limit.cap.scope == BUILD:
        return 0
    unknown = sum(part.unknown for part in month)
    if unknown and not said.unknown_fits:
        raise DecisionNeeded(
            f"the price of {counted(unknown, 'render')} of this month is unknown, which counts as over the limit of "
            f"{money(limit.cap.micros, limit.cap.currency)} ({limit.where})",
            "nothing was sent. --allow-unknown-price leaves such prices out; 'r2v costs --by shot' shows them",
        )
    return sum(_converted(part.micros, part.currency, limit, said) for part in month if part.micros)


def _converted(micros: int, currency: str, limit: Limit, said: Consent) -> int:
    """An amount in a cap's currency, rounded up."""
    target = limit.cap.currency
    if currency != target and (currency, target) not in said.rates:
        where = f" in {said.config}" if said.config else " in r2v/config.toml"
        raise DecisionNeeded(
            f"prices in {currency} cannot be compared with the limit of {money(limit.cap.micros, target)} "
            f"({limit.where})",
            f'nothing was sent. Write what one {currency} costs under [rates]{where}: {currency} = "… {target}"',
        )
    return in_currency(micros, currency, target, said.rates) or 0


def _most(costs: Sequence[Cost], said: Consent, month: Sequence[Sum]) -> Iterator[str]:
    """The most that can be spent: the plan's high end, or a cap that comes first."""
    known, unknown = sums(costs)
    highs = {cost.currency: cost.high_micros for cost in known}
    for limit in said.limits:
        if highs.keys() == {limit.cap.currency}:
            left = limit.cap.micros - _so_far(limit, said, month)
            highs[limit.cap.currency] = min(highs[limit.cap.currency], left)
    yield from (money(micros, currency) for currency, micros in highs.items())
    if unknown:
        yield f"what {counted(unknown, 'render')} of unknown price {'costs' if unknown == 1 else 'cost'}"


def _written(costs: Sequence[Cost]) -> str:
    """The plan's high end as `--max-cost` takes it, in the only form that no shell takes apart."""
    known, _ = sums(costs)
    if len(known) != 1:
        return "AMOUNT"
    micros, currency = known[0].high_micros, known[0].currency
    return f"{micros // 1_000_000}.{f'{micros % 1_000_000:06d}'.rstrip('0').ljust(2, '0')}{currency}"


def _shown(limit: Limit, said: Consent, month: Sequence[Sum]) -> str:
    cap = money(limit.cap.micros, limit.cap.currency)
    if limit.cap.scope == BUILD:
        return f"limit: {cap} for this build ({limit.where})"
    used = money(_so_far(limit, said, month), limit.cap.currency)
    return f"limit: {cap} a month, {used} of it used ({limit.where})"


def _ask(question: str, before: Iterable[str], screen: Screen) -> None:
    """The words of a storyboard stand above, in the plan, made harmless; these lines are r2v's alone."""
    lines = "".join(f"{safe(line)}\n" for line in before)
    if screen.ask(f"{lines}{safe(question)}").strip().lower() not in _YES:
        raise DecisionNeeded("not allowed, so nothing was sent and nothing spent")


def _answer(question: str) -> str:
    """What was typed before the question could be read answers nothing."""
    with suppress(ImportError, OSError, ValueError):
        import termios

        termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)
    sys.stdout.write(question)
    sys.stdout.flush()
    line = sys.stdin.readline()
    if not line.endswith("\n"):  # the end of input leaves the cursor behind the question
        sys.stdout.write("\n")
    return line
