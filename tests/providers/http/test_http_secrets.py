"""A key is shown to nobody: not by a message, a repr, a log, a file, whatever a server or a library does with it."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import logging
import pickle
import textwrap
import traceback
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wire_faults import FAULTS, REFUSALS, Handler, Server, Wire

from r2v_pipeline.errors import EnvironmentTrouble, R2VError
from r2v_pipeline.providers.http.channel import Channel
from r2v_pipeline.providers.http.exchange import Patience
from r2v_pipeline.providers.http.hosts import agree, base_of
from r2v_pipeline.providers.http.secrets import HIDDEN, Key, Redactor, key_from

CANARY = "sbx_c4n4ry-7f3a91e0b2d8"
SHAPE = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=8, max_size=80)
Make = Callable[..., Channel]


def pieces(secret: str, text: str) -> list[str]:
    """Every eight characters of a secret in a row that a text holds."""
    return [secret[at : at + 8] for at in range(len(secret) - 7) if secret[at : at + 8] in text]


@pytest.mark.parametrize(
    "spelled",
    [
        lambda key: key,
        lambda key: quote(key, safe=""),
        lambda key: base64.b64encode(key.encode()).decode(),
        lambda key: base64.urlsafe_b64encode(b"ab" + key.encode() + b"c").decode(),
        lambda key: base64.b64encode(b"user:" + key.encode()).decode(),
        lambda key: json.dumps({"authorization": f"Bearer {key}"}),
        lambda key: "\n".join(textwrap.wrap(key, 5, break_on_hyphens=False)),
        lambda key: json.dumps("\n".join(textwrap.wrap(key, 5, break_on_hyphens=False))),
        lambda key: key[3:-4],
        lambda key: repr(f"Illegal header value b'Bearer {key}\\n'"),
    ],
)
@given(secret=SHAPE)
def test_no_spelling_gets_through(spelled: Callable[[str], str], secret: str) -> None:
    """At least not by eight characters in a row, with line breaks and escapes of them taken out."""
    shown = Redactor([Key("K", secret)]).clean(f"the gateway said: {spelled(secret)} and went on")
    flat = shown.replace("\\n", "").replace("\n", "").replace(HIDDEN, "\0")
    assert [] == pieces(secret, flat)


def test_words_stay_as_they_are() -> None:
    text = "no such model: wan2.6-r2v; see https://docs.example/errors\n\tsecond line"
    assert text == Redactor([Key("K", CANARY)]).clean(text)


def test_what_is_left_of_json_is_json() -> None:
    awkward = 'a"b\\c"d\\e"f\\g'
    text = json.dumps({"message": f"bad key {awkward}!", "id": "job-1"})
    assert {"message": f"bad key {HIDDEN}!", "id": "job-1"} == json.loads(Redactor([Key("K", awkward)]).clean(text))


def test_a_message_is_one_short_line() -> None:
    line = Redactor([Key("K", CANARY)]).line(f"a\nb\t{CANARY}\r\n" + "c" * 500)
    assert line.startswith(f"a b {HIDDEN} ccc")
    assert 300 == len(line)


@pytest.mark.parametrize("value", ["short", "two\nlines-of-it", "with space", "ünicode-key", "x" * 8193, "tab\tinside"])
def test_what_cannot_be_a_key_is_refused_unseen(value: str) -> None:
    with pytest.raises(EnvironmentTrouble) as raised:
        key_from({"SOME_KEY": value}, ["SOME_KEY"])
    said = f"{raised.value.message} {raised.value.help} {raised.value!r}"
    assert "what is in SOME_KEY cannot be a key" == raised.value.message
    assert value not in said


def test_the_first_variable_that_holds_anything() -> None:
    key = key_from({"A_KEY": "  ", "B_KEY": f" {CANARY}\n"}, ["A_KEY", "B_KEY"])
    assert ("B_KEY", CANARY) == (key.variable, key.reveal())


def test_without_a_key_the_variables_are_named() -> None:
    with pytest.raises(EnvironmentTrouble, match="there is no key: A_KEY or B_KEY is not set"):
        key_from({}, ["A_KEY", "B_KEY"])


def test_a_key_has_no_text_form() -> None:
    key = Key("A_KEY", CANARY)
    assert "Key(A_KEY)" == repr(key) == str(key) == f"{key}"
    with pytest.raises(TypeError):
        pickle.dumps(key)
    assert 16 == len(key.fingerprint)
    assert key.fingerprint == Key("B_KEY", CANARY).fingerprint != Key("A_KEY", CANARY + "x").fingerprint
    assert [] == pieces(CANARY, key.fingerprint)


@pytest.mark.parametrize(
    ("url", "key", "refused"),
    [
        ("http://127.0.0.1:8000", CANARY, ""),
        ("http://localhost:8000", CANARY, ""),
        ("https://[::1]/v1", CANARY, ""),
        ("https://api.vendor.example", "live-0123456789", ""),
        ("https://api.vendor.example", CANARY, "a sandbox key, which is not sent to api.vendor.example"),
        ("http://127.0.0.1:8000", "live-0123456789", "a real key, which is not sent to 127.0.0.1"),
        ("https://localhost./v1", "live-0123456789", "a real key, which is not sent to localhost."),
    ],
)
def test_sandbox_keys_stay_on_this_machine_and_others_leave_it(url: str, key: str, refused: str) -> None:
    base, made = base_of(url, "X_URL"), Key("X_KEY", key)
    if not refused:
        agree(made, base)
        return
    with pytest.raises(EnvironmentTrouble, match=f"X_KEY holds {refused}"):
        agree(made, base)


def echo(wire: Wire) -> None:
    """A gateway that repeats the header which it did not like."""
    seen = wire.read()
    assert seen is not None
    key = seen.headers.get("authorization", "").removeprefix("Bearer ")
    said = {"error": {"message": f"Incorrect key: {key}", "seen": quote(key, safe=""), "again": key[:14]}}
    coded = base64.b64encode(f"Bearer {key}".encode()).decode()
    wire.answer(
        json.dumps(said | {"b": coded}).encode(), "400 No", f"x-request-id: {key}", f"www-authenticate: {key}",
        "connection: close",
    )  # fmt: skip


HANDLERS: dict[str, Handler] = {"echo": echo, **FAULTS, **REFUSALS}


@pytest.mark.parametrize("fault", ["echo", "no HTTP", "close in the body", "status 401", "status 503", "silence"])
def test_the_canary_is_in_nothing_that_anybody_sees(
    fault: str, server: Server, channel: Make, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Every message, repr, traceback with all that lies beneath it, log record down to DEBUG, and file."""
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    logging.getLogger().addHandler(handler)
    before = logging.getLogger().level
    logging.getLogger().setLevel(logging.DEBUG)
    file = tmp_path / "mia.png"
    file.write_bytes(b"picture")
    server.handler = HANDLERS[fault]
    seen: list[str] = []

    async def run() -> None:
        made = channel(patience=Patience(submit_s=0.2, ask_s=0.2, pauses_s=(0.01,), window_s=0.2))
        seen.extend([repr(made), str(vars(made)["base"]), made.account])
        answer = await made.send_once("jobs", b"{}", {})
        seen.extend([repr(answer), json.dumps(answer)])
        trials = [
            made.ask("GET", "jobs/1"),
            made.upload("PUT", "files/1", file, "0" * 64, {}),
            made.download(f"{server.url}/r/1.mp4", tmp_path / "clip.mp4"),
        ]
        for trial in trials:
            try:
                seen.append(repr(await trial))
            except R2VError as error:
                seen.extend([error.message, error.help, repr(error), _with_locals(error)])
        await made.close()

    try:
        asyncio.run(run())
    finally:
        logging.getLogger().removeHandler(handler)
        logging.getLogger().setLevel(before)
    out, err = capfd.readouterr()
    files = "".join(path.read_bytes().decode("latin-1") for path in tmp_path.rglob("*") if path.is_file())
    whole = "\n".join([*seen, log.getvalue(), out, err, files])
    assert [] == pieces(CANARY, whole)
    assert CANARY in server.seen[0].headers["authorization"], "the canary did go to the provider"


def _with_locals(error: BaseException) -> str:
    """A traceback as a crash report could show it at worst: causes, contexts, and the exceptions' arguments."""
    shown = list(traceback.TracebackException.from_exception(error).format())
    beneath: BaseException | None = error
    while beneath is not None:
        shown.append(repr(beneath) + repr(beneath.args))
        beneath = beneath.__cause__ or beneath.__context__
    return "\n".join(shown)
