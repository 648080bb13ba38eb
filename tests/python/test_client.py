"""The sync client against the sandbox."""

from __future__ import annotations

import asyncio
import re
from collections import UserDict
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from importlib import metadata

import pytest
from conftest import contacts, wait_until

import graph8_crm
from graph8_crm import Client, ConfigError, ListChange, Outcome, Sandbox


def test_pushes_contacts_and_the_crm_holds_them(client: Client, sandbox: Sandbox) -> None:
    report = client.push_contacts("hubspot", contacts(250))
    assert (report.records, report.pushed, report.requests) == (250, 250, 3)
    held = sandbox.records("hubspot", "contacts")
    # Requests overlap, so the order is not that of the source.
    assert {record["fields"]["email"] for record in held} == {
        record["email"] for record in contacts(250)
    }


def test_pushes_companies_and_list_changes(client: Client, sandbox: Sandbox) -> None:
    assert client.push_companies("hubspot", [{"name": "Ada Ltd", "domain": "ada.example"}]).pushed
    client.push_contacts("hubspot", contacts(2))
    ids = [record["id"] for record in sandbox.records("hubspot", "contacts")]
    list_id = sandbox.add_list("hubspot", name="Newsletter")
    report = client.push_lists(
        "hubspot", [ListChange(list_id, add=ids), {"list_id": list_id, "remove": ids[:1]}]
    )
    assert (report.pushed, report.list_members_added, report.list_members_removed) == (2, 2, 1)
    lists = {held["id"]: held["members"] for held in sandbox.lists("hubspot")}
    assert lists[list_id] == ids[1:]


def test_reads_syncs_fields_and_status(client: Client, sandbox: Sandbox) -> None:
    assert {sync.provider for sync in client.list_syncs()} >= {"hubspot", "zoho"}
    assert "email" in {field.slug for field in client.fields("hubspot")}
    assert client.fields("hubspot", "companies") != client.fields("hubspot", "contacts")
    assert client.status("hubspot").connected
    sandbox.set_connection("hubspot", "expired")
    status = client.status("hubspot")
    assert not status.connected
    assert status.message


def test_a_record_that_cannot_be_encoded_fails_alone(client: Client) -> None:
    records: list[dict[str, object]] = [*contacts(4)]
    records.insert(2, {"email": "x@example.com", "tags": {"a"}})
    report = client.push_contacts("hubspot", records)
    assert (report.pushed, report.failed) == (4, 1)
    assert report.problems[0].index == 2
    assert report.problems[0].message == "record 2: field 'tags': cannot encode set; use a list"


def test_an_index_counts_from_the_start_of_the_input(client: Client) -> None:
    report = client.push_contacts("hubspot", [*contacts(230), {"email": {1}}])
    assert report.problems[0].message.startswith("record 230: field 'email'")
    assert report.outcomes[230] is Outcome.FAILED


def test_a_generator_runs_ahead_of_the_service_by_a_few_batches_only(
    client: Client, sandbox: Sandbox
) -> None:
    ahead: list[int] = []

    def source() -> Iterator[dict[str, object]]:
        for number, record in enumerate(contacts(3_000)):
            if number % 100 == 0:
                ahead.append(number - 100 * len(sandbox.requests()))
            yield record

    assert client.push_contacts("hubspot", source(), concurrency=2).pushed == 3_000
    # Two requests leave, a batch waits for each and one more, and a chunk is being read.
    assert max(ahead) <= 600


def test_a_source_that_raises_comes_out_with_the_report(client: Client) -> None:
    def source() -> Iterator[dict[str, object]]:
        yield from contacts(130)
        raise LookupError("the source broke")

    with pytest.raises(LookupError, match="the source broke") as caught:
        client.push_contacts("hubspot", source())
    report: graph8_crm.PushReport = caught.value.report  # type: ignore[attr-defined]
    assert (report.records, report.pushed) == (130, 130)


def test_ctrl_c_in_the_source_ends_the_push_with_the_report(client: Client) -> None:
    def source() -> Iterator[dict[str, object]]:
        yield from contacts(130)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        client.push_contacts("hubspot", source())
    report: graph8_crm.PushReport = caught.value.report  # type: ignore[attr-defined]
    # The first batch may have left already, and may have been answered.
    assert report.records == 130
    assert report.not_sent in (30, 130)


def test_ctrl_c_while_a_record_is_read_loses_no_record(client: Client) -> None:
    class Interrupting(UserDict[str, object]):
        def __iter__(self) -> Iterator[str]:
            raise KeyboardInterrupt

    records: list[Mapping[str, object]] = [*contacts(130), Interrupting(), *contacts(269)]
    with pytest.raises(KeyboardInterrupt) as caught:
        client.push_contacts("hubspot", records)
    report: graph8_crm.PushReport = caught.value.report  # type: ignore[attr-defined]
    assert report.records == 400
    assert report.not_sent in (300, 400)


def test_a_failed_push_within_a_source_keeps_both_reports(client: Client, sandbox: Sandbox) -> None:
    def source() -> Iterator[dict[str, object]]:
        yield from contacts(100)
        sandbox.fail_next("status", status=401, body=None, operation="push_companies")
        client.push_companies("hubspot", [{"name": "Ada Ltd"}])

    with pytest.raises(graph8_crm.AuthenticationError) as caught:
        client.push_contacts("hubspot", source())
    assert caught.value.report is not None
    assert (caught.value.report.kind, caught.value.report.pushed) == ("contacts", 100)
    assert caught.value.inner_report.kind == "companies"  # type: ignore[attr-defined]


def test_a_number_beyond_all_floats_spoils_no_batch(client: Client) -> None:
    records: list[dict[str, object]] = [
        *contacts(2),
        {"email": "big@example.com", "numemployees": Decimal("1E+400")},
        {"email": "no address"},
        {"email": "int@example.com", "numemployees": 10**400},
    ]
    report = client.push_contacts("hubspot", records)
    assert report.records == 5
    assert report.unknown == 0
    assert report.outcomes[3] is Outcome.FAILED


def test_a_push_that_ends_early_counts_the_rest_of_a_list_as_not_sent(
    client: Client, sandbox: Sandbox
) -> None:
    sandbox.fail_next("status", status=401, body={"detail": "expired"}, skip=2)
    with pytest.raises(graph8_crm.AuthenticationError) as caught:
        client.push_contacts("hubspot", contacts(3000), concurrency=1)
    report = caught.value.report
    assert report is not None
    assert (report.records, report.pushed, report.not_sent) == (3000, 200, 2800)
    # What was read and did not leave is in the report; the rest was never read.
    assert report.unread > 0
    with pytest.raises(LookupError, match=f"from index {3000 - report.unread} on"):
        report.records_of("not_sent")
    assert report.failed == 0
    assert set(report.outcomes[200:]) == {Outcome.NOT_SENT}
    assert report.ended_early is not None


def test_a_push_that_ends_early_reads_no_further(client: Client, sandbox: Sandbox) -> None:
    sandbox.fail_next("status", status=401, body=None)
    source = iter(contacts(1000))
    with pytest.raises(graph8_crm.AuthenticationError) as caught:
        client.push_contacts("hubspot", source, concurrency=1)
    report = caught.value.report
    assert report is not None
    assert report.failed == 0
    assert report.records + len(list(source)) == 1000
    assert report.records_of("not_sent") == contacts(1000)[: report.records]


def test_a_connection_that_is_absent_is_an_error_with_all_fields(
    client: Client, sandbox: Sandbox
) -> None:
    sandbox.set_connection("zoho", "absent")
    with pytest.raises(graph8_crm.NotConnectedError) as caught:
        client.fields("zoho")
    error = caught.value
    assert error.status == 404
    assert error.request_id
    assert not error.retryable
    assert error.report is None
    assert f"[request {error.request_id}]" in str(error)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"provider": "hubspt"}, "hubspot"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"batch_size": -5}, "batch_size is -5"),
        ({"on_unknown": "again"}, "on_unknown is 'again'"),
        ({"deadline": -1.0}, "deadline is -1"),
        ({"max_consecutive_unknown": -1}, "max_consecutive_unknown is -1"),
        ({"provider_fields": {"a": {1}}}, "field 'provider_fields.a': cannot encode set"),
        ({"provider_fields": [1]}, "provider_fields is not an object"),
    ],
)
def test_a_wrong_argument_is_an_error_before_any_request(
    client: Client, sandbox: Sandbox, arguments: dict[str, object], words: str
) -> None:
    given: dict[str, object] = {"provider": "hubspot", "records": contacts(1), **arguments}
    with pytest.raises(ConfigError, match=re.escape(words)):
        client.push_contacts(**given)  # type: ignore[arg-type]
    assert sandbox.requests() == []


@pytest.mark.parametrize("records", [{"email": "a@example.com"}, "records", b"records"])
def test_one_record_instead_of_many_is_an_error(client: Client, records: object) -> None:
    with pytest.raises(TypeError, match="instead of many records"):
        client.push_contacts("hubspot", records)  # type: ignore[arg-type]


def test_a_wrong_setting_is_an_error_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="G8_API_KEY"):
        Client()
    with pytest.raises(ConfigError, match="connect_timeout is -1"):
        Client("key", connect_timeout=-1)
    with pytest.raises(ConfigError, match="CA file"):
        Client("key", ca_file="/does/not/exist.pem")
    monkeypatch.setenv("GRAPH8_API_KEY", "key")
    assert Client().base_url == "https://be.graph8.com/api/v1"


def test_settings_reach_the_service(sandbox: Sandbox) -> None:
    with sandbox.client(user_agent_suffix="my-app/1.2") as client:
        client.list_syncs()
    agent = sandbox.requests()[0]["headers"]["user-agent"]
    assert agent == f"graph8-crm/{graph8_crm.__version__} my-app/1.2"


def test_the_package_and_its_native_half_have_one_version() -> None:
    assert metadata.version("graph8-crm") == graph8_crm.__version__


def test_a_closed_client_says_so(sandbox: Sandbox) -> None:
    with sandbox.client() as client:
        client.list_syncs()
    client.close()
    for call in (client.list_syncs, lambda: client.push_contacts("hubspot", contacts(1))):
        with pytest.raises(RuntimeError, match="the client is closed"):
            call()


def test_works_inside_a_running_event_loop(client: Client) -> None:
    async def main() -> int:
        return client.push_contacts("hubspot", contacts(3)).pushed

    assert asyncio.run(main()) == 3


def test_threads_share_a_client_and_other_threads_run_meanwhile(
    client: Client, sandbox: Sandbox
) -> None:
    sandbox.fail_next("hold", count=4)
    with ThreadPoolExecutor(4) as pool:
        pushes = [
            pool.submit(client.push_contacts, "hubspot", contacts(10, start))
            for start in range(0, 40, 10)
        ]
        # None is answered before all are there, and this thread runs meanwhile.
        wait_until(lambda: sandbox.held() == 4)
        sandbox.release()
        assert sum(push.result().pushed for push in pushes) == 40
