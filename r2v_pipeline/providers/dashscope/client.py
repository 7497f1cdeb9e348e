"""Model Studio as a provider: one region, one account.

Sources: Alibaba Cloud Model Studio, API references of the Wan and HappyHorse video models, asynchronous task
management, temporary file storage, error codes.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from r2v_pipeline.errors import EnvironmentTrouble, NetworkTrouble, UsageError
from r2v_pipeline.providers.base import (
    Accepted,
    Answer,
    Failed,
    Finished,
    Found,
    Lost,
    NotSent,
    Refused,
    Running,
    Sought,
    Unknown,
)
from r2v_pipeline.providers.dashscope import listing, store, tasks
from r2v_pipeline.providers.http.channel import Channel
from r2v_pipeline.providers.http.place import Place, region_at
from r2v_pipeline.providers.http.reading import parsed, safe_id
from r2v_pipeline.providers.http.service import Service, answers
from r2v_pipeline.providers.http.taxonomy import refused

SUBMIT = "services/aigc/video-generation/video-synthesis"


def make(place: Place) -> DashScopeClient:
    """The client for one region."""
    return DashScopeClient(place)


async def probe(place: Place) -> None:
    """Whether the key is one of this region.

    Raises:
        NetworkTrouble: it is not, or nothing can be asked.
    """
    await answers(place, "tasks/?page_no=1&page_size=1")


class DashScopeClient(Service):
    """A handle is a task's id, its model, and the host that took it: another host does not know the task."""

    def __init__(self, place: Place) -> None:
        terms = place.terms()._replace(upload_by_model=True)
        if not place.region.uploads:  # what stands in the body is sent with each
            terms = terms._replace(upload_life_s=0.0)
        super().__init__(place.channel(), terms)
        self._place = place
        self._elsewhere: dict[str, Channel] = {}
        workspace = place.variable(place.provider.workspaces)
        self._workspace = {"x-dashscope-workspace": workspace} if workspace else {}

    async def upload(self, path: Path, sha256: str, kind: str, model: str = "") -> str:
        """To the service's own store, where its region has one; a picture into the body, where not."""
        if self._place.region.uploads:
            return await store.bring(self._channel, path, sha256, model)
        where = f"{self._place.provider.title} in {self._place.region.id}"
        if kind != "image":
            help = (
                "put it where anybody can read it, and name its https address in the storyboard; or take another region"
            )
            raise EnvironmentTrouble(f"{path.name} cannot be sent: {where} keeps no files", help)
        return store.inline(path, model, where)

    async def send(self, body: bytes, token: str, model: str = "") -> Answer | NotSent | Lost:  # noqa: ARG002
        """One POST.  The service takes jobs only as tasks, and honours no token."""
        headers = {"content-type": "application/json", "x-dashscope-async": "enable", **self._workspace}
        if b'"oss://' in body:
            headers[store.RESOLVE] = "enable"
        return await self._channel.send_once(SUBMIT, body, headers)

    def read(self, answer: Answer, model: str = "") -> Accepted | Refused | Unknown:
        """A task's id is a task; a refusal is one by its status; an error within 200 only where its code says so."""
        try:
            data = parsed(answer.body)
        except ValueError:
            data = None
        if 200 <= answer.status < 300 and (id := safe_id(tasks.output_of(data).get("task_id"))):
            return Accepted(self.handle(id, model))
        judged = refused(tasks.NAME, answer, *tasks.said(data, self._channel.redactor.line))
        return judged or Unknown("it was answered without a task")

    async def find(self, sought: Sought) -> Found:
        """Tasks that turn out, when they are done, to be exactly what was asked for."""
        every_s = self._terms.poll_every_s
        claimed = frozenset(str(parsed(text).get("task")) for text in sought.claimed)
        found = await listing.find(self._channel, sought, every_s, claimed)
        return found._replace(handles=tuple(self.handle(handle["task"], sought.model) for handle in found.handles))

    def handle(self, id: str, model: str = "") -> Mapping[str, Any]:
        """A task by its id, at the host that is asked now."""
        if not safe_id(id):
            raise UsageError(f"'{id}' cannot be a task of {self._channel.title}", "it looks like 0385dc79-5ff8-4d82-…")
        host = "" if self._channel.base.local else self._channel.base.host
        return {"task": id, "host": host, "model": model}

    async def poll(self, handle: Mapping[str, Any]) -> Running | Finished | Failed:
        """Ask the host that took it."""
        id, channel = safe_id(handle.get("task")), self._at(handle)
        told = await channel.ask("GET", f"tasks/{id}", headers=self._workspace, paced=True)
        line = channel.redactor.line
        if told.status == 404:
            return Failed("404", f"{channel.title} does not know task {id}", lost=True)
        if told.status >= 300:
            code, message = tasks.said(told.data, line)
            why = f"{message or 'no reason given'} ({code or told.status})"
            raise NetworkTrouble(f"{channel.title} says nothing of task {id}: {why}", status=told.status)
        state = tasks.state_of(told.data, id, line)
        if isinstance(state, Finished):
            return state._replace(cost=tasks.billed(told.data, str(handle.get("model")), self._place.region.id))
        return state

    async def cancel(self, handle: Mapping[str, Any]) -> bool:
        """Only a task that nobody has begun can be taken back, and they are begun at once."""
        told = await self._at(handle).ask(
            "POST", f"tasks/{safe_id(handle.get('task'))}/cancel", body=b"", headers=self._workspace
        )
        return told.status == 200 and isinstance(told.data, dict) and not told.data.get("code")

    async def close(self) -> None:
        """Let go of connections."""
        await super().close()
        for channel in self._elsewhere.values():
            await channel.close()

    def _at(self, handle: Mapping[str, Any]) -> Channel:
        """The way to the host of a task: ours, or another of the same region (the account's own, the shared one).

        Raises:
            EnvironmentTrouble: it is a host that the catalog does not know; the key is not sent there.
        """
        host, base = str(handle.get("host") or ""), self._channel.base
        if not host or host == base.host or base.local:
            return self._channel
        if host not in self._elsewhere:
            if region_at(self._place.provider, host) != self._place.region:
                variable = self._place.provider.addresses[0]
                raise EnvironmentTrouble(
                    f"the task was taken by {host}, which the catalog does not know",
                    f"set {variable} as it was then (https://{host}/…): it is asked there and nowhere else",
                )
            there = base._replace(url=f"https://{host}/api/v1", host=host)
            self._elsewhere[host] = self._place._replace(base=there).channel()
        return self._elsewhere[host]
