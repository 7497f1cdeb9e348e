"""The contract that every provider keeps: r2v's own, the vendors against the sandbox, and the example of the page; and
that each of its checks finds what it is for."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "dashscope"))
sys.path.insert(0, str(Path(__file__).parent))

from sandbox_server import Sandbox, serving
from test_plugins import example

from r2v_pipeline.providers import registry
from r2v_pipeline.providers.base import Accepted, Answer, Cost, Failed, Finished, Found, Terms
from r2v_pipeline.providers.contract import CHECKS, Case, reference, small_shot
from r2v_pipeline.providers.fake.server import serving as serving_fake
from r2v_pipeline.providers.fake.vendor import Settings
from r2v_pipeline.providers.http.place import Where

EVERY = pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
Check = Callable[[Case], None]


def ours(name: str, where: Where | None = None, model: str = "", seconds: int = 2) -> Case:
    """A case for a provider of the registry."""

    def client(**_: Any) -> Any:
        return registry.client(name, workers=1, where=where)

    return Case(name, partial(registry.dialect, name), client, small_shot(model, seconds), model=model)


@EVERY
def test_the_animatic(check: Check) -> None:
    check(ours("animatic"))


@EVERY
@pytest.mark.parametrize("mode", ["idempotent", "findable", "opaque"])
def test_the_vendor_of_the_tests(check: Check, mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving_fake(tmp_path / "vendor", Settings(render_s=0)) as vendor:
        for name, value in vendor.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("R2V_FAKE_OPTIONS", "settle_s=0.1")
        check(ours(f"fake-{mode}"))


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with serving(tmp_path_factory.mktemp("sandbox")) as made:
        yield made


@EVERY
@pytest.mark.parametrize(
    ("name", "model"), [("dashscope", "wan2.7-t2v"), ("vercel", "wan2.7-t2v"), ("wavespeed", "wan2.7-t2v")]
)
def test_the_vendors(check: Check, name: str, model: str, sandbox: Sandbox) -> None:
    check(ours(name, Where(environ={}, sandbox=sandbox.said), model, 3))


@EVERY
def test_the_example_of_the_page(check: Check) -> None:
    module = color()
    check(Case("color", module.dialect, module.client, references=(reference(),)))


def color() -> Any:
    module = ModuleType("r2v_color")
    exec(compile(example(), "r2v_color.py", "exec"), module.__dict__)
    return module


def broken(half: str, **changed: Any) -> Case:
    """The example with other methods."""
    module = color()
    cls = module.ColorDialect if half == "dialect" else module.ColorClient
    for name, value in changed.items():
        setattr(cls, name, value)
    return Case("color", module.dialect, module.client, references=(reference(),))


def impure(_self: Any, shot: Any, prompt: Any, beats: Any, references: Any) -> Any:
    honest = color().ColorDialect().lower(shot, prompt, beats, references)
    return honest[0]._replace(body={"at": id(object()), "n": next(COUNT)}), ()


COUNT = iter(range(1000))
PAID = Terms("opaque", "x")


async def no_clip(_self: Any, _output: Any, to: Path) -> None:
    to.write_text("<html>")


async def never(_self: Any, _handle: Any) -> Any:
    return Failed("x", "no")


async def found_claimed(_self: Any, _sought: Any) -> Found:
    return Found(({"x": 1},), True)


async def lost_is_found(_self: Any, handle: Any) -> Any:
    return Finished(handle)


def takes_all(_self: Any, _answer: Answer, _model: str = "") -> Any:
    return Accepted({"id": 1})


def raises(_self: Any, answer: Answer, _model: str = "") -> Any:
    return Accepted(json.loads(answer.body))


def anything(_self: Any, id: str, _model: str = "") -> Any:
    return {"id": id}


async def random_id(_self: Any, _body: bytes, _token: str, _model: str = "") -> Answer:
    return Answer(200, (), json.dumps({"color": str(next(COUNT)), "ms": 1}))


@pytest.mark.parametrize(
    ("check", "half", "changed", "error"),
    [
        ("the_dialect_says_who_it_is", "dialect", {"provider": "colour"}, "provider is 'colour'"),
        ("the_dialect_says_who_it_is", "dialect", {"draws": None}, "draws says"),
        ("lowering_is_pure", "dialect", {"lower": impure}, "two bodies for one shot"),
        ("every_reference_is_in_the_body", "dialect", {"lower": impure}, "is not a text of its own"),
        ("a_price_is_exact_or_unknown", "dialect", {"price": lambda *_: Cost(2, 1, "USD")}, "lower end first"),
        ("a_price_is_exact_or_unknown", "dialect", {"price": lambda *_: Cost(1, 1, "$")}, "three capital letters"),
        ("terms_are_in_order", "client", {"terms": Terms("maybe", "x")}, "submit is one of"),
        ("terms_are_in_order", "client", {"terms": Terms("opaque", "")}, "says who pays"),
        ("terms_are_in_order", "client", {"terms": Terms("idempotent", "x")}, "goes with idempotent"),
        ("terms_are_in_order", "client", {"terms": Terms("opaque", "x", running=-1)}, "below 0"),
        (
            "no_answer_is_too_odd_to_be_read",
            "client",
            {"terms": PAID, "read": takes_all},
            "was taken for an acceptance",
        ),
        ("no_answer_is_too_odd_to_be_read", "client", {"read": raises}, "Expecting value"),
        ("an_id_that_is_none_is_refused", "client", {"terms": PAID, "handle": anything}, "handle\\(''\\) gave"),
        ("a_clip_comes_of_a_submit", "client", {"fetch": no_clip}, "no whole clip"),
        ("a_clip_comes_of_a_submit", "client", {"poll": never}, "came to nothing"),
        (
            "the_same_token_buys_once",
            "client",
            {"terms": Terms("idempotent", "x", key_life_s=9), "send": random_id},
            "gave two jobs",
        ),
        ("a_submit_is_found_again", "client", {"terms": Terms("findable", "x")}, "does not show what was just sent"),
        (
            "an_unknown_job_is_lost",
            "client",
            {"terms": Terms("opaque", "x"), "handle": anything, "poll": lost_is_found},
            "a job that never was",
        ),
    ],
)
def test_each_check_finds_what_it_is_for(check: str, half: str, changed: dict[str, Any], error: str) -> None:
    (function,) = [each for each in CHECKS if each.__name__ == check]
    with pytest.raises((AssertionError, ValueError), match=error):
        function(broken(half, **changed))
