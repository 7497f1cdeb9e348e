"""24 and 48 hours, by a clock that can be moved; and nothing that is accepted is ever forgotten."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest

from r2v_pipeline.errors import EnvironmentTrouble
from r2v_pipeline.sandbox.beside import serving
from r2v_pipeline.sandbox.clock import Clock, beijing, from_beijing, iso
from r2v_pipeline.sandbox.jobs import Pace
from r2v_pipeline.sandbox.log import Log
from r2v_pipeline.sandbox.routes import Settings
from r2v_pipeline.sandbox.server import Server

BODY = {
    "model": "wan2.6-r2v-flash",
    "input": {"prompt": "character1 waves", "reference_urls": ["https://example.com/a.png"]},
    "parameters": {"size": "1280*720", "duration": 2, "shot_type": "single"},
}
DAY = 86_400


def test_a_task_and_its_result_live_for_a_day(client) -> None:
    done = client.ended(client.task(BODY))["output"]
    client.sandbox.forward(DAY - 60)
    assert 200 == client.http.get(done["video_url"]).status_code
    assert "SUCCEEDED" == client.poll(done["task_id"])["output"]["task_status"]
    client.sandbox.forward(120)
    told = client.http.get(done["video_url"])
    assert (403, True) == (told.status_code, b"Request has expired" in told.content)
    assert {"task_id": done["task_id"], "task_status": "UNKNOWN"} == client.poll(done["task_id"])["output"]


def test_an_upload_lives_for_two_days(client, picture: Path) -> None:
    url = client.oss(picture, "wan2.6-r2v-flash").url_of_upload
    body = {**BODY, "input": {**BODY["input"], "reference_urls": [url]}}
    resolve = {"x_dashscope_ossresourceresolve": "enable"}
    client.sandbox.forward(2 * DAY - 60)
    assert "SUCCEEDED" == client.ended(client.task(body, **resolve))["output"]["task_status"]
    client.sandbox.forward(120)
    failed = client.ended(client.task(body, **resolve))["output"]
    assert ("FAILED", "InvalidParameter.DataInspection") == (failed["task_status"], failed["code"])


def test_jobs_last_as_long_as_the_clock_says(tmp_path: Path, client_of) -> None:
    with serving(tmp_path / "s", Settings(limits=False), Pace(60, 600)) as sandbox:
        client = client_of(sandbox)
        id = client.task(BODY).json()["output"]["task_id"]
        assert "PENDING" == client.poll(id)["output"]["task_status"]
        sandbox.forward(61)
        client.comes_to(id, "RUNNING")
        sandbox.forward(601)
        client.comes_to(id, "SUCCEEDED")


def test_a_fast_clock_is_told_in_every_answer(tmp_path: Path, client_of) -> None:
    """By its own date a client can tell what time it is there."""
    with serving(tmp_path / "s", speed=3600) as sandbox:
        client = client_of(sandbox)
        first = client.http.get(client.about["dashscope"] + "/models")
        time.sleep(0.3)
        last = client.http.get(client.about["dashscope"] + "/models")
        dates = [parsedate_to_datetime(answer.headers["date"]) for answer in (first, last)]
        assert (dates[1] - dates[0]).total_seconds() > 600


@pytest.mark.parametrize("wrong", [{"forward_s": -1}, {"speed": 0}, {"speed": "fast"}, {"forward_s": 1e12}, 7])
def test_the_clock_goes_forward_only(client, wrong: Any) -> None:
    assert 400 == client.http.post(client.about["wavespeed"] + "/__sandbox__/clock", json=wrong).status_code


def test_the_clock_goes_on_while_nobody_serves(tmp_path: Path) -> None:
    ours = [1000.0]
    clock = Clock(tmp_path / "clock.json", 10, lambda: ours[0])
    clock.forward(500)
    ours[0] += 7
    again = Clock(tmp_path / "clock.json", 1, lambda: ours[0])
    assert 1000 + 500 + 70 == again.now() == clock.now()
    again.run_at(2)
    ours[0] += 5
    assert 1580 == again.now()
    ours[0] -= 100
    assert 1570 <= again.now(), "a clock that is set back stands still"


def test_times_are_written_as_each_vendor_does() -> None:
    at = 1_764_000_000.25
    assert "2025-11-24T16:00:00.250Z" == iso(at)
    assert "2025-11-25 00:00:00.250" == beijing(at)
    assert 1_764_000_000 == from_beijing("20251125000000")


def start(state: Path, environment: dict[str, str], *more: str) -> tuple[subprocess.Popen[bytes], dict[str, str]]:
    command = [sys.executable, "-m", "r2v_pipeline", "sandbox", "--port", "0", "--format", "json", "--clips", "plain"]
    started = subprocess.Popen([*command, "--state", str(state), *more], env=environment, stdout=subprocess.PIPE)
    assert started.stdout
    return started, json.loads(started.stdout.readline())


def asked(about: dict[str, str], path: str, body: Any = None, key: str = "") -> Any:
    headers = {"authorization": f"Bearer {key or about['key']}", "x-dashscope-async": "enable"}
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(path, data, headers), timeout=20) as answer:
        return json.load(answer)


def test_a_server_that_is_killed_forgets_nothing(tmp_path: Path, environment: dict[str, str]) -> None:
    """Jobs that run, end and are cancelled; uploads; the key; the time."""
    quick = ("--queue-s", "0", "--render-s", "1")
    first, about = start(tmp_path / "s", environment, *quick)
    submit = "/services/aigc/video-generation/video-synthesis"
    try:
        ids = [asked(about, about["dashscope"] + submit, BODY)["output"]["task_id"] for _ in range(3)]
        asked(about, about["wavespeed"] + "/__sandbox__/clock", {"forward_s": 3600})
        put = urllib.request.Request(
            about["blob"] + "/?pathname=a.png", b"x", method="PUT",
            headers={
                "authorization": f"Bearer {about['key']}", "x-api-version": "12", "x-vercel-blob-access": "public",
            },
        )  # fmt: skip
        url = json.load(urllib.request.urlopen(put, timeout=20))["url"]
        before = asked(about, about["ledger"])["jobs"]
        now = asked(about, about["wavespeed"] + "/__sandbox__/clock")["unix"]
    finally:
        first.send_signal(signal.SIGKILL)
        first.wait()
        first.stdout.close()
    second, again = start(tmp_path / "s", environment, *quick)
    try:
        assert about["key"] == again["key"]
        after = asked(again, again["ledger"])["jobs"]
        same = ("id", "accepted_at", "billed_seconds", "cost", "submits", "body")
        assert [[job[name] for name in same] for job in before] == [[job[name] for name in same] for job in after]
        assert asked(again, again["wavespeed"] + "/__sandbox__/clock")["unix"] >= now
        assert b"x" == urllib.request.urlopen(url.replace(about["wavespeed"], again["wavespeed"]), timeout=20).read()
        until = time.monotonic() + 30
        while {"SUCCEEDED"} != {
            asked(again, f"{again['dashscope']}/tasks/{id}")["output"]["task_status"] for id in ids
        }:
            assert time.monotonic() < until
            time.sleep(0.3)
    finally:
        second.terminate()
        assert 0 == second.wait(20)
        second.stdout.close()


def test_a_line_that_was_torn_is_left_out(tmp_path: Path) -> None:
    file = tmp_path / "log"
    file.write_bytes(b'{"a": 1}\n{"a": 2')
    log = Log(file)
    assert [{"a": 1}] == log.lines
    log.add({"a": 3})
    log.close()
    assert [{"a": 1}, {"a": 3}] == Log(file).lines


def test_a_folder_belongs_to_one_server(tmp_path: Path) -> None:
    how = {"settings": Settings(), "pace": Pace(), "speed": 1, "hands": 0, "plain": True}
    with serving(tmp_path / "s"), pytest.raises(EnvironmentTrouble, match="another sandbox works in"):
        Server(tmp_path / "s", **how)


def test_the_ledger_tells_every_job_and_counts_equal_bodies(client) -> None:
    for _ in range(2):
        client.ended(client.task(BODY))
    one, other = client.sandbox.ledger()["jobs"][-2:]
    assert {"service", "model", "accepted_at", "billed_seconds", "cost", "submits"} <= set(one)
    assert ("dashscope", "wan2.6-r2v-flash", 2, 0.1, 1) == tuple(
        one[name] for name in ("service", "model", "billed_seconds", "cost", "submits")
    )
    assert (2, 2, "done") == (one["same_body"], other["same_body"], other["state"])


def test_no_key_is_kept(tmp_path: Path, client_of) -> None:
    """Of a real account neither, and of its own only the one that it hands out."""
    real = "sk-4f9a1c7e2b8d6053aa17"
    with serving(tmp_path / "s") as sandbox:
        client = client_of(sandbox)
        client.key = real
        assert 401 == client.task(BODY).status_code
        client.blob("a.png", authorization=f"Bearer vercel_blob_rw_{real}")
        client.key = "sbx_another_key_0123456789"
        client.task(BODY)
    for path in (tmp_path / "s").rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert real.encode() not in content
            assert b"sbx_another_key_0123456789" not in content
    assert 0o600 == os.stat(tmp_path / "s" / "key").st_mode & 0o777
