"""Where a shot is cut: always the cheapest way, always the same way, and no beat is torn."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prompting import expanded

from r2v_pipeline.compile.jobs import Job
from r2v_pipeline.compile.splice import splice_job
from r2v_pipeline.compile.split import cover, parts
from r2v_pipeline.model.types import Shot

Price = Callable[[int], int | None]

SHOT = """
shots:
  - id: harbor
    intro: Dusk.
    style: grainy
    negative: blur
    cast: [gift]
    take: 3
    split: auto
    tags: [night]
    quiet: music
    first_frame: mia
    trim: 5-14s
    title_card: {text: Later, for: 1s}
    transition: {type: dissolve, for: 0.5s}
    audio: {mute: true}
    segments:
      - {for: 6s, action: One.}
      - {for: 6s, action: Two., say: {leo: Ahoy!}}
      - {for: 3s, action: Three.}
      - {for: 3s, action: Four.}
"""


def by_second(longest_s: int, rate: int = 100_000) -> Price:
    """A model that makes every whole second up to its longest, at a price a second."""

    def price(ms: int) -> int | None:
        whole = -(-ms // 1000)
        return whole * rate if whole <= longest_s else None

    return price


def of_sizes(*seconds: int, rate: int = 100_000) -> Price:
    """A model that makes these lengths only, and is asked for the smallest that covers a part."""

    def price(ms: int) -> int | None:
        return next((s * rate for s in seconds if s * 1000 >= ms), None)

    return price


@pytest.mark.parametrize(
    ("seconds", "price", "expected"),
    [
        ([6] * 5, by_second(15), (2, 2, 1)),  # LANGUAGE.md: 12, 12, 6
        ([6] * 5, by_second(30), (5,)),
        ([5, 5, 5, 5], by_second(10), (2, 2)),
        ([2, 9, 2, 9], by_second(11), (2, 2)),
        ([9, 2, 9, 2], by_second(10), (1, 1, 1, 1)),
        ([4, 4, 4], by_second(10), (2, 1)),
        ([5, 5, 7], of_sizes(5, 10), (2, 1)),  # 10 + 10, where 5 + 12 cannot be made
        ([3, 3, 3, 3], of_sizes(5, 10), (3, 1)),  # 10 + 5: two jobs of 6 cost 20
        ([6, 4, 5], of_sizes(5, 10), (2, 1)),
        ([5, 6, 4], of_sizes(5, 10), (1, 2)),  # later parts may be the longer where that is cheaper
        ([16, 2], by_second(15), None),
        ([2, 16, 2], by_second(15), None),
        ([], by_second(15), None),
    ],
)
def test_the_cheapest_cover(seconds: list[int], price: Price, expected: tuple[int, ...] | None) -> None:
    assert expected == cover([s * 1000 for s in seconds], price)


def test_few_jobs_go_before_long_first_parts() -> None:
    """10 + 2 + 8 would have the longer first part, and one seam more."""
    free: Price = lambda ms: 0 if ms <= 11_000 else None  # noqa: E731
    assert (2, 2) == cover([5000, 5000, 5000, 5000], free)
    assert (3, 3) == cover([1000, 9000, 1000, 1000, 9000, 1000], free)


def test_a_price_that_falls_is_followed() -> None:
    """Nothing is assumed of a price: here one long job costs more than two short ones."""
    dear: Price = lambda ms: {1000: 1, 2000: 5}.get(ms)  # noqa: E731
    assert (1, 1) == cover([1000, 1000], dear)


def test_parts_that_are_too_short_are_no_parts() -> None:
    """2 s alone cannot be made, so the cut falls where both sides are long enough."""
    between: Price = lambda ms: ms if 3000 <= ms <= 10_000 else None  # noqa: E731
    assert (3, 2) == cover([4000, 3000, 2000, 1000, 2000], between)
    assert None is cover([9000, 2000], between)


def test_a_known_longest_part_changes_nothing_but_the_work() -> None:
    asked: list[int] = []

    def price(ms: int) -> int | None:
        asked.append(ms)
        return by_second(15)(ms)

    assert cover([6000] * 5, by_second(15)) == cover([6000] * 5, price, longest_ms=15_000)
    assert sorted(set(asked)) == sorted(asked)
    assert 12_000 == max(asked)


def every_cover(count: int) -> Iterator[tuple[int, ...]]:
    if not count:
        yield ()
    for first in range(1, count + 1):
        for rest in every_cover(count - first):
            yield (first, *rest)


def by_trying(lengths: list[int], price: Price) -> tuple[int, ...] | None:
    """The rule, word by word, over every cover there is."""
    found = []
    for sizes in every_cover(len(lengths)):
        ends = [sum(sizes[:n]) for n in range(len(sizes) + 1)]
        made = [sum(lengths[a:b]) for a, b in pairwise(ends)]
        prices = [price(ms) for ms in made]
        if None not in prices:
            found.append((sum(p or 0 for p in prices), len(sizes), tuple(-ms for ms in made), sizes))
    return min(found)[3] if found else None


@given(
    st.lists(st.integers(1, 9).map(lambda s: s * 1000), min_size=1, max_size=8),
    st.dictionaries(st.integers(1, 20).map(lambda s: s * 1000), st.integers(0, 3), max_size=20),
)
def test_no_cover_is_better(lengths: list[int], prices: dict[int, int]) -> None:
    """Whatever a model can make, at whatever price, against every cover there is."""
    assert by_trying(lengths, prices.get) == cover(lengths, prices.get)


def test_five_hundred_segments_are_cut_at_once() -> None:
    """Lengths that all differ: no price is asked for twice, and a longest part bounds the work."""
    lengths = [1000 + 7 * n for n in range(500)]
    began = time.perf_counter()
    found = cover(lengths, by_second(15), longest_ms=15_000)
    took = time.perf_counter() - began
    assert found is not None
    assert 500 == sum(found)
    assert took < 0.5


@pytest.fixture
def harbor(tmp_path) -> Shot:
    made, found = expanded(tmp_path, SHOT)
    assert not [d for d in found if d.severity == "error"], found
    return made.storyboard.shots[0]


def test_parts_have_the_shots_words_and_their_own_beats(harbor: Shot) -> None:
    first, second = parts(harbor, (2, 2))
    assert ("harbor.1", 12_000) == (first.id, first.duration_ms)
    assert ("harbor.2", 6_000) == (second.id, second.duration_ms)
    assert [(0, 6000), (6000, 12000)] == [(s.start_ms, s.end_ms) for s in first.segments]
    assert [(0, 3000), (3000, 6000)] == [(s.start_ms, s.end_ms) for s in second.segments]
    assert [s.action.value for s in harbor.segments] == [s.action.value for p in (first, second) for s in p.segments]
    kept = ("intro", "style", "negative", "cast", "quiet", "render", "template", "take", "tags", "meta", "span")
    for part in (first, second):
        assert [getattr(harbor, name) for name in kept] == [getattr(part, name) for name in kept]
        assert (None, None, None, "never") == (part.transition, part.title_card, part.audio, part.split)


def test_the_first_frame_opens_the_first_part_alone(harbor: Shot) -> None:
    assert ["mia", "", "", ""] == [part.first_frame for part in parts(harbor, (1, 1, 1, 1))]


@pytest.mark.parametrize(
    ("trim", "expected"),
    [
        (None, [6000, 6000, 6000]),
        ((5000, 14_000), [1000, 6000, 2000]),
        ((6000, 12_000), [0, 6000, 0]),
        ((1000, 2000), [1000, 0, 0]),
        ((17_500, 18_000), [0, 0, 500]),
    ],
)
def test_a_trim_of_the_whole_is_counted_on_its_parts(harbor: Shot, trim, expected: list[int]) -> None:
    made = parts(harbor._replace(trim_ms=trim), (1, 1, 2))
    assert expected == [part.used_ms for part in made]
    assert sum(expected) == harbor._replace(trim_ms=trim).used_ms


def test_one_part_is_the_shot_itself(harbor: Shot) -> None:
    assert (harbor,) == parts(harbor, (4,))


def job(part: Shot, key: str) -> Job:
    return Job(part.id, "render", "harbor", key, None, (), (), None, None, part.span)


def test_a_splice_is_its_parts_and_how_much_of_each(harbor: Shot) -> None:
    made = parts(harbor, (2, 2))
    spliced = splice_job(harbor, [(part, job(part, key)) for part, key in zip(made, "ab", strict=True)])
    assert ("harbor", "splice", "harbor", None) == (*spliced[:3], spliced.request)
    assert (("harbor.1", "harbor.2"), (12_000, 6_000)) == (spliced.needs, spliced.lengths_ms)
    assert [("parts.1", {"clip": "a", "ms": 12_000}), ("parts.2", {"clip": "b", "ms": 6_000})] == [
        (i.path, i.value) for i in spliced.ingredients
    ]
    keys = {spliced.key}
    for sizes, names in (((2, 2), "ac"), ((2, 2), "ba"), ((1, 3), "ab"), ((2, 1, 1), "abc")):
        other = parts(harbor, sizes)
        keys.add(splice_job(harbor, [(p, job(p, key)) for p, key in zip(other, names, strict=True)]).key)
    assert 5 == len(keys)
    assert spliced.key == splice_job(harbor, [(p, job(p, k)) for p, k in zip(made, "ab", strict=True)]).key
