"""The whole job from Python, against the sandbox.

First a list of graph8's own contacts: check, push, mend what failed, a clean report; and the same
list day after day. Then five CRMs, checked against what they hold.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from make_data import make, write

import graph8_crm
from graph8_crm import EntityType, ListChange, Outcome, PushReport, SandboxRecord

HERE = Path(__file__).resolve().parent
MAPPING = json.loads((HERE / "mapping.json").read_text(encoding="utf-8"))
# Where the Node half finds the same data.
DATA = HERE.parents[1] / ".setup" / "demo"
HEADINGS = ["CRM", "kind", "handed in", "pushed", "failed", "unknown", "not sent", "held"]


def from_graph8(sandbox: graph8_crm.Sandbox, client: graph8_crm.Client) -> None:
    """graph8's list 42 into Salesforce, until its report is clean."""
    found = client.check_contacts("salesforce", client.graph8_contacts(list_id=42), form="graph8")
    print("Python: graph8's list 42, checked before anything is sent")
    for finding in found.errors:
        print(f"  {finding.count:>4} x {finding.message}")
    contacts = client.graph8_contacts(list_id=42)
    report = client.push_contacts("salesforce", contacts, form="graph8", check=True)
    print(f"  pushed:   {report}")
    retry = client.push_contacts("salesforce", map(mended, report.records_of("failed")), check=True)
    report = report.merge(retry, of="failed")
    report.raise_for_failures()
    print(f"  repaired: {report}")
    if len(sandbox.records("salesforce", "contacts")) != report.pushed:
        sys.exit("Salesforce does not hold what the report says")


def day_after_day(sandbox: graph8_crm.Sandbox, client: graph8_crm.Client) -> None:
    """The same list into Pipedrive, today and tomorrow: it creates duplicates if it is let."""
    with tempfile.TemporaryDirectory() as folder:
        journal = Path(folder) / "list-42.journal"
        for day in ("today", "tomorrow"):
            contacts = client.graph8_contacts(list_id=42)
            report = client.push_contacts(
                "pipedrive", contacts, form="graph8", journal=journal, primary_key="id"
            )
            created = report.pushed - report.pushed_before
            print(f"  {day + ':':<9} {created} created, {report.pushed_before} pushed before")
            if len(sandbox.records("pipedrive", "contacts")) != report.pushed:
                sys.exit("Pipedrive does not hold each contact once")


def mended(record: dict[str, Any]) -> dict[str, Any]:
    """With a last name from the address, and without an address that is none."""
    name, _, domain = record.get("Email", "").partition("@")
    if not domain:
        record.pop("Email", None)
    last_name = record.get("LastName") or name.rpartition(".")[2].capitalize()
    return record | {"LastName": last_name or record.get("FirstName", "")}


def mapped(rows: list[dict[str, str]], names: dict[str, str]) -> list[dict[str, str]]:
    return [{names[key]: value for key, value in row.items() if key in names} for row in rows]


def differences(
    report: PushReport, records: list[Any], held: list[SandboxRecord], slug: str
) -> list[str]:
    """How a report differs from what the CRM holds, in numbers and, by `slug`, record by record."""
    found = []
    outcomes = list(report.outcomes)
    total = report.pushed + report.skipped + report.failed + report.unknown + report.not_sent
    if not total == len(records) == len(outcomes):
        found.append(f"{total} outcomes of {len(records)} records")
    if not report.pushed <= len(held) <= report.pushed + report.unknown:
        found.append(f"{len(held)} held, {report.pushed} pushed and {report.unknown} unknown")
    present = Counter(name_of(record["fields"], slug) for record in held)
    by_outcome = {outcome: Counter[str]() for outcome in Outcome}
    for record, outcome in zip(records, outcomes, strict=True):
        by_outcome[outcome][name_of(record, slug)] += 1
    if missing := by_outcome[Outcome.PUSHED] - present:
        found.append(f"pushed but not held: {sorted(missing)[:5]}")
    if unexplained := present - by_outcome[Outcome.PUSHED] - by_outcome[Outcome.UNKNOWN]:
        found.append(f"held but neither pushed nor unknown: {sorted(unexplained)[:5]}")
    return found


def name_of(record: dict[str, Any], slug: str) -> str:
    # Sugar cuts long names without a word.
    return str(record.get(slug, ""))[:200]


def reasons(reports: list[PushReport]) -> list[tuple[str, int]]:
    """The commonest messages of failed records."""
    messages = Counter[str]()
    for report in reports:
        for group in report.failures_by_message():
            messages[group.message[:90]] += group.count
    return messages.most_common(3)


def push_lists(
    sandbox: graph8_crm.Sandbox, client: graph8_crm.Client, provider: Any
) -> tuple[PushReport, list[str]]:
    ids = [record["id"] for record in sandbox.records(provider, "contacts")]
    first, second = (entry["id"] for entry in sandbox.lists(provider)[:2])
    changes = [
        ListChange(first, add=ids[:50]),
        ListChange(second, add=ids[50:60]),
        ListChange(first, remove=ids[:5]),
        ListChange("999999", add=ids[:1]),
    ]
    report = client.push_lists(provider, changes, batch_size=1)
    members = {entry["id"]: set(entry["members"]) for entry in sandbox.lists(provider)}
    found = []
    if members[first] != set(ids[5:50]) or members[second] != set(ids[50:60]):
        found.append("the lists' members are not the requested ones")
    if [outcome.value for outcome in report.outcomes] != ["pushed"] * 3 + ["failed"]:
        found.append(f"unexpected outcomes of list changes: {list(report.outcomes)}")
    return report, found


def main() -> None:
    contacts, companies = make(seed=8)
    write(DATA, contacts, companies)
    data: dict[EntityType, list[dict[str, str]]] = {"contacts": contacts, "companies": companies}
    with graph8_crm.sandbox(seed=8) as sandbox, sandbox.client() as client:
        from_graph8(sandbox, client)
        day_after_day(sandbox, client)
    lines = [HEADINGS]
    notes: list[str] = []
    wrong: list[str] = []
    with graph8_crm.sandbox(seed=8) as sandbox, sandbox.client() as client:
        for sync in client.list_syncs():
            provider: Any = sync.provider
            status = client.status(provider)
            fields = client.fields(provider)
            state = "connected" if status.connected else f"broken: {status.message}"
            notes.append(f"{provider}: {state}, {len(fields)} contact fields")
            reports = []
            for kind, rows in data.items():
                names = MAPPING[provider][kind]
                records = mapped(rows, names)
                push = client.push_contacts if kind == "contacts" else client.push_companies
                report = push(provider, records, fix=True)
                held = sandbox.records(provider, kind)
                slug = names["phone" if kind == "contacts" else "name"]
                wrong += [
                    f"{provider} {kind}: {words}"
                    for words in differences(report, records, held, slug)
                ]
                lines.append(row_of(report, len(held)))
                reports.append(report)
            report, found = push_lists(sandbox, client, provider)
            wrong += [f"{provider} lists: {words}" for words in found]
            held_members = sum(len(entry["members"]) for entry in sandbox.lists(provider))
            lines.append(row_of(report, held_members))
            notes += [f"  {count:>4} x {words}" for words, count in reasons([*reports, report])]
    print("Python: what became of each record, and what each CRM's sandbox holds")
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    for line in lines:
        cells = zip(line, widths, strict=True)
        print("  ".join(cell.ljust(width) for cell, width in cells).rstrip())
    print(*notes, sep="\n")
    if wrong:
        sys.exit("The numbers differ:\n" + "\n".join(wrong))
    print("Every number agrees with what the CRMs hold.\n")


def row_of(report: PushReport, held: int) -> list[str]:
    numbers = [report.records, report.pushed, report.failed, report.unknown, report.not_sent, held]
    return [report.provider, report.kind, *map(str, numbers)]


if __name__ == "__main__":
    main()
