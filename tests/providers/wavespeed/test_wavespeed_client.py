"""WaveSpeedAI's client: what it sends, to the letter, what it makes of every answer, and how a lost submit is found."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from r2v_pipeline.canonical import canonical, digest_bytes
from r2v_pipeline.diagnostics import SourceText, Span
from r2v_pipeline.errors import EnvironmentTrouble, NetworkTrouble, UsageError
from r2v_pipeline.providers.base import (
    FINDABLE,
    Accepted,
    Answer,
    Cost,
    Failed,
    Finished,
    Found,
    Lost,
    NotSent,
    Reference,
    Refused,
    RenderRequest,
    Running,
    Sought,
    Unknown,
)
from r2v_pipeline.providers.http.place import Where, place
from r2v_pipeline.providers.wavespeed import history
from r2v_pipeline.providers.wavespeed.client import WaveSpeedClient, make

MODEL = "alibaba/wan-2.7/reference-to-video"
ID = "0123456789abcdef0123456789abcdef"
BODY = {
    "prompt": "Video 1 waits",
    "videos": ["https://x.example/a.mp4"],
    "resolution": "720p",
    "aspect_ratio": "16:9",
    "duration": 5,
    "enable_prompt_expansion": False,
}
SUBMIT, RESULT = f"/api/v3/{MODEL}", f"/api/v3/predictions/{ID}/result"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
T = TypeVar("T")


def with_client(scripted: Any, act: Callable[[WaveSpeedClient], Awaitable[T]]) -> T:
    async def run() -> T:
        client = make(place("wavespeed", where=scripted.where(wavespeed="")))
        try:
            return await act(client)
        finally:
            await client.close()

    return asyncio.run(run())


def pure() -> WaveSpeedClient:
    """A client that nobody will ask anything."""
    return make(place("wavespeed", where=Where(environ={"WAVESPEED_API_KEY": "0123456789abcdef"})))


def fine(data: Any) -> dict[str, Any]:
    """A success in its envelope."""
    return {"code": 200, "message": "success", "data": data}


def prediction(**more: Any) -> dict[str, Any]:
    return fine({"id": ID, "model": MODEL, "outputs": [], "status": "created", "error": "", **more})


class TestSubmitting:
    """By the model's own address, once, and with no token: the service honours none."""

    def test_what_is_sent(self, scripted: Any) -> None:
        scripted.tell(SUBMIT, (200, prediction()))
        body = canonical(BODY)

        async def act(client: WaveSpeedClient) -> object:
            return client.read(await client.send(body, "token-1", MODEL), MODEL)

        assert Accepted({"id": ID}) == with_client(scripted, act)
        (asked,) = scripted.asked
        assert ("POST", SUBMIT, body) == (asked.method, asked.path, asked.body)
        assert "application/json" == asked.headers["content-type"]
        assert asked.headers["authorization"].startswith("Bearer sbx_")
        assert [] == [name for name, value in asked.headers.items() if "token-1" in value]

    @pytest.mark.parametrize("model", ["", "/x", "a/../b", "a//b", "a?b", "a b", "a/.env", "http://x"])
    def test_a_model_that_would_be_another_address_is_not_asked(self, model: str, scripted: Any) -> None:
        found = with_client(scripted, lambda client: client.send(b"{}", "t", model))
        assert isinstance(found, NotSent)
        assert not found.again
        assert [] == scripted.asked

    def test_a_lost_answer_is_lost(self, scripted: Any) -> None:
        scripted.server.handler = lambda wire: (wire.read(), wire.reset())[1]
        assert isinstance(with_client(scripted, lambda client: client.send(b"{}", "t", MODEL)), Lost)

    def test_its_class(self) -> None:
        terms = pure().terms
        assert (FINDABLE, 5, 3) == (terms.submit, terms.submits_a_minute, terms.running)
        assert terms.settle_s >= 180, "a submit may be answered for so long, and accepted at the end of it"
        assert 6 * 86_400 < terms.upload_life_s < 7 * 86_400
        assert asyncio.run(pure().cancel({"id": ID})) is False


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, prediction(), Accepted({"id": ID})),
        (200, prediction(status="failed", error="no"), Accepted({"id": ID})),
        (200, fine({}), Unknown("it was answered without an id")),
        (200, fine({"id": "../x"}), Unknown("it was answered without an id")),
        (200, fine(None), Unknown("it was answered without an id")),
        (200, "text", Unknown("it was answered without an id")),
        (200, {"code": 400, "message": "duration is wrong"}, Refused("400", "duration is wrong")),
        (200, {"code": 401, "message": "no"}, Refused("401", "no", account=True)),
        (200, {"code": 500, "message": "no"}, Unknown("it answered 200 with an error (500): no")),
        (200, {"code": 5004, "message": "slow"}, Unknown("it answered 200 with an error (5004): slow")),
        (200, {"code": 777, "message": "no"}, Unknown("it answered 200 with an error (777): no")),
        (400, {"code": 400, "message": "missing prompt"}, Refused("400", "missing prompt")),
        (400, {"code": 400, "message": "Insufficient balance"}, Refused("400", "Insufficient balance", account=True)),
        (401, {"code": 401, "message": "no"}, Refused("401", "no", account=True)),
        (403, {"code": 403, "message": "this key lacks a role"}, Refused("403", "this key lacks a role", account=True)),
        (404, {"code": 404, "message": "model not found"}, Refused("404", "model not found")),
        (429, {"code": 429, "message": "slowly"}, Refused("429", "slowly", again=True)),
        (500, {"code": 500, "message": "no"}, Unknown("no")),
        (502, "<html>", Unknown("it answered 502")),
        (201, prediction(), Accepted({"id": ID})),
        (500, prediction(), Unknown("it answered 500")),
    ],
)
def test_what_an_answer_to_a_submit_means(status: int, body: Any, expected: object) -> None:
    assert expected == pure().read(Answer(status, (), json.dumps(body)), MODEL)


@pytest.mark.parametrize("status", [200, 301, 400, 404, 409, 429, 500])
@pytest.mark.parametrize("body", ["", "null", "[1]", '{"data":[]}', '{"code":[],"message":{}}', "<html>", "\ud800"])
def test_reading_never_raises(status: int, body: str) -> None:
    found = pure().read(Answer(status, (("retry-after", "soon"),), body), MODEL)
    assert isinstance(found, (Refused, Unknown))


class TestAsking:
    """The result of one task, by our address and its id, whatever address the answer names."""

    def poll(self, scripted: Any, status: int, body: Any) -> object:
        scripted.tell(RESULT, (status, body))
        return with_client(scripted, lambda client: client.poll({"id": ID}))

    def test_an_address_in_an_answer_is_not_asked(self, scripted: Any) -> None:
        """It could be anybody's, and the key would go there."""
        assert Running() == self.poll(scripted, 200, prediction(urls={"get": "https://else.example/get"}))
        (asked,) = scripted.asked
        assert ("GET", RESULT) == (asked.method, asked.path)

    @pytest.mark.parametrize(
        ("data", "expected"),
        [
            ({"status": "created"}, Running()),
            ({"status": "processing"}, Running()),
            ({"status": "pondering"}, Running()),
            ({"status": None}, Running()),
            (
                {"status": "completed", "outputs": ["https://x.example/a.mp4"], "has_nsfw_contents": [True]},
                Finished({"id": ID, "url": "https://x.example/a.mp4"}),
            ),
            (
                {"status": "completed", "outputs": [{"type": "video", "url": "https://x.example/a.mp4"}]},
                Finished({"id": ID, "url": "https://x.example/a.mp4"}),
            ),
            (
                {"status": "failed", "error": "no\nway", "code": 1200},
                Failed("1200", "no way", billed=False),
            ),
            ({"status": "failed", "error": "HTTP 503", "code": 5003}, Failed("5003", "HTTP 503", True, billed=False)),
            ({"status": "failed", "error": None}, Failed("failed", "it said no more", billed=False)),
            ({"status": "cancelled"}, Failed("cancelled", "it ended as 'cancelled'")),
            ({"status": "timeout", "error": "too slow"}, Failed("timeout", "too slow")),
            ({"status": "deleted"}, Failed("deleted", f"WaveSpeedAI has thrown {ID} away", lost=True)),
        ],
    )
    def test_a_status(self, data: Any, expected: object, scripted: Any) -> None:
        assert expected == self.poll(scripted, 200, prediction(**data))

    @pytest.mark.parametrize("outputs", [None, [], [None], [""], [{}], [{"url": ["x"]}], "https://x.example/a.mp4"])
    def test_completed_without_a_clip_is_not_finished(self, outputs: Any, scripted: Any) -> None:
        with pytest.raises(NetworkTrouble, match="does not say where the clip is"):
            self.poll(scripted, 200, prediction(status="completed", outputs=outputs))

    @pytest.mark.parametrize(
        ("status", "body"),
        [
            (404, {"code": 404, "message": "prediction not found"}),
            (410, {}),
            (400, {"code": 400, "message": "Prediction not found"}),
            (200, {"code": 404, "message": "prediction not found"}),
        ],
    )
    def test_a_task_that_is_not_known(self, status: int, body: Any, scripted: Any) -> None:
        known = Failed("unknown", f"WaveSpeedAI does not know {ID}: it keeps tasks for 7 days", lost=True)
        assert known == self.poll(scripted, status, body)

    @pytest.mark.parametrize(
        ("status", "body"),
        [(400, {"code": 400, "message": "no"}), (200, {"code": 500, "message": "no"}), (401, {}), (429, {})],
    )
    def test_a_refused_question_is_trouble_and_no_end(self, status: int, body: Any, scripted: Any) -> None:
        with pytest.raises(NetworkTrouble):
            self.poll(scripted, status, body)


def sought(body: Any = None, claimed: frozenset[str] = frozenset()) -> Sought:
    return Sought(canonical(BODY if body is None else body), "t", 1_760_000_000, 1_760_000_300, claimed, MODEL)


def row(number: int, **more: Any) -> dict[str, Any]:
    return {"id": f"{number:032x}", "model": MODEL, "status": "processing", "input": BODY, **more}


def handle(number: int) -> dict[str, str]:
    return {"id": f"{number:032x}"}


class TestFinding:
    """By exactly what was asked, of the model, at the time, unclaimed; or an honest "I could not read it all"."""

    def find(self, scripted: Any, *pages: Any, wanted: Sought | None = None) -> Found:
        scripted.tell("/api/v3/predictions", *((200, page) for page in pages))
        return with_client(scripted, lambda client: client.find(wanted or sought()))

    def test_what_is_asked(self, scripted: Any) -> None:
        assert ((), True) == self.find(scripted, fine({"page": 1, "items": []}))[:2]
        (asked,) = scripted.asked
        assert ("POST", "/api/v3/predictions") == (asked.method, asked.path)
        assert {
            "page": 1,
            "page_size": 100,
            "model": MODEL,
            "created_after": "2025-10-09T08:53:20Z",
            "created_before": "2025-10-09T08:58:20Z",
            "include_inputs": True,
        } == asked.json

    def test_the_clock_of_the_service(self, scripted: Any) -> None:
        date = {"Date": "Fri, 14 Nov 2025 00:00:00 GMT"}
        scripted.tell("/api/v3/predictions", (200, fine({"items": []}), date))
        assert 1_763_078_400 == with_client(scripted, lambda client: client.find(sought())).now

    @pytest.mark.parametrize(
        ("rows", "expected"),
        [
            ([row(1)], [1]),
            ([row(1), row(2)], [1, 2]),
            ([row(1), row(1)], [1]),
            ([row(1, input={**BODY, "seed": -1, "negative_prompt": "", "image": None})], [1]),
            ([row(1, input={**BODY, "seed": 7})], []),
            ([row(1, input={**BODY, "seed": 0})], []),
            ([row(1, input={**BODY, "duration": 6})], []),
            ([row(1, input={**BODY, "enable_prompt_expansion": 0})], []),
            ([row(1, input={k: v for k, v in BODY.items() if k != "resolution"})], []),
            ([row(1, model="another/model")], []),
            ([row(2, input={**BODY, "prompt": "other"}), row(1)], [1]),
        ],
    )
    def test_an_exact_match(self, rows: Any, expected: list[int], scripted: Any) -> None:
        assert (tuple(handle(n) for n in expected), True) == self.find(scripted, fine({"items": rows}))[:2]

    def test_what_others_have_claimed_is_not_it(self, scripted: Any) -> None:
        claimed = frozenset({canonical(handle(1)).decode()})
        found = self.find(scripted, fine({"items": [row(1), row(2)]}), wanted=sought(claimed=claimed))
        assert (handle(2),) == found.handles

    def test_all_pages_are_read(self, scripted: Any) -> None:
        full = [row(n, input={**BODY, "prompt": f"other {n}"}) for n in range(10, 10 + history.PAGE)]
        found = self.find(scripted, fine({"items": full}), fine({"items": [row(1)]}))
        assert ((handle(1),), True) == found[:2]
        assert [1, 2] == [asked.json["page"] for asked in scripted.asked]

    @pytest.mark.parametrize(
        "page",
        [
            fine({"items": [{"id": "../x", "input": BODY}]}),
            fine({"items": ["text"]}),
            fine({"items": [row(1, input=None)]}),
            fine({"items": None}),
            fine("text"),
            {"code": 500, "message": "no"},
            [],
        ],
    )
    def test_what_cannot_be_read_proves_nothing(self, page: Any, scripted: Any) -> None:
        assert ((), False) == self.find(scripted, page)[:2]

    def test_a_history_that_has_no_end_proves_nothing(self, scripted: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(history, "PAGES", 2)
        full = [row(n) for n in range(history.PAGE)]
        assert ((), False) == self.find(scripted, fine({"items": full}))[:2]

    def test_an_outage_is_trouble(self, scripted: Any) -> None:
        scripted.tell("/api/v3/predictions", (403, {"code": 403, "message": "no"}))
        with pytest.raises(NetworkTrouble):
            with_client(scripted, lambda client: client.find(sought()))


class TestSendingFiles:
    """A ticket, then the file to where it says, without our key."""

    NAME = f"{digest_bytes(PNG)}.png"

    def ticket(self, scripted: Any, **more: Any) -> dict[str, Any]:
        upload = {"method": "PUT", "url": f"{scripted.url}/store/1", "headers": {"x-amz-acl": "private"}}
        return fine({"type": "image", "download_url": f"{scripted.url}/cdn/1.png", "upload": upload, **more})

    def upload(self, scripted: Any, folder: Path, content: bytes = PNG) -> str:
        file = folder / "My Mia (final).png"
        file.write_bytes(content)
        return with_client(scripted, lambda client: client.upload(file, digest_bytes(content), "image", MODEL))

    def test_what_is_sent(self, scripted: Any, tmp_path: Path) -> None:
        scripted.tell("/api/v3/media/uploads", (200, self.ticket(scripted)))
        scripted.tell("/store/1", (200, b""))
        assert f"{scripted.url}/cdn/1.png" == self.upload(scripted, tmp_path)
        ticket, put = scripted.asked
        assert {"filename": self.NAME, "size": len(PNG), "content_type": "image/png"} == ticket.json
        assert ("PUT", "/store/1", PNG, "private") == (put.method, put.path, put.body, put.headers["x-amz-acl"])
        assert "authorization" not in put.headers

    def test_a_ticket_that_has_expired_is_asked_for_again(self, scripted: Any, tmp_path: Path) -> None:
        scripted.tell("/api/v3/media/uploads", (200, self.ticket(scripted)))
        scripted.tell("/store/1", (403, b"expired"), (204, b""))
        assert f"{scripted.url}/cdn/1.png" == self.upload(scripted, tmp_path)
        assert ["POST", "PUT", "POST", "PUT"] == [asked.method for asked in scripted.asked]

    @pytest.mark.parametrize(
        ("status", "ticket", "said"),
        [
            (400, {"code": 400, "message": "too large"}, "would not take My Mia .* too large"),
            (200, {"code": 400, "message": "too large"}, "too large"),
            (404, {}, "it answered 404"),
            (200, fine({}), "does not say where"),
            (200, fine({"upload": {"method": "POST", "url": "https://x.example/"}}), "does not say where"),
        ],
    )
    def test_no_ticket(self, status: int, ticket: Any, said: str, scripted: Any, tmp_path: Path) -> None:
        scripted.tell("/api/v3/media/uploads", (status, ticket))
        with pytest.raises(NetworkTrouble, match=said):
            self.upload(scripted, tmp_path)
        assert 1 == len(scripted.asked)

    @pytest.mark.parametrize("address", ["http://10.0.0.1/x", "file:///etc/passwd", "http://me@127.0.0.1/x"])
    def test_a_file_is_not_sent_anywhere_else(self, address: str, scripted: Any, tmp_path: Path) -> None:
        elsewhere = {"method": "PUT", "url": address, "headers": {}}
        scripted.tell("/api/v3/media/uploads", (200, self.ticket(scripted, upload=elsewhere)))
        with pytest.raises(NetworkTrouble, match="nothing is sent there"):
            self.upload(scripted, tmp_path)
        assert 1 == len(scripted.asked)

    def test_a_text_is_not_sent(self, scripted: Any, tmp_path: Path) -> None:
        with pytest.raises(EnvironmentTrouble, match="no picture, video or sound"):
            self.upload(scripted, tmp_path, b"SECRET=1\n")
        assert [] == scripted.asked


class TestQuoting:
    """The service's own answer to the very inputs."""

    def request(self) -> RenderRequest:
        nowhere = Span(SourceText("a.yaml", ""), 0, 0)
        held = f"r2v-file:sha256:{'0' * 64}"
        reference = Reference(0, "mia", "Video 1", "video", "mia.mp4", "0" * 64, held, "mia.mp4", "", nowhere)
        return RenderRequest("wavespeed", MODEL, {**BODY, "videos": [held]}, (reference,), 5000, 5000)

    def quote(self, scripted: Any) -> Cost | None:
        return with_client(scripted, lambda client: client.quote(self.request()))

    @pytest.mark.parametrize(
        ("told", "expected"),
        [
            ({"price": 1.0}, Cost(1_000_000, 1_000_000, "USD")),
            ({"price": 1.5, "discounted_price": 1.2, "discount_rate": 0.8}, Cost(1_200_000, 1_200_000, "USD")),
            ({"unit_price": "0.0375", "currency": "usd"}, Cost(37_500, 37_500, "USD")),
            ({"price": 7, "currency": "CNY"}, Cost(7_000_000, 7_000_000, "CNY")),
            ({"price": -1}, None),
            ({"price": True}, None),
            ({"price": 1, "currency": "a lot"}, None),
            ({}, None),
        ],
    )
    def test_a_price(self, told: Any, expected: Cost | None, scripted: Any) -> None:
        scripted.tell("/api/v3/model/price", (200, fine(told)))
        assert expected == self.quote(scripted)
        (asked,) = scripted.asked
        assert MODEL == asked.json["model_id"]
        assert {**BODY, "videos": ["https://reference.invalid/0.mp4"]} == asked.json["inputs"]

    def test_the_older_route(self, scripted: Any) -> None:
        scripted.tell("/api/v3/model/price", (404, {"code": 404, "message": "not found"}))
        scripted.tell("/api/v3/model/pricing", (200, fine({"unit_price": 1.5})))
        assert Cost(1_500_000, 1_500_000, "USD") == self.quote(scripted)

    @pytest.mark.parametrize("answer", [(400, {"code": 400}), (200, {"code": 400}), (404, {}), (200, [])])
    def test_what_it_does_not_tell(self, answer: Any, scripted: Any) -> None:
        scripted.tell("/api/v3/model/pric", answer)
        assert self.quote(scripted) is None


def test_a_task_that_a_person_found() -> None:
    assert {"id": ID} == pure().handle(ID, MODEL)


@pytest.mark.parametrize("id", ["", "..", "a/b", "a b"])
def test_what_cannot_be_one(id: str) -> None:
    with pytest.raises(UsageError, match="cannot be a task of WaveSpeedAI"):
        pure().handle(id, MODEL)


def test_a_clip_is_fetched_without_the_key(scripted: Any, tmp_path: Path) -> None:
    film = b"\x00\x00\x00\x18ftypisom" + bytes(500)
    scripted.tell("/a.mp4", (200, film))
    with_client(scripted, lambda client: client.fetch({"id": ID, "url": f"{scripted.url}/a.mp4"}, tmp_path / "a.mp4"))
    assert film == (tmp_path / "a.mp4").read_bytes()
    assert "authorization" not in scripted.asked[0].headers
