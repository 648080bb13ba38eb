"""A service that keeps the bytes of what it gets."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

import graph8_crm


class Sink(ThreadingHTTPServer):
    """Takes every push, and keeps its bodies in the order in which they came."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.bodies: list[bytes] = []
        self.client = graph8_crm.Client(
            "g8_test_sources", f"http://127.0.0.1:{self.server_address[1]}", rate_limit=False
        )

    def bytes_of(self, records: Any, **options: Any) -> bytes:
        """The one body that a push of at most 100 records makes, then the messages of those that
        fail."""
        self.bodies.clear()
        report = self.client.push_contacts("sugarcrm", records, **options)
        assert (report.unknown, report.not_sent, len(self.bodies) > 1) == (0, 0, False)
        problems = "".join(f"\n{problem.message}" for problem in report.problems)
        return b"".join(self.bodies) + problems.encode()

    def refusal_of(self, records: Any, **options: Any) -> str:
        """The message of the error that comes before anything is sent."""
        self.bodies.clear()
        with pytest.raises(graph8_crm.ConfigError) as caught:
            self.client.push_contacts("sugarcrm", records, **options)
        assert self.bodies == []
        return str(caught.value)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # An answer in one piece: two would wait for each other.
    wbufsize = -1
    server: Sink

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.bodies.append(body)
        count = len(json.loads(body)["records"])
        answer = json.dumps({"data": {"pushed_count": count, "failed_count": 0, "errors": []}})
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer.encode())

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture(scope="session")
def sink() -> Iterator[Sink]:
    with Sink() as sink:
        threading.Thread(target=sink.serve_forever, daemon=True).start()
        yield sink
        sink.client.close()
        sink.shutdown()


def pytest_configure() -> None:
    """An environment that is not what its file says would skip tests, and nobody would see it."""
    file = os.environ.get("SOURCES_ENVIRONMENT")
    if file is None:
        return
    lines = Path(file).read_text().splitlines()
    for line in lines:
        name, _, version = line.partition("==")
        if version:
            assert metadata.version(name) == version, line
