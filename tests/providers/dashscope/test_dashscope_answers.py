"""What Model Studio's answers mean: as its pages show them, and as nobody should send them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r2v_pipeline.errors import EnvironmentTrouble, NetworkTrouble, UsageError
from r2v_pipeline.providers.base import Accepted, Answer, Cost, Failed, Finished, Refused, Running, Unknown
from r2v_pipeline.providers.dashscope import tasks
from r2v_pipeline.providers.dashscope.client import DashScopeClient, make
from r2v_pipeline.providers.http.channel import Channel, Told
from r2v_pipeline.providers.http.place import Where, place

TASK = "0385dc79-5ff8-4d82-bcb6-000000000001"
HOST = "dashscope-intl.aliyuncs.com"


@pytest.fixture
def client() -> DashScopeClient:
    return make(place("dashscope", "", Where({"DASHSCOPE_API_KEY": "sk-c4n4ry0f5ecret"})))


def answer(status: int, body: Any) -> Answer:
    return Answer(status, (), body if isinstance(body, str) else json.dumps(body))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            answer(200, {"output": {"task_status": "PENDING", "task_id": TASK}, "request_id": "4909100c"}),
            Accepted({"task": TASK, "host": HOST, "model": "wan2.6-r2v"}),
        ),
        (
            answer(200, {"output": {"task_status": "FAILED", "task_id": TASK, "code": "InvalidParameter"}}),
            Accepted({"task": TASK, "host": HOST, "model": "wan2.6-r2v"}),
        ),
        (
            answer(401, {"code": "InvalidApiKey", "message": "Invalid API-key provided.", "request_id": "7438d53d"}),
            Refused("InvalidApiKey", "Invalid API-key provided.", account=True),
        ),
        (
            answer(400, {"code": "InvalidParameter", "message": "Model not exist."}),
            Refused("InvalidParameter", "Model not exist."),
        ),
        (
            answer(429, {"code": "Throttling.RateQuota", "message": "later"}),
            Refused("Throttling.RateQuota", "later", True),
        ),
        (answer(200, {"code": "Arrearage", "message": "pay"}), Refused("Arrearage", "pay", account=True)),
        (
            answer(200, {"code": "InternalError", "message": "oops"}),
            Unknown("it answered 200 with an error (InternalError): oops"),
        ),
        (answer(200, {"output": {"task_status": "PENDING"}}), Unknown("it was answered without a task")),
        (answer(200, {"output": {"task_id": "../../x"}}), Unknown("it was answered without a task")),
        (answer(200, "<html>"), Unknown("it was answered without a task")),
        (answer(500, {"code": "InternalError", "message": "oops"}), Unknown("oops")),
        (answer(503, ""), Unknown("it answered 503")),
        # A task in a refusal is none that was accepted for this request.
        (answer(400, {"output": {"task_id": TASK}}), Refused("400", "it answered 400")),
    ],
)
def test_an_answer_to_a_submit(client: DashScopeClient, given: Answer, expected: object) -> None:
    assert expected == client.read(given, "wan2.6-r2v")


@given(st.integers(100, 599), st.text(max_size=40) | st.from_regex(r'\{"output": ?[^}]*\}', fullmatch=True))
def test_no_answer_raises(status: int, body: str) -> None:
    client = make(place("dashscope", "", Where({"DASHSCOPE_API_KEY": "sk-c4n4ry0f5ecret"})))
    assert isinstance(client.read(Answer(status, (), body)), (Accepted, Refused, Unknown))


def test_a_key_in_an_answer_is_not_shown(client: DashScopeClient) -> None:
    said = client.read(answer(401, {"code": "InvalidApiKey", "message": "not a key: sk-c4n4ry0f5ecret"}))
    assert isinstance(said, Refused)
    assert "not a key: [hidden]" == said.message


def line(text: str, longest: int) -> str:
    return text[:longest]


URL = "https://dashscope-result-sh.oss-accelerate.aliyuncs.com/xxx.mp4?Expires=xxx"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"output": {"task_id": TASK, "task_status": "PENDING", "submit_time": "2026-04-25 15:03:25.848"}}, Running()),
        ({"output": {"task_id": TASK, "task_status": "RUNNING"}}, Running()),
        ({"output": {"task_id": TASK, "task_status": "SUSPENDED"}}, Running()),
        (
            {"output": {"task_id": TASK, "task_status": "SUCCEEDED", "video_url": URL}, "usage": {"duration": 10.0}},
            Finished({"task": TASK, "url": URL}),
        ),
        (
            {
                "output": {
                    "task_status": "FAILED",
                    "code": "InvalidParameter",
                    "message": "The size is not match xxxxxx",
                }
            },
            Failed("InvalidParameter", "The size is not match xxxxxx", billed=False),
        ),
        (
            {"output": {"task_status": "FAILED", "code": "InternalError.Timeout", "message": "An internal error"}},
            Failed("InternalError.Timeout", "An internal error", again=True, billed=False),
        ),
        ({"output": {"task_status": "FAILED"}}, Failed("failed", "it said no more", billed=False)),
        ({"output": {"task_status": "CANCELED"}}, Failed("cancelled", "the task was cancelled", True, billed=False)),
        (
            {"output": {"task_id": TASK, "task_status": "UNKNOWN"}},
            Failed("UNKNOWN", f"task {TASK} is not known there any more: they are kept for 24 hours", lost=True),
        ),
    ],
)
def test_how_a_task_is(data: dict[str, Any], expected: object) -> None:
    assert expected == tasks.state_of(data, TASK, line)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"code": "Throttling", "message": "later"}, "does not say how task .* is: later \\(Throttling\\)"),
        ({"output": {}}, "does not say how task"),
        (None, "does not say how task"),
        ({"output": {"task_status": "SUCCEEDED"}}, "does not say where the clip is"),
        ({"output": {"task_status": "SUCCEEDED", "video_url": ["x"]}}, "does not say where the clip is"),
    ],
)
def test_an_answer_that_says_nothing_is_no_end(data: Any, message: str) -> None:
    """The task goes on, and is asked about again."""
    with pytest.raises(NetworkTrouble, match=message):
        tasks.state_of(data, TASK, line)


@pytest.mark.parametrize(
    ("model", "region", "usage", "expected"),
    [
        (
            "wan2.6-r2v",
            "ap-southeast-1",
            {"duration": 10.0, "SR": 720, "size": "1280*720"},
            Cost(1_000_000, 1_000_000, "USD"),
        ),
        ("wan2.7-r2v", "cn-beijing", {"duration": 15, "SR": 1080}, Cost(15_000_000, 15_000_000, "CNY")),
        ("wan2.7-r2v", "cn-beijing", {"duration": 11.65, "SR": "720"}, Cost(6_990_000, 6_990_000, "CNY")),
        # Sound halves the price, and a task does not tell whether it has any.
        ("wan2.6-r2v-flash", "ap-southeast-1", {"duration": 10, "SR": 720}, None),
        ("wan2.6-r2v", "us-east-1", {"duration": 10, "SR": 720}, None),
        ("wan2.6-r2v", "ap-southeast-1", {"duration": "ten", "SR": 720}, None),
        ("wan2.6-r2v", "ap-southeast-1", {"duration": 1e9, "SR": 720}, None),
        ("wan2.6-r2v", "ap-southeast-1", {}, None),
        ("wan2.6-r2v", "ap-southeast-1", None, None),
        ("", "ap-southeast-1", {"duration": 10, "SR": 720}, None),
    ],
)
def test_what_a_task_cost(model: str, region: str, usage: Any, expected: Cost | None) -> None:
    assert expected == tasks.billed({"usage": usage}, model, region)


BODY = {
    "model": "wan2.6-r2v",
    "input": {"prompt": "Character1  waits.\nFor long.", "reference_urls": ["https://example.com/a.mp4"]},
    "parameters": {"size": "1280*720", "duration": 5, "shot_type": "single"},
}
MEDIA = {"model": "m", "input": {"prompt": "p"}, "parameters": {"resolution": "720P", "ratio": "16:9", "duration": 5}}


@pytest.mark.parametrize(
    ("body", "output", "usage", "same"),
    [
        (BODY, {"orig_prompt": "Character1 waits. For long."}, {}, True),
        (
            BODY,
            {"orig_prompt": "Character1 waits. For long."},
            {"output_video_duration": 5.0, "size": "1280*720"},
            True,
        ),
        (BODY, {"orig_prompt": "Character1 waits. For long."}, {"output_video_duration": 6}, False),
        (BODY, {"orig_prompt": "Character1 waits. For long."}, {"size": "1920*1080"}, False),
        (BODY, {"orig_prompt": "Character1 waits."}, {}, False),
        (BODY, {}, {"output_video_duration": 5}, False),
        (MEDIA, {"orig_prompt": "p"}, {"SR": 720, "ratio": "16:9"}, True),
        (MEDIA, {"orig_prompt": "p"}, {"SR": 1080}, False),
        (MEDIA, {"orig_prompt": "p"}, {"ratio": "9:16"}, False),
    ],
)
def test_whether_a_task_is_a_submit(body: dict[str, Any], output: Any, usage: Any, same: bool) -> None:
    assert same == tasks.same_job(body, {"output": {"task_status": "SUCCEEDED", **output}, "usage": usage})


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Where questions go, instead of there."""
    went: list[str] = []

    async def ask(channel: Channel, _method: str, path: str, **_: Any) -> Told:
        went.append(f"{channel.base.url}/{path}")
        return Told(200, {}, {"output": {"task_status": "RUNNING"}})

    monkeypatch.setattr(Channel, "ask", ask)
    return went


@pytest.mark.parametrize("host", ["", HOST, "llm-1.ap-southeast-1.maas.aliyuncs.com"])
def test_a_task_is_asked_about_at_the_host_that_took_it(
    client: DashScopeClient, asked: list[str], host: str, run: Any
) -> None:
    assert Running() == run(client.poll({"task": TASK, "host": host, "model": "wan2.6-r2v"}))
    assert [f"https://{host or HOST}/api/v1/tasks/{TASK}"] == asked


@pytest.mark.parametrize("host", ["evil.example", "dashscope.aliyuncs.com", "x.cn-beijing.maas.aliyuncs.com"])
def test_the_key_goes_to_no_other_host(client: DashScopeClient, asked: list[str], host: str, run: Any) -> None:
    """Whoever could write into the journal would else get it."""
    with pytest.raises(EnvironmentTrouble, match=f"taken by {host}"):
        run(client.poll({"task": TASK, "host": host, "model": ""}))
    assert [] == asked


@pytest.mark.parametrize("id", ["", "a b", "../x", "x/y"])
def test_an_id_that_is_none(client: DashScopeClient, id: str) -> None:
    with pytest.raises(UsageError, match="cannot be a task"):
        client.handle(id)
