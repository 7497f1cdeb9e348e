"""What the fake vendor has accepted and billed: a line a decision, on the disk before anybody hears of it.

Tests count here, never in the client, so this must be right whenever the process is killed.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, NamedTuple


class Job(NamedTuple):
    """An accepted submit.  `at` and `cancelled_at` are seconds since the epoch; `end` is how it will end where that is
    not the usual clip: a code of failure."""

    id: str
    mode: str
    account: str
    token: str
    digest: str
    at: float
    micros: int
    body: dict[str, Any]
    end: str = ""
    cancelled_at: float | None = None

    @property
    def billed(self) -> int:
        """Millionths of a dollar that are owed for it: failures and cancelled jobs are free."""
        return 0 if self.end or self.cancelled_at is not None else self.micros


class Bill:
    """All jobs, in the order in which they were accepted."""

    def __init__(self, file: Path) -> None:
        self.jobs: dict[str, Job] = {}
        self._by_token: dict[tuple[str, str, str], str] = {}
        old = file.read_bytes() if file.exists() else b""
        for line in old.splitlines():
            self._read(line)
        self._file = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        if old and not old.endswith(b"\n"):
            os.write(self._file, b"\n")  # a line that was torn by a kill was told to nobody
        self._sync_folder(file.parent)

    def _read(self, line: bytes) -> None:
        try:
            data = json.loads(line)
        except ValueError:
            return
        if data["do"] == "accept":
            self._add(Job(**data["job"]))
        else:
            self.jobs[data["id"]] = self.jobs[data["id"]]._replace(cancelled_at=data["at"])

    def accept(self, job: Job) -> None:
        """Take a job on; it is owed from here on."""
        self._write({"do": "accept", "job": job._asdict()})
        self._add(job)

    def cancel(self, id: str, at: float) -> None:
        """Take a job off the bill."""
        self._write({"do": "cancel", "id": id, "at": at})
        self.jobs[id] = self.jobs[id]._replace(cancelled_at=at)

    def of_token(self, mode: str, account: str, token: str) -> Job | None:
        """The last job that was accepted with a token."""
        id = self._by_token.get((mode, account, token))
        return self.jobs[id] if id else None

    def ledger(self) -> dict[str, Any]:
        """Everything, for whoever checks: each job, and what all of them cost."""
        jobs = [{**job._asdict(), "billed_micros": job.billed} for job in self.jobs.values()]
        return {"jobs": jobs, "billed_micros": sum(job.billed for job in self.jobs.values())}

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)

    def _add(self, job: Job) -> None:
        self.jobs[job.id] = job
        self._by_token[job.mode, job.account, job.token] = job.id

    def _write(self, data: dict[str, Any]) -> None:
        os.write(self._file, json.dumps(data).encode() + b"\n")
        os.fsync(self._file)

    @staticmethod
    def _sync_folder(folder: Path) -> None:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
