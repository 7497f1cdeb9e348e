"""DashScope as its documents have it: what is refused at once, what only the task finds, billing, tasks, uploads."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from r2v_pipeline.sandbox.beside import serving
from r2v_pipeline.sandbox.jobs import Pace
from r2v_pipeline.sandbox.routes import Settings

FAR = "https://example.com/presenter.mp4"
NEAR = "https://example.com/box.png"


def legacy(**changes: Any) -> dict[str, Any]:
    """A body of wan2.6; `input__x` and `parameters__x` change a field, None leaves it out."""
    body: dict[str, Any] = {
        "model": "wan2.6-r2v-flash",
        "input": {"prompt": "character1 opens the box", "reference_urls": [FAR, NEAR]},
        "parameters": {"size": "1280*720", "duration": 5, "shot_type": "multi", "audio": True, "watermark": False},
    }
    return changed(body, changes)


def media(**changes: Any) -> dict[str, Any]:
    """A body of wan2.7."""
    body: dict[str, Any] = {
        "model": "wan2.7-r2v",
        "input": {"prompt": "Image 1 walks", "media": [{"type": "reference_image", "url": NEAR}]},
        "parameters": {"resolution": "720P", "ratio": "16:9", "duration": 5, "prompt_extend": False},
    }
    return changed(body, changes)


def changed(body: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    for name, value in changes.items():
        *way, last = name.split("__")
        inner = body
        for part in way:
            inner = inner[part]
        if value is None:
            inner.pop(last)
        else:
            inner[last] = value
    return body


def test_a_task_is_submitted_polled_and_downloaded(client) -> None:
    submitted = client.task(legacy())
    assert {"output", "request_id"} == set(submitted.json())
    assert "PENDING" == submitted.json()["output"]["task_status"]
    done = client.ended(submitted)
    assert "SUCCEEDED" == done["output"]["task_status"]
    assert "character1 opens the box" == done["output"]["orig_prompt"]
    clip = client.http.get(done["output"]["video_url"])
    assert (200, "video/mp4") == (clip.status_code, clip.headers["content-type"])
    assert b"ftyp" == clip.content[4:8]


@pytest.mark.parametrize(
    ("key", "message"),
    [("", "No API-key provided."), ("sk-0123456789abcdef0123456789abcdef", "Invalid API-key provided.")],
)
def test_a_key_that_is_none_of_its_own_is_refused(client, key: str, message: str) -> None:
    client.key = key
    told = client.task(legacy())
    assert (401, "InvalidApiKey", message) == (told.status_code, told.json()["code"], told.json()["message"])
    assert "request_id" in told.json()


@pytest.mark.parametrize(
    ("headers", "body", "status", "code"),
    [
        ({"x_dashscope_async": ""}, legacy(), 403, "AccessDenied"),
        ({}, [], 400, "BadRequest.EmptyModel"),
        ({}, legacy(model=7), 400, "BadRequest.EmptyModel"),
        ({}, legacy(model="wan9-r2v"), 400, "InvalidParameter"),
        ({}, legacy(model="alibaba/wan-v2.6-r2v"), 400, "InvalidParameter"),
    ],
)
def test_what_is_refused_at_once(client, headers: dict[str, str], body: Any, status: int, code: str) -> None:
    accepted = len(client.sandbox.ledger()["jobs"])
    told = client.task(body, **headers)
    assert (status, code) == (told.status_code, told.json()["code"])
    assert accepted == len(client.sandbox.ledger()["jobs"])


# What only the task finds: a change of a good body, and the message it fails with.
WRONG = [
    (legacy(input__prompt=None), "Field required: input.prompt"),
    (legacy(input__reference_urls=None), "Field required: input.reference_urls"),
    (legacy(input=None), "Field required: input"),
    (legacy(input__reference_urls=[]), "<input.reference_urls> is invalid"),
    (legacy(input__reference_urls=[NEAR] * 6), "<input.reference_urls> is invalid"),
    (legacy(input__reference_urls=[FAR] * 4), "4 reference videos, at most 3"),
    (legacy(input__reference_urls="https://x/y.png"), "<input.reference_urls> is invalid: it must be of type array"),
    (legacy(input__reference_urls=["mia.png"]), "url error, please check url!"),
    (legacy(input__reference_urls=["http://192.168.1.4/a.png"]), "Unable to download the media resource"),
    (legacy(input__reference_urls=["data:image/png;base64,AAAA"]), "damaged or of an unsupported format"),
    (legacy(parameters__size="1280x720"), "size must be in 1080*1920,1088*832,"),
    (legacy(parameters__size="720P"), "size must be in"),
    (legacy(parameters__duration=11), "11 is not between 2 and 10"),
    (legacy(parameters__duration=2.5), "<parameters.duration> is invalid: it must be of type integer"),
    (legacy(parameters__duration="5"), "<parameters.duration> is invalid"),
    (legacy(parameters__shot_type="many"), "<parameters.shot_type> is invalid: it must be one of single, multi"),
    (legacy(parameters__seed=-1), "<parameters.seed> is invalid: it must be at least 0"),
    (legacy(parameters__seed=2147483648), "<parameters.seed> is invalid"),
    (legacy(parameters__watermark="no"), "<parameters.watermark> is invalid: it must be of type boolean"),
    (legacy(parameters__prompt_extend=False), "<parameters.prompt_extend> is invalid: there is no such field"),
    (legacy(model="wan2.6-r2v", parameters__audio=True), "<parameters.audio> is invalid: there is no such field"),
    (legacy(input__function="other"), "<input.function> is invalid"),
    (media(input__media=None), "Field required: input.media"),
    (media(input__media=[{"type": "reference_image"}]), "Field required: input.media.0.url"),
    (media(input__media=[{"type": "image", "url": NEAR}]), "<input.media.0.type> is invalid"),
    (media(input__media=[{"type": "reference_image", "url": NEAR}] * 6), "6 references, at most 5"),
    (media(input__media=[{"type": "first_frame", "url": NEAR}]), "0 references, at least 1"),
    (media(parameters__resolution="720p"), "<parameters.resolution> is invalid: it must be one of 720P, 1080P"),
    (media(parameters__ratio="21:9"), "<parameters.ratio> is invalid"),
    (media(parameters__duration=16), "16 is not between 2 and 15"),
    (media(parameters__size="1280*720"), "<parameters.size> is invalid: there is no such field"),
    (media(parameters__shot_type="multi"), "<parameters.shot_type> is invalid: there is no such field"),
    (
        media(input__media=[{"type": "reference_video", "url": FAR}], parameters__duration=11),
        "11 is not between 2 and 10",
    ),
    (
        media(model="happyhorse-1.1-r2v", parameters__prompt_extend=None, parameters__duration=2),
        "2 is not between 3 and 15",
    ),
    (media(model="happyhorse-1.1-r2v"), "<parameters.prompt_extend> is invalid: there is no such field"),
]


@pytest.mark.parametrize(
    ("body", "message"), WRONG, ids=[f"{n} {message[:40]}" for n, (_, message) in enumerate(WRONG)]
)
def test_what_only_the_task_finds(client, body: Any, message: str) -> None:
    """Accepted with 200, failed later, free: as measured at the real service."""
    failed = client.ended(client.task(body))["output"]
    assert "FAILED" == failed["task_status"]
    assert message in failed["message"]
    assert failed["code"].startswith(("Invalid", "DataInspection"))
    assert 0 == client.sandbox.ledger()["jobs"][-1]["cost"]


def test_wrong_fields_can_be_told_at_once(tmp_path: Path, client_of) -> None:
    with serving(tmp_path / "s", Settings(validate="sync")) as sandbox:
        told = client_of(sandbox).task(legacy(parameters__duration=11))
        assert (400, "InvalidParameter") == (told.status_code, told.json()["code"])
        assert [] == sandbox.ledger()["jobs"]


def test_unknown_fields_can_be_let_pass(tmp_path: Path, client_of) -> None:
    with serving(tmp_path / "s", Settings(unknown="ignore", limits=False)) as sandbox:
        client = client_of(sandbox)
        assert "SUCCEEDED" == client.ended(client.task(media(parameters__audio=True)))["output"]["task_status"]


def test_the_two_fields_that_the_sdk_adds_are_no_mistake(client) -> None:
    body = legacy(input__extend_prompt=True, input__function="video-synthesis")
    assert "SUCCEEDED" == client.ended(client.task(body))["output"]["task_status"]


def test_the_deprecated_name_of_the_references_still_counts(client) -> None:
    old = legacy(input__reference_urls=None, input__reference_video_urls=[FAR])
    assert "Field required: input.reference_urls" == client.ended(client.task(old))["output"]["message"]
    both = legacy(input__reference_video_urls=[FAR])
    assert "SUCCEEDED" == client.ended(client.task(both))["output"]["task_status"]


@pytest.mark.parametrize(
    ("model", "lengths", "pictures", "expected"),
    [
        ("wan2.6-r2v", [8], 0, 5), ("wan2.6-r2v", [8], 1, 2.5), ("wan2.6-r2v", [10, 1], 0, 3.5),
        ("wan2.6-r2v", [10, 1], 1, 2.65), ("wan2.6-r2v", [9, 9, 9], 0, 4.95), ("wan2.6-r2v", [9], 3, 1.25),
        ("wan2.6-r2v", [9, 9, 9], 2, 3), ("wan2.6-r2v", [], 2, 0), ("wan2.7-r2v", [8], 0, 5),
        ("wan2.7-r2v", [8], 1, 5), ("wan2.7-r2v", [10, 1], 1, 3.5), ("wan2.7-r2v", [9] * 5, 0, 5),
        ("wan2.7-r2v", [], 2, 0),
    ],
)  # fmt: skip
def test_input_seconds_are_billed_by_the_vendors_rule(
    client,
    clip: Callable[[float], Path],
    picture: Path,
    model: str,
    lengths: list[float],
    pictures: int,
    expected: float,
) -> None:
    """The test vectors of the vendor's billing page, with real files."""
    files = [clip(length) for length in lengths] + [picture] * pictures
    urls = [client.oss(file, model, name=f"{n}{file.suffix}").url_of_upload for n, file in enumerate(files)]
    kinds = ["reference_video"] * len(lengths) + ["reference_image"] * pictures
    items = [{"type": kind, "url": url} for kind, url in zip(kinds, urls, strict=True)]
    if model == "wan2.6-r2v":
        body = legacy(model=model, input__reference_urls=urls, parameters__audio=None)
    else:
        body = media(model=model, input__media=items)
    done = client.ended(client.task(body, x_dashscope_ossresourceresolve="enable"))
    assert expected == done["usage"]["input_video_duration"], done
    assert 5 + expected == done["usage"]["duration"]
    job = client.sandbox.ledger()["jobs"][-1]
    assert (5 + expected, round(0.1 * (5 + expected), 6)) == (job["billed_seconds"], job["cost"])


def test_usage_has_size_or_ratio_by_the_dialect(client) -> None:
    assert "1280*720" == client.ended(client.task(legacy()))["usage"]["size"]
    square = client.ended(client.task(media(parameters__ratio="1:1")))["usage"]
    assert ("1:1", 720) == (square["ratio"], square["SR"])
    assert "size" not in square


def test_what_is_left_out_is_the_dear_default(still, client_of) -> None:
    """1080P, 5 s: whoever forgets the size pays for the dear one, as at the vendor."""
    assert 200 == client_of(still).task(legacy(parameters=None)).status_code
    job = still.ledger()["jobs"][-1]
    # 5 s, and 2.5 s for one video of unknown length among two references
    assert (7.5, round(0.075 * 7.5, 6)) == (job["billed_seconds"], job["cost"])


def test_a_prompt_that_is_too_long_is_cut_and_billed(client) -> None:
    done = client.ended(client.task(legacy(input__prompt="x" * 1501)))
    assert "SUCCEEDED" == done["output"]["task_status"]
    job = client.sandbox.ledger()["jobs"][-1]
    assert ["the prompt has 1501 characters, 1500 are read"] == job["notes"]
    assert job["cost"] > 0


def test_virginia_takes_videos_only_and_5_or_10_s(client) -> None:
    base = client.about["wavespeed"] + "/us-east-1/api/v1"
    body = legacy(model="wan2.6-r2v", input__reference_urls=[FAR], parameters__audio=None)
    assert "SUCCEEDED" == client.ended(client.task(body, base), base)["output"]["task_status"]
    body["parameters"]["duration"] = 6
    assert "6 is not one of [5, 10]" in client.ended(client.task(body, base), base)["output"]["message"]
    body["input"]["reference_urls"] = [NEAR]
    assert "reference images, at most 0" in client.ended(client.task(body, base), base)["output"]["message"]
    assert 400 == client.task(legacy(), base).status_code, "flash is not served there"


def test_a_task_is_known_only_where_it_was_submitted(client) -> None:
    host = client.about["wavespeed"]
    id = client.task(legacy(), f"{host}/ws-1.cn-beijing/api/v1").json()["output"]["task_id"]
    known = {
        base: client.poll(id, f"{host}{base}")["output"]["task_status"] != "UNKNOWN"
        for base in ("/ws-1.cn-beijing/api/v1", "/cn-beijing/api/v1", "/api/v1")
    }
    assert {"/ws-1.cn-beijing/api/v1": True, "/cn-beijing/api/v1": False, "/api/v1": False} == known
    assert 404 == client.task(legacy(), f"{host}/mars-1/api/v1").status_code


def test_another_accounts_task_and_a_made_up_one_are_unknown(client) -> None:
    id = client.task(legacy()).json()["output"]["task_id"]
    client.key += "other"
    for stranger in (id, "00000000-0000-4000-8000-000000000000"):
        assert {"task_id": stranger, "task_status": "UNKNOWN"} == client.poll(stranger)["output"]


def test_tasks_are_listed_by_model_state_and_page(client) -> None:
    ids = [client.ended(client.task(body))["output"]["task_id"] for body in (legacy(), media(), legacy())]

    def listed(**asked: Any) -> dict[str, Any]:
        made: dict[str, Any] = client.http.get(
            client.about["dashscope"] + "/tasks/", params=asked, headers=client.auth()
        ).json()
        return made

    assert ids[::-1] == [row["task_id"] for row in listed()["data"]]
    assert [ids[1]] == [row["task_id"] for row in listed(model_name="wan2.7-r2v")["data"]]
    assert [] == listed(status="FAILED")["data"]
    second = listed(page_no=2, page_size=2)
    assert ([ids[0]], 3, 2) == ([row["task_id"] for row in second["data"]], second["total"], second["total_page"])
    row = listed(task_id=ids[0])["data"][0]
    assert {"prompt", "video_url", "body"} & set(row) == set(), "a listing tells neither"
    assert row["gmt_create"] <= row["start_time"] <= row["end_time"]
    assert [] == listed(start_time="20200101000000", end_time="20200102000000")["data"]
    assert "InvalidParameter" == listed(start_time="20200101000000", end_time="20200103000000")["code"]


def test_only_what_is_pending_can_be_cancelled(tmp_path: Path, client_of) -> None:
    with serving(tmp_path / "s", pace=Pace(queue_s=3600)) as sandbox:
        client = client_of(sandbox)
        id = client.task(legacy()).json()["output"]["task_id"]
        where = f"{client.about['dashscope']}/tasks/{id}/cancel"
        first, second = (client.http.post(where, headers=client.auth()) for _ in range(2))
        assert (200, 400) == (first.status_code, second.status_code)
        assert "UnsupportedOperation" == second.json()["code"]
        assert "CANCELED" == client.poll(id)["output"]["task_status"]
        assert 0 == sandbox.ledger()["jobs"][0]["cost"]


def test_five_run_and_the_others_wait(tmp_path: Path, client_of) -> None:
    with serving(tmp_path / "s", Settings(limits=False), Pace(0, 3600)) as sandbox:
        client = client_of(sandbox)
        ids = [client.task(legacy()).json()["output"]["task_id"] for _ in range(7)]
        states = [client.poll(id)["output"]["task_status"] for id in ids]
        while states.count("RUNNING") < 5:
            states = [client.poll(id)["output"]["task_status"] for id in ids]
        assert ["RUNNING"] * 5 + ["PENDING"] * 2 == states


def test_more_than_five_submits_a_second_are_refused(tmp_path: Path, client_of) -> None:
    with serving(tmp_path / "s", speed=0.001) as sandbox:
        client = client_of(sandbox)
        told = [client.task(legacy()) for _ in range(7)]
        assert [200] * 5 + [429] * 2 == [answer.status_code for answer in told]
        assert "Throttling.RateQuota" == told[-1].json()["code"]
        assert 200 == client.task(media()).status_code, "each model has a limit of its own"
        sandbox.forward(1.5)
        assert 200 == client.task(legacy()).status_code
        polls = {
            client.http.get(client.about["dashscope"] + "/tasks/x", headers=client.auth()).status_code
            for _ in range(25)
        }
        assert {200, 429} == polls


def test_an_upload_is_bound_to_its_model_account_and_header(client, picture: Path) -> None:
    """As `oss://` addresses are: of one account and model, resolved only where the header says so."""
    url = client.oss(picture, "wan2.6-r2v-flash").url_of_upload
    resolve = {"x_dashscope_ossresourceresolve": "enable"}

    def message(body: Any, **headers: str) -> str:
        output = client.ended(client.task(body, **headers))["output"]
        return str(output.get("message", output["task_status"]))

    mine = legacy(input__reference_urls=[url])
    assert "SUCCEEDED" == message(mine, **resolve)
    assert "url error, please check url!" == message(mine)
    assert "Unable to download" in message(media(input__media=[{"type": "reference_image", "url": url}]), **resolve)
    assert "Unable to download" in message(legacy(input__reference_urls=["oss://dashscope-instant/x/y.png"]), **resolve)
    client.key += "other"
    assert "Unable to download" in message(mine, **resolve)


def test_a_form_is_checked_as_oss_does(client, picture: Path) -> None:
    model = "wan2.7-r2v"
    got = client.http.get(
        client.about["dashscope"] + "/uploads", params={"action": "getPolicy", "model": model}, headers=client.auth()
    ).json()["data"]
    assert 200 == client.form(got, picture).status_code
    refusals = {
        "again": client.form(got, picture), "elsewhere": client.form(got, picture, key="other/mia.png"),
        "forged": client.form(got, picture, "b.png", Signature="x"),
        "strange": client.form(got, picture, "c.png", acl="public"),
    }  # fmt: skip
    assert {"again": 409, "elsewhere": 403, "forged": 403, "strange": 403} == {
        name: answer.status_code for name, answer in refusals.items()
    }
    assert b"<Code>FileAlreadyExists</Code>" in refusals["again"].content
    client.sandbox.forward(301)
    assert b"Policy expired" in client.form(got, picture, "d.png").content
    assert b"Only one auth" in client.http.post(got["upload_host"], headers=client.auth(), content=b"x").content
    assert b"MalformedPOSTRequest" in client.http.post(got["upload_host"], content=b"x").content


def test_there_are_no_uploads_in_virginia(client) -> None:
    where = client.about["wavespeed"] + "/us-east-1/api/v1/uploads"
    told = client.http.get(where, params={"action": "getPolicy", "model": "wan2.6-r2v"}, headers=client.auth())
    assert 400 == told.status_code


def test_references_are_held_against_the_limits_of_the_model(client, clip, tmp_path: Path) -> None:
    small, clear = tmp_path / "small.png", tmp_path / "clear.png"
    Image.new("RGB", (100, 400)).save(small)
    Image.new("RGBA", (400, 400)).save(clear)
    found = {}
    for path in (small, clear, clip(0.5)):
        url = client.oss(path, "wan2.6-r2v-flash").url_of_upload
        task = client.task(legacy(input__reference_urls=[url]), x_dashscope_ossresourceresolve="enable")
        found[path.name] = client.ended(task)["output"]
    assert {"InvalidImage.FileFormat"} == {found[name]["code"] for name in ("small.png", "clear.png")}
    assert "InvalidVideo.FileFormat" == found["0.5s.mp4"]["code"]
    assert "each side has to have at least 240 pixels" in found["small.png"]["message"]


def test_models_are_those_of_the_region(client) -> None:
    def ids(base: str) -> set[str]:
        told = client.http.get(f"{client.about['wavespeed']}{base}/models", headers=client.auth())
        return {row["id"] for row in told.json()["data"]}

    assert "wan2.6-r2v-flash" in ids("/api/v1") - ids("/us-east-1/api/v1")


def test_a_path_that_is_none_is_told_in_its_shape(client) -> None:
    told = client.http.post(client.about["dashscope"] + "/services/other", json={}, headers=client.auth())
    assert (404, "InvalidURL") == (told.status_code, told.json()["code"])


def test_a_body_that_is_no_json_is_refused(client) -> None:
    where = client.about["dashscope"] + "/services/aigc/video-generation/video-synthesis"
    told = client.http.post(where, content=b"{", headers={**client.auth(), "x-dashscope-async": "enable"})
    assert (400, "InvalidParameter") == (told.status_code, json.loads(told.content)["code"])
