"""One render job from its plan to a clip in the store, or to the reason why there is none.

The journal says where to begin: a job with an open attempt goes on from its state, whether this build or a killed one
brought it there.  There is no other recovery.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import NamedTuple

from r2v_pipeline.compile.jobs import Job
from r2v_pipeline.diagnostics import Diagnostic
from r2v_pipeline.errors import NetworkTrouble, R2VError
from r2v_pipeline.execute import answers, fault, problems, states, uploads, waiting
from r2v_pipeline.execute.accounts import FURTHER, Account, Closed
from r2v_pipeline.execute.bench import Bench, Outcome
from r2v_pipeline.execute.budget import Declined
from r2v_pipeline.execute.collect import collect
from r2v_pipeline.execute.firsts import Unproven
from r2v_pipeline.execute.inputs import Inputs
from r2v_pipeline.execute.interrupts import Stopped
from r2v_pipeline.execute.records import Attempt, Change, Intent
from r2v_pipeline.execute.recovery import recover
from r2v_pipeline.execute.submit import submit
from r2v_pipeline.plan.types import Action
from r2v_pipeline.providers.base import Failed, RenderRequest
from r2v_pipeline.providers.catalog.troubles import MODERATION

# Seconds before a refused or lost attempt is made again, doubled each time: of a worker here, of a provider.
LOCAL_PAUSE, PAUSE = 0.2, 1.0
# Seconds that a client gets to stop a local job.
CANCEL_WAIT = 5.0
# Answers to an upload that are about who asks.
_ACCOUNT = (401, 402, 403)


class _Way(NamedTuple):
    """How far an attempt came: to its end, or to where this build leaves it, with what there is to say about that."""

    attempt: Attempt
    left: str = ""
    problem: Diagnostic | None = None
    warnings: tuple[Diagnostic, ...] = ()


class PassedOn(Exception):
    """The provider has certainly refused a job that another one may be asked for; nothing is owed, nothing in doubt."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class _Barred(Exception):
    """The provider refuses whoever asks, already when a file is brought to it."""

    def __init__(self, problem: Diagnostic) -> None:
        super().__init__(problem.message)
        self.problem = problem


async def render(
    bench: Bench, action: Action, request: RenderRequest, inputs: Inputs, found: Attempt | None, *, last: bool = True
) -> Outcome:
    """Bring a job to its end at one provider.  `found` is the open attempt that an earlier build left.

    Raises:
        PassedOn: the provider has refused it, and it is not the `last` that may be asked.
        Stopped: the build is being stopped; the row says how far this job came.
        R2VError, OSError: the provider cannot be asked (the row stays as it is) or the machine is in the way.
        Refusal: its inputs are not what the plan was made for.
    """
    one = _Render(bench, action, request, inputs, found, last)
    firsts = one.account.firsts
    try:
        async with firsts.turn(request.model, found is not None, one.note) as first, one.slot:
            try:
                outcome = await one.run(found)
            except PassedOn:
                first.ended("failed")
                raise
            first.ended(outcome.state)
            return outcome
    except Unproven as unproven:
        return one.not_begun(unproven.why)


class _Render:
    """One job at work."""

    def __init__(
        self,
        bench: Bench,
        action: Action,
        request: RenderRequest,
        inputs: Inputs,
        found: Attempt | None,
        last: bool,
    ) -> None:
        self.bench, self.action, self.request, self.inputs, self.last = bench, action, request, inputs, last
        self.job: Job = action.job
        # What an earlier build left is asked about where it was sent, which a changed `region:` must not hide.
        self.account: Account = (found and bench.account_of(found)) or bench.accounts[request.desk]
        # Held while an attempt may be at work at the provider, of the account that it is sent from.
        self.slot = contextlib.AsyncExitStack()
        self.began = bench.clock.elapsed()

    async def run(self, attempt: Attempt | None) -> Outcome:
        made = 0
        while True:
            already = attempt is not None and attempt.state != states.SUBMITTING
            with self.bench.stop.cuttable():
                await self.slot.enter_async_context(self.account.limits.running.one(already))
            if attempt is None:
                try:
                    attempt = await self._ask()
                except Declined as declined:
                    return self._told("declined", problems.declined(self.job, declined.why))
                except Closed as closed:
                    return self.not_begun(closed.why)
                except _Barred as barred:
                    return self._bar(barred.problem)
                made += 1
            way = await self._drive(attempt, made > 0 and attempt.state == states.RUNNING)
            attempt = way.attempt
            if way.left:
                assert way.problem is not None  # whoever leaves an attempt says why
                return self._told(way.left, way.problem)
            if attempt.blob:
                self.bench.quota.give_back()
                seconds = self.bench.clock.elapsed() - self.began
                told = {"blob": attempt.blob, "seconds": round(seconds, 3), "shot": self.job.shot}
                self.bench.tell("stored", self.job.id, **told)
                return Outcome(self.job.id, "stored", attempt.blob, None, seconds, way.warnings)
            refused = answers.refusal(self.account.client, attempt.answer)
            if attempt.state == states.REJECTED and refused.account:
                return self._closed(attempt)
            if not _worth_another(attempt) or made > FURTHER or not self.bench.quota.take():
                return self._failed(attempt)
            await self.slot.aclose()
            await self._pause(made, refused.after_s or 0.0)
            attempt, self.account = None, self.bench.accounts[self.request.desk]

    async def _ask(self) -> Attempt:
        if self.account.closed:
            raise Closed(self.account.closed)
        try:
            body = await self.inputs.body(self.job, self.request, self.account.client)
        except NetworkTrouble as trouble:
            if trouble.status not in _ACCOUNT:
                raise
            raise _Barred(problems.account_unknown(self.job, self.request.provider, trouble)) from trouble
        bench, job, request = self.bench, self.job, self.request
        async with self.account.turn():
            terms, run = self.account.terms, bench.purse.run()
            whose = (request.provider, request.model, terms)
            intent = Intent(job.key, job.id, job.shot, *whose, body, self.action.cost, run)
            attempt = await submit(bench.journal, self.account.client, intent, bench.purse.budget)
        if attempt.state == states.RUNNING:
            data = {"provider": request.provider, "attempt": attempt.no, "used_ms": self.action.used_ms}
            bench.tell("submitted", job.id, **data)
            if other := bench.journal.namesake(attempt):
                bench.tell("note", job.id, text=problems.same_job(attempt, other))
        return attempt

    async def _drive(self, attempt: Attempt, fresh: bool) -> _Way:
        """As far as an attempt goes without asking for another.  `fresh`: this build has just made it."""
        bench, account, job = self.bench, self.account, self.job
        if attempt.state == states.SUBMITTING:
            attempt = await recover(bench.journal, account, bench.quota, bench.stop, attempt)
        foreign = attempt.account != account.terms.account
        if attempt.state == states.SUBMITTING:
            return self._doubt(attempt, foreign)
        if attempt.state not in states.OPEN:
            return _Way(attempt)
        waits_from = bench.clock.elapsed()
        try:
            answer, took_s = await waiting.ended(bench, account, job, attempt, fresh=fresh)
        except Stopped:
            await self._give_up(attempt)
            raise
        if answer is None:
            waited = bench.clock.elapsed() - waits_from
            return _Way(attempt, "detached", problems.detached(job, attempt, waited))
        fault.point("finished.seen")
        if isinstance(answer, Failed):
            if answer.lost and foreign:  # its own account may well know it
                return _Way(attempt, "held", problems.other_account(job, attempt))
            return self._over(attempt, answer)
        if attempt.state == states.RUNNING:
            attempt = bench.journal.move(attempt, states.READY, Change(cost=answer.cost, took_s=took_s))
            fault.point("ready.durable")
        await self.slot.aclose()  # another job may run there while this one's clip is fetched
        attempt, warnings = await collect(bench, account, job, attempt, answer.output)
        if attempt.state == states.READY:
            return _Way(attempt, "failed", problems.broken(job, attempt))
        return _Way(attempt, warnings=warnings)

    def _doubt(self, attempt: Attempt, foreign: bool) -> _Way:
        if foreign:
            return _Way(attempt, "held", problems.other_account(self.job, attempt))
        why = attempt.reason or answers.doubt(self.account.client, attempt.answer)
        return _Way(attempt, "held", problems.in_doubt(self.job, attempt, why, self.bench.purse.named))

    def _over(self, attempt: Attempt, answer: Failed) -> _Way:
        """An attempt that its provider gave up, or does not know any more: that one was paid for, if it ever ran."""
        gone = answer.lost and not attempt.free
        change = Change(code=answer.code, reason=answer.message, again=answer.again or (answer.lost and attempt.free))
        if gone or attempt.state == states.READY:
            attempt = self.bench.journal.move(attempt, states.EXPIRED, change)
            if gone:
                return _Way(attempt, "held", problems.gone(self.job, attempt, self.bench.purse.named))
            return _Way(attempt)
        return _Way(self.bench.journal.move(attempt, states.FAILED, change._replace(billed=answer.billed)))

    async def _give_up(self, attempt: Attempt) -> None:
        """On the way out: a job that runs here is stopped; one at a provider goes on, and the next build collects
        it."""
        if not attempt.free or attempt.state != states.RUNNING or attempt.handle is None:
            return
        # What cannot be stopped stays running in the journal, and the next build finds it lost.
        with contextlib.suppress(R2VError, OSError, TimeoutError):
            await asyncio.wait_for(self.account.client.cancel(attempt.handle), CANCEL_WAIT)
            change = Change(reason="the build was interrupted", again=True, billed=False)
            self.bench.journal.move(attempt, states.CANCELLED, change)

    async def _pause(self, made: int, after_s: float) -> None:
        """What the provider asked for holds for the whole account: another job would be refused the same."""
        if after_s:
            self.account.limits.submits.close(after_s)
        pause = LOCAL_PAUSE if self.account.local else PAUSE
        with self.bench.stop.cuttable():
            await asyncio.sleep(max(pause * 2 ** (made - 1), after_s))

    def _closed(self, attempt: Attempt) -> Outcome:
        """The first to be refused for who asks says so; the others are not even sent."""
        return self._bar(problems.account_refused(self.job, attempt))

    def _bar(self, problem: Diagnostic) -> Outcome:
        self.account.closed = f"{self.request.provider} refuses this account"
        self._pass_on(problem.message)
        return self._told("failed", problem)

    def _failed(self, attempt: Attempt) -> Outcome:
        uploads.forget(self.bench.journal, attempt)
        problem = problems.ended(self.job, attempt)
        if _refused(attempt):
            self._pass_on(problem.message)
        return self._told("failed", problem, attempt.again)

    def _pass_on(self, why: str) -> None:
        """Raises PassedOn where another provider may be asked."""
        if not self.last:
            raise PassedOn(why)

    def note(self, text: str) -> None:
        """A word to the user about this job."""
        self.bench.tell("note", self.job.id, text=text)

    def not_begun(self, why: str) -> Outcome:
        """The outcome of a job that nothing was sent for."""
        self._pass_on(why)
        return self._told("skipped", problems.not_begun(self.job, why))

    def _told(self, state: str, problem: Diagnostic, again: bool = False) -> Outcome:
        """An outcome without a clip, and its event."""
        shot, message = self.job.shot, problem.message
        if state == "failed":
            self.bench.tell("failed", self.job.id, code=problem.code, message=message, again=again, shot=shot)
        elif state == "skipped":
            self.bench.tell("note", self.job.id, text=message)
        else:
            self.bench.tell(state, self.job.id, message=message, shot=shot)
        return Outcome(self.job.id, state, None, problem, self.bench.clock.elapsed() - self.began)


def _refused(attempt: Attempt) -> bool:
    """Whether an attempt certainly came to nothing and costs nothing, for a reason that another provider may not have;
    what a filter objects to is for a person to change."""
    over = attempt.state == states.REJECTED or (attempt.state == states.FAILED and attempt.billed is False)
    return over and problems.kind(attempt).id != MODERATION


def _worth_another(attempt: Attempt) -> bool:
    """Only what owes nothing is asked for again by itself; another paid try is the user's to order."""
    return attempt.again and (attempt.free or attempt.state == states.REJECTED)
