"""One sandbox for the whole run, as new for every test."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import canary
import pytest
from hypothesis import HealthCheck, settings

import graph8_crm
from graph8_crm import Client, Sandbox

# Whoever starts the tests in the background may have them ignore Ctrl-C, which some tests send.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Also for the processes that tests start: those that try the default store say so.
os.environ["GRAPH8_RATE_LIMIT_STORE"] = "alone"

WHOLE_RUN = 1_000
"""Tests; a run of fewer need not make something of each kind."""

HANGS = 600
"""Seconds that only what hangs takes, however busy the machine; pytest's own limit is the same."""

# A busy machine is no failure of a property.
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("default")
# For `make test-fuzz`.
settings.register_profile("long", settings.get_profile("default"), max_examples=20_000)


@pytest.fixture(scope="session", autouse=True)
def no_key_anywhere(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    canary.watch()
    yield
    canary.check_files(tmp_path_factory.getbasetemp())
    if request.session.testscollected >= WHOLE_RUN:
        assert all(canary.CHECKED.values()), f"the canary saw nothing of a kind: {canary.CHECKED}"


@pytest.fixture(scope="session")
def session_sandbox() -> Iterator[Sandbox]:
    with graph8_crm.sandbox(seed=1) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(session_sandbox: Sandbox) -> Sandbox:
    session_sandbox.reset()
    return session_sandbox


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Client]:
    with sandbox.client() as client:
        yield client


@pytest.fixture(autouse=True)
def no_key_of_the_machine(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    # Cargo, which builds the hostile service, goes on with its own.
    for name in ("CARGO", "RUSTUP"):
        own = os.environ.get(f"{name}_HOME", Path.home() / f".{name.lower()}")
        monkeypatch.setenv(f"{name}_HOME", str(own))
    # The credentials file of whoever runs the tests is out of reach as well.
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path_factory.getbasetemp() / "nobodys home"))
    # Kernels of Jupyter write where they may.
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path_factory.getbasetemp() / "jupyter"))
    for name in ("G8_API_KEY", "GRAPH8_API_KEY", "G8_API_URL", "GRAPH8_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


def wait_until(check: Callable[[], object]) -> None:
    """Looks again and again; what never comes true meets pytest's limit."""
    while not check():
        time.sleep(0.005)


async def until(check: Callable[[], object]) -> None:
    """As `wait_until`, on an event loop."""
    while not check():  # noqa: ASYNC110 (what is looked at has no event)
        await asyncio.sleep(0.005)


def contacts(count: int, start: int = 0) -> list[dict[str, object]]:
    """Good HubSpot contacts."""
    return [
        {"email": f"person{number}@example.com", "firstname": f"Person {number}"}
        for number in range(start, start + count)
    ]


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """What a test has printed is looked through too, panics of the native half among it."""
    for _, content in report.sections:
        canary.check("outputs", content)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line per client on the contract cases, to compare with the other languages."""
    contract = sys.modules.get("test_contract")
    terminalreporter.write_line(f"canary: no key in {canary.CHECKED}")
    for language, passed in getattr(contract, "PASSED", {}).items():
        terminalreporter.write_line(f"contract: {len(passed)} cases passed ({language})")
