"""Faults on demand: each does what it says, to the request that it is meant for, and no more."""

from __future__ import annotations

import json
import os
import socket
import time
from typing import Any

import httpx
import jsonschema
import pytest

from r2v_pipeline.providers.fake.faults import REPLIES, WIRE
from r2v_pipeline.providers.fake.orders import BEFORE, Orders
from r2v_pipeline.sandbox.faults import DEEDS, NAMES, Fault
from r2v_pipeline.sandbox.openapi_shapes import ANSWERS

BODY = {
    "model": "wan2.6-r2v-flash",
    "input": {"prompt": "character1 waves", "reference_urls": ["https://example.com/a.png"]},
    "parameters": {"size": "1280*720", "duration": 2, "shot_type": "single"},
}
VIDEO = {"prompt": "a cat", "n": 1, "resolution": "1280x720", "duration": 2}
VIDEO_TEXT = "alibaba/wan-v2.6-t2v"
RUN = {"prompt": "x", "videos": ["https://example.com/a.mp4"], "size": "1280*720", "duration": 5}
SIX = "alibaba/wan-2.6/reference-to-video"
FAULTS = sorted(NAMES - set(DEEDS))


def asks(client) -> dict[str, httpx.Request]:
    """One request a service, as it goes over the wire."""
    about, auth = client.about, client.auth()
    head = {
        "ai-gateway-protocol-version": "0.0.1", "ai-gateway-auth-method": "api-key",
        "ai-video-model-specification-version": "4", "ai-model-id": VIDEO_TEXT,
    }  # fmt: skip
    blob = {"x-api-version": "12", "x-vercel-blob-access": "public", "x-allow-overwrite": "1"}
    submit = about["dashscope"] + "/services/aigc/video-generation/video-synthesis"
    build = client.http.build_request
    return {
        "dashscope": build("POST", submit, json=BODY, headers={**auth, "x-dashscope-async": "enable"}),
        "gateway": build("POST", about["gateway"] + "/video-model/start", json=VIDEO, headers={**auth, **head}),
        "wavespeed": build("POST", f"{about['wavespeed']}/api/v3/{SIX}", json=RUN, headers=auth),
        "blob": build("PUT", about["blob"] + "/?pathname=a.png", content=b"x", headers={**auth, **blob}),
    }  # fmt: skip


def raw(request: httpx.Request, seconds: float = 0.25) -> bytes:
    """All that comes back within the time, whatever it is."""
    head = f"{request.method} {request.url.raw_path.decode()} HTTP/1.1\r\nconnection: close\r\n"
    fields = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items() if name != "connection")
    until, got = time.monotonic() + seconds, bytearray()
    with socket.create_connection((request.url.host, request.url.port), timeout=5) as line:
        try:
            line.sendall((head + fields + "\r\n").encode("latin-1") + request.read())
            while (left := until - time.monotonic()) > 0:
                line.settimeout(left)
                if not (piece := line.recv(1 << 20)):
                    break
                got += piece
        except OSError:  # reset, or time is up
            pass
    return bytes(got)


def is_honest(answer: bytes, service: str) -> bool:
    """Whether it is what the service answers in its right mind, and nothing else."""
    head, _, body = answer.partition(b"\r\n\r\n")
    status, schema = ANSWERS[service, "upload" if service == "blob" else "submit"]
    lines = head.lower().split(b"\r\n")
    lengths = [line for line in lines if line.startswith(b"content-length")]
    if len(head) > 10_000 or any(line.startswith(b"content-encoding") for line in lines):
        return False
    if not head.startswith(f"HTTP/1.1 {status} ".encode()) or lengths != [b"content-length: %d" % len(body)]:
        return False
    try:
        jsonschema.validate(json.loads(body), schema or {})
    except (ValueError, RecursionError, jsonschema.ValidationError):
        return False
    return b"../" not in body


@pytest.mark.torture
@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_strikes_once(client, name: str) -> None:
    """At every service under `make torture`, else at one, another for each neighbour."""
    every = ("dashscope", "gateway", "wavespeed", "blob")
    for service in every if os.environ.get("R2V_TORTURE") else (every[FAULTS.index(name) % 4],):
        strike(client, name, service)


def strike(client, name: str, service: str) -> None:
    """Whatever goes over the wire is not the honest answer; the next request gets that again."""
    request, on = asks(client)[service], "upload" if service == "blob" else "submit"
    jobs = len(client.sandbox.ledger()["jobs"])
    changes = dict.fromkeys(("request_id", "operation", "code", "url"), 7)
    client.sandbox.order({"do": name, "service": service, "on": on, "gap_s": 0.01, "with": changes})
    assert not is_honest(raw(request), service)
    nothing = name in BEFORE or name == "redirect" or service == "blob"
    assert (0 if nothing else 1) == len(client.sandbox.ledger()["jobs"]) - jobs
    assert is_honest(raw(request, 10), service)


@pytest.mark.parametrize("name", sorted({*WIRE, *REPLIES} - {"status", "changed", "redirect"}))
def test_downloads_break_as_ordered(client, name: str) -> None:
    url = client.ended(client.task(BODY))["output"]["video_url"]
    request = client.http.build_request("GET", url)
    whole = raw(request, 10)
    client.sandbox.order({"do": name, "service": "dashscope", "on": "download", "gap_s": 0.05})
    assert whole != raw(request)
    assert whole.partition(b"\r\n\r\n")[2] == raw(request, 10).partition(b"\r\n\r\n")[2]


def test_an_order_meets_what_it_says(client) -> None:
    client.sandbox.order(
        {
            "do": "status",
            "status": 503,
            "service": "dashscope",
            "on": "submit",
            "nth": 2,
            "times": 2,
            "contains": "a lamp",
        }
    )
    lamp = {**BODY, "input": {**BODY["input"], "prompt": "a lamp"}}
    told = [client.task(body).status_code for body in (lamp, BODY, lamp, lamp, lamp)]
    assert [200, 200, 503, 503, 200] == told


def test_an_order_may_be_for_one_model(client) -> None:
    client.sandbox.order({"do": "status", "service": "gateway", "model": "wan-v2.7", "times": -1})
    assert 202 == client.video("/start", VIDEO, VIDEO_TEXT).status_code
    assert 500 == client.video("/start", {**VIDEO, "aspectRatio": "16:9"}, "alibaba/wan-v2.7-t2v").status_code


def test_a_status_has_the_body_that_is_written(client) -> None:
    client.sandbox.order(
        {
            "do": "status",
            "status": 429,
            "headers": {"Retry-After": "1"},
            "json": {"code": "Throttling", "message": "later"},
        },
        {"do": "status", "status": 502, "body": "<html>Bad gateway</html>"},
    )
    first, second = client.task(BODY), client.task(BODY)
    assert (429, "1", "Throttling") == (first.status_code, first.headers["retry-after"], first.json()["code"])
    assert (502, b"<html>Bad gateway</html>") == (second.status_code, second.content)


def test_a_refusal_makes_no_job_and_trouble_does(client) -> None:
    """A 429 has done nothing; after a 503 nobody can know, so the worse is played, unless the order says `before`."""
    made = []
    for order in ({"status": 429}, {"status": 503}, {"status": 503, "before": True}):
        before = len(client.sandbox.ledger()["jobs"])
        client.sandbox.order({"do": "status", **order})
        assert order["status"] == client.task(BODY).status_code
        made.append(len(client.sandbox.ledger()["jobs"]) - before)
    assert [0, 1, 0] == made


@pytest.mark.parametrize(
    "code", ["InvalidParameter", "DataInspectionFailed", "IPInfringementSuspect", "InternalError.Timeout"]
)
def test_a_doomed_job_fails_with_its_code_and_is_free(client, code: str) -> None:
    client.sandbox.order({"do": "doom", "service": "dashscope", "code": code, "message": "no"})
    failed = client.ended(client.task(BODY))["output"]
    assert ("FAILED", code, "no") == (failed["task_status"], failed["code"], failed["message"])
    assert 0 == client.sandbox.ledger()["jobs"][-1]["cost"]
    client.sandbox.order({"do": "doom", "service": "wavespeed", "code": "1200", "message": "no"})
    assert 1200 == client.predicted(client.ws("POST", SIX, RUN))["code"]
    client.sandbox.order({"do": "doom", "service": "gateway", "message": "refused by moderation"})
    told = client.finished(client.video("/start", VIDEO, VIDEO_TEXT), VIDEO_TEXT)
    assert ("error", "refused by moderation") == (told["status"], told["error"])


@pytest.mark.parametrize(("where", "status"), [("queue", "PENDING"), ("render", "RUNNING")])
def test_a_job_can_be_stuck(client, where: str, status: str) -> None:
    client.sandbox.order({"do": "stuck", "in": where})
    id = client.task(BODY).json()["output"]["task_id"]
    client.comes_to(id, status)
    client.sandbox.forward(10_000)
    time.sleep(0.1)
    assert status == client.poll(id)["output"]["task_status"]


def test_an_answer_can_name_another_job(client) -> None:
    first = client.task(BODY).json()["output"]["task_id"]
    client.sandbox.order({"do": "same_id", "service": "dashscope"})
    jobs = client.sandbox.ledger()["jobs"]
    told = client.task(BODY).json()["output"]["task_id"]
    assert told in {job["id"] for job in jobs}
    assert first in {job["id"] for job in jobs}
    assert len(jobs) + 1 == len(client.sandbox.ledger()["jobs"])


def test_an_answer_can_come_late(client) -> None:
    client.sandbox.order({"do": "delay", "seconds": 0.4})
    begun = time.monotonic()
    assert 200 == client.task(BODY).status_code
    assert time.monotonic() - begun >= 0.4


def test_fields_of_an_answer_can_be_changed(client) -> None:
    client.sandbox.order({"do": "changed", "with": {"output.task_id": None, "output.more": {"x": 1}, "request_id": 7}})
    told = client.task(BODY).json()
    assert (None, {"x": 1}, 7) == (told["output"]["task_id"], told["output"]["more"], told["request_id"])


def test_orders_can_be_seen_and_taken_back(client) -> None:
    where = client.about["wavespeed"] + "/__sandbox__/faults"
    client.sandbox.order({"do": "close", "times": -1}, {"do": "hang", "skip": 3})
    assert [("close", -1, 0), ("hang", 1, 3)] == [
        (order["do"], order["times"], order["skip"]) for order in client.http.get(where).json()["open"]
    ]
    assert {"open": []} == client.http.delete(where).json()


@pytest.mark.parametrize(
    "wrong",
    [{"do": "explode"}, {}, {"do": "close", "service": "fal"}, {"do": "close", "times": "x"}, "close", [["close"]]],
)
def test_an_order_that_nobody_understands_is_refused_with_all_beside_it(client, wrong: Any) -> None:
    where = client.about["wavespeed"] + "/__sandbox__/faults"
    told = client.http.post(where, json=[{"do": "close"}, wrong] if isinstance(wrong, dict) else wrong)
    assert 400 == told.status_code
    assert {"open": []} == client.http.get(where).json()


def test_the_first_order_that_fits_strikes() -> None:
    faults = Orders(Fault)
    faults.add(
        [{"do": "close", "service": "blob", "on": "any"}, {"do": "hang", "on": "poll"}, {"do": "reset", "on": "any"}]
    )
    taken = [
        faults.take(("blob", "upload"), ""),
        faults.take(("wavespeed", "poll"), ""),
        faults.take(("wavespeed", "submit"), ""),
    ]
    assert ["close", "hang", "reset"] == [fault.do for fault in taken if fault]
    assert faults.take(("blob", "upload"), "") is None


def test_what_is_not_read_is_never_answered() -> None:
    assert Fault({"do": "close_unread"}).before
    assert Fault({"do": "status", "status": 400}).before
    assert not Fault({"do": "status", "status": 500}).before
