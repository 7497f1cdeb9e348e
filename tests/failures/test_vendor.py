"""Rows 54 to 92: what a vendor answers, as the command of a user meets it.

tests/execute/test_wire_matrix.py has every fault of the wire at every endpoint; here are the words and the exit code.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest
from ordeal import Trial

from r2v_pipeline.providers.fake.server import Running


def submits(vendor: Running) -> int:
    return vendor.server.vendor.requests["submit"]


REFUSALS: dict[str, tuple[dict[str, Any], int, tuple[str, ...]]] = {
    # the answer, how many submits come of three shots, what has to be said
    "the key is wrong": ({"status": 401, "code": "bad_key"}, 1, ("R2V705", "see its key")),
    "the account is empty": ({"status": 402, "code": "insufficient_balance"}, 1, ("R2V705",)),
    "no such model": ({"status": 404, "code": "no_such_model"}, 2, ("R2V7", "no_such_model")),
    "not so": ({"status": 422, "code": "bad_size"}, 2, ("bad_size", "it cannot now")),
}


@pytest.mark.parametrize("how", REFUSALS)
def test_a_refusal_says_why_and_owes_nothing(trial: Callable[..., Trial], vendor: Running, how: str) -> None:
    """Who is refused for who asks is not sent on; one refused for its own words stops nobody."""
    answer, most, words = REFUSALS[how]
    made = trial("opaque")
    vendor.order({"do": "status", "on": "submit", "times": -1, **answer})
    done = made.build()
    assert 4 == done.rc, done.said
    assert most == submits(vendor), done.said
    assert [] == [word for word in words if word not in done.said], done.said
    assert made.key not in done.said
    assert [] == made.accepted()


@pytest.mark.parametrize("code", ["render_failed", "DataInspectionFailed"])
def test_a_render_that_fails_is_said_and_not_bought_again(
    trial: Callable[..., Trial], vendor: Running, code: str
) -> None:
    """Accepted, and failed later, also for what the vendor found in it: the others go on, and no build tries a paid one
    by itself a second time within it."""
    made = trial("opaque")
    vendor.order({"do": "doom", "on": "submit", "code": code})
    done = made.build()
    assert 4 == done.rc, done.said
    assert code in done.said
    assert 3 == len(made.accepted())
    assert "2 rendered" in done.said


def test_a_status_that_nobody_knows_is_no_end(trial: Callable[..., Trial], vendor: Running) -> None:
    """And one that goes back from finished is not believed once the clip is here."""
    made = trial("opaque")
    vendor.order({"do": "changed", "on": "poll", "times": 3, "with": {"status": "pondering"}})
    assert 0 == made.build().rc
    vendor.order({"do": "changed", "on": "poll", "times": -1, "with": {"status": "running"}})
    vendor.server.vendor.requests.clear()
    done = made.build()
    assert "nothing to do" in done.said
    assert 0 == sum(vendor.server.vendor.requests.values())
    assert 3 == len(made.accepted())


@pytest.mark.parametrize(
    "result", [{"url": ""}, {"url": "file:///etc/passwd"}, {"url": "http://169.254.169.254/x.mp4"}]
)
def test_a_result_that_is_none(trial: Callable[..., Trial], vendor: Running, result: Any) -> None:
    """No address, none that may be asked, another machine's: nothing is fetched, and the clip is collected later."""
    made = trial("opaque")
    vendor.order({"do": "changed", "on": "poll", "times": -1, "with": {"result": result}})
    done = made.run("build", "s.yaml", "one", "--yes")
    assert 4 == done.rc, done.said
    assert "Traceback" not in done.said
    assert 1 == len(made.accepted())


def test_two_submits_are_given_one_job(trial: Callable[..., Trial], vendor: Running) -> None:
    """A vendor's mistake is said: one clip stands for two shots, and one of its jobs has no owner."""
    made = trial("opaque")
    assert 0 == made.run("build", "s.yaml", "one", "--yes").rc
    vendor.server.vendor.bill.jobs, others = (
        {job.id: job for job in made.accepted()},
        dict(vendor.server.vendor.bill.jobs),
    )
    try:
        vendor.order({"do": "same_id", "on": "submit"})
        done = made.run("build", "s.yaml", "two", "--yes")
    finally:
        vendor.server.vendor.bill.jobs = {**others, **vendor.server.vendor.bill.jobs}
    assert "gave it the job of 'one'" in done.said, done.said


def test_an_upload_that_is_forgotten_is_made_again(trial: Callable[..., Trial], vendor: Running) -> None:
    """A vendor's own address of a reference lives for hours: a later build sends the file again, under the same key."""
    made = trial("idempotent")
    vendor.order({"do": "status", "on": "submit", "status": 422, "times": -1})
    assert 4 == made.build().rc
    vendor.behave()
    for file in vendor.server.vendor._files.iterdir():
        file.unlink()
    assert "" == made.mended(None)


def test_an_actual_price_above_the_estimate_stops_what_no_longer_fits(
    trial: Callable[..., Trial], vendor: Running
) -> None:
    """R2V616: the first clip turned out dearer, so the second does not fit under the cap any more.  Nothing was sent
    for it; with a higher cap it is bought, and the first is not bought again."""
    made = trial("opaque")
    vendor.order({"do": "changed", "on": "poll", "with": {"billed_micros": 250_000}})
    done = made.run("build", "s.yaml", "--max-cost", "0.30USD")
    assert 5 == done.rc, done.said
    assert "R2V616" in done.said
    assert "'two' was not bought" in done.said
    assert "$0.05 is left" in done.said
    assert ["one"] == [str(job.body["label"]) for job in made.accepted()]
    assert 1 == submits(vendor)
    assert 0 == made.run("build", "s.yaml", "--max-cost", "0.20USD").rc
    assert ["one", "two", "three"] == [str(job.body["label"]) for job in made.accepted()]
    assert "$0.45" in made.run("costs").said


def test_a_proxy_of_the_environment_is_shown_without_its_password(bought: Callable[[], Trial]) -> None:
    """Somebody who cannot reach a provider learns what stands between."""
    made = bought()
    made.environment["HTTPS_PROXY"] = "http://someone:secretword@proxy.example:8080"
    done = made.run("doctor")
    assert "proxy.example:8080" in done.said
    assert "secretword" not in done.said
    assert "someone" not in done.said


def test_a_proxy_that_is_named_in_the_project_is_not_asked(trial: Callable[..., Trial]) -> None:
    """A listener that nobody may call: files of a project decide no way out."""
    heard: list[Any] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        done = threading.Event()

        def listen() -> None:
            while not done.is_set():
                try:
                    heard.append(server.accept()[1])
                except TimeoutError:
                    continue

        thread = threading.Thread(target=listen)
        thread.start()
        made = trial("opaque")
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        for name in (".env", "r2v.toml", ".netrc", "pip.conf"):
            (made.folder / name).write_text(f"HTTP_PROXY={address}\nhttp_proxy = '{address}'\nproxy={address}\n")
        assert "" == made.mended(None)
        done.set()
        thread.join()
    assert [] == heard
