"""The client of the fake vendor, against the vendor itself: the border that every vendor's client has to keep."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from r2v_pipeline.canonical import canonical, digest_bytes
from r2v_pipeline.errors import EnvironmentTrouble, NetworkTrouble, UsageError
from r2v_pipeline.providers import registry
from r2v_pipeline.providers.base import (
    Accepted,
    Answer,
    Cost,
    Failed,
    Finished,
    Found,
    Lost,
    NotSent,
    Refused,
    RenderRequest,
    Sought,
    Terms,
    Unknown,
)
from r2v_pipeline.providers.base import Running as Going
from r2v_pipeline.providers.fake import client as fake
from r2v_pipeline.providers.fake.client import FakeClient, options_of
from r2v_pipeline.providers.fake.dialect import FakeDialect
from r2v_pipeline.providers.fake.server import Running, serving
from r2v_pipeline.providers.fake.vendor import Settings

BODY: dict[str, Any] = {
    "label": "s1", "prompt": "a lamp", "seconds": 1, "width": 64, "height": 64, "audio": False, "take": 1,
    "references": [], "first_frame": None,
}  # fmt: skip
BYTES = canonical(BODY)
REQUEST = RenderRequest("fake-opaque", "", BODY, (), 1000, 1000)
MODES = ("idempotent", "findable", "opaque")
QUICK = "submit_s=0.5,ask_s=0.5,pause_s=0.01,window_s=0.5,key_life_s=60,settle_s=0.3"
T = TypeVar("T")


@pytest.fixture
def vendor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    with serving(tmp_path / "vendor", Settings(render_s=0, page=3)) as made:
        for name, value in made.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("R2V_FAKE_OPTIONS", QUICK)
        yield made


def with_client(mode: str, act: Callable[[FakeClient], Awaitable[T]]) -> T:
    async def run() -> T:
        client = fake.make(mode)
        try:
            return await act(client)
        finally:
            await client.close()

    return asyncio.run(run())


def sought(body: bytes = BYTES, claimed: frozenset[str] = frozenset()) -> Sought:
    now = time.time()
    return Sought(body, "t", now - 60, now + 60, claimed)


async def buy(
    client: FakeClient, token: str = "t", body: bytes = BYTES
) -> Accepted | Refused | Unknown | NotSent | Lost:
    answer = await client.send(body, token)
    return client.read(answer) if isinstance(answer, Answer) else answer


@pytest.mark.parametrize("mode", MODES)
def test_a_job_from_submit_to_clip(mode: str, vendor: Running, tmp_path: Path) -> None:
    async def act(client: FakeClient) -> None:
        picture = tmp_path / "a.png"
        picture.write_bytes(b"picture")
        url = await client.upload(picture, digest_bytes(b"picture"), "image")
        accepted = await buy(client, body=canonical({**BODY, "first_frame": url}))
        assert isinstance(accepted, Accepted)
        answer = await client.poll(accepted.handle)
        assert isinstance(answer, Finished)
        assert Cost(100_000, 100_000, "USD") == answer.cost == await client.quote(REQUEST)
        await client.fetch(answer.output, tmp_path / "clip.mp4")

    with_client(mode, act)
    assert b"ftyp" == (tmp_path / "clip.mp4").read_bytes()[4:8]
    assert {"s1": 1} == vendor.ledger()["by_label"]


def test_terms(vendor: Running) -> None:
    terms = {mode: with_client(mode, _terms) for mode in MODES}
    account = terms["opaque"].account
    assert 16 == len(account)
    assert vendor.key not in str(terms)
    assert {
        "idempotent": Terms("idempotent", account, key_life_s=60),
        "findable": Terms("findable", account, settle_s=0.3),
        "opaque": Terms("opaque", account),
    } == terms


async def _terms(client: FakeClient) -> Terms:
    return client.terms


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ({"do": "status", "status": 400}, Refused("server_error", "it cannot now")),
        ({"do": "status", "status": 402}, Refused("server_error", "it cannot now", account=True)),
        (
            {"do": "status", "status": 429, "code": "busy", "headers": {"Retry-After": 7}},
            Refused("busy", "it cannot now", again=True, after_s=7.0),
        ),
        ({"do": "redirect"}, Refused("302", "it answered 302")),
        ({"do": "status", "status": 503}, Unknown("it cannot now")),
        ({"do": "wild_id"}, Unknown("it was answered without an id")),
        ({"do": "html"}, Unknown("it was answered without an id")),
    ],
)
def test_what_a_submit_may_be_told(order: dict[str, Any], expected: object, vendor: Running) -> None:
    vendor.order(order)
    assert expected == with_client("opaque", buy)


@pytest.mark.parametrize("do", ["close", "reset", "hang", "cut_body", "drip", "endless_headers"])
def test_a_lost_answer_is_lost(do: str, vendor: Running) -> None:
    vendor.order({"do": do, "gap_s": 0.02})
    assert isinstance(with_client("opaque", buy), Lost)
    assert 1 == len(vendor.ledger()["jobs"])


@pytest.mark.parametrize(
    "body", ["", "null", "[]", '"x"', '{"error":null}', '{"error":{"code":[],"message":{}}}', '{"id":null}', "\ud800"]
)
@pytest.mark.parametrize("status", [200, 400, 500])
def test_reading_never_raises(status: int, body: str, vendor: Running) -> None:
    async def act(client: FakeClient) -> object:
        return client.read(Answer(status, (("retry-after", "soon"),), body))

    kind = {200: Unknown, 400: Refused, 500: Unknown}[status]
    assert isinstance(with_client("opaque", act), kind)
    assert vendor.url


class TestFinding:
    """Exact matches that nobody else has claimed, or an honest "I could not read it all"."""

    def test_what_is_there(self, vendor: Running) -> None:
        async def act(client: FakeClient) -> tuple[Found, Found, Found]:
            mine = await buy(client)
            assert isinstance(mine, Accepted)
            for n in range(7):  # three pages
                await buy(client, f"t{n}", canonical({**BODY, "label": f"other{n}"}))
            claimed = frozenset({canonical(dict(mine.handle)).decode()})
            found = await client.find(sought())
            assert (mine.handle,) == found.handles
            other = await client.find(sought(canonical({**BODY, "take": 2})))
            return found, await client.find(sought(claimed=claimed)), other

        found, claimed, other = with_client("findable", act)
        assert [True, True, True] == [found.complete, claimed.complete, other.complete]
        assert ((), ()) == (claimed.handles, other.handles)
        assert found.now is not None
        assert abs(found.now - time.time()) < 5
        assert 9 == vendor.ledger()["requests"]["list"]

    def test_two_of_a_kind(self, vendor: Running) -> None:
        async def act(client: FakeClient) -> Found:
            for token in "ab":
                await buy(client, token)
            return await client.find(sought())

        assert 2 == len(with_client("findable", act).handles)
        assert 2 == vendor.ledger()["by_label"]["s1"]

    def test_out_of_its_time(self, vendor: Running) -> None:
        async def act(client: FakeClient) -> Found:
            await buy(client)
            return await client.find(Sought(BYTES, "t", 0, 1000, frozenset()))

        assert ((), True) == with_client("findable", act)[:2]
        assert vendor.url

    @pytest.mark.parametrize(
        "order",
        [
            {"do": "close", "skip": 1, "times": -1},
            {"do": "status", "status": 500, "skip": 1, "times": -1},
            {"do": "status", "status": 404, "skip": 1},
            {"do": "wrong_types", "skip": 1},
            {"do": "wild_id", "skip": 1},
            {"do": "changed", "with": {"jobs": [{"id": "../x"}]}},
            {"do": "changed", "with": {"next": "more"}},
            {"do": "changed", "with": {"next": 0}},
            {"do": "changed", "with": {"next": True}},
        ],
    )
    def test_what_cannot_be_read_to_its_end_proves_nothing(self, order: dict[str, Any], vendor: Running) -> None:
        async def act(client: FakeClient) -> Found:
            for n in range(5):
                await buy(client, f"t{n}", canonical({**BODY, "label": f"s{n}"}))
            vendor.order({"on": "list", **order})
            return await client.find(sought(canonical({**BODY, "label": "s4"})))

        assert ((), False) == with_client("findable", act)[:2]


class TestPolling:
    """What a job is said to be doing."""

    def poll(self, vendor: Running, *orders: dict[str, Any]) -> Going | Finished | Failed:
        async def act(client: FakeClient) -> Going | Finished | Failed:
            accepted = await buy(client)
            assert isinstance(accepted, Accepted)
            vendor.order(*({"on": "poll", **order} for order in orders))
            return await client.poll(accepted.handle)

        return with_client("opaque", act)

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({"status": "queued"}, Going()),
            ({"status": "running", "progress": 0.5}, Going(0.5)),
            ({"status": "running", "progress": 7}, Going()),
            ({"status": "running", "progress": "half"}, Going()),
            ({"status": "pondering"}, Going()),
            ({"status": None}, Going()),
            ({"status": "unknown"}, Failed("unknown", "the fake vendor does not know {id}", lost=True)),
            ({"status": "failed"}, Failed("failed", "it was failed", billed=True)),
            ({"status": "failed", "billed_micros": None}, Failed("failed", "it was failed")),
            (
                {"status": "failed", "billed_micros": 0, "error": {"code": "nsfw", "message": "no\nway"}},
                Failed("nsfw", "no way", billed=False),
            ),
            (
                {"status": "failed", "error": "text", "billed_micros": 0},
                Failed("failed", "it was failed", billed=False),
            ),
            ({"status": "cancelled", "billed_micros": 0}, Failed("cancelled", "it was cancelled", billed=False)),
        ],
    )
    def test_a_status(self, changes: dict[str, Any], expected: object, vendor: Running) -> None:
        said = self.poll(vendor, {"do": "changed", "with": changes})
        if isinstance(expected, Failed):
            (job,) = vendor.ledger()["jobs"]
            expected = expected._replace(message=expected.message.format(id=job["id"]))
        assert expected == said

    @pytest.mark.parametrize("result", [None, {}, {"url": ""}, {"url": 7}, {"url": None}, []])
    def test_finished_without_a_clip_is_not_finished(self, result: object, vendor: Running) -> None:
        with pytest.raises(NetworkTrouble, match="does not say where the clip is"):
            self.poll(vendor, {"do": "changed", "with": {"result": result}})

    def test_a_job_that_is_not_known(self, vendor: Running) -> None:
        assert Failed("unknown", "the fake vendor does not know fv-9", lost=True) == with_client(
            "opaque", lambda client: client.poll({"job": "fv-9"})
        )
        assert vendor.url

    def test_an_outage_is_trouble(self, vendor: Running) -> None:
        with pytest.raises(NetworkTrouble) as raised:
            self.poll(vendor, {"do": "status", "status": 503, "times": -1})
        assert raised.value.again

    def test_one_bad_answer_is_asked_past(self, vendor: Running) -> None:
        assert isinstance(self.poll(vendor, {"do": "cut_body"}, {"do": "deep"}), Finished)


def test_cancelling(vendor: Running) -> None:
    async def act(client: FakeClient) -> list[bool]:
        accepted = await buy(client)
        assert isinstance(accepted, Accepted)
        return [await client.cancel(accepted.handle), await client.cancel({"job": "fv-9"})]

    assert [False, False] == with_client("opaque", act), "one is done already, the other never was"
    assert vendor.ledger()["requests"]["cancel"] == 2


@pytest.mark.parametrize("id", ["fv-000001-abc", "a.b:c"])
def test_a_job_that_a_person_found(id: str, vendor: Running) -> None:
    async def act(client: FakeClient) -> Any:
        return client.handle(id)

    assert {"job": id} == with_client("opaque", act)
    assert vendor.url


@pytest.mark.parametrize("id", ["", "..", "a/b", "a b", "x" * 201])
def test_what_cannot_be_one(id: str, vendor: Running) -> None:
    async def act(client: FakeClient) -> Any:
        return client.handle(id)

    with pytest.raises(UsageError, match="cannot be a job of the fake vendor"):
        with_client("opaque", act)
    assert vendor.url


def test_an_upload_that_is_refused(vendor: Running, tmp_path: Path) -> None:
    vendor.order({"do": "status", "status": 413, "on": "upload"})
    (tmp_path / "a.png").write_bytes(b"picture")
    with pytest.raises(NetworkTrouble, match=r"would not take a\.png"):
        with_client("opaque", lambda client: client.upload(tmp_path / "a.png", digest_bytes(b"picture"), "image"))


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("R2V_FAKE_URL", "", "R2V_FAKE_URL is not set"),
        ("R2V_FAKE_URL", "https://vendor.example", "a sandbox key, which is not sent to vendor.example"),
        ("R2V_FAKE_KEY", "", "R2V_FAKE_KEY is not set"),
        ("R2V_FAKE_KEY", "live-key-0123456789", "a real key, which is not sent to 127.0.0.1"),
        ("R2V_FAKE_OPTIONS", "settle_s=soon", "settle_s=soon is not a name and a number"),
        ("R2V_FAKE_OPTIONS", "settle=1", "there is no settle"),
    ],
)
def test_what_the_environment_must_hold(
    name: str, value: str, said: str, vendor: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(EnvironmentTrouble, match=said) as raised:
        fake.make("opaque")
    assert "live-key-0123456789" not in f"{raised.value.message}{raised.value.help}"
    assert vendor.url


def test_options() -> None:
    assert (0.2, 3.0) == (options_of(" settle_s=0.2 , running=3,").settle_s, options_of("running=3").running)


def test_it_is_among_the_providers_only_where_it_runs(vendor: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    names = tuple(f"fake-{mode}" for mode in MODES)
    assert names == registry.further() == registry.names()[-3:]
    for name in names:
        assert registry.renders(name)
        assert name == registry.dialect(name, fps=24, language="en", labels={}).provider
        made = registry.client(name, workers=1)
        assert name == f"fake-{made.terms.submit}"
    monkeypatch.delenv("R2V_FAKE_URL")
    assert () == registry.further()
    assert not set(names) & set(registry.names())
    with pytest.raises(UsageError):
        registry.client(names[0], workers=1)
    assert vendor.url


def test_its_price_is_by_the_second() -> None:
    request = RenderRequest("fake-opaque", "", {**BODY, "seconds": 7}, (), 7000, 7000)
    assert Cost(700_000, 700_000, "USD") == FakeDialect("fake-opaque").price(request)


BOARD = """\
r2v: 1
title: One
cast:
  mia: {image: mia.png}
defaults: {render: {provider: %s, resolution: 480p, ratio: "%s"}}
shots:
  - id: lamp
    prompt: "{{ Mia }} sways."
    duration: 1.5s
"""


def board(project: Path, provider: str = "fake-opaque", ratio: str = "16:9") -> None:
    from PIL import Image

    Image.new("RGB", (320, 320), "teal").save(project / "mia.png")
    (project / "a.yaml").write_text(BOARD % (provider, ratio))


@pytest.mark.parametrize(("ratio", "size"), [("16:9", (854, 480)), ("9:16", (480, 854)), ("1:1", (480, 480))])
def test_a_storyboard_is_compiled_for_it(
    ratio: str, size: tuple[int, int], vendor: Running, project: Path, r2v: Callable[..., Any]
) -> None:
    board(project, ratio=ratio)
    done = r2v("compile", "a.yaml", "--format", "json", **vendor.environment())
    assert 0 == done.rc, done.err
    (job,) = json.loads(done.out)["jobs"]
    assert ("fake-opaque", 2) == (job["provider"], job["request"]["seconds"])
    assert size == (job["request"]["width"], job["request"]["height"])
    assert [{"kind": "image", "url": f"r2v-file:sha256:{job['references'][0]['sha256']}"}] == job["request"][
        "references"
    ]


def test_without_it_nobody_knows_the_name(project: Path, r2v: Callable[..., Any]) -> None:
    board(project)
    done = r2v("check", "a.yaml")
    assert 1 == done.rc
    assert "this r2v has no provider 'fake-opaque'" in done.out
    assert "fake-findable" not in done.out


def test_with_it_a_slip_is_led_to_it(vendor: Running, project: Path, r2v: Callable[..., Any]) -> None:
    board(project, "fake-opaqe")
    done = r2v("check", "a.yaml", **vendor.environment())
    assert 1 == done.rc
    assert "did you mean 'fake-opaque'?" in done.out


@pytest.mark.parametrize("mode", MODES)
def test_a_film_is_bought_from_it(mode: str, vendor: Running, project: Path, r2v: Callable[..., Any]) -> None:
    """The whole command, over real HTTP, and once more for nothing."""
    board(project, f"fake-{mode}")
    options = {"R2V_FAKE_OPTIONS": "usual_s=0.1,poll_every_s=0.05", **vendor.environment()}
    done = r2v("build", "a.yaml", "--yes", **options)
    assert 0 == done.rc, done.err
    assert (project / "build" / "a" / "film.mp4").is_file()
    before = vendor.ledger()["requests"]
    assert 0 == r2v("build", "a.yaml", "--yes", **options).rc
    assert before == vendor.ledger()["requests"]
    assert ({"lamp": 1}, 200_000) == (vendor.ledger()["by_label"], vendor.ledger()["billed_micros"])
    state = b"".join(path.read_bytes() for path in project.rglob("*") if path.is_file())
    assert vendor.key.encode() not in state
    assert vendor.key not in done.out + done.err
