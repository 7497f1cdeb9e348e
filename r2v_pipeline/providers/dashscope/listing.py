"""Looking for a submit whose answer was lost, among the tasks that the account has.

A listing says when a task was made and of which model, and not what was asked; that a task tells when it has succeeded.
So a lost submit is found once it is done, by its prompt, and until then nobody knows.
Source: Alibaba Cloud Model Studio, asynchronous task management.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

from r2v_pipeline.errors import NetworkTrouble
from r2v_pipeline.providers.client import Found, Sought
from r2v_pipeline.providers.dashscope import tasks
from r2v_pipeline.providers.http.channel import Channel
from r2v_pipeline.providers.http.reading import epoch, parsed, safe_id

# Rows a page: more than the default of 10, in the hope of fewer pages; what comes is what counts.
PAGE = 50
# A listing longer than this is not read to its end.
PAGES = 100
# Seconds that are spent on waiting for tasks that may be the one.
PATIENCE_S = 240.0
# The zone of times in a query is not documented; the times in tasks are of UTC+8.  A window that is eight hours longer
# holds the submit by either reading, and rows are chosen by their own time, which has no zone.
_ZONE_S = 8 * 3600


class _Listed(NamedTuple):
    """Ids in the window, whether the listing was read to its end, and the service's clock."""

    ids: tuple[str, ...]
    complete: bool
    now: float | None


async def find(channel: Channel, sought: Sought, every_s: float, claimed: frozenset[str]) -> Found:
    """Tasks of the same model, made at the time, with exactly what was asked, whose ids nobody has claimed.

    The handles are only ids here (`{"task": id}`).

    Raises:
        NetworkTrouble: a task that may be it is not done yet.
    """
    body = parsed(sought.body.decode())
    listed = await _listed(channel, str(body["model"]), sought)
    waiting, matches = [id for id in listed.ids if id not in claimed], []
    until = asyncio.get_running_loop().time() + PATIENCE_S
    while waiting:
        told = {id: (await channel.ask("GET", f"tasks/{id}")).data for id in waiting}
        matches += [id for id, data in told.items() if tasks.same_job(body, data)]
        waiting = [id for id, data in told.items() if tasks.output_of(data).get("task_status") not in tasks.ENDED]
        if not waiting:
            break
        if asyncio.get_running_loop().time() + every_s > until:
            what = (
                "tasks that may be it still run there" if len(waiting) > 1 else "a task that may be it still runs there"
            )
            raise NetworkTrouble(f"{what}: build again when it is done")
        await asyncio.sleep(every_s)
    return Found(tuple({"task": id} for id in matches), listed.complete, listed.now)


async def _listed(channel: Channel, model: str, sought: Sought) -> _Listed:
    window = {"start_time": _spelled(sought.since), "end_time": _spelled(sought.until + _ZONE_S)}
    ids: list[str] = []
    now = None
    for page in range(1, PAGES + 1):
        query = urlencode({**window, "model_name": model, "page_no": page, "page_size": PAGE})
        told = await channel.ask("GET", f"tasks/?{query}")
        now = epoch(told.headers.get("date", ""))
        data: Mapping[str, Any] = told.data if isinstance(told.data, dict) else {}
        rows = data.get("data")
        if told.status != 200 or not isinstance(rows, list):
            return _Listed((), False, now)
        for row in rows:
            made = row.get("gmt_create") if isinstance(row, dict) else None
            id = safe_id(row.get("task_id")) if isinstance(row, dict) else ""
            if not id or not isinstance(made, int | float):
                return _Listed((), False, now)  # it might be the one
            if row.get("model_name") in (None, model) and sought.since <= made / 1000 <= sought.until:
                ids.append(id)
        if not rows or _last(data, page, len(rows)):
            return _Listed(tuple(dict.fromkeys(ids)), True, now)
    return _Listed((), False, now)


def _last(data: Mapping[str, Any], page: int, rows: int) -> bool:
    """Whether this is the last page; where the service does not say how many there are, an empty one is."""
    pages, total, size = data.get("total_page"), data.get("total"), data.get("page_size")
    if isinstance(pages, int):
        return page >= pages
    return isinstance(total, int) and page * (size if isinstance(size, int) and size > 0 else rows) >= total


def _spelled(moment: float) -> str:
    """Seconds since the epoch as the query wants them, by the clock of UTC."""
    return time.strftime("%Y%m%d%H%M%S", time.gmtime(moment))
