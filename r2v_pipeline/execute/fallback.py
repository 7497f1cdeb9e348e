"""Who is asked for a job, one provider after the other: the next one only when the one before has certainly refused.

A submit in doubt, a job that may be billed, a clip that is on its way: none of these is a refusal, so no job is ever at
two providers.  What the service's filter objects to is not taken elsewhere either; that is for a person to change.
"""

from __future__ import annotations

from r2v_pipeline.compile.jobs import Way
from r2v_pipeline.execute import problems
from r2v_pipeline.execute.bench import Bench, Outcome
from r2v_pipeline.execute.inputs import Inputs
from r2v_pipeline.execute.records import Attempt
from r2v_pipeline.execute.render import PassedOn, render
from r2v_pipeline.plan.types import Action


async def made(bench: Bench, action: Action, inputs: Inputs, found: Attempt | None) -> Outcome:
    """Bring a job to its end, at whichever provider takes it.  `found` is the open attempt of an earlier build.

    Raises: as render.render.
    """
    job = action.job
    ways = list(job.ways) or [Way(request, action.cost) for request in job.requests]
    if found:  # what was asked of a provider is answered by that one, and what follows it is asked after it
        at = [n for n, way in enumerate(ways) if way.request.provider == found.provider]
        if not at and bench.account_of(found) is None:
            problem = problems.other_account(job, found)
            bench.tell("held", job.id, message=problem.message, shot=job.shot)
            return Outcome(job.id, "held", None, problem, 0.0)
        ways = ways[at[0] :] if at else ways
    while True:
        way = ways.pop(0)
        one = action._replace(job=job._replace(request=way.request), cost=way.cost)
        try:
            return await render(bench, one, way.request, inputs, found, last=not ways)
        except PassedOn as passed:
            then = ways[0].request.provider
            bench.tell("note", job.id, text=f"{passed.why}; {then} is asked")
            found = None
