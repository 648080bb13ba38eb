"""A push that is told to stop: what is under way answers, the rest is not sent."""

from __future__ import annotations

import asyncio
import logging
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from conftest import HANGS, contacts, until, wait_until

import graph8_crm
from graph8_crm import Client, PushReport, Sandbox


class Flag(threading.Event):
    """Counts how often it was seen set."""

    seen = 0

    def is_set(self) -> bool:
        is_set = super().is_set()
        self.seen += is_set
        return is_set


def counts(report: PushReport) -> tuple[int, int, int]:
    assert report.failed == report.skipped == 0
    return report.pushed, report.unknown, report.not_sent


def test_what_is_under_way_answers_and_the_rest_is_not_sent(
    client: Client, sandbox: Sandbox
) -> None:
    sandbox.fail_next("hold", count=20)
    stop = Flag()
    with ThreadPoolExecutor(1) as pool:
        push = pool.submit(
            client.push_contacts,
            "hubspot",
            contacts(1_000),
            batch_size=100,
            concurrency=2,
            stop=stop,
        )
        wait_until(lambda: sandbox.held() == 2)
        stop.set()
        # Seen again: what was seen before has had its effect.
        wait_until(lambda: stop.seen >= 2)
        sandbox.release()
        with pytest.raises(graph8_crm.PushStoppedError, match="stopped by the caller") as caught:
            push.result()
    report = caught.value.report
    assert report is not None
    assert counts(report) == (200, 0, 800)
    assert report.ended_early is not None
    assert "stopped by the caller" in report.ended_early
    held = [str(row["fields"]["email"]) for row in sandbox.records("hubspot", "contacts")]
    assert sorted(held) == sorted(
        str(row["email"]) for row in contacts(1_000) if row not in report.records_of("not_sent")
    )


@pytest.mark.parametrize("event", [asyncio.Event, threading.Event])
def test_an_async_push_stops_without_waiting_for_its_source(
    sandbox: Sandbox, event: type[asyncio.Event | threading.Event]
) -> None:
    was_left = False

    async def endless() -> AsyncIterator[dict[str, object]]:
        nonlocal was_left
        for record in contacts(250):
            yield record
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            was_left = True
            raise

    async def main() -> PushReport:
        stop = event()
        client = sandbox.async_client()
        push = asyncio.ensure_future(
            client.push_contacts("hubspot", endless(), batch_size=100, stop=stop)
        )
        await until(lambda: len(sandbox.requests()) == 2)
        stop.set()
        with pytest.raises(graph8_crm.PushStoppedError) as caught:
            await push
        assert caught.value.report is not None
        return caught.value.report

    report = asyncio.run(main())
    assert was_left
    # The last 50 wait for a whole request, or are in the chunk that the source was left in.
    assert counts(report) == (200, 0, 50)
    assert len(sandbox.records("hubspot", "contacts")) == 200


def test_a_generator_is_read_no_further_than_its_next_record(
    client: Client, sandbox: Sandbox
) -> None:
    stop = threading.Event()
    given = 0

    def people() -> Iterator[dict[str, object]]:
        nonlocal given
        for given, record in enumerate(contacts(1_000), 1):
            if given == 150:
                stop.set()
            yield record

    with pytest.raises(graph8_crm.PushStoppedError) as caught:
        client.push_contacts("hubspot", people(), batch_size=50, stop=stop)
    assert 150 <= given <= 151
    report = caught.value.report
    assert report is not None
    assert report.records == given
    assert report.unknown == 0
    assert len(sandbox.records("hubspot", "contacts")) == report.pushed <= 150


def test_a_push_whose_stop_is_set_already_sends_nothing(client: Client, sandbox: Sandbox) -> None:
    stop = threading.Event()
    stop.set()
    for records in (contacts(3), contacts(3_000), iter(contacts(3))):
        with pytest.raises(graph8_crm.PushStoppedError) as caught:
            client.push_contacts("hubspot", records, stop=stop)
        assert caught.value.report is not None
        assert caught.value.report.pushed == caught.value.report.unknown == 0
    assert sandbox.requests() == []


def test_a_stop_that_comes_too_late_changes_nothing(client: Client) -> None:
    stop = threading.Event()
    assert client.push_contacts("hubspot", contacts(3), stop=stop).pushed == 3
    stop.set()


def test_what_outlasts_the_grace_is_in_doubt(client: Client, sandbox: Sandbox) -> None:
    sandbox.fail_next("hold", count=20)
    stop = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        push = pool.submit(
            client.push_contacts,
            "hubspot",
            contacts(1_000),
            batch_size=100,
            concurrency=2,
            stop=stop,
            grace=0.01,
        )
        wait_until(lambda: sandbox.held() == 2)
        stop.set()
        with pytest.raises(
            graph8_crm.PushStoppedError,
            match=r"2 requests had no answer within the grace of 0\.01 s",
        ) as caught:
            push.result()
    assert caught.value.report is not None
    assert counts(caught.value.report) == (0, 200, 800)


@pytest.mark.parametrize("is_async", [False, True])
def test_a_stop_is_heeded_while_contacts_are_added_to_a_list(
    sandbox: Sandbox, tmp_path: Path, is_async: bool
) -> None:
    sandbox.add_list("hubspot", id="7")
    sandbox.fail_next("hold", operation="push_lists")
    stop = Flag()
    options: dict[str, Any] = {"add_to_list": {"list_id": "7"}, "journal": tmp_path / "journal"}

    def push() -> PushReport:
        with sandbox.client() as client:
            return client.push_contacts("hubspot", contacts(250), stop=stop, **options)

    def push_and_stop() -> PushReport:
        with ThreadPoolExecutor(1) as pool:
            pushing = pool.submit(push)
            wait_until(lambda: sandbox.held() == 1)
            stop.set()
            # Seen again: what was seen before has had its effect.
            wait_until(lambda: stop.seen >= 2)
            sandbox.release()
            return pushing.result()

    async def push_and_stop_async() -> PushReport:
        client = sandbox.async_client()
        pushing = asyncio.ensure_future(
            client.push_contacts("hubspot", contacts(250), stop=stop, **options)
        )
        await until(lambda: sandbox.held() == 1)
        stop.set()
        # Once: it is looked at on this thread.
        await until(lambda: stop.seen >= 1)
        sandbox.release()
        return await pushing

    def members() -> int:
        (found,) = (entry for entry in sandbox.lists("hubspot") if entry["id"] == "7")
        return len(found["members"])

    message = "150 contacts were not added to the list, which a further run does: stopped by"
    with pytest.raises(graph8_crm.PushStoppedError, match=message) as caught:
        asyncio.run(push_and_stop_async()) if is_async else push_and_stop()
    report = caught.value.report
    assert report is not None
    assert counts(report) == (250, 0, 0)
    added = report.added_to_list
    assert added is not None
    assert (added.added, added.unknown, added.not_sent) == (100, 0, 150)
    assert members() == 100
    # The next worker goes on with it.
    stop.clear()
    report = push()
    added = report.added_to_list
    assert added is not None
    assert (added.added, added.not_sent, members()) == (250, 0, 250)
    assert len(sandbox.records("hubspot", "contacts")) == 250


def test_other_things_are_refused_as_stop_and_grace(client: Client, sandbox: Sandbox) -> None:
    with pytest.raises(graph8_crm.ConfigError, match="stop is a bool: pass a"):
        client.push_contacts("hubspot", contacts(1), stop=True)  # type: ignore[arg-type]
    with pytest.raises(graph8_crm.ConfigError, match="grace is -1"):
        client.push_contacts("hubspot", contacts(1), grace=-1)
    assert sandbox.requests() == []


SERVICE = """
    import logging, signal, sys, threading
    import graph8_crm

    url, journal = sys.argv[1:]
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda number, frame: stop.set())

    class Told(logging.Handler):
        def emit(self, record):
            if record.graph8["event"] == "stop":
                print("stopping", flush=True)

    logging.getLogger("graph8_crm").addHandler(Told())
    people = [{"email": f"person{n}@example.com"} for n in range(1_000)]
    client = graph8_crm.Client("g8_sbx_demo", url)
    try:
        report = client.push_contacts(
            "hubspot", people, batch_size=100, concurrency=2, journal=journal, stop=stop
        )
    except graph8_crm.PushStoppedError as stopped:
        report = stopped.report
    print(report.pushed, report.unknown, report.not_sent, flush=True)
"""
ASYNC_SERVICE = """
    import asyncio, logging, signal, sys
    import graph8_crm

    url, journal = sys.argv[1:]

    class Told(logging.Handler):
        def emit(self, record):
            if record.graph8["event"] == "stop":
                print("stopping", flush=True)

    logging.getLogger("graph8_crm").addHandler(Told())
    people = [{"email": f"person{n}@example.com"} for n in range(1_000)]

    async def main():
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        async with graph8_crm.AsyncClient("g8_sbx_demo", url) as client:
            try:
                report = await client.push_contacts(
                    "hubspot", people, batch_size=100, concurrency=2, journal=journal, stop=stop
                )
            except graph8_crm.PushStoppedError as stopped:
                report = stopped.report
        print(report.pushed, report.unknown, report.not_sent, flush=True)

    asyncio.run(main())
"""


@pytest.mark.parametrize("service", [SERVICE, ASYNC_SERVICE])
def test_a_deploy_in_the_middle_of_a_push_puts_nothing_in_doubt(
    sandbox: Sandbox, tmp_path: Path, service: str
) -> None:
    sandbox.fail_next("hold", skip=3, count=2)
    journal = tmp_path / "contacts.journal"
    command = [sys.executable, "-c", textwrap.dedent(service), sandbox.url, str(journal)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as old:
        wait_until(lambda: sandbox.held() == 2)
        old.send_signal(signal.SIGTERM)
        assert old.stdout is not None
        assert old.stdout.readline() == "stopping\n"
        sandbox.release()
        pushed, unknown, not_sent = map(int, old.stdout.readline().split())
    assert old.returncode == 0
    assert (pushed, unknown, not_sent) == (500, 0, 500)
    assert len(sandbox.records("hubspot", "contacts")) == 500
    # The new process goes on.
    said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=HANGS)
    assert said.stdout == "1000 0 0\n"
    held = [str(row["fields"]["email"]) for row in sandbox.records("hubspot", "contacts")]
    assert len(held) == len(set(held)) == 1_000


def list_of_sandbox(sandbox: Sandbox, **options: Any) -> dict[str, Any]:
    sandbox.add_list("hubspot", id="7", name="VIP")
    return {"add_to_list": {"list_id": "7"}, **options}


def ended_by_a_stop(
    sandbox: Sandbox, is_due: Callable[[], object], options: dict[str, Any]
) -> graph8_crm.PushStoppedError:
    """What a push of thirty raises that is stopped once `is_due`."""
    stop = threading.Event()
    with sandbox.client() as client, ThreadPoolExecutor(1) as pool:
        push = pool.submit(client.push_contacts, "hubspot", contacts(30), stop=stop, **options)
        wait_until(is_due)
        stop.set()
        with pytest.raises(graph8_crm.PushStoppedError) as caught:
            push.result()
    return caught.value


def test_a_stop_while_the_search_lags_leaves_the_others_not_sent(sandbox: Sandbox) -> None:
    options = list_of_sandbox(sandbox)
    sandbox.set_siblings(index_lag_ms=3_600_000)
    looks = partial(requests_of, sandbox, "lookup-by-email")
    error = ended_by_a_stop(sandbox, looks, options)
    assert error.report is not None
    added = error.report.added_to_list
    assert added is not None
    assert (error.report.pushed, added.not_found, added.not_sent) == (30, 0, 30)
    assert "stopped by the caller" in (added.ended_early or "")
    assert "30 contacts were not added to the list" in str(error)


def requests_of(sandbox: Sandbox, path: str) -> int:
    return sum(path in str(request["path"]) for request in sandbox.requests())


@pytest.mark.parametrize(
    ("operation", "path", "options"),
    [
        ("find_contacts", "lookup-by-email", {"skip_existing": True}),
        ("find_lists", "crm/lists", {"add_to_list": "VIP"}),
        ("fields", "fields", {"check": True}),
        ("find_contacts", "lookup-by-email", {"add_to_list": {"list_id": "7"}}),
        ("push_lists", "lists/push", {"add_to_list": {"list_id": "7"}}),
    ],
)
def test_a_stop_in_a_wait_for_the_limit_tells_the_429(
    sandbox: Sandbox, operation: Any, path: str, options: dict[str, Any]
) -> None:
    sandbox.add_list("hubspot", id="7", name="VIP")
    sandbox.fail_next("status", operation=operation, status=429, headers={"Retry-After": "100"})
    is_due = partial(requests_of, sandbox, path)
    if operation == "fields":
        # Under way it is cut, so its answer must be there.
        telling = Telling()
        with telling:
            error = ended_by_a_stop(sandbox, telling.seen.is_set, options)
    else:
        error = ended_by_a_stop(sandbox, is_due, options)
    assert error.last_failure is not None
    assert "429" in error.last_failure
    assert error.last_failure in str(error)


class Telling(logging.Handler):
    """Hears in the log of a wait for the limit."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.seen = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        if "429" in record.getMessage():
            self.seen.set()

    def __enter__(self) -> None:
        logging.getLogger("graph8_crm").addHandler(self)

    def __exit__(self, *_: object) -> None:
        logging.getLogger("graph8_crm").removeHandler(self)


def test_members_that_had_left_are_unknown_when_the_grace_is_over(sandbox: Sandbox) -> None:
    options = list_of_sandbox(sandbox, grace=0.1)
    sandbox.fail_next("hold", operation="push_lists")
    error = ended_by_a_stop(sandbox, sandbox.held, options)
    assert error.report is not None
    added = error.report.added_to_list
    assert added is not None
    assert (error.report.pushed, added.unknown, added.not_sent) == (30, 30, 0)
    assert added.ended_early is not None
    told = "30 contacts were sent to the list without an answer and may be in it"
    assert told in added.ended_early
    assert told in str(error)
    assert "no answer came within the grace of 0.1 s" in str(error)


def test_a_cancelled_task_tells_the_429_that_it_waited_for(sandbox: Sandbox) -> None:
    sandbox.fail_next("status", status=429, headers={"Retry-After": "100"})
    telling = Telling()

    async def main() -> asyncio.CancelledError:
        push = asyncio.ensure_future(sandbox.async_client().push_contacts("hubspot", contacts(3)))
        await until(telling.seen.is_set)
        push.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await push
        return caught.value

    with telling:
        error = asyncio.run(main())
    if sys.version_info >= (3, 11):
        assert "the last try failed: " in error.__notes__[0]
        assert "429" in error.__notes__[0]


def test_the_class_of_an_event_is_no_event(client: Client) -> None:
    with pytest.raises(graph8_crm.ConfigError, match=r"stop is the class Event: .* Event\(\)"):
        client.push_contacts("hubspot", contacts(1), stop=threading.Event)  # type: ignore[arg-type]
