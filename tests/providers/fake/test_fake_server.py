"""The vendor that only plays one: its bill is right whatever happens to it, and it serves nobody but this machine."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from r2v_pipeline.canonical import digest_bytes
from r2v_pipeline.providers.fake.bill import Bill, Job
from r2v_pipeline.providers.fake.faults import DEEDS, REPLIES, WIRE, Fault
from r2v_pipeline.providers.fake.orders import Orders
from r2v_pipeline.providers.fake.server import Running, serving
from r2v_pipeline.providers.fake.vendor import Asked, Settings, Vendor
from r2v_pipeline.providers.fake.wire import Request

KEY = "sbx_0123456789"
BODY: dict[str, Any] = {
    "label": "s1", "prompt": "a lamp", "seconds": 1, "width": 64, "height": 64, "audio": False, "take": 1,
    "references": [], "first_frame": None,
}  # fmt: skip
PICTURE = b"picture"


class Said(NamedTuple):
    """An answer."""

    status: int
    data: Any
    headers: dict[str, str]


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def vendor(tmp_path: Path, clock: Clock) -> Callable[..., Vendor]:
    """`vendor(render_s=10, …)`; the state is the same for all of a test."""
    tmp_path.joinpath("state").mkdir()
    return lambda **settings: Vendor(tmp_path / "state", Settings(**settings), clock)


def ask(vendor: Vendor, method: str, path: str, body: Any = None, token: str = "", key: str = KEY) -> Said:
    """As a client would, without the wire."""
    path, _, query = path.partition("?")
    headers = {"authorization": f"Bearer {key}", "idempotency-key": token, "host": "127.0.0.1:1"}
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = Request(method, path, dict(pair.split("=") for pair in query.split("&") if pair), headers, data)
    asked = vendor.understand(request)
    assert asked is not None
    reply = vendor.answer(asked, request)
    shown = reply.body if dict(reply.headers).get("content-type") == "video/mp4" else json.loads(reply.body)
    return Said(reply.status, shown, dict(reply.headers))


def submit(vendor: Vendor, mode: str = "opaque", token: str = "t", **changes: Any) -> Said:
    return ask(vendor, "POST", f"/{mode}/v1/jobs", {**BODY, **changes}, token)


def test_a_job_from_submit_to_clip(vendor: Callable[..., Vendor], clock: Clock) -> None:
    made = vendor(render_s=10)
    id = submit(made).data["id"]
    seen = []
    for _ in range(3):
        seen.append(ask(made, "GET", f"/opaque/v1/jobs/{id}").data)
        clock.now += 6
    assert ["queued", "running", "succeeded"] == [row["status"] for row in seen]
    assert [0.0, 0.6] == [row["progress"] for row in seen[:2]]
    assert (f"http://127.0.0.1:1/results/{id}.mp4", 100_000) == (seen[2]["result"]["url"], seen[2]["billed_micros"])
    assert b"ftyp" == ask(made, "GET", f"/results/{id}.mp4").data[4:8]


def test_its_clock_can_run_faster(vendor: Callable[..., Vendor], clock: Clock) -> None:
    made = vendor(render_s=100, speed=100)
    id = submit(made).data["id"]
    clock.now += 1.1
    assert "succeeded" == ask(made, "GET", f"/opaque/v1/jobs/{id}").data["status"]


def test_a_clip_is_what_was_asked_for(vendor: Callable[..., Vendor], tmp_path: Path) -> None:
    from r2v_pipeline.media.pyav import check_clip

    made = vendor(render_s=0)
    id = submit(made, seconds=2, width=96, height=64, audio=True).data["id"]
    (tmp_path / "clip.mp4").write_bytes(ask(made, "GET", f"/results/{id}.mp4").data)
    found = check_clip(tmp_path / "clip.mp4")
    assert (96, 64, 2000, True, 48) == (found.width, found.height, found.duration_ms, found.has_audio, found.frames)


def test_two_jobs_of_one_shape_are_two_files_and_one_is_always_the_same(vendor: Callable[..., Vendor]) -> None:
    made = vendor(render_s=0)
    clips = [ask(made, "GET", f"/results/{submit(made, prompt=p).data['id']}.mp4").data for p in ("a", "b", "a")]
    assert clips[0] != clips[1]
    assert clips[0] == clips[2]


class TestIdempotent:
    """A key buys once, as long as it lives."""

    def test_the_same_again_is_the_same_job(self, vendor: Callable[..., Vendor]) -> None:
        made = vendor()
        first, again = submit(made, "idempotent"), submit(made, "idempotent")
        assert (201, 200, first.data["id"]) == (first.status, again.status, again.data["id"])
        assert 1 == len(made.ledger()["jobs"])

    def test_with_another_body_it_is_refused(self, vendor: Callable[..., Vendor]) -> None:
        made = vendor()
        submit(made, "idempotent")
        assert (422, "key_reused") == (
            (said := submit(made, "idempotent", prompt="other")).status,
            said.data["error"]["code"],
        )

    def test_a_key_that_is_dead_buys_anew(self, vendor: Callable[..., Vendor], clock: Clock) -> None:
        made = vendor(key_life_s=60)
        submit(made, "idempotent")
        clock.now += 59
        submit(made, "idempotent")
        assert 1 == len(made.ledger()["jobs"])
        clock.now += 1
        submit(made, "idempotent")
        assert 2 == len(made.ledger()["jobs"])

    def test_another_accounts_key_is_another(self, vendor: Callable[..., Vendor]) -> None:
        made = vendor()
        for key in (KEY, KEY + "x"):
            ask(made, "POST", "/idempotent/v1/jobs", BODY, "t", key)
        assert 2 == len(made.ledger()["jobs"])

    @pytest.mark.parametrize("mode", ["findable", "opaque"])
    def test_the_others_do_not_look_at_it(self, mode: str, vendor: Callable[..., Vendor]) -> None:
        made = vendor()
        for _ in range(2):
            submit(made, mode)
        assert {"t": 2} == made.ledger()["by_token"]


class TestListing:
    """What a findable service shows."""

    def rows(self, vendor: Vendor, query: str = "since_ms=0&until_ms=0", key: str = KEY) -> list[Any]:
        found, page = [], 0
        while page is not None:
            said = ask(vendor, "GET", f"/findable/v1/jobs?{query}&page={page}", key=key).data
            found += said["jobs"]
            page = said["next"]
        return [row["input"]["label"] for row in found]

    def test_it_lags(self, vendor: Callable[..., Vendor], clock: Clock) -> None:
        made = vendor(lag_s=30)
        submit(made, "findable")
        clock.now += 29
        assert [] == self.rows(made)
        clock.now += 1
        assert ["s1"] == self.rows(made)

    def test_newest_first_page_by_page_of_a_time_of_an_account(
        self, vendor: Callable[..., Vendor], clock: Clock
    ) -> None:
        made = vendor(page=2)
        for n in range(5):
            submit(made, "findable", label=f"s{n}")
            clock.now += 10
        ask(made, "POST", "/findable/v1/jobs", {**BODY, "label": "theirs"}, "t", KEY + "x")
        submit(made, "opaque", label="elsewhere")
        assert ["s4", "s3", "s2", "s1", "s0"] == self.rows(made)
        assert ["s2", "s1"] == self.rows(made, "since_ms=1000010000&until_ms=1000020000")
        assert ["theirs"] == self.rows(made, key=KEY + "x")

    @pytest.mark.parametrize("mode", ["idempotent", "opaque"])
    def test_the_others_have_none(self, mode: str, vendor: Callable[..., Vendor]) -> None:
        assert 404 == ask(vendor(), "GET", f"/{mode}/v1/jobs?since_ms=0&until_ms=0&page=0").status


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"prompt": " "}, 422),
        ({"seconds": 0}, 422),
        ({"seconds": 1.5}, 422),
        ({"seconds": True}, 422),
        ({"width": 63}, 422),
        ({"audio": "yes"}, 422),
        ({"references": [{"kind": "image", "url": "r2v-file:sha256:00"}]}, 422),
        ({"references": [{"kind": "image", "url": "http://127.0.0.1:1/files/00"}]}, 422),
        ({"first_frame": "http://127.0.0.1:1/files/00"}, 422),
        ({"references": [{"kind": "image", "url": "https://pictures.example/a.png"}]}, 201),
    ],
)
def test_what_it_takes(changes: dict[str, Any], status: int, vendor: Callable[..., Vendor]) -> None:
    made = vendor()
    assert status == submit(made, **changes).status
    assert (status == 201) is bool(made.ledger()["jobs"])


def test_a_file_lies_under_its_digest(vendor: Callable[..., Vendor]) -> None:
    made, sha256 = vendor(), digest_bytes(PICTURE)
    assert 422 == ask(made, "PUT", "/opaque/v1/files/" + "0" * 64, PICTURE).status
    url = ask(made, "PUT", f"/opaque/v1/files/{sha256}", PICTURE).data["url"]
    assert 201 == submit(made, first_frame=url).status


@pytest.mark.parametrize("key", ["", "live-key-0123456789", "SBX_0123456789"])
def test_a_key_that_is_no_sandbox_key_is_refused(key: str, vendor: Callable[..., Vendor]) -> None:
    said = ask(vendor(), "POST", "/opaque/v1/jobs", BODY, "t", key)
    assert 401 == said.status
    assert not key or key not in json.dumps(said.data)


def test_only_what_has_not_begun_is_cancelled(vendor: Callable[..., Vendor], clock: Clock) -> None:
    made = vendor(render_s=10)
    early, late = submit(made).data["id"], submit(made, label="s2").data["id"]
    path = "/opaque/v1/jobs/{}/cancel".format
    assert {"cancelled": True} == ask(made, "POST", path(early)).data
    clock.now += 5
    assert {"cancelled": False} == ask(made, "POST", path(late)).data
    assert {"cancelled": True} == ask(made, "POST", path(early)).data
    assert 100_000 == made.ledger()["billed_micros"]
    assert "cancelled" == ask(made, "GET", f"/opaque/v1/jobs/{early}").data["status"]


def test_an_empty_account_buys_nothing(vendor: Callable[..., Vendor]) -> None:
    made = vendor(credit_micros=150_000)
    assert [201, 402] == [submit(made, label=label).status for label in ("s1", "s2")]
    assert {"left_micros": 50_000, "billed_micros": 100_000} == ask(made, "GET", "/opaque/v1/balance").data


def test_what_is_old_is_forgotten(vendor: Callable[..., Vendor], clock: Clock) -> None:
    made = vendor(kept_s=100)
    id = submit(made).data["id"]
    clock.now += 101
    assert "unknown" == ask(made, "GET", f"/opaque/v1/jobs/{id}").data["status"]
    assert 404 == ask(made, "GET", f"/results/{id}.mp4").status


class TestBill:
    """Whatever was told to a client is on the disk."""

    JOB = Job("fv-1", "opaque", "a", "t", "d", 1.0, 5, {"label": "s1"})

    def test_it_is_read_again(self, tmp_path: Path) -> None:
        bill = Bill(tmp_path / "bill")
        bill.accept(self.JOB)
        bill.accept(self.JOB._replace(id="fv-2", end="failed"))
        bill.accept(self.JOB._replace(id="fv-3"))
        bill.cancel("fv-3", 9.0)
        bill.close()
        again = Bill(tmp_path / "bill")
        assert bill.ledger() == again.ledger()
        assert 5 == again.ledger()["billed_micros"]
        again.close()

    def test_a_torn_line_is_nobodys(self, tmp_path: Path) -> None:
        bill = Bill(tmp_path / "bill")
        bill.accept(self.JOB)
        bill.close()
        whole = (tmp_path / "bill").read_bytes()
        for cut in range(len(whole)):
            (tmp_path / "bill").write_bytes(whole + whole.replace(b"fv-1", b"fv-2")[:cut])
            torn = Bill(tmp_path / "bill")
            assert ["fv-1"] == list(torn.jobs) or cut == len(whole) - 1
            torn.accept(self.JOB._replace(id="fv-3"))
            torn.close()
            after = Bill(tmp_path / "bill")
            assert {"fv-1", "fv-3"} <= set(after.jobs)
            after.close()

    def test_it_is_synced_before_it_is_told(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        bill, synced = Bill(tmp_path / "bill"), []
        monkeypatch.setattr(os, "fsync", lambda _: synced.append((tmp_path / "bill").read_bytes()))
        bill.accept(self.JOB)
        assert [(tmp_path / "bill").read_bytes()] == synced
        bill.close()


class TestFaults:
    """Orders are kept in their order, and counted."""

    ASKED = Asked("submit", "opaque", "")

    def test_skip_and_times(self) -> None:
        faults = Orders(Fault)
        faults.add([{"do": "hang", "skip": 1, "times": 2}])
        assert [False, True, True, False] == [faults.take(self.ASKED, "") is not None for _ in range(4)]
        assert [] == faults.open()

    def test_endpoint_mode_and_words(self) -> None:
        faults = Orders(Fault)
        faults.add([{"do": "hang", "on": "poll", "mode": "opaque", "contains": "s2", "times": -1}])
        assert None is faults.take(self.ASKED, "s2")
        assert None is faults.take(Asked("poll", "findable", ""), "s2")
        assert None is faults.take(Asked("poll", "opaque", ""), "s1")
        assert faults.take(Asked("poll", "opaque", ""), "…s2…") is not None

    @pytest.mark.parametrize(
        "order", [{"do": "nothing"}, {}, {"do": "hang", "on": "lunch"}, {"do": "hang", "mode": "x"}, "hang"]
    )
    def test_an_order_that_nobody_understands_is_refused(self, order: Any) -> None:
        faults = Orders(Fault)
        with pytest.raises(ValueError, match=r"fault|endpoint|mode"):
            faults.add([{"do": "hang"}, order])
        assert [] == faults.open()

    def test_what_refuses_has_not_accepted(self) -> None:
        """Else the bill would say one thing and the answer another."""
        assert [True, True, False, True, False] == [
            Fault(order).before
            for order in (
                {"do": "status", "status": 429},
                {"do": "redirect"},
                {"do": "status", "status": 503},
                {"do": "close_unread"},
                {"do": "close"},
            )
        ]

    def test_there_are_enough_of_them(self) -> None:
        assert len(WIRE) + len(REPLIES) + len(DEEDS) >= 40


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with serving(tmp_path / "state", Settings(render_s=0)) as made:
        yield made


def raw(url: str, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, Any]:
    """One request over the wire."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)
    try:
        connection.request(method, path, body, {"Authorization": f"Bearer {KEY}", **headers})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def test_it_answers_only_its_own_machine(running: Running) -> None:
    """A web page whose name was made to mean 127.0.0.1 still calls by its own name, and gets nothing."""
    port = running.url.rpartition(":")[2]
    for host in ("evil.example", f"evil.example:{port}", f"127.0.0.1.evil.example:{port}", "0.0.0.0", ""):
        assert 421 == raw(running.url, "POST", "/opaque/v1/jobs", json.dumps(BODY).encode(), Host=host)[0]
    for host in (f"localhost:{port}", f"127.0.0.1:{port}"):
        assert 200 == raw(running.url, "GET", "/__fake__/ledger", Host=host)[0]
    assert [] == running.ledger()["jobs"]
    assert running.url.startswith("http://127.0.0.1:")


def test_faults_are_ordered_over_the_wire(running: Running) -> None:
    running.order({"do": "status", "status": 503, "on": "submit", "before": True}, {"do": "doom", "code": "nsfw"})
    body = json.dumps(BODY).encode()
    assert [503, 201] == [raw(running.url, "POST", "/opaque/v1/jobs", body)[0] for _ in range(2)]
    (job,) = running.ledger()["jobs"]
    assert ("nsfw", 0) == (job["end"], job["billed_micros"])
    assert "failed" == raw(running.url, "GET", f"/opaque/v1/jobs/{job['id']}")[1]["status"]
    running.order({"do": "hang", "times": 9})
    running.behave()
    assert 201 == raw(running.url, "POST", "/opaque/v1/jobs", body)[0]
    assert 400 == raw(running.url, "POST", "/__fake__/faults", b'[{"do":"lunch"}]')[0]
    assert 404 == raw(running.url, "GET", "/__fake__/else")[0]
    assert 404 == raw(running.url, "GET", "/nowhere")[0]


def test_a_killed_server_forgets_nothing(tmp_path: Path, environment: dict[str, str]) -> None:
    """Started as a process, killed right after each answer, on the same state every time."""
    command = [
        sys.executable,
        "-m",
        "r2v_pipeline.providers.fake.server",
        "--state",
        str(tmp_path / "s"),
        "--render-s",
        "0",
    ]
    key = ""
    for n in range(1, 4):
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            about = json.loads(process.stdout.readline())
            assert key in ("", about["key"])
            key = about["key"]
            assert key.startswith("sbx_")
            status, _ = raw(
                about["url"], "POST", "/idempotent/v1/jobs", json.dumps(BODY).encode(), **{"Idempotency-Key": f"t{n}"}
            )
            process.send_signal(signal.SIGKILL)
        assert 201 == status
        bill = Bill(tmp_path / "s" / "bill.jsonl")
        assert n == len(bill.jobs)
        bill.close()


def test_it_stops_when_told(tmp_path: Path, environment: dict[str, str]) -> None:
    faults = tmp_path / "faults.json"
    faults.write_text('[{"do":"status","status":402,"on":"balance"}]')
    command = [sys.executable, "-m", "r2v_pipeline.providers.fake.server", "--state", str(tmp_path / "s")]
    command += ["--mode", "opaque", "--fault", str(faults)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        about = json.loads(process.stdout.readline())
        assert 402 == raw(about["url"], "GET", "/opaque/v1/balance")[0]
        assert 404 == raw(about["url"], "GET", "/findable/v1/balance")[0]
        process.send_signal(signal.SIGTERM)
        assert 0 == process.wait(10)
