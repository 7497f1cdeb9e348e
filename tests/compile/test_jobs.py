"""Keys: what changes them, what must not, and what they remember."""

from __future__ import annotations

from hashlib import sha256

from prompting import expanded

from r2v_pipeline.compile.build import compile_storyboard
from r2v_pipeline.providers.animatic.dialect import AnimaticDialect
from r2v_pipeline.providers.lowering import CatalogDialect


def digest_of(path):
    return sha256(path.encode()).hexdigest()


def jobs(tmp_path, text, digest=digest_of):
    made, found = expanded(tmp_path, text)
    assert not [d for d in found if d.severity == "error"], found
    compilation, found = compile_storyboard(made, {"animatic": AnimaticDialect()}, digest)
    assert compilation is not None, found
    return {job.id: job for job in compilation.jobs}


ONE = 'shots:\n  - {id: a, prompt: "{{ Mia }} waits.", duration: 2s}\n'


def test_a_key_is_a_function_of_what_is_asked(tmp_path):
    first = jobs(tmp_path, ONE)["a"].key
    assert first == jobs(tmp_path, ONE)["a"].key
    for old, new in (("waits", "runs"), ("2s", "3s"), ("2s}", "2s, take: 2}"), ("2s}", "2s, style: dark}")):
        assert first != jobs(tmp_path, ONE.replace(old, new))["a"].key
    for old, new in (("2s}", "2s, tags: [x]}"), ("2s}", "2s, transition: fade}"), ("2s}", "2s, meta: {a: 1}}")):
        assert first == jobs(tmp_path, ONE.replace(old, new))["a"].key


def test_bytes_decide_not_names(tmp_path):
    other = jobs(tmp_path, ONE, lambda path: digest_of(path + "!"))
    assert jobs(tmp_path, ONE)["a"].key != other["a"].key


def test_inserting_a_shot_changes_no_other_key(tmp_path):
    two = ONE + "  - {id: b, prompt: A ship., duration: 2s}\n"
    before = jobs(tmp_path, two)
    after = jobs(tmp_path, two.replace("shots:\n", "shots:\n  - {id: new, prompt: A boat., duration: 2s}\n"))
    assert (before["a"].key, before["b"].key) == (after["a"].key, after["b"].key)
    assert before["film"].key != after["film"].key


CHAIN = """
shots:
  - {id: c, prompt: "{{ mid }} goes on.", duration: 2s}
  - {id: a, prompt: A boat., duration: 2s}
  - {id: b, prompt: A ship., duration: 2s, first_frame: {from: {shot: a, frame: last}}}
"""
CAST = "cast:\n  mid: {from: {shot: b, frame: 1.5s}}\n"


def chain(tmp_path, text=CHAIN):
    made, _ = expanded(tmp_path, text, head=CAST)
    compilation, found = compile_storyboard(made, {"animatic": AnimaticDialect()}, digest_of)
    assert compilation is not None, found
    return compilation.jobs


def test_a_chain_has_its_pictures_as_jobs_in_an_order_that_works(tmp_path):
    made = chain(tmp_path)
    assert ["a", "a@last", "b", "b@1500ms", "c", "film"] == [job.id for job in made]
    assert [(), ("a",), ("a@last",), ("b",), ("b@1500ms",), ("c", "a", "b")] == [job.needs for job in made]
    done = set()
    for job in made:
        assert set(job.needs) <= done
        done.add(job.id)


def test_a_change_reaches_what_depends_on_it(tmp_path):
    before = {job.id: job.key for job in chain(tmp_path)}
    after = {job.id: job.key for job in chain(tmp_path, CHAIN.replace("A boat.", "A raft."))}
    assert {name for name in before if before[name] != after[name]} == set(before)
    last = {job.id: job.key for job in chain(tmp_path, CHAIN.replace("goes on", "rests"))}
    assert {name for name in before if before[name] != last[name]} == {"c", "film"}


def test_every_part_of_a_key_is_an_ingredient_with_a_place(tmp_path):
    job = jobs(tmp_path, ONE)["a"]
    paths = [i.path for i in job.ingredients]
    assert len(paths) == len(set(paths))
    assert {"prompt", "take", "model", "references.mia.content", "references.mia.name", "body.frames"} <= set(paths)
    assert all(i.span is not None for i in job.ingredients)


def catalogued(tmp_path, text):
    """The compilation of shots for a provider of the catalog."""
    made, found = expanded(tmp_path, text)
    assert not [d for d in found if d.severity == "error"], found
    compilation, problems = compile_storyboard(made, {"dashscope": CatalogDialect("dashscope")}, digest_of)
    assert compilation is not None, problems
    return compilation


def test_the_picture_after_a_clip_that_is_longer_than_written_is_one_that_the_film_shows(tmp_path):
    """A model that makes whole seconds is asked for 3 s where 2.5 s are written: its last picture is cut away."""
    text = """
    defaults: {render: {model: wan2.7-r2v, provider: dashscope}}
    shots:
      - {id: a, prompt: "{{ Mia }} turns", duration: 2.5s}
      - {id: b, prompt: "{{ Mia }} waits", duration: 3s, first_frame: {from: {shot: a, frame: last}}}
      - {id: c, prompt: "{{ Mia }} goes", duration: 3s, first_frame: {from: {shot: b, frame: last}}}
    """
    made = catalogued(tmp_path, text)
    frames = {job.shot: job.frame for job in made.jobs if job.kind == "frame"}
    assert {"a": 2499, "b": "last"} == frames


def test_the_fields_of_a_nested_body_are_ingredients_of_their_own(tmp_path):
    text = """
    defaults: {render: {model: wan2.6-r2v, provider: dashscope, resolution: 1080p}}
    shots: [{id: a, prompt: "{{ Mia }} turns", duration: 4s}]
    """
    (job,) = [job for job in catalogued(tmp_path, text).jobs if job.kind == "render"]
    found = {part.path: part.value for part in job.ingredients}
    assert "1920*1080" == found["body.parameters.size"]
    assert "body.input.prompt" not in found
    (size,) = [part for part in job.ingredients if part.path == "body.parameters.size"]
    assert "1080p" == size.span.source.text[size.span.start : size.span.end]
