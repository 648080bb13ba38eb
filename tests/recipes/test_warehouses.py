"""BigQuery and Snowflake: their own clients, before servers of this machine that speak like theirs,
whose result breaks off in the middle the first time."""

from __future__ import annotations

import base64
import gzip
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import google.auth
import pyarrow
import pytest
from conftest import COUNT, assert_each_once, load, rows
from google.auth.credentials import AnonymousCredentials

import graph8_crm
from graph8_crm import Sandbox

PAGE = 500
Answer = Callable[[str, dict[str, Any]], tuple[int, Any]]


def decoded(request: BaseHTTPRequestHandler, body: bytes) -> Any:
    if request.headers.get("Content-Encoding") == "gzip":
        body = gzip.decompress(body)
    return json.loads(body or b"{}")


@contextmanager
def service(answer: Answer) -> Iterator[int]:
    """A server that answers paths and bodies; its port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, value = answer(self.path, decoded(self, body))
            content = value if isinstance(value, bytes) else json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def bigquery() -> Answer:
    job = {"projectId": "p", "jobId": "j", "location": "EU"}
    table = {"projectId": "p", "datasetId": "d", "tableId": "t"}
    schema = {"fields": [{"name": "email", "type": "STRING", "mode": "NULLABLE"}]}
    state = {"broken": False}

    def answer(path: str, body: dict[str, Any]) -> tuple[int, Any]:
        if body:
            return 200, {
                "jobReference": job | {"jobId": body["jobReference"]["jobId"]},
                "configuration": {
                    "query": body["configuration"]["query"] | {"destinationTable": table}
                },
                "status": {"state": "DONE"},
                "statistics": {"query": {"statementType": "SELECT"}},
            }
        query = dict(part.split("=", 1) for part in path.partition("?")[2].split("&"))
        first = int(query.get("pageToken", 0))
        if first == COUNT // 2 and not state["broken"]:
            state["broken"] = True
            reason = {"reason": "invalid", "message": "the result is gone"}
            return 400, {
                "error": {"code": 400, "message": "the result is gone", "errors": [reason]}
            }
        told = {"jobReference": job, "jobComplete": True, "schema": schema, "totalRows": str(COUNT)}
        if query.get("maxResults") == "0":
            return 200, told
        last = first + PAGE
        told["rows"] = [{"f": [{"v": row["email"]}]} for row in rows()[first:last]]
        return 200, told | ({"pageToken": str(last)} if last < COUNT else {})

    return answer


def test_bigquery_results_are_pushed_once(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(google.auth, "default", lambda *_, **__: (AnonymousCredentials(), "p"))
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "p")
    recipe: Any = load("bigquery", tmp_path)
    with service(bigquery()) as port:
        monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", f"http://127.0.0.1:{port}")
        with pytest.raises(Exception, match="the result is gone"):
            recipe.push("SELECT email FROM contacts")
        report = recipe.push("SELECT email FROM contacts")
    assert (report.pushed, report.pushed_before) == (COUNT, COUNT // 2)
    assert_each_once(sandbox)


def arrow(first: int) -> bytes:
    """A part of the result as Snowflake's chunks have it."""
    told = {"logicalType": "TEXT", "charLength": "100", "byteLength": "400", "finalType": "T"}
    field = pyarrow.field("EMAIL", pyarrow.string(), metadata=told)
    emails = [row["email"] for row in rows()[first : first + PAGE]]
    batch = pyarrow.record_batch([pyarrow.array(emails)], schema=pyarrow.schema([field]))
    sink = pyarrow.BufferOutputStream()
    with pyarrow.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return bytes(sink.getvalue())


def snowflake(ports: list[int]) -> Answer:
    column = {"name": "EMAIL", "type": "text", "nullable": True, "length": 100, "byteLength": 400}
    state = {"broken": False}

    def answer(path: str, _body: dict[str, Any]) -> tuple[int, Any]:
        data: dict[str, Any] | None = None
        if path.startswith("/chunk/"):
            first = int(path.rpartition("/")[2])
            if first == COUNT // 2 and not state["broken"]:
                state["broken"] = True
                return 403, b"the link has expired"
            return 200, arrow(first)
        if path.startswith("/session/v1/login-request"):
            data = {"token": "t", "masterToken": "m", "sessionId": 1, "parameters": []}
            data |= {"validityInSeconds": 3_600, "masterValidityInSeconds": 14_400}
            data |= {"sessionInfo": {}}
        elif path.startswith("/queries/v1/query-request"):
            size = len(arrow(PAGE))
            parts = [
                {
                    "url": f"http://127.0.0.1:{ports[0]}/chunk/{first}",
                    "rowCount": PAGE,
                    "uncompressedSize": size,
                    "compressedSize": size,
                }
                for first in range(PAGE, COUNT, PAGE)
            ]
            data = {
                "parameters": [],
                "rowtype": [column],
                "rowsetBase64": base64.b64encode(arrow(0)).decode(),
                "chunks": parts,
                "chunkHeaders": {},
                "total": COUNT,
                "returned": COUNT,
                "queryId": "01b00000-0000-0000-0000-000000000001",
                "queryResultFormat": "arrow",
                "statementTypeId": 4_096,
            }
        return 200, {"data": data, "code": None, "message": None, "success": True}

    return answer


def test_snowflake_results_are_pushed_once(
    sandbox: Sandbox, journals: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It would ask the network which cloud it is in.
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    recipe: Any = load("snowflake", tmp_path)
    ports: list[int] = []
    with service(snowflake(ports)) as port:
        ports.append(port)
        login = {"user": "u", "password": "p", "account": "a", "host": "127.0.0.1", "port": port}
        login |= {"protocol": "http", "platform_detection_timeout_seconds": 0}
        with pytest.raises(Exception, match="non-successful HTTP status"):
            recipe.push("SELECT email FROM contacts", **login)
        report = recipe.push("SELECT email FROM contacts", **login)
    assert report.pushed == COUNT
    assert graph8_crm.journal_status(journals / "contacts.journal").runs == 2
    assert_each_once(sandbox)
