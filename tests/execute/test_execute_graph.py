"""Who may begin when."""

from __future__ import annotations

from scripted import frame_job, from_job, plan_of, render_job

from r2v_pipeline.execute.graph import Graph

A = render_job("a")
FRAME = frame_job(A)
B = render_job("b", from_job(FRAME))
C = render_job("c", from_job(A))
D = render_job("d")


def graph(verbs: dict[str, str] | None = None) -> Graph:
    return Graph(plan_of(A, FRAME, B, C, D, verbs=verbs).actions)


def test_a_job_begins_when_all_it_needs_is_done() -> None:
    found = graph()
    assert ["a", "d"] == found.free()
    assert [] == found.free()
    assert ["a@last", "c"] == found.done("a")
    assert ["b"] == found.done("a@last")
    assert [] == found.done("d")


def test_all_that_a_failure_makes_impossible_is_named_with_its_nearest_cause() -> None:
    found = graph()
    found.free()
    assert {"a@last": "a", "c": "a", "b": "a@last"} == found.failed("a")
    assert {} == found.failed("a")


def test_what_is_stored_or_sent_needs_nothing() -> None:
    assert ["a", "a@last", "b", "c", "d"] == graph({"a@last": "skip", "b": "collect", "c": "reuse"}).free()


def test_two_jobs_with_one_key_are_one_purchase() -> None:
    twin = D._replace(id="twin", shot="twin")
    found = Graph(plan_of(D, twin).actions)
    assert ["d"] == found.free()
    assert ["twin"] == found.done("d")


def test_a_twin_that_nobody_wants_buys_nothing() -> None:
    twin = D._replace(id="twin", shot="twin")
    assert ["d", "twin"] == Graph(plan_of(D, twin, verbs={"d": "skip"}).actions).free()
