"""Writes the table of sources, versions and promises into docs/records.md, from tests/sources.

The versions are those of its environments, the promises stand beside the tests that show them. With
--check it only says whether the table is what they give.
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "tests" / "sources"
DOCUMENT = ROOT / "docs" / "records.md"
BEGIN = "<!-- from tests/sources by scripts/generate_sources.py -->\n"
END = "<!-- end of what is generated -->\n"


def main() -> None:
    """Writes or compares the table."""
    text = DOCUMENT.read_text()
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    wanted = f"{before}{BEGIN}{table()}{END}{after}"
    if "--check" not in sys.argv:
        DOCUMENT.write_text(wanted)
    elif text != wanted:
        sys.exit("docs/records.md: run scripts/generate_sources.py")


def table() -> str:
    """The table in Markdown."""
    rows = ["| source | versions tried | what is promised |", "|---|---|---|"]
    versions = versions_tried()
    for source, promises in sorted(promised().items(), key=lambda item: item[0].lower()):
        tried = ", ".join(sorted(versions.get(source.lower(), ()), key=in_numbers))
        rows.append(f"| {source} | {tried or 'any'} | {'; '.join(promises)} |")
    return "\n".join(rows) + "\n"


def in_numbers(version: str) -> list[int]:
    """A version as what it is sorted by."""
    return [int(part) for part in version.split(".")]


def versions_tried() -> dict[str, set[str]]:
    """The versions of each package in any environment."""
    versions = defaultdict(set)
    for file in (SOURCES / "environments").glob("*.txt"):
        for line in file.read_text().splitlines():
            name, _, version = line.partition("==")
            if version:
                versions[name.lower()].add(version)
    return versions


def promised() -> dict[str, list[str]]:
    """What the tests of each source promise, in their order."""
    promises = defaultdict(list)
    for file in sorted(SOURCES.glob("test_*.py")):
        module = ast.parse(file.read_text())
        source = next(
            ast.literal_eval(statement.value)
            for statement in module.body
            if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "SOURCE"
        )
        for statement in module.body:
            for decorator in getattr(statement, "decorator_list", ()):
                if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "promise":
                    promises[source].append(ast.literal_eval(decorator.args[0]))
    return promises


if __name__ == "__main__":
    main()
