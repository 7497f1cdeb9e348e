"""The provider from outside: real processes that draw, die, are cancelled and are gone afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest
from animatic_bodies import body, hashed, line, picture, reference, segment

from r2v_pipeline.canonical import canonical
from r2v_pipeline.errors import DiskTrouble, StateTrouble
from r2v_pipeline.media.pyav import check_clip
from r2v_pipeline.providers.animatic.client import AnimaticClient
from r2v_pipeline.providers.base import (
    FREE,
    LOCAL,
    Accepted,
    Client,
    Failed,
    Finished,
    Found,
    Refused,
    RenderRequest,
    Running,
    Sought,
    Terms,
)

LIMIT_S = 40


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(work, LIMIT_S))


async def ended(client: AnimaticClient, handle: Any) -> Finished | Failed:
    while isinstance(answer := await client.poll(handle), Running):
        await asyncio.sleep(0.01)
    return answer


async def begun(client: AnimaticClient, handle: Any) -> None:
    """Wait until a process is at work on a job."""
    while True:
        answer = await client.poll(handle)
        assert isinstance(answer, Running)
        if answer.progress is not None:
            return
        await asyncio.sleep(0.005)


async def asked(client: AnimaticClient, wanted: dict[str, Any], token: str = "t") -> dict[str, Any]:
    answer = client.read(await client.send(canonical(wanted), token))
    assert isinstance(answer, Accepted), answer
    return dict(answer.handle)


def children() -> list[int]:
    """Workers that this process started and that are not gone.

    From /proc where there is one: a small machine has no `ps`, and one that has it may cut long lines.
    """
    if not Path("/proc/self/stat").exists():
        command = ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(os.getpid())]
        rows = subprocess.run(command, capture_output=True, text=True).stdout.splitlines()
        return [int(row.split()[0]) for row in rows if "animatic.worker" in row]
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parent = int((place / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == os.getpid() and b"animatic.worker" in (place / "cmdline").read_bytes():
                found.append(int(place.name))
    return sorted(found)


LONG = body([segment(0, 600_000, "Mia waits for a very long time.", "push in")])
SHORT = body([segment(0, 500, "Mia waits.", "push in", line("mia", "Hm."))], audio=True)


def test_a_clip_is_asked_for_polled_and_fetched(tmp_path: Path) -> None:
    mia = picture(tmp_path / "mia.png", (200, 40, 40))

    async def work() -> None:
        client: Client = AnimaticClient(1)
        file = await client.upload(mia, hashed(mia), "image")
        wanted = body([segment(0, 500, "Mia waits.")], reference("mia", file))
        assert isinstance(client, AnimaticClient)
        handle = await asked(client, wanted)
        assert json.loads(json.dumps(handle)) == handle
        answer = await ended(client, handle)
        assert isinstance(answer, Finished), answer
        await client.fetch(json.loads(json.dumps(answer.output)), tmp_path / "clip.mp4")
        with pytest.raises(StateTrouble, match="gone"):
            await client.fetch(answer.output, tmp_path / "again.mp4")
        await client.close()

    run(work())
    assert 6 == check_clip(tmp_path / "clip.mp4").frames
    assert [] == children()


def test_two_processes_with_other_hash_seeds_draw_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mia = picture(tmp_path / "mia.png", (200, 40, 40))

    async def work(seed: str) -> None:
        monkeypatch.setenv("PYTHONHASHSEED", seed)
        client = AnimaticClient(1)
        file = await client.upload(mia, hashed(mia), "image")
        said = (line("mia", "Was it here all along?"), line("leo", "It was.", "whispered"))
        wanted = body([segment(0, 1000, "Mia waits.", "handheld", *said)], reference("mia", file), audio=True)
        answer = await ended(client, await asked(client, wanted))
        assert isinstance(answer, Finished), answer
        await client.fetch(answer.output, tmp_path / f"{seed}.mp4")
        await client.close()

    for seed in ("1", "2"):
        run(work(seed))
    assert (tmp_path / "1.mp4").read_bytes() == (tmp_path / "2.mp4").read_bytes()


def test_it_is_local_and_free_and_knows_its_own_clips() -> None:
    async def work() -> None:
        client: Client = AnimaticClient(1)
        assert Terms(LOCAL, "") == client.terms
        assert FREE == await client.quote(RenderRequest("animatic", "", {}, (), 1000, 1000))
        sought = Sought(b"", "t", 0.0, 1.0, frozenset())
        assert Found((), complete=True) == await client.find(sought)
        assert isinstance(client, AnimaticClient)
        handle = await asked(client, SHORT, "t")
        assert client.handle("t") == handle
        assert Found((handle,), complete=True) == await client.find(sought)
        await client.close()

    run(work())


def test_many_clips_are_drawn_by_no_more_processes_than_allowed(tmp_path: Path) -> None:
    async def work() -> None:
        client = AnimaticClient(2, folder=tmp_path)
        handles = [await asked(client, SHORT, f"t{n}") for n in range(6)]
        most = 0
        while any([isinstance(await client.poll(h), Running) for h in handles]):
            most = max(most, len(children()))
            await asyncio.sleep(0.02)
        assert 2 == most
        assert [True] * 6 == [isinstance(await client.poll(h), Finished) for h in handles]
        await client.close()

    run(work())
    assert 6 == len(list(tmp_path.glob("*.mp4")))


def test_the_same_token_is_the_same_job() -> None:
    async def work() -> None:
        client = AnimaticClient(1)
        assert await asked(client, SHORT) == await asked(client, SHORT)
        await client.close()

    run(work())


def test_a_killed_process_loses_its_job_and_the_next_one_is_drawn() -> None:
    async def work() -> None:
        client = AnimaticClient(1)
        doomed, later = await asked(client, LONG, "a"), await asked(client, SHORT, "b")
        await begun(client, doomed)
        os.kill(children()[0], signal.SIGKILL)
        answer = await ended(client, doomed)
        assert isinstance(answer, Failed)
        assert (True, True) == (answer.lost, answer.again)
        assert "-9" in answer.message
        assert isinstance(await ended(client, later), Finished)
        await client.close()

    run(work())


def test_a_process_that_died_between_two_jobs_costs_none() -> None:
    async def work() -> None:
        client = AnimaticClient(1)
        assert isinstance(await ended(client, await asked(client, SHORT, "a")), Finished)
        os.kill(children()[0], signal.SIGKILL)
        while children():
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        assert isinstance(await ended(client, await asked(client, SHORT, "b")), Finished)
        await client.close()

    run(work())


def test_cancel_stops_the_drawing_at_once_and_a_waiting_job_is_never_begun() -> None:
    async def work() -> None:
        client = AnimaticClient(1)
        drawn, waiting, last = [await asked(client, b, t) for b, t in ((LONG, "a"), (LONG, "b"), (SHORT, "c"))]
        await begun(client, drawn)
        assert await client.cancel(drawn)
        assert await client.cancel(waiting)
        for handle in (drawn, waiting):
            answer = await client.poll(handle)
            assert isinstance(answer, Failed)
            assert "cancelled" == answer.code
        assert isinstance(await ended(client, last), Finished)
        assert await client.cancel(last)
        assert isinstance(await client.poll(last), Finished)
        assert [answer, answer] == [await client.poll(drawn), await client.poll(waiting)]
        await client.close()

    run(work())


def test_close_leaves_no_process_and_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    async def work() -> None:
        client = AnimaticClient(2)
        handles = [await asked(client, LONG, f"t{n}") for n in range(3)]
        await begun(client, handles[0])
        assert children()
        await client.close()
        assert [] == children()
        assert isinstance(await client.poll(handles[0]), Failed)
        await client.close()

    run(work())
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("after_s", [None, 0.0, 0.002, 0.05, 0.3])
def test_a_run_that_is_torn_down_without_close_neither_hangs_nor_leaves_a_process(after_s: float | None) -> None:
    """Ctrl-C may come at any moment, also while a process is just being started."""

    async def work() -> None:
        client = AnimaticClient(2)
        for token in ("a", "b"):
            await asked(client, LONG, token)
        if after_s is not None:
            await asyncio.sleep(after_s)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(work())
    assert [] == children()


def test_a_handle_of_another_run_is_lost() -> None:
    async def work() -> None:
        client = AnimaticClient(1)
        for handle in ({"animatic": "unknown"}, {}):
            answer = await client.poll(handle)
            assert isinstance(answer, Failed)
            assert ("lost", True, True) == (answer.code, answer.lost, answer.again)
        assert await client.cancel({"animatic": "unknown"})
        await client.close()

    run(work())


def test_a_reference_that_was_not_handed_over_is_refused_and_a_web_address_is_not() -> None:
    async def work() -> None:
        client = AnimaticClient(1)
        for file in ("r2v-file:sha256:ab", "r2v-job:cd"):
            answer = client.read(await client.send(canonical(body([segment(0, 500)], reference("mia", file))), file))
            assert isinstance(answer, Refused)
            assert file in answer.message
        first = {"kind": "image", "file": "r2v-job:ef"}
        answer = client.read(await client.send(canonical(body([segment(0, 500)], first_frame=first)), "x"))
        assert isinstance(answer, Refused)
        web = body([segment(0, 500)], reference("mia", "https://example.com/mia.png"))
        assert isinstance(await ended(client, await asked(client, web)), Finished)
        await client.close()

    run(work())


def test_a_broken_picture_fails_with_its_name_and_reason(tmp_path: Path) -> None:
    broken = tmp_path / "mia.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\nnothing")

    async def work() -> None:
        client = AnimaticClient(1)
        file = await client.upload(broken, hashed(broken), "image")
        answer = await ended(client, await asked(client, body([segment(0, 500)], reference("mia", file))))
        assert isinstance(answer, Failed)
        assert ("reference", False, False) == (answer.code, answer.again, answer.lost)
        assert answer.message.startswith("the image of 'Mia' cannot be drawn: ")
        assert isinstance(await ended(client, await asked(client, SHORT, "next")), Finished)
        await client.close()

    run(work())


def test_a_body_that_makes_no_sense_fails_without_taking_the_process_along() -> None:
    async def work() -> None:
        client = AnimaticClient(1)
        answer = await ended(client, await asked(client, {**SHORT, "fps": "many"}))
        assert isinstance(answer, Failed)
        assert ("bug", False) == (answer.code, answer.lost)
        assert isinstance(await ended(client, await asked(client, SHORT, "next")), Finished)
        await client.close()

    run(work())


def test_a_place_that_cannot_be_written_is_trouble_with_the_disk(tmp_path: Path) -> None:
    async def work() -> None:
        client = AnimaticClient(1)
        answer = await ended(client, await asked(client, SHORT))
        assert isinstance(answer, Finished)
        with pytest.raises(DiskTrouble):
            await client.fetch(answer.output, tmp_path / "none" / "clip.mp4")
        await client.fetch(answer.output, tmp_path / "clip.mp4")
        await client.close()

    run(work())


def test_a_worker_ends_with_its_input_and_leaves_no_half_clip(tmp_path: Path, environment: dict[str, str]) -> None:
    """The build was killed: nobody closes anything, the pipe just ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", "r2v_pipeline.providers.animatic.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
    )
    assert process.stdin
    assert process.stdout
    order = {"id": "1", "body": LONG, "files": {}, "to": str(tmp_path / "clip.mp4")}
    process.stdin.write(json.dumps(order).encode() + b"\n")
    process.stdin.flush()
    while not list(tmp_path.iterdir()):
        assert "progress" in json.loads(process.stdout.readline())
    assert [".part"] == [path.suffix for path in tmp_path.iterdir()]
    began = time.monotonic()
    process.stdin.close()
    assert 0 == process.wait(10)
    assert time.monotonic() - began < 5
    process.stdout.close()
    assert [] == list(tmp_path.iterdir())
