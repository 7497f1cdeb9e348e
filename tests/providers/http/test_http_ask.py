"""Questions and uploads cost nothing: they are asked again where that helps, not for ever, and not sooner than told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from wire_faults import FAULTS, Handler, Server, Wire

from r2v_pipeline.canonical import digest_bytes
from r2v_pipeline.errors import EnvironmentTrouble, NetworkTrouble
from r2v_pipeline.providers.http.channel import Channel, Told
from r2v_pipeline.providers.http.exchange import Patience

Make = Callable[..., Channel]

# For servers that never come round: nothing good is missed by waiting too short.
IMPATIENT = Patience(ask_s=0.2, pauses_s=(0.01,))

# Answers that are whole and say something, whatever a vendor's client thinks of it.
ANSWERS = {"no id", "an id that climbs", "status 409", "status 418"}


def ask(channel: Make, *, paced: bool = False, **how: Any) -> Told:
    async def run() -> Told:
        made = channel(**how)
        try:
            return await made.ask("GET", "jobs/1", paced=paced)
        finally:
            await made.close()

    return asyncio.run(run())


def first(*handlers: Handler) -> Handler:
    """Each connection gets the next handler, the last one all that follow."""
    left: Iterator[Handler] = iter(handlers[:-1])
    return lambda wire: next(left, handlers[-1])(wire)


def honest(wire: Wire) -> None:
    while wire.read():
        wire.answer()


def status(code: str, *headers: str) -> Handler:
    def handler(wire: Wire) -> None:
        wire.read()
        wire.answer(b'{"error":"no"}', code, "connection: close", *headers)

    return handler


def test_an_answer_is_json_with_its_harmless_headers(server: Server, channel: Make) -> None:
    told = ask(channel)
    assert Told(200, {"content-type": "application/json"}, {"id": "job-1"}) == told
    assert "Bearer sbx_c4n4ry-7f3a91e0b2d8" == server.seen[0].headers["authorization"]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_that_passes_is_asked_past(fault: str, server: Server, channel: Make) -> None:
    server.handler = first(FAULTS[fault], honest)
    if fault in ANSWERS:
        assert ask(channel).status in (200, 409, 418)
        return
    assert {"id": "job-1"} == ask(channel).data
    assert 2 <= server.connections <= 3


@pytest.mark.parametrize("fault", [name for name in FAULTS if name not in ANSWERS])
def test_a_fault_that_stays_ends_in_trouble(fault: str, server: Server, channel: Make) -> None:
    server.handler = FAULTS[fault]
    began = time.monotonic()
    with pytest.raises(NetworkTrouble) as raised:
        ask(channel, patience=IMPATIENT)
    assert raised.value.again
    assert 7 == raised.value.exit_code
    assert time.monotonic() - began < 5
    assert 2 == max(server.connections, len(server.seen)), "one pause is two tries"


@pytest.mark.parametrize(("code", "data"), [("404 No", {"error": "no"}), ("410 Gone", {"error": "no"})])
def test_a_refusal_of_one_question_is_an_answer(code: str, data: object, server: Server, channel: Make) -> None:
    server.handler = status(code)
    told = ask(channel)
    assert (int(code[:3]), data) == (told.status, told.data)
    assert 1 == len(server.seen)


@pytest.mark.parametrize("code", ["401 Who", "402 Pay", "403 No"])
def test_a_refusal_of_the_account_names_the_variable(code: str, server: Server, channel: Make) -> None:
    server.handler = status(code)
    with pytest.raises(NetworkTrouble, match=code[:3]) as raised:
        ask(channel)
    assert "check TEST_KEY, and the account" == raised.value.help
    assert (False, int(code[:3])) == (raised.value.again, raised.value.status)
    assert 1 == len(server.seen)


@pytest.mark.parametrize("code", ["301 There", "307 There"])
def test_a_question_follows_no_redirect(code: str, server: Server, channel: Make) -> None:
    """The key would go along."""
    server.handler = status(code, f"location: {server.url}/elsewhere")
    with pytest.raises(NetworkTrouble):
        ask(channel)
    assert ["GET /jobs/1 HTTP/1.1"] == [seen.line for seen in server.seen]


def test_retry_after_is_kept(server: Server, channel: Make) -> None:
    server.handler = first(status("429 Slow", "retry-after: 0.3"), honest)
    began = time.monotonic()
    assert {"id": "job-1"} == ask(channel).data
    assert time.monotonic() - began >= 0.3


def test_a_long_wait_is_given_back(server: Server, channel: Make) -> None:
    """The limiter of the account knows what else is to wait."""
    server.handler = status("429 Slow", "retry-after: 60")
    with pytest.raises(NetworkTrouble) as raised:
        ask(channel)
    assert (60.0, 429, True) == (raised.value.after_s, raised.value.status, raised.value.again)
    assert 1 == len(server.seen)


def test_who_keeps_the_limit_gets_every_wait_back(server: Server, channel: Make) -> None:
    """A poll goes through the account's limiter; repeated here, it would go past it."""
    server.handler = first(status("429 Slow", "retry-after: 0.3"), honest)
    with pytest.raises(NetworkTrouble) as raised:
        ask(channel, paced=True)
    assert (0.3, 429) == (raised.value.after_s, raised.value.status)
    assert 1 == len(server.seen)


def test_in_an_outage_each_question_is_soon_asked_once(server: Server, channel: Make) -> None:
    """Four tries of each of hundreds of jobs would be a storm on a service that is just getting up."""
    server.handler = status("503 Down")
    patience = Patience(ask_s=0.5, pauses_s=(0.0, 0.0, 0.0))

    async def run() -> None:
        made = channel(patience=patience)
        for _ in range(100):
            with pytest.raises(NetworkTrouble):
                await made.ask("GET", "jobs/1")
        await made.close()

    asyncio.run(run())
    assert 150 == len(server.seen)


def test_questions_share_connections(server: Server, channel: Make) -> None:
    async def run() -> None:
        made = channel()
        for _ in range(20):
            await made.ask("GET", "jobs/1")
        await asyncio.gather(*(made.ask("GET", "jobs/1") for _ in range(40)))
        await made.close()

    asyncio.run(run())
    assert 60 == len(server.seen)
    assert server.connections <= 8


def test_a_cookie_is_not_kept(server: Server, channel: Make) -> None:
    server.handler = status("404 No", "set-cookie: a=b; path=/")

    async def run() -> None:
        made = channel()
        await made.ask("GET", "jobs/1")
        await made.ask("GET", "jobs/1")
        await made.close()

    asyncio.run(run())
    assert [None, None] == [seen.headers.get("cookie") for seen in server.seen]


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "mia.png"
    path.write_bytes(bytes(range(256)) * 4096)  # 1 MiB: several blocks
    return path


def upload(channel: Make, path: Path, sha256: str) -> Told:
    async def run() -> Told:
        made = channel()
        try:
            return await made.upload("PUT", "files/1", path, sha256, {"content-type": "image/png"})
        finally:
            await made.close()

    return asyncio.run(run())


def test_a_file_arrives_as_it_is(server: Server, channel: Make, picture: Path) -> None:
    data = picture.read_bytes()
    assert 200 == upload(channel, picture, digest_bytes(data)).status
    assert data == server.seen[0].body
    assert (str(len(data)), "image/png") == tuple(
        server.seen[0].headers[name] for name in ("content-length", "content-type")
    )
    assert "transfer-encoding" not in server.seen[0].headers


@pytest.mark.parametrize("fault", ["reset before reading", "close after reading", "status 503", "a web page"])
def test_an_upload_is_tried_again(fault: str, server: Server, channel: Make, picture: Path) -> None:
    server.handler = first(FAULTS[fault], honest)
    assert 200 == upload(channel, picture, digest_bytes(picture.read_bytes())).status
    assert picture.read_bytes() == server.seen[-1].body


@pytest.mark.parametrize("change", [b"", b"changed", b"x" * (1 << 20), b"x" * (3 << 20)])
def test_a_file_that_has_changed_does_not_arrive_whole(
    change: bytes, server: Server, channel: Make, picture: Path
) -> None:
    sha256 = digest_bytes(picture.read_bytes())
    picture.write_bytes(change)
    with pytest.raises(EnvironmentTrouble, match=r"mia\.png was changed while it was being sent"):
        upload(channel, picture, sha256)
    server.close()
    assert [] == [seen for seen in server.seen if seen.whole and seen.body]


def test_a_file_that_is_gone_is_named(server: Server, channel: Make, tmp_path: Path) -> None:
    with pytest.raises(EnvironmentTrouble, match=r"gone\.png cannot be read: No such file"):
        upload(channel, tmp_path / "gone.png", "0" * 64)
    assert 0 == server.connections
