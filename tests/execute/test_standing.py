"""Where each job stands, and what the store keeps, as `status` is told."""

from __future__ import annotations

from pathlib import Path

from scripted import PAID, Scripted, build, clip_of, frame_job, from_job, plan_of, render_job

from r2v_pipeline.canonical import digest_bytes
from r2v_pipeline.execute.session import hold
from r2v_pipeline.execute.standing import derived, kept, standings
from r2v_pipeline.providers.base import Lost, Refused

S1 = render_job("s1")
FRAME = frame_job(S1)
S2 = render_job("s2", from_job(FRAME))
S3 = render_job("s3")


def built(project: Path) -> Path:
    with hold(project, now=lambda: 7.0) as session:
        client = Scripted()
        client.answers["s2"] = [Refused("400", "no")]
        client.answers["s3"] = [Lost("timed out")]
        build(session, plan_of(S1, FRAME, S2, S3, cost=PAID), client)
        return session.state


def test_the_last_attempt_of_each_job_is_told(project: Path) -> None:
    found = standings(built(project))
    clip = digest_bytes(clip_of("s1"))
    who = S1.request.provider, S1.request.model
    assert ("stored", 7.0, clip, len(clip_of("s1")), "", *who) == found[S1.key]
    assert ("rejected", 7.0, None, None, "no", *who) == found[S2.key]
    assert ("submitting", "timed out") == (found[S3.key].state, found[S3.key].note)


def test_what_was_made_of_clips_is_told_by_its_key(project: Path) -> None:
    assert {FRAME.key: digest_bytes(b"picture last of " + clip_of("s1"))} == derived(built(project))


def test_the_store_is_told_with_its_sizes(project: Path) -> None:
    state = built(project)
    (state / "cas" / "sha256" / "ab").mkdir(exist_ok=True)
    (state / "cas" / "sha256" / "ab" / "not a digest").write_text("x")
    picture = b"picture last of " + clip_of("s1")
    assert {digest_bytes(data): len(data) for data in (clip_of("s1"), picture)} == kept(state)


def test_a_project_without_a_state_has_nothing(tmp_path: Path) -> None:
    assert ({}, {}, {}) == (standings(tmp_path), derived(tmp_path), kept(tmp_path))
