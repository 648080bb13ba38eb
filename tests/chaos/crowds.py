"""Many clients in one process, and many pushes over one client."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from accounts import check, contacts, require
from sandbox_process import SandboxProcess
from soak import handles, resident

from graph8_crm import AsyncClient, Client, PushReport

CLIENTS = 1_000
PUSHES = 500
RECORDS = 40


def settings(sandbox: SandboxProcess) -> dict[str, Any]:
    return {"api_key": sandbox.api_key, "base_url": sandbox.url, "rate_limit": False}


def many_clients() -> str:
    """All alive at once, each with a push and a connection of its own."""
    with SandboxProcess() as sandbox:
        with Client(**settings(sandbox)) as first:
            # The first call starts the threads that all clients share.
            first.push_contacts("hubspot", [])
            first.list_syncs()
        before = resident(), handles()
        clients = [Client(**settings(sandbox)) for _ in range(CLIENTS)]

        def push(number: int) -> tuple[PushReport, list[dict[str, str]]]:
            records = contacts(f"c{number}", 10)
            return clients[number].push_contacts("hubspot", records), records

        with ThreadPoolExecutor(64) as threads:
            results = list(threads.map(push, range(CLIENTS)))
        memory, open_handles = resident() - before[0], handles() - before[1]
        held = sandbox.held()
        for report, records in results:
            require(report.pushed == len(records), f"{report} of {len(records)}")
            check(report, records, held)
        require(held.total() == 10 * CLIENTS, f"{held.total()} contacts are there")
        for client in clients:
            client.close()
        clients.clear()
        deadline = time.monotonic() + 10
        while handles() > before[1] + 2 and time.monotonic() < deadline:
            time.sleep(0.1)
        left = handles() - before[1]
        require(left <= 2, f"{left} file handles are left when all clients are closed")
    return (
        f"{CLIENTS} clients pushed {10 * CLIENTS} records: {memory * 1024 / CLIENTS:.0f} KiB and "
        f"{open_handles / CLIENTS:.1f} file handles a client, {left:+d} handles once closed"
    )


def many_pushes() -> str:
    """The same client under an event loop's tasks, then under threads."""
    sheets = [contacts(f"p{number}", RECORDS, bad_every=RECORDS) for number in range(PUSHES)]
    figures = []
    for way, push_all in (("tasks", push_by_tasks), ("threads", push_by_threads)):
        with SandboxProcess() as sandbox:
            before, started = resident(), time.monotonic()
            reports = push_all(sandbox, sheets)
            took, memory = time.monotonic() - started, resident() - before
            held = sandbox.held()
            for report, records in zip(reports, sheets, strict=True):
                require((report.pushed, report.failed) == (RECORDS - 1, 1), repr(report))
                check(report, records, held)
            expected = PUSHES * (RECORDS - 1)
            require(held.total() == expected, f"{held.total()} of {expected} contacts are there")
            figures.append(f"{PUSHES} {way} in {took:.1f} s, {memory:+.0f} MiB")
    return f"{PUSHES * RECORDS} records each way over one client: " + "; ".join(figures)


def push_by_tasks(sandbox: SandboxProcess, sheets: list[list[dict[str, str]]]) -> list[PushReport]:
    async def push() -> list[PushReport]:
        async with AsyncClient(**settings(sandbox)) as client:
            pushes = [client.push_contacts("hubspot", records) for records in sheets]
            return await asyncio.gather(*pushes)

    return asyncio.run(push())


def push_by_threads(
    sandbox: SandboxProcess, sheets: list[list[dict[str, str]]]
) -> list[PushReport]:
    with Client(**settings(sandbox)) as client, ThreadPoolExecutor(PUSHES) as threads:
        return list(threads.map(lambda records: client.push_contacts("hubspot", records), sheets))
