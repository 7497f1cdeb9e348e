"""The OpenAPI documents and the server say the same; and the vendors' own samples of the seeds are valid."""

from __future__ import annotations

import json
import re
from typing import Any

import jsonschema
import pytest

from r2v_pipeline.providers.catalog.load import entries
from r2v_pipeline.sandbox.beside import Running
from r2v_pipeline.sandbox.openapi_shapes import ANSWERS, ERRORS

SERVICES = ("dashscope", "gateway", "blob", "wavespeed")
SAMPLE = "https://help-static-aliyun-doc.aliyuncs.com/file-manage-files/en-US/20260205/"

# Requests that the vendors' pages print (Alibaba's reference-to-video guide of 15 March 2026; Vercel's documentation of
# 19 February 2026; WaveSpeedAI's model pages, whose samples leave out what is required, which is added here).
GUIDE = [
    {
        "model": "wan2.6-r2v-flash",
        "input": {
            "prompt": "character1 gives an enthusiastic product introduction to camera, smiling and "
            "gesturing naturally.",
            "reference_urls": ["https://example.com/presenter.mp4"],
        },
        "parameters": {"size": "1280*720", "duration": 5},
    },
    {
        "model": "wan2.6-r2v-flash",
        "input": {
            "prompt": "Character2 sits on a chair by the window, holding character3, and plays a soothing American "
            'country folk song next to character4. Character1 says to Character2: "that sounds great"',
            "reference_urls": [
                SAMPLE + "aacgyk/wan-r2v-role1.mp4", SAMPLE + "mmizqq/wan-r2v-role2.mp4",
                SAMPLE + "qpzxps/wan-r2v-object4.png", SAMPLE + "wfjikw/wan-r2v-backgroud5.png",
            ],
        },
        "parameters": {"size": "1280*720", "duration": 10, "audio": True, "shot_type": "multi", "watermark": True},
    },
    {
        "model": "wan2.6-r2v-flash",
        "input": {
            "prompt": "Create a festive holiday unboxing experience.Shot 1 [0-2s]: Character1 sits by a beautifully "
            "decorated Christmas tree. Shot 2 [2-4s]: Close-up as Character1 carefully unwraps the gift.",
            "reference_urls": [SAMPLE + "mjgmzx/wan-r2v-role-4.mp4"],
        },
        "parameters": {"size": "1280*720", "duration": 10, "shot_type": "multi", "watermark": True},
    },
    {
        "model": "wan2.6-r2v-flash",
        "input": {
            "prompt": "character1 drinks bubble tea while dancing spontaneously to the music.",
            "reference_urls": ["https://cdn.wanx.aliyuncs.com/static/demo-wan26/vace.mp4"],
        },
        "parameters": {"size": "1280*720", "duration": 5, "shot_type": "multi", "audio": False, "watermark": True},
    },
]  # fmt: skip
DOCUMENTATION = [
    {
        "prompt": "character1 and character2 have a friendly conversation in a cozy cafe", "n": 1,
        "resolution": "1920x1080", "duration": 4,
        "providerOptions": {
            "alibaba": {
                "referenceUrls": ["https://example.com/cat.png", "https://example.com/dog.png"], "shotType": "single",
            },
        },
    },
]  # fmt: skip
PAGES = {
    "alibaba/wan-2.6/reference-to-video": {
        "size": "1280*720", "duration": 5, "shot_type": "single", "enable_prompt_expansion": False, "seed": -1,
        "prompt": "Cyberpunk alley at night, hero walking toward camera", "videos": ["https://example.com/hero.mp4"],
    },
    "alibaba/wan-2.7/reference-to-video": {
        "resolution": "720p", "aspect_ratio": "16:9", "duration": 5, "enable_prompt_expansion": False, "seed": -1,
        "prompt": "The characters in Video 1 and Video 2 are playing video games together.",
        "videos": ["https://example.com/one.mp4", "https://example.com/two.mp4"],
    },
}  # fmt: skip


def document(sandbox: Running, service: str) -> dict[str, Any]:
    made: dict[str, Any] = sandbox._ask(f"openapi/{service}.json")
    return made


def body_schema(found: dict[str, Any], path: str, method: str = "post") -> Any:
    return found["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"]


def schemas(node: Any) -> list[Any]:
    """Every schema of a document."""
    if isinstance(node, list):
        return [found for item in node for found in schemas(item)]
    if not isinstance(node, dict):
        return []
    return [*([node["schema"]] if isinstance(node.get("schema"), dict) else []), *schemas(list(node.values()))]


@pytest.mark.parametrize("service", SERVICES)
def test_a_document_is_whole(sandbox: Running, service: str) -> None:
    found = document(sandbox, service)
    assert ("3.1.0", sandbox.url) == (found["openapi"], found["servers"][0]["url"])
    operations = [operation for item in found["paths"].values() for operation in item.values()]
    ids = [operation["operationId"] for operation in operations]
    assert len(ids) == len(set(ids)) > 3
    assert all(operation["responses"] for operation in operations)
    for schema in schemas(found):
        jsonschema.Draft202012Validator.check_schema(schema)
    for path, item in found["paths"].items():
        for operation in item.values():
            named = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
            assert set(re.findall(r"\{(\w+)\}", path)) == named


@pytest.mark.parametrize("service", SERVICES)
def test_every_route_is_in_its_document_and_nothing_else(sandbox: Running, service: str) -> None:
    (found,) = [s for s in sandbox.server.services if s.name == service]
    told = {(method.upper(), path) for path, item in document(sandbox, service)["paths"].items() for method in item}
    routes = {
        (route.method, path)
        for route in found.routes
        if not route.template.startswith("/{host}")
        for path in (
            [f"/api/v3/{entry.id}" for entry in entries() if entry.provider == service]
            if "{model*}" in route.template
            else [route.template.replace("*}", "}")]
        )
    }
    assert routes == told
    assert {(service, route.endpoint) for route in found.routes} == {key for key in ANSWERS if key[0] == service}


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_is_answered_by_its_own_service(client, service: str) -> None:
    """Not by a 404 of the router: each answers something, in its own shape, even to an empty request."""
    found = document(client.sandbox, service)
    for path, item in found["paths"].items():
        for method, operation in item.items():
            url = client.sandbox.url + re.sub(r"\{\w+\}", "x", path)
            told = client.http.request(method, url, headers=client.auth())
            assert told.status_code not in (405, 500), (method, path)
            if operation["tags"][0] in ("read", "download") or not told.headers.get("content-type", "").startswith(
                "application/json"
            ):
                continue
            shape = ERRORS[service] if told.status_code >= 300 else (ANSWERS[service, operation["tags"][0]][1] or {})
            jsonschema.validate(told.json(), shape)


def test_happy_answers_have_the_shapes_that_are_published(client) -> None:
    def fits(service: str, endpoint: str, told: Any) -> None:
        status, shape = ANSWERS[service, endpoint]
        assert status == told.status_code, told.text
        jsonschema.validate(told.json(), shape or {})

    about, auth, http = client.about, client.auth(), client.http
    task = client.task({**GUIDE[0], "parameters": {"size": "1280*720", "duration": 2}})
    fits("dashscope", "submit", task)
    client.ended(task)
    fits("dashscope", "poll", http.get(f"{about['dashscope']}/tasks/{task.json()['output']['task_id']}", headers=auth))
    fits("dashscope", "list", http.get(about["dashscope"] + "/tasks", headers=auth))
    asked = {"action": "getPolicy", "model": "wan2.6-r2v"}
    fits("dashscope", "policy", http.get(about["dashscope"] + "/uploads", params=asked, headers=auth))
    started = client.video("/start", {**DOCUMENTATION[0], "resolution": "1280x720", "duration": 2})
    fits("gateway", "submit", started)
    client.finished(started)
    fits("gateway", "poll", client.video("/status", {"operation": started.json()["operation"]}))
    fits("blob", "upload", client.blob("a.png"))
    run = client.ws("POST", *next(iter(PAGES.items())))
    fits("wavespeed", "submit", run)
    fits("wavespeed", "poll", client.ws("GET", f"predictions/{run.json()['data']['id']}/result"))
    fits("wavespeed", "list", client.ws("POST", "predictions", {}))
    ticket = {"filename": "a.png", "size": 3}
    fits("wavespeed", "ticket", client.ws("POST", "media/uploads", ticket))


@pytest.mark.parametrize("body", GUIDE, ids=["quick start", "four references", "unboxing", "silent"])
def test_the_guides_samples_are_valid_and_accepted(still, client_of, body: dict[str, Any]) -> None:
    schema = body_schema(document(still, "dashscope"), "/api/v1/services/aigc/video-generation/video-synthesis")
    jsonschema.validate(body, schema)
    assert 200 == client_of(still).task(body).status_code
    assert still.server.jobs.known[still.ledger()["jobs"][-1]["id"]].fail is None


@pytest.mark.parametrize("body", DOCUMENTATION)
@pytest.mark.parametrize("path", ["/start", ""])
def test_the_documentations_sample_is_valid(still, client_of, body: dict[str, Any], path: str) -> None:
    jsonschema.validate(body, body_schema(document(still, "gateway"), f"/v4/ai/video-model{path}"))
    if path:
        assert 202 == client_of(still).video(path, body).status_code


@pytest.mark.parametrize("model", PAGES)
def test_the_model_pages_samples_are_valid(still, client_of, model: str) -> None:
    jsonschema.validate(PAGES[model], body_schema(document(still, "wavespeed"), f"/api/v3/{model}"))
    assert 200 == client_of(still).ws("POST", model, PAGES[model]).status_code


def test_a_wrong_sample_is_not(sandbox: Running) -> None:
    schema = body_schema(document(sandbox, "dashscope"), "/api/v1/services/aigc/video-generation/video-synthesis")
    wrong = json.loads(json.dumps(GUIDE[0]).replace("1280*720", "1280x720"))
    assert not jsonschema.Draft202012Validator(schema).is_valid(wrong)
