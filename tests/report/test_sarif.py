"""SARIF 2.1.0: the constraints of its schema that concern what r2v writes, and what a viewer makes of it."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from r2v_pipeline.diagnostics import Edit, Label, SourceText, Span, error, warning
from r2v_pipeline.explain.pages import page
from r2v_pipeline.report.safe import safe_json
from r2v_pipeline.report.sarif import to_sarif

SOURCE = SourceText("films/a b.yaml", "one\n两 two\nthree\n")


def strict(required: str, **properties: Any) -> dict[str, Any]:
    """An object of known keys, as every object of SARIF's schema is."""
    names = required.split()
    return {"type": "object", "properties": properties, "required": names, "additionalProperties": False}


def many(item: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": item, **more}


TEXT = {"type": "string", "minLength": 1}
COUNT = {"type": "integer", "minimum": 1}
MESSAGE = strict("text", text=TEXT)
RULE = strict(
    "id",
    id=TEXT,
    shortDescription=MESSAGE,
    fullDescription=MESSAGE,
    help=strict("text markdown", text=TEXT, markdown=TEXT),
    defaultConfiguration=strict("level", level={"enum": ["none", "note", "warning", "error"]}),
)
ARTIFACT = strict("uri uriBaseId", uri={"type": "string", "pattern": r"^[A-Za-z0-9._~/%-]+$"}, uriBaseId=TEXT)
REGION = strict(
    "startLine startColumn endLine endColumn", startLine=COUNT, startColumn=COUNT, endLine=COUNT, endColumn=COUNT
)
PLACE = strict("artifactLocation region", artifactLocation=ARTIFACT, region=REGION)
CHANGE = strict(
    "artifactLocation replacements",
    artifactLocation=ARTIFACT,
    replacements=many(
        strict(
            "deletedRegion insertedContent",
            deletedRegion=REGION,
            insertedContent=strict("text", text={"type": "string"}),
        ),
        minItems=1,
    ),
)
RESULT = strict(
    "ruleId ruleIndex level message",
    ruleId=TEXT,
    ruleIndex={"type": "integer", "minimum": 0},
    level={"enum": ["none", "note", "warning", "error"]},
    message=MESSAGE,
    locations=many(strict("physicalLocation", physicalLocation=PLACE)),
    relatedLocations=many(strict("id message physicalLocation", id=COUNT, message=MESSAGE, physicalLocation=PLACE)),
    fixes=many(strict("description artifactChanges", description=MESSAGE, artifactChanges=many(CHANGE, minItems=1))),
)
RUN = strict(
    "tool originalUriBaseIds columnKind results",
    tool=strict(
        "driver", driver=strict("name version rules", name=TEXT, version=TEXT, rules=many(RULE, uniqueItems=True))
    ),
    originalUriBaseIds={"type": "object", "additionalProperties": strict("description", description=MESSAGE)},
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    results=many(RESULT),
    properties={"type": "object"},
)
SARIF = strict(
    "version $schema runs", **{"$schema": TEXT, "version": {"const": "2.1.0"}, "runs": many(RUN, minItems=1)}
)


def run_of(*found: Any, **more: Any) -> dict[str, Any]:
    """The one run, after the document has been through JSON and the schema."""
    document = json.loads(safe_json(to_sarif(found, lambda name: name, **more)))
    jsonschema.validate(document, SARIF)
    (run,) = document["runs"]
    for result in run["results"]:
        assert result["ruleId"] == run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"]
    bases = set(_values(run["results"], "uriBaseId"))
    assert bases <= run["originalUriBaseIds"].keys()
    return run


def _values(value: Any, key: str) -> list[Any]:
    """What stands under a key, anywhere in a JSON value."""
    if isinstance(value, list):
        return [found for item in value for found in _values(item, key)]
    if isinstance(value, dict):
        own = [value[key]] if key in value else []
        return own + [found for item in value.values() for found in _values(item, key)]
    return []


def test_nothing_found_is_a_run_without_results() -> None:
    run = run_of()
    assert [] == run["results"] == run["tool"]["driver"]["rules"]


def test_a_result_has_its_place_in_characters() -> None:
    run = run_of(warning("R2V305", "text in a prompt", Span(SOURCE, 6, 9), "take it out"))
    (result,) = run["results"]
    place = {
        "artifactLocation": {"uri": "films/a%20b.yaml", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 2, "startColumn": 3, "endLine": 2, "endColumn": 6},
    }
    assert [{"physicalLocation": place}] == result["locations"]
    assert "unicodeCodePoints" == run["columnKind"]
    assert "warning" == result["level"]
    assert "text in a prompt\ntake it out" == result["message"]["text"]


def test_rules_carry_their_pages() -> None:
    run = run_of(error("R2V203", "m", None), error("R2V104", "m", None), error("R2V203", "n", None))
    rules = run["tool"]["driver"]["rules"]
    assert ["R2V104", "R2V203"] == [rule["id"] for rule in rules]
    assert page("R2V104").title == rules[0]["shortDescription"]["text"]
    assert page("R2V104").text == rules[0]["help"]["markdown"]
    assert [1, 0, 1] == [result["ruleIndex"] for result in run["results"]]


def test_a_code_without_a_page_is_a_rule_all_the_same() -> None:
    """Providers from elsewhere have codes of their own."""
    assert [{"id": "ACME1"}] == run_of(error("ACME1", "m", None))["tool"]["driver"]["rules"]


def test_labels_are_related_places() -> None:
    run = run_of(error("R2V003", "twice", Span(SOURCE, 6, 9), labels=(Label(Span(SOURCE, 0, 3), "first here"),)))
    (related,) = run["results"][0]["relatedLocations"]
    assert (1, "first here", 1) == (
        related["id"],
        related["message"]["text"],
        related["physicalLocation"]["region"]["startLine"],
    )


def test_edits_are_one_fix_with_the_files_apart() -> None:
    other = SourceText("b.yaml", "x\n")
    edits = (Edit(Span(SOURCE, 0, 3), "1"), Edit(Span(other, 0, 0), ""), Edit(Span(SOURCE, 4, 5), "2"))
    (fix,) = run_of(error("R2V302", "m", None, "write 1", edits=edits))["results"][0]["fixes"]
    assert "write 1" == fix["description"]["text"]
    assert [["1", "2"], [""]] == [
        [made["insertedContent"]["text"] for made in change["replacements"]] for change in fix["artifactChanges"]
    ]


def test_what_has_no_place_has_no_location() -> None:
    assert "locations" not in run_of(error("R2V001", "m", None))["results"][0]


def test_words_of_a_storyboard_make_no_link() -> None:
    (result,) = run_of(error("R2V104", "unknown key '[click](https://example.org)'", None))["results"]
    assert r"unknown key '\[click](https://example.org)'" == result["message"]["text"]


@pytest.mark.parametrize("name", ["码头.yaml", "a%b#c?.yaml", "../up.yaml", "file\udcff.yaml", "::x"])
def test_any_name_is_a_uri(name: str) -> None:
    run_of(error("R2V101", "m\x1b[2J\u2028", Span(SourceText(name, "x"), 0, 1)))


def test_what_was_left_out_is_counted() -> None:
    assert {"unsaid": 3} == run_of(error("R2V104", "m", None), unsaid=3)["properties"]
