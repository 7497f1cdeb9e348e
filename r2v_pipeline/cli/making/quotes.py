"""What providers themselves say a plan will cost, asked just before the person who pays is.

A quote replaces the catalog's price.  A provider that cannot be asked now, or does not tell, leaves the catalog's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from r2v_pipeline.errors import NetworkTrouble
from r2v_pipeline.plan.amounts import may_cost
from r2v_pipeline.plan.planner import repriced
from r2v_pipeline.plan.types import Plan
from r2v_pipeline.providers import registry
from r2v_pipeline.providers.base import Client, Cost, RenderRequest
from r2v_pipeline.providers.http.place import Where

# Seconds for all quotes together, and questions at once to one provider.
PATIENCE_S, AT_ONCE = 20.0, 8


def quoted(made: Plan, where: Where = Where()) -> Plan:  # noqa: B008 - a value
    """The plan with live prices for what it would buy, from services at `where`.

    Raises:
        R2VError: a provider cannot be used at all, for want of a key for example; nothing was sent.
    """
    asked = {
        action.job.id: action.job.request
        for action in made.actions
        if action.verb == "render" and action.job.request and may_cost(action.cost) and not action.job.ways
    }
    if not asked:
        return made
    desks = sorted({request.desk for request in asked.values()})
    at = {desk: registry.client(desk, workers=1, where=where) for desk in desks}
    return repriced(made, asyncio.run(_quotes(at, asked)))


async def _quotes(at: Mapping[str, Client], asked: Mapping[str, RenderRequest]) -> dict[str, Cost]:
    gates = {name: asyncio.Semaphore(AT_ONCE) for name in at}
    found: dict[str, Cost] = {}

    async def ask(job_id: str, request: RenderRequest) -> None:
        async with gates[request.desk]:
            try:
                cost = await at[request.desk].quote(request)
            except (NetworkTrouble, OSError):
                return
        # A service that says "free" of what its price list charges for is not believed.
        if cost and cost.known and cost.high_micros:
            found[job_id] = cost

    try:
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.gather(*(ask(job_id, request) for job_id, request in asked.items()))
    except TimeoutError:
        pass  # the others keep the catalog's price
    finally:
        for client in at.values():
            await client.close()
    return found
