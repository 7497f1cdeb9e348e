"""A build in a process of its own, killed at the n-th fault point: `build_once.py PROJECT BILL N WAY [LOSES]`.

N = 0: at none.  WAY is a class of providers (scripted.py), or `free`; LOSES what its network loses (`Billed`).  Two
shots, the second beginning with the last picture of the first and split in two, published; the provider's bill is a
synced file.  Prints the points that were passed, in the same order every time, then `done`.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scripted import (
    DEARLY,
    FREELY,
    LISTED,
    OUTPUT,
    PAID,
    REPLAYED,
    Billed,
    build,
    frame_job,
    from_job,
    plan_of,
    render_job,
    split_job,
    states,
)

from r2v_pipeline.execute import collect, fault, recovery, render, waiting
from r2v_pipeline.execute.budget import Budget, Cap
from r2v_pipeline.execute.outputs import Outputs
from r2v_pipeline.execute.session import hold

WAYS = {"free": FREELY, "opaque": DEARLY, "idempotent": REPLAYED, "findable": LISTED}


def main(project: Path, bill: Path, at: int, way: str, loses: str = "") -> None:
    passed = 0

    def here(name: str) -> None:
        nonlocal passed
        passed += 1
        print(name, flush=True)
        if passed == at:
            os.kill(os.getpid(), signal.SIGKILL)

    async def at_once(work: Callable[..., Any], *args: Any) -> Any:
        """Of two threads nobody knows which is the faster."""
        return work(*args)

    asyncio.to_thread = at_once  # type: ignore[assignment]
    for module, name in ((render, "PAUSE"), (recovery, "PAUSE_S"), (collect, "PAUSE_S"), (waiting, "UNKNOWN_FOR_S")):
        setattr(module, name, 0.0)
    fault.watch(here)
    first = render_job("s1", provider="vendor")
    frame = frame_job(first)
    jobs = [first, frame, *split_job("s2", 2000, 1500, provider="vendor", references=(from_job(frame),))]
    cost = {} if way == "free" else {"cost": PAID}
    budget = Budget((Cap("month", 3 * PAID.high_micros, "USD"),))
    with hold(project) as session:
        client = Billed(bill, WAYS[way]._replace(running=1), loses)
        run = build(session, plan_of(*jobs, **cost), client, jobs=1, budget=budget)
        outputs = Outputs(project, OUTPUT, session.journal, session.blobs, print)
        for outcome, job in zip(run.outcomes, jobs, strict=True):
            if outcome.blob and job.kind != "frame":
                outputs.publish(f"clips/{job.id}.mp4", outcome.blob, job.key)
    print("done", *(f"{job}={state}" for job, state in states(run).items()), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:])
