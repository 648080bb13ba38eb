"""A push that meets a dying service and is killed, and a run that accounts for every record."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import graph8_crm
from graph8_crm import Problem, PushProgress, PushReport, Sandbox

RECORDS = 3_000
KILL_AFTER = 1_000
API_KEY = "g8_sbx_demo"


def people() -> list[dict[str, object]]:
    """The same records in each run: a journal belongs to one source."""
    return [
        {"name": f"Person {number}", "email": f"person{number}@example.com"}
        for number in range(RECORDS)
    ]


def push(url: str, journal: Path) -> None:
    """The first run, in a process of its own; it tells how far it is."""

    def tell(progress: PushProgress) -> None:
        print(progress.pushed, flush=True)

    client = graph8_crm.Client(API_KEY, url)
    client.push_contacts("pipedrive", people(), batch_size=50, journal=journal, progress=tell)


def let_the_service_die(sandbox: Sandbox) -> None:
    """A throttled request, two failures without effect, then answers that are lost."""
    sandbox.fail_next("status", status=429, headers={"Retry-After": "0"}, skip=2)
    sandbox.fail_next(
        "status", status=503, headers={"X-Error-Code": "workspace_provisioning"}, count=2, skip=4
    )
    sandbox.fail_next("close_after_write", skip=3)
    sandbox.fail_next("truncate", bytes=20, skip=3)
    sandbox.fail_next("delay", ms=60, count=10_000)


def run_and_kill(sandbox: Sandbox, journal: Path) -> None:
    """Starts the first run and kills it, without warning, in its middle."""
    command = [sys.executable, __file__, sandbox.url, str(journal)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        for line in child.stdout:
            if int(line) >= KILL_AFTER:
                child.kill()
                return


def names_held(sandbox: Sandbox) -> Counter[str]:
    """What the CRM holds, and how often."""
    records = sandbox.records("pipedrive", "contacts")
    return Counter(str(record["fields"]["name"]) for record in records)


def go_on(sandbox: Sandbox, journal: Path) -> PushReport:
    """The second run: same source, same journal, and a look into the CRM for what is in doubt."""

    def is_there(problem: Problem) -> bool:
        assert problem.record is not None
        return names_held(sandbox)[str(problem.record["name"])] > 0

    client = sandbox.client()
    return client.push_contacts(
        "pipedrive", people(), batch_size=50, journal=journal, resolve_unknown=is_there
    )


def main() -> int:
    print("\nA push that is killed (Python)")
    with tempfile.TemporaryDirectory() as folder, graph8_crm.sandbox() as sandbox:
        journal = Path(folder) / "contacts.journal"
        let_the_service_die(sandbox)
        run_and_kill(sandbox, journal)
        status = graph8_crm.journal_status(journal)
        print(
            f"  run 1, killed:   {status.pushed} pushed, {status.unknown} in doubt "
            f"({status.open_batches} requests were under way), the CRM holds "
            f"{names_held(sandbox).total()}"
        )
        report = go_on(sandbox, journal)
        held = names_held(sandbox)
        print(f"  run 2, resumed:  {report.summary}; the CRM holds {held.total()}")
        if report.not_sent:
            report = go_on(sandbox, journal)
            held = names_held(sandbox)
            print(f"  run 3, the rest: {report.summary}; the CRM holds {held.total()}")
    wrong = [name for name, times in held.items() if times != 1]
    is_right = not wrong and held.total() == report.pushed == report.records == RECORDS
    print("  every record is there exactly once" if is_right else f"  WRONG: {report} {wrong[:5]}")
    return 0 if is_right else 1


if __name__ == "__main__":
    if len(sys.argv) > 1:
        push(sys.argv[1], Path(sys.argv[2]))
    else:
        sys.exit(main())
