"""A journal of keys whose process is killed again and again while its table changes.

No key is ever there twice; at the end, once what is in doubt was looked up, each is there once.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import graph8_crm

if TYPE_CHECKING:
    from graph8_crm import Problem, PushReport, Sandbox

ROWS = 400
BATCH = 10
API_KEY = "g8_sbx_demo"
# Longer than a run takes: some are killed while they write their last things, or not at all.
LONGEST_LIFE = 0.6


class Table:
    """Rows that come, go, change and swap places; a few have no key, or the key of another."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.rows: dict[int, int] = {}
        self.keys: set[int] = set()

    def next_day(self) -> list[dict[str, Any]]:
        """The rows of the next day."""
        for key in self.random.sample(sorted(self.rows), len(self.rows) // 5):
            del self.rows[key]
        for key in self.random.sample(sorted(self.rows), len(self.rows) // 10):
            self.rows[key] += 1
        while len(self.rows) < ROWS:
            self.rows[self.random.randrange(4 * ROWS)] = 0
        self.keys |= set(self.rows)
        rows = [row(key, version) for key, version in self.rows.items()]
        rows += [row(None, 0), row(self.random.choice(list(self.rows)), 9)]
        self.random.shuffle(rows)
        return rows


def row(key: int | None, version: int) -> dict[str, Any]:
    return {"id": key, "name": f"key {key}", "email": f"key{key}-{version}@example.com"}


def push(url: str, journal: Path, rows: list[dict[str, Any]], **options: Any) -> PushReport:
    client = graph8_crm.Client(API_KEY, url, rate_limit=False)
    return client.push_contacts(
        "pipedrive",
        rows,
        columns=["name", "email"],
        primary_key="id",
        journal=journal,
        batch_size=BATCH,
        **options,
    )


def held(sandbox: Sandbox) -> Counter[str]:
    """How often each key is in the CRM."""
    records = sandbox.records("pipedrive", "contacts")
    return Counter(str(record["fields"]["name"]) for record in records)


def wrong(report: PushReport, rows: list[dict[str, Any]], found: Counter[str]) -> list[str]:
    """What a report says that is not so."""
    firsts: set[int] = set()
    differences = []
    for index, (outcome, source) in enumerate(zip(report.outcomes, rows, strict=True)):
        key = source["id"]
        is_refused = key is None or key in firsts
        firsts.add(key)
        times = 0 if is_refused else found[source["name"]]
        expected = {"pushed": {1}, "unknown": {0, 1}}.get(outcome.value, {0})
        if times not in expected or is_refused != (outcome.value == "failed"):
            differences.append(f"record {index} is {outcome.value} and there {times} times")
    return differences


def run(seed: int, kills: int = 50) -> str:
    """Kills so many runs; gives what happened, or raises what was wrong."""
    table = Table(seed)
    differences: list[str] = []
    killed = 0
    with tempfile.TemporaryDirectory() as folder, graph8_crm.sandbox() as sandbox:
        journal = Path(folder) / "keys.journal"
        sandbox.fail_next("delay", ms=10, count=1_000_000)
        rows = table.next_day()
        while killed < kills:
            killed += is_killed(sandbox, journal, rows, table.random.uniform(0, LONGEST_LIFE))
            twice = [key for key, times in held(sandbox).items() if times > 1]
            differences += [f"after {killed} kills: {key} is there twice" for key in twice]
            rows = table.next_day()

        def is_there(problem: Problem) -> bool:
            assert problem.record is not None
            return held(sandbox)[str(problem.record["name"])] > 0

        # On a busy machine all may be killed before they begin.
        doubts = graph8_crm.journal_status(journal).unknown if journal.exists() else 0
        rows = [row(key, 0) for key in sorted(table.keys)]
        # What a look shows as not there, the next run sends.
        for _ in range(3):
            report = push(sandbox.url, journal, rows, resolve_unknown=is_there)
            differences += wrong(report, rows, held(sandbox))
        found = held(sandbox)
        differences += [
            f"{source['name']} is not there" for source in rows if not found[source["name"]]
        ]
        if report.pushed != len(rows) or sum(found.values()) != len(rows):
            differences.append(f"{report} and {sum(found.values())} held, of {len(rows)} keys")
    if differences:
        raise AssertionError("; ".join(differences[:10]))
    return f"{killed} kills, {len(rows)} keys each there once, {doubts} were in doubt at the end"


def is_killed(sandbox: Sandbox, journal: Path, rows: list[dict[str, Any]], life: float) -> bool:
    """Runs a push in a process of its own for so many seconds; whether it had to be killed."""
    command = [sys.executable, __file__, sandbox.url, str(journal)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(json.dumps(rows) + "\n")
        child.stdin.flush()
        child.stdout.readline()
        time.sleep(life)
        child.kill()
    return child.returncode != 0


def main() -> None:
    """The process that is killed."""
    url, journal = sys.argv[1:]
    rows = json.loads(sys.stdin.readline())
    sys.stdout.write("begun\n")
    sys.stdout.flush()
    push(url, Path(journal), rows)


if __name__ == "__main__":
    main()
