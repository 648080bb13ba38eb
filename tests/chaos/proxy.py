"""A real proxy between client and sandbox that cuts, garbles and replaces answers."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from accounts import check, contacts, report_of, require
from nginx import Nginx, free_port, is_listening
from sandbox_process import SandboxProcess

from graph8_crm import Client, Graph8Error, PushReport

ADDON = Path(__file__).with_name("proxy_faults.py")
RECORDS = 10_000


@contextmanager
def mitmproxy(folder: Path, seed: int, *options: str) -> Iterator[str]:
    """A running proxy; gives its URL."""
    port = free_port()
    command = [str(Path(sys.executable).with_name("mitmdump")), "--quiet", "-s", str(ADDON)]
    settings = ["--listen-host", "127.0.0.1", "--listen-port", str(port), "--ssl-insecure"]
    process = subprocess.Popen(
        [*command, *settings, "--set", f"confdir={folder}", *options],
        env={**os.environ, "CHAOS_SEED": str(seed)},
        # It complains of each connection that it still has when it is told to end.
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 30
        while not is_listening(port):
            require(time.monotonic() < deadline, "the proxy does not start")
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def push(client: Client, prefix: str) -> tuple[PushReport, list[dict[str, str]]]:
    records = contacts(prefix, RECORDS, bad_every=97)
    try:
        report = client.push_contacts(
            "hubspot", records, max_consecutive_unknown=0, max_failures=None
        )
    except Graph8Error as error:
        report = report_of(error)
    return report, records


def run(seed: int) -> str:
    """Plain HTTP through the proxy, then TLS that the proxy signs anew."""
    figures = []
    with TemporaryDirectory() as name, SandboxProcess() as sandbox:
        folder = Path(name)
        with mitmproxy(folder, seed) as proxy, Nginx(folder, sandbox.port, "") as nginx:
            settings: dict[str, Any]
            for way, settings in (
                ("http", {"base_url": sandbox.url}),
                ("TLS", {"base_url": nginx.url, "ca_file": folder / "mitmproxy-ca-cert.pem"}),
            ):
                sandbox.command("reset")
                settings |= {"proxy": proxy, "rate_limit": False, "timeout": 2}
                with Client(sandbox.api_key, **settings) as client:
                    report, records = push(client, way)
                check(report, records, sandbox.held())
                require(report.pushed > 0, f"nothing came through: {report}")
                require(report.unknown > 0, f"the proxy has not done any harm: {report}")
                figures.append(
                    f"{way}: {report.pushed} pushed, {report.failed} failed, {report.unknown} "
                    f"unknown, {report.not_sent} not sent in {report.requests} requests"
                )
    return f"mitmproxy, equal on both ends; {'; '.join(figures)}"
