"""Who carries calls: the threads that wait for them, and the caretaker where none does."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import HANGS, contacts, wait_until

from graph8_crm import Client, Sandbox


def test_requests_go_on_while_the_source_makes_more_records(
    client: Client, sandbox: Sandbox
) -> None:
    there_meanwhile = []

    def source() -> Iterator[dict[str, object]]:
        yield from contacts(300)
        wait_until(lambda: len(sandbox.records("hubspot", "contacts")) == 300)
        there_meanwhile.append(len(sandbox.records("hubspot", "contacts")))
        yield from contacts(10, start=300)

    assert client.push_contacts("hubspot", source()).pushed == 310
    assert there_meanwhile == [300]


class ShortLived:
    """A service that closes each connection after its answer, without having said so."""

    def __init__(self) -> None:
        self.closed = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as request:
                length = 0
                while (line := request.readline()) not in {b"\r\n", b""}:
                    if line.lower().startswith(b"content-length:"):
                        length = int(line.split(b":")[1])
                request.read(length)
                body = json.dumps({"data": {"pushed_count": 1, "failed_count": 0, "errors": []}})
                head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n"
                connection.sendall((head + body).encode())
            self.closed.set()


@pytest.mark.parametrize("pause", [0, 0.03], ids=["at once", "after a pause"])
def test_a_connection_that_was_closed_between_two_calls_is_not_used_again(pause: float) -> None:
    service = ShortLived()
    with service.listener, Client("key", service.url, rate_limit=False) as client:
        for person in contacts(20):
            service.closed.clear()
            assert client.push_contacts("hubspot", [person]).pushed == 1
            assert service.closed.wait(HANGS)
            time.sleep(pause)


def test_threads_and_event_loops_share_the_runtime(sandbox: Sandbox) -> None:
    own, shared = 20, 5

    def by_thread(number: int) -> int:
        with sandbox.client(rate_limit=False) as client:
            return sum(
                client.push_contacts(
                    "hubspot", contacts(10, start=number * 1_000 + turn * 10)
                ).pushed
                for turn in range(own)
            )

    def by_loop(number: int) -> int:
        async def push() -> int:
            async with sandbox.async_client(rate_limit=False) as client:
                reports = await asyncio.gather(
                    *(
                        client.push_contacts("hubspot", contacts(10, number * 1_000 + turn * 10))
                        for turn in range(own)
                    )
                )
            return sum(report.pushed for report in reports)

        return asyncio.run(push())

    with ThreadPoolExecutor(2 * shared) as threads:
        by_threads = threads.map(by_thread, range(shared))
        by_loops = threads.map(by_loop, range(shared, 2 * shared))
        pushed = [*by_threads, *by_loops]
    assert pushed == [10 * own] * 2 * shared
    assert len(sandbox.records("hubspot", "contacts")) == 10 * own * 2 * shared


def test_a_call_within_the_handing_over_of_another_is_refused_with_words(client: Client) -> None:
    said: list[str] = []
    is_over = threading.Event()

    def done(_: object) -> None:
        # Where a finalizer would run that the garbage collector has chosen just now.
        try:
            client.list_syncs()
        except RuntimeError as error:
            said.append(str(error))
        is_over.set()

    client._native.list_syncs_async((0, []), done)
    assert is_over.wait(HANGS)
    assert "finalizer" in said[0]
    assert client.list_syncs()
