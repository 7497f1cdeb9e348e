"""Split shots in a plan: bought by the part, seen as one clip, and never bought for nobody to look at."""

from __future__ import annotations

import pytest
from handmade import OUTPUT, Ledger, beats, compilation, frame, free, paid, reasons, render, result, shot, split, verbs

from r2v_pipeline.compile.jobs import Compilation, Job
from r2v_pipeline.plan.planner import plan
from r2v_pipeline.plan.select import select
from r2v_pipeline.plan.types import Action, Plan
from r2v_pipeline.plan.why import differences, same

WORDS = ("One.", "Two.", "Three.", "Four.", "Five.")


def harbor(*words: str, sizes: tuple[int, ...] = (2, 2, 1)) -> Compilation:
    """`harbor` is cut in three; `after` opens with its last picture; `alone` stands for itself."""
    whole, after, alone = beats("harbor", *(words or WORDS)), shot("after"), shot("alone")
    jobs = split(whole, *sizes) if len(sizes) > 1 else [render(whole)]
    last = frame(jobs[-1])
    return compilation([whole, after, alone], [*jobs, last, render(after, result(last)), render(alone)])


def made(compiled: Compilation, ledger: Ledger, selection: set[str] | None = None, price=free) -> Plan:
    chosen = None if selection is None else frozenset(selection)
    return plan(compiled, ledger, output=OUTPUT, selection=chosen, price=price)


def job(compiled: Compilation, name: str) -> Job:
    return next(one for one in compiled.jobs if one.id == name)


def action(found: Plan, name: str) -> Action:
    return next(one for one in found.actions if one.job.id == name)


def doing(found: Plan, *verbs_: str) -> list[str]:
    """The jobs that have one of these verbs."""
    return [one.job.id for one in found.actions if one.verb in verbs_]


def test_the_first_build_buys_every_part() -> None:
    found = made(harbor(), Ledger(), price=paid)
    assert {"render"} == set(verbs(found).values())
    assert {
        "harbor.1": "new part",
        "harbor.2": "new part",
        "harbor.3": "new part",
        "harbor": "new shot",
        "harbor@last": "new picture, needed by after",
        "after": "new shot",
        "alone": "new shot",
        "film": "first film",
    } == reasons(found)
    costs = {one.job.id: one.cost.high_micros for one in found.actions}
    assert (980_000, 0, 5 * 980_000) == (costs["harbor.2"], costs["harbor"], found.totals.cost.high_micros)
    seconds = {one.job.id: (one.billed_ms, one.used_ms) for one in found.actions}
    assert [(12_000, 12_000), (12_000, 12_000), (6_000, 6_000), (0, 0)] == [
        seconds[name] for name in ("harbor.1", "harbor.2", "harbor.3", "harbor")
    ]


def test_built_is_built() -> None:
    found = made(harbor(), Ledger.after(harbor()))
    assert {"reuse"} == set(verbs(found).values())


def test_one_changed_word_buys_the_part_that_holds_it() -> None:
    now = harbor("One.", "Two.", "Gulls.", "Four.", "Five.")
    found = made(now, Ledger.after(harbor()), price=paid)
    assert ["harbor.2", "harbor", "harbor@last", "after", "film"] == doing(found, "render")
    assert 2 * 980_000 == found.totals.cost.high_micros, "the part, and the shot that opens with its last picture"
    assert 'prompt changed: "Three" -> "Gulls"' == action(found, "harbor.2").reason.text
    assert ("input", "harbor.2 changes") == action(found, "harbor").reason[:2]
    assert ("input", "harbor changes, needed by after") == action(found, "harbor@last").reason[:2]


def test_a_part_knows_its_changed_word_and_its_place() -> None:
    """What `why harbor` shows of its second part."""
    before, now = harbor(), harbor("One.", "Two.", "Gulls.", "Four.", "Five.")
    ledger = Ledger.after(before)
    old = ledger.last(OUTPUT, "harbor.2")
    found = differences(old, job(now, "harbor.2"))
    assert [("prompt", [("del", "Three"), ("ins", "Gulls")])] == [
        (d.path, [(p.op, p.text) for p in d.parts if p.op != "equal"]) for d in found
    ]
    span = found[0].span
    assert span is not None
    assert "Gulls" == span.source.text[span.start : span.end]
    assert "take" in same(old, job(now, "harbor.2"))


def test_a_lost_clip_is_joined_again_and_nothing_is_bought() -> None:
    ledger = Ledger.after(harbor())
    ledger.lose(job(harbor(), "harbor"))
    found = made(harbor(), ledger, price=paid)
    assert ["harbor", "film"] == doing(found, "render")
    assert 0 == found.totals.cost.high_micros
    assert "its clip is gone from .r2v" == action(found, "harbor").reason.text


def test_a_lost_part_of_a_clip_that_is_there_is_not_bought_again() -> None:
    """Nobody will look at it: the film has the whole clip."""
    ledger = Ledger.after(harbor())
    ledger.lose(job(harbor(), "harbor.1"))
    found = made(harbor(), ledger, price=paid)
    assert [] == doing(found, "render")
    assert ("skip", "nothing that renders needs it") == (
        action(found, "harbor.1").verb,
        action(found, "harbor.1").reason.text,
    )
    assert "reuse" == action(found, "film").verb


def test_a_part_that_is_needed_again_is_bought_again() -> None:
    """The clip is gone with one of its parts: that one has its price, the others not."""
    ledger = Ledger.after(harbor())
    ledger.lose(job(harbor(), "harbor.1"))
    ledger.lose(job(harbor(), "harbor"))
    found = made(harbor(), ledger, price=paid)
    assert ["harbor.1", "harbor", "film"] == doing(found, "render")
    assert 980_000 == found.totals.cost.high_micros


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        (("harbor",), ["harbor.1", "harbor.2", "harbor.3", "harbor"]),
        (("h*",), ["harbor.1", "harbor.2", "harbor.3", "harbor"]),
        (("after",), ["harbor.1", "harbor.2", "harbor.3", "harbor", "harbor@last", "after"]),
        (("alone",), ["alone"]),
    ],
)
def test_a_shot_is_selected_with_all_its_parts(terms: tuple[str, ...], expected: list[str]) -> None:
    chosen, trouble = select(harbor(), terms)
    assert () == trouble
    found = made(harbor(), Ledger(), set(chosen or ()))
    assert expected == doing(found, "render")
    idle = {one.reason.text for one in found.actions if one.verb == "skip" and one.job.kind == "render"}
    assert {"not selected"} == idle


def test_a_shot_that_is_made_for_another_says_so_on_every_part() -> None:
    found = made(harbor(), Ledger(), {"after"})
    assert "new part, needed by after" == action(found, "harbor.2").reason.text
    assert "new shot, needed by after" == action(found, "harbor").reason.text


def test_plus_reaches_through_the_parts() -> None:
    assert ({"harbor", "after"}, ()) == select(harbor(), ("harbor+",))
    assert ({"harbor", "after"}, ()) == select(harbor(), ("+after",))


def test_a_part_in_doubt_holds_what_needs_it_and_nothing_else() -> None:
    ledger = Ledger()
    ledger.open(job(harbor(), "harbor.2"), "submitting")
    ledger.open(job(harbor(), "harbor.3"), "running")
    found = made(harbor(), ledger)
    assert {"harbor.1": "render", "harbor.2": "hold", "harbor.3": "collect", "alone": "render"} == {
        name: verb for name, verb in verbs(found).items() if verb != "skip"
    }
    assert "waits for harbor.2, which is in doubt" == action(found, "harbor").reason.text
    assert "r2v resolve harbor.2" in action(found, "harbor.2").reason.text
    assert "2 shots have no clip yet: harbor, after" == action(found, "film").reason.text


def test_two_parts_that_ask_for_the_same_are_bought_once() -> None:
    """A body that names neither shot nor time: as a vendor gets it."""
    whole = beats("harbor", "Rain.", "Rain.")
    jobs = split(whole, 1, 1)
    twin = jobs[1]._replace(key=jobs[0].key)
    found = made(compilation([whole], [jobs[0], twin, jobs[2]]), Ledger(), price=paid)
    assert 980_000 == found.totals.cost.high_micros
    assert "new part, the same render as harbor.1" == action(found, "harbor.2").reason.text


def test_other_cuts_say_which_parts_are_new() -> None:
    """A beat more moves a border: what it reaches is another part, the rest is what it was."""
    found = made(harbor(sizes=(2, 1, 2)), Ledger.after(harbor()))
    assert ["harbor.2", "harbor.3", "harbor", "harbor@last", "after", "film"] == doing(found, "render")
    assert "harbor.2, harbor.3 change" == action(found, "harbor").reason.text
    fewer = made(harbor("One.", "Two.", "Three.", "Four.", sizes=(2, 2)), Ledger.after(harbor()))
    assert ["harbor", "harbor@last", "after", "film"] == doing(fewer, "render")
    assert "it is made of other parts" == action(fewer, "harbor").reason.text


def test_a_shot_that_was_one_piece_and_back() -> None:
    """Nothing of a render is like anything of a splice: they are not compared."""
    whole, cut = harbor(sizes=(5,)), harbor()
    found = made(cut, Ledger.after(whole))
    assert "it was one piece" == action(found, "harbor").reason.text
    assert "new part" == action(found, "harbor.1").reason.text
    back = made(whole, Ledger.after(cut))
    assert ("changed", "it was cut into parts") == action(back, "harbor").reason[:2]
    old = Ledger.after(cut).last(OUTPUT, "harbor")
    assert ((), ()) == (differences(old, job(whole, "harbor")), same(old, job(whole, "harbor")))
