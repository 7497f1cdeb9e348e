"""Every clip that a shot ever got, from the journal and the store."""

from __future__ import annotations

from pathlib import Path

from scripted import DEARLY, OUTPUT, PAID, SPAN, Scripted, build, clip_of, intent_of, plan_of, render_job

from r2v_pipeline.canonical import digest_bytes
from r2v_pipeline.compile.jobs import Ingredient, Job
from r2v_pipeline.execute import states as way
from r2v_pipeline.execute.clips import clips, outputs_by_key, shots_asked_for, storyboards
from r2v_pipeline.execute.records import Change
from r2v_pipeline.execute.session import Session
from r2v_pipeline.providers.base import Cost, Finished, Refused

STORY = "story.yaml"


def take(number: int) -> Job:
    job = render_job("s1", prompt=f"take {number}")
    return job._replace(ingredients=(Ingredient("take", number, SPAN),))


def test_a_project_without_a_journal_has_none(project: Path) -> None:
    state = project / ".r2v"
    assert ((), (), (), {}) == (
        clips(state, STORY),
        shots_asked_for(state, STORY),
        storyboards(state),
        outputs_by_key(state),
    )


def test_each_clip_says_what_it_is(session: Session) -> None:
    """The one that a film is made of now, and the one before it."""
    client = Scripted(terms=DEARLY)
    client.polls["s1"] = [Finished({"shot": "s1"}, Cost(500_000, 500_000, "USD"))]
    client.clips["s1"] = [b"clip of the first"]
    build(session, plan_of(take(1), cost=PAID), client)
    build(session, plan_of(take(2), cost=PAID), client)
    first, second = clips(session.state, STORY)
    assert ("s1", "s1", take(1).key, 1, "animatic", "m1", 500_000, "USD") == first[:4] + first[5:9]
    assert (digest_bytes(b"clip of the first"), len(b"clip of the first"), True) == (
        first.digest, first.size, first.there,
    )  # fmt: skip
    assert (2, 980_000, digest_bytes(clip_of("s1"))) == (second.take, second.micros, second.digest)
    assert b"clip of the first" == first.path.read_bytes()
    assert ((), (OUTPUT,)) == (first.outputs, second.outputs)
    assert {take(2).key: [OUTPUT]} == outputs_by_key(session.state)


def test_of_two_clips_of_one_key_the_newest_that_is_whole_is_in_use(session: Session) -> None:
    client = Scripted(terms=DEARLY)
    client.clips["s1"] = [b"clip of the first"]
    build(session, plan_of(take(1), cost=PAID), client)
    (only,) = clips(session.state, STORY)
    only.path.chmod(0o644)
    only.path.write_bytes(b"changed by hand!!")
    build(session, plan_of(take(1), cost=PAID), client)
    first, second = clips(session.state, STORY)
    assert (False, ()) == (first.there, first.outputs)
    assert (True, (OUTPUT,)) == (second.there, second.outputs)
    second.path.unlink()
    assert [()] * 2 == [clip.outputs for clip in clips(session.state, STORY)]


def test_a_clip_that_no_build_wrote_the_words_of_down(session: Session) -> None:
    """It was killed a moment later; and of the build nobody knows whose it was, so every storyboard shows it."""
    attempt = session.journal.intend(intent_of(take(3), PAID))
    temp = session.blobs.temp(".mp4")
    temp.write_bytes(b"clip")
    blob = session.blobs.put(temp)
    for new, change in (
        (way.RUNNING, Change(handle={"id": 1})),
        (way.READY, Change()),
        (way.STORED, Change(blob=blob)),
    ):
        attempt = session.journal.move(attempt, new, change)
    for story in (STORY, "other.yaml"):
        (clip,) = clips(session.state, story)
        assert (None, (), True) == (clip.take, clip.outputs, clip.there)


def test_shots_and_storyboards_that_anything_was_asked_for(session: Session) -> None:
    client = Scripted(terms=DEARLY)
    client.answers["s2"] = [Refused("400", "no")]
    build(session, plan_of(render_job("s2"), take(1), cost=PAID), client)
    assert ("s1", "s2") == shots_asked_for(session.state, STORY)
    assert () == shots_asked_for(session.state, "other.yaml")
    assert (STORY,) == storyboards(session.state)
    assert ["s1"] == [clip.shot for clip in clips(session.state, STORY)], "what was refused has none"
