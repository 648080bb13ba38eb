"""Proxies, and images without a CA store."""

from __future__ import annotations

import os
import subprocess
import sys

from graph8_crm import Client, Sandbox

NOWHERE = "http://127.0.0.1:9"


def test_an_explicit_proxy_carries_the_requests(sandbox: Sandbox) -> None:
    # The sandbox answers for any host, so it can stand in for a proxy of plain http.
    with Client("g8_test_1", NOWHERE, proxy=sandbox.url) as client:
        assert len(client.list_syncs()) == 5
    assert sandbox.requests()[0]["headers"]["host"] == "127.0.0.1:9"


def run_away_from_here(**variables: str) -> None:
    script = (
        "import graph8_crm\n"
        "with graph8_crm.sandbox() as sandbox, sandbox.client() as client:\n"
        "    assert len(client.list_syncs()) == 5\n"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, env=os.environ | variables, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_proxy_of_the_environment_is_not_for_loopback() -> None:
    run_away_from_here(HTTP_PROXY=NOWHERE, http_proxy=NOWHERE, ALL_PROXY=NOWHERE)


def test_a_machine_without_a_ca_store_can_make_a_client() -> None:
    run_away_from_here(SSL_CERT_FILE="/nonexistent", SSL_CERT_DIR="/nonexistent")
