"""Many contacts in a CSV file: ours takes its path; others make a frame of it, which ours takes."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import contacts
import pandas
import peers
import polars
from measure import CLIENT, WARM_UP, Contestant, Table, arguments, compare, hand_over

if TYPE_CHECKING:
    from collections.abc import Callable

READERS: dict[str, Callable[[Path], Any]] = {
    "pandas.read_csv": pandas.read_csv,
    "pandas.read_csv, dtype=str": lambda path: pandas.read_csv(path, dtype=str),
    "polars.read_csv": polars.read_csv,
    "polars.read_csv, infer_schema=False": lambda path: polars.read_csv(path, infer_schema=False),
}


def main() -> None:
    given = arguments(records=1_000_000, rounds=5)
    with tempfile.TemporaryDirectory() as folder, peers.Clients(given.url) as clients:
        hand_over(comparison(clients, Path(folder), given.records, given.rounds))


def comparison(clients: peers.Clients, folder: Path, records: int, rounds: int) -> Table:
    files = {count: written(folder, count) for count in {records, min(records, WARM_UP)}}

    def by_frame(name: str, read: Callable[[Path], Any]) -> Contestant:
        return Contestant(
            f"{name} + {CLIENT}", CLIENT, lambda count: clients.push(read(files[count]))
        )

    contestants = [
        Contestant(CLIENT, None, lambda count: clients.push(files[count])),
        *(by_frame(name, read) for name, read in READERS.items()),
    ]
    title = f"A file of {records:,} rows and ten columns, {peers.BATCH} a request"
    return compare(title, contestants, records, rounds)


def written(folder: Path, count: int) -> Path:
    path = folder / f"{count}.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        for number, contact in enumerate(contacts.stream(count)):
            if number == 0:
                writer.writerow(contact)
            writer.writerow(contact.values())
    return path


if __name__ == "__main__":
    main()
