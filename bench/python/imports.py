"""How long an import takes in a fresh interpreter."""

from __future__ import annotations

import subprocess
import sys

from measure import Column, Row, Table, arguments, hand_over, in_turns

OURS = "graph8_crm"
MODULES = [OURS, "requests", "httpx", "httpx2", "aiohttp", "pyreqwest", "primp"]
PROGRAM = """
from time import perf_counter
started = perf_counter()
import {}
print((perf_counter() - started) * 1e3)
"""


def main() -> None:
    given = arguments(rounds=21)
    rows = {name: Row(name, None if name == OURS else OURS) for name in MODULES}
    for name in MODULES:
        milliseconds(name)
    for name in in_turns(MODULES, given.rounds):
        rows[name].samples.append((milliseconds(name),))
    columns = [Column("ms", digits=1)]
    hand_over(Table("Imports, each in a fresh interpreter", columns, list(rows.values())))


def milliseconds(name: str) -> float:
    command = [sys.executable, "-c", PROGRAM.format(name)]
    return float(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


if __name__ == "__main__":
    main()
