"""`r2v resolve`, as somebody types it after a build has said what to type."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from r2v_pipeline.execute.journal_view import read
from r2v_pipeline.execute.session import hold
from r2v_pipeline.providers.fake.server import Running

DONE, SOME_FAILED, WRONG, PERSON, BUSY = 0, 4, 2, 5, 6
LOST = {"do": "close", "contains": "snow"}


def attempts(studio: Path) -> list[tuple]:
    return read(studio / ".r2v" / "state.db", "SELECT job, no, state FROM attempt ORDER BY id")


def bought(vendor: Running) -> list[str]:
    """The first words of every job that the vendor took."""
    return [job["id"] for job in vendor.ledger()["jobs"]]


@pytest.fixture
def ways(r2v, vendor: Running, studio: Path) -> dict[str, list[str]]:
    """The commands that a build proposes for a shot whose answer was lost, by their last option."""
    vendor.order(LOST)
    said = r2v("build", "s.yaml", "--yes", cwd=studio)
    assert PERSON == said.rc, said
    assert "error[R2V614]: shot 'first' is held: fake-opaque may have taken it and bill $0.10" in said.err
    commands = [shlex.split(text) for text in re.findall(r"'r2v (resolve [^']+)'", said.err)]
    found = {next(word for word in command if word in OPTIONS): command for command in commands}
    assert set(OPTIONS) == set(found)
    assert {("first", 1, "submitting"), ("second", 1, "stored")} == set(attempts(studio))
    return found


OPTIONS = ("--found", "--never-ran", "--resubmit")


def test_what_is_found_is_fetched(r2v, vendor: Running, studio: Path, ways: dict[str, list[str]]) -> None:
    """By the id that the vendor's account lists."""
    job = bought(vendor)[0]
    done = r2v(*[job if word == "ID" else word for word in ways["--found"]], cwd=studio)
    assert (DONE, "'first' is known again: `r2v build` collects it, for nothing more\n") == (done.rc, done.out), done
    assert DONE == r2v("build", "s.yaml", cwd=studio).rc
    assert {("first", 1, "stored"), ("second", 1, "stored")} == set(attempts(studio))
    assert 2 == len(bought(vendor))


def test_what_never_ran_is_rendered(r2v, vendor: Running, studio: Path, ways: dict[str, list[str]]) -> None:
    done = r2v(*ways["--never-ran"], cwd=studio)
    assert (DONE, "'first' never ran: $0.10 counts no more, and the next build may buy it\n") == (done.rc, done.out)
    assert DONE == r2v("build", "s.yaml", "--yes", cwd=studio).rc
    assert ("first", 2, "stored") in attempts(studio)
    assert 3 == len(bought(vendor)), "what a person says is believed, also when it is wrong"


def test_sending_again_only_permits_it(r2v, vendor: Running, studio: Path, ways: dict[str, list[str]]) -> None:
    """The next build asks as it asks for everything that costs."""
    assert DONE == r2v(*ways["--resubmit"], cwd=studio).rc
    assert 2 == len(bought(vendor))
    assert PERSON == r2v("build", "s.yaml", cwd=studio).rc
    assert 2 == len(bought(vendor))
    assert DONE == r2v("build", "s.yaml", "--yes", cwd=studio).rc
    assert 3 == len(bought(vendor))


def test_another_shot_s_job_is_not_taken(r2v, vendor: Running, studio: Path, ways: dict[str, list[str]]) -> None:
    job = bought(vendor)[1]
    done = r2v(*[job if word == "ID" else word for word in ways["--found"]], cwd=studio)
    assert WRONG == done.rc
    assert "the one of another shot" in done.err


def test_an_id_that_the_provider_does_not_know_is_none(
    r2v, vendor: Running, studio: Path, ways: dict[str, list[str]]
) -> None:
    """A slip of the pen must not make a shot that was bought into one that is lost."""
    done = r2v(*["j-nothing" if word == "ID" else word for word in ways["--found"]], cwd=studio)
    assert WRONG == done.rc
    assert "fake-opaque knows no job 'j-nothing'" in done.err
    assert ("first", 1, "submitting") in attempts(studio)
    assert 2 == len(bought(vendor))


def test_the_key_of_another_account_finds_nothing(
    r2v, studio: Path, ways: dict[str, list[str]], environment: dict[str, str]
) -> None:
    environment["R2V_FAKE_KEY"] = "sbx_another_account_altogether_0123456789"
    done = r2v(*ways["--found"], cwd=studio)
    assert (PERSON, True) == (done.rc, "sent from another account of fake-opaque" in done.err), done


@pytest.mark.usefixtures("vendor")
def test_a_shot_that_waits_for_nobody_is_said(r2v, studio: Path) -> None:
    done = r2v("resolve", "first", "--never-ran", cwd=studio)
    assert (WRONG, "error: 'first' does not wait for you\n  help: nothing does\n") == (done.rc, done.err)


def test_what_does_wait_is_named(r2v, studio: Path, ways: dict[str, list[str]]) -> None:
    assert ways
    done = r2v("resolve", "second", "--never-ran", cwd=studio)
    assert (WRONG, True) == (done.rc, "what does: first" in done.err)
    done = r2v("resolve", "first", "--never-ran", "--attempt", "99", cwd=studio)
    assert (WRONG, True) == (done.rc, "attempt 99 of 'first'" in done.err)


def test_a_shot_with_two_doubts_asks_which(r2v, vendor: Running, studio: Path, ways: dict[str, list[str]]) -> None:
    """It was changed after its first request was lost; both may exist."""
    board = studio / "s.yaml"
    board.write_text(board.read_text().replace("lies in the snow", "sleeps in the snow"))
    vendor.order(LOST)
    assert PERSON == r2v("build", "s.yaml", "--yes", cwd=studio).rc
    done = r2v(*ways["--never-ran"], cwd=studio)
    assert WRONG == done.rc
    numbers = [int(number) for number in re.findall(r"--attempt (\d+)", done.err)]
    assert 2 == len(numbers), done.err
    for number in numbers:
        assert DONE == r2v(*ways["--never-ran"], "--attempt", str(number), cwd=studio).rc
    assert DONE == r2v("build", "s.yaml", "--yes", cwd=studio).rc


def test_nothing_is_decided_while_a_build_runs(r2v, studio: Path, ways: dict[str, list[str]]) -> None:
    with hold(studio):
        assert BUSY == r2v(*ways["--never-ran"], cwd=studio).rc


def test_one_way_must_be_chosen(r2v, studio: Path) -> None:
    assert WRONG == r2v("resolve", "first", cwd=studio).rc
    assert WRONG == r2v("resolve", "first", "--never-ran", "--resubmit", cwd=studio).rc


@pytest.mark.parametrize("mode", ["idempotent", "findable"])
def test_what_can_settle_itself_needs_no_person(r2v, vendor: Running, studio: Path, mode: str) -> None:
    board = studio / "s.yaml"
    board.write_text(board.read_text().replace("fake-opaque", f"fake-{mode}"))
    vendor.order({"do": "close", "contains": "snow"})
    done = r2v("build", "s.yaml", "--yes", cwd=studio)
    assert DONE == done.rc, done
    assert 2 == len(bought(vendor))


def test_a_plan_says_what_will_settle_itself_and_what_will_not(r2v, studio: Path, ways: dict[str, list[str]]) -> None:
    assert ways
    plan = r2v("plan", "s.yaml", cwd=studio).out
    assert "answer lost: see r2v resolve first" in plan
    assert "1 is in doubt and waits for you" in plan


def test_what_it_says_to_type_can_be_typed_where_it_is_said(r2v, vendor: Running, studio: Path) -> None:
    """In a folder of the project, about a storyboard whose name a shell would take apart."""
    (studio / "sub").mkdir()
    (studio / "s.yaml").rename(studio / "my film.yaml")
    vendor.order(LOST)
    said = r2v("build", "../my film.yaml", "--yes", cwd=studio / "sub")
    assert PERSON == said.rc, said
    (typed,) = re.findall(r"'r2v (resolve first -f '[^']+' --never-ran)'", said.err)
    assert DONE == r2v(*shlex.split(typed), cwd=studio / "sub").rc


@pytest.fixture
def unseen(vendor: Running, studio: Path) -> str:
    """A storyboard at a vendor that lists its jobs, and for now says that there is none."""
    board = (studio / "s.yaml").read_text().replace("fake-opaque", "fake-findable")
    vendor.order(LOST, {"do": "changed", "on": "list", "with": {"jobs": [], "next": None}, "times": 1})
    return board


def test_a_film_that_waited_for_a_doubt_is_joined_when_it_is_settled(
    r2v, vendor: Running, studio: Path, unseen: str
) -> None:
    (studio / "s.yaml").write_text(unseen)
    assert PERSON == r2v("build", "s.yaml", "--yes", cwd=studio).rc
    assert "waits for you" in r2v("plan", "s.yaml", cwd=studio).out
    done = r2v("build", "s.yaml", "--yes", cwd=studio)
    assert (DONE, True) == (done.rc, (studio / "build/s/film.mp4").exists()), done
    assert 2 == len(bought(vendor))


def test_what_waited_for_a_doubt_is_bought_by_the_build_that_names_its_price(
    r2v, vendor: Running, studio: Path, unseen: str
) -> None:
    chained = unseen.replace("- id: second", "- id: second\n    first_frame: {from: {shot: first, frame: last}}")
    (studio / "s.yaml").write_text(chained)
    assert PERSON == r2v("build", "s.yaml", "--yes", cwd=studio).rc
    done = r2v("build", "s.yaml", "--yes", cwd=studio)
    assert (PERSON, 1) == (done.rc, len(bought(vendor))), done
    assert "note: what was in doubt is settled; build again for second" in done.out
    done = r2v("build", "s.yaml", "--yes", cwd=studio)
    assert (DONE, 2) == (done.rc, len(bought(vendor))), done
    assert (studio / "build/s/film.mp4").exists()
