"""Sources that give nothing for long, or for ever, under a push that ends meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from conftest import contacts, until, wait_until

import graph8_crm
from graph8_crm import Client, Graph8Error, PushReport, Sandbox

DEADLINE = 1.0
"""Seconds; on a busy machine they may be over before anything was sent."""


def ended(error: pytest.ExceptionInfo[Graph8Error]) -> PushReport:
    report = error.value.report
    assert report is not None
    assert report.records == report.pushed + report.failed + report.unknown + report.not_sent
    assert report.ended_early
    return report


def agrees(report: PushReport, sandbox: Sandbox) -> bool:
    there = len(sandbox.records("hubspot", "contacts"))
    return report.pushed <= there <= report.pushed + report.unknown


class Hung:
    """Gives some records and then nothing any more."""

    def __init__(self, count: int, *, is_deaf: bool = False) -> None:
        self.count = count
        self.is_deaf = is_deaf
        self.hangs = asyncio.Event()
        self.goes_on = asyncio.Event()
        self.is_closed = False
        self.asked_after = False

    async def __aiter__(self) -> AsyncIterator[dict[str, object]]:
        try:
            for record in contacts(self.count):
                yield record
            self.hangs.set()
            while not self.goes_on.is_set():
                with contextlib.suppress(*[asyncio.CancelledError] * self.is_deaf):
                    await self.goes_on.wait()
            yield contacts(1, start=9_000)[0]
            self.asked_after = True
        finally:
            self.is_closed = True


@pytest.mark.parametrize("count", [0, 30, 100, 230])
def test_a_deadline_does_not_wait_for_an_async_source(count: int, sandbox: Sandbox) -> None:
    async def main() -> None:
        source = Hung(count)
        with pytest.raises(graph8_crm.RequestTimeoutError, match="deadline") as caught:
            await sandbox.async_client().push_contacts("hubspot", source, deadline=DEADLINE)
        assert source.is_closed
        report = ended(caught)
        # Less than a whole request waits for more; what was given is counted.
        assert agrees(report, sandbox)
        assert (report.records, report.unread) == (count, 0)
        assert report.not_sent >= count % 100
        assert len(report.records_of("not_sent")) == report.not_sent

    asyncio.run(main())


def test_a_fatal_answer_and_a_stop_rule_do_not_wait_for_an_async_source(sandbox: Sandbox) -> None:
    async def failing() -> AsyncIterator[dict[str, object]]:
        for number in range(100):
            yield {"email": f"{number} is no address"}
        await asyncio.Event().wait()

    async def main() -> None:
        client = sandbox.async_client()
        with pytest.raises(graph8_crm.PushStoppedError) as caught:
            await client.push_contacts("hubspot", failing(), max_failures=5)
        assert ended(caught).failed == 100
        sandbox.fail_next("status", status=401, body=None, operation="push_contacts")
        with pytest.raises(graph8_crm.AuthenticationError) as fatal:
            await client.push_contacts("hubspot", Hung(100))
        assert ended(fatal).not_sent == 100

    asyncio.run(main())


def test_an_async_source_that_ignores_its_cancel_is_left_behind(sandbox: Sandbox) -> None:
    async def main() -> None:
        source = Hung(130, is_deaf=True)
        with pytest.raises(graph8_crm.RequestTimeoutError) as caught:
            await sandbox.async_client().push_contacts("hubspot", source, deadline=DEADLINE)
        report = ended(caught)
        assert agrees(report, sandbox)
        assert (report.records, report.unread) == (130, 0)
        assert not source.is_closed
        # What it gives now is dropped.
        source.goes_on.set()
        await until(lambda: source.is_closed)
        assert not source.asked_after
        assert agrees(report, sandbox)

    asyncio.run(main())


def test_a_cancelled_task_does_not_wait_for_a_source_that_ignores_it(sandbox: Sandbox) -> None:
    async def main() -> None:
        source = Hung(130, is_deaf=True)
        push = asyncio.create_task(sandbox.async_client().push_contacts("hubspot", source))
        await source.hangs.wait()
        push.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await push
        report = graph8_crm.report_of(caught.value)
        assert report is not None
        assert report.records == 130
        source.goes_on.set()

    asyncio.run(main())


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, asyncio.CancelledError])
def test_what_an_async_source_raises_to_end_the_program_carries_the_report(
    error: type[BaseException], sandbox: Sandbox
) -> None:
    async def source() -> AsyncIterator[dict[str, object]]:
        for record in contacts(130):
            yield record
        raise error

    seen: list[PushReport] = []

    async def main() -> None:
        try:
            await sandbox.async_client().push_contacts("hubspot", source())
        except error as raised:
            report = graph8_crm.report_of(raised)
            assert report is not None
            seen.append(report)
            raise

    with pytest.raises(error):
        asyncio.run(main())
    assert seen[0].records == 130


def test_a_look_for_a_record_in_doubt_ends_at_the_deadline(sandbox: Sandbox) -> None:
    sandbox.fail_next("close_after_write", operation="push_contacts")
    is_cancelled = False

    async def look(_: graph8_crm.Problem) -> bool:
        nonlocal is_cancelled
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            is_cancelled = True
            raise
        return True

    async def main() -> PushReport:
        return await sandbox.async_client().push_contacts(
            "hubspot", contacts(10), resolve_unknown=look, deadline=DEADLINE
        )

    report = asyncio.run(main())
    assert is_cancelled
    assert report.unknown == 10


def test_after_a_deadline_nothing_more_is_taken_from_an_iterator(
    client: Client, sandbox: Sandbox
) -> None:
    over = time.monotonic() + 2 * DEADLINE
    requests: list[int] = []
    taken = 0

    def source() -> Iterator[dict[str, object]]:
        nonlocal taken
        for taken, record in enumerate(contacts(300), 1):
            if taken == 151:
                wait_until(lambda: time.monotonic() > over)
                requests.append(len(sandbox.requests()))
            yield record

    with pytest.raises(graph8_crm.RequestTimeoutError, match="deadline") as caught:
        client.push_contacts("hubspot", source(), deadline=DEADLINE)
    report = ended(caught)
    assert taken == 151
    assert report.records == 151
    assert agrees(report, sandbox)
    # What could leave did so while the iterator blocked, and nothing left after the deadline.
    assert requests == [len(sandbox.requests())]


def test_a_deadline_stops_the_request_under_way_while_an_iterator_blocks(
    client: Client, sandbox: Sandbox
) -> None:
    over = time.monotonic() + 2 * DEADLINE
    sandbox.fail_next("hold", operation="push_contacts")
    left: list[int] = []

    def source() -> Iterator[dict[str, object]]:
        yield from contacts(100)
        wait_until(lambda: sandbox.held() == 1 or time.monotonic() > over)
        left.append(sandbox.held())
        # Its client hangs up, though nothing waits for the push now.
        wait_until(lambda: sandbox.held() == 0)
        yield from contacts(100, start=100)

    with pytest.raises(graph8_crm.RequestTimeoutError, match="deadline") as caught:
        client.push_contacts("hubspot", source(), deadline=DEADLINE)
    report = ended(caught)
    assert (report.records, report.pushed) == (101, 0)
    assert report.unknown == left[0] * 100


def test_a_fatal_answer_ends_a_push_at_the_next_record_of_an_iterator(
    client: Client, sandbox: Sandbox
) -> None:
    sandbox.fail_next("status", status=401, body=None, operation="push_contacts")

    def source() -> Iterator[dict[str, object]]:
        yield from contacts(100)
        while True:
            # What has no end shows that the push has one.
            time.sleep(0.001)
            yield contacts(1, start=200)[0]

    with pytest.raises(graph8_crm.AuthenticationError) as caught:
        client.push_contacts("hubspot", source())
    report = ended(caught)
    assert (report.pushed, report.not_sent) == (0, report.records)


def fifo(folder: Path) -> tuple[Path, Callable[[], None]]:
    """A pipe that gives 130 records and stays open, until the function is called."""
    path = folder / "people.ndjson"
    os.mkfifo(path)
    release = threading.Event()

    def write() -> None:
        with path.open("w") as pipe:
            pipe.writelines(f'{{"email": "pipe{number}@example.com"}}\n' for number in range(130))
            pipe.flush()
            release.wait()

    threading.Thread(target=write, daemon=True).start()
    return path, release.set


def table() -> tuple[Any, Callable[[], None]]:
    """A stream of Arrow data, made by Python, that gives 130 records and blocks."""
    release = threading.Event()
    schema = pa.schema([("email", pa.string())])

    def batches() -> Iterator[pa.RecordBatch]:
        for start in (0, 100):
            emails = [
                f"arrow{number}@example.com" for number in range(start, min(start + 100, 130))
            ]
            yield pa.record_batch([pa.array(emails)], schema)
        release.wait()

    return pa.RecordBatchReader.from_batches(schema, batches()), release.set


@pytest.mark.parametrize("of_async", [False, True], ids=["Client", "AsyncClient"])
@pytest.mark.parametrize("kind", ["pipe", "arrow"])
def test_a_deadline_does_not_wait_for_what_is_read_in_rust(
    kind: str, of_async: bool, sandbox: Sandbox, tmp_path: Path
) -> None:
    source, release = fifo(tmp_path) if kind == "pipe" else table()

    def push() -> None:
        if of_async:
            client = sandbox.async_client()
            asyncio.run(client.push_contacts("hubspot", source, deadline=DEADLINE))
        else:
            sandbox.client().push_contacts("hubspot", source, deadline=DEADLINE)

    try:
        with pytest.raises(graph8_crm.RequestTimeoutError, match="deadline") as caught:
            push()
        report = ended(caught)
        assert agrees(report, sandbox)
    finally:
        release()


def test_a_pipe_without_a_writer_holds_neither_the_push_nor_other_threads(
    client: Client, tmp_path: Path
) -> None:
    path = tmp_path / "people.ndjson"
    os.mkfifo(path)
    with pytest.raises(graph8_crm.RequestTimeoutError, match="deadline") as caught:
        client.push_contacts("hubspot", path, deadline=DEADLINE)
    assert ended(caught).records == 0
    assert client.list_syncs()
    # Ends the thread that waits for a writer.
    os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
