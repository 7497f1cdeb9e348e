"""The AI Gateway as its SDK speaks to it: strict heads and bodies, the idempotency key, warnings, the long answer."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest

from r2v_pipeline.sandbox.beside import serving
from r2v_pipeline.sandbox.jobs import Pace

CAT, DOG = "https://example.com/cat.png", "https://example.com/dog.mp4"
SEVEN = "alibaba/wan-v2.7-r2v"


def classic(**changes: Any) -> dict[str, Any]:
    """A body for wan2.6; `alibaba` changes its options, None leaves a key out."""
    options = {"referenceUrls": [CAT, DOG], "shotType": "single", **changes.pop("alibaba", {})}
    body = {"prompt": "character1 and character2 talk", "n": 1, "resolution": "1280x720", "duration": 4, **changes}
    return {name: value for name, value in body.items() if value is not None} | {
        "providerOptions": {"alibaba": options}
    }


def typed(**changes: Any) -> dict[str, Any]:
    """A body for wan2.7."""
    media = [{"type": "reference_image", "url": CAT}]
    body: dict[str, Any] = {
        "prompt": "Image 1 waves",
        "n": 1,
        "aspectRatio": "16:9",
        "resolution": "1280x720",
        "duration": 4,
    }
    return {**body, "providerOptions": {"alibaba": {"media": media}}, **changes}


def test_a_job_is_started_asked_about_and_downloaded(client) -> None:
    started = client.video("/start", classic(), idempotency_key="k")
    assert (202, []) == (started.status_code, started.json()["warnings"])
    job = started.json()["providerMetadata"]["gateway"]["asyncJob"]
    assert {"jobId": started.json()["operation"]["gatewayJobId"], "status": "queued"} == job
    done = client.finished(started)
    assert ("completed", "video/mp4") == (done["status"], done["videos"][0]["mediaType"])
    assert b"ftyp" == client.http.get(done["videos"][0]["url"]).content[4:8]
    cost = done["providerMetadata"]["gateway"]
    # 4 s, and at most 2.5 s of the one video among two references
    assert "0.65" == cost["cost"]
    where = client.about["wavespeed"] + "/v1/generation"
    told = client.http.get(where, params={"id": cost["generationId"]}, headers=client.auth()).json()["data"]
    assert (0.65, "alibaba/wan-v2.6-r2v") == (told["total_cost"], told["model"])
    assert {"balance": "999.35", "total_used": "0.65"} == client.http.get(
        client.about["wavespeed"] + "/v1/credits", headers=client.auth()
    ).json()


def test_the_same_key_is_the_same_job(client) -> None:
    """Whatever became of the answer: one job, one bill; another body under the key is refused."""
    first, again = (client.video("/start", classic(), idempotency_key="same") for _ in range(2))
    assert first.json()["operation"] == again.json()["operation"]
    other = client.video("/start", classic(duration=5), idempotency_key="same")
    assert (409, "invalid_request_error") == (other.status_code, other.json()["error"]["type"])
    (job,) = [job for job in client.sandbox.ledger()["jobs"] if job["token"] == "same"]
    assert 2 == job["submits"]
    client.key += "other"
    assert first.json()["operation"] != client.video("/start", classic(), idempotency_key="same").json()["operation"]


def test_a_key_is_forgotten_after_a_day(client) -> None:
    first = client.video("/start", classic(), idempotency_key="old").json()["operation"]
    client.sandbox.forward(86_401)
    assert first != client.video("/start", classic(), idempotency_key="old").json()["operation"]


@pytest.mark.parametrize("key", ["", "vck_0123456789abcdef", "eyJhbGciOiJSUzI1NiJ9.e30.x"])
def test_a_key_that_is_none_of_its_own_is_refused(client, key: str) -> None:
    client.key = key
    told = client.video("/start", classic())
    assert (401, "authentication_error") == (told.status_code, told.json()["error"]["type"])


@pytest.mark.parametrize(
    ("headers", "named"),
    [
        ({"ai_gateway_protocol_version": "0.0.2"}, "ai-gateway-protocol-version"),
        ({"ai_gateway_protocol_version": ""}, "ai-gateway-protocol-version"),
        ({"ai_video_model_specification_version": "3"}, "ai-video-model-specification-version"),
        ({"ai_gateway_auth_method": "token"}, "ai-gateway-auth-method"),
        ({"content_type": "text/plain"}, "content-type"),
        ({"ai_model_id": ""}, "ai-model-id"),
    ],
)
def test_heads_are_checked(client, headers: dict[str, str], named: str) -> None:
    told = client.video("/start", classic(), **headers)
    assert (400, "invalid_request_error") == (told.status_code, told.json()["error"]["type"])
    assert named in told.json()["error"]["message"]


FILE = {"type": "file", "mediaType": "image/png", "data": base64.b64encode(b"no picture").decode()}


def test_an_agent_without_a_name_is_refused(client) -> None:
    del client.http.headers["user-agent"]
    assert "user-agent" in client.video("/start", classic()).json()["error"]["message"]


@pytest.mark.parametrize(
    ("body", "model", "where"),
    [
        (classic(n=None), "", "n"),
        (classic(n=0), "", "n"),
        (classic(model="x"), "", "model"),
        (classic(prompt=None), "", "prompt"),
        (classic(resolution="1280*720"), "", "resolution"),
        (classic(resolution="1280x721"), "", "resolution"),
        (classic(resolution="720p"), "", "resolution"),
        (classic(aspectRatio="wide"), "", "aspectRatio"),
        (classic(duration=11), "", "duration"),
        (classic(duration=2.5), "", "duration"),
        (classic(generateAudio=False), "", "generateAudio"),
        (classic(alibaba={"referenceUrls": []}), "", "references"),
        (classic(alibaba={"referenceUrls": [CAT] * 6}), "", "references"),
        (classic(alibaba={"referenceUrls": [DOG] * 4}), "", "references"),
        (classic(prompt="a cat", alibaba={"referenceUrls": ["cat.png"]}), "", "references"),
        (classic(prompt="a cat", alibaba={"referenceUrls": ["http://127.0.0.1:9/cat.png"]}), "", "references"),
        (classic(alibaba={"shotType": "many"}), "", "providerOptions.alibaba.shotType"),
        (classic(alibaba={"pollIntervalMs": 0}), "", "providerOptions.alibaba.pollIntervalMs"),
        (classic(prompt="character3 waves"), "", "prompt"),
        (classic(inputReferences=[{"url": CAT}]), "", "inputReferences.0"),
        (classic(inputReferences=[{"type": "url", "url": "cat.png"}]), "", "inputReferences.0"),
        (classic(callbackUrl="http://example.com"), "", "callbackUrl"),
        (classic(), SEVEN, "references"),
        (typed(duration=16), SEVEN, "duration"),
        (typed(aspectRatio="2:1"), SEVEN, "aspectRatio"),
        (typed(providerOptions={"alibaba": {"media": [{"type": "file", "url": CAT}]}}), SEVEN, "media.0.type"),
        (typed(providerOptions={"alibaba": {}}, inputReferences=[FILE]), SEVEN, "references"),
    ],
)
def test_bodies_are_checked(client, body: dict[str, Any], model: str, where: str) -> None:
    told = client.video("/start", body, model or "alibaba/wan-v2.6-r2v")
    assert (400, "invalid_request_error") == (told.status_code, told.json()["error"]["type"]), told.text
    assert where in told.json()["error"]["param"]["path"]


def test_an_unknown_model_is_not_found(client) -> None:
    told = client.video("/start", classic(), "alibaba/wan-v9-r2v")
    assert (404, "model_not_found") == (told.status_code, told.json()["error"]["type"])
    assert {"modelId": "alibaba/wan-v9-r2v"} == told.json()["error"]["param"]


def test_what_is_left_out_is_warned_of(client) -> None:
    told = client.video("/start", classic(aspectRatio="16:9", fps=24, n=2)).json()["warnings"]
    assert ["aspectRatio", "fps", "n"] == [warning["feature"] for warning in told]
    assert told[0]["details"].startswith("Alibaba video models use explicit size/resolution dimensions.")
    seven = client.video("/start", typed(generateAudio=True), SEVEN).json()["warnings"]
    assert ["generateAudio"] == [warning["feature"] for warning in seven]


def test_newer_references_go_before_the_older_ones(client) -> None:
    started = client.video("/start", classic(inputReferences=[{"type": "url", "url": CAT}], prompt="character1"))
    client.finished(started)
    job = client.sandbox.server.jobs.known[started.json()["operation"]["gatewayJobId"]]
    assert [("character1", CAT)] == [(r["name"], r["url"]) for r in job.order["references"]]


def test_typed_references_are_named_by_kind(client) -> None:
    media = [
        {"type": "reference_video", "url": DOG},
        {"type": "reference_image", "url": CAT, "referenceVoice": "https://x.org/a.mp3"},
    ]
    started = client.video("/start", typed(providerOptions={"alibaba": {"media": media}}), SEVEN)
    client.finished(started, SEVEN)
    job = client.sandbox.server.jobs.known[started.json()["operation"]["gatewayJobId"]]
    assert ["Video 1", "Image 1"] == [reference["name"] for reference in job.order["references"]]


def test_a_status_wants_its_own_operation_and_model(client) -> None:
    operation = client.video("/start", classic()).json()["operation"]
    assert 404 == client.video("/status", {"operation": operation}, SEVEN).status_code
    for body in ({}, {"operation": "job"}, {"operation": {"gatewayJobId": 7}}):
        assert client.video("/status", body).status_code in (400, 404)
    client.key += "other"
    told = client.video("/status", {"operation": operation})
    assert (404, "not_found") == (told.status_code, told.json()["error"]["type"])


def test_an_expired_result_is_completed_and_empty(client) -> None:
    started = client.video("/start", classic())
    url = client.finished(started)["videos"][0]["url"]
    client.sandbox.forward(86_400)
    told = client.video("/status", {"operation": started.json()["operation"]}).json()
    assert ("completed", []) == (told["status"], told["videos"])
    assert 403 == client.http.get(url).status_code


def test_a_webhook_gets_a_secret_once(client) -> None:
    body = classic(callbackUrl="https://example.com/hook")
    told = client.video("/start", body).json()["providerMetadata"]["gateway"]["asyncJob"]
    assert told["webhookSigningSecret"].startswith("whsec_")


def test_the_long_answer_beats_and_then_tells_once(client) -> None:
    told = client.video("", classic(), accept="text/event-stream")
    assert "text/event-stream" == told.headers["content-type"]
    parts = told.text.split("\n\n")
    assert parts.count(":") >= 2
    (event,) = [json.loads(part.removeprefix("data: ")) for part in parts if part.startswith("data: ")]
    assert ("result", "url") == (event["type"], event["videos"][0]["type"])


def test_the_long_answer_wants_to_be_accepted(client) -> None:
    assert 400 == client.video("", classic(), accept="application/json").status_code
    assert 400 == client.video("", classic(callbackUrl="https://x.org"), accept="text/event-stream").status_code


def test_the_long_answer_tells_of_a_failure(client) -> None:
    client.sandbox.order({"do": "doom", "service": "gateway", "on": "sync", "message": "All providers failed"})
    told = client.video("", classic(), accept="text/event-stream").text
    event = json.loads(told.split("data: ")[1])
    assert ("error", "All providers failed", 500) == (event["type"], event["message"], event["statusCode"])
    assert {"param"} <= set(event)


def test_hearts_beat_while_a_job_lasts(tmp_path, client_of) -> None:
    with serving(tmp_path / "s", pace=Pace(0, 120), speed=100) as sandbox:
        begun = time.monotonic()
        told = client_of(sandbox).video("", classic(), accept="text/event-stream").text
        assert told.count(":\n\n") >= 5
        assert 1 < time.monotonic() - begun < 20


def test_bytes_come_where_they_are_asked_for(client) -> None:
    """The AI SDK's own download refuses every address on its own machine."""
    body = classic()
    body["providerOptions"]["sandbox"] = {"result": "base64"}
    video = client.finished(client.video("/start", body))["videos"][0]
    assert ("base64", b"ftyp") == (video["type"], base64.b64decode(video["data"])[4:8])


def test_prices_are_the_catalogs(client) -> None:
    told = client.http.get(client.about["wavespeed"] + "/v1/models").json()["data"]
    prices = {row["id"]: row["pricing"].get("video_duration_pricing") for row in told}
    assert [
        {"resolution": "720p", "cost_per_second": "0.1"}, {"resolution": "1080p", "cost_per_second": "0.15"},
    ] == prices["alibaba/wan-v2.6-r2v"]  # fmt: skip
    where = client.about["wavespeed"] + "/v1/models/alibaba/wan-v2.6-r2v/endpoints"
    assert "alibaba" == client.http.get(where).json()["data"]["endpoints"][0]["provider_name"]


def test_there_is_nothing_else(client) -> None:
    told = client.http.get(client.about["gateway"] + "/language-model", headers=client.auth())
    assert (404, "not_found") == (told.status_code, told.json()["error"]["type"])
