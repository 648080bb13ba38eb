"""How far memory grows while contacts are pushed, each way in a process of its own."""

from __future__ import annotations

import importlib
import itertools
import re
import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import contacts
import peers
from measure import ASYNC_CLIENT, CLIENT, Column, Row, Table, hand_over, in_turns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COLUMNS = [Column("MiB", digits=1)]
STATUS = Path("/proc/self/status")
FORGET = Path("/proc/self/clear_refs")


class Way(NamedTuple):
    against: str | None
    modules: tuple[str, ...]
    push: Callable[[peers.Clients, int], int]


def streamed(count: int) -> Iterator[list[Any]]:
    source = contacts.stream(count)
    while batch := list(itertools.islice(source, peers.BATCH)):
        yield batch


def listed(count: int) -> Iterator[list[Any]]:
    return peers.batches(contacts.make(count), count)


def with_aiohttp(clients: peers.Clients, work: Iterator[list[Any]]) -> int:
    post = peers.with_orjson(clients.open_async(peers.aiohttp_bytes))
    return clients.run(peers.push_async(post, work))


def with_requests(clients: peers.Clients, work: Iterator[list[Any]]) -> int:
    return peers.push(clients.open(peers.requests_json), work)


AIOHTTP = ("aiohttp", "orjson")
WAYS = {
    CLIENT: Way(None, (), lambda clients, count: clients.push(contacts.stream(count))),
    ASYNC_CLIENT: Way(None, (), lambda clients, count: clients.push_async(contacts.stream(count))),
    "a list, requests": Way(
        CLIENT, ("requests",), lambda clients, count: with_requests(clients, listed(count))
    ),
    "a list, aiohttp + orjson": Way(
        ASYNC_CLIENT, AIOHTTP, lambda clients, count: with_aiohttp(clients, listed(count))
    ),
    "a batch at a time, aiohttp + orjson": Way(
        ASYNC_CLIENT, AIOHTTP, lambda clients, count: with_aiohttp(clients, streamed(count))
    ),
}


def main() -> None:
    parser = ArgumentParser()
    parser.add_argument("--url", default="", help="address of the sink")
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--way", help="push this way, and print the growth")
    given = parser.parse_args()
    if given.way:
        print(growth(given.way, given.url, given.records))
        return
    rows = {name: Row(name, way.against) for name, way in WAYS.items()}
    for name in in_turns(list(WAYS), given.rounds):
        again = [sys.executable, *sys.argv, "--way", name]
        printed = subprocess.run(again, check=True, stdout=subprocess.PIPE, text=True).stdout
        rows[name].samples.append((float(printed),))
    hand_over(
        Table(
            f"Growth of memory while {given.records:,} contacts are made and pushed",
            COLUMNS,
            list(rows.values()),
            "The peak of resident memory over that of the interpreter with its imports.",
        )
    )


def growth(name: str, url: str, count: int) -> float:
    way = WAYS[name]
    for module in way.modules:
        importlib.import_module(module)
    forget_peak()
    before = peak()
    with peers.Clients(url) as clients:
        arrived = way.push(clients, count)
    if arrived != count:
        sys.exit(f"{name}: {arrived} of {count} records were pushed")
    return peak() - before


def forget_peak() -> None:
    """Has the peak begin again from what is in use, where the system can."""
    if FORGET.exists():
        FORGET.write_text("5")


def peak() -> float:
    """MiB of resident memory at most, so far."""
    if STATUS.exists():
        # Not getrusage: a child begins with the peak of its parent there.
        return int(re.search(r"VmHWM:\s+(\d+) kB", STATUS.read_text())[1]) / 1024
    import resource

    unit = 1024**2 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


if __name__ == "__main__":
    main()
