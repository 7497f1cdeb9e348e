"""`r2v sandbox` as a person and as a program start it."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

KEYS = ["dashscope", "gateway", "blob", "wavespeed", "key", "ledger"]


@pytest.fixture
def start(environment: dict[str, str], tmp_path: Path):
    """Servers that are ended with the test."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(*words: str) -> subprocess.Popen[bytes]:
        pipe = subprocess.PIPE
        command = [sys.executable, "-m", "r2v_pipeline", "sandbox", "--port", "0", *words]
        started.append(subprocess.Popen(command, env=environment, cwd=tmp_path, stdin=pipe, stdout=pipe, stderr=pipe))
        return started[-1]

    yield begin
    for server in started:
        server.kill()
        server.communicate()


def test_one_line_says_where_everything_is(start) -> None:
    server = start("--format", "json")
    about = json.loads(server.stdout.readline())
    assert KEYS == list(about)
    port = about["wavespeed"].rpartition(":")[2]
    host = f"http://127.0.0.1:{port}"
    assert [f"{host}/api/v1", f"{host}/v4/ai", f"{host}/api/blob", host, f"{host}/__sandbox__/ledger"] == [
        about[name] for name in KEYS if name != "key"
    ]
    assert about["key"].startswith("sbx_")
    with urllib.request.urlopen(about["ledger"], timeout=10) as answer:
        assert {"jobs": [], "totals": {}, "requests": {}} == json.load(answer)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_in_order_when_it_is_told_to(start, number: int) -> None:
    server = start("--format", "json")
    server.stdout.readline()
    server.send_signal(number)
    assert 0 == server.wait(20)
    assert b"" == server.stderr.read()


def test_it_ends_with_whom_it_serves(start) -> None:
    server = start("--format", "json", "--parent")
    server.stdout.readline()
    server.stdin.close()
    assert 0 == server.wait(20)
    server.stdin = None


def test_a_person_reads_the_same_line_by_line(start) -> None:
    server = start()
    assert KEYS == [server.stdout.readline().decode().split()[0] for _ in KEYS]
    assert b"Ctrl-C ends it." in server.stdout.readline()


def test_where_anybody_may_ask_a_client_need_not_say_whom(start) -> None:
    about = json.loads(start("--format", "json", "--host", "0.0.0.0").stdout.readline())
    with socket.create_connection(("127.0.0.1", int(about["wavespeed"].rpartition(":")[2])), timeout=10) as line:
        line.sendall(b"GET /v1/models HTTP/1.0\r\n\r\n")
        assert b"200" == line.recv(100).split()[1]


def test_faults_come_from_a_file(start, tmp_path: Path) -> None:
    (tmp_path / "faults.yaml").write_text("- {do: status, status: 503, on: models, service: gateway}\n")
    about = json.loads(start("--format", "json", "--fault", "faults.yaml").stdout.readline())
    with pytest.raises(urllib.error.HTTPError, match="503") as refused:
        urllib.request.urlopen(about["wavespeed"] + "/v1/models", timeout=10)
    refused.value.close()
    with urllib.request.urlopen(about["wavespeed"] + "/v1/models", timeout=10) as answer:
        assert 200 == answer.status


@pytest.mark.parametrize(
    ("text", "told"),
    [("{do: close}", "no list of faults"), ("- {do: explode}", "no such fault"), ("[", "--fault"), (None, "--fault")],
)
def test_a_file_of_faults_that_is_none_is_refused(r2v, tmp_path: Path, text: str | None, told: str) -> None:
    file = tmp_path / "faults.yaml"
    if text is not None:
        file.write_text(text)
    ran = r2v("sandbox", "--port", "0", "--fault", file)
    assert 2 == ran.rc
    assert told in ran.err


def test_a_port_that_is_taken_is_told(start, r2v) -> None:
    port = json.loads(start("--format", "json").stdout.readline())["wavespeed"].rpartition(":")[2]
    ran = r2v("sandbox", "--port", port)
    assert 7 == ran.rc
    assert f"cannot listen on 127.0.0.1:{port}" in ran.err


@pytest.mark.parametrize("service", ["dashscope", "gateway", "blob", "wavespeed"])
def test_an_openapi_document_is_printed(r2v, service: str) -> None:
    ran = r2v("sandbox", "--openapi", service)
    assert (0, "3.1.0") == (ran.rc, json.loads(ran.out)["openapi"])


@pytest.mark.parametrize("words", [("--speed", "0"), ("--jobs", "0"), ("--region", "mars"), ("--render-s", "-1")])
def test_what_makes_no_sense_is_refused(r2v, words: tuple[str, ...]) -> None:
    assert 2 == r2v("sandbox", "--port", "0", *words).rc
