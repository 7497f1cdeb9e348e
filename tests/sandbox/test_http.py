"""HTTP as any client may speak it, and as none should."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from r2v_pipeline.sandbox.beside import Running, serving
from r2v_pipeline.sandbox.routes import Settings

BODY = {
    "model": "wan2.6-r2v-flash",
    "input": {"prompt": "character1 waves", "reference_urls": ["https://example.com/a.png"]},
    "parameters": {"size": "1280*720", "duration": 2, "shot_type": "single"},
}
SUBMIT = "/api/v1/services/aigc/video-generation/video-synthesis"


class Wire:
    """A connection, byte by byte."""

    def __init__(self, sandbox: Running) -> None:
        self.port = int(sandbox.url.rpartition(":")[2])
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        self.file = self.socket.makefile("rb")

    def say(self, *lines: str, body: bytes = b"") -> None:
        head = "\r\n".join(lines).replace("HOST", f"127.0.0.1:{self.port}")
        self.socket.sendall(head.encode("latin-1") + b"\r\n\r\n" + body)

    def status(self) -> int:
        """The next status line, with its headers and body read over; 0 where the connection was closed."""
        first = self.file.readline()
        if not first:
            return 0
        length = 0
        while (line := self.file.readline()).strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        self.file.read(length)
        return int(first.split()[1])

    def close(self) -> None:
        self.file.close()
        self.socket.close()


@pytest.fixture
def wire(sandbox: Running) -> Iterator[Wire]:
    made = Wire(sandbox)
    yield made
    made.close()


def heads(sandbox: Running, *more: str) -> tuple[str, ...]:
    return (
        f"POST {SUBMIT} HTTP/1.1",
        "Host: HOST",
        f"Authorization: Bearer {sandbox.key}",
        "X-DashScope-Async: enable",
        *more,
    )


def test_a_body_may_come_in_chunks(sandbox: Running, wire: Wire) -> None:
    body = json.dumps(BODY).encode()
    pieces = [body[:10], body[10:11], body[11:]]
    chunks = b"".join(b"%x;name=value\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    wire.say(*heads(sandbox, "Transfer-Encoding: chunked"), body=chunks + b"0\r\nTrailer: x\r\n\r\n")
    assert 200 == wire.status()
    wire.say("GET /api/v1/models HTTP/1.1", "Host: HOST")
    assert 401 == wire.status(), "and the connection goes on"


def test_a_client_may_ask_before_it_sends(sandbox: Running, wire: Wire) -> None:
    body = json.dumps(BODY).encode()
    wire.say(*heads(sandbox, f"Content-Length: {len(body)}", "Expect: 100-continue"))
    assert 100 == wire.status()
    wire.socket.sendall(body)
    assert 200 == wire.status()


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (("nonsense",), 400),
        (("GET /x",), 400),
        (("GET x HTTP/1.1", "Host: HOST"), 400),
        (("GET /x HTTP/9", "Host: HOST"), 400),
        (("GET /x HTTP/1.1", "Host: HOST", "no colon"), 400),
        (("GET /x HTTP/1.1", "Host: HOST", " folded: x"), 400),
        (("POST /x HTTP/1.1", "Host: HOST", "Content-Length: -1"), 400),
        (("POST /x HTTP/1.1", "Host: HOST", "Content-Length: ten"), 400),
        (("POST /x HTTP/1.1", "Host: HOST", "Content-Length: 1", "Content-Length: 2"), 400),
        (("POST /x HTTP/1.1", "Host: HOST", "Transfer-Encoding: gzip"), 400),
        (("GET /x HTTP/1.1", "Host: HOST", f"X: {'y' * 70_000}"), 431),
        (("GET /api/v1/models HTTP/1.1", "Host: example.com"), 421),
        (("GET /__sandbox__/ledger HTTP/1.1", "Host: evil.example"), 421),
        (("GET /__sandbox__/ledger HTTP/1.1", "Host: HOST", "Origin: http://127.0.0.1:8080"), 403),
        (("GET /__sandbox__/nothing HTTP/1.1", "Host: HOST"), 404),
    ],
)
def test_what_is_no_request_is_refused(wire: Wire, lines: tuple[str, ...], status: int) -> None:
    wire.say(*lines)
    assert status == wire.status()


@pytest.mark.parametrize(
    "body",
    [b"[" * 100_000, b'{"model": NaN}', b'{"model": 1e999}', b"\xff\xfe", b"null", b'"text"', b"7", b"[]", b"{}", b""],
    ids=["deep", "nan", "infinite", "no utf-8", "null", "text", "number", "list", "empty object", "nothing"],
)
def test_whatever_a_body_holds_the_client_is_told_what_is_wrong(client, body: bytes) -> None:
    """Never a failure of this server's own, at any route that reads JSON."""
    about, auth = client.about, {**client.auth(), "x-dashscope-async": "enable"}
    video = {
        "ai-gateway-protocol-version": "0.0.1", "ai-gateway-auth-method": "api-key", "content-type": "application/json",
        "ai-video-model-specification-version": "4", "ai-model-id": "alibaba/wan-v2.6-r2v",
    }  # fmt: skip
    run = f"{about['wavespeed']}/api/v3/"
    for where in (
        about["wavespeed"] + SUBMIT, about["gateway"] + "/video-model/start", about["gateway"] + "/video-model/status",
        run + "alibaba/wan-2.6/reference-to-video", run + "media/uploads", run + "predictions/delete",
        about["blob"] + "/delete", about["wavespeed"] + "/__sandbox__/faults",
        about["wavespeed"] + "/__sandbox__/clock",
    ):  # fmt: skip
        told = client.http.post(where, content=body, headers={**auth, **video})
        harmless = where.endswith(("/clock", "/faults")) and body in (b"{}", b"[]")
        assert told.status_code in ((200, 400) if harmless else (400,)), (where, told.text)


def test_a_broken_chunk_is_refused(sandbox: Running, wire: Wire) -> None:
    wire.say(*heads(sandbox, "Transfer-Encoding: chunked"), body=b"zz\r\n")
    assert 400 == wire.status()


def test_a_request_that_breaks_off_is_no_submit(sandbox: Running, wire: Wire) -> None:
    before = len(sandbox.ledger()["jobs"])
    body = json.dumps(BODY).encode()
    wire.say(*heads(sandbox, f"Content-Length: {len(body)}"), body=body[:-1])
    wire.socket.shutdown(socket.SHUT_WR)
    assert 0 == wire.status()
    assert before == len(sandbox.ledger()["jobs"])


@pytest.mark.parametrize(("path", "status"), [(SUBMIT, 413), ("/v4/ai/video-model/start", 413), ("/api/v3/x/y", 413)])
def test_a_body_that_is_too_long_is_refused_unread(sandbox: Running, wire: Wire, path: str, status: int) -> None:
    wire.say(
        f"POST {path} HTTP/1.1", "Host: HOST", f"Authorization: Bearer {sandbox.key}", f"Content-Length: {1 << 30}"
    )
    assert status == wire.status()
    assert 0 == wire.status(), "what is on its way is not read"


def test_a_head_is_asked_without_a_body(wire: Wire) -> None:
    wire.say("HEAD /results/dashscope/x.mp4 HTTP/1.1", "Host: HOST")
    first = wire.file.readline()
    while wire.file.readline().strip():
        pass
    assert b"404" in first
    wire.say("GET /v1/models HTTP/1.1", "Host: HOST")
    assert 200 == wire.status(), "no body stood between"


@pytest.mark.parametrize(("lines", "kept"), [(("Connection: close",), False), ((), True)])
def test_connections_are_kept_unless_a_client_says_no(wire: Wire, lines: tuple[str, ...], kept: bool) -> None:
    wire.say("GET /v1/models HTTP/1.1", "Host: HOST", *lines)
    assert 200 == wire.status()
    if kept:
        wire.say("GET /v1/models HTTP/1.1", "Host: HOST")
    assert (200 if kept else 0) == wire.status()


def test_old_clients_get_one_answer(wire: Wire) -> None:
    wire.say("GET /v1/models HTTP/1.0", "Host: HOST")
    assert (200, 0) == (wire.status(), wire.status())


def test_parts_of_a_result_can_be_asked_for(client) -> None:
    url = client.ended(client.task(BODY))["output"]["video_url"]
    whole = client.http.get(url)
    asked = {
        "bytes=10-": (206, whole.content[10:]),
        "bytes=0-9": (206, whole.content[:10]),
        "bytes=-5": (206, whole.content[-5:]),
    }
    for wanted, expected in asked.items():
        got = client.http.get(url, headers={"range": wanted})
        assert expected == (got.status_code, got.content)
    assert (
        f"bytes 10-{len(whole.content) - 1}/{len(whole.content)}"
        == client.http.get(url, headers={"range": "bytes=10-"}).headers["content-range"]
    )
    assert 416 == client.http.get(url, headers={"range": f"bytes={len(whole.content)}-"}).status_code
    changed = client.http.get(url, headers={"range": "bytes=10-", "if-range": '"other"'})
    assert (200, whole.content) == (changed.status_code, changed.content)
    same = client.http.get(url, headers={"range": "bytes=10-", "if-range": whole.headers["etag"]})
    assert 206 == same.status_code


def test_a_signature_opens_its_own_result_only(client) -> None:
    url = client.ended(client.task(BODY))["output"]["video_url"]
    for wrong in (
        url.partition("?")[0],
        url + "0",
        url.replace("Expires=", "Expires=9"),
        url.replace("/dashscope/", "/gateway/"),
    ):
        assert client.http.get(wrong).status_code in (403, 404)


def test_many_clients_are_served_at_once(tmp_path) -> None:
    """64 at a time, each submit is a job, and none gets another's answer."""
    with serving(tmp_path / "s", Settings(limits=False)) as sandbox, httpx.Client(timeout=60) as http:
        headers = {"authorization": f"Bearer {sandbox.key}", "x-dashscope-async": "enable"}
        start = threading.Barrier(64, timeout=30)

        def submit(number: int) -> str:
            start.wait()
            body = {**BODY, "parameters": {**BODY["parameters"], "seed": number, "duration": 99}}
            made: str = http.post(sandbox.url + SUBMIT, json=body, headers=headers).json()["output"]["task_id"]
            return made

        with ThreadPoolExecutor(64) as pool:
            ids = list(pool.map(submit, range(64)))
        by_id = {job["id"]: job["body"]["parameters"]["seed"] for job in sandbox.ledger()["jobs"]}
        assert {id: number for number, id in enumerate(ids)} == by_id


def test_idle_connections_keep_nobody_waiting(sandbox: Running) -> None:
    idle = [Wire(sandbox) for _ in range(100)]
    for each in idle[::2]:
        each.socket.sendall(b"GET /v1/mod")
    busy = Wire(sandbox)
    busy.say("GET /v1/models HTTP/1.1", "Host: HOST")
    assert 200 == busy.status()
    for each in (*idle, busy):
        each.close()


def test_it_listens_on_this_machine_only(sandbox: Running) -> None:
    assert sandbox.url.startswith("http://127.0.0.1:")
    with (
        pytest.raises(ConnectionRefusedError),
        socket.create_connection(("127.0.0.2", int(sandbox.url.rpartition(":")[2])), timeout=5),
    ):
        pass
