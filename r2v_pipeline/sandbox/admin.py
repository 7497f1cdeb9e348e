"""What is no vendor's: the ledger, the clock, faults, and the services' OpenAPI documents, below `/__sandbox__/`."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from r2v_pipeline.providers.fake.orders import Orders
from r2v_pipeline.sandbox.clock import Clock, iso
from r2v_pipeline.sandbox.faults import Fault
from r2v_pipeline.sandbox.jobs import Job, Jobs
from r2v_pipeline.sandbox.wire import Reply, Request, json_of, told

PREFIX = "/__sandbox__/"


class Admin:
    """Answers whoever runs the sandbox; a page in a browser is refused."""

    def __init__(
        self,
        state: str,
        clock: Clock,
        jobs: Jobs,
        faults: Orders[Fault],
        asked: dict[str, int],
        openapi: Callable[[str], Any],
    ) -> None:
        self._state = state
        self._clock, self._jobs, self._faults, self._asked, self._openapi = clock, jobs, faults, asked, openapi

    def answer(self, request: Request) -> Reply:
        """Does what is asked."""
        if "origin" in request.headers or request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return _refused(403, "pages in a browser have no business here")
        what = request.path.removeprefix(PREFIX)
        try:
            if what == "about":
                return told({"state": self._state})
            if what == "ledger":
                return told(self.ledger())
            if what == "clock":
                return self._time(request)
            if what == "faults":
                return self._order(request)
        except (ValueError, TypeError, KeyError) as error:
            return _refused(400, str(error))
        if what.startswith("openapi/") and what.endswith(".json"):
            made = self._openapi(what.removeprefix("openapi/").removesuffix(".json"))
            return told(made) if made else _refused(404, "there is no such service")
        return _refused(404, "there are about, ledger, clock, faults and openapi/SERVICE.json")

    def ledger(self) -> dict[str, Any]:
        """Every job, and what a vendor would have billed for it."""
        same = self._jobs.same_bodies()
        rows = [self._row(job, same[job.account, job.digest]) for job in self._jobs.known.values()]
        totals: dict[str, float] = {}
        for row in rows:
            if row["currency"]:
                totals[row["currency"]] = float(
                    Decimal(str(totals.get(row["currency"], 0))) + Decimal(str(row["cost"]))
                )
        return {"jobs": rows, "totals": totals, "requests": dict(self._asked)}

    def _row(self, job: Job, same: int) -> dict[str, Any]:
        owed = job.owed
        return {
            "service": job.service, "model": job.model, "accepted_at": iso(job.at),
            "billed_seconds": _number(job.billed_ms / 1000 if owed else 0),
            "cost": _number(job.micros / 1_000_000 if owed else 0), "submits": job.submits, "currency": job.currency,
            "id": job.id, "region": job.region, "state": self._jobs.state(job, float("inf")), "account": job.account,
            "token": job.token, "digest": job.digest, "same_body": same, "guessed": job.guessed,
            "notes": list(job.notes), "body": job.body,
        }  # fmt: skip

    def _time(self, request: Request) -> Reply:
        if request.method == "POST":
            asked = json_of(request.body)
            if not isinstance(asked, dict):
                raise ValueError('write {"forward_s": 3600} or {"speed": 10}')
            if "speed" in asked:
                speed = float(asked["speed"])
                if not 0 < speed <= 1e6:
                    raise ValueError("speed is a number above 0")
                self._clock.run_at(speed)
            forward = float(asked.get("forward_s", 0))
            if not 0 <= forward < 1e9:
                raise ValueError("forward_s is a number of seconds, and time does not go back")
            self._clock.forward(forward)
        now = self._clock.now()
        return told({"now": iso(now), "unix": now, "speed": self._clock.speed})

    def _order(self, request: Request) -> Reply:
        if request.method == "DELETE":
            self._faults.clear()
        elif request.method == "POST":
            self._faults.add(json_of(request.body))
        return told({"open": self._faults.open()})


def _number(value: float) -> int | float:
    return int(value) if value == int(value) else round(value, 6)


def _refused(status: int, message: str) -> Reply:
    return told({"error": {"code": "sandbox", "message": message}}, status)
