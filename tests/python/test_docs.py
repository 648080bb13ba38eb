"""The guides: blocks of code are run, links lead somewhere, and the tests that are named exist."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from test_readme import BLOCKS, NOTEBOOK

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    str(path.relative_to(ROOT))
    for path in (*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md"), *ROOT.glob("bindings-*/*.md"))
)
GUIDES = [page for page in PAGES if page.startswith("docs/") or page.endswith("README.md")]
BLOCK = re.compile(
    r"(?:^<!-- (?P<word>run by|not run:) (?P<why>[^\n]+?) -->\n+)?"
    r"^ *```(?P<language>[^\n]*)\n(?P<code>.*?)^ *```$",
    re.DOTALL | re.MULTILINE,
)
NO_CODE = ("text",)
RECIPES = "".join(path.read_text() for path in (ROOT / "tests/recipes").glob("test_*.py"))


class Block(NamedTuple):
    page: str
    number: int
    """Among those of its page and language."""
    language: str
    code: str
    word: str | None
    why: str

    @property
    def place(self) -> str:
        return f"{self.page}, block {self.number + 1} of {self.language or 'no language'}"


def blocks(page: str) -> Iterator[Block]:
    counts: dict[str, int] = {}
    for found in BLOCK.finditer((ROOT / page).read_text(encoding="utf-8")):
        language = found["language"]
        number = counts[language] = counts.get(language, -1) + 1
        yield Block(page, number, language, found["code"], found["word"], found["why"] or "")


def run_in_node() -> set[tuple[str, int]]:
    """The blocks, by page and number, that readme.test.mjs runs."""
    text = (ROOT / "tests/node/readme.test.mjs").read_text()
    calls = re.findall(r"\bprinted\(\s*'([^']+)'(?:,\s*\{(?:\s*number: (\d+),)?[^}]*\})?", text)
    return {(page, int(number or 0)) for page, number in calls}


IN_NODE = run_in_node()


def is_run(block: Block) -> bool:
    """Whether a test that needs no mark runs it."""
    if block.page.startswith("docs/recipes/"):
        name = Path(block.page).stem
        return f'code_of("{name}")' in RECIPES or f'load("{name}"' in RECIPES
    match block.language:
        case "python":
            return block.code in BLOCKS or block.code in NOTEBOOK
        case "js":
            return (block.page, block.number) in IN_NODE
        case "console":
            commands = re.findall(r"^\$ (.*?)(?: *#.*)?$", block.code, re.MULTILINE)
            return bool(commands) and all(map(is_known, commands))
    return False


def is_known(command: str) -> bool:
    """Whether it is a target of the Makefile, or installs the package."""
    if command in ("pip install graph8-crm", "npm install graph8-crm"):
        return True  # Both are done by tests/install, from files.
    target = re.fullmatch(r"make ([a-z-]+)", command)
    return bool(target and re.search(rf"^{target[1]}:", (ROOT / "Makefile").read_text(), re.M))


@pytest.mark.parametrize("page", GUIDES)
def test_each_block_of_code_is_run_or_says_why_not(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    found = list(blocks(page))
    assert text.count("```") == 2 * len(found), f"{page}: a block that can't be read"
    for block in found:
        if block.language in NO_CODE:
            continue
        assert block.language, f"{block.place}: say its language, `text` if it is no code"
        if block.word == "run by":
            test = ROOT / block.why
            assert test.is_file(), f"{block.place}: there is no {block.why}"
            assert Path(page).name in test.read_text(), f"{block.why} does not name {page}"
        elif block.word is None:
            assert is_run(block), (
                f"{block.place} is run by no test: add it to tests/python/test_readme.py, "
                "tests/node/readme.test.mjs or tests/recipes, or put `<!-- run by tests/… -->` or "
                "`<!-- not run: why -->` before it"
            )
        else:
            assert not is_run(block), f"{block.place} says that it is not run, and is"


def test_blocks_that_are_run_are_found() -> None:
    """What is found by its text would be missed when the tests are written otherwise."""
    assert ("README.md", 0) in IN_NODE
    assert ("docs/lists.md", 1) in IN_NODE
    assert len(IN_NODE) >= 10


def anchors(page: Path) -> set[str]:
    """The ids of its headings, as they are made from their text."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    plain = (re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading) for heading in headings)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("page", PAGES)
def test_each_link_leads_to_a_page_and_a_heading(page: str) -> None:
    text = re.sub(r"^ *```.*?^ *```$", "", (ROOT / page).read_text(), flags=re.M | re.S)
    links = re.findall(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)", text)
    if page == "bindings-node/README.md":
        links = [(f"../{target}", anchor) for target, anchor in links]  # of the npm package
    for target, anchor in links:
        to = (ROOT / page).parent / target if target else ROOT / page
        assert to.exists(), f"{page}: there is no {target}"
        if anchor:
            assert anchor in anchors(to), f"{page}: {target} has no heading #{anchor}"


def test_what_pypi_shows_needs_nothing_beside_it() -> None:
    """There it stands alone: a relative link or picture would lead nowhere."""
    shown = re.search(r'^readme = "([^"]+)"$', (ROOT / "pyproject.toml").read_text(), re.M)
    assert shown
    targets = re.findall(r"\]\(([^)\s]*)|\b(?:src|href)=\"([^\"]*)", (ROOT / shown[1]).read_text())
    assert targets
    assert all(target.startswith("https://") for target in map("".join, targets))


def test_each_page_has_a_place_on_the_site() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text()
    for page in sorted((ROOT / "docs").glob("*.md")):
        assert re.search(rf"\b{page.name}$", navigation, re.M), f"mkdocs.yml: no {page.name} in nav"


PROMISES = re.findall(r"^- `([^`]+?)::([^`]+)`$", (ROOT / "docs/promises.md").read_text(), re.M)


def test_each_promise_names_a_test() -> None:
    """Each heading but the last, which has what is not promised."""
    sections = re.split(r"^## ", (ROOT / "docs/promises.md").read_text(), flags=re.M)[1:-1]
    assert len(sections) >= 10
    for section in sections:
        assert re.search(r"^- `[^`]+::", section, re.M), section.partition("\n")[0]


@pytest.mark.parametrize(("file", "name"), PROMISES)
def test_the_tests_of_the_promises_are_there(file: str, name: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    match Path(file).suffix:
        case ".rs":
            pattern = (
                rf"#\[(?:tokio::)?test(?:\([^\n]*\))?\](?:\s*#\[[^\n]*\])*\s*(?:async )?fn {name}\("
            )
            assert re.search(pattern, text), f"{file} has no test {name}"
        case ".py":
            assert re.search(rf"^(?:async )?def {name}\(", text, re.M), f"{file} has no {name}"
        case ".json":
            assert name in {case["name"] for case in json.loads(text)["cases"]}
        case _:
            assert re.search(rf"^ *test\(\s*['\"`]{re.escape(name)}['\"`]", text, re.M), name


def test_files_and_tests_of_the_table_of_faults_are_there() -> None:
    """Paths and names in the last column of docs/reliability.md."""
    page = (ROOT / "docs/reliability.md").read_text(encoding="utf-8")
    cells = [line.rsplit("|", 2)[1] for line in page.splitlines() if line.startswith("|")]
    known = "".join(
        path.read_text(encoding="utf-8")
        for path in (*(ROOT / "core").rglob("*.rs"), ROOT / "tests/hostile/cases.json")
    )
    names = [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]
    assert len(names) > 50
    for name in names:
        if name.startswith("make "):
            assert is_known(name), name
        elif "/" in name:
            assert (ROOT / name).exists(), f"docs/reliability.md: there is no {name}"
        else:
            pattern = rf"\b{re.escape(name).replace(re.escape('*'), '[a-z0-9_]+')}\b"
            assert re.search(pattern, known), f"docs/reliability.md: there is no test {name}"
