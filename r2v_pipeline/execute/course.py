"""The course of one build: which job begins when, what its end means for the others, and the account of it all.

One task per job at work (none for jobs that wait, but for those that wait for their turn at a provider).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter, deque
from collections.abc import Coroutine
from math import inf
from typing import Any

from r2v_pipeline.compile.jobs import Job
from r2v_pipeline.diagnostics import Diagnostic
from r2v_pipeline.errors import DiskTrouble, EnvironmentTrouble, R2VError, StateTrouble
from r2v_pipeline.execute import disk, fallback, problems, results
from r2v_pipeline.execute.bench import Bench, Outcome, Run
from r2v_pipeline.execute.graph import Graph
from r2v_pipeline.execute.inputs import Inputs, Refusal
from r2v_pipeline.execute.interrupts import Stopped
from r2v_pipeline.execute.local import drop_orphans, join_parts, take_frame
from r2v_pipeline.execute.records import Attempt, Blob
from r2v_pipeline.execute.strays import strays, take_in
from r2v_pipeline.plan.types import Action, Plan


class Course:
    """The moving parts of one run."""

    def __init__(self, plan: Plan, bench: Bench, jobs: int, fail_fast: bool) -> None:
        self._plan, self._bench, self._cap, self._fail_fast = plan, bench, jobs, fail_fast
        self._actions = {a.job.id: a for a in plan.actions if a.job.kind != "join"}
        self._graph = Graph(self._actions.values())
        self._stored = results.stored(bench.journal)
        self._open = bench.journal.open_attempts()
        self._gone = bench.journal.gone()
        self._results: dict[str, Blob] = {}
        self._inputs = Inputs(bench.journal, bench.blobs, bench.root, bench.stop, self._result)
        self._outcomes: dict[str, Outcome] = {}
        self._lanes: dict[str, deque[Action]] = {}
        self._busy: Counter[str] = Counter()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._ended: asyncio.Queue[str] = asyncio.Queue()
        self._trouble: R2VError | None = None
        self._bug: Exception | None = None
        # Why nothing more is begun; empty while jobs are.
        self._no_more = ""

    async def run(self) -> Run:
        wanted = {action.job.key for action in self._actions.values()}
        drop_orphans(self._bench.journal, self._open.values(), wanted)
        beside = [asyncio.create_task(self._beside(a)) for a in strays(self._bench, self._open.values(), wanted)]
        self._offer(self._graph.free())
        self._start()
        while self._tasks:
            job_id = await self._ended.get()
            del self._tasks[job_id]
            self._busy[_lane(self._actions[job_id])] -= 1
            self._offer(self._consequences(self._outcomes[job_id]))
            self._start()
        await asyncio.gather(*beside)
        self._close()
        if error := self._trouble or self._bug:
            raise error
        return Run(tuple(self._outcomes[job] for job in self._actions), self._bench.stop.signalled)

    def _offer(self, job_ids: list[str]) -> None:
        """Jobs whose needs are there: what takes no work ends at once, what does goes into its lane."""
        waiting = deque(job_ids)
        while waiting:
            action = self._actions[waiting.popleft()]
            try:
                outcome = self._at_once(action)
            except R2VError as error:
                outcome = self._failure(action.job, self._told(action.job, error), 0.0, again=True)
            if outcome is None:
                self._lanes.setdefault(_lane(action), deque()).append(action)
            else:
                self._outcomes[action.job.id] = outcome
                waiting.extend(self._consequences(outcome))

    def _at_once(self, action: Action) -> Outcome | None:
        """The outcome of a job that needs no work; None for the others."""
        job, bench = action.job, self._bench
        # Whatever the plan says: what is in the store is not bought again.
        if blob := self._result(job.key):
            if action.verb != "skip":
                bench.tell("reused", job.id, blob=blob.digest, shot=job.shot)
            return Outcome(job.id, "skipped" if action.verb == "skip" else "reused", blob.digest, None, 0.0)
        if action.verb == "skip":
            return Outcome(job.id, "skipped", None, None, 0.0)
        if job.key in self._gone:
            return self._held(problems.gone(job, self._gone[job.key], bench.purse.named), job)
        # What is in doubt is looked at anew in every build: that costs nothing, and may settle it.
        if action.verb == "hold" and job.key not in self._open:
            return self._held(problems.held(job, action.reason.text), job)
        # The plan said that this costs nothing; making it again might.  That is for another plan to say.
        return self._damaged(job) if action.verb == "reuse" else None

    def _held(self, problem: Diagnostic, job: Job) -> Outcome:
        self._bench.tell("held", job.id, message=problem.message, shot=job.shot)
        return Outcome(job.id, "held", None, problem, 0.0)

    def _result(self, key: str) -> Blob | None:
        """A finished result, of this build or an earlier one, whole as far as its stat tells."""
        if key not in self._results:
            whole = (blob for blob in self._stored.get(key, ()) if self._bench.blobs.intact(blob, mend=True))
            if (blob := next(whole, None)) is None:
                return None
            self._results[key] = blob
        return self._results[key]

    def _damaged(self, job: Job) -> Outcome:
        moved = [self._bench.blobs.quarantine(blob.digest) for blob in self._stored.get(job.key, ())]
        cost = results.bought(self._bench.journal, job.key)
        problem = problems.damaged_result(job, job.id, ", ".join(str(path) for path in moved if path), cost)
        return self._failure(job, problem, 0.0, again=True)

    def _consequences(self, outcome: Outcome) -> list[str]:
        """Who may begin now that a job has ended; those that never will get their outcome."""
        if outcome.blob:
            return self._graph.done(outcome.job_id)
        if self._bench.stop.asked:
            return []
        if outcome.state == "failed" and self._fail_fast:
            self._no_more = f"the build stops at the first failure, and '{outcome.job_id}' failed"
        for doomed, need in self._graph.failed(outcome.job_id).items():
            why = _WHY_NOT.get(self._outcomes[need].state, "failed")
            problem = problems.needs_missing(self._actions[doomed].job, need, why)
            self._outcomes[doomed] = Outcome(doomed, "skipped", None, problem, 0.0)
            self._bench.tell("note", doomed, text=problem.message)
        return []

    def _start(self) -> None:
        for lane, actions in self._lanes.items():
            while actions and self._busy[lane] < self._most(lane) and not (self._no_more or self._bench.stop.asked):
                action = actions.popleft()
                self._busy[lane] += 1
                self._tasks[action.job.id] = asyncio.create_task(self._work(action))

    def _most(self, lane: str) -> float:
        """How many jobs of a lane may be at work; a provider's own limit counts only what runs there (render.py)."""
        account = self._bench.accounts.get(lane)
        return self._cap if account is None or account.local else inf

    async def _work(self, action: Action) -> None:
        """One job to its outcome.  Whatever goes wrong in it, the others go on."""
        job, began = action.job, self._bench.clock.elapsed()
        try:
            outcome = await self._life(action)
            if outcome.blob and (blob := self._bench.blobs.found(outcome.blob)):
                self._results[job.key] = blob
        except Stopped:
            outcome = Outcome(job.id, "interrupted", None, None, self._bench.clock.elapsed() - began)
        except Refusal as refusal:
            outcome = self._failure(job, refusal.problem, began)
        except (R2VError, OSError) as error:
            outcome = self._failure(job, self._told(job, error), began, again=True)
        except Exception as bug:  # a defect must not cost the clips of other jobs: it is raised when they are safe
            self._bug = self._bug or bug
            outcome = self._failure(job, problems.trouble(job, f"a defect of r2v: {bug!r}"), began)
        self._outcomes[job.id] = outcome
        self._ended.put_nowait(job.id)

    async def _beside(self, attempt: Attempt) -> None:
        """A clip that no shot asks for any more."""
        try:
            await take_in(self._bench, attempt)
        except (R2VError, OSError) as error:
            self._noted(error)
        except Exception as bug:  # as in _work
            self._bug = self._bug or bug

    def _life(self, action: Action) -> Coroutine[Any, Any, Outcome]:
        job = action.job
        if job.request is None:
            clips = [self._result(self._actions[need].job.key) for need in job.needs]
            if job.kind == "splice":
                return join_parts(self._bench, job, clips)
            return take_frame(self._bench, job, clips[0])
        return fallback.made(self._bench, action, self._inputs, self._open.get(job.key))

    def _told(self, job: Job, error: R2VError | OSError) -> Diagnostic:
        """Trouble met by one job."""
        return problems.trouble(job, self._noted(error).message)

    def _noted(self, error: R2VError | OSError) -> R2VError:
        """Trouble in our words.  Where the next job would meet it too, the build ends."""
        if isinstance(error, OSError):
            name = error.filename or "a temporary file"
            told: R2VError = disk.trouble(error, name) if disk.is_disk(error) else EnvironmentTrouble(str(error))
        else:
            told = error
        if isinstance(told, (DiskTrouble, StateTrouble)):
            self._trouble = self._trouble or told
            self._bench.stop.ask()
        return told

    def _failure(self, job: Job, problem: Diagnostic, began: float, again: bool = False) -> Outcome:
        self._bench.tell("failed", job.id, code=problem.code, message=problem.message, again=again, shot=job.shot)
        return Outcome(job.id, "failed", None, problem, self._bench.clock.elapsed() - began if began else 0.0)

    def _close(self) -> None:
        """An outcome for what was never begun, the record of what this build used, the word to the user."""
        cut = [job for job, outcome in self._outcomes.items() if outcome.state == "interrupted"]
        for job_id, action in self._actions.items():
            if job_id not in self._outcomes:
                problem = problems.not_begun(action.job, self._no_more) if self._no_more else None
                state = "interrupted" if self._bench.stop.asked else "skipped"
                self._outcomes[job_id] = Outcome(job_id, state, None, problem, 0.0)
        if self._bench.stop.signalled:
            self._bench.tell("interrupted", "", running=cut, going=self._going_on())
        made = [action.job for job, action in self._actions.items() if self._outcomes[job].blob]
        known = {job.id for job in self._plan.compilation.jobs}
        # After trouble with the disk or the journal, this record is not worth a second trouble.
        with contextlib.suppress(*((R2VError,) if self._trouble else ())):
            results.use(self._bench.journal, self._plan.output, made, known)

    def _going_on(self) -> dict[str, str]:
        """Who is at work, or done, for jobs that a provider has accepted and the next build collects."""
        keys = {action.job.key for action in self._actions.values()}
        found: dict[str, str] = {}
        with contextlib.suppress(R2VError):  # nobody can tell then, and nothing hangs on it
            for attempt in self._bench.journal.open_attempts().values():
                if attempt.job_key in keys and attempt.handle and not attempt.free:
                    found[attempt.job] = attempt.provider
        return found


_WHY_NOT = {
    "held": "is held",
    "skipped": "was skipped",
    "declined": "was not bought",
    "detached": "is not finished",
}


def _lane(action: Action) -> str:
    """Jobs of one lane share a cap: one for each desk, one for work on this machine."""
    return action.job.request.desk if action.job.request else ""
