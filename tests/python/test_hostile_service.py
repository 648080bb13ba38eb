"""A service that answers as no HTTP library would: the outcome, the requests, the memory."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from conftest import HANGS, wait_until

from graph8_crm import AsyncClient, Client, Graph8Error, PushReport
from graph8_crm._errors import _CLASSES

ROOT = Path(__file__).resolve().parents[2]
CASES: list[dict[str, Any]] = json.loads((ROOT / "tests/hostile/cases.json").read_bytes())
KINDS = {error_class: kind for kind, error_class in _CLASSES.items()}
LETTERS = {"pushed": "p", "failed": "f", "unknown": "u", "not_sent": "n", "skipped": "s"}
SIDE_BY_SIDE = 8
SHORT = (1, 4, 16, 64)
"""Time-outs that are to run out. On a busy machine a short one is over before the request has left:
then the next is tried."""
MOST_MEMORY = 512 * 1024
"""KiB above what was there before: eight answers of 16 MiB while they grow, and what the allocator
keeps of them for each of the threads that waited."""


def push_of(case: dict[str, Any]) -> dict[str, Any]:
    """What to push: two records in one request, whatever their size."""
    first = {"email": "a@example.com", "note": "x" * case.get("padding", 0)}
    return {"records": [first, {"email": "b@example.com"}], "batch_bytes": 2**30}


class Service:
    """The hostile service, a process of its own; as new for every test."""

    def __init__(self) -> None:
        command = ["cargo", "run", "--quiet", "--locked", "--package", "graph8-hostile"]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self.process.stdout
        whereabouts = json.loads(self.process.stdout.readline())
        self.url: str = whereabouts["url"]
        self.ports: dict[str, str] = whereabouts["ports"]
        self.authority_pem: str = whereabouts["authority_pem"]

    def settings(self, case: dict[str, Any], patience: float = HANGS) -> dict[str, Any]:
        name = case["name"]
        return {
            "api_key": "g8_test_canary",
            "base_url": f"{self.ports.get(name, self.url)}/{name}",
            "ca_pem": self.authority_pem,
            "rate_limit": False,
            "connect_timeout": patience,
            "read_timeout": patience,
            "timeout": patience,
        }

    def seen(self, case: dict[str, Any]) -> dict[str, int]:
        with urlopen(f"{self.url}/_seen/{case['name']}") as answer:
            seen: dict[str, int] = json.load(answer)
        return seen

    def requests(self, case: dict[str, Any]) -> int:
        return self.seen(case)["requests"]

    def stop(self) -> None:
        self.process.communicate()


@pytest.fixture
def service() -> Iterator[Service]:
    service = Service()
    yield service
    service.stop()


def difference(
    case: dict[str, Any], pushed: PushReport | Graph8Error, requests: int, read: object
) -> str | None:
    report = pushed.report if isinstance(pushed, Graph8Error) else pushed
    assert report is not None
    actual = {
        "name": case["name"],
        "push": "".join(LETTERS[outcome.value] for outcome in report.outcomes),
        "requests": requests,
        "read": KINDS[type(read)] if isinstance(read, Graph8Error) else "ok",
    }
    actual |= {name: case[name] for name in ("padding", "times_out") if name in case}
    if "says" in case:
        words = " | ".join([problem.message for problem in report.problems] + [str(pushed)])
        actual["says"] = case["says"] if case["says"] in words else words
    return None if actual == case else f"{case} is {actual}"


def patiences(case: dict[str, Any]) -> tuple[float, ...]:
    return SHORT if case.get("times_out") else (HANGS,)


def run_sync(service: Service, case: dict[str, Any]) -> str | None:
    found: str | None = None
    for patience in patiences(case):
        found = try_sync(service, case, patience)
        if found is None:
            break
    return found


def try_sync(service: Service, case: dict[str, Any], patience: float) -> str | None:
    before = service.requests(case)
    with Client(**service.settings(case, patience)) as client:
        pushed: PushReport | Graph8Error
        read: object
        try:
            pushed = client.push_contacts("hubspot", **push_of(case))
        except Graph8Error as error:
            pushed = error
        requests = service.requests(case) - before
        try:
            read = client.list_syncs()
        except Graph8Error as error:
            read = error
    return difference(case, pushed, requests, read)


async def run_async(service: Service, case: dict[str, Any]) -> str | None:
    found: str | None = None
    for patience in patiences(case):
        found = await try_async(service, case, patience)
        if found is None:
            break
    return found


async def try_async(service: Service, case: dict[str, Any], patience: float) -> str | None:
    before = await asyncio.to_thread(service.requests, case)
    async with AsyncClient(**service.settings(case, patience)) as client:
        pushed: PushReport | Graph8Error
        read: object
        try:
            pushed = await client.push_contacts("hubspot", **push_of(case))
        except Graph8Error as error:
            pushed = error
        requests = await asyncio.to_thread(service.requests, case) - before
        try:
            read = await client.list_syncs()
        except Graph8Error as error:
            read = error
    return difference(case, pushed, requests, read)


def memory(name: str) -> int:
    """KiB of this process, by the line of the kernel's file."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith(f"{name}:")).split()[1])


@pytest.fixture
def bounded_memory() -> Iterator[None]:
    reset = Path("/proc/self/clear_refs")
    if not reset.exists():
        yield
        return
    reset.write_text("5", encoding="ascii")  # the peak is measured anew
    before = memory("VmRSS")
    yield
    assert memory("VmHWM") - before < MOST_MEMORY


@pytest.mark.usefixtures("bounded_memory")
def test_each_hostile_answer_ends_in_the_right_outcome(service: Service) -> None:
    with ThreadPoolExecutor(SIDE_BY_SIDE) as threads:
        found = list(threads.map(lambda case: run_sync(service, case), CASES))
    assert [one for one in found if one] == []


@pytest.mark.usefixtures("bounded_memory")
def test_the_same_on_an_event_loop(service: Service) -> None:
    async def run() -> list[str | None]:
        turns = asyncio.Semaphore(SIDE_BY_SIDE)

        async def in_turn(case: dict[str, Any]) -> str | None:
            async with turns:
                return await run_async(service, case)

        return await asyncio.gather(*map(in_turn, CASES))

    assert [one for one in asyncio.run(run()) if one] == []


@pytest.mark.parametrize(
    ("name", "second", "ended_before"),
    [("stray_answer", "pp", 1), ("idle_then_gone", "pp", 1), ("gone_when_reused", "uu", 0)],
)
def test_a_kept_connection_brings_neither_a_strange_answer_nor_a_second_create(
    service: Service, name: str, second: str, ended_before: int
) -> None:
    case = {"name": name}
    letters = []
    with Client(**service.settings(case)) as client:
        for _ in range(2):
            report = client.push_contacts("hubspot", **push_of(case))
            letters.append("".join(LETTERS[outcome.value] for outcome in report.outcomes))
            # What comes behind the answer, or the hang-up, ends the connection before it is taken
            # up again.
            wait_until(lambda: service.seen(case)["ended"] >= ended_before)
    assert letters == ["pp", second]
    assert service.requests(case) == 2
