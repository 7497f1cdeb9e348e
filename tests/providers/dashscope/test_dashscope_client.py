"""The client against a server that speaks Model Studio's HTTP: uploads, submits, polls, clips, and what goes wrong."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from PIL import Image

from r2v_pipeline.canonical import canonical, digest_bytes
from r2v_pipeline.errors import EnvironmentTrouble, NetworkTrouble
from r2v_pipeline.media.magic import HEAD, format_of
from r2v_pipeline.providers.base import Accepted, Answer, Cost, Failed, Finished, Lost, Refused, Sought, Unknown
from r2v_pipeline.providers.base import Running as Going
from r2v_pipeline.providers.dashscope import store
from r2v_pipeline.providers.dashscope.client import DashScopeClient, make, probe
from r2v_pipeline.providers.http.place import Where, place

T = TypeVar("T")
CLIP = Path(__file__).parents[3] / "examples" / "storyboards" / "refs"


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "Mia, smiling.png"
    Image.new("RGB", (480, 480), "teal").save(path)
    return path


def body(*urls: str, model: str = "wan2.6-r2v", prompt: str = "character1 waits.", **more: Any) -> bytes:
    parameters = {"size": "1280*720", "duration": 2, "shot_type": "single", "watermark": False, **more}
    return canonical({"model": model, "input": {"prompt": prompt, "reference_urls": urls}, "parameters": parameters})


def media(*items: dict[str, str], model: str = "wan2.7-r2v", **more: Any) -> bytes:
    parameters = {"resolution": "720P", "ratio": "16:9", "duration": 3, "watermark": False, **more}
    return canonical({"model": model, "input": {"prompt": "Image 1 waits.", "media": items}, "parameters": parameters})


@pytest.fixture
def at(sandbox: Any) -> Callable[..., Any]:
    """`at(act, region)`: what `act(client)` brings, at the sandbox's address of a region."""

    def use(act: Callable[[DashScopeClient], Awaitable[T]], region: str = "") -> T:
        async def whole() -> T:
            client = make(place("dashscope", region, Where(sandbox=sandbox.said)))
            try:
                return await act(client)
            finally:
                await client.close()

        return asyncio.run(whole())

    return use


async def bought(
    client: DashScopeClient, sent: bytes, model: str = "wan2.6-r2v"
) -> Accepted | Refused | Unknown | Lost:
    answer = await client.send(sent, "t", model)
    return client.read(answer, model) if isinstance(answer, Answer) else answer  # type: ignore[return-value]


async def ended(client: DashScopeClient, sent: bytes, model: str = "wan2.6-r2v") -> Finished | Failed:
    said = await bought(client, sent, model)
    assert isinstance(said, Accepted), said
    while isinstance(state := await client.poll(said.handle), Going):
        await asyncio.sleep(0.05)
    return state


def test_a_local_file_becomes_a_clip(at: Any, picture: Path, tmp_path: Path) -> None:
    async def act(client: DashScopeClient) -> Finished | Failed:
        url = await client.upload(picture, digest_bytes(picture.read_bytes()), "image", "wan2.6-r2v")
        assert url.startswith("oss://")
        assert url.isascii()
        assert url.endswith(f"{digest_bytes(picture.read_bytes())[:40]}.png")
        state = await ended(client, body(url))
        assert isinstance(state, Finished), state
        await client.fetch(state.output, tmp_path / "clip.mp4")
        return state

    state = at(act)
    assert Cost(200_000, 200_000, "USD") == state.cost
    assert "mp4" == format_of((tmp_path / "clip.mp4").read_bytes()[:HEAD])


def test_a_voice_is_brought_too(at: Any, picture: Path, make_voice: Path) -> None:
    async def act(client: DashScopeClient) -> Finished | Failed:
        face = await client.upload(picture, digest_bytes(picture.read_bytes()), "image", "wan2.7-r2v")
        voice = await client.upload(make_voice, digest_bytes(make_voice.read_bytes()), "voice", "wan2.7-r2v")
        item = {"type": "reference_image", "url": face, "reference_voice": voice}
        return await ended(client, media(item, prompt_extend=False), "wan2.7-r2v")

    assert isinstance(at(act), Finished)


def test_a_file_is_for_the_model_that_it_was_brought_for(at: Any, picture: Path) -> None:
    async def act(client: DashScopeClient) -> Any:
        url = await client.upload(picture, digest_bytes(picture.read_bytes()), "image", "wan2.6-r2v-flash")
        said = await bought(client, body(url))
        return await ended(client, body(url)) if isinstance(said, Accepted) else said

    assert isinstance(at(act), (Failed, Refused))


def test_a_file_that_is_not_what_it_was_does_not_arrive(at: Any, picture: Path) -> None:
    with pytest.raises(EnvironmentTrouble, match="was changed while it was being sent"):
        at(lambda client: client.upload(picture, "0" * 64, "image", "wan2.6-r2v"))


def test_a_certificate_that_has_expired_is_renewed_once(at: Any, sandbox: Any, picture: Path) -> None:
    sandbox.fault(do="status", on="upload", status=403)
    bring = lambda client: client.upload(picture, digest_bytes(picture.read_bytes()), "image", "wan2.6-r2v")  # noqa: E731
    assert at(bring).startswith("oss://")
    sandbox.fault(do="status", on="upload", status=403, times=-1)
    with pytest.raises(NetworkTrouble, match="answered 403 to a file"):
        at(bring)


def test_a_store_that_has_the_file_already_is_no_trouble(at: Any, sandbox: Any, picture: Path) -> None:
    sandbox.fault(do="status", on="upload", status=409)
    url = at(lambda client: client.upload(picture, digest_bytes(picture.read_bytes()), "image", "wan2.6-r2v"))
    assert url.startswith("oss://")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"upload_host": "http://169.254.169.254/x"}, "names an address inside a private network for a file"),
        ({"upload_host": "http://localhost:1/"}, "localhost cannot be reached"),
        ({"policy": 7}, "gives no place for a file"),
        ({"policy": "a\r\nb"}, "gives no place for a file"),
        ({"max_file_size_mb": 0.000001}, "more than the 1e-06 MB"),
    ],
)
def test_a_certificate_that_cannot_be_used(
    at: Any, picture: Path, monkeypatch: pytest.MonkeyPatch, changed: dict[str, Any], message: str
) -> None:
    honest = store.Channel.ask

    async def ask(channel: Any, method: str, path: str, **more: Any) -> Any:
        told = await honest(channel, method, path, **more)
        return told._replace(data={"data": {**told.data["data"], **changed}})

    monkeypatch.setattr(store.Channel, "ask", ask)
    with pytest.raises((NetworkTrouble, EnvironmentTrouble), match=message):
        at(lambda client: client.upload(picture, digest_bytes(picture.read_bytes()), "image", "wan2.6-r2v"))


def test_where_no_files_are_kept_a_picture_stands_in_the_body(at: Any, picture: Path) -> None:
    async def act(client: DashScopeClient) -> Any:
        url = await client.upload(picture, digest_bytes(picture.read_bytes()), "image", "happyhorse-1.1-r2v")
        item = {"type": "reference_image", "url": url}
        return url, await ended(client, media(item, model="happyhorse-1.1-r2v"), "happyhorse-1.1-r2v")

    url, state = at(act, "virginia")
    assert f"data:image/png;base64,{base64.b64encode(picture.read_bytes()).decode()}" == url
    assert isinstance(state, Finished)


@pytest.mark.parametrize(("kind", "model"), [("video", "happyhorse-1.1-r2v"), ("image", "wan2.6-r2v"), ("image", "")])
def test_and_nothing_else_can(at: Any, picture: Path, kind: str, model: str) -> None:
    with pytest.raises(EnvironmentTrouble, match="us-east-1 keeps no files"):
        at(lambda client: client.upload(picture, digest_bytes(picture.read_bytes()), kind, model), "virginia")


def test_a_picture_in_the_body_has_a_most(at: Any, picture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "INLINE_BYTES", 10)
    with pytest.raises(EnvironmentTrouble, match="too large"):
        at(lambda client: client.upload(picture, "", "image", "happyhorse-1.1-r2v"), "virginia")


def test_a_model_that_is_not_there_is_refused_at_once(at: Any) -> None:
    assert Refused("InvalidParameter", "Model not exist.") == at(lambda c: bought(c, body(model="wan9"), "wan9"))


def test_what_is_wrong_with_a_request_is_said_by_its_task(at: Any) -> None:
    """Accepted, and given up: nothing is billed for it."""
    state = at(lambda client: ended(client, body("https://example.com/a.mp4", duration=99)))
    assert isinstance(state, Failed)
    assert ("InvalidParameter", False, False) == (state.code, state.again, state.billed)


def test_a_region_knows_its_own_tasks_only(at: Any) -> None:
    said = at(lambda client: bought(client, body("https://example.com/a.mp4")), "beijing")
    assert isinstance(said, Accepted)
    state = at(lambda client: client.poll(said.handle))
    assert isinstance(state, Failed)
    assert state.lost


def test_a_finished_task_cannot_be_taken_back(at: Any) -> None:
    async def act(client: DashScopeClient) -> bool:
        said = await bought(client, body("https://example.com/a.mp4"))
        assert isinstance(said, Accepted)
        while isinstance(await client.poll(said.handle), Going):
            await asyncio.sleep(0.05)
        return await client.cancel(said.handle)

    assert not at(act)


def test_one_in_the_queue_can(at: Any, sandbox: Any) -> None:
    sandbox.fault(do="stuck", **{"in": "queue"})

    async def act(client: DashScopeClient) -> tuple[bool, Any]:
        said = await bought(client, body("https://example.com/a.mp4"))
        assert isinstance(said, Accepted)
        return await client.cancel(said.handle), await client.poll(said.handle)

    stopped, state = at(act)
    assert stopped
    assert isinstance(state, Failed)
    assert state.billed is False


def sought(sent: bytes) -> Sought:
    now = time.time()
    return Sought(sent, "t", now - 60, now + 60, frozenset(), "wan2.6-r2v")


@pytest.mark.parametrize("fault", ["close", "reset", "cut_status", "cut_headers", "half"])
def test_a_lost_answer_is_found_by_its_prompt(at: Any, sandbox: Any, fault: str) -> None:
    sandbox.fault(do=fault)
    sent = body("https://example.com/a.mp4", prompt=f"character1 waits for the {fault}.")

    async def act(client: DashScopeClient) -> Any:
        lost = await bought(client, sent)
        assert isinstance(lost, (Lost, Unknown)), lost
        await bought(client, body("https://example.com/a.mp4", prompt="character1 is another."))
        found = await client.find(sought(sent))
        (handle,) = found.handles
        assert found.complete
        again = await client.find(sought(sent)._replace(claimed=frozenset({canonical(dict(handle)).decode()})))
        assert ((), True) == (again.handles, again.complete)
        return await client.poll(handle)

    assert isinstance(at(act), Finished)


def test_one_that_never_arrived_is_not_found(at: Any, sandbox: Any) -> None:
    sandbox.fault(do="close_unread")
    sent = body("https://example.com/a.mp4", prompt="character1 never arrives.")

    async def act(client: DashScopeClient) -> Any:
        assert isinstance(await bought(client, sent), Lost)
        return await client.find(sought(sent))

    found = at(act)
    assert ((), True) == (found.handles, found.complete)


def test_a_key_that_it_does_not_know(at: Any, sandbox: Any) -> None:
    said = {"code": "InvalidApiKey", "message": "Invalid API-key provided."}
    sandbox.fault(do="status", on="any", status=401, json=said, times=-1)
    refused = at(lambda client: bought(client, body("https://example.com/a.mp4")))
    assert isinstance(refused, Refused)
    assert refused.account
    with pytest.raises(NetworkTrouble) as raised:
        asyncio.run(probe(place("dashscope", "", Where(sandbox=sandbox.said))))
    assert 401 == raised.value.status
    assert "DASHSCOPE_API_KEY: a key of Alibaba Cloud Model Studio is of one region" in raised.value.help


def test_a_key_that_it_knows(sandbox: Any) -> None:
    asyncio.run(probe(place("dashscope", "", Where(sandbox=sandbox.said))))


def test_too_many_submits_are_asked_for_later(at: Any, sandbox: Any) -> None:
    said = {"code": "Throttling.RateQuota", "message": "Requests rate limit exceeded, please try again later."}
    sandbox.fault(do="status", status=429, json=said, headers={"retry-after": "3"})
    refused = at(lambda client: bought(client, body("https://example.com/a.mp4")))
    assert Refused(said["code"], said["message"], again=True, after_s=3.0) == refused


def test_a_broken_poll_is_no_end(at: Any, sandbox: Any) -> None:
    said = at(lambda client: bought(client, body("https://example.com/a.mp4")))
    sandbox.fault(do="status", on="poll", status=200, json={"code": "InternalError", "message": "oops"})
    with pytest.raises(NetworkTrouble, match="oops"):
        at(lambda client: client.poll(said.handle))
    assert isinstance(at(lambda client: client.poll(said.handle)), (Going, Finished))
