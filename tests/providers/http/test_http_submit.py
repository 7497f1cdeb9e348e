"""A submit is sent once, ends in time, and is called unsent or refused only where that is certain."""

from __future__ import annotations

import asyncio
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from wire_faults import FAULTS, GOOD, REFUSALS, Handler, Server, Wire

from r2v_pipeline.providers.client import Answer, Lost, NotSent, Refused, Unknown
from r2v_pipeline.providers.http.channel import Channel
from r2v_pipeline.providers.http.reading import parsed, safe_id, verdict

BODY = b'{"prompt":"a lamp"}'
LIVE_KEY = "live-c4n4ry-7f3a91e0b2d8"
Make = Callable[..., Channel]


def send(channel: Make, *urls: str, body: bytes = BODY, **how: object) -> Answer | NotSent | Lost:
    async def run() -> Answer | NotSent | Lost:
        made = channel(*urls, **how)
        try:
            return await made.send_once("jobs", body, {"content-type": "application/json"})
        finally:
            await made.close()

    return asyncio.run(run())


def meaning(answer: Answer) -> str:
    """What a vendor's client makes of an answer with an `id`."""
    judged = verdict(answer)
    if judged is not None:
        return type(judged).__name__
    try:
        data = parsed(answer.body)
    except ValueError:
        return "Unknown"
    return "Accepted" if isinstance(data, dict) and safe_id(data.get("id")) else "Unknown"


def test_an_honest_answer_comes_back_as_it_was(server: Server, channel: Make) -> None:
    answer = send(channel)
    assert Answer(200, (("content-type", "application/json"),), GOOD.decode()) == answer
    assert ["POST /jobs HTTP/1.1"] == [seen.line for seen in server.seen]
    assert BODY == server.seen[0].body
    assert "application/json" == server.seen[0].headers["content-type"]
    assert "identity" == server.seen[0].headers["accept-encoding"]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_answer_is_lost_or_unknown_and_sent_once(fault: str, server: Server, channel: Make) -> None:
    server.handler = FAULTS[fault]
    began = time.monotonic()
    answer = send(channel)
    assert time.monotonic() - began < 3, "it has to end in time"
    assert isinstance(answer, Lost | Answer)
    assert isinstance(answer, Lost) or "Unknown" == meaning(answer)
    assert len(server.seen) <= 1
    assert 1 == server.connections


@pytest.mark.parametrize("fault", REFUSALS)
def test_a_refusal_is_certain_by_its_status(fault: str, server: Server, channel: Make) -> None:
    server.handler = REFUSALS[fault]
    answer = send(channel)
    assert isinstance(answer, Answer)
    assert "Refused" == meaning(answer)
    assert len(server.seen) <= 1
    assert 1 == server.connections


@pytest.mark.parametrize("fault", ["100-continue once", "more than was promised", "dripped but in time", "gzip"])
def test_odd_answers_that_are_whole_are_answers(fault: str, server: Server, channel: Make) -> None:
    import gzip

    whole = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(GOOD), GOOD)
    packed = gzip.compress(GOOD)
    bytes_of = {
        "100-continue once": b"HTTP/1.1 100 Continue\r\n\r\n" + whole,
        "more than was promised": whole + b"and more",
        "dripped but in time": whole,
        "gzip": b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: %d\r\n\r\n%b" % (len(packed), packed),
    }[fault]
    gap_s = 0.001 if fault == "dripped but in time" else 0

    def handler(wire: Wire) -> None:
        wire.read()
        wire.drip((bytes([b]) for b in bytes_of), gap_s) if gap_s else wire.send(bytes_of)

    server.handler = handler
    answer = send(channel)
    assert isinstance(answer, Answer)
    assert GOOD.decode() == answer.body


def test_what_broke_off_says_which_request_it_was(server: Server, channel: Make) -> None:
    """The provider can look it up by that."""
    text = "HTTP/1.1 200 OK\r\nx-request-id: abc-1\r\ncontent-length: 99\r\n\r\n{'id':'job-7"
    server.handler = _after_reading(text.encode())
    answer = send(channel)
    assert isinstance(answer, Lost)
    assert "status 200, request abc-1" in answer.message
    assert "it began {'id':'job-7" in answer.message


def _after_reading(data: bytes) -> Handler:
    def handler(wire: Wire) -> None:
        wire.read()
        wire.send(data)

    return handler


def test_submits_never_share_a_connection(server: Server, channel: Make) -> None:
    """One that the server closes just then would look like a lost answer."""

    async def run() -> None:
        made = channel()
        for _ in range(3):
            assert isinstance(await made.send_once("jobs", BODY, {}), Answer)
        await made.close()

    asyncio.run(run())
    assert (3, 3) == (server.connections, len(server.seen))


def test_nobody_listens(server: Server, channel: Make) -> None:
    server.close()
    answer = send(channel)
    assert isinstance(answer, NotSent)
    assert ("connect", True) == (answer.code, answer.again)
    assert "connection refused" in answer.message


def test_no_such_host(channel: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    async def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "no")

    monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", unknown)
    answer = send(channel, "https://api.vendor.example/v1", key=LIVE_KEY)
    assert isinstance(answer, NotSent)
    assert ("dns", "api.vendor.example has no address", True) == answer


def test_a_connection_that_never_comes(channel: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_: object, **__: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", never)
    answer = send(channel, "https://api.vendor.example/v1", key=LIVE_KEY)
    assert isinstance(answer, NotSent)
    assert ("timeout", True) == (answer.code, answer.again)


def test_tls_that_is_none(server: Server, channel: Make) -> None:
    server.handler = lambda wire: wire.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    answer = send(channel, server.url.replace("http:", "https:"))
    assert isinstance(answer, NotSent)
    assert ("tls", False) == (answer.code, answer.again)


def test_tls_that_hangs(server: Server, channel: Make) -> None:
    server.handler = Wire.wait
    answer = send(channel, server.url.replace("http:", "https:"))
    assert isinstance(answer, NotSent)
    assert "timeout" == answer.code


def test_a_certificate_that_nobody_vouches_for(tmp_path: Path, channel: Make) -> None:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem", "-days",
         "1", "-subj", "/CN=localhost"],
        cwd=tmp_path, check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    received = []

    def serve(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        try:
            with context.wrap_socket(connection, server_side=True) as secured:
                received.append(secured.recv(100))
        except OSError:
            connection.close()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=(listening,), daemon=True)
        thread.start()
        answer = send(channel, f"https://127.0.0.1:{listening.getsockname()[1]}")
        thread.join(5)
    assert isinstance(answer, NotSent)
    assert ("tls", False) == (answer.code, answer.again)
    assert "could not prove who it is" in answer.message
    assert [] == received


def test_a_proxy_that_refuses(server: Server, channel: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proxies come from the environment; what one of them refuses before the tunnel stands was never sent."""
    server.handler = REFUSALS["status 403"]
    monkeypatch.setenv("HTTPS_PROXY", server.url)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    answer = send(channel, "https://api.vendor.example/v1", key=LIVE_KEY)
    assert isinstance(answer, NotSent)
    assert "proxy" == answer.code
    assert ["CONNECT api.vendor.example:443 HTTP/1.1"] == [seen.line for seen in server.seen]
    assert LIVE_KEY not in str(server.seen)


@pytest.mark.usefixtures("server")
def test_a_proxy_is_not_asked_for_this_machine(channel: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert isinstance(send(channel), Answer)


def test_a_malformed_header_is_never_sent_nor_quoted(channel: Make) -> None:
    async def run() -> Answer | NotSent | Lost:
        made = channel()
        try:
            return await made.send_once("jobs", BODY, {"x-token": "two\nlines secret-word"})
        finally:
            await made.close()

    answer = asyncio.run(run())
    assert isinstance(answer, NotSent)
    assert ("request", False) == (answer.code, answer.again)
    assert "secret-word" not in answer.message


def test_a_large_body_that_is_not_read(server: Server, channel: Make) -> None:
    """The buffers of the system took some of it: the provider may have all that it wants."""
    server.handler = lambda _: time.sleep(2)
    assert isinstance(send(channel, body=b"x" * (32 << 20)), Lost)


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (200, (), None),
        (201, (), None),
        (400, (), Refused("400", "it answered 400")),
        (401, (), Refused("401", "it answered 401", account=True)),
        (402, (), Refused("402", "it answered 402", account=True)),
        (403, (), Refused("403", "it answered 403", account=True)),
        (422, (), Refused("422", "it answered 422")),
        (307, (), Refused("307", "it answered 307")),
        (429, (), Refused("429", "it answered 429", again=True)),
        (429, (("retry-after", "5"),), Refused("429", "it answered 429", again=True, after_s=5.0)),
        (408, (), Unknown("it answered 408")),
        (409, (), Unknown("it answered 409")),
        (418, (), Unknown("it answered 418")),
        (500, (), Unknown("it answered 500")),
        (503, (), Unknown("it answered 503")),
        (599, (), Unknown("it answered 599")),
    ],
)
def test_what_a_status_says(status: int, headers: tuple[tuple[str, str], ...], expected: object) -> None:
    assert expected == verdict(Answer(status, headers, ""))
