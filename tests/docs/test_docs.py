"""The pages say what the code does: codes, commands, options, events, links, pictures, and storyboards that pass."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import r2v_pipeline
from r2v_pipeline.cli.main import COMMANDS
from r2v_pipeline.execute import events

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
MEDIA = DOCS / "media"
REFS = ROOT / "examples" / "storyboards" / "refs"
PACKAGE = Path(r2v_pipeline.__file__).parent
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), ROOT / "examples" / "storyboards" / "README.md"])
MOST_BYTES = 400_000

CODE = re.compile(r"R2V[0-9]{3}")
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)


def text_of(path: Path) -> str:
    return path.read_text("utf-8")


def prose(path: Path) -> str:
    """A page without its blocks of code, where brackets mean something else."""
    return FENCE.sub("", text_of(path))


def cells(page: str, heading: str = "") -> list[str]:
    """The first cell of every row of the tables below a heading (of the whole page without one)."""
    part = page.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0] if heading else page
    rows = [line.split("|")[1].strip() for line in part.splitlines() if line.startswith("|")]
    return [row for row in rows if row.strip("- ")]


def anchor(heading: str) -> str:
    """What a heading is called in a link, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def leads_somewhere(page: Path, link: str) -> bool:
    """Whether a relative link names a file that is there and, after `#`, a heading in it."""
    name, _, part = link.partition("#")
    target = page.parent / name if name else page
    if not target.exists() or not part:
        return target.exists()
    return part in map(anchor, re.findall(r"^#+ (.+)$", text_of(target), re.M))


def storyboards() -> Iterator[tuple[str, str]]:
    """Every whole storyboard on a page, with a name to find it by."""
    for page in PAGES:
        found = [text for _, text in FENCE.findall(text_of(page)) if text.startswith("r2v: 1\n")]
        for number, text in enumerate(found, 1):
            yield f"{page.relative_to(ROOT)} {number}", text


STORYBOARDS = dict(storyboards())


def test_the_table_of_diagnostics_has_the_codes_of_the_package() -> None:
    used = {code for path in PACKAGE.rglob("*.py") for code in CODE.findall(text_of(path))}
    told = [cell for cell in cells(text_of(DOCS / "diagnostics.md")) if CODE.fullmatch(cell)]
    assert sorted(used) == told, "sorted, each once"


def test_every_golden_diagnostic_is_in_the_table() -> None:
    shown = {folder.name.split("-")[0] for folder in (ROOT / "tests" / "diagnostics").glob("R2V*")}
    assert set() == shown - set(cells(text_of(DOCS / "diagnostics.md")))


def test_every_command_has_a_section() -> None:
    sections = re.findall(r"^## r2v (\w+)$", text_of(DOCS / "commands.md"), re.M)
    assert [name for name, _, _ in COMMANDS] == sections


@pytest.mark.parametrize("command", [name for name, _, _ in COMMANDS])
def test_every_option_is_on_the_page(command: str, r2v) -> None:
    options = set(re.findall(r"--[a-z][a-z-]+", r2v(command, "--help").out)) - {"--help"}
    assert set() == {option for option in options if option not in text_of(DOCS / "commands.md")}


def test_every_variable_of_ours_is_on_the_page() -> None:
    read = {name for path in PACKAGE.rglob("*.py") for name in re.findall(r"\bR2V_[A-Z_]*[A-Z]\b", text_of(path))}
    assert set() == {name for name in read if f"`{name}`" not in text_of(DOCS / "commands.md")}


def test_the_table_of_events_has_their_kinds() -> None:
    told = [cell.strip("`") for cell in cells(text_of(DOCS / "commands.md"), "Events")]
    assert list(events.KINDS) == [kind for kind in told if kind != "kind"]


def test_the_modules_of_the_architecture_exist() -> None:
    page = text_of(DOCS / "architecture.md")
    rows = re.findall(r"^\| `([\w.]+)` \| (.+) \|$", page.split("in the order in which they are met")[1], re.M)
    named = {
        f"{package.replace('.', '/')}/{module}" for package, row in rows for module in re.findall(r"`([\w*]+)`", row)
    }
    assert named
    assert [] == sorted(name for name in named if not (PACKAGE / f"{name}.py").is_file())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    links = [link for link in LINK.findall(prose(page)) if not link.startswith("https://")]
    assert [] == [link for link in links if not leads_somewhere(page, link)]


def test_every_picture_is_shown_and_small() -> None:
    shown = {(page.parent / link).resolve() for page in PAGES for link in LINK.findall(prose(page))}
    pictures = sorted(MEDIA.iterdir())
    assert pictures
    assert [] == [path.name for path in pictures if path.resolve() not in shown]
    assert [] == [path.name for path in pictures if path.stat().st_size >= MOST_BYTES]


def test_the_tutorial_starts_with_the_storyboard_of_init(project: Path, r2v) -> None:
    assert 0 == r2v("init", "night-light").rc
    made = text_of(project / "night-light" / "storyboard.yaml")
    assert made.partition("\n")[2] == STORYBOARDS["docs/tutorial.md 1"]


@pytest.mark.parametrize("name", STORYBOARDS)
def test_a_storyboard_on_a_page_has_no_mistakes(name: str, project: Path, r2v) -> None:
    """Its references are ours, under whatever name the page gives them."""
    (project / "refs").mkdir()
    for wanted in set(re.findall(r"refs/([\w.]+)", STORYBOARDS[name])):
        own = REFS / wanted
        likely = next(REFS.glob(f"*{Path(wanted).suffix}"))
        shutil.copy(own if own.exists() else likely, project / "refs" / wanted)
    (project / "page.yaml").write_text(STORYBOARDS[name], "utf-8")
    ran = r2v("check", "page.yaml", "--format", "json")
    assert [] == json.loads(ran.out)["diagnostics"]
    assert 0 == ran.rc


def test_every_module_is_in_the_list_of_its_package():
    """A newcomer looks there for the place to change; commands are named by the page on commands."""
    page = (DOCS / "architecture.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `([a-z.]+)` \| (.+) \|$", page, re.MULTILINE))
    package = DOCS.parent / "r2v_pipeline"
    missing = {
        f"{name}.{module.stem}"
        for name, row in rows.items()
        if name != "cli"
        for module in (package / name.replace(".", "/")).glob("*.py")
        if module.stem != "__init__" and f"`{module.stem}`" not in row
    }
    assert set() == missing
