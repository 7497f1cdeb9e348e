"""The selection grammar: what each term means, what is wrong with a wrong one, and the laws of `+` and union."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from handmade import compilation, member, picture, render, result, shot
from hypothesis import given
from hypothesis import strategies as st

from r2v_pipeline.compile.jobs import Compilation, Job
from r2v_pipeline.plan.select import select

MIA = picture("mia", "mia.png", "mia")


def film() -> Compilation:
    """s01 <- s02 <- s03 by their clips; s10 stands alone, and `card` is own footage."""
    shots = [
        shot("s01", cast=["mia"], tags=["night"]),
        shot("s02", "{{ Gift }} falls."),
        shot("s03", tags=["night", "rain"]),
        shot("s10", by="leo"),
        shot("card", clip="card.mp4", tags=["logo"]),
    ]
    first = render(shots[0], MIA)
    second = render(shots[1], result(first))
    jobs = [first, second, render(shots[2], result(second)), render(shots[3])]
    return compilation(shots, jobs, cast=[member(name) for name in ("mia", "gift", "leo", "nobody")])


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ("s01", "s01"),
        ("s0*", "s01 s02 s03"),
        ("s0[12]", "s01 s02"),
        ("s?0 s01", "s10 s01"),
        ("+s02", "s01 s02"),
        ("s02+", "s02 s03"),
        ("+s02+", "s01 s02 s03"),
        ("+s10+", "s10"),
        ("+card+", "card"),
        ("s01 s01", "s01"),
        ("tag:night", "s01 s03"),
        ("tag:n*", "s01 s03"),
        ("+tag:rain", "s01 s02 s03"),
        ("cast:mia", "s01"),
        ("cast:gift", "s02"),
        ("cast:leo", "s10"),
        ("cast:mia+", "s01 s02 s03"),
        ("tag:logo cast:leo", "card s10"),
        ("*", "s01 s02 s03 s10 card"),
    ],
)
def test_terms(terms: str, expected: str) -> None:
    assert (frozenset(expected.split()), ()) == select(film(), tuple(terms.split()))


def test_no_terms_are_everything() -> None:
    assert (None, ()) == select(film(), ())


@pytest.mark.parametrize(
    ("term", "message", "help"),
    [
        ("s_01", "no shot is called 's_01'", "did you mean 's01'?"),
        ("zebra", "no shot is called 'zebra'", "shots: card, s01, s02, s03, s10"),
        ("night", "no shot is called 'night'", "did you mean 'tag:night'?"),
        ("mia", "no shot is called 'mia'", "did you mean 'cast:mia'?"),
        ("s9*", "no shot matches 's9*'", "shots: card, s01, s02, s03, s10"),
        ("tag:nigth", "no tag is called 'nigth'", "did you mean 'night'?"),
        ("cast:maia", "no cast member is called 'maia'", "did you mean 'mia'?"),
        ("cast:nobody", "no shot uses the cast member 'nobody'", ""),
        ("status:failed", "'status:failed' selects by 'status', which is not known", "known selectors: cast, tag"),
        ("tags:night", "'tags:night' selects by 'tags', which is not known", "did you mean 'tag'?"),
        ("", "'' selects nothing", "write a shot id, a glob, tag:NAME or cast:ID"),
        ("+", "'+' selects nothing", "write a shot id, a glob, tag:NAME or cast:ID"),
        ("tag:", "'tag:' selects nothing", "write a shot id, a glob, tag:NAME or cast:ID"),
        ("s01+s02", "'s01+s02' selects nothing", "write a shot id, a glob, tag:NAME or cast:ID"),
    ],
)
def test_a_wrong_term_says_what_was_meant(term: str, message: str, help: str) -> None:
    chosen, (found,) = select(film(), (term,))
    assert frozenset() == chosen
    assert ("R2V201", "error", message, None, help) == found[:5]


def test_every_wrong_term_is_reported() -> None:
    chosen, found = select(film(), ("nope", "s01", "cast:nope"))
    assert {"s01"} == chosen
    assert ["no shot is called 'nope'", "no cast member is called 'nope'"] == [one.message for one in found]


def test_a_split_shot_is_taken_whole() -> None:
    """Only its second part opens with a frame of s01, and both parts go along."""
    first, second, third = shot("s01"), shot("s02"), shot("s03")
    clip = render(first)
    parts = [render(second, job="s02.1"), render(second, result(clip), job="s02.2", part=2)]
    compiled = compilation([first, second, third], [clip, *parts, render(third, result(parts[0]))])
    assert {"s01", "s02", "s03"} == select(compiled, ("+s03",))[0]
    assert {"s01", "s02", "s03"} == select(compiled, ("s01+",))[0]


def test_small_selections_do_not_load_networkx(environment: dict[str, str]) -> None:
    """Its import takes longer than everything else that `r2v build s03` does before the first submit."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from handmade import *;"
        "from r2v_pipeline.plan.select import select;"
        "from r2v_pipeline.plan.planner import plan; c = compilation([shot('s01', tags=['a'])]);"
        "chosen, _ = select(c, ('s0*', 'tag:a'));"
        "plan(c, Ledger(), output=OUTPUT, selection=chosen, price=free);"
        "print('networkx' in sys.modules, 'sqlite3' in sys.modules, 'difflib' in sys.modules)"
    )
    command = [sys.executable, "-c", code, str(Path(__file__).parent)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert "False False False\n" == done.stdout


@st.composite
def boards(draw: st.DrawFn) -> Compilation:
    """Up to seven shots that use clips of earlier ones."""
    count = draw(st.integers(1, 7))
    shots = [shot(f"s{i}", tags=draw(st.sets(st.sampled_from("ab")))) for i in range(count)]
    clips: list[Job] = []
    for i, one in enumerate(shots):
        needs = draw(st.sets(st.integers(0, i - 1), max_size=2)) if i else set()
        clips.append(render(one, *(result(clips[n], f"from{n}") for n in sorted(needs))))
    return compilation(shots, clips)


def chosen(compiled: Compilation, *terms: str) -> frozenset[str]:
    """What terms that are right select."""
    found, wrong = select(compiled, terms)
    assert () == wrong
    assert found is not None
    return found


@given(boards(), st.data())
def test_terms_are_a_union(compiled: Compilation, data: st.DataObject) -> None:
    terms = st.sampled_from(
        [f"{a}{one.id}{b}" for one in compiled.storyboard.shots for a in ("", "+") for b in ("", "+")]
    )
    some, more = data.draw(st.lists(terms, min_size=1)), data.draw(st.lists(terms, min_size=1))
    assert chosen(compiled, *some) | chosen(compiled, *more) == chosen(compiled, *some, *more)


@given(boards())
def test_plus_is_a_closure(compiled: Compilation) -> None:
    """It keeps the shot, adds nothing twice, and `+x` and `x+` are each other's mirror."""
    names = [one.id for one in compiled.storyboard.shots]
    for name in names:
        needed, users = chosen(compiled, f"+{name}"), chosen(compiled, f"{name}+")
        assert name in needed & users
        assert needed == chosen(compiled, *(f"+{other}" for other in needed))
        assert users == chosen(compiled, *(f"{other}+" for other in users))
        assert needed | users == chosen(compiled, f"+{name}+")
        assert needed == {other for other in names if name in chosen(compiled, f"{other}+")}
