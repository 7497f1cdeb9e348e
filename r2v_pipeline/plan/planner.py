"""What a build would do, decided without doing anything: one verb per job, why, and for how much.

The walk goes from what is asked for back to what it needs, so that nothing is made that nobody will look at: a picture
taken out of a clip is taken again only for a shot that renders, and a part of a split shot that was lost is bought
again only when the shot's one clip has to be joined again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from r2v_pipeline.compile.jobs import Compilation, Job
from r2v_pipeline.plan.film import film_action
from r2v_pipeline.plan.reasons import in_doubt, on_the_way, render_reason
from r2v_pipeline.plan.types import DOUBT, VERBS, Action, LedgerView, OpenAttempt, Plan, Reason, Totals
from r2v_pipeline.providers.base import FREE, Cost

Price = Callable[[Job], Cost]

# What these need is needed by whoever needs them.
_FOR_OTHERS = ("frame", "splice")


class _Standing(NamedTuple):
    """How a job stands by itself, before anybody asked whether it is needed."""

    verb: str
    attempt: OpenAttempt | None = None


def plan(
    compilation: Compilation, ledger: LedgerView, *, output: str, selection: frozenset[str] | None, price: Price
) -> Plan:
    """An action for every job, in the compilation's order.

    `output` names what is built (the last build of it is compared with), `selection` the shots asked for (None: all).
    `price` is asked only for jobs that would be bought, or may have been.
    """
    shots = {shot.id: shot for shot in compilation.storyboard.shots}
    jobs = {job.id: job for job in compilation.jobs}
    film = [job for job in compilation.jobs if job.kind == "join" and job.shot not in shots]
    films = {job.id for job in film}
    standing = {
        job.id: _standing(job, ledger, job.shot in shots and shots[job.shot].clip is not None)
        for job in compilation.jobs
        if job.id not in films
    }
    spliced = {part: job.id for job in compilation.jobs if job.kind == "splice" for part in job.needs}
    asked = [
        name
        for name, job in jobs.items()
        if name in standing
        and job.kind != "frame"
        and name not in spliced
        and (selection is None or job.shot in selection)
    ]
    wanted = _wanted(asked, jobs, standing)
    blocked = _blocked(jobs, standing, wanted)
    done = frozenset(part for part, whole in spliced.items() if standing[whole].verb == "reuse")
    decide = _Decide(jobs, ledger, output, price, done)
    actions = {
        name: decide.action(jobs[name], standing[name], wanted.get(name), blocked.get(name)) for name in standing
    }
    actions |= {job.id: film_action(job, actions, ledger, output) for job in film}
    ordered = _bought_once([actions[job.id] for job in compilation.jobs])
    return Plan(compilation, output, ordered, _totals(ordered))


def repriced(made: Plan, costs: Mapping[str, Cost]) -> Plan:
    """The same plan with other prices for some of its jobs, by job id: what a provider said instead of the catalog."""
    actions = tuple(action._replace(cost=costs.get(action.job.id, action.cost)) for action in made.actions)
    return made._replace(actions=actions, totals=_totals(actions))


def retold(made: Plan, reasons: Mapping[str, Reason]) -> Plan:
    """The same plan with other reasons for some of its jobs, by job id."""
    return made._replace(actions=tuple(a._replace(reason=reasons.get(a.job.id, a.reason)) for a in made.actions))


def sums(costs: Iterable[Cost]) -> tuple[tuple[Cost, ...], int]:
    """What is owed in each currency, by its name and without what is free, and how many prices nobody knows."""
    found: dict[str, Cost] = {}
    unknown = 0
    for cost in costs:
        if not cost.known:
            unknown += 1
        elif cost.high_micros:
            low, high = found.get(cost.currency, FREE)[:2]
            found[cost.currency] = Cost(low + cost.low_micros, high + cost.high_micros, cost.currency)
    return tuple(found[currency] for currency in sorted(found)), unknown


def _bought_once(actions: list[Action]) -> tuple[Action, ...]:
    """Two jobs that ask for the same thing have the same key, and one purchase serves both."""
    buyers: dict[str, str] = {}
    for index, action in enumerate(actions):
        if action.verb == "render" and buyers.setdefault(action.job.key, action.job.id) != action.job.id:
            shared = action.reason._replace(text=f"{action.reason.text}, the same render as {buyers[action.job.key]}")
            actions[index] = action._replace(reason=shared, cost=FREE, billed_ms=0)
    return tuple(actions)


def _totals(actions: tuple[Action, ...]) -> Totals:
    """A sum over two currencies is unknown as one price: without a rate it must count as over any limit."""
    verbs = dict.fromkeys(VERBS, 0)
    for action in actions:
        verbs[action.verb] += 1
    known, unknown = sums(action.cost for action in actions if action.verb == "render")
    if len(known) > 1:
        return Totals(verbs, Cost(0, 0, "", known=False))
    return Totals(verbs, (known[0] if known else FREE)._replace(known=not unknown))


def _standing(job: Job, ledger: LedgerView, own_footage: bool) -> _Standing:
    if job.kind == "render" and (own_footage or job.request is None):
        return _Standing("footage")
    if ledger.stored(job.key) is not None:
        return _Standing("reuse")
    attempt = ledger.open_attempt(job.key) if job.kind == "render" else None
    if attempt is None:
        return _Standing("render")
    if attempt.settles:
        return _Standing("collect", attempt)
    verbs = {"submitting": "hold", "expired": "hold", "running": "collect", "ready": "fetch"}
    return _Standing(verbs[attempt.state], attempt)


def _wanted(asked: list[str], jobs: Mapping[str, Job], standing: Mapping[str, _Standing]) -> dict[str, str]:
    """What must be there, with the shot that needs it: empty for what was asked for itself.

    Only a job that renders has needs; what is stored or already sent has none any more.
    """
    wanted = dict.fromkeys(asked, "")
    queue = deque(asked)
    while queue:
        name = queue.popleft()
        if standing[name].verb != "render":
            continue
        user = wanted[name] if jobs[name].kind in _FOR_OTHERS else jobs[name].shot
        for need in jobs[name].needs:
            if need not in wanted:
                wanted[need] = user
                queue.append(need)
    return wanted


def _blocked(jobs: Mapping[str, Job], standing: Mapping[str, _Standing], wanted: Mapping[str, str]) -> dict[str, str]:
    """Jobs that cannot be made before a person has decided about another, with that other's id."""
    held = [name for name in wanted if standing[name].verb == "hold"]
    if not held:
        return {}
    users: dict[str, list[str]] = {}
    for name, job in jobs.items():
        for need in job.needs:
            users.setdefault(need, []).append(name)
    blocked: dict[str, str] = {}
    queue = deque((name, name) for name in held)
    while queue:
        name, doubt = queue.popleft()
        for user in users.get(name, ()):
            if user in standing and standing[user].verb == "render" and user in wanted and user not in blocked:
                blocked[user] = doubt
                queue.append((user, doubt))
    return blocked


class _Decide(NamedTuple):
    """The verb of a job that is no film, from how it stands and whether it is wanted.

    `done` are the parts of split shots whose one clip is there.
    """

    jobs: Mapping[str, Job]
    ledger: LedgerView
    output: str
    price: Price
    done: frozenset[str]

    def action(self, job: Job, standing: _Standing, user: str | None, held: str | None) -> Action:
        """`user` is None for what nobody wants, `held` names the job in doubt that this one waits for."""
        verb, attempt = standing
        used = job.request.used_ms if job.request else 0
        idle = self._idle(job, verb, user, held)
        if idle:
            return Action(job, "reuse" if verb == "reuse" else "skip", idle, FREE, 0, used)
        if attempt and verb == "hold":
            return Action(job, verb, in_doubt(job, attempt), self.price(job)._replace(low_micros=0), 0, used)
        if attempt:
            return Action(job, verb, on_the_way(attempt, user or ""), FREE, 0, used)
        reason = render_reason(job, self.jobs, self.ledger, self.output, user or "")
        if job.request is None:
            return Action(job, verb, reason, FREE, 0, used)
        return Action(job, verb, reason, self.price(job), job.request.duration_ms, used)

    def _idle(self, job: Job, verb: str, user: str | None, held: str | None) -> Reason | None:
        """Why nothing is done for a job now; None when something is."""
        if verb == "footage":
            return Reason("footage", "own footage", job.span)
        if verb == "reuse":
            return Reason("same", "unchanged")
        if user is None and (job.kind == "frame" or job.id in self.done):
            return Reason("same", "nothing that renders needs it")
        if user is None:
            return Reason("unselected", "not selected")
        return Reason(DOUBT, f"waits for {held}, which is in doubt") if held is not None else None
