"""Pushes in many threads at once, which run side by side where the interpreter has no GIL."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest

from graph8_crm import Client, PushReport, Sandbox

THREADS = 8
EACH = 250
Result = TypeVar("Result")


def side_by_side(work: Callable[[int], Result]) -> list[Result]:
    """What each thread's work gives; they begin together."""
    start = threading.Barrier(THREADS)

    def begin(number: int) -> Result:
        start.wait()
        return work(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(begin, range(THREADS)))


def people(thread: int, many: int = EACH) -> list[dict[str, Any]]:
    return [{"email": f"person{number}@{thread}.example.com"} for number in range(many)]


def emails(sandbox: Sandbox) -> list[str]:
    return sorted(
        str(record["fields"]["email"]) for record in sandbox.records("hubspot", "contacts")
    )


EVERYONE = sorted(str(person["email"]) for thread in range(THREADS) for person in people(thread))


def test_a_client_of_all_threads_pushes_for_each(sandbox: Sandbox, client: Client) -> None:
    reports = side_by_side(lambda thread: client.push_contacts("hubspot", people(thread)))
    assert [report.pushed for report in reports] == [EACH] * THREADS
    assert emails(sandbox) == EVERYONE


def test_a_client_for_each_thread(sandbox: Sandbox) -> None:
    def push(thread: int) -> int:
        with sandbox.client() as client:
            return client.push_contacts("hubspot", people(thread)).pushed

    assert side_by_side(push) == [EACH] * THREADS
    assert emails(sandbox) == EVERYONE


def test_records_of_all_threads_are_read_by_all(client: Client) -> None:
    shared = people(0)
    reports = side_by_side(lambda _: client.check_contacts("hubspot", shared))
    assert {report.records for report in reports} == {EACH}
    assert shared == people(0)


def test_a_generator_of_each_thread(sandbox: Sandbox, client: Client) -> None:
    def generate(thread: int) -> Iterator[dict[str, Any]]:
        yield from people(thread)

    reports = side_by_side(lambda thread: client.push_contacts("hubspot", generate(thread)))
    assert [report.pushed for report in reports] == [EACH] * THREADS
    assert emails(sandbox) == EVERYONE


def test_records_that_another_thread_changes_meanwhile_are_whole(
    sandbox: Sandbox, client: Client
) -> None:
    # Before or after the change, never half of it: both names are as long as they are.
    shared = [
        {"email": f"person{number}@example.com", "firstname": "Ada"} for number in range(EACH)
    ]
    done = threading.Event()

    def change() -> None:
        while not done.is_set():
            for record in shared:
                record["firstname"] = "Grace"
                record["lastname"] = "Hopper"
                del record["lastname"]
                record["firstname"] = "Ada"

    changing = threading.Thread(target=change)
    changing.start()
    try:
        report = client.push_contacts("hubspot", shared, on_error="continue")
    finally:
        done.set()
        changing.join()
    assert report.pushed + report.failed == EACH
    # A dict that grows while it is read is that record's failure, and says so.
    assert all("changed" in problem.message for problem in report.problems), report.problems
    held = sandbox.records("hubspot", "contacts")
    assert len(held) == report.pushed
    assert {record["fields"].get("firstname") for record in held} <= {"Ada", "Grace"}
    assert {record["fields"].get("lastname") for record in held} <= {None, "Hopper"}


def test_a_report_is_read_by_all_threads(client: Client) -> None:
    records = [*people(0), {"email": "not an address"}, {}]
    report = client.push_contacts("hubspot", records, on_error="continue")

    def read(_: int) -> tuple[str, int, tuple[str, ...]]:
        return (
            report.summary,
            len(report.outcomes),
            tuple(problem.message for problem in report.problems),
        )

    assert len(set(side_by_side(read))) == 1


def test_a_push_that_all_threads_stop_stops_once(client: Client) -> None:
    held = threading.Event()
    stop = threading.Event()

    def endless() -> Iterator[dict[str, Any]]:
        number = 0
        while True:
            number += 1
            if number == EACH:
                held.set()
            yield {"email": f"person{number}@example.com"}

    with ThreadPoolExecutor(1) as pool:
        push = pool.submit(client.push_contacts, "hubspot", endless(), stop=stop)
        held.wait()
        side_by_side(lambda _: stop.set())
        error = push.exception()
    report: PushReport = error.report  # type: ignore[union-attr]
    assert report.pushed + report.not_sent + report.unknown == report.records


@pytest.mark.skipif(
    not sysconfig.get_config_var("Py_GIL_DISABLED"), reason="this interpreter has a GIL"
)
def test_the_gil_stays_away() -> None:
    program = "import sys, graph8_crm; graph8_crm.sandbox(); print(sys._is_gil_enabled())"
    # Said by the interpreter as a warning where a module brings it back.
    command = [sys.executable, "-W", "error", "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
