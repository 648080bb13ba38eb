"""The version, in all its places.

Without an argument it says the version, or which places differ; with one, `0.2.0`, it writes that
to all of them, and gives the changes since the last version its name.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VERSION = r"\d+\.\d+\.\d+(?:-(?:alpha|beta|rc)\.\d+)?"
OWN_CRATE = r'(?m)^name = "graph8-[\w-]+"\nversion = "()"'
# A pattern has one empty group, where the version stands.
PLACES = {
    "Cargo.toml": [
        r'(?m)^version = "()"',
        r'(?m)^graph8-crm = \{ path = "core", version = "()"',
    ],
    "bench/engine/Cargo.toml": [r'(?m)^graph8-hostile = \{ .*version = "()"'],
    "Cargo.lock": [OWN_CRATE],
    "fuzz/Cargo.lock": [r'(?m)^name = "graph8-crm"\nversion = "()"'],
    "package.json": [r'(?m)^  "version": "()"'],
    "package-lock.json": [
        r'(?m)\A\{\n  "name": "graph8-crm",\n  "version": "()"',
        r'(?m)^    "": \{\n      "name": "graph8-crm",\n      "version": "()"',
    ],
    "sandbox/openapi.json": [r'(?m)^    "version": "()"'],
}


def main() -> None:
    """Says the version or writes a new one."""
    given = sys.argv[1:]
    if len(given) > 1 or (given and not re.fullmatch(VERSION, given[0])):
        sys.exit("usage: scripts/version.py [VERSION], for example 0.2.0 or 0.2.0-rc.1")
    found = {(name, version) for name, _, _, version in places()}
    versions = {version for _, version in found}
    if not given:
        if len(versions) == 1:
            print(versions.pop())
            return
        sys.exit("\n".join(f"{name} has {version}" for name, version in sorted(found)))
    new = given[0]
    for name in PLACES:
        text = (ROOT / name).read_text(encoding="utf-8")
        # From behind, so that the places before stay where they are.
        for _, start, end, _ in sorted(places(name), reverse=True):
            text = text[:start] + new + text[end:]
        (ROOT / name).write_text(text, encoding="utf-8")
    changes = ROOT / "CHANGELOG.md"
    text = changes.read_text(encoding="utf-8")
    if f"\n## {new}\n" not in text:
        text = text.replace("\n## Unreleased\n", f"\n## Unreleased\n\n## {new}\n", 1)
        changes.write_text(text, encoding="utf-8")
    print(f"{new}: build, so that the packages have it, and look at the change before you commit")


def places(only: str | None = None) -> list[tuple[str, int, int, str]]:
    """Each place: its file, where it begins and ends, and what stands there.

    A file in which one is not found ends the program: its form has changed.
    """
    found: list[tuple[str, int, int, str]] = []
    for name, patterns in PLACES.items():
        if only not in (None, name):
            continue
        text = (ROOT / name).read_text(encoding="utf-8")
        for pattern in patterns:
            matches = list(re.finditer(pattern.replace("()", f"({VERSION})"), text))
            if not matches:
                sys.exit(f"{name} has no version where it should have one: /{pattern}/")
            found += [(name, match.start(1), match.end(1), match[1]) for match in matches]
    return found


if __name__ == "__main__":
    main()
