"""Which clips are here for the lock, and that a disk in trouble does not pass for an empty one."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest
from scripted import PAID, Scripted, build, clip_of, plan_of, render_job

from r2v_pipeline.canonical import digest_bytes
from r2v_pipeline.errors import DiskTrouble, StateTrouble
from r2v_pipeline.execute import adopting, results
from r2v_pipeline.execute.holdings import Holding, holdings, whole
from r2v_pipeline.execute.outputs import Outputs
from r2v_pipeline.execute.records import Blob, OutputFile
from r2v_pipeline.execute.session import Session
from r2v_pipeline.providers.base import FREE, Cost


def put(session: Session, data: bytes) -> Blob:
    """A clip in the store that no attempt knows of, as `r2v pull` leaves it."""
    temp = session.blobs.temp(".mp4")
    temp.write_bytes(data)
    return session.blobs.put(temp)


def unreadable(monkeypatch: pytest.MonkeyPatch, place: Path, code: int) -> None:
    """Whoever looks at a file is told that the disk, or its owner, does not let him."""
    honest = Path.stat

    def stat(self: Path, **named: Any) -> os.stat_result:
        if self == place:
            raise OSError(code, os.strerror(code), str(self))
        return honest(self, **named)

    monkeypatch.setattr(Path, "stat", stat)


class TestHere:
    """A clip is here when its bytes are, untouched."""

    def test_as_it_came(self, session: Session) -> None:
        blob = put(session, b"clip of s1")
        assert blob == whole(session.blobs, blob.digest)
        assert whole(session.blobs, "0" * 64) is None

    def test_damaged(self, session: Session) -> None:
        blob = put(session, b"clip of s1")
        path = session.blobs.path(blob.digest)
        path.chmod(0o644)
        path.write_bytes(b"clip of xx")
        assert whole(session.blobs, blob.digest) is None

    @pytest.mark.parametrize("code", [errno.EIO, errno.EACCES])
    def test_one_that_cannot_be_looked_at_is_not_missing(
        self, session: Session, monkeypatch: pytest.MonkeyPatch, code: int
    ) -> None:
        blob = put(session, b"clip of s1")
        unreadable(monkeypatch, session.blobs.path(blob.digest), code)
        with pytest.raises(DiskTrouble, match="cannot read"):
            whole(session.blobs, blob.digest)


@pytest.mark.parametrize("code", [errno.EIO, errno.EACCES])
def test_a_clip_that_cannot_be_looked_at_is_not_put_aside(
    session: Session, project: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """The next build would offer to buy it again."""
    blob = put(session, b"clip of s1")
    outputs = Outputs(project, "build/story", session.journal, session.blobs, lambda _: None)
    with monkeypatch.context() as patch:
        unreadable(patch, session.blobs.path(blob.digest), code)
        with pytest.raises(DiskTrouble, match="cannot read"):
            outputs.publish("clips/s1.mp4", blob.digest, "ab" * 32)
    assert blob == whole(session.blobs, blob.digest)
    outputs.publish("clips/s1.mp4", blob.digest, "ab" * 32)
    assert b"clip of s1" == (project / "build" / "story" / "clips" / "s1.mp4").read_bytes()


def test_a_clip_that_nobody_has_any_more_cannot_be_published(session: Session, project: Path) -> None:
    outputs = Outputs(project, "build/story", session.journal, session.blobs, lambda _: None)
    with pytest.raises(StateTrouble, match="was changed in the store"):
        outputs.publish("clips/s1.mp4", "0" * 64, "ab" * 32)


def test_what_came_and_what_it_cost(session: Session, client: Scripted) -> None:
    bought, drawn, fetched = render_job("s1"), render_job("s2"), put(session, b"clip of a teammate")
    build(session, plan_of(bought, cost=PAID), client)
    build(session, plan_of(drawn, cost=FREE), Scripted())
    results.derive(session.journal, "ab" * 32, fetched)
    first, second = (digest_bytes(clip_of(shot)) for shot in ("s1", "s2"))
    assert {
        bought.key: {first: Holding(first, False, PAID)},
        drawn.key: {second: Holding(second, True, Cost(0, 0, "USD"))},
        "ab" * 32: {fetched.digest: Holding(fetched.digest, False, None)},
    } == holdings(session.state)


def test_nothing_was_built_yet(tmp_path: Path) -> None:
    assert {} == holdings(tmp_path)


class TestAdopting:
    """The clip that the lock names becomes the result of its render."""

    def test_a_clip_that_was_fetched(self, session: Session) -> None:
        blob = put(session, b"clip of a teammate")
        adopting.adopt(session.journal, session.blobs, {"ab" * 32: blob.digest}, {})
        assert {"ab" * 32: [blob]} == results.stored(session.journal)

    def test_it_goes_before_what_was_bought_here_and_what_was_made_of_that_is_made_again(
        self, session: Session, client: Scripted
    ) -> None:
        job = render_job("s1")
        build(session, plan_of(job, cost=PAID), client)
        frame, film, theirs = "f1" * 32, "f2" * 32, put(session, b"clip of a teammate")
        results.derive(session.journal, frame, put(session, b"picture"))
        results.use(session.journal, "build/story", [job], {job.id})
        made = (("clips/s1.mp4", job.key), ("frames/s1.png", frame), ("film.mp4", film), ("clips/s2.mp4", "e1" * 32))
        for path, key in made:
            results.record_file(session.journal, "build/story", OutputFile(path, 1, 1, "0" * 64, key))
        adopting.adopt(session.journal, session.blobs, {job.key: theirs.digest}, {job.key: (frame,)})
        assert theirs == results.stored(session.journal)[job.key][0]
        assert frame not in results.stored(session.journal)
        keys = {path: file.key for path, file in results.files(session.journal, "build/story").items()}
        assert {"clips/s1.mp4": "", "frames/s1.png": "", "film.mp4": "", "clips/s2.mp4": "e1" * 32} == keys
        bought = digest_bytes(clip_of("s1"))
        assert session.blobs.intact(Blob(bought, len(clip_of("s1")))), "what was paid for stays"

    def test_what_is_so_already_is_left_alone(self, session: Session, client: Scripted) -> None:
        job = render_job("s1")
        build(session, plan_of(job, cost=PAID), client)
        results.record_file(session.journal, "build/story", OutputFile("clips/s1.mp4", 1, 1, "0" * 64, job.key))
        for named in ({}, {job.key: digest_bytes(clip_of("s1"))}, {job.key: "0" * 64}):
            adopting.adopt(session.journal, session.blobs, named, {})
        assert job.key == results.files(session.journal, "build/story")["clips/s1.mp4"].key
        assert [] == session.journal.select("SELECT key FROM derived")
