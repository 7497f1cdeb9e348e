"""WaveSpeedAI as its documents have it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from r2v_pipeline.providers.catalog.load import entries
from r2v_pipeline.sandbox.beside import serving
from r2v_pipeline.sandbox.jobs import Pace
from r2v_pipeline.sandbox.routes import Settings

SIX, SEVEN = "alibaba/wan-2.6/reference-to-video", "alibaba/wan-2.7/reference-to-video"
CLIP, PICTURE = "https://example.com/a.mp4", "https://example.com/a.png"


def six(**changes: Any) -> dict[str, Any]:
    body = {"prompt": "character1 walks", "videos": [CLIP], "size": "1280*720", "duration": 5, "seed": -1, **changes}
    return {name: value for name, value in body.items() if value is not None}


def test_a_prediction_is_submitted_asked_about_and_downloaded(client) -> None:
    submitted = client.ws("POST", SIX, six())
    data = submitted.json()["data"]
    assert (200, "success") == (submitted.json()["code"], submitted.json()["message"])
    assert ([], SIX, "created", "", 32) == (
        data["outputs"],
        data["model"],
        data["status"],
        data["error"],
        len(data["id"]),
    )
    done = client.predicted(submitted)
    assert ("completed", [False]) == (done["status"], done["has_nsfw_contents"])
    assert b"ftyp" == client.http.get(done["outputs"][0]).content[4:8]
    assert done["status"] == client.ws("GET", f"predictions/{done['id']}").json()["data"]["status"]


@pytest.mark.parametrize("key", ["", "wsk_live_0123456789", "0123456789abcdef0123456789abcdef"])
def test_a_key_that_is_none_of_its_own_is_refused(client, key: str) -> None:
    client.key = key
    told = client.ws("POST", SIX, six())
    assert (401, 401) == (told.status_code, told.json()["code"])


@pytest.mark.parametrize(
    ("model", "body", "where"),
    [
        (SIX, [], "JSON object"),
        (SIX, six(prompt=None), "prompt: it is missing"),
        (SIX, six(videos=None), "videos: it is missing"),
        (SIX, six(videos=[]), "videos: "),
        (SIX, six(videos=[CLIP] * 3), "videos: it may have at most 2"),
        (SIX, six(size="960*960"), "size: it must be one of"),
        (SIX, six(duration=7), "duration: 7 is not one of [5, 10]"),
        (SIX, six(shot_type="many"), "shot_type: "),
        (SIX, six(seed=-2), "seed: it must be at least -1"),
        (SIX, six(reference_urls=[CLIP]), "reference_urls: there is no such field"),
        (SIX, six(watermark=False), "watermark: there is no such field"),
        (SEVEN, {"prompt": "Image 1"}, "references: 0 references, at least 1"),
        (SEVEN, {"prompt": "x", "videos": [CLIP] * 3, "reference_images": [PICTURE] * 3}, "6 references, at most 5"),
        (SEVEN, {"prompt": "x", "videos": [CLIP], "duration": 11}, "duration: 11 is not between 2 and 10"),
        (SEVEN, {"prompt": "x", "videos": [CLIP], "resolution": "720P"}, "resolution: "),
        ("vidu/reference-to-video-q2", {"prompt": "x", "images": [PICTURE] * 8}, "images: it may have at most 7"),
        (
            "google/veo3.1/reference-to-video",
            {"prompt": "x", "images": [PICTURE], "duration": 8},
            "duration: there is no",
        ),
        (
            "kwaivgi/kling-video-o1/reference-to-video",
            {"prompt": "x", "images": [PICTURE] * 5, "video": CLIP},
            "at most 4",
        ),
    ],
)
def test_bodies_are_checked(client, model: str, body: Any, where: str) -> None:
    told = client.ws("POST", model, body)
    assert (400, 400) == (told.status_code, told.json()["code"])
    assert where in told.json()["message"]


def test_an_unknown_model_or_prediction_is_not_found(client) -> None:
    assert 404 == client.ws("POST", "alibaba/wan-9/reference-to-video", six()).status_code
    assert 404 == client.ws("GET", "predictions/0123/result").status_code
    id = client.ws("POST", SIX, six()).json()["data"]["id"]
    client.key += "other"
    assert 404 == client.ws("GET", f"predictions/{id}/result").status_code


@pytest.mark.parametrize(
    ("model", "size", "seconds", "price"),
    [
        (SIX, {"size": "1280*720"}, 5, 1.0), (SIX, {"size": "720*1280"}, 10, 1.5),
        (SIX, {"size": "1920*1080"}, 5, 1.5), (SIX, {"size": "1080*1920"}, 10, 2.25),
        (SEVEN, {"resolution": "720p"}, 5, 1.0), (SEVEN, {"resolution": "720p"}, 10, 1.5),
        (SEVEN, {"resolution": "1080p"}, 5, 1.6), (SEVEN, {"resolution": "1080p"}, 10, 2.4),
    ],
)  # fmt: skip
def test_prices_are_those_of_the_model_pages(
    still, client_of, model: str, size: dict[str, str], seconds: int, price: float
) -> None:
    client = client_of(still)
    inputs = {"prompt": "x", "videos": [CLIP], "duration": seconds, **size}
    asked = {"model_id": model, "inputs": inputs}
    assert price == client.ws("POST", "model/price", asked).json()["data"]["price"]
    assert price == client.ws("POST", "model/pricing", asked).json()["data"]["unit_price"]
    before = client.ws("GET", "balance").json()["data"]["balance"]
    assert 200 == client.ws("POST", model, inputs).status_code
    assert price == round(before - client.ws("GET", "balance").json()["data"]["balance"], 6)


def test_a_price_of_incomplete_inputs_is_the_least(client) -> None:
    told = client.ws("POST", "model/price", {"model_id": SIX, "inputs": {}}).json()["data"]
    assert (1.0, "USD") == (told["price"], told["currency"])
    assert 404 == client.ws("POST", "model/price", {"model_id": "x"}).status_code


def test_a_medium_that_cannot_be_fetched_fails_the_task(client) -> None:
    """Accepted with 200, and the data say so: as documented."""
    failed = client.predicted(client.ws("POST", SIX, six(videos=["http://10.1.2.3/a.mp4"])))
    assert ("failed", 1402) == (failed["status"], failed["code"])
    assert "http://10.1.2.3/a.mp4" in failed["error"]


def test_a_file_goes_by_ticket(client, picture: Path) -> None:
    size = picture.stat().st_size
    told = client.ws(
        "POST", "media/uploads", {"filename": "mia.png", "size": size, "content_type": "image/png"}
    ).json()["data"]
    upload = told["upload"]
    assert ("image", "PUT", "mia.png") == (told["type"], upload["method"], told["filename"])
    put = client.http.put
    content = picture.read_bytes()
    assert 400 == put(upload["url"], content=content, headers={**upload["headers"], **client.auth()}).status_code
    assert 403 == put(upload["url"], content=content[:-1], headers=upload["headers"]).status_code
    assert 403 == put(upload["url"], content=content).status_code
    assert 404 == client.http.get(told["download_url"]).status_code
    assert 200 == put(upload["url"], content=content, headers=upload["headers"]).status_code
    assert content == client.http.get(told["download_url"]).content
    body = {"prompt": "Image 1 waves", "reference_images": [told["download_url"]], "duration": 2}
    assert "completed" == client.predicted(client.ws("POST", SEVEN, body))["status"]
    client.sandbox.forward(7 * 86_400)
    assert 404 == client.http.get(told["download_url"]).status_code


@pytest.mark.parametrize(
    "ticket", [{}, {"filename": "a.png"}, {"filename": "", "size": 3}, {"filename": "a", "size": 0}]
)
def test_a_ticket_wants_a_name_and_a_size(client, ticket: dict[str, Any]) -> None:
    assert 400 == client.ws("POST", "media/uploads", ticket).status_code


def test_a_file_goes_by_form(client, clip: Callable[[float], Path]) -> None:
    where = client.about["wavespeed"] + "/api/v3/media/upload/binary"
    file = clip(1)
    told = client.http.post(where, files={"file": ("a b.mp4", file.read_bytes(), "video/mp4")}, headers=client.auth())
    data = told.json()["data"]
    assert ("video", "a b.mp4", file.stat().st_size) == (data["type"], data["filename"], data["size"])
    assert 200 == client.http.get(data["download_url"]).status_code
    assert 400 == client.http.post(where, files={"other": b"x"}, headers=client.auth()).status_code


def test_the_history_finds_what_was_asked_for(client) -> None:
    ids = [client.predicted(client.ws("POST", SIX, six(seed=seed)))["id"] for seed in range(3)]

    def listed(**asked: Any) -> dict[str, Any]:
        made: dict[str, Any] = client.ws("POST", "predictions", asked).json()["data"]
        return made

    assert ids[::-1] == [row["id"] for row in listed()["items"]]
    assert "input" not in listed()["items"][0]
    assert six(seed=2) == listed(include_inputs=True)["items"][0]["input"]
    assert ([ids[0]], 3) == (
        [r["id"] for r in listed(page=2, page_size=2)["items"]],
        listed(page=2, page_size=2)["total"],
    )
    assert [] == listed(model=SEVEN)["items"]
    assert [] == listed(status="failed")["items"]
    assert [] == listed(created_after="2999-01-01T00:00:00Z")["items"]
    assert 3 == len(listed(created_after="2020-01-01T00:00:00Z", created_before="2999-01-01T00:00:00Z")["items"])
    for wrong in ({"page_size": 101}, {"page": 0}, {"created_after": "yesterday"}):
        assert 400 == client.ws("POST", "predictions", wrong).status_code


def test_what_was_deleted_is_gone_and_stays_billed(client) -> None:
    done = client.predicted(client.ws("POST", SIX, six()))
    assert 200 == client.ws("POST", "predictions/delete", {"ids": [done["id"]]}).status_code
    assert 404 == client.ws("GET", f"predictions/{done['id']}/result").status_code
    assert 404 == client.http.get(done["outputs"][0]).status_code
    assert 1.0 == client.sandbox.ledger()["jobs"][-1]["cost"]
    assert 400 == client.ws("POST", "predictions/delete", {}).status_code


def test_predictions_are_kept_for_a_week(client) -> None:
    done = client.predicted(client.ws("POST", SIX, six()))
    client.sandbox.forward(7 * 86_400 - 60)
    assert 200 == client.http.get(done["outputs"][0]).status_code
    client.sandbox.forward(120)
    assert 404 == client.ws("GET", f"predictions/{done['id']}/result").status_code
    assert 403 == client.http.get(done["outputs"][0]).status_code


def test_the_synchronous_mode_waits(client) -> None:
    told = client.ws("POST", SIX, six(enable_sync_mode=True)).json()["data"]
    assert ("completed", 1) == (told["status"], len(told["outputs"]))


def test_the_synchronous_mode_gives_up_after_90_s(tmp_path: Path, client_of) -> None:
    with serving(tmp_path / "s", pace=Pace(0, 3600), speed=100) as sandbox:
        told = client_of(sandbox).ws("POST", SIX, six(enable_sync_mode=True)).json()["data"]
        assert ("processing", 5004, []) == (told["status"], told["code"], told["outputs"])


def test_three_run_and_five_a_minute_are_taken(tmp_path: Path, client_of) -> None:
    with serving(tmp_path / "s", Settings(), Pace(0, 3600)) as sandbox:
        client = client_of(sandbox)
        told = [client.ws("POST", SIX, six()) for _ in range(6)]
        assert [200] * 5 + [429] == [answer.status_code for answer in told]
        assert 0 < int(told[-1].headers["retry-after"]) <= 61
        urls = [answer.json()["data"]["urls"]["get"] for answer in told[:5]]
        states: list[str] = []
        while states.count("processing") < 3:
            states = [client.http.get(url, headers=client.auth()).json()["data"]["status"] for url in urls]
        assert ["processing"] * 3 + ["created"] * 2 == states


def test_models_are_listed_with_their_schemas(client) -> None:
    told = {row["model_id"]: row for row in client.ws("GET", "models").json()["data"]}
    assert {entry.id for entry in entries() if entry.provider == "wavespeed"} == set(told)
    schema = told[SIX]["api_schema"]["api_schemas"][0]["request_schema"]
    assert ["5", "object"] == [str(schema["properties"]["videos"]["maxItems"] + 3), schema["type"]]
    assert "prompt" in schema["required"]
    assert 1.0 == told[SIX]["base_price"]


@pytest.mark.parametrize("model", sorted(e.id for e in entries() if e.provider == "wavespeed"))
def test_every_model_takes_what_its_schema_demands(still, client_of, model: str) -> None:
    """As any client would learn it."""
    client = client_of(still)
    rows = client.ws("GET", "models").json()["data"]
    schema = next(r for r in rows if r["model_id"] == model)["api_schema"]["api_schemas"][0]["request_schema"]
    body: dict[str, Any] = {"prompt": "a lamp"}
    for name in ("images", "reference_images", "reference_urls"):
        if name in schema["properties"] and not model.endswith("text-to-video"):
            body[name] = [PICTURE]
    if "videos" in schema.get("required", []):
        body["videos"] = [CLIP]
    told = client.ws("POST", model, body)
    assert 200 == told.status_code, told.text
    order = still.server.jobs.known[told.json()["data"]["id"]].order
    assert min(order["width"], order["height"]) >= 480
    assert 1000 <= order["ms"] <= 15_000
