"""How long an import takes in a fresh interpreter."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

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
    # As pip leaves a package: compiled, whatever this environment says.
    with tempfile.TemporaryDirectory() as compiled:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": compiled}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        for name in MODULES:
            milliseconds(name, environment)
        for name in in_turns(MODULES, given.rounds):
            rows[name].samples.append((milliseconds(name, environment),))
    columns = [Column("ms", digits=1)]
    hand_over(Table("Imports, each in a fresh interpreter", columns, list(rows.values())))


def milliseconds(name: str, environment: dict[str, str]) -> float:
    command = [sys.executable, "-c", PROGRAM.format(name)]
    done = subprocess.run(command, check=True, env=environment, stdout=subprocess.PIPE, text=True)
    return float(done.stdout)


if __name__ == "__main__":
    main()
