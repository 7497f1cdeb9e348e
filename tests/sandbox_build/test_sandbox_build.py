"""From local files to a joined film over HTTP, for every model and region of Model Studio; and that nothing of it is
taken for what was bought."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sandbox_server import serving

from r2v_pipeline.media.pyav import check_clip
from r2v_pipeline.providers.catalog.load import entries, providers

Run = Callable[..., Any]

CAST = """
  mia: {kind: person, VIDEO}
  gift: {kind: object, image: refs/gift.png}
"""
LOCAL, FAR = "video: refs/mia.mp4", "video: https://example.com/mia.mp4"
FACE = "image: refs/gift.png"
STORY = """
r2v: 1
title: A film from a sandbox
cast:{cast}
defaults:
  render: {{provider: dashscope, model: {model}, region: {region}, resolution: 720p}}
shots:
  - {{id: wait, duration: {seconds}s, {opening}prompt: "{words}"}}
  - {{id: leave, duration: {seconds}s, {opening}prompt: "{words} The lamp goes out."}}
"""

# What a shot of each kind of model is made of: its words, and its first frame where it needs one.
WORDS = {
    "reference": ("{{{{ mia }}}} waits with {{{{ gift }}}}.", ""),
    "frame": ("The lamp flickers.", "first_frame: gift, "),
    "text": ("A lamp flickers in a dark parlor.", ""),
}
SEEN = [
    pytest.param(entry, region, id=f"{entry.id} {region}")
    for entry in entries()
    if entry.provider == "dashscope"
    for region in ("ap-southeast-1", "cn-beijing", "us-east-1")
    if not entry.regions or region in entry.regions
]
# A film takes seconds to draw: all of them under `make torture`, else every fourth.
FILMED = SEEN[:: 1 if os.environ.get("R2V_TORTURE") else 4]


def story(model: str, region: str) -> str:
    entry = next(e for e in entries() if (e.provider, e.id) == ("dashscope", model))
    words, opening = WORDS[entry.makes]
    video = FAR if region == "us-east-1" else LOCAL
    if "happyhorse" in model:
        video = FACE
    cast = CAST.replace("VIDEO", video)
    if (model, region) == ("wan2.6-r2v", "us-east-1"):  # there it takes videos only
        words = "{{{{ mia }}}} waits."
    seconds = 5 if region == "us-east-1" else 3
    return STORY.format(cast=cast, model=model, region=region, seconds=seconds, opening=opening, words=words.format())


def attempts(project: Path) -> list[tuple[Any, ...]]:
    journal = project / ".r2v" / "sandbox" / "state.db"
    if not journal.exists():
        return []
    with closing(sqlite3.connect(journal)) as db:
        return list(db.execute("SELECT job, request, state, est_micros, actual_micros FROM attempt ORDER BY job"))


@pytest.mark.usefixtures("refs", "sandbox")
@pytest.mark.torture
@pytest.mark.parametrize(("entry", "region"), FILMED)
def test_a_film_from_every_model_in_every_region(entry: Any, region: str, project: Path, r2v: Run) -> None:
    (project / "story.yaml").write_text(story(entry.id, region), "utf-8")
    done = r2v("build", "story.yaml", "--sandbox")
    assert 0 == done.rc, done.out + done.err
    film = project / "build" / "story@sandbox" / "film.mp4"
    assert check_clip(film).duration_ms == pytest.approx(10_000 if region == "us-east-1" else 6_000, abs=200)
    compiled = json.loads(r2v("compile", "story.yaml", "--format", "json").out)
    bodies = {job["job"]: job["request"] for job in compiled["jobs"]}
    for job, request, state, estimate, actual in attempts(project):
        assert "stored" == state
        assert actual in (None, estimate)
        assert bodies[job] == with_placeholders(json.loads(request), bodies[job])


def with_placeholders(sent: Any, compiled: Any) -> Any:
    """What was sent, with the places of uploaded files as `r2v compile` prints them."""
    if isinstance(sent, dict):
        return {name: with_placeholders(value, compiled.get(name)) for name, value in sent.items()}
    if isinstance(sent, list):
        return [with_placeholders(value, other) for value, other in zip(sent, compiled, strict=True)]
    uploaded = isinstance(sent, str) and sent.startswith(("oss://", "data:"))
    return compiled if uploaded and str(compiled).startswith("r2v-file:sha256:") else sent


def test_every_region_that_is_promised_is_built_for() -> None:
    built = {param.values[1] for param in SEEN}
    assert {"ap-southeast-1", "cn-beijing", "us-east-1"} == built
    assert {e.id for e in entries() if e.provider == "dashscope"} == {p.values[0].id for p in SEEN}


@pytest.mark.usefixtures("refs")
def test_a_build_brings_its_own_sandbox_and_ends_it(project: Path, r2v: Run) -> None:
    (project / "story.yaml").write_text(story("wan2.7-r2v", "ap-southeast-1"), "utf-8")
    done = r2v("build", "story.yaml", "--sandbox", "wait")
    assert 0 == done.rc, done.out + done.err
    assert "in the sandbox: nothing of it is paid" in done.out
    server = project / ".r2v" / "sandbox" / "server"
    assert (server / "key").read_text().startswith("sbx_")
    # Its lock is free: the server is gone.
    again = r2v("build", "story.yaml", "--sandbox")
    assert 0 == again.rc, again.out + again.err
    assert "1 of 2 shots renders" in again.out
    plan = r2v("plan", "story.yaml", "--sandbox").out
    assert plan.startswith("In the sandbox: nothing of it is paid.\nNothing to do.\n")
    assert "every shot is up to date\n" == r2v("why", "-f", "story.yaml", "--sandbox").out
    _all_that_is_left_can_go(project, r2v)
    assert "2 of 2 shots render" in r2v("plan", "story.yaml", "--sandbox").out


def _all_that_is_left_can_go(project: Path, r2v: Run) -> None:
    """But for what somebody has changed."""
    output, sandbox = project / "build" / "story@sandbox", project / ".r2v" / "sandbox"
    mine = output / "clips" / "wait.mp4"
    mine.write_bytes(b"cut by hand")
    left = {path for place in (output, sandbox) for path in place.rglob("*") if path.is_file()} - {mine}
    shown = json.loads(r2v("gc", "--sandbox", "--format", "json").out)
    assert (False, left) == (shown["removed"], {project / item["path"] for item in shown["files"]})
    assert {"rehearsed"} == {item["kind"] for item in shown["files"]}
    assert all(path.exists() for path in left)
    with (sandbox / "lock").open("r+b") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert 6 == r2v("gc", "--sandbox", "--yes").rc, "a build runs there"
    assert all(path.exists() for path in left)
    assert f"Removed {len(left)} files" in r2v("gc", "--sandbox", "--yes").out
    assert (False, [mine]) == (sandbox.exists(), [path for path in output.rglob("*") if path.is_file()])
    assert [] == list((project / ".r2v" / "tmp").iterdir())
    assert "Nothing to remove." in r2v("gc", "--sandbox").out


@pytest.mark.usefixtures("refs")
@pytest.mark.parametrize(
    ("provider", "model"), [("wavespeed", "wan2.6-r2v-flash"), ("vercel", "wan2.6-r2v"), ("dashscope", "wan2.7-r2v")]
)
def test_what_was_brought_to_an_earlier_server_is_there(project: Path, r2v: Run, provider: str, model: str) -> None:
    """Each build has a server of its own, at another port; the uploads that it is told to use again are those."""
    board = STORY.replace("provider: dashscope", f"provider: {provider}").replace("region: {region}, ", "")
    words, cast = "{{{{ mia }}}} waits.", CAST.replace("VIDEO", LOCAL)
    for again in ("", "So she does. "):
        text = board.format(cast=cast, model=model, seconds=3, opening="", words=again + words.format())
        (project / "story.yaml").write_text(text, "utf-8")
        done = r2v("build", "story.yaml", "--sandbox", "wait")
        assert 0 == done.rc, done.out + done.err
    files = (project / ".r2v" / "sandbox" / "server" / "files.jsonl").read_text().splitlines()
    assert 1 == len({json.loads(line)["address"] for line in files})


@pytest.mark.usefixtures("refs", "sandbox")
def test_another_take_is_one_of_the_sandbox(project: Path, r2v: Run) -> None:
    """Counted from those that are there; no lock keeps it in the film for the next build."""
    (project / "story.yaml").write_text(story("wan2.7-r2v", "ap-southeast-1"), "utf-8")
    used = []
    for again in ((), ("--reroll", "wait"), ("--reroll", "wait"), ()):
        assert 0 == r2v("build", "story.yaml", "--sandbox", *again).rc
        takes = json.loads(r2v("takes", "wait", "--sandbox", "--format", "json").out)["clips"]
        used.append((len(takes), [take["take"] for take in takes if take["used_by"]]))
    assert [(1, [1]), (2, [2]), (3, [3]), (3, [1])] == used


@pytest.mark.usefixtures("refs", "sandbox")
def test_nothing_of_it_is_taken_for_bought(project: Path, r2v: Run) -> None:
    """The state, the output folder and the bill of the project stay as they are."""
    (project / "story.yaml").write_text(story("wan2.7-r2v", "ap-southeast-1"), "utf-8")
    assert 0 == r2v("build", "story.yaml", "--sandbox").rc
    assert not (project / ".r2v" / "state.db").exists()
    assert ["story@sandbox"] == [path.name for path in (project / "build").iterdir()]
    assert [] == list(project.glob("*.lock.yaml"))
    assert "2 of 2 shots render" in r2v("plan", "story.yaml").out
    assert "wait" not in r2v("costs").out


@pytest.mark.usefixtures("refs")
def test_real_keys_stay_at_home(project: Path, r2v: Run, sandbox: Any) -> None:
    """With a real key in the environment, the sandbox sees only its own."""
    (project / "story.yaml").write_text(story("wan2.7-r2v", "ap-southeast-1"), "utf-8")
    secret = "sk-c4n4ry0f5ecret000"
    done = r2v("build", "story.yaml", "--sandbox", DASHSCOPE_API_KEY=secret, DASHSCOPE_HTTP_BASE_URL=sandbox.url)
    assert 0 == done.rc, done.out + done.err
    for path in (p for p in project.rglob("*") if p.is_file()):
        assert secret.encode() not in path.read_bytes()


@pytest.mark.usefixtures("refs", "sandbox")
def test_a_real_key_is_not_sent_to_a_sandbox_by_the_way(project: Path, r2v: Run, sandbox: Any) -> None:
    (project / "story.yaml").write_text(story("wan2.7-r2v", "ap-southeast-1"), "utf-8")
    before = len(sandbox.jobs())
    variables = {"DASHSCOPE_API_KEY": "sk-1234567890", "DASHSCOPE_HTTP_BASE_URL": sandbox.said["dashscope"]}
    done = r2v("build", "story.yaml", "--yes", **variables)
    assert 7 == done.rc
    assert "where only a sandbox can be" in done.err
    assert before == len(sandbox.jobs())


@pytest.mark.usefixtures("refs")
def test_without_a_key_nothing_begins(project: Path, r2v: Run) -> None:
    (project / "story.yaml").write_text(story("wan2.7-r2v", "ap-southeast-1"), "utf-8")
    done = r2v("build", "story.yaml", "--yes", DASHSCOPE_API_KEY="")
    assert 7 == done.rc
    assert "there is no key: DASHSCOPE_API_KEY is not set" in done.err


@pytest.mark.usefixtures("refs")
def test_what_was_brought_there_is_named_again(project: Path, r2v: Run, sandbox: Any) -> None:
    """The second shot, and a later build, send no file twice; after a failure they do."""
    file = project / "story.yaml"
    file.write_text(story("wan2.7-r2v", "ap-southeast-1"), "utf-8")
    sandbox.fault(do="status", on="upload", status=500, skip=2, times=-1)  # two files, and no more
    assert 0 == r2v("build", "story.yaml", "--sandbox").rc
    file.write_text(file.read_text("utf-8").replace("The lamp goes out.", "The lamp is lit."), "utf-8")
    assert 0 == r2v("build", "story.yaml", "--sandbox").rc
    sandbox.ask("DELETE", "faults")
    sandbox.fault(do="doom", code="InvalidURL", message="gone")
    file.write_text(file.read_text("utf-8").replace("The lamp is lit.", "It is day."), "utf-8")
    failed = r2v("build", "story.yaml", "--sandbox")
    assert 4 == failed.rc
    assert "R2V702" in failed.err
    assert "could not use a reference" in failed.err
    sandbox.fault(do="status", on="upload", status=403, times=-1)
    assert "answered 403 to a file" in r2v("build", "story.yaml", "--sandbox").err


@pytest.mark.usefixtures("refs", "sandbox")
def test_regions_in_one_film(project: Path, r2v: Run) -> None:
    """Two accounts, each with its own tasks, in one build."""
    text = story("wan2.7-r2v", "ap-southeast-1").replace("id: leave,", "id: leave, render: {region: beijing},")
    (project / "story.yaml").write_text(text, "utf-8")
    done = r2v("build", "story.yaml", "--sandbox")
    assert 0 == done.rc, done.out + done.err
    with closing(sqlite3.connect(project / ".r2v" / "sandbox" / "state.db")) as db:
        assert 2 == len(list(db.execute("SELECT DISTINCT account FROM attempt")))


@pytest.mark.usefixtures("refs")
def test_a_changed_region_does_not_hide_a_task(project: Path, r2v: Run, sandbox: Any) -> None:
    """What was sent to one region is collected there, whatever the storyboard says by then."""
    file = project / "story.yaml"
    file.write_text(story("wan2.7-r2v", "ap-southeast-1"), "utf-8")
    before = len(sandbox.jobs())
    sandbox.fault(do="status", on="poll", status=400, json={"code": "Odd", "message": "not now"}, times=-1)
    assert 4 == r2v("build", "story.yaml", "--sandbox", "wait").rc
    sandbox.ask("DELETE", "faults")
    file.write_text(file.read_text("utf-8").replace("ap-southeast-1", "cn-beijing"), "utf-8")
    done = r2v("build", "story.yaml", "--sandbox", "wait")
    assert 0 == done.rc, done.out + done.err
    assert before + 1 == len(sandbox.jobs())


@pytest.mark.usefixtures("refs")
def test_an_account_that_is_refused_is_asked_once(project: Path, r2v: Run, sandbox: Any) -> None:
    (project / "story.yaml").write_text(story("wan2.7-t2v", "ap-southeast-1"), "utf-8")
    sandbox.fault(do="status", status=400, json={"code": "Arrearage", "message": "not in good standing"}, times=1)
    done = r2v("build", "story.yaml", "--sandbox")
    assert 4 == done.rc
    assert "R2V705" in done.err
    assert "see the balance and the quotas of your account at Alibaba Cloud Model Studio" in done.err


@pytest.mark.usefixtures("refs")
def test_another_provider_is_asked_after_a_refusal(project: Path, r2v: Run, sandbox: Any) -> None:
    """Two services, two protocols, one film; in doubt it stays with the first."""
    text = story("wan2.7-r2v", "ap-southeast-1").replace("provider: dashscope", "provider: [dashscope, wavespeed]")
    (project / "story.yaml").write_text(text, "utf-8")
    sandbox.fault(do="status", status=400, json={"code": "Arrearage", "message": "not in good standing"}, times=-1)
    done = r2v("build", "story.yaml", "--sandbox")
    assert 0 == done.rc, done.out + done.err
    assert "dashscope refuses this account (Arrearage)" in done.out
    assert "wavespeed is asked" in done.out
    with closing(sqlite3.connect(project / ".r2v" / "sandbox" / "state.db")) as db:
        rows = list(db.execute("SELECT provider, state FROM attempt ORDER BY id"))
    assert ("dashscope", "rejected") == rows[0]
    assert [("wavespeed", "stored")] * 2 == [row for row in rows if row[0] == "wavespeed"]
    status = json.loads(r2v("status", "story.yaml", "--sandbox", "--format", "json").out)["shots"]
    assert ["wavespeed", "wavespeed"] == [row["provider"] for row in status], "who made it"


def test_the_options_that_do_not_go_together(r2v: Run) -> None:
    for other in ("--preview", "--fill=animatic"):
        done = r2v("build", "--sandbox", other)
        assert 2 == done.rc
        assert "--sandbox plays paid services" in done.err


@pytest.mark.usefixtures("refs")
def test_a_server_that_lost_its_state_is_brought_the_files_again(project: Path, r2v: Run, tmp_path: Path) -> None:
    board = STORY.replace("provider: dashscope", "provider: wavespeed").replace("region: {region}, ", "")
    for life in ("first", "second"):
        cast, words = CAST.replace("VIDEO", LOCAL), f"{{{{ mia }}}} waits a {life} time."
        text = board.format(cast=cast, model="wan2.6-r2v-flash", seconds=3, opening="", words=words)
        (project / "story.yaml").write_text(text, "utf-8")
        with serving(tmp_path / life) as server:
            done = r2v("build", "story.yaml", "--sandbox", "wait", R2V_SANDBOX=server.url)
        assert 0 == done.rc, done.out + done.err
    gone = r2v("build", "story.yaml", "--sandbox", R2V_SANDBOX=server.url)
    assert 7 == gone.rc
    assert f"error: no sandbox answers at {server.url}\n  help: R2V_SANDBOX names it" in gone.err


@pytest.mark.parametrize(
    ("address", "message"),
    [("https://sandbox.example", "not on this machine"), ("http://sandbox.example", "unencrypted")],
)
@pytest.mark.usefixtures("refs")
def test_a_sandbox_elsewhere_is_none(project: Path, r2v: Run, address: str, message: str) -> None:
    (project / "story.yaml").write_text(story("wan2.7-r2v", "ap-southeast-1"), "utf-8")
    done = r2v("build", "story.yaml", "--sandbox", R2V_SANDBOX=address)
    assert 7 == done.rc
    assert message in done.err


def test_every_service_of_the_catalog_has_a_name_there() -> None:
    assert {"dashscope", "gateway", "wavespeed"} == {provider.sandbox for provider in providers().values()}


@pytest.mark.usefixtures("refs")
def test_a_lost_answer_can_be_rehearsed_to_its_end(project: Path, r2v: Run, sandbox: Any) -> None:
    """What a person does about a shot in doubt, at no cost: look, find the job at the service, name it, build on."""
    (project / "story.yaml").write_text(story("wan2.7-r2v", "ap-southeast-1"), "utf-8")
    before = {job["id"] for job in sandbox.jobs()}
    sandbox.fault(do="close", on="submit", times=1)
    sandbox.fault(do="status", on="list", status=500, times=-1)
    held = r2v("build", "story.yaml", "--sandbox", "wait")
    assert 5 == held.rc
    assert "'r2v resolve wait -f story.yaml --sandbox --found ID' fetches the clip" in " ".join(held.err.split())
    sandbox.ask("DELETE", "faults")
    assert "wait" in r2v("status", "story.yaml", "--sandbox").out
    assert "the next r2v build asks again" in r2v("status", "story.yaml", "--sandbox").out
    assert "doubt" not in r2v("status", "story.yaml").out
    assert "wait" in r2v("costs", "story.yaml", "--sandbox").out
    assert "wait" in r2v("costs", "--sandbox").out
    assert r2v("costs", "--sandbox").out.startswith("In the sandbox: nothing of it is paid.")
    lost = r2v("resolve", "wait", "--never-ran")
    assert 2 == lost.rc
    assert "something does in the sandbox: add --sandbox" in lost.err
    (job,) = {job["id"] for job in sandbox.jobs()} - before
    done = r2v("resolve", "wait", "--sandbox", "--found", job)
    assert 0 == done.rc, done.err
    done = r2v("build", "story.yaml", "--sandbox", "wait")
    assert 0 == done.rc, done.out + done.err
    assert {job} == {job["id"] for job in sandbox.jobs()} - before, "it was not bought again"
    assert "wan2.7-r2v" in r2v("takes", "wait", "--sandbox").out


@pytest.mark.usefixtures("refs")
def test_what_still_runs_there_can_be_cancelled(
    project: Path, r2v: Run, sandbox: Any, environment: dict[str, str]
) -> None:
    (project / "story.yaml").write_text(story("wan2.7-r2v", "ap-southeast-1"), "utf-8")
    before = {job["id"] for job in sandbox.jobs()}
    sandbox.fault(do="stuck", **{"in": "queue"})
    words = [sys.executable, "-m", "r2v_pipeline", "build", "story.yaml", "--sandbox", "wait"]
    with subprocess.Popen(words, cwd=project, env=environment, stdout=subprocess.DEVNULL) as build:
        end = time.monotonic() + 60
        while not [job for job in sandbox.jobs() if job["id"] not in before] or not attempts(project):
            assert time.monotonic() < end
            time.sleep(0.1)
        build.send_signal(signal.SIGINT)
        assert 130 == build.wait(60)
    assert "wait" not in r2v("cancel").out, "the project itself has nothing there"
    done = r2v("cancel", "wait", "--sandbox")
    assert 0 == done.rc, done.out + done.err
    assert "wait" in done.out
