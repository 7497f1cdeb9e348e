"""What every provider has to keep, as functions that anybody can run against one of their own.

Each of `CHECKS` takes a `Case` and raises AssertionError with what is wrong.  With pytest::

    @pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
    def test_contract(check):
        check(Case(name="color", dialect=dialect, client=client))

The checks of answers need nobody to answer; those that buy a clip send the bodies that the dialect makes of a small
shot, so the client has to lead to a server that bills nobody.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import json
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from r2v_pipeline.canonical import canonical
from r2v_pipeline.diagnostics import SourceText, Span
from r2v_pipeline.errors import MediaTrouble, R2VError, UsageError
from r2v_pipeline.model.types import Shot
from r2v_pipeline.providers.base import (
    FINDABLE,
    IDEMPOTENT,
    LOCAL,
    SUBMITS,
    Accepted,
    Answer,
    Beat,
    Client,
    Cost,
    Dialect,
    Failed,
    Finished,
    Prompt,
    Reference,
    Refused,
    RenderRequest,
    Running,
    Sought,
    Unknown,
)
from r2v_pipeline.providers.http.place import Where

# What comes from a server that is not well, or is not the one that was meant.
_BODIES = (
    "", "null", "[]", "{}", '""', "0", "{", "<!doctype html><title>Sign in</title>", '{"id":null}', '{"data":[]}',
    '{"id":"../../x"}', '{"output":7}', '{"error":"x"}', '{"code":200,"data":null}', "\x00\x1b[2J", "9" * 5000,
)  # fmt: skip
_STATUSES = (
    200,
    201,
    202,
    204,
    299,
    300,
    302,
    400,
    401,
    402,
    403,
    404,
    408,
    409,
    413,
    422,
    425,
    429,
    500,
    503,
    504,
    599,
)
# Statuses by which nothing can have been accepted (docs/providers.md).
_REFUSED = (401, 402, 403)


class Case(NamedTuple):
    """A provider under test: its name and its two halves, as an entry point has them.

    `shot` is one that it can render (see `small_shot`), `references` what the shot refers to; `wait_s` how long a clip
    may take.
    """

    name: str
    dialect: Callable[..., Dialect]
    client: Callable[..., Client]
    shot: Shot | None = None
    references: tuple[Reference, ...] = ()
    model: str = ""
    wait_s: float = 60.0


def small_shot(model: str = "", seconds: int = 2) -> Shot:
    """One shot of a few words, without references, as a storyboard's reader makes it."""
    from r2v_pipeline.model.build import resolve
    from r2v_pipeline.source.document import load
    from r2v_pipeline.source.files import Disk

    render = f"render: {{model: {model}}}, " if model else ""
    with tempfile.TemporaryDirectory() as folder:
        text = (
            f"r2v: 1\ntitle: A lamp\nshots:\n  - {{id: lamp, {render}duration: {seconds}s, prompt: A lamp flickers.}}\n"
        )
        Path(folder, "story.yaml").write_text(text, "utf-8")
        disk = Disk(folder)
        document, found = load(disk, "story.yaml")
        assert document is not None, [d.message for d in found]
        board, problems = resolve(document, disk)
        assert board.shots, [d.message for d in problems]
        return board.shots[0]


def request_of(case: Case) -> RenderRequest:
    """What the dialect asks for the shot of a case."""
    made: Dialect = case.dialect(fps=30, language="en", labels={})
    shot = case.shot or small_shot(case.model)
    shot = shot._replace(render=shot.render._replace(provider=(case.name,)))
    beat = Beat(0, shot.duration_ms, "A lamp flickers.", "", (), "")
    request, found = made.lower(shot, Prompt("A lamp flickers.", "", ()), (beat,), case.references)
    assert request is not None, f"lower() refuses a small shot: {[d.message for d in found]}"
    return request


def the_dialect_says_who_it_is(case: Case) -> None:
    """Names are how a storyboard, a journal and a client find each other."""
    made: Dialect = case.dialect(fps=30, language="en", labels={})
    assert made.provider == case.name, f"provider is {made.provider!r}, and it goes by {case.name!r}"
    assert isinstance(made.draws, bool), "draws says whether it shows the beats: True or False"
    request = request_of(case)
    assert request.provider == case.name, "a request names its provider"
    assert request.used_ms <= request.duration_ms, "a clip covers what the film takes of it"


def lowering_is_pure(case: Case) -> None:
    """The key of a job is made of its body: the same shot must give the same one, on any machine, at any time."""
    one, two = request_of(case), request_of(case)
    assert canonical(dict(one.body)) == canonical(dict(two.body)), "lower() gave two bodies for one shot"
    text = canonical(dict(one.body)).decode()
    assert tempfile.gettempdir() not in text, "a path of this machine is in the body"


def every_reference_is_in_the_body(case: Case) -> None:
    """A placeholder is a whole text of the body, where the address goes when the file is uploaded."""
    request = request_of(case)
    texts = set(_texts(dict(request.body)))
    for reference in request.references:
        assert reference.placeholder in texts, f"{reference.placeholder} is not a text of its own in the body"


def a_price_is_exact_or_unknown(case: Case) -> None:
    """Caps compare it; nobody must have to guess what a figure means."""
    made: Dialect = case.dialect(fps=30, language="en", labels={})
    cost = made.price(request_of(case))
    assert isinstance(cost, Cost), "price() gives a Cost"
    assert 0 <= cost.low_micros <= cost.high_micros, "a price range has its lower end first, and none below nothing"
    currency = len(cost.currency) == 3 and cost.currency.isupper()
    assert currency or not cost.known, f"a currency is three capital letters: {cost.currency!r}"


def terms_are_in_order(case: Case) -> None:
    """They decide what is done about a lost answer, and how often the provider is asked."""

    def look(client: Client) -> None:
        terms = client.terms
        assert terms.submit in SUBMITS, f"submit is one of {', '.join(SUBMITS)}"
        assert terms == client.terms, "terms stay the same for the life of a client"
        assert bool(terms.account) == (terms.submit != LOCAL), "account says who pays: empty for local, else not"
        assert (terms.key_life_s > 0) == (terms.submit == IDEMPOTENT), "key_life_s goes with idempotent"
        figures = [value for value in terms if isinstance(value, (int, float))]
        assert all(value >= 0 for value in figures), "no figure of the terms is below 0"

    _with(case, look)


def no_answer_is_too_odd_to_be_read(case: Case) -> None:
    """`read` is pure, raises nothing, and takes nothing for accepted that is not."""
    model = request_of(case).model

    def look(client: Client) -> None:
        assert not inspect.iscoroutinefunction(client.read), "read is a plain function: it asks nobody"
        for status in _STATUSES:
            for body in _BODIES:
                said = client.read(Answer(status, (), body), model)
                assert isinstance(said, (Accepted, Refused, Unknown)), f"read() gave {said!r}"
                assert said == client.read(Answer(status, (), body), model), "read() depends on more than its answer"
                if client.terms.submit != LOCAL:  # what answers itself knows its own statuses
                    _by_status(status, said)

    _with(case, look)


def _by_status(status: int, said: Accepted | Refused | Unknown) -> None:
    """The line between "certainly not accepted" and "nobody knows"."""
    if isinstance(said, Accepted):
        assert 200 <= status < 300, f"{status} was taken for an acceptance"
    if status in _REFUSED:
        assert isinstance(said, Refused), f"{status} is certainly no acceptance: Refused"
    if status >= 500 or status in (408, 409, 425):
        assert isinstance(said, Unknown), f"after {status} nobody knows whether the job exists: Unknown"


def an_id_that_is_none_is_refused(case: Case) -> None:
    """It would stand in an address."""
    model = request_of(case).model

    def look(client: Client) -> None:
        for id in ("", "../x", "a b", "x\r\ny") if client.terms.submit != LOCAL else ():
            with contextlib.suppress(UsageError):
                raise AssertionError(f"handle({id!r}) gave {client.handle(id, model)!r}")

    _with(case, look)


def a_clip_comes_of_a_submit(case: Case) -> None:
    """Sent, accepted, asked about, fetched, whole; and the handle is JSON that survives a restart."""

    async def buy(client: Client) -> None:
        handle = await _accepted(case, client, "contract-1")
        output = await _finished(case, client, json.loads(json.dumps(handle)))
        with tempfile.TemporaryDirectory() as folder:
            clip = Path(folder, "clip.mp4")
            await client.fetch(output, clip)
            await _whole(clip)

    _with(case, buy)


def the_same_token_buys_once(case: Case) -> None:
    """Whoever calls himself idempotent is sent the same again after a crash."""

    async def buy(client: Client) -> None:
        if client.terms.submit == IDEMPOTENT:
            one, two = await _accepted(case, client, "contract-2"), await _accepted(case, client, "contract-2")
            assert canonical(dict(one)) == canonical(dict(two)), "the same bytes and token gave two jobs"

    _with(case, buy)


def a_submit_is_found_again(case: Case) -> None:
    """Exactly the one that was sent, and none where somebody has claimed it."""

    async def look(client: Client) -> None:
        if client.terms.submit != FINDABLE:
            return
        since, body = time.time(), canonical(dict(request_of(case).body))
        handle = await _accepted(case, client, "contract-3")
        await _finished(case, client, handle)
        await asyncio.sleep(client.terms.settle_s)
        text = canonical(dict(handle)).decode()
        model = request_of(case).model
        sought = Sought(body, "contract-3", since - 1, time.time() + 1, frozenset(), model)
        found = await client.find(sought)
        spelled = [canonical(dict(each)).decode() for each in found.handles]
        assert text in spelled, "find() does not show what was just sent"
        again = await client.find(sought._replace(claimed=frozenset(spelled)))
        assert not again.handles, "find() gave what another submit has"

    _with(case, look)


def an_unknown_job_is_lost(case: Case) -> None:
    """And neither running nor failed: what is lost may have been paid for."""

    async def look(client: Client) -> None:
        if client.terms.submit == LOCAL:
            return
        with contextlib.suppress(R2VError, OSError):
            said = await client.poll(client.handle("00000000-0000-4000-8000-000000000000", request_of(case).model))
            assert isinstance(said, Failed), f"poll() of a job that never was gave {said!r}"
            assert said.lost, "a job that the provider does not know is lost"

    _with(case, look)


CHECKS: tuple[Callable[[Case], None], ...] = (
    the_dialect_says_who_it_is,
    lowering_is_pure,
    every_reference_is_in_the_body,
    a_price_is_exact_or_unknown,
    terms_are_in_order,
    no_answer_is_too_odd_to_be_read,
    an_id_that_is_none_is_refused,
    a_clip_comes_of_a_submit,
    the_same_token_buys_once,
    a_submit_is_found_again,
    an_unknown_job_is_lost,
)


def reference(path: str = "refs/lamp.png", kind: str = "image") -> Reference:
    """One reference to a local file, as compile makes it."""
    sha256 = "0" * 64
    span = Span(SourceText("story.yaml", "cast: {}\n"), 0, 4)
    return Reference(0, "lamp", "the lamp", kind, path, sha256, f"r2v-file:sha256:{sha256}", path, "", span)


async def _accepted(case: Case, client: Client, token: str) -> Mapping[str, Any]:
    request = request_of(case)
    said = await client.send(canonical(dict(request.body)), token, request.model)
    assert isinstance(said, Answer), f"send() gave {said!r}"
    meant = client.read(said, request.model)
    assert isinstance(meant, Accepted), f"a small shot was not accepted: {meant!r}"
    return meant.handle


async def _finished(case: Case, client: Client, handle: Mapping[str, Any]) -> Mapping[str, Any]:
    until = time.monotonic() + case.wait_s
    while isinstance(state := await client.poll(handle), Running):
        assert time.monotonic() < until, f"no clip after {case.wait_s:g} s"
        await asyncio.sleep(max(0.05, client.terms.poll_every_s))
    assert isinstance(state, Finished), f"a small shot came to nothing: {state!r}"
    json.dumps(dict(state.output))
    return state.output


async def _whole(clip: Path) -> None:
    from r2v_pipeline.media.pyav import check_clip

    try:
        await asyncio.to_thread(check_clip, clip)
    except MediaTrouble as why:
        raise AssertionError(f"fetch() wrote no whole clip: {why.message}") from why


def _with(case: Case, act: Callable[[Client], Any]) -> None:
    """Runs something with a client of its own, which is closed after it."""

    async def whole() -> None:
        client: Client = case.client(region="", workers=1, where=Where())
        try:
            done = act(client)
            if inspect.isawaitable(done):
                await done
        finally:
            await client.close()

    asyncio.run(whole())


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, (list, tuple)) else ()
    return [text for item in inner for text in _texts(item)]
