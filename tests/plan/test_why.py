"""What differs between two builds of a job, in which words, and where those were written."""

from __future__ import annotations

from typing import Any

import pytest
from handmade import picture, render, result, shot, span, written

from r2v_pipeline.compile.jobs import Ingredient, Job
from r2v_pipeline.model.types import Setting
from r2v_pipeline.plan.types import Recorded
from r2v_pipeline.plan.why import Difference, changed_inputs, differences, phrase, same, shown, summary
from r2v_pipeline.providers.base import Prompt, PromptPiece


def recorded(job: Job) -> Recorded:
    """What a build of this job leaves in the ledger."""
    return Recorded(job.key, {item.path: item.value for item in job.ingredients})


def between(before: Job, after: Job) -> tuple[Difference, ...]:
    """What differs from one build to the next."""
    return differences(recorded(before), after)


def phrases(before: Job, after: Job) -> list[str]:
    """The same in words."""
    return [phrase(difference, after) for difference in between(before, after)]


def bare(*items: tuple[str, Any]) -> Job:
    """A job that is only its ingredients."""
    made = tuple(Ingredient(path, value, None) for path, value in items)
    return render(shot("s01"))._replace(ingredients=made, prompt=None, span=None)


def test_without_an_earlier_build_nothing_differs() -> None:
    assert () == differences(None, render(shot("s01")))
    assert () == same(None, render(shot("s01")))


def test_the_same_job_does_not_differ() -> None:
    assert () == between(render(shot("s01")), render(shot("s01")))


def test_a_changed_word_in_a_prompt() -> None:
    (found,) = between(render(shot("s01", "A harbour at dawn.")), render(shot("s01", "A harbour at dusk.")))
    assert ("prompt", "changed", "A harbour at dawn.", "A harbour at dusk.") == found[:4]
    place = "story.yaml:1:14"
    assert [
        ("equal", "A harbour at ", "", None),
        ("del", "dawn", "segments[0].action", "story.yaml:1:1"),
        ("ins", "dusk", "segments[0].action", place),
        ("equal", ".", "", None),
    ] == [(*part[:3], part.span and str(part.span)) for part in found.parts]
    assert place == str(found.span)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("At dawn.", "At dusk.", 'prompt changed: "dawn" -> "dusk"'),
        ("At dawn.", "At soft dawn.", 'prompt changed: "soft" added'),
        ("At soft dawn.", "At dawn.", 'prompt changed: "soft" removed'),
        ("At dawn, wind.", "At dusk, rain.", 'prompt changed: "dawn" -> "dusk" and 1 more place'),
        ("黎明的码头。", "黄昏的码头。", 'prompt changed: "黎明" -> "黄昏"'),
        ("A.", "A" * 50, f'prompt changed: "A." -> "{"A" * 39}…"'),
    ],
)
def test_the_phrase_for_a_text(before: str, after: str, expected: str) -> None:
    assert [expected] == phrases(render(shot("s01", before)), render(shot("s01", after)))


def test_a_picture_with_other_bytes() -> None:
    before = render(shot("s01"), picture("mia", "refs/mia.png", "one"))
    after = render(shot("s01"), picture("mia", "refs/mia.png", "two"))
    assert "refs/mia.png has other bytes" == summary(between(before, after), after)[0]


def test_a_picture_more_and_a_picture_less() -> None:
    """A reference has a name, a digest and a place in the body; that it came or went is said once."""
    mia, gift = picture("mia", "mia.png", "mia"), picture("gift", "gift.png", "gift", 1)
    one, two = render(shot("s01"), mia), render(shot("s01"), mia, gift)
    assert "reference gift added" == phrases(one, two)[0]
    assert "reference gift removed" == phrases(two, one)[0]
    assert [] == [text for text in phrases(one, two) if "references.gift." in text]


def test_pictures_in_another_order() -> None:
    mia, gift = picture("mia", "mia.png", "mia"), picture("gift", "gift.png", "gift")
    found = phrases(render(shot("s01"), mia, gift), render(shot("s01"), gift, mia))
    assert "the order of the references changed" in found


def test_a_setting_is_placed_where_it_was_written() -> None:
    place = span("render: {seed: 7}", "7")
    settings = {"seed": Setting(7, place)}
    before, after = render(shot("s01"), seed=3), render(shot("s01", settings=settings), seed=7)
    assert ("body.seed 3 -> 7", place) == summary(between(before, after), after)


def test_a_resolution_is_one_difference() -> None:
    before, after = render(shot("s01"), width=1280, height=720), render(shot("s01"), width=1920, height=1080)
    assert ["body.size 1280x720 -> 1920x1080"] == phrases(before, after)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([("model", "a")], [("model", "b")], "model a -> b"),
        ([("model", "")], [("model", "b")], 'model "" -> b'),
        ([("seed", 1)], [("seed", True)], "seed 1 -> true"),
        ([("seed", None)], [("seed", 5)], "seed none -> 5"),
        ([], [("seed", 5)], "seed set to 5"),
        ([], [("body.x", {"a": 1})], "body.x added"),
        ([("seed", 5)], [], "seed no longer set"),
        ([("body.x", {"a": {"b": [1, 2]}})], [("body.x", {"a": {"b": [1, 3]}})], "body.x.a.b.1 2 -> 3"),
        ([("body.x", [1])], [("body.x", [1, 2])], "body.x.1 set to 2"),
        ([("body.x", {"a": 1})], [("body.x", 1)], "body.x changed"),
        ([("take", 1)], [("take", 2)], "take 2"),
        ([("of", "a" * 64)], [("of", "b" * 64)], f"of {'a' * 12}… -> {'b' * 12}…"),
        ([("shots.s01", {"clip": "a"})], [("shots.s01", {"clip": "b"})], "s01 has another clip"),
        ([("negative", "blur, text")], [("negative", "blur")], 'negative changed: ", text" removed'),
    ],
)
def test_phrases(before: list[tuple[str, Any]], after: list[tuple[str, Any]], expected: str) -> None:
    assert [expected] == phrases(bare(*before), bare(*after))


def test_equal_as_json_is_equal() -> None:
    """The ledger gives back lists for tuples."""
    assert () == differences(Recorded("", {"a": [1, ["b"]]}), bare(("a", (1, ("b",)))))


def test_the_body_does_not_repeat_the_prompt() -> None:
    """Neither as the prompt itself, at any depth, nor as the segments that a board is drawn from."""
    before = render(shot("s01", "At dawn."), input={"text": "At dawn."}, segments=[{"action": "At dawn", "end_ms": 2}])
    after = render(shot("s01", "At dusk."), input={"text": "At dusk."}, segments=[{"action": "At dusk", "end_ms": 3}])
    assert ['prompt changed: "dawn" -> "dusk"'] == phrases(before, after)


def test_a_body_with_words_of_its_own_is_told() -> None:
    before = render(shot("s01", "At dawn."), input={"hint": "be calm"})
    after = render(shot("s01", "At dusk."), input={"hint": "be quick"})
    assert 'body.input.hint changed: "calm" -> "quick"' == phrases(before, after)[1]


def test_segments_are_told_when_the_prompt_says_nothing() -> None:
    """A line's length changes a drawn board and not the prompt."""
    before, after = (render(shot("s01"), segments=[{"speech_ms": ms}]) for ms in (None, 900))
    assert ["body.segments.0.speech_ms none -> 900"] == phrases(before, after)


def test_a_summary_begins_with_what_is_exact() -> None:
    after = bare(("a", 5), ("b", 2))
    found = differences(Recorded("", {"a": {"x": 1}, "b": 1}), after)
    assert ("b 1 -> 2; 1 more difference", None) == summary(found, after)
    assert ("its request changed", None) == summary((), after)


def test_what_is_the_same() -> None:
    before = render(
        shot("s01", "At dawn."), picture("mia", "m.png", "mia"), picture("leo", "l.png", "leo"), seed=1, fps=30
    )
    after = render(
        shot("s01", "At dusk."), picture("mia", "m.png", "mia"), picture("leo", "l.png", "leo"), seed=2, fps=30
    )
    assert ("negative", "take", "provider", "model", "shot", "files", "fps", "2 references") == same(
        recorded(before), after
    )


def test_one_reference_is_the_same() -> None:
    before = render(shot("s01"), picture("mia", "m.png", "mia"), picture("leo", "l.png", "leo"))
    after = render(shot("s01"), picture("mia", "m.png", "mia"), picture("leo", "l.png", "other"))
    assert "1 reference" == same(recorded(before), after)[-1]


def test_inputs_are_behind_a_change_only_alone() -> None:
    old, new = render(shot("s01", "Dawn.")), render(shot("s01", "Dusk."))
    alone = between(render(shot("s02"), result(old)), render(shot("s02"), result(new)))
    both = between(render(shot("s02", "Wind."), result(old)), render(shot("s02", "Rain."), result(new)))
    keys = frozenset({new.key, old.key})
    assert {new.key} == changed_inputs(alone, keys)
    assert frozenset() == changed_inputs(both, keys)
    assert frozenset() == changed_inputs((), keys)


def story(*lines: str) -> tuple[Prompt, str]:
    """A prompt of fields that stand in one file, one a line, joined by spaces; and that file."""
    text, raw, pieces = "", "\n".join(lines), []
    for number, line in enumerate(lines):
        text += " " if text else ""
        pieces.append(PromptPiece(len(text), len(text) + len(line), f"f{number}", span(raw, line)))
        text += line
    return Prompt(text, "", tuple(pieces)), raw


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (("One.", "Two at dawn."), ("One.", "Two at dusk."), ["f1 story.yaml:2:8"]),
        (("a b a b",), ("a b a c",), ["f0 story.yaml:1:7"]),
        (("x a", "y a"), ("x a", "y b b"), ["f1 story.yaml:2:3"]),
        (("x a a",), ("x b a b",), ["f0 story.yaml:1:3", "f0 story.yaml:1:7"]),
        (("Wind. Rain.",), ("Wind.",), ["f0 story.yaml:1:1"]),
        (("夜の港",), ("朝の港",), ["f0 story.yaml:1:1"]),
    ],
)
def test_places_of_words(before: tuple[str, ...], after: tuple[str, ...], expected: list[str]) -> None:
    one = shot("s01")
    (found,) = between(render(one, prompt=story(*before)[0]), render(one, prompt=story(*after)[0]))
    last = {part.op for part in found.parts if part.op != "equal"}
    wanted = "ins" if "ins" in last else "del"
    assert expected == [f"{part.field} {part.span}" for part in found.parts if part.op == wanted]


def test_a_word_that_a_variable_gave_is_placed_at_its_field() -> None:
    """`{{ season }}` stands in the file, `Easter` does not."""
    field, one = span("A {{ season }} tree."), shot("s01")

    def job(text: str) -> Job:
        return render(one, prompt=Prompt(text, "", (PromptPiece(0, len(text), "action", field),)))

    (found,) = between(job("A Christmas tree."), job("A Easter tree."))
    assert field == found.span


def test_a_word_is_found_across_a_folded_line() -> None:
    raw = "action: >\n  the old\n  harbour sleeps"
    prompt = Prompt("the old harbour sleeps", "", (PromptPiece(0, 22, "action", span(raw)),))
    one = shot("s01")
    before = render(one, prompt=prompt._replace(text="the new quay sleeps"))
    (found,) = between(before, render(one, prompt=prompt))
    assert "story.yaml:2:7" == str(found.span)
    assert (raw.index("old"), raw.index(" sleeps")) == (found.span and found.span.start, found.span and found.span.end)


def test_words_of_r2v_itself_have_the_shots_place() -> None:
    one = shot("s01")
    pieces = (PromptPiece(0, 5, "action", written("Wind.").span), PromptPiece(5, 18, "quiet", None))
    (found,) = between(
        render(one, prompt=Prompt("Wind.", "", pieces[:1])), render(one, prompt=Prompt("Wind. No dialogue", "", pieces))
    )
    assert one.span == found.span


def test_a_text_outside_the_prompt_is_placed_too() -> None:
    raw = "negative: blur, dusk"
    before, after = bare(("negative", "blur, dawn")), bare()
    after = after._replace(ingredients=(Ingredient("negative", "blur, dusk", span(raw, "blur, dusk")),))
    (found,) = between(before, after)
    assert "story.yaml:1:17" == str(found.span)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("x", "x"),
        ("", '""'),
        (None, "none"),
        (True, "true"),
        (3, "3"),
        ([1, "a"], '[1,"a"]'),
        ("y" * 50, "y" * 39 + "…"),
    ],
)
def test_shown(value: object, expected: str) -> None:
    assert expected == shown(value)
