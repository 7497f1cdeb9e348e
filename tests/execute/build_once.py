"""A build in a process of its own, killed at the n-th fault point: `build_once.py PROJECT BILL N` (N = 0: at none).

Two shots, the second beginning with the last picture of the first and split in two, published; the provider's bill is
a synced file.  Prints the points that were passed, in the same order every time, then `done`.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from scripted import OUTPUT, PAID, Billed, build, frame_job, from_job, plan_of, render_job, split_job, states

from r2v_pipeline.execute import fault
from r2v_pipeline.execute.outputs import Outputs
from r2v_pipeline.execute.session import hold


def main(project: Path, bill: Path, at: int, cost_is_known: bool = True) -> None:
    passed = 0

    def here(name: str) -> None:
        nonlocal passed
        passed += 1
        print(name, flush=True)
        if passed == at:
            os.kill(os.getpid(), signal.SIGKILL)

    fault.watch(here)
    first = render_job("s1", provider="vendor")
    frame = frame_job(first)
    jobs = [first, frame, *split_job("s2", 2000, 1500, provider="vendor", references=(from_job(frame),))]
    cost = {"cost": PAID} if cost_is_known else {}
    with hold(project) as session:
        run = build(session, plan_of(*jobs, **cost), Billed(bill), jobs=1)
        outputs = Outputs(project, OUTPUT, session.journal, session.blobs, print)
        for outcome, job in zip(run.outcomes, jobs, strict=True):
            if outcome.blob and job.kind != "frame":
                outputs.publish(f"clips/{job.id}.mp4", outcome.blob, job.key)
    print("done", *(f"{job}={state}" for job, state in states(run).items()), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "paid")
