"""Connections themselves: TLS, proxies, several addresses, and which of them is used a second time."""

from __future__ import annotations

import asyncio
import socket
import ssl
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from wire_faults import GOOD, Handler, Server, Wire

from r2v_pipeline.canonical import digest_bytes
from r2v_pipeline.providers.client import Answer, NotSent
from r2v_pipeline.providers.http import lines as lines_module
from r2v_pipeline.providers.http import wire as wire_module
from r2v_pipeline.providers.http.channel import Channel
from r2v_pipeline.providers.http.exchange import Patience
from r2v_pipeline.providers.http.lines import Lines
from r2v_pipeline.providers.http.watch import Watch
from r2v_pipeline.providers.http.wire import connect

Make = Callable[..., Channel]

LIVE_KEY = "live-c4n4ry-7f3a91e0b2d8"
# No second try hides that a connection was of no use.
ONCE = Patience(submit_s=5, ask_s=5, pauses_s=(), window_s=5, bytes_a_second=1)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Of this machine and of the vendor of these tests, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-keyout", "key.pem", "-out", "cert.pem", "-days", "1", "-subj", "/CN=tester",
         "-addext", "subjectAltName=IP:127.0.0.1,DNS:api.vendor.example"],
        cwd=folder, check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    return folder / "cert.pem", folder / "key.pem"


@pytest.fixture
def trusted(certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """The server's side of TLS; this process takes its certificate for genuine."""
    client = lines_module._certificates.__wrapped__()
    client.load_verify_locations(certificate[0])
    monkeypatch.setattr(lines_module, "_certificates", lambda: client)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["h2", "http/1.1"])
    context.load_cert_chain(*certificate)
    return context


def secured(context: ssl.SSLContext, handler: Handler) -> Handler:
    """The same behaviour beneath TLS."""

    def over_tls(wire: Wire) -> None:
        wire._connection = context.wrap_socket(wire._connection, server_side=True)
        with wire._connection:
            handler(wire)

    return over_tls


def honest(wire: Wire) -> None:
    while wire.read():
        wire.answer()


def run(channel: Channel, work: Callable[[Channel], Any]) -> Any:
    async def whole() -> Any:
        try:
            return await work(channel)
        finally:
            await channel.close()

    return asyncio.run(whole())


def test_a_submit_over_tls(server: Server, channel: Make, trusted: ssl.SSLContext) -> None:
    spoken: list[object] = []

    def handler(wire: Wire) -> None:
        spoken.append(wire._connection.selected_alpn_protocol())
        honest(wire)

    server.handler = secured(trusted, handler)
    body = bytes(range(256)) * 8192  # 2 MiB: many records, and more than any buffer takes
    made = channel(server.url.replace("http:", "https:"), patience=ONCE)
    answer = run(made, lambda c: c.send_once("jobs", body, {}))
    assert isinstance(answer, Answer)
    assert (200, GOOD.decode()) == (answer.status, answer.body)
    assert (1, body) == (server.connections, server.seen[0].body)
    assert ["http/1.1"] == spoken


def test_files_over_tls(server: Server, channel: Make, trusted: ssl.SSLContext, tmp_path: Path) -> None:
    """Both ways; a film without a length ends with its connection."""
    film = b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + bytes(range(256)) * 16384

    def handler(wire: Wire) -> None:
        while seen := wire.read():
            if seen.line.startswith("PUT"):
                wire.answer()
                continue
            wire.send(b"HTTP/1.1 200 OK\r\n\r\n" + film)
            wire._connection.unwrap()
            return

    server.handler = secured(trusted, handler)
    file = tmp_path / "mia.png"
    file.write_bytes(film)
    url = server.url.replace("http:", "https:")

    async def work(made: Channel) -> None:
        await made.upload("PUT", "files/1", file, digest_bytes(film), {})
        await made.download(f"{url}/r/1.mp4", tmp_path / "clip.mp4")

    run(channel(url, patience=ONCE), work)
    assert film == server.seen[0].body
    assert film == (tmp_path / "clip.mp4").read_bytes()


def test_questions_share_a_tunnel(
    server: Server, channel: Make, trusted: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By way of a proxy, which sees the host and nothing of the request."""

    def handler(wire: Wire) -> None:
        wire.read()
        wire.send(b"HTTP/1.1 200 Connected\r\n\r\n")
        secured(trusted, honest)(wire)

    server.handler = handler
    monkeypatch.setenv("HTTPS_PROXY", server.url)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)

    async def work(made: Channel) -> object:
        asked = [(await made.ask("GET", f"jobs/{number}")).data for number in range(3)]
        return asked, await made.send_once("jobs", b"{}", {})

    asked, submitted = run(channel("https://api.vendor.example/v1", patience=ONCE, key=LIVE_KEY), work)
    assert [{"id": "job-1"}] * 3 == asked
    assert isinstance(submitted, Answer)
    connect, *inner = [seen for seen in server.seen if "GET" not in seen.line]
    assert 2 == server.connections, "one for the questions, one for the submit"
    assert "CONNECT api.vendor.example:443 HTTP/1.1" == connect.line
    assert "authorization" not in connect.headers
    assert "POST /v1/jobs HTTP/1.1" == inner[-1].line


@pytest.fixture
def addresses(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """`addresses((host, port), …)`: a name that has these addresses, in this order."""

    def make(*known: tuple[str, int]) -> str:
        async def getaddrinfo(*_: object, **__: object) -> list[Any]:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in known]

        monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", getaddrinfo)
        return f"http://localhost:{known[-1][1]}"

    return make


def test_an_address_that_refuses_is_passed_over(server: Server, channel: Make, addresses: Callable[..., str]) -> None:
    gone = _closed_port()
    url = addresses(("127.0.0.1", gone), ("127.0.0.1", gone), ("127.0.0.1", server.port))
    began = time.monotonic()
    assert isinstance(run(channel(url, patience=ONCE), lambda c: c.send_once("jobs", b"{}", {})), Answer)
    assert time.monotonic() - began < 2 * wire_module.BESIDE_S, "it says so at once, and nobody waits"
    assert 1 == len(server.seen)


def test_an_address_that_says_nothing_holds_nobody_up(
    server: Server, channel: Make, addresses: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    opens = wire_module._open

    async def silent(family: int, protocol: int, address: tuple[Any, ...]) -> socket.socket:
        return await (asyncio.sleep(60) if address[1] == 9 else opens(family, protocol, address))

    monkeypatch.setattr(wire_module, "_open", silent)
    url = addresses(("127.0.0.1", 9), ("127.0.0.1", server.port))
    began = time.monotonic()
    assert isinstance(run(channel(url, patience=ONCE), lambda c: c.send_once("jobs", b"{}", {})), Answer)
    assert wire_module.BESIDE_S <= time.monotonic() - began < 4


def test_when_no_address_takes_a_connection_the_reason_is_told(channel: Make, addresses: Callable[..., str]) -> None:
    gone = _closed_port()
    url = addresses(("127.0.0.1", gone), ("127.0.0.1", gone))
    answer = run(channel(url, patience=ONCE), lambda c: c.send_once("jobs", b"{}", {}))
    assert NotSent("connect", "localhost cannot be reached: connection refused", True) == answer


def test_those_that_came_second_are_closed(
    server: Server, addresses: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A socket that nobody closes would be a warning, and so an error; and the server would go on waiting."""
    opens, all_open = wire_module._open, asyncio.Event()
    ended: list[object] = []
    opened: list[socket.socket] = []

    async def together(family: int, protocol: int, address: tuple[Any, ...]) -> socket.socket:
        opened.append(await opens(family, protocol, address))
        if len(opened) == 3:
            all_open.set()
        await all_open.wait()
        return opened.pop()

    monkeypatch.setattr(wire_module, "_open", together)
    monkeypatch.setattr(wire_module, "BESIDE_S", 0.01)
    server.handler = lambda wire: ended.append(wire.read())
    addresses(*[("127.0.0.1", server.port)] * 3)

    async def work() -> None:
        wire = await connect(b"localhost", server.port, None, 5, lambda _: None)
        await _until(lambda: len(ended) == 2)
        await wire.write(b"GET / HTTP/1.1\r\n\r\n")
        await _until(lambda: len(ended) == 3)
        wire.close()

    asyncio.run(work())
    assert [True, True, False] == [seen is None for seen in ended]


def _closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


async def _until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not done():
            await asyncio.sleep(0.005)


STRANGE = b'HTTP/1.1 200 OK\r\ncontent-length: 16\r\n\r\n{"id":"strange"}'


@pytest.mark.parametrize("pause_s", [0.0, 0.05])
def test_what_nobody_asked_for_is_no_answer(pause_s: float, server: Server, channel: Make) -> None:
    """Right behind an answer or a while after it: the next question would be given it."""

    def handler(wire: Wire) -> None:
        while wire.read():
            whole = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(GOOD), GOOD)
            wire.send(whole if pause_s else whole + STRANGE)
            if pause_s:
                time.sleep(pause_s)
                wire.send(STRANGE)

    server.handler = handler

    async def work(made: Channel) -> list[Any]:
        told = []
        for _ in range(3):
            told.append((await made.ask("GET", "jobs/1")).data)
            await asyncio.sleep(3 * pause_s)
        return told

    assert [{"id": "job-1"}] * 3 == run(channel(patience=ONCE), work)
    assert 3 == server.connections


def test_a_connection_that_the_server_has_closed_is_not_used(server: Server, channel: Make) -> None:
    def handler(wire: Wire) -> None:
        wire.read()
        wire.answer()

    server.handler = handler

    async def work(made: Channel) -> None:
        for _ in range(3):
            await made.ask("GET", "jobs/1")
            time.sleep(0.05)  # the loop, standing still, does not see the end by itself

    run(channel(patience=ONCE), work)
    assert (3, 3) == (server.connections, len(server.seen))


def test_a_connection_that_waited_too_long_is_not_used(
    server: Server, channel: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("r2v_pipeline.providers.http.direct.IDLE_S", 0.05)

    async def work(made: Channel) -> None:
        for pause_s in (0.0, 0.1, 0.0):
            await made.ask("GET", "jobs/1")
            await asyncio.sleep(pause_s)

    run(channel(patience=ONCE), work)
    assert 2 == server.connections


@asynccontextmanager
async def asking(server: Server, path: str = "", *, local: bool | None = None) -> AsyncIterator[Any]:
    lines = Lines(local=True, kept=1)
    try:
        yield lambda: lines.send("GET", f"{server.url}/{path}", {}, None, Watch(local), 5)
    finally:
        await lines.aclose()


def test_an_answer_that_is_given_up_ends_its_connection(server: Server) -> None:
    """Cancelled in the middle, or not read to its end: the rest of it is nobody's answer."""
    ends: list[float] = []

    def handler(wire: Wire) -> None:
        wire._connection.settimeout(30)
        wire.read()
        wire.answer()
        wire.read()
        wire.send(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nbegun")
        wire.wait()
        ends.append(time.monotonic())

    server.handler = handler

    async def work() -> None:
        async with asking(server) as ask:

            async def read() -> None:
                async with ask() as heard:
                    while await heard.more():
                        pass

            await read()
            task = asyncio.create_task(read())
            await asyncio.sleep(0.1)
            task.cancel()
            assert [True] == [
                isinstance(e, asyncio.CancelledError) for e in await asyncio.gather(task, return_exceptions=True)
            ]
            await _until(lambda: len(ends) == 1)
            await read()
            async with ask() as heard:
                assert b"begun" == await heard.more()
            await _until(lambda: len(ends) == 2)

    asyncio.run(work())
    assert 2 == server.connections


def test_a_body_that_was_cut_never_looks_whole(server: Server) -> None:
    def handler(wire: Wire) -> None:
        wire.read()
        wire.send(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nbegun")

    server.handler = handler

    async def work() -> None:
        async with asking(server) as ask, ask() as heard:
            assert b"begun" == await heard.more()
            with pytest.raises(httpx.RemoteProtocolError):
                await heard.more()
            with pytest.raises(httpx.ReadError):
                await heard.more()

    asyncio.run(work())


def test_a_kept_connection_leads_where_it_led(server: Server) -> None:
    """What was opened for a provider's own address does not serve an address out of an answer."""

    async def work() -> None:
        lines = Lines(local=True, kept=1)
        for local in (None, True):
            async with lines.send("GET", server.url, {}, None, Watch(local), 5) as heard:
                while await heard.more():
                    pass
        watch = Watch(False)
        with pytest.raises(httpx.ConnectError):
            async with lines.send("GET", server.url, {}, None, watch, 5):
                pass
        assert (True, False) == (watch.astray, watch.sending)
        await lines.aclose()

    asyncio.run(work())
    assert (1, 2) == (server.connections, len(server.seen))


def test_what_is_not_read_is_not_taken_in(server: Server) -> None:
    """A server that sends faster than the disk writes must not fill the memory."""
    server.handler = lambda wire: wire.drip((bytes(1 << 20) for _ in range(64)), 0)

    async def work() -> tuple[int, int]:
        wire = await connect(b"127.0.0.1", server.port, None, 5, lambda _: None)
        await asyncio.sleep(0.3)
        first, rest = len(await wire.read()), 0
        while data := await wire.read():
            rest += len(data)
        wire.close()
        return first, rest

    first, rest = asyncio.run(work())
    assert 0 < first <= 1 << 20
    assert 64 << 20 == first + rest


def test_what_is_not_read_does_not_pile_up(server: Server) -> None:
    """A file goes out as fast as the server takes it."""
    server.handler = lambda _: time.sleep(1)

    async def work() -> None:
        wire = await connect(b"127.0.0.1", server.port, None, 5, lambda _: None)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await wire.write(bytes(64 << 20))
        wire.close()

    asyncio.run(work())


def test_an_answer_counts_though_the_request_could_not_be_written(
    server: Server, channel: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server may refuse what it did not read to its end.  Its connection is not used again."""
    write = wire_module.Wire.write

    async def breaks(wire: wire_module.Wire, data: bytes) -> None:
        await write(wire, data)
        raise httpx.WriteError("broken")

    monkeypatch.setattr(wire_module.Wire, "write", breaks)

    async def work(made: Channel) -> object:
        return [(await made.ask("GET", "jobs/1")).status for _ in range(2)]

    assert [200, 200] == run(channel(patience=ONCE), work)
    assert 2 == server.connections
