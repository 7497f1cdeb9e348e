"""The gateway's client: what it sends, to the letter, and what it makes of every answer."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from r2v_pipeline.canonical import canonical, digest_bytes
from r2v_pipeline.diagnostics import SourceText, Span
from r2v_pipeline.errors import EnvironmentTrouble, NetworkTrouble, UsageError
from r2v_pipeline.providers.base import (
    IDEMPOTENT,
    Accepted,
    Answer,
    Cost,
    Failed,
    Finished,
    Found,
    Lost,
    Reference,
    Refused,
    RenderRequest,
    Running,
    Sought,
    Unknown,
)
from r2v_pipeline.providers.http.place import Where, place
from r2v_pipeline.providers.vercel.client import VercelClient, make

MODEL = "alibaba/wan-v2.6-r2v"
BODY = {"prompt": "character1 waits", "n": 1, "resolution": "1280x720", "duration": 5}
OPERATION = {"gatewayJobId": "job_123", "more": [1, {"deep": None}]}
HANDLE = {"operation": OPERATION, "model": MODEL}
START, STATUS = "/v4/ai/video-model/start", "/v4/ai/video-model/status"
FILM = b"\x00\x00\x00\x18ftypisom" + bytes(500)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
ELSEWHERE = "Vercel AI Gateway says that it has put the clip somewhere else; r2v never asks for that"
T = TypeVar("T")


def with_client(scripted: Any, act: Callable[[VercelClient], Awaitable[T]]) -> T:
    async def run() -> T:
        client = make(place("vercel", where=scripted.where(gateway="/v4/ai", blob="/api/blob")))
        try:
            return await act(client)
        finally:
            await client.close()

    return asyncio.run(run())


def pure(environ: dict[str, str] | None = None) -> VercelClient:
    """A client that nobody will ask anything."""
    return make(place("vercel", where=Where(environ=environ or {"AI_GATEWAY_API_KEY": "vck_0123456789abcdef"})))


def request(*lengths_ms: int | None, images: int = 0, **settled: Any) -> RenderRequest:
    """Five seconds from so many references."""
    kinds: list[tuple[str, int | None]] = [("video", ms) for ms in lengths_ms] + [("image", None)] * images
    nowhere = Span(SourceText("a.yaml", ""), 0, 0)
    references = tuple(
        Reference(n, f"m{n}", f"character{n}", kind, "", "", f"https://x.example/{n}", "", "", nowhere, None, ms)
        for n, (kind, ms) in enumerate(kinds)
    )
    known = {"resolution": "720p", "ratio": "16:9", "audio": True, **settled}
    return RenderRequest("vercel", MODEL, BODY, references, 5000, 5000, "", **known)


class TestSubmitting:
    """The asynchronous route alone, with a key that makes it safe to ask twice."""

    def test_what_is_sent(self, scripted: Any) -> None:
        scripted.tell(START, (202, {"operation": OPERATION, "warnings": None}))
        body = canonical(BODY)

        async def act(client: VercelClient) -> object:
            return client.read(await client.send(body, "token-1", MODEL), MODEL)

        assert Accepted(HANDLE) == with_client(scripted, act)
        (asked,) = scripted.asked
        assert ("POST", START, body) == (asked.method, asked.path, asked.body)
        own = {name: value for name, value in asked.headers.items() if name.startswith(("ai-", "idem", "content-type"))}
        assert {
            "content-type": "application/json",
            "ai-gateway-protocol-version": "0.0.1",
            "ai-gateway-auth-method": "api-key",
            "ai-video-model-specification-version": "4",
            "ai-model-id": MODEL,
            "idempotency-key": "token-1",
        } == own
        assert asked.headers["authorization"].startswith("Bearer sbx_")
        assert asked.headers["user-agent"].startswith("r2v/")

    def test_it_is_never_sent_twice_by_the_client(self, scripted: Any) -> None:
        """Sending again is for whoever keeps the journal, and for the same token only."""
        scripted.tell(START, (500, {"error": {"message": "All providers failed", "type": "internal_server_error"}}))

        async def act(client: VercelClient) -> object:
            return client.read(await client.send(b"{}", "t", MODEL), MODEL)

        assert Unknown("All providers failed") == with_client(scripted, act)
        assert 1 == len(scripted.asked)

    def test_its_class(self) -> None:
        client = pure()
        assert (IDEMPOTENT, 7200) == (client.terms.submit, client.terms.key_life_s)
        assert Found((), complete=False) == asyncio.run(client.find(Sought(b"", "t", 0, 1, frozenset())))
        assert asyncio.run(client.cancel(HANDLE)) is False


def error(type: str | None, message: str = "no", **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, **({"type": type} if type else {}), **more}}


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, {"operation": "an opaque text"}, Accepted({"operation": "an opaque text", "model": MODEL})),
        (202, {"operation": {"gatewayJobId": "j"}, "providerMetadata": None},
         Accepted({"operation": {"gatewayJobId": "j"}, "model": MODEL})),
        (202, {"operation": None}, Unknown("it was answered without an operation")),
        (202, {}, Unknown("it was answered without an operation")),
        (202, [], Unknown("it was answered without an operation")),
        (202, "text", Unknown("it was answered without an operation")),
        (400, error("invalid_request_error"), Refused("invalid_request_error", "no")),
        (401, error("authentication_error"), Refused("authentication_error", "no", account=True)),
        (401, error(None, code="unauthorized"), Refused("unauthorized", "no", account=True)),
        (402, error(None), Refused("402", "no", account=True)),
        (402, error("insufficient_funds"), Refused("insufficient_funds", "no", account=True)),
        (403, error("forbidden", param={"ruleId": "r"}), Refused("forbidden", "no", account=True)),
        (404, error("model_not_found", param={"modelId": MODEL}), Refused("model_not_found", "no")),
        (409, error("conflict"), Unknown("no")),
        (424, error("failed_dependency"), Unknown("no")),
        (429, error("rate_limit_exceeded"), Refused("rate_limit_exceeded", "no", again=True)),
        (502, {"error": "text"}, Unknown("text")),
        (503, {}, Unknown("it answered 503")),
    ],
)  # fmt: skip
def test_what_an_answer_to_a_start_means(status: int, body: Any, expected: object) -> None:
    assert expected == pure().read(Answer(status, (), json.dumps(body)), MODEL)


@pytest.mark.parametrize("status", [200, 202, 301, 400, 404, 409, 429, 500])
@pytest.mark.parametrize(
    "body", ["", "null", "[1]", '{"error":[]}', '{"error":{"type":[],"code":{}}}', "<html>", "\ud800"]
)
def test_reading_never_raises(status: int, body: str) -> None:
    found = pure().read(Answer(status, (("retry-after", "soon"),), body), MODEL)
    assert isinstance(found, (Refused, Unknown))


def test_a_wait_that_is_asked_for_is_kept() -> None:
    answer = Answer(429, (("retry-after", "7"),), json.dumps(error("rate_limit_exceeded")))
    found = pure().read(answer, MODEL)
    assert isinstance(found, Refused)
    assert 7 == found.after_s


class TestAsking:
    """The status of one job, by the operation as it came."""

    def poll(self, scripted: Any, status: int, body: Any, **more: Any) -> object:
        scripted.tell(STATUS, (status, body))
        for path, answer in more.items():
            scripted.tell(f"/v1/{path}", answer)
        return with_client(scripted, lambda client: client.poll(HANDLE))

    def test_what_is_sent(self, scripted: Any) -> None:
        assert Running() == self.poll(scripted, 200, {"status": "pending"})
        (asked,) = scripted.asked
        assert ("POST", STATUS, {"operation": OPERATION}) == (asked.method, asked.path, asked.json)
        assert (MODEL, "4") == (asked.headers["ai-model-id"], asked.headers["ai-video-model-specification-version"])
        assert "idempotency-key" not in asked.headers

    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            ({"status": "pending", "providerMetadata": {"gateway": {"asyncJob": {"status": "running"}}}}, Running()),
            ({"status": "something new"}, Running()),
            ({}, Running()),
            (
                {"status": "completed", "videos": [{"type": "url", "url": "https://x.example/a.mp4"}]},
                Finished({"url": "https://x.example/a.mp4"}),
            ),
            (
                {"status": "completed", "videos": [{"type": "base64", "data": "AAAA", "mediaType": "video/mp4"}]},
                Finished({"data": "AAAA"}),
            ),
            (
                {"status": "completed", "videos": []},
                Failed("expired", "Vercel AI Gateway made the clip, and keeps it no longer", lost=True),
            ),
            (
                {"status": "completed", "videos": [{"type": "uploaded"}]},
                Failed("uploaded", ELSEWHERE),
            ),
            ({"status": "error", "error": "Async video job failed"}, Failed("failed", "Async video job failed")),
            ({"status": "error"}, Failed("failed", "it said no more")),
            ({"status": "cancelled", "providerMetadata": {}}, Failed("cancelled", "the job was cancelled")),
        ],
    )  # fmt: skip
    def test_a_status(self, body: Any, expected: object, scripted: Any) -> None:
        assert expected == self.poll(scripted, 200, body)

    @pytest.mark.parametrize("video", [{}, {"type": "url"}, {"type": "url", "url": ""}, {"type": "file"}, "text", 7])
    def test_completed_without_a_clip_is_not_finished(self, video: Any, scripted: Any) -> None:
        with pytest.raises(NetworkTrouble, match="does not say where the clip is"):
            self.poll(scripted, 200, {"status": "completed", "videos": [video]})

    def test_a_job_that_is_not_known(self, scripted: Any) -> None:
        assert Failed("not_found", "no such job", lost=True) == self.poll(
            scripted, 404, error("not_found", "no such job")
        )

    @pytest.mark.parametrize(("status", "again"), [(400, True), (401, False), (429, True)])
    def test_a_refused_question_is_trouble_and_no_end(self, status: int, again: bool, scripted: Any) -> None:
        with pytest.raises(NetworkTrouble) as raised:
            self.poll(scripted, status, error(None))
        assert (status, again) == (raised.value.status, raised.value.again)

    @pytest.mark.parametrize(
        ("gateway", "expected"),
        [
            ({"cost": "0.20", "marketCost": "0.30"}, Cost(200_000, 200_000, "USD")),
            ({"cost": "a lot", "generationId": "gen-1"}, Cost(450_000, 450_000, "USD")),
            ({"generationId": "gen-1"}, Cost(450_000, 450_000, "USD")),
            ({"generationId": "../../x"}, None),
            ({}, None),
        ],
    )
    def test_what_it_took_is_asked_afterwards(self, gateway: Any, expected: Cost | None, scripted: Any) -> None:
        body = {
            "status": "completed",
            "videos": [{"type": "url", "url": "https://x.example/a.mp4"}],
            "providerMetadata": {"gateway": gateway},
        }
        generation = (200, {"data": {"id": "gen-1", "total_cost": 0.45}})
        found = self.poll(scripted, 200, body, generation=generation)
        assert isinstance(found, Finished)
        assert expected == found.cost

    def test_no_price_holds_up_a_clip(self, scripted: Any) -> None:
        body = {
            "status": "completed",
            "videos": [{"type": "url", "url": "https://x.example/a.mp4"}],
            "providerMetadata": {"gateway": {"generationId": "gen-1"}},
        }
        found = self.poll(scripted, 200, body, generation=(403, error("forbidden")))
        assert Finished({"url": "https://x.example/a.mp4"}) == found


class TestFetching:
    """From an address, or out of the answer."""

    def test_by_its_address_and_without_a_key(self, scripted: Any, tmp_path: Path) -> None:
        scripted.tell("/a.mp4", (200, FILM))
        with_client(scripted, lambda client: client.fetch({"url": f"{scripted.url}/a.mp4"}, tmp_path / "a.mp4"))
        assert FILM == (tmp_path / "a.mp4").read_bytes()
        assert "authorization" not in scripted.asked[0].headers

    def test_out_of_an_answer_longer_than_any_other(self, scripted: Any, tmp_path: Path) -> None:
        film = FILM + bytes(range(256)) * 40_000  # 10 MB: more than an answer to anything else may be
        text = base64.b64encode(film).decode()
        scripted.tell(STATUS, (200, {"status": "completed", "videos": [{"type": "base64", "data": text}]}))

        async def act(client: VercelClient) -> None:
            found = await client.poll(HANDLE)
            assert isinstance(found, Finished)
            await client.fetch(found.output, tmp_path / "a.mp4")

        with_client(scripted, act)
        assert film == (tmp_path / "a.mp4").read_bytes()

    @pytest.mark.parametrize(
        ("data", "said"),
        [("%%%", "not base64"), ("AAA", "not base64"), ("PGh0bWw+", "something else instead of a clip")],
    )
    def test_what_is_no_clip(self, data: str, said: str, scripted: Any, tmp_path: Path) -> None:
        with pytest.raises(NetworkTrouble, match=said):
            with_client(scripted, lambda client: client.fetch({"data": data}, tmp_path / "a.mp4"))
        assert not (tmp_path / "a.mp4").exists()


class TestSendingFiles:
    """One PUT to Vercel Blob, under a name that is made of the content."""

    PATH = f"r2v/{digest_bytes(PNG)}.png"

    def upload(self, scripted: Any, folder: Path) -> str:
        (folder / "My Mia (final).png").write_bytes(PNG)
        return with_client(
            scripted, lambda client: client.upload(folder / "My Mia (final).png", digest_bytes(PNG), "image", MODEL)
        )

    def test_what_is_sent(self, scripted: Any, tmp_path: Path) -> None:
        scripted.tell("/api/blob/", (200, {"url": f"{scripted.url}/lies/here.png", "pathname": self.PATH}))
        assert f"{scripted.url}/lies/here.png" == self.upload(scripted, tmp_path)
        (asked,) = scripted.asked
        assert ("PUT", f"/api/blob/?pathname={self.PATH.replace('/', '%2F')}") == (asked.method, asked.path)
        assert PNG == asked.body
        own = {name: value for name, value in asked.headers.items() if name.startswith("x-")}
        assert {
            "x-api-version": "12",
            "x-vercel-blob-access": "public",
            "x-content-type": "image/png",
            "x-add-random-suffix": "0",
            "x-allow-overwrite": "1",
        } == own

    @pytest.mark.parametrize(
        ("answer", "said"),
        [
            ((400, {"error": {"code": "bad_request", "message": "the store is closed"}}), "the store is closed"),
            ((403, {"error": {"code": "forbidden"}}), "Vercel Blob answered 403"),
            ((200, {"url": ""}), "does not say where it is"),
            ((200, {"url": "http://10.0.0.1/a.png"}), "does not say where it is"),
            ((200, []), "does not say where it is"),
        ],
    )
    def test_what_goes_wrong(self, answer: Any, said: str, scripted: Any, tmp_path: Path) -> None:
        scripted.tell("/api/blob/", answer)
        with pytest.raises(NetworkTrouble, match=said):
            self.upload(scripted, tmp_path)

    def test_without_a_token_it_is_said_what_it_is_for(self, tmp_path: Path) -> None:
        (tmp_path / "a.png").write_bytes(PNG)
        with pytest.raises(EnvironmentTrouble) as raised:
            asyncio.run(pure().upload(tmp_path / "a.png", digest_bytes(PNG), "image"))
        assert "local files go to Vercel AI Gateway by way of Vercel Blob" in raised.value.message
        assert "BLOB_READ_WRITE_TOKEN is not set" in raised.value.message
        assert "https addresses" in raised.value.help

    def test_a_text_is_not_sent(self, scripted: Any, tmp_path: Path) -> None:
        (tmp_path / "a.png").write_bytes(b"SECRET=1\n")
        with pytest.raises(EnvironmentTrouble, match="no picture, video or sound"):
            with_client(
                scripted, lambda client: client.upload(tmp_path / "a.png", digest_bytes(b"SECRET=1\n"), "image")
            )
        assert [] == scripted.asked


MODELS = {
    "object": "list",
    "data": [
        {"id": "other"},
        {
            "id": MODEL,
            "type": "video",
            "pricing": {
                "video_duration_pricing": [
                    {"resolution": "720p", "cost_per_second": "0.11"},
                    {"resolution": "1080p", "audio": True, "cost_per_second": "0.2"},
                    {"resolution": "1080p", "audio": False, "cost_per_second": "0.1"},
                ]
            },
        },
    ],
}


def priced(tiers: object) -> dict[str, Any]:
    return {"data": [{"id": MODEL, "pricing": {"video_duration_pricing": tiers}}]}


class TestQuoting:
    """Today's list, with what it does not say left to the catalog."""

    def quote(self, scripted: Any, wanted: RenderRequest, models: Any = None) -> Cost | None:
        scripted.tell("/v1/models", (200, MODELS if models is None else models))
        return with_client(scripted, lambda client: client.quote(wanted))

    @pytest.mark.parametrize(
        ("wanted", "low", "high"),
        [
            (request(images=2), 550_000, 550_000),
            (request(8000, images=1), 550_000, 825_000),
            (request(None), 550_000, 1_100_000),
            (request(images=1, resolution="1080p"), 1_000_000, 1_000_000),
            (request(images=1, resolution="1080p", audio=False), 500_000, 500_000),
        ],
    )
    def test_the_rate_times_what_is_billed(self, wanted: RenderRequest, low: int, high: int, scripted: Any) -> None:
        assert Cost(low, high, "USD") == self.quote(scripted, wanted)

    @pytest.mark.parametrize(
        "models",
        [
            {"data": []},
            {"data": [{"id": MODEL}]},
            priced([{"resolution": "4k", "cost_per_second": "1"}]),
            priced([{"cost_per_second": "NaN"}]),
            priced("dear"),
            {"data": "none"},
            [],
        ],
    )  # fmt: skip
    def test_what_the_list_does_not_say_is_no_quote(self, models: Any, scripted: Any) -> None:
        assert self.quote(scripted, request(images=1), models) is None

    def test_the_list_is_asked_once(self, scripted: Any) -> None:
        scripted.tell("/v1/models", (200, MODELS))

        async def act(client: VercelClient) -> list[Cost | None]:
            return await asyncio.gather(*(client.quote(request(images=n)) for n in range(1, 5)))

        assert 4 == len(with_client(scripted, act))
        assert 1 == len(scripted.asked)


class TestWhoPays:
    """A key, or a token that is another one every few hours."""

    def token(self, **claims: Any) -> str:
        part = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
        return f"eyJhbGciOiJSUzI1NiJ9.{part}.{'s' * 700}"

    def test_the_owner_of_a_token_is_who_pays(self) -> None:
        first, second = (pure({"VERCEL_OIDC_TOKEN": self.token(owner_id="team_1", exp=n)}) for n in (1, 2))
        other = pure({"VERCEL_OIDC_TOKEN": self.token(owner_id="team_2", exp=1)})
        assert first.terms.account == second.terms.account != other.terms.account

    @pytest.mark.parametrize("claims", [{}, {"owner_id": 7}, {"owner_id": ""}])
    def test_without_an_owner_it_is_the_token(self, claims: Any) -> None:
        first, second = (pure({"VERCEL_OIDC_TOKEN": self.token(**claims, exp=n)}) for n in (1, 2))
        assert first.terms.account != second.terms.account

    @pytest.mark.parametrize("token", ["not-a-token-at-all", "a.%%%%%%.c", "a.bm90IGpzb24.c"])
    def test_what_is_no_token_is_a_key_like_any_other(self, token: str) -> None:
        assert len(pure({"VERCEL_OIDC_TOKEN": token}).terms.account) == 16

    def test_the_gateway_is_told_which_it_is(self) -> None:
        assert "oidc" == pure({"VERCEL_OIDC_TOKEN": self.token()})._headers(MODEL)["ai-gateway-auth-method"]
        both = {"VERCEL_OIDC_TOKEN": self.token(), "AI_GATEWAY_API_KEY": "vck_0123456789abcdef"}
        assert "api-key" == pure(both)._headers(MODEL)["ai-gateway-auth-method"]


@pytest.mark.parametrize("id", ["job_123", "a.b:c"])
def test_a_job_that_a_person_found(id: str) -> None:
    assert {"operation": {"gatewayJobId": id}, "model": MODEL} == pure().handle(id, MODEL)


@pytest.mark.parametrize("id", ["", "..", "a/b", "a b"])
def test_what_cannot_be_one(id: str) -> None:
    with pytest.raises(UsageError, match="cannot be a job of Vercel AI Gateway"):
        pure().handle(id, MODEL)


def test_a_lost_answer_is_lost(scripted: Any) -> None:
    scripted.server.handler = lambda wire: (wire.read(), wire.reset())[1]
    assert isinstance(with_client(scripted, lambda client: client.send(b"{}", "t", MODEL)), Lost)
