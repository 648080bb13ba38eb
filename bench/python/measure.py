"""Turns, costs, and the form in which a scenario hands its figures to run.py."""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

T = TypeVar("T")

CLIENT = "graph8_crm Client"
ASYNC_CLIENT = "graph8_crm AsyncClient"
SLOW = " (a tenth of the records)"
WARM_UP = 1_000


@dataclass
class Column:
    name: str
    more_is_better: bool = False
    digits: int = 0


@dataclass
class Row:
    name: str
    against: str | None
    """The row of ours that it is compared with."""
    samples: list[tuple[float, ...]] = field(default_factory=list)
    """A value for each column, for each round."""


@dataclass
class Table:
    title: str
    columns: list[Column]
    rows: list[Row]
    note: str = ""


BULK_COLUMNS = [Column("records/s", more_is_better=True), Column("CPU µs/record", digits=2)]


@dataclass
class Contestant:
    name: str
    against: str | None
    push: Callable[[int], int]
    """Pushes the first records, as many as it is told; gives how many were pushed."""
    share: float = 1
    """Of the records, for those that would take minutes."""


def arguments(**defaults: int) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", default="", help="address of the sink")
    for name, default in defaults.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    return parser.parse_args()


def in_turns(contestants: Sequence[T], rounds: int) -> Iterator[T]:
    """Everyone once a round, each round beginning with another."""
    for first in range(rounds):
        for turn in range(len(contestants)):
            yield contestants[(first + turn) % len(contestants)]


def compare(
    title: str, contestants: Sequence[Contestant], records: int, rounds: int, note: str = ""
) -> Table:
    """Measures pushes of many records."""
    rows = {one.name: Row(one.name, one.against) for one in contestants}
    # What lives until the end is nothing that a collection during a push should go through.
    gc.collect()
    gc.freeze()
    for one in contestants:
        pushed(one, min(records, WARM_UP))
    for one in in_turns(contestants, rounds):
        count = max(1, int(records * one.share))
        gc.collect()
        cpu, wall = time.process_time(), time.perf_counter()
        pushed(one, count)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        rows[one.name].samples.append((count / wall, cpu / count * 1e6))
    gc.unfreeze()
    return Table(title, BULK_COLUMNS, list(rows.values()), note)


def pushed(one: Contestant, count: int) -> None:
    if (arrived := one.push(count)) != count:
        sys.exit(f"{one.name}: {arrived} of {count} records were pushed")


def hand_over(*tables: Table) -> None:
    json.dump([asdict(table) for table in tables], sys.stdout)
