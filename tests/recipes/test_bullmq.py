"""BullMQ: a worker that is killed in the middle of a job, with a journal and without."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import (
    COUNT,
    UNDER_WAY,
    assert_each_once,
    code_of,
    hold_in_the_middle,
    kill_in_the_middle,
)
from processes import wait_until

import graph8_crm
from graph8_crm import Sandbox

pytestmark = pytest.mark.skipif(
    shutil.which("redis-server") is None,
    reason="BullMQ needs redis-server (Debian: apt-get install redis-server)",
)
# A job is the next worker's after two seconds without a sign, instead of half a minute.
SOON = "  lockDuration: 2_000,\n  stalledInterval: 1_000,\n"
SOURCE = """
function* rows() {
  for (let n = 0; n < COUNT; n += 1) yield { FIELD: `person${n}@example.com` };
}
worker.on('completed', (job, value) => console.log(`completed: ${value}`));
"""
ADD = """
import { Queue } from 'bullmq';
const queue = new Queue('contacts', { connection: { url: process.env.REDIS_URL } });
await queue.add('push', { table: 'monday' }, { attempts: 100, backoff: 500 });
await queue.close();
"""


@pytest.fixture
def redis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    folder = tmp_path / "redis"
    folder.mkdir()
    while True:
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            port = found.getsockname()[1]
        server = subprocess.Popen(
            ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""],
            cwd=folder,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert server.stdout is not None
        # Where another has taken the port meanwhile, it ends.
        if any("Ready to accept" in line for line in server.stdout):
            break
    url = f"redis://127.0.0.1:{port}"
    monkeypatch.setenv("REDIS_URL", url)
    yield url
    server.terminate()
    server.wait()


def write_worker(folder: Path, code: str, field: str) -> Path:
    (folder / "node_modules").symlink_to(os.environ["NODE_MODULES"])
    file = folder / "worker.mjs"
    mark = "  maxStalledCount: 3,\n"
    assert mark in code
    source = SOURCE.replace("COUNT", str(COUNT)).replace("FIELD", field)
    file.write_text(code.replace(mark, mark + SOON) + source)
    (folder / "add.mjs").write_text(ADD)
    return file


def start(worker: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(["node", worker], stdout=subprocess.PIPE, text=True, cwd=worker.parent)


def run_to_the_end(worker: Path) -> str:
    process = start(worker)
    assert process.stdout is not None
    try:
        return next(line for line in process.stdout if line.startswith("completed"))
    finally:
        process.terminate()
        process.wait()


@pytest.mark.usefixtures("redis")
def test_bullmq_gives_a_killed_job_to_the_next_worker(
    sandbox: Sandbox, journals: Path, tmp_path: Path
) -> None:
    worker = write_worker(tmp_path, code_of("bullmq"), "email")
    subprocess.run(["node", "add.mjs"], cwd=tmp_path, check=True)
    hold_in_the_middle(sandbox)
    first = start(worker)
    journal = journals / "monday.journal"
    kill_in_the_middle(sandbox, journal)
    first.wait()
    run_to_the_end(worker)
    status = graph8_crm.journal_status(journal)
    assert status.unknown >= UNDER_WAY * 100
    assert_each_once(sandbox, status.unknown)


@pytest.mark.usefixtures("redis")
def test_bullmq_without_a_journal_makes_duplicates(sandbox: Sandbox, tmp_path: Path) -> None:
    # HubSpot would refuse an address that it has; Pipedrive takes a name as often as it comes.
    code = code_of("bullmq").replace("hubspot", "pipedrive")
    lines = [line for line in code.splitlines(keepends=True) if "journal:" not in line]
    without = "".join(line for line in lines if "primaryKey:" not in line)
    worker = write_worker(tmp_path, without, "name")
    subprocess.run(["node", "add.mjs"], cwd=tmp_path, check=True)
    hold_in_the_middle(sandbox)
    first = start(worker)
    wait_until(lambda: sandbox.held() == UNDER_WAY)
    first.kill()
    first.wait()
    run_to_the_end(worker)
    records = sandbox.records("pipedrive", "contacts")
    held = Counter(record["fields"]["name"] for record in records)
    assert len(held) == COUNT
    assert len(records) - len(held) == 1_200
