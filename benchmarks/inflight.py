"""Thousands of paid jobs in flight in one process: processor time and memory, and what the journal costs a job.

    python benchmarks/inflight.py [--jobs 2000]

The real build engine with its real journal and store, twice.  `memory`: the provider is the scripted one of the tests,
so that what is measured is the engine.  `HTTP`: it is the fake vendor, in a process of its own, over real connections;
its references are none and its clips are short, so that what is measured beside the engine is the client.  Every job
is submitted before the first is finished, asked about as a provider's jobs are, fetched and stored.  Nobody decodes it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import common

sys.path[:0] = [str(common.ROOT), str(common.ROOT / "tests" / "execute")]

from scripted import PAID, Heard, Scripted, build, plan_of, render_job  # noqa: E402

from r2v_pipeline.canonical import digest  # noqa: E402
from r2v_pipeline.compile.jobs import Job  # noqa: E402
from r2v_pipeline.execute.journal import Journal  # noqa: E402
from r2v_pipeline.execute.session import hold  # noqa: E402
from r2v_pipeline.providers.base import OPAQUE, Client, Failed, Finished, Running, Terms  # noqa: E402

GOALS = {"CPU, ms a job": 10.0, "peak memory, MB": 300.0, "durable writes, ms a job": 10.0}
FAKE = "fake-opaque"


class Crowded(Scripted):
    """Finishes nothing before it has everything, and then after `runs_s` seconds."""

    def __init__(self, jobs: int, runs_s: float = 3.0) -> None:
        super().__init__(terms=Terms(OPAQUE, "account", poll_every_s=0.2, usual_s=runs_s))
        self.expected, self.runs_s, self.done_at = jobs, runs_s, float("inf")

    async def poll(self, handle: Mapping[str, Any]) -> Running | Finished | Failed:
        if len(self.bill) == self.expected and self.done_at == float("inf"):
            self.done_at = time.monotonic() + self.runs_s
        return await super().poll(handle) if time.monotonic() > self.done_at else Running(0.5)


class Counted:
    """Polls and journal transactions, and how many jobs were at the provider at once."""

    def __init__(self, client: Client) -> None:
        self.polls = self.under_way = self.most = self.commits = 0
        self.writing_s = 0.0
        self._poll, self._read = client.poll, client.read
        client.poll, client.read = self.poll, self.read  # type: ignore[method-assign]

    async def poll(self, handle: Mapping[str, Any]) -> Running | Finished | Failed:
        self.polls += 1
        said = await self._poll(handle)
        self.under_way -= not isinstance(said, Running)
        return said

    def read(self, answer: Any, model: str = "") -> Any:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        return self._read(answer, model)

    @contextmanager
    def transactions(self) -> Iterator[None]:
        """Times every transaction, from its beginning to its being on the disk."""
        original, counted = Journal.transaction, self

        @contextmanager
        def transaction(journal: Journal) -> Iterator[Any]:
            began = time.perf_counter()
            with original(journal) as db:
                yield db
            counted.writing_s += time.perf_counter() - began
            counted.commits += 1

        Journal.transaction = transaction  # type: ignore[method-assign]
        try:
            yield
        finally:
            Journal.transaction = original  # type: ignore[method-assign]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=Path(__file__).name)
    parser.add_argument("--jobs", type=int, default=2000)
    parser.add_argument("--case", choices=CASES, help="only this one, as JSON: memory is measured by the process")
    words = parser.parse_args()
    if words.case:
        print(json.dumps(CASES[words.case](words.jobs)))
        return
    found = {}
    for case in CASES:
        command = [sys.executable, __file__, "--jobs", str(words.jobs), "--case", case]
        found[case] = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    print(f"{words.jobs} jobs in flight at once. {common.machine()}.\n")
    rows = [[name, *(f"{found[case][name]:.1f}" for case in CASES), _goal(name, found)] for name in found["HTTP"]]
    print(common.table(["", *CASES, "goal"], rows))


def _goal(name: str, found: Mapping[str, Mapping[str, float]]) -> str:
    if name not in GOALS:
        return ""
    missed = any(found[case][name] > GOALS[name] for case in CASES)
    return f"{GOALS[name]:.0f}{': **missed**' if missed else ''}"


def in_memory(jobs: int) -> dict[str, float]:
    """Against the provider of the tests."""
    return measured(Crowded(jobs), [render_job(f"s{number:05}", provider="scripted") for number in range(jobs)])


def over_http(jobs: int) -> dict[str, float]:
    """Against the fake vendor, whose jobs run until all should be submitted and a little longer."""
    from r2v_pipeline.providers.fake import client

    runs_s = 10 + jobs * 0.02
    with vendor(runs_s) as environment:
        os.environ.update(environment, R2V_FAKE_OPTIONS=f"poll_every_s=1,usual_s={runs_s}")
        return measured(client.make(OPAQUE), [_fake_job(f"s{number:05}") for number in range(jobs)])


def measured(client: Client, jobs: list[Job]) -> dict[str, float]:
    """One build of all jobs."""
    counted, plan = Counted(client), plan_of(*jobs, cost=PAID)
    with tempfile.TemporaryDirectory(prefix="r2v-") as folder:
        (Path(folder) / ".git").mkdir()
        before, began, spent = _megabytes(), time.monotonic(), time.process_time()
        with hold(Path(folder)) as session, counted.transactions():
            run = build(session, plan, client, heard=Heard(), jobs=len(jobs), check=lambda _: None)  # type: ignore[arg-type]
        spent, took = time.process_time() - spent, time.monotonic() - began
    stored = sum(outcome.state == "stored" for outcome in run.outcomes)
    if (stored, counted.most) != (len(jobs), len(jobs)):
        raise SystemExit(f"{stored} of {len(jobs)} stored, {counted.most} in flight at most")
    return {
        "CPU, ms a job": spent / len(jobs) * 1000,
        "peak memory, MB": _megabytes(),
        "memory before the first job, MB": before,
        "durable writes, ms a job": counted.writing_s / len(jobs) * 1000,
        "commits a job": counted.commits / len(jobs),
        "polls a job": counted.polls / len(jobs),
        "seconds in all": took,
    }


@contextmanager
def vendor(runs_s: float) -> Iterator[dict[str, str]]:
    """The fake vendor as a process; the variables by which its client finds it."""
    with tempfile.TemporaryDirectory(prefix="r2v-") as folder:
        command = [sys.executable, "-m", "r2v_pipeline.providers.fake.server", "--state", folder]
        command += ["--render-s", str(runs_s), "--credit-micros", str(10**12)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=common.ROOT)
        try:
            assert process.stdout is not None  # it was asked for
            about = json.loads(process.stdout.readline())
            yield {"R2V_FAKE_URL": about["url"], "R2V_FAKE_KEY": about["key"]}
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)


def _fake_job(shot: str) -> Job:
    """A job of one second, as the fake vendor's dialect writes it."""
    job = render_job(shot, provider=FAKE)
    assert job.request is not None  # it is a render job
    body = {"label": shot, "prompt": f"a {shot}", "seconds": 1, "width": 256, "height": 144, "audio": False}
    request = job.request._replace(body={**body, "take": 1, "references": [], "first_frame": None})
    return job._replace(key=digest([FAKE, request.body]), request=request)


def _megabytes() -> float:
    """The most memory that this process had; Linux counts in KiB, macOS in bytes."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1 << 20) if sys.platform == "darwin" else most / 1024


CASES = {"memory": in_memory, "HTTP": over_http}


if __name__ == "__main__":
    main()
