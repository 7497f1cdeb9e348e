"""`r2v why` as it is read."""

from __future__ import annotations

import json

from handmade import OUTPUT, Ledger, beats, compilation, frame, free, picture, render, result, shot, split

from r2v_pipeline.compile.jobs import Compilation
from r2v_pipeline.plan.planner import plan
from r2v_pipeline.report.diagnostics import Paint
from r2v_pipeline.report.why import Why, explain, to_json, to_text

PLAIN = Paint(False)
PROMPT = (
    "Ropes creak and the tide turns over the stones. Slow push-in at {}, wind in the cables, "
    "gulls over the long quay and a crane that swings."
)


def whys(compiled: Compilation, ledger: Ledger, selection: frozenset[str] | None = None) -> list[Why]:
    """What is told about every job."""
    found = plan(compiled, ledger, output=OUTPUT, selection=selection, price=free)
    return [explain(action, ledger.last(OUTPUT, action.job.id)) for action in found.actions]


def block(compiled: Compilation, ledger: Ledger, job: str, paint: Paint = PLAIN) -> list[str]:
    """The text about one job."""
    return to_text([why for why in whys(compiled, ledger) if why.action.job.id == job], paint).splitlines()


def test_a_changed_word() -> None:
    before, after = (compilation([shot("s03", PROMPT.format(word))]) for word in ("dawn", "dusk"))
    assert [
        "s03 renders again because its request differs from the last build",
        "  prompt  …turns over the stones. Slow push-in at [-dawn-]{+dusk+}, wind in the cables, gulls over the…",
        "          from segments[0].action  story.yaml:1:65",
        "  same: negative, take, provider, model, shot, files",
    ] == block(after, Ledger.after(before), "s03")


def test_several_words_each_with_its_place() -> None:
    before = compilation([shot("s01", "At dawn, wind over the old stones and the ropes of the long quay, rain.")])
    after = compilation([shot("s01", "At dusk, wind over the old stones and the ropes of the long quay.")])
    assert [
        "s01 renders again because its request differs from the last build",
        "  prompt  At [-dawn-]{+dusk+}, wind over the old stones and the ropes of the long quay[-, rain-].",
        "          from segments[0].action  story.yaml:1:4",
        "          from segments[0].action  story.yaml:1:1",
        "  same: negative, take, provider, model, shot, files",
    ] == block(after, Ledger.after(before), "s01")


def test_settings_and_references() -> None:
    one = shot("s01")
    mia, gift = picture("mia", "mia.png", "one"), picture("gift", "gift.png", "gift", 1)
    before = render(one, mia, seed=3, old=1)
    after = render(one, mia._replace(placeholder=f"r2v-file:sha256:{'a' * 64}"), gift, seed=7, new="x")
    lines = block(compilation([one], [after]), Ledger.after(compilation([one], [before])), "s01")
    assert "  references.gift         added" in lines
    assert f"  references.mia.content  r2v-file:sha256:{mia.sha256[:12]}… -> r2v-file:sha256:aaaaaaaaaaaa…" in lines
    assert "  body.seed               3 -> 7" in lines
    assert "  body.new                x, not set in the last build" in lines
    assert "  body.old                no longer set, was 1" in lines
    assert "  same: prompt, negative, take, provider, model, shot" == lines[-1]


def chain(word: str) -> Compilation:
    """s02 opens with the last frame of s01."""
    first, second = shot("s01", f"At {word}."), shot("s02")
    clip = render(first)
    last = frame(clip)
    return compilation([first, second], [clip, last, render(second, result(last))])


def test_every_way_to_stand() -> None:
    old, new = chain("dawn"), chain("dusk")
    built = Ledger.after(old)
    assert ["s02 was never built"] == block(old, Ledger(), "s02")
    assert ["s02 is up to date"] == block(old, built, "s02")
    assert "s02 renders again because s01 changes" == block(new, built, "s02")[0]
    assert "s01@last is taken again because s01 changes, needed by s02" == block(new, built, "s01@last")[0]
    assert "film is joined again because s01, s02 change" == block(new, built, "film")[0]
    assert "s01 is up to date, with a clip of an earlier build" == block(new, Ledger.after(new, old), "s01")[0]
    skipped = to_text([whys(new, built, frozenset({"s03"}))[0]], PLAIN)
    assert "s01 is not rendered now: not selected" == skipped.splitlines()[0]
    built.lose(old.jobs[0])
    assert ["s01 renders again: its clip is gone from .r2v"] == block(old, built, "s01")


def test_attempts_in_flight() -> None:
    compiled, sent = compilation([shot("s01")]), "1970-01-01 00:01 UTC"
    expected = {
        "running": f"s01 is on its way: running at wan since {sent}",
        "ready": f"s01 is ready to be fetched: ready at wan, sent {sent}",
        "submitting": f"s01 waits for a decision: sent to wan {sent}, answer lost: see r2v resolve s01",
    }
    for state, text in expected.items():
        ledger = Ledger()
        ledger.open(compiled.jobs[0], state)
        assert [text] == block(compiled, ledger, "s01")


def test_nothing_foreign_reaches_the_terminal_raw() -> None:
    evil = "\x1b[2J \u202e at {}."
    before, after = (compilation([shot("s01", evil.format(word))]) for word in ("dawn\x07", "dusk\x9b"))
    text = "\n".join(block(after, Ledger.after(before), "s01"))
    assert "\\x1b[2J \\u202e at [-dawn\\x07-]{+dusk\\x9b+}." in text
    assert {"\n"} == {char for char in text if not char.isprintable()}


def test_colours() -> None:
    before, after = (compilation([shot("s01", f"At {word}.")]) for word in ("dawn", "dusk"))
    lines = block(after, Ledger.after(before), "s01", Paint(True))
    assert "  prompt  At \x1b[1;31m[-dawn-]\x1b[0m\x1b[32m{+dusk+}\x1b[0m." == lines[1]


def test_json() -> None:
    before, after = (compilation([shot("s01", f"At {word}.")]) for word in ("dawn", "dusk"))
    found = to_json(whys(after, Ledger.after(before))[:1])
    assert found == json.loads(json.dumps(found))
    at = {"file": "story.yaml", "line": 1}
    nowhere = {"file": None, "line": None, "column": None}
    assert {
        "version": 1,
        "jobs": [
            {
                "shot": "s01",
                "job": "s01",
                "key": after.jobs[0].key,
                "verb": "render",
                "reason": 'prompt changed: "dawn" -> "dusk"',
                "word": "changed",
                "differences": [
                    {
                        "path": "prompt",
                        "change": "changed",
                        "before": "At dawn.",
                        "after": "At dusk.",
                        "diff": [
                            {"op": "equal", "text": "At ", **nowhere},
                            {"op": "del", "text": "dawn", **at, "column": 1},
                            {"op": "ins", "text": "dusk", **at, "column": 4},
                            {"op": "equal", "text": ".", **nowhere},
                        ],
                        **at,
                        "column": 4,
                    }
                ],
                "same": ["negative", "take", "provider", "model", "shot", "files"],
            }
        ],
    } == found


def test_a_part_tells_its_own_change_and_the_clip_names_the_part() -> None:
    before, after = (beats("harbor", "Gulls cry.", f"Waves {word}.") for word in ("roll", "break"))
    now, ledger = compilation([after], split(after, 1, 1)), Ledger.after(compilation([before], split(before, 1, 1)))
    assert ["harbor.1 is up to date"] == block(now, ledger, "harbor.1")
    assert [
        "harbor.2 renders again because its request differs from the last build",
        "  prompt  Waves [-roll-]{+break+}.",
        "          from segments[0].action  story.yaml:1:7",
    ] == block(now, ledger, "harbor.2")[:3]
    assert ["harbor is joined again because harbor.2 changes"] == block(now, ledger, "harbor")
    assert ["harbor was never built"] == block(now, Ledger(), "harbor")


def test_a_shot_that_was_cut_before_is_not_compared_with_its_parts() -> None:
    one = beats("harbor", "Gulls cry.", "Waves roll.")
    ledger = Ledger.after(compilation([one], split(one, 1, 1)))
    assert ["harbor renders again: it was cut into parts"] == block(compilation([one]), ledger, "harbor")
