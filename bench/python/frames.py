"""Many contacts as a table: ours takes it as it is, the others need its rows as dicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import contacts
import pandas
import peers
import polars
import pyarrow
from measure import (
    ASYNC_CLIENT,
    BULK_COLUMNS,
    CLIENT,
    SLOW,
    Contestant,
    Table,
    arguments,
    compare,
    hand_over,
)

if TYPE_CHECKING:
    from collections.abc import Callable


class Kind(NamedTuple):
    name: str
    make: Callable[[pyarrow.Table], Any]
    first: Callable[[Any, int], Any]
    rows: str
    """How its rows become dicts, as one writes it."""
    to_rows: Callable[[Any], list[dict[str, Any]]]


KINDS = [
    Kind(
        "pandas",
        lambda table: pandas.DataFrame(table.to_pydict()),
        lambda frame, count: frame.head(count),
        '.to_dict("records")',
        lambda frame: frame.to_dict("records"),
    ),
    Kind(
        "pandas backed by pyarrow",
        lambda table: table.to_pandas(types_mapper=pandas.ArrowDtype),
        lambda frame, count: frame.head(count),
        '.to_dict("records")',
        lambda frame: frame.to_dict("records"),
    ),
    Kind(
        "polars",
        polars.from_arrow,
        lambda frame, count: frame.head(count),
        ".to_dicts()",
        lambda frame: frame.to_dicts(),
    ),
    Kind(
        "pyarrow",
        lambda table: table,
        lambda frame, count: frame.slice(0, count),
        ".to_pylist()",
        lambda frame: frame.to_pylist(),
    ),
]


def main() -> None:
    given = arguments(records=1_000_000, rounds=5)
    table = pyarrow.Table.from_pylist(contacts.make(given.records))
    with peers.Clients(given.url) as clients:
        senders = Senders(clients)
        hand_over(*(comparison(senders, kind, table, given.rounds) for kind in KINDS))


class Senders:
    def __init__(self, clients: peers.Clients) -> None:
        self.clients = clients
        self.requests = clients.open(peers.requests_json)
        self.httpx = clients.open(peers.httpx_json)
        self.aiohttp = peers.with_orjson(clients.open_async(peers.aiohttp_bytes))


def comparison(senders: Senders, kind: Kind, table: pyarrow.Table, rounds: int) -> Table:
    clients = senders.clients
    frame = kind.make(table)
    title = f"{len(table):,} rows of {kind.name}, {peers.BATCH} a request"
    if reason := refusal(clients, kind.first(frame, 1)):
        return Table(title, BULK_COLUMNS, [], f"Left out: this build {reason}.")

    def first(count: int) -> Any:
        return frame if count == len(frame) else kind.first(frame, count)

    def by_turns(name: str, post: peers.Post) -> Contestant:
        def push(count: int) -> int:
            return peers.push(post, peers.batches(kind.to_rows(first(count)), count))

        return Contestant(f"{kind.rows}, {name}{SLOW}", CLIENT, push, share=0.1)

    def with_aiohttp(count: int) -> int:
        rows = kind.to_rows(first(count))
        return clients.run(peers.push_async(senders.aiohttp, peers.batches(rows, count)))

    contestants = [
        Contestant(CLIENT, None, lambda count: clients.push(first(count))),
        Contestant(ASYNC_CLIENT, None, lambda count: clients.push_async(first(count))),
        by_turns("requests", senders.requests),
        by_turns("httpx", senders.httpx),
        Contestant(f"{kind.rows}, aiohttp + orjson", ASYNC_CLIENT, with_aiohttp),
    ]
    return compare(title, contestants, len(table), rounds)


def refusal(clients: peers.Clients, frame: Any) -> str | None:
    """Why a frame of one row can't be pushed."""
    try:
        arrived = clients.push(frame)
    except TypeError as error:
        return f"does not take it ({error})"
    return None if arrived == 1 else "takes it for something other than a table"


if __name__ == "__main__":
    main()
