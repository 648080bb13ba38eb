#!/usr/bin/env python3
"""Writes THIRD_PARTY.md: whose code is in the packages, and under which licence.

`--check` only says whether the file is up to date.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIST = ROOT / "THIRD_PARTY.md"
SHIPPED = ["graph8-crm-python", "graph8-crm-node"]
OURS = "graph8-"
HEAD = """# Code of others in the packages

The wheel and the npm package hold one native module each, with these crates compiled in; not every
platform has all of them. libsqlite3-sys holds SQLite itself, which is in the public domain. Neither
package has other dependencies at run time. Written by `scripts/list_licences.py`.

| crate | licence |
|---|---|
"""


def crates(package: str) -> set[tuple[str, str]]:
    """What is linked into it on any platform; build scripts and macros are not."""
    command = ["cargo", "tree", "--locked", "--target", "all", "--edges", "normal,no-proc-macro"]
    output = subprocess.run(
        [*command, "--prefix", "none", "--format", "{p}|{l}", "--package", package],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = set()
    for line in output.splitlines():
        name, _, licence = line.removesuffix(" (*)").partition("|")
        words = name.split()
        if words and not words[0].startswith(OURS):
            found.add((f"{words[0]} {words[1].removeprefix('v')}", licence))
    return found


def main() -> int:
    """Writes the list, or checks it; the exit code."""
    rows = sorted(set().union(*map(crates, SHIPPED)))
    text = HEAD + "".join(f"| {crate} | {licence} |\n" for crate, licence in rows)
    if "--check" in sys.argv:
        if LIST.read_text(encoding="utf-8") != text:
            sys.stderr.write("THIRD_PARTY.md is out of date: run scripts/list_licences.py\n")
            return 1
        return 0
    LIST.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
