"""Rows 45 to 50: networks that the input would have r2v talk to.  r2v fetches no reference, so most of it is that."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from ground import BOARD, HEAD, cast, row, text

import r2v_pipeline

PACKAGE = Path(r2v_pipeline.__file__).parent

PRIVATE = [
    "169.254.169.254/latest/meta-data/",
    "127.0.0.1/",
    "[::1]/",
    "10.0.0.1/x.png",
    "0x7f000001/",
    "2130706433/",
    "127.1/",
    "localhost./",
    "[::ffff:127.0.0.1]/",
]


@row(45)
@pytest.mark.parametrize("host", PRIVATE)
def test_a_url_without_tls_is_no_reference(ground, host):
    for scheme in ("http://", "HTTP://", "hTtp://"):
        assert 1 == ground.check(cast(f'mia: {{image: "{scheme}{host}"}}')).rc


@row(45)
@pytest.mark.parametrize("host", PRIVATE)
def test_a_url_is_passed_on_and_never_fetched(ground, host):
    """The suite has no network: a socket would be an error.  Checking, compiling and planning open none."""
    ground.write("s.yaml", cast(f'mia: {{image: "https://{host}"}}'))
    assert 0 == ground.check().rc
    for command in ("compile", "plan"):
        assert 0 == ground.run(command, "s.yaml", "--format", "json").rc
    assert f"https://{host}" in ground.run("compile", "s.yaml", "--format", "json").out


@row(45)
def test_the_animatic_fetches_no_reference(ground):
    """It draws a card with the name; the network guard of the tests is in its process too."""
    film = "film: {size: 160x90, fps: 5}\n"
    ground.write("s.yaml", cast("mia: {image: https://127.0.0.1/x.png}").replace("duration: 5s", "duration: 1s") + film)
    answer = ground.free("build", "s.yaml", "--yes")
    assert 0 == answer.rc, answer.out


@row(46)
@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.com/x.png",
        "data:image/png;base64,AAAA",
        "javascript:alert(1)",
        "https://user:word@example.com/x.png",
        "https://user@example.com/x.png",
        "https:///x.png",
        "https://",
        "https:/x.png",
        "https:x.png",
        "https://exa mple.com/x",
        "https://example.com/x\ny",
        "https://example.com\\@evil.example/",
        "https://?x",
        "s3://bucket/x.png",
        "//example.com/x.png",
        "oss://bucket/x",
        "blob:https://example.com/x",
        " https://example.com/x.png",
    ],
)
@pytest.mark.parametrize("key", ["image", "video", "voice"])
def test_urls_of_other_kinds(ground, key, url):
    answer = ground.check(cast(f"mia: {{{key}: {json.dumps(url)}}}"))
    assert (1, True) == (answer.rc, set(answer.codes) <= {"R2V101", "R2V203"})


@row(46)
@pytest.mark.parametrize(
    "place",
    ["clip: https://example.com/x.mp4, duration: 5s", "prompt: b, duration: 5s, template: 'https://example.com/x'"],
)
def test_what_is_read_here_is_no_url(ground, place):
    assert 1 == ground.check(HEAD + f"shots:\n  - {{id: a, {place}}}\n").rc


BY_THEMSELVES = {"urllib.request.urlopen", *(f"requests.{verb}" for verb in ("get", "post", "put", "head", "request"))}


def following(code: str) -> list[int]:
    """Lines that let an HTTP library follow redirects: httpx does when told to, the others unless told not to."""
    lines = []
    for node in ast.walk(ast.parse(code)):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        said = {word.arg: ast.unparse(word.value) for word in node.keywords}
        told = said.get("follow_redirects", "False") != "False"
        by_itself = called in BY_THEMSELVES and said.get("allow_redirects") != "False"
        if told or by_itself:
            lines.append(node.lineno)
    return lines


@row(47)
def test_no_client_follows_redirects_by_itself():
    """A redirect may lead anywhere, and a library strips only the headers that it knows."""
    assert [1] == following("c = httpx.AsyncClient(follow_redirects=True)")
    assert [2] == following("import httpx\nhttpx.get(url, follow_redirects=hops)")
    assert [1] == following("urllib.request.urlopen(url)")
    assert [] == following("httpx.Client(follow_redirects=False); httpx.Client()")
    found = {path.name: following(path.read_text("utf-8")) for path in PACKAGE.rglob("*.py")}
    assert {} == {name: lines for name, lines in found.items() if lines}


@row(48, 49)
@pytest.mark.parametrize(
    "lock",
    [
        "version: 1\nshots: {a: {url: 'https://evil.example/', id: x, key: y}}\n",
        "shots: {a: {take: 99, sha256: '" + "0" * 64 + "'}}\n",
        "&a [*a]\n",
        "\0",
        "- " * 100_000,
    ],
)
def test_a_lock_from_elsewhere_decides_no_request(ground, lock):
    """Whatever a pull request commits beside the storyboard: what would be sent is the same, or nothing is."""
    ground.write("s.yaml", BOARD)
    for command in ("compile", "plan"):
        before = ground.run(command, "s.yaml", "--format", "json")
        path = ground.write("s.lock.yaml", lock)
        after = ground.run(command, "s.yaml", "--format", "json")
        path.unlink()
        assert after == before or (1, "") == (after.rc, after.out)


@row(48)
def test_a_request_holds_no_address_of_a_service(ground):
    """Bodies are made from the storyboard; where they go is not in it."""
    ground.write("s.yaml", text("A lamp sways."))
    job = json.loads(ground.run("compile", "s.yaml", "--format", "json").out)["jobs"][0]
    assert "://" not in json.dumps(job["request"])


@row(50)
@pytest.mark.parametrize("key", ["provider", "model", "region", "ratio", "resolution"])
@pytest.mark.parametrize("value", ["wan\r\nX-Evil: 1", "wan\nx", "\u2028wan", "wan\x00"])
def test_line_breaks_in_what_could_become_a_header(ground, key, value):
    paid = {"provider": "dashscope", "model": "wan2.6-t2v", key: value}
    answer = ground.check(HEAD + f"shots:\n  - {{id: a, prompt: b, duration: 5s, render: {json.dumps(paid)}}}\n")
    assert 1 == answer.rc
    assert "\nX-Evil" not in answer.out


@row(50)
@pytest.mark.parametrize("option", ["--provider", "--model", "--profile"])
def test_line_breaks_on_the_command_line(ground, option):
    ground.write("s.yaml", BOARD)
    answer = ground.limited("check", "s.yaml", option, "wan\r\n::set-output name=x::y")
    assert answer.rc in (1, 2)
    assert "\n::set-output" not in answer.out
