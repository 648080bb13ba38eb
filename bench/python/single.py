"""Single calls of 100 contacts: how long one takes, and how many a second."""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import contacts
import peers
from measure import ASYNC_CLIENT, CLIENT, Column, Row, Table, arguments, hand_over, in_turns
from orjson import dumps

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

AT_ONCE = 8
COLUMNS = [
    Column("p50 µs"),
    Column("p99 µs"),
    Column("calls/s, 1 at a time", more_is_better=True),
    Column(f"calls/s, {AT_ONCE} at a time", more_is_better=True),
]


@dataclass
class Caller:
    row: Row
    measure: Callable[[int, int], tuple[list[float], float]]
    """Makes calls, some at a time; gives the seconds of each, and of all together."""


def main() -> None:
    given = arguments(calls=1_000, rounds=7)
    records = contacts.make(peers.BATCH)
    body = dumps({"records": records})
    with peers.Clients(given.url) as clients:

        def push() -> int:
            return clients.ours.push_contacts("hubspot", records).pushed

        async def push_async() -> int:
            return (await clients.ours_async.push_contacts("hubspot", records)).pushed

        def by_threads(name: str, peer, sent: object, prepare=lambda post: post) -> Caller:
            post = prepare(clients.open(peer))
            return threads(name, CLIENT, lambda: peers.pushed_count(post(sent)))

        def by_tasks(name: str, peer, sent: object, prepare=lambda post: post) -> Caller:
            post = prepare(clients.open_async(peer))

            async def call() -> int:
                return peers.pushed_count(await post(sent))

            return tasks(clients, name, ASYNC_CLIENT, call)

        callers = [
            threads(CLIENT, None, push),
            by_threads("requests", peers.requests_json, records),
            by_threads("httpx", peers.httpx_json, records),
            by_threads("httpx2", peers.httpx2_json, records),
            by_threads("pyreqwest + orjson", peers.pyreqwest_bytes, records, peers.with_orjson),
            by_threads("pyreqwest, ready bytes", peers.pyreqwest_bytes, body),
            by_threads("primp + orjson", peers.primp_bytes, records, peers.with_orjson),
            by_threads("primp, ready bytes", peers.primp_bytes, body),
            tasks(clients, ASYNC_CLIENT, None, push_async),
            by_tasks("aiohttp + orjson", peers.aiohttp_bytes, records, peers.with_orjson),
            by_tasks("httpx2 async", peers.httpx2_json_async, records),
            by_tasks(
                "pyreqwest async + orjson", peers.pyreqwest_bytes_async, records, peers.with_orjson
            ),
            by_tasks("pyreqwest async, ready bytes", peers.pyreqwest_bytes_async, body),
            by_tasks("primp async + orjson", peers.primp_bytes_async, records, peers.with_orjson),
            by_tasks("primp async, ready bytes", peers.primp_bytes_async, body),
        ]
        gc.collect()
        gc.freeze()
        for caller in callers:
            caller.measure(AT_ONCE * 4, AT_ONCE)
        for caller in in_turns(callers, given.rounds):
            gc.collect()
            latencies, alone = caller.measure(given.calls, 1)
            others, together = caller.measure(given.calls, AT_ONCE)
            latencies.sort()
            caller.row.samples.append(
                (
                    share(latencies, 0.50) * 1e6,
                    share(latencies, 0.99) * 1e6,
                    len(latencies) / alone,
                    len(others) / together,
                )
            )
    title = f"Calls of {peers.BATCH} contacts, {given.calls:,} a round"
    hand_over(Table(title, COLUMNS, [caller.row for caller in callers]))


def threads(name: str, against: str | None, call: Callable[[], int]) -> Caller:
    def work(calls: int) -> list[float]:
        latencies = []
        for _ in range(calls):
            started = time.perf_counter()
            check(name, call())
            latencies.append(time.perf_counter() - started)
        return latencies

    def measure(calls: int, at_once: int) -> tuple[list[float], float]:
        if at_once == 1:
            started = time.perf_counter()
            return work(calls), time.perf_counter() - started
        with ThreadPoolExecutor(at_once) as pool:
            started = time.perf_counter()
            done = list(pool.map(work, [calls // at_once] * at_once))
            return list(chain.from_iterable(done)), time.perf_counter() - started

    return Caller(Row(name, against), measure)


def tasks(
    clients: peers.Clients, name: str, against: str | None, call: Callable[[], Awaitable[int]]
) -> Caller:
    async def work(calls: int) -> list[float]:
        latencies = []
        for _ in range(calls):
            started = time.perf_counter()
            check(name, await call())
            latencies.append(time.perf_counter() - started)
        return latencies

    async def timed(calls: int, at_once: int) -> tuple[list[float], float]:
        started = time.perf_counter()
        done = await asyncio.gather(*(work(calls // at_once) for _ in range(at_once)))
        return list(chain.from_iterable(done)), time.perf_counter() - started

    return Caller(Row(name, against), lambda calls, at_once: clients.run(timed(calls, at_once)))


def check(name: str, arrived: int) -> None:
    if arrived != peers.BATCH:
        sys.exit(f"{name}: {arrived} of {peers.BATCH} records were pushed")


def share(ordered: list[float], part: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


if __name__ == "__main__":
    main()
