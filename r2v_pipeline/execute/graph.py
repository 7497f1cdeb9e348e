"""Which job of a plan may begin when: what it needs has ended, and ended with a result.

Pure bookkeeping over job ids; runner.py does what it says.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from r2v_pipeline.plan.types import Action

_WORKING = ("render", "collect", "fetch")


class Graph:
    """Jobs that wait, and who waits for whom.

    Only a job that is to be made waits for its needs: what is stored or already sent has none any more.  Two jobs with
    one key are one purchase: the later one waits for the first.
    """

    def __init__(self, actions: Collection[Action]) -> None:
        self._waits: dict[str, set[str]] = {action.job.id: set() for action in actions}
        self._dependants: dict[str, list[str]] = {}
        buyers: dict[str, str] = {}
        for action in actions:
            job = action.job
            needs = {need for need in job.needs if need in self._waits} if action.verb == "render" else set()
            if action.verb in _WORKING and (buyer := buyers.setdefault(job.key, job.id)) != job.id:
                needs.add(buyer)
            self._waits[job.id] = needs
            for need in needs:
                self._dependants.setdefault(need, []).append(job.id)

    def free(self) -> list[str]:
        """Jobs that wait for nothing, in the plan's order; each is given out once."""
        ready = [job for job, needs in self._waits.items() if not needs]
        for job in ready:
            del self._waits[job]
        return ready

    def done(self, job_id: str) -> list[str]:
        """A job ended with a result: those that waited for it alone."""
        ready = []
        for dependant in self._dependants.get(job_id, ()):
            needs = self._waits.get(dependant)
            if needs is None:
                continue
            needs.discard(job_id)
            if not needs:
                del self._waits[dependant]
                ready.append(dependant)
        return ready

    def failed(self, job_id: str) -> Mapping[str, str]:
        """A job ended without a result: all that will never begin now, each with the need that it lacks."""
        doomed: dict[str, str] = {}
        reached = [job_id]
        for need in reached:
            for dependant in self._dependants.get(need, ()):
                if dependant in self._waits:
                    del self._waits[dependant]
                    doomed[dependant] = need
                    reached.append(dependant)
        return doomed
