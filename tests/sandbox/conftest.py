"""A sandbox for each module, what a client sends to it, and small files to refer to."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from r2v_pipeline.media.pyav import ClipWriter
from r2v_pipeline.sandbox.beside import Running, serving
from r2v_pipeline.sandbox.jobs import Pace
from r2v_pipeline.sandbox.routes import Settings


class Client:
    """Requests to one sandbox, with its key unless a test says otherwise."""

    def __init__(self, sandbox: Running) -> None:
        self.sandbox, self.about = sandbox, sandbox.about
        self.key = sandbox.key
        self.http = httpx.Client(timeout=20, headers={"user-agent": "test"})

    def auth(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.key}"} if self.key else {}

    # DashScope

    def task(self, body: Any, base: str = "", **headers: str) -> httpx.Response:
        """A submit; `headers` with underscores for dashes, empty to leave one out."""
        sent = {"x-dashscope-async": "enable", **{name.replace("_", "-"): value for name, value in headers.items()}}
        where = (base or self.about["dashscope"]) + "/services/aigc/video-generation/video-synthesis"
        return self.http.post(where, json=body, headers={**self.auth(), **{n: v for n, v in sent.items() if v}})

    def poll(self, id: str, base: str = "") -> dict[str, Any]:
        told = self.http.get(f"{base or self.about['dashscope']}/tasks/{id}", headers=self.auth())
        assert told.status_code == 200, told.text
        made: dict[str, Any] = told.json()
        return made

    def ended(self, submitted: httpx.Response, base: str = "") -> dict[str, Any]:
        """The last answer about a task that was accepted."""
        assert submitted.status_code == 200, submitted.text
        id = submitted.json()["output"]["task_id"]
        return wait(
            lambda: self.poll(id, base), lambda told: told["output"]["task_status"] not in ("PENDING", "RUNNING")
        )

    def comes_to(self, id: str, status: str) -> None:
        """Until a task has a status."""
        wait(lambda: self.poll(id), lambda told: told["output"]["task_status"] == status)

    def oss(self, path: Path, model: str, base: str = "", name: str = "", **fields: str) -> httpx.Response:
        """Upload a file by certificate and form; `fields` change the form."""
        where = (base or self.about["dashscope"]) + "/uploads"
        got = self.http.get(where, params={"action": "getPolicy", "model": model}, headers=self.auth())
        return self.form(got.json()["data"], path, name, **fields)

    def form(self, policy: Mapping[str, Any], path: Path, name: str = "", **fields: str) -> httpx.Response:
        form = {
            "OSSAccessKeyId": policy["oss_access_key_id"], "Signature": policy["signature"],
            "policy": policy["policy"], "key": f"{policy['upload_dir']}/{name or path.name}",
            "x-oss-object-acl": policy["x_oss_object_acl"],
            "x-oss-forbid-overwrite": policy["x_oss_forbid_overwrite"], "success_action_status": "200", **fields,
        }  # fmt: skip
        answer = self.http.post(policy["upload_host"], data=form, files={"file": (path.name, path.read_bytes())})
        answer.url_of_upload = f"oss://{form['key']}"  # type: ignore[attr-defined]
        return answer

    # AI Gateway

    def video(self, route: str, body: Any, model: str = "alibaba/wan-v2.6-r2v", **headers: str) -> httpx.Response:
        """A request to `/v4/ai/video-model{route}`."""
        sent = {
            "ai-gateway-protocol-version": "0.0.1", "ai-gateway-auth-method": "api-key",
            "ai-video-model-specification-version": "4", "ai-model-id": model,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }  # fmt: skip
        where = f"{self.about['gateway']}/video-model{route}"
        return self.http.post(where, json=body, headers={**self.auth(), **{n: v for n, v in sent.items() if v}})

    def finished(self, started: httpx.Response, model: str = "alibaba/wan-v2.6-r2v") -> dict[str, Any]:
        """The last answer about a job that was started."""
        assert started.status_code == 202, started.text
        operation = {"operation": started.json()["operation"]}
        return wait(lambda: self.video("/status", operation, model).json(), lambda told: told["status"] != "pending")

    # Blob

    def blob(self, pathname: str, content: bytes = b"bytes", **headers: str) -> httpx.Response:
        sent = {
            "authorization": f"Bearer vercel_blob_rw_{self.key}", "x-api-version": "12",
            "x-vercel-blob-access": "public", **{name.replace("_", "-"): value for name, value in headers.items()},
        }  # fmt: skip
        sent = {name: value for name, value in sent.items() if value}
        return self.http.put(self.about["blob"] + "/", params={"pathname": pathname}, content=content, headers=sent)

    # WaveSpeed

    def ws(self, method: str, path: str, body: Any = None) -> httpx.Response:
        return self.http.request(method, f"{self.about['wavespeed']}/api/v3/{path}", json=body, headers=self.auth())

    def predicted(self, submitted: httpx.Response) -> dict[str, Any]:
        """The last data about a prediction that was accepted."""
        assert submitted.status_code == 200, submitted.text
        where = submitted.json()["data"]["urls"]["get"]
        got = lambda: self.http.get(where, headers=self.auth()).json()["data"]  # noqa: E731 (asked again and again)
        return wait(got, lambda told: told["status"] not in ("created", "processing"))


def wait(ask: Callable[[], dict[str, Any]], done: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The first answer that is the last one."""
    until = time.monotonic() + 30
    while not done(told := ask()):
        assert time.monotonic() < until, told
        time.sleep(0.01)
    return told


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One server for a module: nothing is drawn, nothing takes time, no rate limit."""
    with serving(tmp_path_factory.mktemp("sandbox"), Settings(limits=False)) as made:
        yield made


@pytest.fixture
def client(sandbox: Running) -> Iterator[Client]:
    """A client of the module's sandbox, with an account of its own."""
    made = Client(sandbox)
    made.key = f"{sandbox.key}_{time.monotonic_ns()}"
    yield made
    sandbox.behave()
    made.http.close()


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The same, where no job ever begins: for what is settled when it is accepted."""
    with serving(tmp_path_factory.mktemp("still"), Settings(limits=False), Pace(queue_s=1e9)) as made:
        yield made


@pytest.fixture
def client_of() -> Iterator[Callable[[Running], Client]]:
    """For a sandbox that a test starts itself."""
    made: list[Client] = []

    def make(sandbox: Running) -> Client:
        made.append(Client(sandbox))
        return made[-1]

    yield make
    for client in made:
        client.http.close()


@pytest.fixture(scope="session")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reference picture of 500x400."""
    path = tmp_path_factory.mktemp("media") / "mia.png"
    Image.new("RGB", (500, 400), "orange").save(path)
    return path


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Callable[[float], Path]:
    """A reference video of so many seconds, 320x240."""
    folder, made = tmp_path_factory.mktemp("clips"), {}

    def make(seconds: float) -> Path:
        if seconds not in made:
            made[seconds] = folder / f"{seconds:g}s.mp4"
            chroma = bytes([128]) * (160 * 120)
            with ClipWriter(made[seconds], width=320, height=240, fps=10, audio=False, preset="ultrafast") as writer:
                for _ in range(round(seconds * 10)):
                    writer.write_frame(bytes([90]) * (320 * 240), chroma, chroma)
        return made[seconds]

    return make
