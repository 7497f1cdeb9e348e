"""A plan as a person, a program and a pull request read it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from handmade import (
    NOWHERE,
    OUTPUT,
    PAID,
    Ledger,
    beats,
    compilation,
    free,
    member,
    paid,
    render,
    result,
    shot,
    span,
    split,
)

from r2v_pipeline.compile.jobs import Compilation, Job
from r2v_pipeline.model.types import Film, Setting
from r2v_pipeline.plan.planner import plan
from r2v_pipeline.plan.types import Plan
from r2v_pipeline.providers.base import Cost
from r2v_pipeline.report.diagnostics import Paint
from r2v_pipeline.report.plan import to_json, to_markdown, to_text

PLAIN = Paint(False)


def made(
    compiled: Compilation,
    ledger: Ledger | None = None,
    selection: set[str] | None = None,
    price: Callable[[Job], Cost] = free,
) -> Plan:
    """A plan of the whole storyboard, or of some shots."""
    chosen = None if selection is None else frozenset(selection)
    return plan(compiled, ledger or Ledger(), output=OUTPUT, selection=chosen, price=price)


def busy(price: Callable[[Job], Cost] = paid) -> Plan:
    """One of everything: a changed shot, one on its way, one in doubt and one that waits for it, an old one."""
    film = Film(None, 30, True, (), False, (Setting("music", span("film: {music: a.wav}", "music")),), None)
    before = [shot("s01", "A harbour at dawn."), *(shot(f"s{i:02}") for i in range(2, 7))]
    shots = [shot("s01", "A harbour at dusk.", ms=10_000), *before[1:], shot("card", clip="card.mp4")]
    ledger = Ledger.after(compilation(before))
    jobs = [render(one, model="wan2.6", used_ms=one.duration_ms - 800 * (one.id == "s01")) for one in shots[:4]]
    jobs += [render(shots[4], result(jobs[2])), render(shots[5])]
    ledger.open(jobs[1], "running")
    ledger.open(jobs[2], "submitting")
    ledger.blobs[jobs[3].key] = "0" * 64
    return made(compilation(shots, jobs, film=film), ledger, price=price)


def test_text() -> None:
    lines = to_text(busy(), PLAIN).splitlines()
    assert [
        "1 of 7 shots renders, about $0.98. 1 comes from an earlier build. 1 is in doubt and waits for you.",
        "",
        (
            "  + s01  render   wan2.6 10 s (0.8 s trimmed)  $0.98   "
            'prompt changed: "dawn" -> "dusk"; 1 more difference                 story.yaml:1:14'
        ),
        "  ~ s02  collect  wan2.6 2 s                           running at wan since 1970-01-01 00:01 UTC",
        (
            "  ! s03  held     wan2.6 2 s                   $0.98?  "
            "sent to wan 1970-01-01 00:01 UTC, answer lost: see r2v resolve s03  story.yaml:1:1"
        ),
        "  ! s05  waits    animatic 2 s                         waits for s03, which is in doubt",
        "  = 2 shots unchanged",
        "  > the film is not joined: 2 shots have no clip yet: s03, s05",
        "",
        "10 s are paid for and 9.2 s used: 0.8 s are trimmed away.",
        "",
        "note: film: music is checked, but this version does not apply it (story.yaml:1:8)",
    ] == lines


def sentence(plan: Plan) -> str:
    """The first line."""
    return to_text(plan, PLAIN).partition("\n")[0]


def test_first_sentences() -> None:
    both = compilation([shot("s01"), shot("s02")])
    prices = {"s01": Cost(1_000_000, 1_000_000, "USD"), "s02": Cost(2_000_000, 3_000_000, "CNY")}
    unknown = Cost(0, 0, "", known=False)
    assert "2 of 2 shots render, free (animatic)." == sentence(made(both))
    assert "1 of 2 shots renders, free (animatic)." == sentence(made(both, selection={"s01"}))
    assert "2 of 2 shots render, about $1.96." == sentence(made(both, price=paid))
    mixed = sentence(made(both, price=lambda job: prices[job.id]))
    assert "2 of 2 shots render, about 2.00 CNY to 3.00 CNY and $1.00." == mixed
    assert "2 of 2 shots render, at an unknown price." == sentence(made(both, price=lambda _: unknown))
    one = sentence(made(both, price=lambda job: PAID if job.id == "s01" else unknown))
    assert "2 of 2 shots render, about $0.98 and 1 at an unknown price." == one


def test_sentences_without_a_render() -> None:
    both = compilation([shot("s01"), shot("s02")])
    built = Ledger.after(both)
    assert "Nothing to do." == sentence(made(both, built))
    built.films.clear()
    assert "No shot renders; the film is joined again." == sentence(made(both, built))
    coming = Ledger()
    for job in both.jobs[:2]:
        coming.open(job, "running")
    assert "No shot renders. 2 come from an earlier build." == sentence(made(both, coming))
    coming.open(both.jobs[0], "submitting")
    coming.open(both.jobs[1], "submitting")
    assert "No shot renders. 2 are in doubt and wait for you." == sentence(made(both, coming))


def test_what_stays_is_counted() -> None:
    card = shot("card", clip="card.mp4")
    both = compilation([shot("s01"), shot("s02"), card], [render(shot("s01")), render(shot("s02")), render(card)])
    ledger = Ledger.after(both)
    assert [
        "Nothing to do.",
        "",
        "  = 2 shots unchanged",
        "  = 1 shot with own footage",
        "  = the film is unchanged",
    ] == (to_text(made(both, ledger), PLAIN).splitlines())
    ledger.lose(both.jobs[0])
    assert [
        "Nothing to do.",
        "",
        "  = 1 shot unchanged",
        "  = 1 shot with own footage",
        "  - 1 shot not selected",
        "  > the film is not joined: 1 shot has no clip yet: s01",
    ] == to_text(made(both, ledger, {"s02"}), PLAIN).splitlines()


def rounded_up(job: Job) -> Job:
    """The same job at a model that makes 10, 15 or 20 s only."""
    if job.request is None:
        return job
    asked = next(ms for ms in (10_000, 15_000, 20_000) if ms >= job.request.duration_ms)
    return job._replace(request=job.request._replace(duration_ms=asked))


def test_parts_of_a_shot_go_by_their_own_names() -> None:
    """54 s in five parts, each with its price and what is thrown away of it."""
    long = beats("harbor", *(f"Wave {n}." for n in range(9)))
    jobs = [rounded_up(job) for job in split(long, 2, 2, 2, 2, 1, model="wan2.6")]
    found = made(compilation([long], jobs), price=paid)
    assert [
        "1 of 1 shot renders, about $4.90.",
        "",
        "  + harbor.1  render  wan2.6 15 s (3 s trimmed)  $0.98  new part",
        "  + harbor.2  render  wan2.6 15 s (3 s trimmed)  $0.98  new part",
        "  + harbor.3  render  wan2.6 15 s (3 s trimmed)  $0.98  new part",
        "  + harbor.4  render  wan2.6 15 s (3 s trimmed)  $0.98  new part",
        "  + harbor.5  render  wan2.6 10 s (4 s trimmed)  $0.98  new part",
        "  > the film is joined: first film",
        "",
        "70 s are paid for and 54 s used: 16 s are trimmed away.",
    ] == to_text(found, PLAIN).splitlines()
    told = to_json(found)
    assert (70, 54) == (told["totals"]["seconds_billed"], told["totals"]["seconds_used"])
    assert [("harbor", "harbor.1", 15, 12), ("harbor", "harbor.5", 10, 6), ("harbor", "harbor", 0, 0)] == [
        (a["shot"], a["job"], a["seconds_billed"], a["seconds_used"]) for a in told["actions"] if a["job"][-1] in "15r"
    ]


def test_two_shots_that_ask_for_the_same_are_bought_once_from_the_same_model() -> None:
    shots = [shot("s01"), shot("s02")]
    jobs = [render(one, provider="dashscope", model="wan2.7-r2v", shot="same") for one in shots]
    assert [
        "  + s01  render  wan2.7-r2v 2 s  $0.98  new shot",
        "  + s02  render  wan2.7-r2v 2 s         new shot, the same render as s01",
    ] == to_text(made(compilation(shots, jobs), price=paid), PLAIN).splitlines()[2:4]


def test_parts_that_are_only_joined_again() -> None:
    long = beats("harbor", "One.", "Two.")
    both = compilation([long, shot("s02")], [*split(long, 1, 1), render(shot("s02"))])
    ledger = Ledger.after(both)
    ledger.lose(both.jobs[2])
    again = "  > the parts of harbor are joined again: its clip is gone from .r2v"
    text = to_text(made(both, ledger), PLAIN).splitlines()
    assert "No shot renders; the film is joined again." == text[0]
    assert again in text
    assert "  = 2 shots unchanged" in text
    ledger.lose(both.jobs[3])
    text = to_text(made(both, ledger, {"harbor"}), PLAIN).splitlines()
    assert "No shot renders; parts are joined again." == text[0]
    assert again in text
    ledger.lose(both.jobs[0])
    text = to_text(made(both, ledger, {"harbor"}), PLAIN).splitlines()
    assert "1 of 2 shots renders, free (animatic)." == text[0]
    assert again not in text


def test_nothing_foreign_reaches_the_terminal_raw() -> None:
    evil = "\x1b[2J\x07\u202eapprove?"
    one = shot("s01", f"{evil} at dusk.")
    voiced = compilation([one], [render(one, model=evil)], cast=[member("mia", voice="a.wav")])
    text = to_text(made(voiced, Ledger.after(compilation([shot("s01", "At dawn.")]))), PLAIN)
    assert "\\x1b[2J\\x07\\u202eapprove?" in text
    assert {"\n"} == {char for char in text if not char.isprintable()}


def test_colours_are_asked_for() -> None:
    """The same text when the colour codes are taken out."""
    painted = to_text(busy(), Paint(True))
    assert "\x1b[32m+\x1b[0m s01" in painted
    assert to_text(busy(), PLAIN) == re.sub(r"\x1b\[[\d;]*m", "", painted)


def test_json() -> None:
    found = to_json(busy())
    assert found == json.loads(json.dumps(found))
    assert {
        "shot": "s01",
        "job": "s01",
        "verb": "render",
        "reason": 'prompt changed: "dawn" -> "dusk"; 1 more difference',
        "word": "changed",
        "cost": {"low": 0.98, "high": 0.98, "currency": "USD"},
        "seconds_clip": 10,
        "seconds_billed": 10,
        "seconds_used": 9.2,
    } == found["actions"][0]
    assert {"low": 0, "high": 0.98, "currency": "USD"} == found["actions"][2]["cost"]
    assert ("", "film", "skip") == tuple(found["actions"][-1][key] for key in ("shot", "job", "verb"))
    assert {
        "verbs": {"render": 1, "collect": 1, "fetch": 0, "reuse": 2, "hold": 1, "skip": 2},
        "cost": {"low": 0.98, "high": 0.98, "currency": "USD"},
        "costs": [{"low": 0.98, "high": 0.98, "currency": "USD"}],
        "unknown_prices": 0,
        "seconds_clip": 10,
        "seconds_billed": 10,
        "seconds_used": 9.2,
    } == found["totals"]
    assert ["version", "actions", "totals"] == list(found)
    assert 1 == found["version"]


def test_an_unknown_price_is_null() -> None:
    found = to_json(made(compilation([shot("s01")]), price=lambda _: Cost(0, 0, "USD", known=False)))
    assert {"low": None, "high": None, "currency": "USD"} == found["actions"][0]["cost"] == found["totals"]["cost"]
    assert 1 == found["totals"]["unknown_prices"]


def test_markdown() -> None:
    assert [
        "1 of 7 shots renders, about $0.98. 1 comes from an earlier build. 1 is in doubt and waits for you.",
        "",
        "| shot | what | length | price | why |",
        "| --- | --- | --- | --- | --- |",
        (
            "| s01 | render | `10 s (0.8 s trimmed)` | `$0.98` | "
            '`prompt changed: "dawn" -> "dusk"; 1 more difference (story.yaml:1:14)` |'
        ),
        "| s02 | collect | 2 s |  | running at wan since 1970-01-01 00:01 UTC |",
        (
            "| s03 | held | 2 s | `$0.98?` | "
            "`sent to wan 1970-01-01 00:01 UTC, answer lost: see r2v resolve s03 (story.yaml:1:1)` |"
        ),
        "| s05 | waits | 2 s |  | waits for s03, which is in doubt |",
        "",
        "- 2 shots unchanged",
        "- the film is not joined: 2 shots have no clip yet: s03, s05",
        "- `10 s are paid for and 9.2 s used: 0.8 s are trimmed away.`",
        "- `note: film: music is checked, but this version does not apply it (story.yaml:1:8)`",
    ] == to_markdown(busy()).splitlines()


def test_markdown_without_work() -> None:
    both = compilation([shot("s01")])
    expected = "Nothing to do.\n\n\n- 1 shot unchanged\n- the film is unchanged\n"
    assert expected == to_markdown(made(both, Ledger.after(both)))


def test_a_prompt_cannot_write_markdown() -> None:
    evil = 'x | ``` <img src=x onerror="y"> @owner https://example.org ![a](b)\n# heading'
    one = shot("s01", evil)
    table = to_markdown(made(compilation([one]), Ledger.after(compilation([shot("s01", "x |")]))))
    (row,) = [line for line in table.splitlines() if line.startswith("| s01")]
    assert row.endswith("` |")
    assert 6 == row.replace("\\|", "").count("|")
    assert "# heading" not in table.splitlines()


@pytest.mark.parametrize("text", ["Wind.", "| " * 400])
def test_markdown_fits_a_comment(text: str) -> None:
    """GitHub takes 65,536 characters; what does not fit is counted."""
    after = compilation([shot(f"shot_{i}", f"{text} dusk") for i in range(2_000)])
    table = to_markdown(made(after, Ledger.after(compilation([shot(f"shot_{i}", "dawn") for i in range(2_000)]))))
    rows = sum(line.startswith("| `shot") for line in table.splitlines())
    assert 50_000 < len(table) <= 60_000
    assert f"… and {2_000 - rows} more shots." in table


def test_notes_name_their_first_place_only() -> None:
    places = [Setting("music", span("music: a")), Setting("music", span("music: b")), Setting("titles", None)]
    film = Film(None, 30, True, (), False, tuple(places), None)
    assert [
        "note: film: music is checked, but this version does not apply it (story.yaml:1:1 and 1 more)",
        "note: film: titles is checked, but this version does not apply it",
    ] == to_text(made(compilation([shot("s01")], film=film)), PLAIN).splitlines()[-2:]


def test_nowhere_is_no_place() -> None:
    """A job without a place has no empty column."""
    job = render(shot("s01"))._replace(span=None)
    assert NOWHERE.file not in to_text(made(compilation([shot("s01")], [job])), PLAIN)
