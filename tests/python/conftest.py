"""One sandbox for the whole run, as new for every test."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import canary
import pytest
from hypothesis import settings

import graph8_crm
from graph8_crm import Client, Sandbox

WHOLE_RUN = 1_000
"""Tests; a run of fewer need not make something of each kind."""

# For `make test-fuzz`.
settings.register_profile("long", max_examples=20_000, deadline=None)


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
def no_key_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("G8_API_KEY", "GRAPH8_API_KEY", "G8_API_URL", "GRAPH8_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


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
