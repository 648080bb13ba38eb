"""What the logger `graph8_crm` tells, and that its handlers may do what they like."""

from __future__ import annotations

import asyncio
import logging
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from conftest import contacts, until

from graph8_crm import Client, ConfigError, Graph8Error, NotConnectedError, PushReport, Sandbox
from graph8_crm._events import tell

LOGGER = logging.getLogger("graph8_crm")


@pytest.fixture(autouse=True)
def level_as_before() -> Iterator[None]:
    yield
    LOGGER.setLevel(logging.NOTSET)


def events(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [vars(record)["graph8"] for record in caplog.records if record.name == "graph8_crm"]


def test_debug_tells_each_request_with_its_numbers(
    client: Client, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "graph8_crm")
    client.push_contacts("hubspot", contacts(3))
    told = events(caplog)
    assert [event["event"] for event in told] == ["push_started", "request", "batch", "push_ended"]
    request = told[1]
    assert (request["operation"], request["provider"]) == ("push_contacts", "hubspot")
    assert (request["attempt"], request["status"], request["error"]) == (1, 200, None)
    assert request["bytes_sent"] > 10
    assert request["bytes_received"] > 10
    assert request["milliseconds"] > 0
    assert request["request_id"] == sandbox.requests()[-1]["request_id"]
    assert told[2] | {"request_id": None} == {
        "event": "batch", "provider": "hubspot", "kind": "contacts", "first_index": 0,
        "records": 3, "pushed": 3, "failed": 0, "unknown": 0, "request_id": None,
    }  # fmt: skip
    assert "push_contacts hubspot: 200 after" in caplog.text
    assert request["request_id"] in caplog.text


def test_each_level_has_its_events(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "graph8_crm")
    client.push_contacts("hubspot", contacts(3))
    assert [event["event"] for event in events(caplog)] == ["push_started", "push_ended"]
    caplog.clear()
    caplog.set_level(logging.WARNING, "graph8_crm")
    client.push_contacts("hubspot", contacts(3, start=10))
    assert caplog.records == []


def test_a_429_and_what_is_in_doubt_are_warnings(
    client: Client, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "graph8_crm")
    sandbox.fail_next("status", status=429)
    client.push_contacts("hubspot", contacts(1))
    (wait,) = events(caplog)
    assert (wait["event"], wait["reason"], wait["status"]) == ("wait", "too_many_requests", 429)
    caplog.clear()
    sandbox.fail_next("close_after_write")
    report = client.push_contacts("hubspot", contacts(1, start=5))
    assert report.unknown == 1
    (batch,) = events(caplog)
    assert (batch["event"], batch["unknown"]) == ("batch", 1)
    assert {record.levelno for record in caplog.records} == {logging.WARNING}


def test_an_early_end_is_told_without_the_services_message(
    client: Client, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "graph8_crm")
    sandbox.set_connection("hubspot", "absent")
    with pytest.raises(NotConnectedError):
        client.push_contacts("hubspot", contacts(1))
    (stop,) = events(caplog)
    assert (stop["event"], stop["reason"], stop["status"]) == ("stop", "not_connected", 404)


def test_reads_and_rows_are_told_too(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "graph8_crm")
    client.list_syncs()
    client.fields("zoho", "companies")
    client.status("hubspot")
    client.find_contacts("hubspot", ["a@example.com"])
    list(client.graph8_contacts(email="secret@example.com"))
    requests = [event for event in events(caplog) if event["event"] == "request"]
    assert [(event["operation"], event["provider"]) for event in requests] == [
        ("list_syncs", None),
        ("fields", "zoho"),
        ("status", "hubspot"),
        ("list_syncs", None),
        ("find_contacts", None),
        ("graph8_contacts", None),
    ]
    # A query may hold an address.
    assert "secret" not in caplog.text + repr(requests)


def test_no_record_and_no_key_is_told(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "graph8_crm")
    client.push_contacts("hubspot", [{"email": "not an address", "firstname": "Canary"}])
    told = caplog.text + repr(events(caplog))
    assert "not an address" not in told
    assert "Canary" not in told
    assert "sandbox_key" not in told.lower()


def test_an_event_loop_hears_while_it_waits(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    async def push() -> None:
        async with sandbox.async_client() as client:
            pushing = asyncio.ensure_future(client.push_contacts("hubspot", contacts(1)))
            await until(lambda: events(caplog))
            assert events(caplog)[0]["event"] == "push_started"
            sandbox.release()
            await pushing
            await client.list_syncs()

    caplog.set_level(logging.DEBUG, "graph8_crm")
    sandbox.fail_next("hold")
    asyncio.run(push())
    names = [event["event"] for event in events(caplog)]
    assert names == ["push_started", "request", "batch", "push_ended", "request"]


class Raising(logging.Handler):
    def handle(self, record: logging.LogRecord) -> bool:  # noqa: ARG002
        raise RuntimeError("this handler is broken")


def test_a_handler_that_raises_harms_no_push(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    LOGGER.setLevel(logging.DEBUG)
    broken = Raising()
    LOGGER.addHandler(broken)
    try:
        assert client.push_contacts("hubspot", contacts(2)).pushed == 2
    finally:
        LOGGER.removeHandler(broken)
    assert "this handler is broken" in capsys.readouterr().err


def test_a_handler_that_ends_the_program_leaves_the_report(client: Client) -> None:
    class Ending(logging.Handler):
        def handle(self, record: logging.LogRecord) -> bool:  # noqa: ARG002
            raise KeyboardInterrupt

    LOGGER.setLevel(logging.DEBUG)
    ending = Ending()
    LOGGER.addHandler(ending)
    try:
        with pytest.raises(KeyboardInterrupt) as caught:
            client.push_contacts("hubspot", contacts(10), batch_size=1)
    finally:
        LOGGER.removeHandler(ending)
    report: PushReport = caught.value.report  # type: ignore[attr-defined]
    assert report.records == len(report.outcomes) == 10


def test_a_handler_may_log_and_use_the_client(client: Client) -> None:
    LOGGER.setLevel(logging.DEBUG)
    seen: list[str] = []

    class Curious(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(record.getMessage())
            logging.getLogger("elsewhere").debug("seen %d", len(seen))
            if len(seen) < 3:
                client.list_syncs()

    curious = Curious()
    LOGGER.addHandler(curious)
    try:
        assert client.push_contacts("hubspot", contacts(2)).pushed == 2
    finally:
        LOGGER.removeHandler(curious)
    assert len(seen) == 6


def test_what_is_too_much_is_counted(caplog: pytest.LogCaptureFixture) -> None:
    tell('[{"event": "lost", "events": 7}]')
    assert "7 events were dropped" in caplog.text


FORKING = """
import logging, os, sys, graph8_crm

class Forking(logging.Handler):
    def emit(self, record):
        if os.getpid() == parent and not children:
            child = os.fork()
            children.append(child)

parent, children = os.getpid(), []
logger = logging.getLogger("graph8_crm")
logger.setLevel(logging.DEBUG)
logger.addHandler(Forking())
with graph8_crm.sandbox() as sandbox, sandbox.client() as client:
    try:
        report = client.push_contacts("hubspot", [{"email": "a@example.com"}])
    except RuntimeError as error:
        told = [str(error), str(error.__context__)]
        is_right = all("runs in the parent process" in message for message in told)
        os._exit(3 if is_right and os.getpid() != parent else 4)
    if os.getpid() != parent:
        os._exit(5)
    print(report.pushed, os.waitstatus_to_exitcode(os.waitpid(children[0], 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_handler_may_fork() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORKING], capture_output=True, text=True, timeout=300, check=False
    )
    # In the child the push is the parent's: an error, or its end when that was there already.
    assert done.stdout in ("1 3\n", "1 5\n"), done


def test_eight_threads_log_while_clients_come_and_go(sandbox: Sandbox) -> None:
    """Some turns; `make test-chaos` has a minute of it, with a handler that raises and forks."""
    LOGGER.setLevel(logging.DEBUG)
    counts: list[int] = []

    class Counting(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            counts.append(len(record.getMessage()))

    counting = Counting()
    LOGGER.addHandler(counting)
    faults: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for round_ in range(40):
                with sandbox.client(rate_limit=False) as client:
                    client.list_syncs()
                    people = contacts(5, start=number * 1_000_000 + round_ * 10)
                    assert client.push_contacts("hubspot", people).pushed == 5
        except BaseException as fault:  # noqa: BLE001 (told by the main thread)
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        LOGGER.removeHandler(counting)
    assert faults == []
    assert len(counts) >= 8 * 40 * 5


def test_own_headers_travel_and_none_of_ours_can_be_replaced(
    client: Client, sandbox: Sandbox
) -> None:
    with sandbox.client(headers={"X-Team": "blue"}) as own:
        assert len(own.list_syncs(headers={"traceparent": "00-1-2-01"})) == 5
    for headers in ({"Authorization": "x"}, {"idempotency-key": "x"}, {"x-a": "b\r\nc: d"}):
        with pytest.raises(ConfigError, match="headers"):
            client.push_contacts("hubspot", contacts(1), headers=headers)
        with pytest.raises(ConfigError, match="headers"):
            client.status("hubspot", headers=headers)
    with pytest.raises(ConfigError, match="host"):
        Client("key", sandbox.url, headers={"Host": "x"})


def test_a_traceparent_travels_with_every_request_of_a_push() -> None:
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    seen: list[str | None] = []

    class Service(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            seen.append(self.headers["traceparent"])
            self.rfile.read(int(self.headers["Content-Length"]))
            answer = b'{"data":{"pushed_count":1,"failed_count":0,"errors":[]}}'
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Service) as server:
        threading.Thread(target=server.serve_forever).start()
        try:
            client = Client("key", f"http://127.0.0.1:{server.server_port}")
            headers = {"traceparent": parent}
            report = client.push_contacts("hubspot", contacts(3), batch_size=1, headers=headers)
        finally:
            server.shutdown()
    assert report.pushed == 3
    assert seen == [parent] * 3


def test_an_error_tells_the_code_of_its_cause_and_the_host() -> None:
    refused = Client("key", "http://127.0.0.1:1", rate_limit=False)
    with refused, pytest.raises(Graph8Error) as caught:
        refused.list_syncs()
    assert (caught.value.code, caught.value.host) == ("ECONNREFUSED", "127.0.0.1")
    nowhere = Client("key", "https://nowhere.invalid", rate_limit=False)
    with nowhere, pytest.raises(Graph8Error) as caught:
        nowhere.list_syncs()
    assert (caught.value.code, caught.value.host) == ("ENOTFOUND", "nowhere.invalid")


def test_the_last_failure_stays_when_the_deadline_ends_the_tries(
    client: Client, sandbox: Sandbox
) -> None:
    sandbox.fail_next("status", status=429, count=100)
    with pytest.raises(Graph8Error) as caught:
        client.push_contacts("hubspot", contacts(1), deadline=0.2)
    assert caught.value.last_failure is not None
    assert (caught.value.status, caught.value.code) == (429, "DEADLINE")
    assert "the last try failed" in caught.value.message


def test_a_report_has_its_requests_and_is_safe_in_logs(client: Client) -> None:
    records: list[dict[str, object]] = [{"email": "secret, no address"}, *contacts(1)]
    report = client.push_contacts("hubspot", records)
    (line,) = report.request_log
    assert (line.first_index, line.records, line.status, line.attempts) == (0, 2, 200, 1)
    assert line.request_id
    assert "record" not in report.to_dict()["problems"][0]
    assert report.to_dict(records=True)["problems"][0]["record"] == records[0]
    assert [line.first_index for line in report.merge(report).request_log] == [0, 2]
    assert pickle.loads(pickle.dumps(report)).request_log == report.request_log
