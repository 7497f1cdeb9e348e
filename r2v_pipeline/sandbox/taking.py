"""From a request that is understood to the job that is owed for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from r2v_pipeline.canonical import digest_bytes
from r2v_pipeline.providers.catalog.types import Entry
from r2v_pipeline.sandbox.drawing import order_of
from r2v_pipeline.sandbox.jobs import Job
from r2v_pipeline.sandbox.routes import Call, House
from r2v_pipeline.sandbox.schema import Fault, faults
from r2v_pipeline.sandbox.wanted import Bill, Wanted, bill, cut


def job_of(
    house: House, call: Call, entry: Entry, body: Mapping[str, Any], wanted: Wanted | None, *, id: str, service: str,
    fail: tuple[str, str] | None = None, lanes: int = 0, region: str = "", request_id: str = "", token: str = "",
) -> Job:  # fmt: skip
    """The job of one submit; `wanted` None: a body that nobody understands, which is accepted all the same and fails.

    What a fault orders goes before what the service found.  The digest tells two requests apart as a client means them:
    by account, model and bytes.
    """
    cost = bill(wanted) if wanted else Bill(0, 0, 0, "", False)
    lane = f"{service} {call.account} {entry.id if service == 'dashscope' else ''}"
    return Job(
        id=id, service=service, account=call.account, region=region, model=entry.id, at=house.clock.now(),
        request_id=request_id, digest=digest_bytes(entry.id.encode() + b"\0" + call.request.body), body=body,
        order=order_of(wanted) if wanted else {}, input_ms=cost.input_ms, billed_ms=cost.ms, micros=cost.micros,
        currency=cost.currency, guessed=cost.guessed, token=token, fail=call.deed.fail or fail, lane=lane, lanes=lanes,
        hold=call.deed.hold, notes=cut(wanted) if wanted else (),
    )  # fmt: skip


def accept(house: House, call: Call, job: Job) -> Job:
    """Take a job on; gives the one whose id is told, which a fault may make another's."""
    house.jobs.accept(job)
    if not call.deed.same_id:
        return job
    return next(other for other in house.jobs.known.values() if other.service == job.service)


def wrong_fields(house: House, schema: Mapping[str, Any], body: Any) -> list[Fault]:
    """What a schema finds wrong; unknown fields only where the settings say so."""
    found = faults(schema, body)
    if house.settings.unknown == "ignore":
        return [fault for fault in found if fault.rule != "additionalProperties"]
    return found
