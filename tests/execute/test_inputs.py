"""What stands in a body instead of its placeholders, and that nothing else than what was planned is sent."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from scripted import (
    SPAN,
    Heard,
    Scripted,
    build,
    clip_of,
    codes,
    frame_job,
    from_file,
    from_job,
    plan_of,
    render_job,
    rows,
)

from r2v_pipeline.canonical import digest_bytes
from r2v_pipeline.execute.session import Session
from r2v_pipeline.providers.base import Reference


@pytest.fixture
def face(project: Path) -> Path:
    path = project / "refs" / "face.png"
    path.parent.mkdir()
    path.write_bytes(b"a face")
    return path


def bodies(client: Scripted) -> list[dict]:
    return [json.loads(body) for body in client.sent.values()]


@pytest.mark.usefixtures("face")
def test_a_local_file_is_uploaded_and_its_place_is_sent(session: Session, client: Scripted, project: Path) -> None:
    build(session, plan_of(render_job("s1", from_file(project, "refs/face.png"))), client, root=project)
    digest = digest_bytes(b"a face")
    assert [(digest, "image")] == client.uploads
    assert [{"shot": "s1", "prompt": "", "files": [f"https://files.example/{digest[:8]}"]}] == bodies(client)


@pytest.mark.usefixtures("face")
def test_a_file_that_many_shots_use_is_uploaded_once(session: Session, client: Scripted, project: Path) -> None:
    jobs = [render_job(f"s{n}", from_file(project, "refs/face.png")) for n in range(6)]
    build(session, plan_of(*jobs), client, root=project)
    assert 1 == len(client.uploads)
    assert 6 == len(client.bill)


@pytest.mark.parametrize("change", ["edited", "gone"])
def test_a_file_that_changed_since_the_plan_is_not_sent(
    session: Session, client: Scripted, project: Path, face: Path, change: str, heard: Heard
) -> None:
    job = render_job("s1", from_file(project, "refs/face.png"))
    if change == "edited":
        face.write_bytes(b"another face")
    else:
        face.unlink()
    run = build(session, plan_of(job, render_job("s2")), client, root=project, heard=heard)
    assert ["R2V611"] == codes(run)
    assert ["s2"] == client.bill
    assert [("s2", 1, "stored")] == rows(session), "nothing was ever intended for s1"
    assert ["failed"] == heard.kinds("s1")


@pytest.mark.usefixtures("face")
def test_a_file_that_changes_while_it_is_uploaded_is_not_used(
    session: Session, client: Scripted, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = client.upload

    async def slow(path: Path, sha256: str, kind: str, model: str = "") -> str:  # noqa: ARG001
        sent = await honest(path, sha256, kind)
        path.write_bytes(b"a face, edited")
        return sent

    monkeypatch.setattr(client, "upload", slow)
    run = build(session, plan_of(render_job("s1", from_file(project, "refs/face.png"))), client, root=project)
    assert ["R2V611"] == codes(run)
    assert [] == client.bill


def test_a_picture_of_another_shot_is_taken_and_uploaded(session: Session, client: Scripted, heard: Heard) -> None:
    first = render_job("s1")
    frame = frame_job(first, 1500)
    build(session, plan_of(first, frame, render_job("s2", from_job(frame))), client, heard=heard)
    digest = digest_bytes(b"picture 1500 of clip of s1")
    assert [(digest, "image")] == client.uploads
    assert f"https://files.example/{digest[:8]}" == bodies(client)[1]["files"][0]
    assert [{"blob": digest, "shot": "s1"}] == heard.of("frame")


def test_a_whole_clip_of_another_shot_is_a_video(session: Session, client: Scripted) -> None:
    first = render_job("s1")
    build(session, plan_of(first, render_job("s2", from_job(first))), client)
    assert [(digest_bytes(clip_of("s1")), "video")] == client.uploads


@pytest.mark.usefixtures("face")
def test_a_placeholder_inside_a_prompt_is_only_text(session: Session, client: Scripted, project: Path) -> None:
    face_now = from_file(project, "refs/face.png")
    job = render_job("s1", face_now, prompt=f"show {face_now.placeholder}, r2v-job:nothing")
    build(session, plan_of(job), client, root=project)
    assert f"show {face_now.placeholder}, r2v-job:nothing" == bodies(client)[0]["prompt"]


def test_a_result_that_was_changed_in_the_store_is_not_sent(session: Session, client: Scripted) -> None:
    """The stamp would vouch for it; before it leaves the machine every byte is looked at."""
    first = render_job("s1")
    build(session, plan_of(first), client)
    path = session.blobs.path(digest_bytes(clip_of("s1")))
    stamp = path.stat().st_mtime_ns
    path.chmod(0o644)
    path.write_bytes(b"clip of xx")
    os.utime(path, ns=(stamp, stamp))
    run = build(session, plan_of(first, render_job("s2", from_job(first)), verbs={"s1": "reuse"}), client)
    assert ["R2V612"] == codes(run)
    assert ["s1"] == client.bill
    assert not path.exists()


def test_a_url_and_a_number_are_sent_as_they_are(session: Session, client: Scripted) -> None:
    """A reference that needs no upload stands in the body itself."""
    url = Reference(
        0, "ref", "character1", "image", "https://x.example/a.png", "", "https://x.example/a.png", "", "", SPAN
    )
    job = render_job("s1", url)
    assert job.request is not None
    body = {**job.request.body, "seconds": 5, "audio": True, "seed": None}
    build(session, plan_of(job._replace(request=job.request._replace(body=body))), client)
    assert [{**body, "files": ["https://x.example/a.png"]}] == bodies(client)
    assert [] == client.uploads


def test_a_link_with_a_digest_is_sent_as_the_link(session: Session, client: Scripted) -> None:
    """Its key knows it by what is behind it; the provider has to fetch it."""
    sha256 = "ab" * 32
    link = "https://films.example/mia.png"
    told = Reference(0, "ref", "character1", "image", link, sha256, f"r2v-url:sha256:{sha256}", "", "", SPAN)
    plain = told._replace(placeholder=link)
    build(session, plan_of(render_job("s1", told), render_job("s2", plain)), client)
    assert [[link], [link]] == [body["files"] for body in bodies(client)]
    assert [] == client.uploads


@pytest.mark.usefixtures("face")
def test_a_file_that_vanishes_while_it_is_read_is_not_sent(
    session: Session, client: Scripted, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from r2v_pipeline.execute import inputs

    def gone(path: Path) -> str:
        raise FileNotFoundError(path)

    monkeypatch.setattr(inputs, "hash_file", gone)
    run = build(session, plan_of(render_job("s1", from_file(project, "refs/face.png"))), client, root=project)
    assert ["R2V611"] == codes(run)
    assert [] == client.asked
