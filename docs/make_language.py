"""Writes what follows from the schema and the catalog: `python docs/make_language.py`.

Three files: the names of models and providers in the schema, the verdict on the schema, and docs/language.md, whose
frame is docs/language.in.  A test compares all three, so run this after a change of the schema or of the catalog.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from r2v_pipeline.model import generate  # noqa: E402  (the checkout has to be on the path first)
from r2v_pipeline.providers.catalog import Naming, family_of, known_models  # noqa: E402
from r2v_pipeline.providers.registry import names as providers  # noqa: E402

SCHEMA = ROOT / "schemas" / "storyboard-1.schema.json"
FRAME = ROOT / "docs" / "language.in"
PAGE = ROOT / "docs" / "language.md"
REFS = ROOT / "examples" / "storyboards" / "refs"

# What a value of a definition is called on the page, and the heading that explains it.
CALLED = {
    "duration": "[duration](#values)",
    "time": "[time](#values)",
    "range": "[range](#values)",
    "gain": "[gain](#values)",
    "ratio": "[ratio](#values)",
    "media": "file or URL",
    "file": "file",
    "includes": "list of files",
    "vars": "map of names",
    "cast": "map of [members](#cast)",
    "shots": "list of [shots](#shot)",
    "segments": "list of [segments](#segment)",
    "attached": "list of cast ids",
    "tags": "list of words",
    "claims": "[map](#expect-of-a-shot)",
    "said": "list of words and cast ids",
    "max_chars": "whole number",
    "quiet": "`dialogue`, `music`, or a list of both",
    "meta": "map",
    "film": "[map](#film)",
    "render": "[map](#render)",
    "from": "[map](#from)",
    "first_frame": "cast id, or map of `image` or [`from`](#from)",
    "transition": "type, or [map](#transition)",
    "title_card": "[map](#title_card)",
    "shot_audio": "[map](#audio)",
    "title": "[title](#titles)",
    "delivery": "[delivery](#deliver)",
}
# Fields whose own schema does not say enough, by description path.
FIELDS = {
    "defaults": "any [shot](#shot) setting",
    "profiles": "name: [shot](#shot) settings, and [film](#film) settings under `film:`",
    "expect": "[map](#expect)",
    "say": "[line](#line), or a list of lines",
    "camera": "text, or [map](#camera)",
    "by": "cast id",
    "to": "cast id",
    "shot": "shot id",
    "music": "[map](#music)",
    "voice_over": "[map](#voice_over)",
    "subtitles": "[map](#subtitles)",
    "titles": "list of [titles](#titles)",
    "deliver": "list of [deliveries](#deliver)",
    "files": "`srt`, `vtt`, or a list of both",
    "frame": "`first`, `last`, or [time](#values)",
    "provider": "a name, or a list of names",
    "model": "a name out of the [catalog](#models-and-how-they-are-spoken-to)",
    "size": "`WIDTHxHEIGHT` in pixels",
    "loudness": "[loudness](#values)",
    "max_cost": "[money](#values)",
    "id": "letters, digits, `_`, `-`",
}
PLAIN = {"string": "text", "integer": "whole number", "number": "number", "boolean": "`true`, `false`"}
WHERE = {"size": "film", "files": "subtitles", "to": "line", "shot": "from", "id": "shot", "expect": "storyboard"}


def with_names(text: str) -> str:
    """The schema's text with the models and providers that the catalog has today."""
    for definition, names in (("known_provider", providers()), ("known_model", known_models())):
        rows = ",\n        ".join(json.dumps(name) for name in names)
        form = re.compile(rf'("{definition}": {{.*?"enum": )\[.*?\]', re.S)
        text = form.sub(lambda found, rows=rows: f"{found[1]}[\n        {rows}\n      ]", text, count=1)
    return text


def page() -> str:
    """The text of docs/language.md for the schema and the catalog as they stand."""
    schema = json.loads(SCHEMA.read_text("utf-8"))
    parts = dict(sections(schema))
    parts |= {"prompt": example_prompt(FRAME.read_text("utf-8")), "dialects": dialects(), "providers": provider_list()}
    head = "<!-- written by docs/make_language.py out of docs/language.in and the schema: change those -->\n"
    return head + re.sub(r"^<<(\w+)>>$", lambda found: parts[found[1]], FRAME.read_text("utf-8"), flags=re.M)


def sections(schema: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The tables of the page by the name that the frame calls them by."""
    known = schema["definitions"]
    film = known["film"]["properties"]
    owners = {
        "storyboard": schema,
        "expect": schema["properties"]["expect"],
        "claims": known["claims"],
        "cast": known["member"],
        "from": known["from"],
        "shot": known["shot"],
        "transition": known["transition"]["else"],
        "title_card": known["title_card"],
        "audio": known["shot_audio"],
        "segment": known["segment"],
        "camera": known["segment"]["properties"]["camera"],
        "line": known["long_line"],
        "render": known["render"],
        "film": known["film"],
        "music": film["music"],
        "voice_over": film["voice_over"],
        "subtitles": film["subtitles"],
        "titles": known["title"],
        "deliver": known["delivery"],
    }
    for name, owner in owners.items():
        yield name, table(name, owner, known)


def table(name: str, owner: dict[str, Any], known: dict[str, Any]) -> str:
    """One row a key: key, what it is, what it takes, what holds without it, an example."""
    rows = ["| key | what | takes | without it | example |", "|---|---|---|---|---|"]
    for key, field in owner["properties"].items():
        part = whole(field, known)
        what, _, without = part["description"].partition(" Default: ")
        without = "**required**" if key in owner.get("required", ()) else without.removesuffix(".")
        example = next((f"`{written(item)}`" for item in part["examples"]), "")
        cells = (f"`{key}`", prose(what), takes(name, key, field, part, known), without, example)
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows)


def whole(part: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    """A schema with what it refers to; its own words win."""
    while "$ref" in part:
        own = {key: value for key, value in part.items() if key != "$ref"}
        part = {**known[part["$ref"].rpartition("/")[2]], **own}
    return part


def takes(name: str, key: str, field: dict[str, Any], part: dict[str, Any], known: dict[str, Any]) -> str:
    """What a key takes, in a few words."""
    if key in FIELDS and WHERE.get(key, name) == name:
        return FIELDS[key]
    while "$ref" in field:
        called = field["$ref"].rpartition("/")[2]
        if called in CALLED:
            return CALLED[called]
        field = known[called]
    if "enum" in part:
        return ", ".join(f"`{word}`" for word in part["enum"])
    kinds = [part["type"]] if isinstance(part["type"], str) else part["type"]
    return " or ".join(PLAIN[kind] for kind in kinds)


def written(value: Any) -> str:
    """A value as an author writes it on one line of YAML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {written(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False) if re.search(r"[{}\[\],#]|: |:\d", value) else value
    return json.dumps(value)


def prose(text: str) -> str:
    """A description as Markdown: what is typed as it stands is set as code."""
    return re.sub(r"\{\{.*?\}\}|--\w+( \w+=\w+)?|\btemplates/|\bx-(?= )", r"`\g<0>`", text)


def dialects() -> str:
    """One row a family of models: names of references, times, the models."""
    rows = ["| family | a picture | a clip | counted | times | models |", "|---|---|---|---|---|---|"]
    families = {family.id: family for model in known_models() if (family := family_of(model))}
    for family in families.values():
        naming = family.naming
        image, video = (named(naming, kind) for kind in ("image", "video"))
        label = family.timing.labels["en"].strip().replace("{i}", "1")
        a, b = ("00:00", "00:02") if family.timing.clock else ("0", "2")
        times = f"`{label.replace('{a}', a).replace('{b}', b)}`" if label else "not written"
        models = ", ".join(f"`{model}`" for model in family.models)
        counted = "per kind" if naming.per_kind else "all together"
        rows.append(f"| {family.id} | {image} | {video} | {counted} | {times} | {models} |")
    return "\n".join(rows)


def named(naming: Naming, kind: str) -> str:
    """What the first reference of a kind is called, and in Chinese where that is something else."""
    english, chinese = (naming.pattern(kind, word).replace("{n}", "1") for word in ("en", "zh"))
    words = [f"`{english.replace('{kind}', 'person')}`"] + [f"zh `{chinese}`"] * (chinese != english)
    return ", ".join(words)


def provider_list() -> str:
    """The providers of this version, in a sentence."""
    return ", ".join(f"`{name}`" for name in providers()) + "."


def example_prompt(frame: str) -> str:
    """What a model reads of the first storyboard of the page, as `r2v compile` prints it, each beat on its own line."""
    text = re.search(r"^```yaml\n(r2v: 1\n.*?)^```$", frame, re.M | re.S)
    assert text, "the frame begins with a whole storyboard"
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "refs").mkdir()
        for name in re.findall(r"refs/([\w.]+)", text[1]):  # ours, under whatever name the page gives them
            shutil.copy(next(REFS.glob(name), next(REFS.glob(f"*{Path(name).suffix}"))), Path(folder, "refs", name))
        Path(folder, "film.yaml").write_text(text[1], "utf-8")
        command = [sys.executable, "-m", "r2v_pipeline", "compile", "film.yaml", "--format", "json"]
        places = os.pathsep.join((str(ROOT), os.environ.get("PYTHONPATH", "")))
        ran = subprocess.run(
            command, cwd=folder, env={**os.environ, "PYTHONPATH": places}, capture_output=True, text=True, check=True
        )
    prompt = json.loads(ran.stdout)["jobs"][0]["prompt"]
    return "\n".join(f"> {line}" for line in re.sub(r" (?=Shot \d)", "  \n", prompt).splitlines())


def main() -> None:
    """Writes the three files, each from the one before."""
    SCHEMA.write_text(with_names(SCHEMA.read_text("utf-8")), "utf-8")
    Path(generate.verdict_path()).write_text(generate.verdict_text(), "utf-8")
    PAGE.write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
