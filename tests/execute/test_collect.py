"""From a finished job to a clip in the store: what is fetched again, what is kept, what is only said."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from scripted import DEARLY, PAID, Scripted, build, check, clip_of, codes, forever, plan_of, render_job, rows, states

from r2v_pipeline.errors import DiskTrouble, MediaTrouble, NetworkTrouble
from r2v_pipeline.execute import waiting
from r2v_pipeline.execute.session import Session
from r2v_pipeline.media.pyav import Decoded
from r2v_pipeline.providers.base import FREE, Failed, Finished

JOB = render_job("s1")
WHOLE = Decoded(60, 1280, 720, (30, 1), 2000, True, 96_000, 48_000)


class Expiring(Scripted):
    """Its links work once; asked again, it names a new one."""

    def __init__(self, breaks: list[Exception | bytes]) -> None:
        super().__init__(terms=DEARLY)
        self.breaks = breaks
        self.named = 0
        self.fetched: list[int] = []

    async def poll(self, handle: Mapping[str, Any]) -> Any:
        answer = await super().poll(handle)
        if isinstance(answer, Finished):
            self.named += 1
            return Finished({**answer.output, "link": self.named})
        return answer

    async def fetch(self, output: Mapping[str, Any], to: Path) -> None:
        assert not to.exists()
        self.fetched.append(output["link"])
        if self.breaks:
            came = self.breaks.pop(0)
            if isinstance(came, Exception):
                raise came
            to.write_bytes(came)
        else:
            to.write_bytes(clip_of("s1"))


@pytest.mark.parametrize("came", [ConnectionError("reset"), NetworkTrouble("HTTP 403"), b"<html>sorry</html>", b""])
def test_a_link_that_does_not_work_is_asked_for_anew(session: Session, came: Exception | bytes) -> None:
    client = Expiring([came, came])
    assert {"s1": "stored"} == states(build(session, plan_of(JOB, cost=PAID), client))
    assert [1, 2, 3] == client.fetched
    assert ["s1"] == client.bill


def test_a_clip_that_stays_broken_was_paid_for_and_is_kept_for_the_next_build(session: Session) -> None:
    """Nothing is bought again, and nothing is given up: fetching is free."""
    client = Expiring([b"junk"] * 3)
    run = build(session, plan_of(JOB, cost=PAID), client)
    assert ({"s1": "failed"}, ["R2V801"]) == (states(run), codes(run))
    assert [("s1", 1, "ready", "R2V801")] == rows(session, "shot, no, state, code")
    kept = list((session.state / "failed").iterdir())
    assert [b"junk"] == [path.read_bytes() for path in kept]
    assert str(kept[0]) in run.outcomes[0].problem.message
    assert {"s1": "stored"} == states(build(session, plan_of(JOB, verbs={"s1": "fetch"}, cost=PAID), client))
    assert ["s1"] == client.bill


def test_a_free_one_that_stays_broken_has_failed(session: Session, client: Scripted) -> None:
    client.clips["s1"] = [b"junk"] * 3
    build(session, plan_of(JOB, cost=FREE), client)
    assert [("s1", 1, "failed")] == rows(session)


def test_a_full_disk_is_not_fetched_past(session: Session) -> None:
    client = Expiring([DiskTrouble("no room")])
    with pytest.raises(DiskTrouble):
        build(session, plan_of(JOB, cost=PAID), client)
    assert [1] == client.fetched
    assert [("s1", 1, "ready")] == rows(session)


def test_a_provider_that_cannot_be_asked_for_a_new_link_is_tried_with_the_old_one(session: Session) -> None:
    client = Expiring([b"junk", b"junk"])
    client.polls["s1"] = [Finished({"shot": "s1"}), ConnectionError("unreachable"), Failed("gone", "?", lost=True)]
    assert {"s1": "stored"} == states(build(session, plan_of(JOB, cost=PAID), client))
    assert [1, 1, 1] == client.fetched


def test_a_clip_that_is_not_as_asked_is_kept_and_said(session: Session, client: Scripted) -> None:
    """It was paid for."""
    short = WHOLE._replace(duration_ms=1000, has_audio=False)
    run = build(session, plan_of(JOB, cost=PAID), client, check=lambda _: short)
    (outcome,) = run.outcomes
    assert ("stored", None) == (outcome.state, outcome.problem)
    assert [("R2V804", "warning")] == [(told.code, told.severity) for told in outcome.warnings]
    said = "the clip of shot 's1' is not as it was asked for: it lasts 1 s instead of 2 s, it has no sound"
    assert said == outcome.warnings[0].message
    assert [("stored", "R2V804", said)] == rows(session, "state, code, reason"), "for `r2v status`"


def test_one_that_is_as_asked_is_not_talked_about(session: Session, client: Scripted) -> None:
    run = build(session, plan_of(JOB, cost=PAID), client, check=lambda _: WHOLE)
    assert () == run.outcomes[0].warnings


def test_our_own_drawings_are_not_compared(session: Session, client: Scripted) -> None:
    run = build(session, plan_of(JOB, cost=FREE), client, check=lambda _: WHOLE._replace(duration_ms=1))
    assert () == run.outcomes[0].warnings


def test_a_check_that_says_nothing_is_still_said(session: Session, client: Scripted) -> None:
    def mute(path: Path) -> None:
        try:
            check(path)
        except MediaTrouble:
            raise MediaTrouble("") from None

    client.clips["s1"] = [b"junk"] * 3
    run = build(session, plan_of(JOB, cost=PAID), client, check=mute)
    assert "it does not decode" in run.outcomes[0].problem.message


def test_links_are_never_written_down(session: Session) -> None:
    """They let anybody fetch the clip, and they expire."""
    client = Expiring([])
    build(session, plan_of(JOB, cost=PAID), client)
    everything = json.dumps(session.journal.select("SELECT handle, code, reason FROM attempt"))
    assert "link" not in everything


def test_a_question_without_an_answer_ends(session: Session, client: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever keeps a client from giving up by itself."""
    monkeypatch.setattr(waiting, "ASK_S", 0.01)
    honest, stuck = client.poll, [True] * 3

    async def poll(handle: Mapping[str, Any]) -> Any:
        if stuck:
            stuck.pop()
            await forever()
        return await honest(handle)

    monkeypatch.setattr(client, "poll", poll)
    assert {"s1": "stored"} == states(build(session, plan_of(JOB, cost=PAID), client))
