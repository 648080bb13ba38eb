"""What other libraries need to take 100,000 problems as a table."""

from __future__ import annotations

import gc
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas
import polars
import pyarrow
from measure import Column, Row, Table, arguments, hand_over, in_turns

import graph8_crm

if TYPE_CHECKING:
    from collections.abc import Callable

MOST = 100_000
"""Problems that a report holds."""
FIELDS = [{"slug": "email", "name": "Email", "type": "string", "format": "email"}]
COLUMNS = [Column("ms", digits=1), Column("CPU ms", digits=1)]


@dataclass
class Taker:
    row: Row
    take: Callable[[Any], Any]
    problems: Any


def main() -> None:
    given = arguments(records=MOST, rounds=7)
    records = [{"email": f"person{number} at example.com"} for number in range(given.records)]
    with graph8_crm.Client("bench", given.url or "http://localhost:1") as client:
        check = client.check_contacts("hubspot", records, fields=FIELDS)
        # What the check finds wrong never leaves, so this needs nobody who answers.
        report = client.push_contacts("hubspot", records, check=True, fields=FIELDS)
    tables = [
        measured("report.problems", report.problems, given.rounds),
        measured("check.problems", check.problems, given.rounds),
    ]
    hand_over(*tables)


def measured(name: str, problems: Any, rounds: int) -> Table:
    def row(library: str) -> Row:
        return Row(library, None)

    takers = [
        Taker(row("pyarrow.table"), pyarrow.table, problems),
        Taker(row("polars.DataFrame"), polars.DataFrame, problems),
        Taker(row("pandas.DataFrame.from_arrow"), pandas.DataFrame.from_arrow, problems),
    ]
    for taker in takers:
        take(taker)
    for taker in in_turns(takers, rounds):
        gc.collect()
        cpu, wall = time.process_time(), time.perf_counter()
        take(taker)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        taker.row.samples.append((wall * 1e3, cpu * 1e3))
    rows = [taker.row for taker in takers]
    return Table(f"{len(problems):,} of `{name}`", COLUMNS, rows)


def take(taker: Taker) -> None:
    if (count := len(taker.take(taker.problems))) != len(taker.problems):
        sys.exit(f"{taker.row.name}: {count} of {len(taker.problems)} problems")


if __name__ == "__main__":
    main()
