"""How a user's typed code looks; checked by mypy and basedpyright in strict mode, and run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, NamedTuple

import graph8_crm
from graph8_crm import (
    AsyncClient,
    AsyncGraph8Rows,
    Client,
    ConnectionStatus,
    CrmSync,
    EntityType,
    Field,
    Fields,
    Graph8Error,
    Graph8Field,
    Graph8Rows,
    JSONValue,
    ListChange,
    Outcome,
    Problem,
    Provider,
    PushReport,
    RequestTimeoutError,
    ResultTable,
    SandboxRecord,
    Skip,
    hubspot,
    salesforce,
)


def people() -> Iterator[dict[str, str]]:
    yield {"email": "ada@example.com"}


async def people_later() -> AsyncIterator[dict[str, object]]:
    yield {"email": "grace@example.com", "firstname": None}


def use_client(client: Client, provider: Provider, entity_type: EntityType) -> PushReport:
    syncs: ResultTable[CrmSync] = client.list_syncs()
    synced: list[datetime | None] = [sync.last_sync_time for sync in syncs]
    fields: Fields = client.fields(provider, entity_type)
    email: Field = fields["email"] if "email" in fields else fields[0]
    part: Fields = fields[:2]
    rename: dict[str, str] = part.suggest(field.label or email.slug for field in fields).rename
    schema: dict[str, Any] = client.fields(provider).to_schema()
    status: ConnectionStatus = client.status(provider)
    report = client.push_contacts(provider, people(), batch_size=50, on_unknown="report")
    report = client.push_companies(provider, [{"name": "Ada Ltd"}], deadline=60.0)
    problems: ResultTable[Problem] = report.problems
    outcome: Outcome = report.outcomes[0]
    once = client.push_contacts(provider, people(), unique="first")
    skips: ResultTable[Skip] = once.skips
    repaired: PushReport = once.merge(once, of=[0]).merge(once)
    if not repaired.records:
        repaired = once.merge(once, of="failed").merge(once, of=Outcome.FAILED)
        client.push_lists("hubspot", [], unique="first")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    plain: dict[str, Any] = report.to_dict()
    print(synced, rename, schema, status, problems, outcome, plain, skips, repaired)
    return report


@dataclass
class Person:
    email: str


class Row(NamedTuple):
    email: str
    firstname: str | None = None


class Table:
    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        raise NotImplementedError


def use_sources(client: Client, path: Path) -> list[PushReport]:
    contact = hubspot.Contact(email="ada@example.com", firstname="Ada", custom={"score": 5})
    email: str | None = contact.email
    contact.lastname = email
    company = salesforce.Company(Name="Ada Ltd", NumberOfEmployees=1)
    return [
        client.push_contacts("hubspot", [contact, {"email": "grace@example.com"}], drop_nulls=True),
        client.push_contacts("hubspot", [Person("alan@example.com")], rename={"email": "email"}),
        client.push_companies("salesforce", (company for _ in range(2)), columns=["Name"]),
        client.push_contacts("hubspot", path, nan="error"),
        client.push_contacts("hubspot", [Row("edsger@example.com"), {"email": "a@example.com"}]),
        client.push_contacts("hubspot", (row for row in [Row("barbara@example.com")])),
    ]


def use_names_from_outside(client: Client, name: str) -> PushReport:
    """A CRM's name as a configuration has it, and records that are pushed again."""
    if graph8_crm.is_provider(name):
        known: Provider = name
        print(known)
    report = client.push_contacts(name, people())
    failed: list[dict[str, JSONValue]] = report.records_of("failed")
    for problem in report.problems:
        record: dict[str, JSONValue] | None = problem.record
        print(record)
    return client.push_contacts(report.provider, failed)


def use_wrong_types(client: Client) -> None:
    hubspot.Contact(email=5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    hubspot.Contact(emial="a")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    client.push_contacts("hubspot", {"email": "a"})  # type: ignore[dict-item]  # pyright: ignore[reportArgumentType]
    client.push_contacts("hubspot", Table())


def use_lists(client: Client) -> PushReport:
    return client.push_lists("hubspot", [ListChange("7", add=["1", 2]), ListChange(8, remove=[3])])


async def use_async_client(client: AsyncClient) -> PushReport:
    async with client:
        syncs: ResultTable[CrmSync] = await client.list_syncs()
        print(syncs, await client.fields("zoho"), await client.status("zoho"))
        report = await client.push_contacts("hubspot", people_later())
        return await client.push_lists("hubspot", [{"list_id": "7", "add": report.provider}])


def use_graph8_rows(client: Client) -> PushReport:
    rows: Graph8Rows = client.graph8_contacts(list_id=42, include_custom_fields=True)
    first: dict[str, Any] = next(iter(rows))
    total: int | None = rows.total
    print(first["work_email"], total, rows.warning, rows.rows, rows.repeated)
    places: tuple[Graph8Field, ...] = graph8_crm.graph8_fields("zoho", "companies")
    print(places[0].field, places[0].takes, places[0].to_dict())
    client.push_companies("zoho", client.graph8_companies(domain="acme.example"), form="graph8")
    return client.push_contacts("zoho", rows, form="graph8")


async def use_graph8_rows_later(client: AsyncClient) -> PushReport:
    rows: AsyncGraph8Rows = client.graph8_contacts(list_id="7")
    async for row in rows:
        print(row["id"])
    return await client.push_contacts("zoho", rows, form="graph8")


def use_errors(client: Client) -> float | None:
    try:
        client.status("hubspot")
    except RequestTimeoutError as error:
        timeout: TimeoutError = error
        print(timeout)
    except Graph8Error as error:
        report: PushReport | None = graph8_crm.report_of(error) or error.report
        print(error.status, error.code, error.request_id, error.retryable, report)
        return error.retry_after
    return None


def main() -> None:
    with graph8_crm.sandbox(seed=1) as sandbox:
        with sandbox.client(timeout=5.0) as client:
            print(use_client(client, "hubspot", "contacts"), use_lists(client), use_errors(client))
            print(use_names_from_outside(client, "hubspot"))
            held: list[SandboxRecord] = sandbox.records("hubspot", "contacts")
            fields: list[dict[str, JSONValue]] = [record["fields"] for record in held]
            print(fields, sandbox.lists("hubspot"), sandbox.requests()[0]["path"])
            print(use_graph8_rows(client))
            with NamedTemporaryFile(suffix=".ndjson") as file:
                print(use_sources(client, Path(file.name)))
        print(asyncio.run(use_async_client(sandbox.async_client())))
        print(asyncio.run(use_graph8_rows_later(sandbox.async_client())))


if __name__ == "__main__":
    main()
