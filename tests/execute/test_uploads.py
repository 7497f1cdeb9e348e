"""A file that lies at the provider is named again, as long as it is kept there, and sent anew after a failure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from scripted import DEARLY, PAID, Scripted, build, clip_of, from_file, from_job, plan_of, render_job, states

from r2v_pipeline.canonical import digest_bytes
from r2v_pipeline.execute import uploads
from r2v_pipeline.execute.session import Session, hold
from r2v_pipeline.providers.base import Refused

KEPT = DEARLY._replace(upload_life_s=3600.0)
FACE = digest_bytes(b"a face")


class Clock:
    """Seconds since the epoch, as a test sets them."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def face(project: Path) -> Path:
    path = project / "face.png"
    path.write_bytes(b"a face")
    return path


def buy(project: Path, clock: Clock, shot: str, terms: Any = KEPT, **changes: Any) -> Scripted:
    """One build of one shot with the face, by a client of its own."""
    client = Scripted(terms=terms)
    job = render_job(shot, from_file(project, "face.png"))
    assert job.request is not None
    job = job._replace(request=job.request._replace(**changes))
    with hold(project, clock) as session:
        build(session, plan_of(job, cost=PAID), client, root=project)
    return client


@pytest.mark.usefixtures("face")
class TestAgain:
    """By account, content and time."""

    def test_the_next_build_names_it_again(self, project: Path, clock: Clock) -> None:
        assert [(FACE, "image")] == buy(project, clock, "s1").uploads
        clock.now += 3599
        second = buy(project, clock, "s2")
        assert [] == second.uploads
        assert b"https://files.example/" in next(iter(second.sent.values()))

    def test_after_its_life_it_is_sent_anew(self, project: Path, clock: Clock) -> None:
        buy(project, clock, "s1")
        clock.now += 3600
        assert 1 == len(buy(project, clock, "s2").uploads)

    def test_nor_by_a_clock_that_was_set_back(self, project: Path, clock: Clock) -> None:
        buy(project, clock, "s1")
        clock.now -= 100
        assert 1 == len(buy(project, clock, "s2").uploads)

    def test_another_account_has_its_own(self, project: Path, clock: Clock) -> None:
        buy(project, clock, "s1")
        assert 1 == len(buy(project, clock, "s2", KEPT._replace(account="other")).uploads)

    def test_bound_to_a_model_where_the_provider_says_so(self, project: Path, clock: Clock) -> None:
        bound = KEPT._replace(upload_by_model=True)
        buy(project, clock, "s1", bound, model="m1")
        assert 1 == len(buy(project, clock, "s2", bound, model="m2").uploads)
        assert [] == buy(project, clock, "s3", bound, model="m1").uploads

    def test_what_is_not_kept_is_sent_each_time(self, project: Path, clock: Clock) -> None:
        buy(project, clock, "s1", DEARLY)
        assert 1 == len(buy(project, clock, "s2", DEARLY).uploads)


def test_a_request_that_failed_forgets_its_files(project: Path, clock: Clock, face: Path) -> None:
    """The provider may not have been able to read one of them."""
    client = Scripted(terms=KEPT)
    client.answers["s1"] = [Refused("media", "it cannot be fetched")]
    with hold(project, clock) as session:
        build(session, plan_of(render_job("s1", from_file(project, face.name)), cost=PAID), client, root=project)
    assert 1 == len(buy(project, clock, "s2").uploads)


def test_a_clip_of_another_shot_is_named_again(session: Session) -> None:
    first, client = render_job("s1"), Scripted(terms=KEPT)
    jobs = [render_job(shot, from_job(first)) for shot in ("s2", "s3")]
    build(session, plan_of(first, jobs[0], cost=PAID), client)
    build(session, plan_of(first, jobs[1], verbs={"s1": "reuse"}, cost=PAID), client)
    assert [(digest_bytes(clip_of("s1")), "video")] == client.uploads
    assert ["s1", "s2", "s3"] == client.bill


def test_a_voice_goes_along_as_a_file_of_its_own(session: Session, project: Path, face: Path) -> None:
    voice = project / "mia.wav"
    voice.write_bytes(b"a voice")
    said = f"r2v-file:sha256:{digest_bytes(b'a voice')}"
    reference = from_file(project, face.name)._replace(voice=said, voice_path="mia.wav")
    job, client = render_job("s1", reference), Scripted()
    assert job.request is not None
    body = {**job.request.body, "voices": [said]}
    run = build(session, plan_of(job._replace(request=job.request._replace(body=body))), client, root=project)
    assert {"s1": "stored"} == states(run)
    assert {(FACE, "image"), (digest_bytes(b"a voice"), "voice")} == set(client.uploads)


def test_what_the_body_does_not_name_is_not_sent(session: Session, project: Path, face: Path) -> None:
    """A model that takes no such reference gets none of its bytes."""
    job, client = render_job("s1", from_file(project, face.name)), Scripted()
    assert job.request is not None
    bare = job._replace(request=job.request._replace(body={"shot": "s1"}))
    assert {"s1": "stored"} == states(build(session, plan_of(bare), client, root=project))
    assert [] == client.uploads


def test_a_shelf_is_of_an_account_and_of_a_model_where_that_counts() -> None:
    assert ("acc", "", 3600.0) == uploads.shelf(KEPT, "m1")
    assert ("acc", "m1", 3600.0) == uploads.shelf(KEPT._replace(upload_by_model=True), "m1")
