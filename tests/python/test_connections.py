"""What comes over a connection after its request was answered: it is never the next request's."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import contacts

from graph8_crm import AsyncClient, Client

DONE = {"pushed_count": 1, "failed_count": 0, "added": 1, "removed": 0, "errors": []}
"""One record created, or one member added."""
STRAY = {"pushed_count": 0, "failed_count": 1, "errors": []}
"""Taken for true it would be a wrong outcome."""


class Service:
    """Sends an answer that was not asked for as soon as a second request comes over a connection:
    at that moment nothing tells it from the request's own answer."""

    def __init__(self) -> None:
        self.connections = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.serve, args=[connection], daemon=True).start()

    @staticmethod
    def serve(connection: socket.socket) -> None:
        is_reused = False
        with connection, connection.makefile("rb") as requests:
            while line := requests.readline():
                length = 0
                while (header := requests.readline()) not in {b"\r\n", b""}:
                    if header.lower().startswith(b"content-length:"):
                        length = int(header.split(b":")[1])
                requests.read(length)
                if is_reused:
                    connection.sendall(answer(STRAY))
                connection.sendall(answer([] if line.startswith(b"GET") else DONE))
                is_reused = True


def answer(data: object) -> bytes:
    body = json.dumps({"data": data}).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


@pytest.fixture
def service() -> Iterator[Service]:
    service = Service()
    yield service
    service.listener.close()


def settings(service: Service, http2: bool) -> dict[str, Any]:
    return {"api_key": "g8_test_canary", "base_url": service.url, "http2": http2}


CHANGE = {"list_id": "1", "add": ["a"]}


@pytest.mark.parametrize("http2", [False, True])
def test_a_late_second_answer_finds_no_other_request_on_its_connection(
    service: Service, http2: bool
) -> None:
    with Client(**settings(service, http2)) as client:
        assert client.push_contacts("hubspot", contacts(1)).pushed == 1
        assert client.push_companies("hubspot", [{"name": "a"}]).pushed == 1
        assert client.push_lists("hubspot", [CHANGE]).pushed == 1
        assert client.list_syncs() == []
        assert client.push_contacts("hubspot", contacts(4), batch_size=1).pushed == 4
    assert service.connections == 8


@pytest.mark.parametrize("http2", [False, True])
def test_the_same_on_an_event_loop(service: Service, http2: bool) -> None:
    async def run() -> None:
        async with AsyncClient(**settings(service, http2)) as client:
            assert (await client.push_contacts("hubspot", contacts(1))).pushed == 1
            assert (await client.push_companies("hubspot", [{"name": "a"}])).pushed == 1
            assert (await client.push_lists("hubspot", [CHANGE])).pushed == 1
            assert await client.list_syncs() == []
            assert (await client.push_contacts("hubspot", contacts(4), batch_size=1)).pushed == 4

    asyncio.run(run())
    assert service.connections == 8
