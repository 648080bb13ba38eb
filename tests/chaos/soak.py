"""Pushes at full speed with random faults: counts equal on both ends, memory and handles flat."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from accounts import check, contacts, report_of, require
from sandbox_process import SandboxProcess

from graph8_crm import AsyncClient, Client, Graph8Error, PushReport

MOST_GROWTH = 8.0
"""MiB between the first fifth after warm-up and the last; the allocator's own noise."""
MOST_HANDLES = 16
"""As many as the connections of the widest push."""
FAULTS: list[dict[str, Any]] = [
    {"kind": "delay", "ms": 20},
    {"kind": "close_before_read"},
    {"kind": "close_after_write"},
    {"kind": "truncate", "bytes": 30},
    {"kind": "contradict", "pushed_count": 1_000_000},
    {"kind": "contradict", "drop_errors": True, "failed_count": 3},
    {"kind": "drip", "bytes": 7, "interval_ms": 1},
    {"kind": "content_type", "value": "text/html"},
    {"kind": "oversized", "bytes": 17 * 1024 * 1024},
    {"kind": "status", "status": 429, "headers": {"retry-after": "0"}},
    {"kind": "status", "status": 429, "body": "slow down", "after_write": True},
    {"kind": "status", "status": 413},
    {"kind": "status", "status": 500, "after_write": True},
    {"kind": "status", "status": 502, "body": "<html>bad gateway</html>"},
    {"kind": "status", "status": 503, "headers": {"x-error-code": "workspace_provisioning"}},
    {"kind": "status", "status": 504, "after_write": True},
]


def resident() -> float:
    """MiB of this process."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024 / 1024


def handles() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def run(seconds: float, seed: int) -> str:
    rng = random.Random(seed)
    totals: Counter[str] = Counter()
    samples: list[tuple[float, int]] = []
    with SandboxProcess("--seed", str(seed)) as sandbox, TemporaryDirectory() as folder:
        settings: dict[str, Any] = {
            "api_key": sandbox.api_key,
            "base_url": sandbox.url,
            "rate_limit": False,
        }
        with Client(**settings) as client:
            started = time.monotonic()
            while time.monotonic() - started < seconds:
                totals += one_round(sandbox, client, settings, rng, Path(folder))
                samples.append((resident(), handles()))
    grown, more = growth(samples)
    require(grown < MOST_GROWTH, f"memory has grown by {grown:.1f} MiB")
    require(more <= MOST_HANDLES, f"there are {more} more file handles")
    rate = totals["records"] / (time.monotonic() - started)
    return (
        f"{totals['records']} records in {totals['rounds']} pushes with {totals['faults']} faults: "
        f"{totals['pushed']} pushed, {totals['failed']} failed, {totals['unknown']} unknown, "
        f"{totals['not_sent']} not sent, equal on both ends; {rate:.0f} records/s, "
        f"memory {grown:+.1f} MiB, file handles {more:+d} after warm-up"
    )


def growth(samples: list[tuple[float, int]]) -> tuple[float, int]:
    """MiB and handles between the second fifth of the samples and the last."""
    fifth = len(samples) // 5
    require(fifth >= 3, "too few pushes to tell whether memory grows")
    early, late = samples[fifth : 2 * fifth], samples[-fifth:]
    median = [sorted(memory for memory, _ in part)[fifth // 2] for part in (early, late)]
    most = [max(handles for _, handles in part) for part in (early, late)]
    return median[1] - median[0], most[1] - most[0]


def one_round(
    sandbox: SandboxProcess,
    client: Client,
    settings: dict[str, Any],
    rng: random.Random,
    folder: Path,
) -> Counter[str]:
    sandbox.command("reset")
    faults = rng.choices(FAULTS, k=rng.randrange(9))
    for fault in faults:
        sandbox.command("fail_next", skip=rng.randrange(6), fault=fault)
    records = contacts(f"r{rng.randrange(10**9)}", rng.randrange(200, 4_000), bad_every=53)
    options: dict[str, Any] = {
        "batch_size": rng.choice(["auto", 20, 100, 500]),
        "concurrency": rng.choice([1, 4, 16]),
        "max_consecutive_unknown": 0,
        "provider_fields": {"round": "soak"},
    }
    if rng.random() < 0.3:
        options["journal"] = folder / "journal"
    if rng.random() < 0.3:
        options["dead_letter"] = folder / "dead-letter.ndjson"
    try:
        if rng.random() < 0.2:
            report = asyncio.run(push_async(settings, records, options))
        else:
            report = client.push_contacts("hubspot", records, **options)
    except Graph8Error as error:
        report = report_of(error)
    check(report, records, sandbox.held())
    for left in folder.iterdir():
        left.unlink()
    return Counter(
        rounds=1,
        faults=len(faults) - len(sandbox.command("faults")),
        records=report.records,
        pushed=report.pushed,
        failed=report.failed,
        unknown=report.unknown,
        not_sent=report.not_sent,
    )


async def push_async(
    settings: dict[str, Any], records: list[dict[str, str]], options: dict[str, Any]
) -> PushReport:
    async with AsyncClient(**settings) as client:
        return await client.push_contacts("hubspot", records, **options)
