"""A result is fetched whole, from where results may lie, by nobody's name; or there is trouble, in time."""

from __future__ import annotations

import asyncio
import resource
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from wire_faults import FAULTS, Handler, Server, Wire

from r2v_pipeline.errors import DiskTrouble, NetworkTrouble
from r2v_pipeline.providers.http import transfer
from r2v_pipeline.providers.http.channel import Channel
from r2v_pipeline.providers.http.exchange import Patience

Make = Callable[..., Channel]

FILM = b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + bytes(range(256)) * 400
TAG = ('etag: "v1"', "accept-ranges: bytes")

# Faults that a download cannot see: the whole decode after it does.
UNSEEN = {"no length, cut", "length shorter than the body"}


# For hosts that never come round: nothing good is missed by waiting too short.
IMPATIENT = Patience(window_s=0.2, pauses_s=(0.01,))


def download(channel: Make, url: str, to: Path, **how: object) -> bytes:
    async def run() -> None:
        made = channel(**how)
        try:
            await made.download(url, to)
        finally:
            await made.close()

    asyncio.run(run())
    return to.read_bytes()


def films(*headers: str, data: bytes = FILM) -> Handler:
    """A host of results that does not know ranges."""

    def handler(wire: Wire) -> None:
        while wire.read():
            wire.answer(data, "200 OK", *headers)

    return handler


@pytest.fixture
def to(tmp_path: Path) -> Path:
    return tmp_path / "clip.mp4"


def test_the_bytes_and_no_key(server: Server, channel: Make, to: Path) -> None:
    server.handler = films()
    assert FILM == download(channel, f"{server.url}/r/1.mp4?sig=s3cr3t", to)
    (seen,) = server.seen
    assert "GET /r/1.mp4?sig=s3cr3t HTTP/1.1" == seen.line
    assert "identity" == seen.headers["accept-encoding"]
    assert {"host", "user-agent", "accept", "accept-encoding"} == set(seen.headers)


@pytest.mark.parametrize("fault", [name for name in FAULTS if name not in UNSEEN])
def test_whatever_a_host_does_it_ends_in_time_without_a_clip(
    fault: str, server: Server, channel: Make, to: Path
) -> None:
    server.handler = FAULTS[fault]
    began = time.monotonic()
    with pytest.raises(NetworkTrouble) as raised:
        download(channel, f"{server.url}/r/1.mp4?sig=s3cr3t", to, patience=IMPATIENT)
    assert time.monotonic() - began < 4
    assert "s3cr3t" not in raised.value.message
    assert 7 == raised.value.exit_code


def test_a_host_that_mends_its_ways(server: Server, channel: Make, to: Path) -> None:
    handlers = iter([FAULTS["reset in the body"], FAULTS["status 503"]])
    server.handler = lambda wire: next(handlers, films())(wire)
    assert FILM == download(channel, f"{server.url}/r/1.mp4", to)


def _cut(at: int, *headers: str) -> Handler:
    def handler(wire: Wire) -> None:
        wire.read()
        wire.send(
            b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n%b\r\n"
            % (len(FILM), "".join(f"{h}\r\n" for h in headers).encode())
        )
        wire.send(FILM[:at])
        time.sleep(0.05)

    return handler


def _part(start: int, total: int = len(FILM)) -> Handler:
    def handler(wire: Wire) -> None:
        while wire.read():
            wire.answer(FILM[start:], "206 Part", f"content-range: bytes {start}-{len(FILM) - 1}/{total}", *TAG)

    return handler


def test_what_has_come_is_not_fetched_again(server: Server, channel: Make, to: Path) -> None:
    handlers = iter([_cut(50_000, *TAG)])
    server.handler = lambda wire: next(handlers, _part(50_000))(wire)
    assert FILM == download(channel, f"{server.url}/r/1.mp4", to)
    assert ("bytes=50000-", '"v1"') == (server.seen[1].headers["range"], server.seen[1].headers["if-range"])


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (_cut(50_000, *TAG), films()),  # the file is another one by now
        (_cut(50_000, *TAG), _part(40_000)),  # a part that was not asked for
        (_cut(50_000, *TAG), _part(50_000, total=7)),  # a part of another file
        (_cut(50_000, 'etag: W/"v1"', "accept-ranges: bytes"), films()),  # a name that two versions may share
        (_cut(50_000, 'etag: "v1"'), films()),  # a host that never offered it
        (_cut(50_000, *TAG), FAULTS["status 503"]),
    ],
)
def test_else_it_begins_anew(first: Handler, then: Handler, server: Server, channel: Make, to: Path) -> None:
    handlers = iter([first, then])
    server.handler = lambda wire: next(handlers, films())(wire)
    if then is FAULTS["status 503"]:
        handlers = iter([first, then, _part(50_000)])
    assert FILM == download(channel, f"{server.url}/r/1.mp4", to)


def test_a_slow_film_that_keeps_its_rate_is_waited_for(server: Server, channel: Make, to: Path) -> None:
    """Twice as long as the window, because a rate is asked for and no total time."""

    def handler(wire: Wire) -> None:
        wire.read()
        wire.send(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(FILM))
        wire.drip((FILM[at : at + 4096] for at in range(0, len(FILM), 4096)), 0.04)

    server.handler = handler
    began = time.monotonic()
    assert FILM == download(channel, f"{server.url}/r/1.mp4", to)
    assert time.monotonic() - began > 0.5


def test_one_below_the_rate_is_not(server: Server, channel: Make, to: Path) -> None:
    def handler(wire: Wire) -> None:
        wire.read()
        wire.send(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(FILM))
        wire.drip((FILM[at : at + 10] for at in range(0, len(FILM), 10)), 0.01)

    server.handler = handler
    with pytest.raises(NetworkTrouble, match="less than 10000 bytes a second"):
        download(channel, f"{server.url}/r/1.mp4", to, patience=IMPATIENT)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"<html>Sign in</html>" * 10, "a web page or a message"),
        (b'{"error":"expired"}', "a web page or a message"),
        (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "a web page or a message"),
        (b"", "nothing"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "no film"),
        (bytes(100), "no film"),
    ],
)
def test_only_a_film_is_one(data: bytes, said: str, server: Server, channel: Make, to: Path) -> None:
    server.handler = films(data=data)
    with pytest.raises(NetworkTrouble, match=f"127.0.0.1 sent {said} instead of a clip"):
        download(channel, f"{server.url}/r/1.mp4", to)
    assert 3 == len(server.seen)


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_an_expired_address_is_not_tried_again(status: int, server: Server, channel: Make, to: Path) -> None:
    def handler(wire: Wire) -> None:
        while wire.read():
            wire.answer(b"<Error/>", f"{status} No")

    server.handler = handler
    with pytest.raises(NetworkTrouble) as raised:
        download(channel, f"{server.url}/r/1.mp4?sig=s3cr3t", to)
    assert (status, True) == (raised.value.status, raised.value.again), "at another address it may be had"
    assert "s3cr3t" not in raised.value.message
    assert status in transfer.EXPIRED
    assert 1 == len(server.seen)


def test_too_long_a_film_is_refused_by_its_length(server: Server, channel: Make, to: Path) -> None:
    server.handler = lambda wire: (wire.read(), wire.answer(FILM, length=(2 << 30) + 1))[0]
    with pytest.raises(NetworkTrouble, match="more than 2 GiB"):
        download(channel, f"{server.url}/r/1.mp4", to)
    assert 1 == len(server.seen)


def test_too_long_a_film_without_a_length_is_cut(
    server: Server, channel: Make, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "FILM_BYTES", 50_000)
    server.handler = lambda wire: (wire.read(), wire.send(b"HTTP/1.1 200 OK\r\n\r\n" + FILM))[0]
    with pytest.raises(NetworkTrouble, match="sent more than 2 GiB"):
        download(channel, f"{server.url}/r/1.mp4", to)


class TestRedirects:
    """At most three, each looked at."""

    @pytest.fixture
    def hop(self, server: Server) -> Callable[[str], None]:
        def to(location: str) -> None:
            def handler(wire: Wire) -> None:
                while seen := wire.read():
                    if "/r/" in seen.line:
                        wire.answer(b"", "302 There", f"location: {location}")
                    else:
                        wire.answer(FILM)

            server.handler = handler

        return to

    def test_within_the_host(self, hop: Callable[[str], None], server: Server, channel: Make, to: Path) -> None:
        hop("/film.mp4")
        assert FILM == download(channel, f"{server.url}/r/1.mp4", to)

    @pytest.mark.parametrize(
        "location",
        [
            "file:///etc/passwd",
            "ftp://127.0.0.1/x",
            "http://10.0.0.1/x",
            "http://169.254.169.254/latest/meta-data/",
            "http://[fd00::1]/x",
            "http://user:pw@127.0.0.1/x",
            "http://127.0.0.1:99999/x",
            "//[::",
            "http://0.0.0.0/x",
            "http://[::ffff:10.0.0.1]/x",
        ],
    )
    def test_not_to_where_results_may_not_lie(
        self, location: str, hop: Callable[[str], None], server: Server, channel: Make, to: Path
    ) -> None:
        hop(location)
        with pytest.raises(NetworkTrouble, match="is not fetched") as raised:
            download(channel, f"{server.url}/r/1.mp4", to)
        assert not raised.value.again
        assert 1 == len(server.seen)

    def test_not_in_circles(self, hop: Callable[[str], None], server: Server, channel: Make, to: Path) -> None:
        hop("/r/2.mp4")
        with pytest.raises(NetworkTrouble, match="again and again"):
            download(channel, f"{server.url}/r/1.mp4", to)
        assert 4 == len(server.seen)

    def test_a_public_provider_cannot_send_us_to_this_machine(self, server: Server, channel: Make, to: Path) -> None:
        """By a name that looks innocent: what counts is the address that it leads to."""

        async def run() -> NetworkTrouble:
            made = channel("https://api.vendor.example/v1", key="live-c4n4ry-7f3a91e0b2d8")
            with pytest.raises(NetworkTrouble) as raised:
                await made.download(server.url.replace("127.0.0.1", "localhost") + "/r/1.mp4", to)
            await made.close()
            return raised.value

        trouble = asyncio.run(run())
        assert "localhost leads into a private network" == trouble.message
        assert [] == server.seen


@pytest.fixture
def full_disk() -> Iterator[None]:
    """Files cannot grow beyond 10 kB."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_is_no_trouble_with_the_network(server: Server, channel: Make, to: Path) -> None:
    server.handler = films()
    with pytest.raises(DiskTrouble, match="File too large"):
        download(channel, f"{server.url}/r/1.mp4", to)
    assert 1 == len(server.seen)


def test_a_folder_that_is_not_there(server: Server, channel: Make, tmp_path: Path) -> None:
    server.handler = films()
    with pytest.raises(DiskTrouble, match="No such file"):
        download(channel, f"{server.url}/r/1.mp4", tmp_path / "gone" / "clip.mp4")
