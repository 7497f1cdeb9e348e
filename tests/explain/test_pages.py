"""Every code has a page, every page a code, and what a page shows is what r2v says.

The examples come from the golden folders of tests/diagnostics.  `R2V_UPDATE_GOLDEN=1` writes them anew into the pages,
after the goldens themselves; read the difference before committing it.
"""

from __future__ import annotations

import os
import re
from itertools import groupby
from pathlib import Path

import pytest

import r2v_pipeline
from r2v_pipeline.explain.pages import SECTIONS, STAGES, code_of, codes, page, refusal, title

PACKAGE = Path(r2v_pipeline.__file__).parent
PAGES = PACKAGE / "explain"
GOLDEN = Path(__file__).parents[1] / "diagnostics"
UPDATE = bool(os.environ.get("R2V_UPDATE_GOLDEN"))

# `check` never says these: they tell of a build, of a provider's answer, of a clip, and R2V208 of a job that `plan`
# cannot make.  Their pages show a command with what it says.
NOT_OF_A_CHECK = re.compile("R2V208|R2V[678]..")

# A page shows the folder of its own name; where there is only one with an addition, that one.
SHOWN = {
    code: next(iter(sorted(GOLDEN.glob(f"{code}*/in.yaml"), key=lambda path: len(path.parent.name))), None)
    for code in codes()
}
WITH_GOLDEN = sorted(code for code, path in SHOWN.items() if path)
WITHOUT = sorted(code for code, path in SHOWN.items() if not path)

# So many equal lines in a row are shown as one.
REPEATS = 3


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    said = {code for path in PACKAGE.rglob("*.py") for code in re.findall(r"R2V[0-9]{3}", path.read_text("utf-8"))}
    assert sorted(said) == list(codes())


def test_every_code_of_a_check_has_a_golden_folder() -> None:
    assert [code for code in codes() if NOT_OF_A_CHECK.fullmatch(code)] == WITHOUT


def test_every_golden_folder_has_a_page() -> None:
    shown = {path.parent.name.partition("-")[0] for path in GOLDEN.glob("*/in.yaml")}
    assert set() == shown - set(codes())


@pytest.mark.parametrize("code", codes())
def test_a_page_has_its_form(code: str) -> None:
    one = page(code)
    assert one.text.startswith(f"# {code}: {one.title}\n\nSeverity: {one.severity}.\n\n## {SECTIONS[0]}\n")
    assert one.severity in ("error", "warning", "warning or error")
    assert list(SECTIONS) == re.findall(r"^## (.+)$", one.text, re.M)
    assert all(one.section(heading) for heading in SECTIONS)
    assert one.stage in STAGES.values()
    assert title(code) == one.title


@pytest.mark.parametrize("code", WITH_GOLDEN)
def test_the_example_is_the_golden_folder(code: str) -> None:
    path = SHOWN[code]
    assert path is not None
    example = example_of(path.parent)
    if UPDATE:
        file = PAGES / f"{code}.md"
        head, _, rest = page(code).text.partition("## Example\n")
        file.write_text(
            f"{head}## Example\n\n{example}\n\n## How to mend\n{rest.partition('## How to mend')[2][1:]}", "utf-8"
        )
    assert example == page(code).section("Example")


def example_of(folder: Path) -> str:
    """A golden folder as a page shows it: its texts, the command, and what the command says."""
    texts = [path for path in sorted(folder.rglob("*")) if path.suffix in (".yaml", ".j2")]
    texts.sort(key=lambda path: path.name != "in.yaml")
    blocks = [f"`{path.relative_to(folder).as_posix()}`:\n\n```yaml\n{shortened(path)}\n```" for path in texts]
    said = (folder / "out.txt").read_text("utf-8").splitlines()
    output = "\n".join(line for line in said if not line.startswith("`r2v explain"))
    return "\n\n".join([*blocks, f"```console\n$ r2v check in.yaml\n{output}\n```"])


def shortened(path: Path) -> str:
    """A file without the repeats that only make it long."""
    lines: list[str] = []
    for line, run in groupby(path.read_text("utf-8").splitlines()):
        number = len(list(run))
        indent = line[: len(line) - len(line.lstrip())]
        lines += [line, f"{indent}… (the same {number - 1} more times)"] if number >= REPEATS else [line] * number
    return "\n".join(lines)


@pytest.mark.parametrize("code", WITHOUT)
def test_an_example_without_a_golden_folder_is_in_the_words_of_the_code(code: str) -> None:
    """Its message is written by hand; every part of it that is no name or figure stands in the package."""
    example = page(code).section("Example")
    assert re.search(r"^```console\n\$ r2v (build|plan) storyboard\.yaml", example, re.M)
    said = re.findall(r"^(?:\w+\[\w+\]|note: film| += help): (.+)$", example, re.M)
    constant = [part.strip() for text in said for part in PARTICULAR.split(text) if len(part.strip()) > 4]
    assert constant
    written = (path for folder in MESSAGES for path in (PACKAGE / folder).rglob("*.py"))
    sources = "".join(path.read_text("utf-8") for path in (*written, PACKAGE / "providers" / "catalog" / "errors.yaml"))
    assert [] == [part for part in constant if part not in sources]


# Names, figures, a vendor's code, and whatever stands after a colon or a semicolon: some service's or file's own words.
PARTICULAR = re.compile(
    r"'[^']*'|\b(?:dashscope|Alibaba Cloud Model Studio|transition wipe)\b|[0-9.]+|\(.*?\)|: .*|; .*"
)
MESSAGES = ("compile", "execute", "assemble", "plan")


@pytest.mark.parametrize("word", ["R2V104", "r2v104", "104", " r2v104 "])
def test_a_code_is_found_as_people_type_it(word: str) -> None:
    assert "R2V104" == code_of(word)


def test_a_code_that_is_none_has_a_near_miss_or_the_list() -> None:
    assert "did you mean R2V104?" == refusal("R2V0104")
    assert "'r2v explain' lists them all" == refusal("colour")
    assert "" == title("R2V999")
