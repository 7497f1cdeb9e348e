"""Storyboard to request body, the whole way: as the vendors publish them, as recorded for every model, and in any order
of references the names in the prompt are those of the places in the request."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from r2v_pipeline.cli.stages.front import Options, compiled, read
from r2v_pipeline.diagnostics import has_errors
from r2v_pipeline.providers.catalog.choose import region_of, served
from r2v_pipeline.providers.catalog.load import entries
from r2v_pipeline.providers.catalog.types import Asked, Entry
from r2v_pipeline.report.compile import json_form

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "storyboards"
GOLDEN = ROOT / "tests" / "golden" / "requests"
UPDATE = bool(os.environ.get("R2V_UPDATE_GOLDEN"))

ENTRIES = {f"{entry.provider} {entry.id}": entry for entry in entries()}


def request(text: str, folder: Path, provider: str, model: str = "") -> dict[str, Any]:
    """The body of the only job of a storyboard, as `r2v compile` prints it."""
    (folder / ".git").mkdir(exist_ok=True)
    file = folder / "in.yaml"
    file.write_text(text, "utf-8")
    front = read(str(file), Options(provider=provider, model=model))
    assert front.expanded is not None, [d.message for d in front.diagnostics]
    compilation, found = compiled(front)
    assert compilation is not None, [d.message for d in found]
    assert not has_errors(found)
    form = json_form()
    (job,) = json.loads(b"".join(form.whole(form.entries(compilation, None).values())))["jobs"]
    return dict(job["request"])


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every field of a body with its dotted path; a list is one value."""
    if not isinstance(value, dict):
        yield path, value
        return
    for name, inner in value.items():
        yield from leaves(inner, f"{path}.{name}".lstrip("."))


def tidy(path: str, value: Any) -> Any:
    """White space of a prompt collapsed (a sample lacks the space between two sentences), an open end closed."""
    if path.rpartition(".")[2] != "prompt":
        return value
    text = re.sub(r"\.(?=[A-Z])", ". ", " ".join(value.split()))
    return f"{text}." if text[-1].isalpha() else text


SMALL = """
r2v: 1
title: A sample
cast:
{cast}
defaults: {{render: {{{render}}}}}
shots:
  - {{id: only, duration: {seconds}s, prompt: "{prompt}"}}
"""
PAIR = """
  cat: {kind: animal, image: https://example.com/cat.png}
  dog: {kind: animal, image: https://example.com/dog.png}
"""
ONE = "  ava: {video: https://example.com/presenter.mp4}"
CLIP = "  ava: {video: https://example.com/ava.mp4}"

# What r2v sends although the sample does not: its default costs more, or surprises, or differs between models.
ALWAYS = {
    "quick_start": {"parameters.shot_type": "single", "parameters.audio": True, "parameters.watermark": False},
    "window_song": {},
    "holiday_unboxing": {"parameters.audio": True},
    "silent_dance": {},
    "cafe": {"providerOptions.alibaba.watermark": False},
    "garden": {"providerOptions.alibaba.watermark": False},
    # These two samples leave out what every request needs.
    "wavespeed_26": {"prompt": "character1 waits.", "videos": ["https://example.com/ava.mp4"]},
    "wavespeed_27": {"prompt": "Video 1 waits.", "videos": ["https://example.com/ava.mp4"]},
}
# What the sample sends and r2v does not: -1 is the service's word for "any", which it takes for a seed left out.
NEVER = {"wavespeed_26": {"seed": -1}, "wavespeed_27": {"seed": -1}}

STORYBOARDS = {
    "quick_start": SMALL.format(
        cast=ONE,
        render="model: wan2.6-r2v-flash",
        seconds=5,
        prompt="{{ ava }} gives an enthusiastic product introduction to camera, smiling and gesturing naturally.",
    ),
    "cafe": SMALL.format(
        cast=PAIR,
        render="model: wan2.6-r2v, resolution: 1080p, shot_type: single",
        seconds=4,
        prompt="{{ cat }} and {{ dog }} have a friendly conversation in a cozy cafe",
    ),
    "garden": SMALL.format(
        cast=PAIR,
        render="model: wan2.6-r2v, shot_type: single",
        seconds=4,
        prompt="{{ cat }} and {{ dog }} play together in a sunny garden",
    ),
    "wavespeed_26": SMALL.format(cast=CLIP, render="model: wan2.6-r2v", seconds=5, prompt="{{ ava }} waits."),
    "wavespeed_27": SMALL.format(cast=CLIP, render="model: wan2.7-r2v", seconds=5, prompt="{{ ava }} waits."),
}
PROVIDERS = {"cafe": "vercel", "garden": "vercel", "wavespeed_26": "wavespeed", "wavespeed_27": "wavespeed"}


def storyboard(name: str) -> str:
    """The test's own, or the example of that name with addresses in place of its files."""
    if name in STORYBOARDS:
        return STORYBOARDS[name]
    return (EXAMPLES / f"{name}.yaml").read_text("utf-8").replace("refs/", "https://example.com/")


@pytest.mark.parametrize("name", ALWAYS)
def test_a_published_body_field_by_field(name: str, tmp_path: Path) -> None:
    published = json.loads((GOLDEN / "published" / f"{name}.json").read_text("utf-8"))
    made = request(storyboard(name), tmp_path, PROVIDERS.get(name, "dashscope"))
    expected = {path: tidy(path, value) for path, value in leaves(published)}
    for path, value in NEVER.get(name, {}).items():
        assert value == expected.pop(path)
    assert not expected.keys() & ALWAYS[name].keys(), "what the sample sends is no addition of ours"
    assert {**expected, **ALWAYS[name]} == dict(leaves(made))


def test_every_published_body_is_compared() -> None:
    assert sorted(ALWAYS) == sorted(path.stem for path in (GOLDEN / "published").glob("*.json"))


BEATS = """
r2v: 1
title: Two beats
{defaults}
cast:
{cast}
shots:
  - id: only
    {opening}intro: A harbour at dawn.
    segments:
      - {{for: 2s, camera: wide, action: "{first} looks at {last}."}}
      - {{for: 3s, action: "{first} laughs", sound: gulls}}
    style: soft light
"""
MEMBERS = {
    "video": "  ava: {video: https://example.com/ava.mp4}",
    "image": "  boat: {kind: object, image: https://example.com/boat.png}",
    "images": "  ava: {image: https://example.com/ava.png}",
}


def takes(entry: Entry, images: int, videos: int) -> bool:
    """Whether an entry's own rules allow so many references."""
    asked = Asked(images=images, video_ms=(None,) * videos)
    counts = {"image": images, "video": videos, "all": images + videos}
    rules = [rule for rule in entry.counts if rule.when.holds(asked)]
    return all(
        rule.at_least <= counts[rule.of] and (rule.at_most is None or counts[rule.of] <= rule.at_most) for rule in rules
    )


def region(entry: Entry) -> str:
    """The region to write for a model that is not served where its provider is asked by default."""
    usual = region_of(entry.provider, "")
    assert usual
    return "" if served(entry, usual) else f"defaults: {{render: {{region: {entry.regions[0]}}}}}"


def two_beats(entry: Entry) -> str:
    """A video and a picture where the model takes both, else what it takes; a first frame where it needs one."""
    able = {("video", "image"): (1, 1), ("images", "image"): (2, 0), ("video",): (0, 1), (): (0, 0)}
    kinds = next(kinds for kinds, numbers in able.items() if takes(entry, *numbers))
    opening = entry.makes == "frame"
    cast = "\n".join([MEMBERS[kind] for kind in kinds] + ["  door: {image: https://example.com/door.jpg}"] * opening)
    return BEATS.format(
        cast=cast or "  ava: {look: an old woman}",
        defaults=region(entry),
        opening="first_frame: door\n    " if opening else "",
        first="She" if opening else "{{ Ava }}",
        last="{{ boat }}" if "image" in kinds else "a boat",
    )


@pytest.mark.parametrize("name", ENTRIES)
def test_a_recorded_body(name: str, tmp_path: Path) -> None:
    """`R2V_UPDATE_GOLDEN=1` writes them anew; a new model needs its own."""
    entry = ENTRIES[name]
    made = request(two_beats(entry), tmp_path, entry.provider, entry.id)
    golden = GOLDEN / entry.provider / f"{entry.id.replace('/', '-')}.json"
    text = json.dumps(made, indent=2, ensure_ascii=False) + "\n"
    if UPDATE:
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(text, "utf-8")
    assert golden.read_text("utf-8") == text


def test_no_body_is_recorded_for_a_model_that_is_gone() -> None:
    known = {f"{entry.provider}/{entry.id.replace('/', '-')}" for entry in ENTRIES.values()}
    recorded = {f"{path.parent.name}/{path.stem}" for path in GOLDEN.glob("*/*.json")} - {
        f"published/{name}" for name in ALWAYS
    }
    assert known == recorded


# An oracle of its own, by family: how a name says which reference it means; one without a kind counts them all.
PER_KIND = {"Image": ".png", "Video": ".mp4", "image": ".png", "video": ".mp4", "图": ".png", "视频": ".mp4"}
NAMES = {
    "wan2.6": r"character(\d+)",
    "wan2.7": r"(Image|Video) (\d+)|(图|视频)(\d+)",
    "wan3.0": r"(Image|Video) (\d+)|(图|视频)(\d+)",
    "happyhorse": r"\[(Image|Video) (\d+)\]",
    "seedance": r"@(Image|Video)(\d+)",
    "kling": r"@(Image|Video)(\d+)",
    "grok": r"@(image|video)(\d+)",
    "kling-o1": r"<<<(image|video)_(\d+)>>>",
    "seedance-v1": r"the person in (image|video) (\d+)",
    "veo": r"the person in (image|video) (\d+)",
    "vidu": r"the person in (image|video) (\d+)",
}


def addresses(value: Any) -> list[str]:
    """Every reference of a body in the order of the body; a first frame is a `.jpg`, and none of them."""
    if isinstance(value, dict):
        return [found for inner in value.values() for found in addresses(inner)]
    if isinstance(value, list):
        return [found for inner in value for found in addresses(inner)]
    return [value] if isinstance(value, str) and re.fullmatch(r"https://\S+\.(png|mp4)", value) else []


def meant(family: str, name: str, body: dict[str, Any]) -> str:
    """The address that a name of the family stands for in a request."""
    found = re.fullmatch(NAMES[family], name)
    assert found, f"{name!r} is no name of {family}"
    *kind, number = (group for group in found.groups() if group)
    listed = [address for address in addresses(body) if not kind or address.endswith(PER_KIND[kind[0]])]
    return listed[int(number) - 1]


@st.composite
def casts(draw: st.DrawFn, entry: Entry) -> tuple[str, list[str]]:
    """A storyboard that mentions members in another order than it declares them, and their addresses' names."""
    numbers = [(i, v) for i in range(6) for v in range(4) if 0 < i + v <= 5 and takes(entry, i, v)]
    images, videos = draw(st.sampled_from(numbers))
    kinds = draw(st.permutations(["image"] * images + ["video"] * videos))
    members = [f"m{number}.{'png' if kind == 'image' else 'mp4'}" for number, kind in enumerate(kinds)]
    cast = [f"  {name[:2]}: {{{kind}: https://example.com/{name}}}" for name, kind in zip(members, kinds, strict=True)]
    extra = ""
    asked = Asked(images=images, video_ms=(None,) * videos, first_frame=True)
    alone = any(rule.of == "all" and rule.at_most == 0 and rule.when.holds(asked) for rule in entry.counts)
    if "first_frame" in entry.settings and not alone and draw(st.booleans()):
        cast.insert(draw(st.integers(0, len(cast))), "  opening: {image: https://example.com/opening.jpg}")
        extra = ", first_frame: opening"
    told = " | ".join(f"{{{{ {name[:2]} }}}} holds sign {name}" for name in draw(st.permutations(members)))
    language = draw(st.sampled_from(["en", "zh"]))
    text = (
        f"r2v: 1\ntitle: Any order\nlanguage: {language}\n{region(entry)}\ncast:\n" + "\n".join(cast) + "\nshots:\n"
        f'  - {{id: only, duration: 5s, prompt: "{told}"{extra}}}\n'
    )
    return text, members


@pytest.mark.parametrize(
    "name", [name for name, entry in ENTRIES.items() if not takes(entry, 0, 0) or takes(entry, 1, 0)]
)
@settings(max_examples=25)
@given(data=st.data())
def test_a_name_in_the_prompt_is_the_place_in_the_request(
    name: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    entry = ENTRIES[name]
    text, members = data.draw(casts(entry))
    folder = tmp_path_factory.getbasetemp() / "requests"  # a project, so not above those of other tests
    folder.mkdir(exist_ok=True)
    body = request(text, folder, entry.provider, entry.id)
    prompt = next(value for path, value in leaves(body) if path.rpartition(".")[2] == "prompt")
    names = dict(reversed(told.split(" holds sign ")) for told in prompt.rstrip("。.").split(" | "))
    expected = {sign: f"https://example.com/{sign}" for sign in members}
    assert expected == {sign: meant(entry.family, word, body) for sign, word in names.items()}
    assert sorted(expected.values()) == sorted(addresses(body)), "each is sent, once"
