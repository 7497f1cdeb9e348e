"""Verbs, reasons and prices over small storyboards; the laws of a plan over drawn ones; its speed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from handmade import (
    OUTPUT,
    Ledger,
    compilation,
    frame,
    free,
    paid,
    reasons,
    render,
    result,
    shot,
    verbs,
)
from hypothesis import given
from hypothesis import strategies as st

from r2v_pipeline.compile.jobs import Compilation, Job
from r2v_pipeline.plan.planner import plan, sums
from r2v_pipeline.plan.types import VERBS, Plan
from r2v_pipeline.providers.base import FREE, Cost

Price = Callable[[Job], Cost]


def made(compiled: Compilation, ledger: Ledger, selection: set[str] | None = None, price: Price = free) -> Plan:
    """A plan of the whole storyboard, or of some shots."""
    chosen = None if selection is None else frozenset(selection)
    return plan(compiled, ledger, output=OUTPUT, selection=chosen, price=price)


def chain(action: str = "Wind.") -> Compilation:
    """s02 opens with the last frame of s01; s03 stands alone."""
    first, second, third = shot("s01", action), shot("s02"), shot("s03")
    clip = render(first)
    last = frame(clip)
    return compilation([first, second, third], [clip, last, render(second, result(last)), render(third)])


def test_the_first_build_makes_everything() -> None:
    found = made(chain(), Ledger())
    assert {"s01": "render", "s01@last": "render", "s02": "render", "s03": "render", "film": "render"} == verbs(found)
    assert {
        "s01": "new shot",
        "s01@last": "new picture, needed by s02",
        "s02": "new shot",
        "s03": "new shot",
        "film": "first film",
    } == reasons(found)
    assert {"new"} == {action.reason.word for action in found.actions}


def test_after_a_build_there_is_nothing_to_do() -> None:
    found = made(chain(), Ledger.after(chain()))
    assert {"reuse"} == set(verbs(found).values())
    assert {"same"} == {action.reason.word for action in found.actions}
    assert {**dict.fromkeys(VERBS, 0), "reuse": 5} == found.totals.verbs
    assert FREE == found.totals.cost


def test_a_changed_word_renders_its_shot_and_what_is_made_of_it() -> None:
    found = made(chain("A harbour at dusk."), Ledger.after(chain("A harbour at dawn.")))
    assert {"s01": "render", "s01@last": "render", "s02": "render", "s03": "reuse", "film": "render"} == verbs(found)
    assert {
        "s01": 'prompt changed: "dawn" -> "dusk"',
        "s01@last": "s01 changes, needed by s02",
        "s02": "s01 changes",
        "s03": "unchanged",
        "film": "s01, s02 change",
    } == reasons(found)
    assert ["changed", "input", "input", "same", "input"] == [action.reason.word for action in found.actions]


def test_the_place_is_the_very_word() -> None:
    found = made(chain("A harbour at dusk."), Ledger.after(chain("A harbour at dawn.")))
    assert "story.yaml:1:14" == str(found.actions[0].reason.span)


def test_another_take() -> None:
    found = made(compilation([shot("s01", take=2)]), Ledger.after(compilation([shot("s01")])))
    assert ("take", "take 2") == found.actions[0].reason[:2]


def test_what_was_begun_and_never_finished_is_rendered() -> None:
    ledger = Ledger.after(chain())
    del ledger.blobs[chain().jobs[3].key]
    assert ("new", "not rendered yet") == made(chain(), ledger).actions[3].reason[:2]


def test_a_lost_clip_is_made_again_and_its_picture_is_not() -> None:
    """The picture of the lost clip is still in the store, and nothing that renders needs another."""
    compiled = chain()
    ledger = Ledger.after(compiled)
    ledger.lose(compiled.jobs[0])
    found = made(compiled, ledger)
    assert {"s01": "render", "s01@last": "reuse", "s02": "reuse", "s03": "reuse", "film": "render"} == verbs(found)
    assert ("missing", "its clip is gone from .r2v") == found.actions[0].reason[:2]
    assert "s01 changes" == reasons(found)["film"]


def test_a_lost_picture_that_nothing_needs_stays_lost() -> None:
    compiled = chain()
    ledger = Ledger.after(compiled)
    ledger.lose(compiled.jobs[1])
    found = made(compiled, ledger)
    assert ("skip", "nothing that renders needs it") == (verbs(found)["s01@last"], reasons(found)["s01@last"])
    assert "reuse" == verbs(found)["film"]


def test_what_is_on_its_way_is_not_bought_again() -> None:
    compiled = chain()
    ledger = Ledger()
    ledger.open(compiled.jobs[0], "running")
    ledger.open(compiled.jobs[3], "ready")
    found = made(compiled, ledger, price=paid)
    assert {"s01": "collect", "s01@last": "render", "s02": "render", "s03": "fetch", "film": "render"} == verbs(found)
    assert "running at wan since 1970-01-01 00:01 UTC" == reasons(found)["s01"]
    assert "ready at wan, sent 1970-01-01 00:01 UTC" == reasons(found)["s03"]
    assert [0, 0, 980_000, 0, 0] == [action.cost.high_micros for action in found.actions]
    assert Cost(980_000, 980_000, "USD") == found.totals.cost


def test_a_doubt_holds_all_that_is_made_of_it() -> None:
    """The doubt may have cost something and is not bought now; what waits for it costs nothing either."""
    compiled = chain()
    ledger = Ledger()
    ledger.open(compiled.jobs[0], "submitting")
    found = made(compiled, ledger, price=paid)
    assert {"s01": "hold", "s01@last": "skip", "s02": "skip", "s03": "render", "film": "skip"} == verbs(found)
    assert "sent to wan 1970-01-01 00:01 UTC, answer lost: see r2v resolve s01" == reasons(found)["s01"]
    assert "waits for s01, which is in doubt" == reasons(found)["s02"]
    assert ("doubt", "2 shots have no clip yet: s01, s02") == found.actions[-1].reason[:2]
    assert Cost(0, 980_000, "USD") == found.actions[0].cost
    assert Cost(980_000, 980_000, "USD") == found.totals.cost


def test_a_doubt_that_settles_itself_holds_nobody_and_costs_nothing_more() -> None:
    compiled = chain()
    ledger = Ledger()
    ledger.open(compiled.jobs[0], "submitting", settles=True)
    found = made(compiled, ledger, price=paid)
    assert {"s01": "collect", "s01@last": "render", "s02": "render", "s03": "render", "film": "render"} == verbs(found)
    said = "sent to wan 1970-01-01 00:01 UTC, its answer was lost: the build settles it, for nothing more"
    assert ("doubt", said) == found.actions[0].reason[:2]
    assert 0 == found.actions[0].cost.high_micros


def test_what_was_paid_for_and_is_gone_waits_for_a_person() -> None:
    """Its price is named; nothing is bought."""
    compiled = chain()
    ledger = Ledger()
    ledger.open(compiled.jobs[0], "expired")
    found = made(compiled, ledger, price=paid)
    assert {"s01": "hold", "s01@last": "skip", "s02": "skip", "s03": "render", "film": "skip"} == verbs(found)
    said = "sent to wan 1970-01-01 00:01 UTC, paid for, and gone there: see r2v resolve s01"
    assert ("gone", said) == found.actions[0].reason[:2]
    assert Cost(0, 980_000, "USD") == found.actions[0].cost
    assert Cost(980_000, 980_000, "USD") == found.totals.cost


def test_a_selected_shot_brings_what_it_needs() -> None:
    found = made(chain(), Ledger(), {"s02"})
    assert {"s01": "render", "s01@last": "render", "s02": "render", "s03": "skip", "film": "skip"} == verbs(found)
    assert "new shot, needed by s02" == reasons(found)["s01"]
    assert "new picture, needed by s02" == reasons(found)["s01@last"]
    assert "new shot" == reasons(found)["s02"]
    assert ("unselected", "not selected") == found.actions[3].reason[:2]
    assert ("unselected", "1 shot has no clip yet: s03") == found.actions[-1].reason[:2]


def test_a_need_that_is_on_its_way_is_collected_for_a_selected_shot() -> None:
    ledger = Ledger()
    ledger.open(chain().jobs[0], "running")
    found = made(chain(), ledger, {"s02"})
    assert "running at wan since 1970-01-01 00:01 UTC, needed by s02" == reasons(found)["s01"]


def test_a_finished_selected_shot_needs_nothing() -> None:
    """s01 was changed, but only s03 is asked for: nothing of the chain is touched."""
    found = made(chain("Snow."), Ledger.after(chain()), {"s03"})
    assert {"s01": "skip", "s01@last": "skip", "s02": "skip", "s03": "reuse", "film": "skip"} == verbs(found)
    assert "2 shots have no clip yet: s01, s02" == reasons(found)["film"]


def test_a_selection_of_a_finished_film_joins_it() -> None:
    """Clips of shots that nobody asked for are there, so the film can be made."""
    found = made(chain(), Ledger.after(chain("Snow."), chain()), {"s03"})
    assert {"reuse"} == set(verbs(found).values())


def test_own_footage_is_no_lack() -> None:
    card = shot("card", clip="card.mp4")
    found = made(compilation([shot("s01"), card]), Ledger())
    assert {"s01": "render", "film": "render"} == verbs(found)
    placed = made(compilation([card], [render(card)]), Ledger())
    assert ("skip", "own footage", "render") == (placed.actions[0].verb, reasons(placed)["card"], verbs(placed)["film"])


def test_a_prompt_put_back_joins_without_rendering() -> None:
    found = made(chain(), Ledger.after(chain(), chain("Snow.")))
    assert {"s01": "reuse", "s01@last": "reuse", "s02": "reuse", "s03": "reuse", "film": "render"} == verbs(found)
    assert ("input", "s01, s02 change") == found.actions[-1].reason[:2]


def test_a_film_setting_joins_again() -> None:
    shots = [shot("s01"), shot("s02")]
    before = compilation(shots)
    film = before.storyboard.film._replace(fps=25)
    assert ("film", "film.fps 30 -> 25") == made(compilation(shots, film=film), Ledger.after(before)).actions[
        -1
    ].reason[:2]


def test_another_order_joins_again() -> None:
    shots = [shot("s01"), shot("s02")]
    found = made(compilation(shots[::-1]), Ledger.after(compilation(shots)))
    assert ("film", "the order of the shots changed") == found.actions[-1].reason[:2]


def test_a_shot_taken_out_joins_again() -> None:
    shots = [shot("s01"), shot("s02")]
    found = made(compilation(shots[:1]), Ledger.after(compilation(shots)))
    assert ("film", "shot s02 removed") == found.actions[-1].reason[:2]


def test_a_film_that_was_touched_is_joined_again() -> None:
    ledger = Ledger.after(chain())
    ledger.films.clear()
    assert ("film", "the film is gone or was changed by hand") == made(chain(), ledger).actions[-1].reason[:2]


def test_the_same_request_is_bought_once() -> None:
    twice = [render(shot("s01"), job="s01")._replace(shot=name, id=name) for name in ("s01", "s02")]
    found = made(compilation([shot("s01"), shot("s02")], twice), Ledger(), price=paid)
    assert Cost(980_000, 980_000, "USD") == found.totals.cost
    assert "new shot, the same render as s01" == reasons(found)["s02"]
    assert [2000, 0] == [action.billed_ms for action in found.actions[:2]]


def test_seconds_are_those_of_the_request() -> None:
    bought = render(shot("s01", ms=5000), used_ms=4200)
    compiled = compilation([shot("s01", ms=5000)], [bought])
    assert [(5000, 4200), (0, 0)] == [action[4:] for action in made(compiled, Ledger()).actions]
    assert [(0, 4200), (0, 0)] == [action[4:] for action in made(compiled, Ledger.after(compiled)).actions]


@pytest.mark.parametrize(
    ("costs", "expected"),
    [
        ([], ((), 0)),
        ([FREE, FREE], ((), 0)),
        ([Cost(1, 2, "USD"), FREE, Cost(3, 4, "USD")], ((Cost(4, 6, "USD"),), 0)),
        ([Cost(1, 1, "USD"), Cost(2, 2, "CNY")], ((Cost(2, 2, "CNY"), Cost(1, 1, "USD")), 0)),
        ([Cost(1, 1, "USD"), Cost(0, 0, "", known=False)], ((Cost(1, 1, "USD"),), 1)),
    ],
)
def test_sums(costs: list[Cost], expected: object) -> None:
    assert expected == sums(costs)


def test_two_currencies_make_no_total() -> None:
    """Without a rate the sum must count as over any limit."""
    prices = {"s01": Cost(1, 1, "USD"), "s02": Cost(2, 2, "CNY")}
    found = made(compilation([shot("s01"), shot("s02")]), Ledger(), price=lambda job: prices[job.id])
    assert Cost(0, 0, "", known=False) == found.totals.cost


def test_an_unknown_price_makes_the_total_unknown() -> None:
    found = made(compilation([shot("s01")]), Ledger(), price=lambda _: Cost(0, 0, "USD", known=False))
    assert not found.totals.cost.known


def test_prices_are_asked_only_for_what_may_be_bought() -> None:
    asked: list[str] = []

    def price(job: Job) -> Cost:
        asked.append(job.id)
        return FREE

    made(chain("Snow."), Ledger.after(chain()), price=price)
    assert ["s01", "s02"] == asked


@st.composite
def boards(draw: st.DrawFn) -> Compilation:
    """Up to eight shots, each of which may use the clip or a frame of earlier ones."""
    count = draw(st.integers(1, 8))
    shots = [shot(f"s{i}", draw(st.sampled_from(["Wind.", "Rain."]))) for i in range(count)]
    jobs: list[Job] = []
    clips: list[Job] = []
    for i, one in enumerate(shots):
        needs = []
        for source in draw(st.lists(st.integers(0, i - 1), max_size=2, unique=True)) if i else []:
            needed = clips[source]
            if draw(st.booleans()):
                needed = frame(needed)
                jobs += [] if needed in jobs else [needed]
            needs.append(result(needed, f"from{source}"))
        clips.append(render(one, *needs))
        jobs.append(clips[-1])
    return compilation(shots, jobs)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Compilation, Ledger, set[str] | None]:
    """A board, what earlier builds left of it, and a selection."""
    compiled = draw(boards())
    ledger = Ledger()
    for job in compiled.jobs:
        left = draw(st.sampled_from(["nothing", "stored", "lost", "submitting", "running", "ready"]))
        if left == "stored":
            ledger.blobs[job.key] = "0" * 64
        elif left == "lost":
            ledger.gone.add(job.key)
        elif left != "nothing" and job.kind == "render":
            ledger.open(job, left)
    names = [one.id for one in compiled.storyboard.shots]
    return compiled, ledger, draw(st.none() | st.sets(st.sampled_from(names)))


@given(cases())
def test_every_job_has_one_action_in_order(case: tuple[Compilation, Ledger, set[str] | None]) -> None:
    compiled, ledger, selection = case
    found = made(compiled, ledger, selection)
    assert list(compiled.jobs) == [action.job for action in found.actions]
    assert len(compiled.jobs) == sum(found.totals.verbs.values())


@given(cases())
def test_what_renders_can_be_rendered(case: tuple[Compilation, Ledger, set[str] | None]) -> None:
    """Whatever a rendered job needs is there or coming, and nothing bought is bought again."""
    compiled, ledger, selection = case
    found = made(compiled, ledger, selection)
    by_id = verbs(found)
    for action in found.actions:
        if action.verb == "render":
            assert {by_id[need] for need in action.job.needs} <= {"render", "collect", "fetch", "reuse"}
            assert action.job.kind == "join" or action.job.key not in ledger.blobs
            assert action.job.key not in ledger.attempts


@given(cases())
def test_what_nobody_wants_is_left_alone(case: tuple[Compilation, Ledger, set[str] | None]) -> None:
    """Anything done outside the selection is needed by something done inside it."""
    compiled, ledger, selection = case
    found = made(compiled, ledger, selection)
    by_id = {action.job.id: action for action in found.actions}
    users = {need for action in found.actions if action.verb == "render" for need in action.job.needs}
    users |= {need for action in found.actions if action.reason.word == "doubt" for need in action.job.needs}
    for action in by_id.values():
        busy = action.verb in ("render", "collect", "fetch", "hold") and action.job.kind != "join"
        if busy and selection is not None and action.job.shot not in selection:
            assert action.job.id in users


@given(cases())
def test_a_plan_asks_and_changes_nothing(case: tuple[Compilation, Ledger, set[str] | None]) -> None:
    compiled, ledger, selection = case
    before = (dict(ledger.blobs), set(ledger.gone), dict(ledger.attempts), dict(ledger.used), set(ledger.films))
    first = made(compiled, ledger, selection, paid)
    assert first == made(compiled, ledger, selection, paid)
    assert before == (ledger.blobs, ledger.gone, ledger.attempts, ledger.used, ledger.films)


SCRIPT = """\
import json
from handmade import *
from r2v_pipeline.plan.planner import plan
from r2v_pipeline.report import graph
from r2v_pipeline.report.plan import to_json

shots = [shot(f"s{i:02}", "Dawn.", tags=("a", "b")) for i in range(20)]
later = [one if i % 3 else shot(one.id, "Dusk.") for i, one in enumerate(shots)]
ledger = Ledger.after(compilation(shots))
found = plan(compilation(later), ledger, output=OUTPUT, selection=frozenset(s.id for s in shots[:9]), price=paid)
print(json.dumps(to_json(found)), graph.to_mermaid(found))
"""


def test_a_plan_is_the_same_bytes_under_any_hash_seed(environment: dict[str, str]) -> None:
    path = os.pathsep.join((environment["PYTHONPATH"], str(Path(__file__).parent)))

    def run(seed: str) -> bytes:
        variables = {**environment, "PYTHONPATH": path, "PYTHONHASHSEED": seed}
        return subprocess.run([sys.executable, "-c", SCRIPT], env=variables, capture_output=True, check=True).stdout

    first = run("0")
    assert b'"word": "changed"' in first
    assert {first} == {run(seed) for seed in ("1", "2", "4711")}


@pytest.mark.parametrize("built", [False, True])
def test_ten_thousand_shots_are_planned_at_once(built: bool) -> None:
    """A tenth of a second on a laptop; the bound leaves room for a busy machine."""
    compiled = compilation([shot(f"s{i}") for i in range(10_000)])
    ledger = Ledger.after(compiled) if built else Ledger()
    began = time.perf_counter()
    found = made(compiled, ledger)
    assert time.perf_counter() - began < 1.0
    assert {"reuse" if built else "render"} == set(verbs(found).values())
