"""The lock as a function of storyboard, clips and the lock before it (invariant I10)."""

from __future__ import annotations

import handmade as make
import pytest
from hypothesis import given
from hypothesis import strategies as st
from locking import bought, clip, compiled, jobs_of

from r2v_pipeline.diagnostics import SourceText
from r2v_pipeline.plan.lock import Approval, Lock, asked, picked, renewed, undecided, united, with_approval
from r2v_pipeline.plan.lockfile import read, write
from r2v_pipeline.plan.takes import rerolled

NAMES = ("alley", "boat", "cafe")


def approved(lock: Lock, shot: str, by: str = "Ana", take: int | None = None) -> Lock:
    entry = lock.shots[shot]
    number = take or entry.take
    made = with_approval(entry, Approval(number, entry.of(number).seen, by))
    return Lock({**lock.shots, shot: made})


def in_film(lock: Lock, shot: str, number: int) -> Lock:
    entry = lock.shots[shot]
    return Lock({**lock.shots, shot: picked(entry, entry.of(number))})


def rolled(shots, lock: Lock, name: str, whose: str = "") -> Lock:
    """After `build --reroll NAME`."""

    class Stock:
        def stored(self, key: str) -> str | None:
            return next((p.clip for e in lock.shots.values() for t in e.takes for p in t.pieces if p.key == key), None)

        def missing(self, key: str) -> str:  # noqa: ARG002
            return ""

    made = compiled(shots, lock, rerolled(lock, [shot.id for shot in shots], [name], Stock()))
    return renewed(made, bought(made, whose), lock)


@st.composite
def boards(draw: st.DrawFn):
    """Some shots in any order: their words, their takes, one or more beats."""
    names = draw(st.permutations(NAMES))[: draw(st.integers(1, 3))]
    shots = []
    for name in names:
        words, take = draw(st.sampled_from(["Wind.", "Rain."])), draw(st.integers(1, 2))
        if draw(st.booleans()):
            shots.append(make.beats(name, words, "Still.")._replace(take=take))
        else:
            shots.append(make.shot(name, words, take=take))
    return shots


@st.composite
def histories(draw: st.DrawFn) -> Lock:
    """A lock after any life: builds of changing storyboards, some of them unfinished, new takes, picks, approvals."""
    lock = Lock()
    for _ in range(draw(st.integers(0, 4))):
        shots = draw(boards())
        made = compiled(shots, lock)
        whose = draw(st.sampled_from(["me", "you"]))
        done = {key: one for key, one in bought(made, whose).items() if draw(st.integers(0, 3))}
        lock = renewed(made, done, lock)
        for shot in draw(st.lists(st.sampled_from([shot.id for shot in shots]), max_size=2)):
            entry = lock.shots.get(shot)
            if entry and draw(st.booleans()):
                lock = rolled(shots, lock, shot)
            entry = lock.shots.get(shot)
            if entry and entry.takes:
                number = draw(st.sampled_from([take.take for take in entry.takes]))
                lock = in_film(lock, shot, number) if draw(st.booleans()) else lock
                lock = approved(lock, shot, take=number) if draw(st.booleans()) else lock
    return lock


@given(boards(), histories(), st.data())
def test_the_new_lock_is_a_function(shots, old: Lock, data: st.DataObject) -> None:
    """Written once it stays; neither the order of shots, of clips nor of the old lock's entries counts."""
    made = compiled(shots, old)
    done = {key: one for key, one in bought(made, "me").items() if data.draw(st.booleans())}
    new = renewed(made, done, old)
    assert new == renewed(compiled(shots, new), done, new)
    mixed = Lock(dict(data.draw(st.permutations(list(old.shots.items())))))
    other = renewed(compiled(data.draw(st.permutations(shots)), mixed), dict(reversed(done.items())), mixed)
    assert write(new) == write(other)


@given(boards(), histories(), st.sampled_from(["me", "you", "nobody"]))
def test_what_still_holds_is_kept_whoever_built(shots, old: Lock, whose: str) -> None:
    """A teammate's picks, clips and approvals outlive any build of the same request, on a machine that has other clips
    or none at all."""
    made = compiled(shots, old)
    new = renewed(made, {} if whose == "nobody" else bought(made, whose), old)
    for one in asked(made):
        before = old.shots.get(one.shot.id)
        if before and before.key == one.key:
            after = new.shots[one.shot.id]
            assert (before.take, before.approved) == (after.take, after.approved)
            assert set(before.takes) <= set(after.takes)


@given(boards(), histories())
def test_an_approval_falls_with_its_request(shots, old: Lock) -> None:
    made = compiled(shots, old)
    new = renewed(made, bought(made), old)
    keys = {one.shot.id: one.key for one in asked(made)}
    for shot, entry in new.shots.items():
        assert keys[shot] == entry.key
        held = {one.key: one.approved for one in old.shots.values()}
        assert set(entry.approved) <= set(held.get(entry.key, ()))


@given(histories())
def test_the_text_says_it_all(lock: Lock) -> None:
    assert (lock, ()) == read(SourceText("s.lock.yaml", write(lock)))


@given(boards(), histories())
def test_a_lock_of_a_finished_film_names_every_shot(shots, old: Lock) -> None:
    made = compiled(shots, old)
    new = renewed(made, bought(made), old)
    assert {shot.id for shot in shots} == set(new.shots)
    for one in asked(made):
        assert one.clip.key == new.shots[one.shot.id].of(one.take).key


def test_a_shot_that_is_not_made_yet_keeps_its_old_entry() -> None:
    """It names what the film had last, and should the words come back, it holds again."""
    was = [make.shot("alley", "Wind.")]
    old = approved(renewed(compiled(was), bought(compiled(was)), Lock()), "alley")
    now = compiled([make.shot("alley", "Rain.")], old)
    assert old == renewed(now, {}, old)
    assert () == renewed(now, bought(now), old).shots["alley"].approved


def test_a_shot_that_is_gone_is_gone_from_the_lock() -> None:
    shots = [make.shot("alley"), make.shot("boat")]
    old = renewed(compiled(shots), bought(compiled(shots)), Lock())
    left = compiled(shots[:1], old)
    assert ["alley"] == list(renewed(left, {}, old).shots)


def test_a_renamed_shot_keeps_its_clip_pick_and_approval() -> None:
    """Where the provider's request does not hold the shot's name."""
    shot = make.shot("alley")
    old = approved(rolled([shot], renewed(compiled([shot]), bought(compiled([shot])), Lock()), "alley"), "alley")
    named = jobs_of(shot, 1)[0].request

    renamed = make.shot("quay")
    jobs = [job._replace(id="quay", shot="quay") for job in jobs_of(shot, 2)]
    key = jobs_of(shot, 1)[0].key
    made = make.compilation([renamed], jobs)
    made = made._replace(picked={"quay": (key, 2)})
    assert named is not None
    assert {"quay": old.shots["alley"]} == renewed(made, {}, old).shots


def test_own_footage_has_no_entry() -> None:
    made = make.compilation([make.shot("end", clip="refs/end.mp4")])
    assert Lock() == renewed(made, {}, Lock())


def test_a_drawn_clip_has_neither_digest_nor_price() -> None:
    """Another machine may draw other bytes: a lock that named them would never come to rest."""
    made = make.compilation([make.shot("alley")])
    key = made.jobs[0].key
    from r2v_pipeline.plan.lock import Clip

    lock = renewed(made, {key: Clip("")}, Lock())
    assert f"      - {{take: 1, key: {key}}}\n" in write(lock)
    assert key == lock.shots["alley"].takes[0].seen


def test_a_new_take_that_is_being_made_is_named_first() -> None:
    """A build that is killed goes on with it; one that failed is taken back."""
    shots = [make.shot("alley")]
    old = renewed(compiled(shots), bought(compiled(shots)), Lock())
    second = compiled(shots, take_of=lambda *_: 2)
    on_the_way = renewed(second, {}, old, [one.clip.key for one in asked(second)])
    assert 2 == on_the_way.shots["alley"].take
    assert [1] == [take.take for take in on_the_way.shots["alley"].takes]
    assert (on_the_way, ()) == read(SourceText("s.lock.yaml", write(on_the_way)))
    assert second.jobs == compiled(shots, on_the_way).jobs
    assert old == renewed(second, {}, old)


def test_a_reroll_that_was_cut_short_buys_no_third_take() -> None:
    shots = [make.shot("alley")]
    old = renewed(compiled(shots), bought(compiled(shots)), Lock())
    second = compiled(shots, take_of=lambda *_: 2)
    on_the_way = renewed(second, {}, old, [one.clip.key for one in asked(second)])
    again = rolled(shots, on_the_way, "alley")
    assert [1, 2] == [take.take for take in again.shots["alley"].takes]
    assert [1, 2, 3] == [take.take for take in rolled(shots, again, "alley").shots["alley"].takes]


def test_a_take_in_the_storyboard_outranks_an_older_pick() -> None:
    """Who writes `take: 2` asks for it, whatever was picked before."""
    shots = [make.shot("alley")]
    lock = in_film(rolled(shots, renewed(compiled(shots), bought(compiled(shots)), Lock()), "alley"), "alley", 1)
    written = [make.shot("alley", take=2)]
    made = compiled(written, lock)
    assert [2] == [one.take for one in asked(made)]
    assert 2 == renewed(made, bought(made), lock).shots["alley"].take


@pytest.mark.parametrize("swapped", [False, True])
def test_two_buyers_of_one_take_agree_whoever_merges(swapped: bool) -> None:
    shots = [make.shot("alley")]
    first, second = (renewed(compiled(shots), bought(compiled(shots), whose), Lock()) for whose in ("me", "you"))
    ours, theirs = (second, first) if swapped else (first, second)
    smaller = min(clip(jobs_of(shots[0], 1)[0].key, whose).digest for whose in ("me", "you"))
    assert smaller == united(ours.shots["alley"], theirs.shots["alley"]).takes[0].pieces[0].clip
    larger = first if second.shots["alley"].takes[0].seen == smaller else second
    liked = approved(larger, "alley").shots["alley"]
    other = ours if larger is theirs else theirs
    assert liked == united(liked, other.shots["alley"]) == united(other.shots["alley"], liked)


def test_of_two_versions_the_one_that_fits_holds() -> None:
    """One branch changed the words; whichever words the merge kept, their clip and approvals are kept with them."""
    wind, rain = [make.shot("alley", "Wind.")], [make.shot("alley", "Rain.")]
    old, new = (approved(renewed(compiled(one), bought(compiled(one)), Lock()), "alley") for one in (wind, rain))
    both = Lock(old.shots, new.shots)
    assert old == renewed(compiled(wind, both), {}, both)
    assert new == renewed(compiled(rain, both), {}, both)
    assert () == undecided(both, compiled(wind, both))


def test_two_picks_of_one_request_are_a_persons_business() -> None:
    shots = [make.shot("alley"), make.shot("boat")]
    base = rolled(shots, renewed(compiled(shots), bought(compiled(shots)), Lock()), "alley")
    both = Lock(in_film(base, "alley", 1).shots, {"alley": base.shots["alley"]})
    made = compiled(shots, both)
    assert ("alley",) == undecided(both, made)
    kept = renewed(made, {}, both)
    assert both == kept
    assert (both, ()) == read(SourceText("s.lock.yaml", write(kept)))
