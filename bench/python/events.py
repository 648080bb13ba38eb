"""What it costs that a push can be heard: with nobody who listens, and with each request logged.

The calling thread encodes, waits and calls the handlers, so what logging adds to its time is what
the events of a request cost: its own, and its batch's.
"""

from __future__ import annotations

import gc
import logging
import os
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

import contacts
from measure import Column, Row, Table, arguments, hand_over, in_turns

import graph8_crm

if TYPE_CHECKING:
    from collections.abc import Iterator

BATCH = 10
REQUESTS = 400
"""Of a push: their events fit into the ring, so that none is dropped."""
COLUMNS = [
    Column("requests/s", more_is_better=True),
    Column("CPU µs/request", digits=1),
    Column("calling thread µs/request", digits=1),
]
NOBODY = "nobody listens"
HEARD = "DEBUG, a handler that does nothing"
LOGGER = logging.getLogger("graph8_crm")


class Counting(logging.Handler):
    """Hears, and writes nothing."""

    heard = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Counts it."""
        del record
        self.heard += 1


class Writing(logging.StreamHandler):
    """Writes a line for each, as programs do."""

    heard = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Formats and writes it."""
        super().emit(record)
        self.heard += 1


@dataclass
class Listener:
    row: Row
    level: int
    handler: Counting | Writing | None
    expected: int
    """Events of a push."""

    @contextmanager
    def listening(self) -> Iterator[None]:
        LOGGER.setLevel(self.level)
        if self.handler:
            LOGGER.addHandler(self.handler)
        try:
            yield
        finally:
            LOGGER.setLevel(logging.NOTSET)
            if self.handler:
                LOGGER.removeHandler(self.handler)


def main() -> None:
    given = arguments(pushes=10, rounds=15)
    records = contacts.make(BATCH * REQUESTS)
    LOGGER.propagate = False
    with (
        open(os.devnull, "w", encoding="utf-8") as sink,  # noqa: PTH123 (it is no path)
        graph8_crm.Client("bench", given.url, rate_limit=False) as client,
    ):
        writing = Writing(sink)
        writing.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        both = 2 * REQUESTS + 2
        listeners = [
            Listener(Row(NOBODY, None), logging.NOTSET, None, 0),
            Listener(Row("WARNING", NOBODY), logging.WARNING, Counting(), 0),
            Listener(Row("INFO", NOBODY), logging.INFO, Counting(), 2),
            Listener(Row(HEARD, NOBODY), logging.DEBUG, Counting(), both),
            Listener(Row("DEBUG, lines written", NOBODY), logging.DEBUG, writing, both),
        ]
        for one in listeners:
            measure(client, records, one, 1)
        gc.collect()
        gc.freeze()
        for one in in_turns(listeners, given.rounds):
            gc.collect()
            one.row.samples.append(measure(client, records, one, given.pushes))
    requests = given.pushes * REQUESTS
    hand_over(
        Table(
            f"{requests:,} requests of {BATCH} contacts, pushed by Client",
            COLUMNS,
            [one.row for one in listeners],
            f"In the calling thread each request of a push that is logged at DEBUG costs "
            f"{added(listeners, HEARD):.1f} µs more than one of which nobody hears.",
        )
    )


def measure(
    client: graph8_crm.Client, records: list[dict[str, str]], one: Listener, pushes: int
) -> tuple[float, ...]:
    before = one.handler.heard if one.handler else 0
    with one.listening():
        wall, cpu, thread = time.perf_counter(), time.process_time(), time.thread_time()
        for _ in range(pushes):
            report = client.push_contacts("hubspot", records, batch_size=BATCH, concurrency=4)
            if (report.pushed, report.requests) != (len(records), REQUESTS):
                sys.exit(f"{one.row.name}: {report.summary}")
        thread, cpu = time.thread_time() - thread, time.process_time() - cpu
        wall = time.perf_counter() - wall
    heard = (one.handler.heard if one.handler else 0) - before
    if heard != one.expected * pushes:
        sys.exit(f"{one.row.name}: {heard} events were heard, of {one.expected * pushes}")
    requests = pushes * REQUESTS
    return requests / wall, cpu / requests * 1e6, thread / requests * 1e6


def added(listeners: list[Listener], name: str) -> float:
    """Microseconds of the calling thread, by the medians."""
    of = {one.row.name: median(sample[2] for sample in one.row.samples) for one in listeners}
    return of[name] - of[NOBODY]


if __name__ == "__main__":
    main()
