"""Looking for a lost submit in the list of tasks: what is certain, and what is left to a person."""

from __future__ import annotations

import asyncio
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from r2v_pipeline.canonical import canonical
from r2v_pipeline.errors import NetworkTrouble
from r2v_pipeline.providers.base import Found, Sought
from r2v_pipeline.providers.dashscope import listing
from r2v_pipeline.providers.http.channel import Told

MODEL = "wan2.6-r2v"
BODY = {"model": MODEL, "input": {"prompt": "A lamp."}, "parameters": {"duration": 5}}
NOW = 1_790_000_000.0
SOUGHT = Sought(canonical(BODY), "t", NOW - 120, NOW + 360, frozenset(), MODEL)
DATE = {"date": "Mon, 21 Sep 2026 14:13:20 GMT"}


def row(id: str, at: float = NOW, **more: Any) -> dict[str, Any]:
    return {"task_id": id, "status": "RUNNING", "model_name": MODEL, "gmt_create": int(at * 1000), **more}


def done(prompt: str = "A lamp.") -> dict[str, Any]:
    return {"output": {"task_status": "SUCCEEDED", "orig_prompt": prompt}, "usage": {"output_video_duration": 5}}


class Service:
    """Answers from lists: pages of rows, and for each task what it says when it is asked, the last one for ever."""

    def __init__(self, pages: list[Any], tasks: dict[str, list[Any]] | None = None) -> None:
        self.pages, self.tasks = pages, tasks or {}
        self.asked: list[str] = []

    async def ask(self, method: str, path: str) -> Told:
        assert "GET" == method
        self.asked.append(path)
        if found := re.fullmatch(r"tasks/([a-z0-9]+)", path):
            said = self.tasks[found[1]]
            return Told(200, DATE, said.pop(0) if len(said) > 1 else said[0])
        page = int(parse_qs(urlsplit(path).query)["page_no"][0])
        data = self.pages[page - 1] if page <= len(self.pages) else []
        if isinstance(data, Told):
            return data
        return Told(200, DATE, {"data": data, "total_page": len(self.pages)} if isinstance(data, list) else data)


def find(service: Service, sought: Sought = SOUGHT, claimed: frozenset[str] = frozenset()) -> Found:
    return asyncio.run(listing.find(service, sought, 0.01, claimed))  # type: ignore[arg-type]


def test_the_one_with_the_prompt_is_it() -> None:
    service = Service([[row("a"), row("b")], [row("c")]], {"a": [done("A cat.")], "b": [done("A dog.")], "c": [done()]})
    assert Found(({"task": "c"},), True, 1_790_000_000.0) == find(service)


def test_two_alike_are_for_a_person() -> None:
    found = find(Service([[row("a"), row("b")]], {"a": [done()], "b": [done()]}))
    assert 2 == len(found.handles)


def test_what_another_submit_has_is_not_even_asked_about() -> None:
    service = Service([[row("a"), row("b")]], {"b": [done()]})
    assert ({"task": "b"},) == find(service, claimed=frozenset({"a"})).handles
    assert "tasks/a" not in service.asked


def test_only_of_the_time_and_the_model() -> None:
    early, late, other = row("a", NOW - 121), row("b", NOW + 361), row("c", model_name="wan2.7-r2v")
    assert Found((), True, NOW) == find(Service([[early, late, other]]))


def test_the_window_holds_the_time_in_either_zone() -> None:
    """The documents do not say in which zone the times of a query are."""
    service = Service([[]])
    find(service)
    query = parse_qs(urlsplit(service.asked[0]).query)
    assert ["20260921141120"] == query["start_time"]
    assert ["20260921221920"] == query["end_time"]
    assert [MODEL] == query["model_name"]


def test_one_that_still_runs_is_waited_for() -> None:
    running = {"output": {"task_status": "RUNNING"}}
    found = find(Service([[row("a")]], {"a": [running, running, done()]}))
    assert ({"task": "a"},) == found.handles


def test_and_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "PATIENCE_S", 0.05)
    with pytest.raises(NetworkTrouble, match="a task that may be it still runs there"):
        find(Service([[row("a")]], {"a": [{"output": {"task_status": "RUNNING"}}]}))


@pytest.mark.parametrize("end", ["FAILED", "UNKNOWN", "CANCELED"])
def test_one_that_has_ended_without_a_clip_is_not_it(end: str) -> None:
    """It may be the one, or somebody else's: nobody can tell, so nobody may take it for a proof."""
    assert Found((), True, NOW) == find(Service([[row("a")]], {"a": [{"output": {"task_status": end}}]}))


@pytest.mark.parametrize(
    "page",
    [
        Told(500, {}, None),
        {"total": 1},
        [row("a"), "odd"],
        [{"status": "RUNNING"}],
        [row("../x")],
        [{**row("a"), "gmt_create": "2026"}],
    ],
)
def test_a_listing_with_holes_proves_nothing(page: Any) -> None:
    assert not find(Service([page], {"a": [done()]})).complete


@pytest.mark.parametrize(
    ("answers", "pages"),
    [
        ([{"data": [row("a")], "total": 1, "page_size": 50}], 1),
        ([{"data": [row("a")], "total": 2, "page_size": 1}, {"data": [row("b")], "total": 2, "page_size": 1}], 2),
        ([{"data": [row("a")]}, {"data": []}], 2),
    ],
)
def test_the_last_page_is_known_however_it_is_told(answers: list[Any], pages: int) -> None:
    service = Service(answers, {"a": [done()], "b": [done("A dog.")]})
    assert ({"task": "a"},) == find(service).handles
    assert pages == len([path for path in service.asked if "page_no" in path])


def test_a_listing_without_end_is_not_read_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "PAGES", 3)
    endless = {"data": [row("a", NOW - 9999)], "total_page": 99}
    assert Found((), False, NOW) == find(Service([endless] * 9))
