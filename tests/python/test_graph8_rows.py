"""graph8's own rows: iterated, pushed and checked."""

from __future__ import annotations

import asyncio
import gc
import signal
import threading
import weakref
from pathlib import Path
from typing import Any

import pytest
from conftest import until, wait_until

import graph8_crm
from graph8_crm import (
    AsyncClient,
    AuthenticationError,
    Client,
    ConfigError,
    Graph8Error,
    RequestTimeoutError,
    Sandbox,
    SandboxRequest,
)

LIST = 42
"""A list of the sandbox's, with 250 contacts: two pages."""


def status(code: int, **more: object) -> dict[str, object]:
    return {"kind": "status", "status": code, **more}


def fail_next(sandbox: Sandbox, fault: object, skip: int = 0) -> None:
    sandbox.command("fail_next", operation="graph8_contacts", fault=fault, skip=skip)


def reads(sandbox: Sandbox) -> list[SandboxRequest]:
    return [request for request in sandbox.requests() if request["path"].endswith("contacts")]


def test_rows_are_dicts_read_as_they_are_asked_for(client: Client, sandbox: Sandbox) -> None:
    rows = client.graph8_contacts()
    assert (rows.total, rows.rows, rows.repeated, rows.warning) == (None, 0, 0, None)
    assert sandbox.requests() == []
    reading = iter(rows)
    first = next(reading)
    assert {"id", "first_name", "work_email"} <= first.keys()
    assert (len(reads(sandbox)), rows.total, rows.rows) == (1, 1_000, 200)
    assert 1 + sum(1 for _ in reading) == 1_000
    assert (len(reads(sandbox)), rows.rows, rows.warning) == (5, 1_000, None)


def test_a_second_reading_begins_anew(client: Client, sandbox: Sandbox) -> None:
    rows = client.graph8_contacts(list_id=LIST)
    assert [row["id"] for row in rows] == [row["id"] for row in rows]
    assert len(reads(sandbox)) == 4


def test_filters_travel(client: Client, sandbox: Sandbox) -> None:
    assert not list(
        client.graph8_contacts(
            list_id=str(LIST),
            email="a@b.test",
            name="x",
            job_title="y",
            company_id=7,
            country=None,
            include_custom_fields=True,
            page_size=3,
        )
    )
    (request,) = reads(sandbox)
    assert request["query"] == {
        "page": "1",
        "limit": "3",
        "list_id": "42",
        "email": "a%40b.test",
        "name": "x",
        "job_title": "y",
        "company_id": "7",
        "include_custom_fields": "true",
    }
    found = list(client.graph8_companies(industry="Computer Software"))
    assert found
    assert {str(row["industry"]).lower() for row in found} == {"computer software"}


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"list_id": ""}, "list_id is empty"),
        ({"page_size": 201}, "page_size is 201: use 1 to 200"),
        ({"page_size": -1}, "the query is wrong"),
        ({"list_id": True}, "true is neither text nor a whole number"),
        ({"list_id": 1.5}, "1.5 is neither text nor a whole number"),
        ({"domain": "x"}, "unknown field `domain`"),
    ],
)
def test_wrong_queries_are_refused_at_once(
    client: Client, query: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        client.graph8_contacts(**query)


def test_repeated_rows_come_once_and_a_wrong_total_is_told(
    client: Client, sandbox: Sandbox
) -> None:
    sandbox.command("set_graph8_paging", repeat=10, total=300)
    rows = client.graph8_contacts(list_id=LIST, page_size=100)
    assert len({row["id"] for row in rows}) == 250
    assert (rows.rows, rows.repeated, rows.total) == (250, 20, 300)
    assert rows.warning is not None
    assert rows.warning.startswith("graph8 told of 300 contacts and 250 came")


def test_an_error_says_which_page(client: Client, sandbox: Sandbox) -> None:
    fail_next(sandbox, status(401), skip=1)
    seen = 0
    with pytest.raises(AuthenticationError, match="graph8_contacts page 2"):  # noqa: PT012
        for _ in client.graph8_contacts(list_id=LIST):
            seen += 1
    assert seen == 200


@pytest.mark.parametrize("provider", ["hubspot", "salesforce", "pipedrive", "zoho", "sugarcrm"])
def test_a_list_is_pushed_without_python(
    client: Client, sandbox: Sandbox, provider: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_iteration(_: object) -> None:
        raise AssertionError("read in Python")

    monkeypatch.setattr(graph8_crm.Graph8Rows, "__iter__", no_iteration)
    rows = client.graph8_contacts(list_id=LIST)
    report = client.push_contacts(provider, rows, form="graph8")
    assert report.records == 250
    assert (rows.rows, rows.total, rows.warning) == (250, 250, None)
    held = len(sandbox.records(provider, "contacts"))
    assert report.pushed <= held <= report.pushed + report.unknown
    companies = client.graph8_companies(include_custom_fields=True)
    report = client.push_companies(provider, companies, form="graph8")
    assert report.records == 200


def test_the_first_line_of_the_readme_with_a_check(client: Client, sandbox: Sandbox) -> None:
    report = client.push_contacts(
        "hubspot", client.graph8_contacts(list_id=LIST), form="graph8", check=True
    )
    assert report.records == 250
    assert len(sandbox.records("hubspot", "contacts")) == report.pushed


def test_rows_are_checked(client: Client, sandbox: Sandbox) -> None:
    rows = client.graph8_contacts(list_id=LIST)
    report = client.check_contacts("salesforce", rows, form="graph8")
    assert report.records == 250
    assert rows.rows == 250
    left_out = {finding.field for finding in report.findings if finding.code == "left_out"}
    assert {None, "linkedin_url"} <= left_out
    assert sandbox.records("salesforce", "contacts") == []


def test_what_came_before_an_error_is_sent(client: Client, sandbox: Sandbox) -> None:
    fail_next(sandbox, status(401), skip=1)
    rows = client.graph8_contacts(list_id=LIST)
    with pytest.raises(AuthenticationError, match="graph8_contacts page 2") as error:
        client.push_contacts("sugarcrm", rows, form="graph8")
    report = error.value.report
    assert report is not None
    assert (report.records, report.not_sent) == (200, 0)
    assert "graph8_contacts page 2" in str(report.ended_early)
    assert len(sandbox.records("sugarcrm", "contacts")) == report.pushed


def test_an_error_of_the_first_page_sends_nothing(client: Client, sandbox: Sandbox) -> None:
    fail_next(sandbox, status(403))
    with pytest.raises(graph8_crm.PermissionDeniedError, match="contacts:read"):
        client.push_contacts("sugarcrm", client.graph8_contacts(list_id=LIST), form="graph8")
    assert len(sandbox.requests()) == 1


def test_rows_of_another_kind_are_refused(client: Client, sandbox: Sandbox) -> None:
    with pytest.raises(ConfigError, match="these are graph8's companies"):
        client.push_contacts("hubspot", client.graph8_companies(), form="graph8")
    assert sandbox.requests() == []


def test_a_page_that_never_comes_ends_with_the_deadline(client: Client, sandbox: Sandbox) -> None:
    fail_next(sandbox, {"kind": "hold"}, skip=1)
    with pytest.raises(RequestTimeoutError) as error:
        client.push_contacts(
            "sugarcrm", client.graph8_contacts(list_id=LIST), form="graph8", deadline=1
        )
    assert error.value.report is not None
    assert error.value.report.records <= 200


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="signals need POSIX threads")
def test_ctrl_c_leaves_a_page_that_never_comes(client: Client, sandbox: Sandbox) -> None:
    fail_next(sandbox, {"kind": "hold"}, skip=1)

    def interrupt() -> None:
        wait_until(lambda: sandbox.held() == 1)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt) as interrupted:
        client.push_contacts("sugarcrm", client.graph8_contacts(list_id=LIST), form="graph8")
    thread.join()
    report = interrupted.value.report  # type: ignore[attr-defined]
    assert report.records == 200
    assert report.ended_early


def test_a_journal_refuses_rows_in_another_order(
    client: Client, sandbox: Sandbox, tmp_path: Path
) -> None:
    journal = tmp_path / "push.journal"

    def push() -> graph8_crm.PushReport:
        rows = client.graph8_contacts(list_id=LIST)
        return client.push_contacts("sugarcrm", rows, form="graph8", journal=journal)

    fail_next(sandbox, status(401), skip=1)
    with pytest.raises(AuthenticationError):
        push()
    sent = len(sandbox.records("sugarcrm", "contacts"))
    sandbox.command("set_graph8_paging", order="shuffled")
    with pytest.raises(ConfigError, match="the source differs from the journal"):
        push()
    assert len(sandbox.records("sugarcrm", "contacts")) == sent
    sandbox.command("set_graph8_paging")
    report = push()
    assert report.records == 250
    assert len(sandbox.records("sugarcrm", "contacts")) == report.pushed


def test_a_closed_client_reads_no_rows(sandbox: Sandbox) -> None:
    client = sandbox.client()
    rows = client.graph8_contacts()
    client.close()
    with pytest.raises(RuntimeError, match="the client is closed"):
        list(rows)
    with pytest.raises(RuntimeError, match="the client is closed"):
        client.graph8_companies()


def test_rows_show_nothing_of_their_filters(client: Client) -> None:
    rows = client.graph8_contacts(email="ada@example.com")
    assert repr(rows) == "<graph8_crm.Graph8Rows>"
    gone = weakref.ref(iter(rows))
    gc.collect()
    assert gone() is None


def test_rows_are_an_async_iterable(sandbox: Sandbox) -> None:
    async def main() -> None:
        async with sandbox.async_client() as client:
            rows = client.graph8_contacts(list_id=LIST)
            assert len([row async for row in rows]) == 250
            assert (rows.total, rows.warning) == (250, None)
            report = await client.push_contacts("zoho", rows, form="graph8")
            assert report.records == 250
            checked = await client.check_companies("zoho", client.graph8_companies(), form="graph8")
            assert checked.records == 200
            fail_next(sandbox, status(401))
            with pytest.raises(AuthenticationError):
                await anext(aiter(rows))

    asyncio.run(main())


def test_a_cancelled_task_leaves_a_page_that_never_comes(sandbox: Sandbox) -> None:
    async def main() -> None:
        client: AsyncClient
        async with sandbox.async_client() as client:
            fail_next(sandbox, {"kind": "hold"}, skip=1)
            rows = client.graph8_contacts(list_id=LIST)
            task = asyncio.ensure_future(client.push_contacts("zoho", rows, form="graph8"))
            await until(lambda: sandbox.held() == 1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError) as cancelled:
                await task
            report = graph8_crm.report_of(cancelled.value)
            assert report is not None
            assert report.records == 200
            assert report.ended_early

            fail_next(sandbox, {"kind": "hold"})
            reading = asyncio.ensure_future(anext(aiter(rows)))
            await until(lambda: sandbox.held() >= 1)
            reading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reading

    asyncio.run(main())


def test_graph8_fields_show_where_each_field_goes() -> None:
    fields = {field.name: field for field in graph8_crm.graph8_fields("pipedrive")}
    assert fields["work_email"].to_dict() == {
        "name": "work_email",
        "field": "emails",
        "takes": "entries",
        "part": "work",
    }
    assert fields["owner_id"].field is None
    companies = graph8_crm.graph8_fields("sugarcrm", "companies")
    assert ("employee_count", "employees", "text") in {
        (field.name, field.field, field.takes) for field in companies
    }
    for wrong in (("nope", "contacts"), ("zoho", "lists")):
        with pytest.raises(Graph8Error):
            graph8_crm.graph8_fields(*wrong)
