"""Sources that refill one record, that are a file of their push, or that fail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import pytest
from conftest import contacts

import graph8_crm
from graph8_crm import Client, Sandbox


def emails(sandbox: Sandbox) -> list[str]:
    held = sandbox.records("hubspot", "contacts")
    return [str(record["fields"]["email"]) for record in held]


def refilled(count: int) -> Iterator[dict[str, str]]:
    row: dict[str, str] = {}
    for number in range(count):
        row["email"] = f"refilled{number}@example.com"
        yield row


WANTED = [f"refilled{number}@example.com" for number in range(250)]


def test_one_record_that_is_filled_anew_is_as_many_as_were_given(
    client: Client, sandbox: Sandbox
) -> None:
    assert client.push_contacts("hubspot", refilled(250)).pushed == 250
    assert emails(sandbox) == WANTED


def test_the_same_of_an_async_source(sandbox: Sandbox) -> None:
    async def source() -> AsyncIterator[dict[str, str]]:
        for record in refilled(250):
            yield record

    async def main() -> int:
        report = await sandbox.async_client().push_contacts("hubspot", source())
        return report.pushed

    assert asyncio.run(main()) == 250
    assert emails(sandbox) == WANTED


def test_one_record_that_is_filled_anew_later_is_an_error_and_no_guess(
    client: Client, sandbox: Sandbox
) -> None:
    with pytest.raises(ValueError, match="an object of its own") as caught:
        client.push_contacts("hubspot", chain(contacts(120), refilled(10)))
    report: graph8_crm.PushReport = caught.value.report  # type: ignore[attr-defined]
    assert report.pushed == report.records == len(emails(sandbox)) == 120
    assert not any(email.startswith("refilled") for email in emails(sandbox))
    assert report.ended_early == "the source of the records raised ValueError"


def test_what_can_not_change_may_come_again(client: Client) -> None:
    records: list[Any] = [None, None, *contacts(120), 7, 7, "x", "x"]
    report = client.push_contacts("hubspot", iter(records))
    assert (report.pushed, report.failed) == (120, 6)


def test_a_record_that_is_given_again_as_it_is_counts_each_time(client: Client) -> None:
    same = {"email": "a@example.com"}
    report = client.push_contacts("hubspot", repeat(same, 3))
    assert (report.records, report.pushed, report.failed) == (3, 1, 2)


@pytest.mark.parametrize("name", ["people.ndjson", "link.ndjson"])
def test_a_dead_letter_file_is_no_source_of_its_own_push(
    name: str, client: Client, tmp_path: Path
) -> None:
    path = tmp_path / "people.ndjson"
    path.write_text('{"email": "no address"}\n')
    source = tmp_path / name
    if not source.exists():
        source.hardlink_to(path)
    with pytest.raises(graph8_crm.ConfigError, match="dead-letter file of the same push"):
        client.push_contacts("hubspot", source, dead_letter=path)
    assert path.read_text() == '{"email": "no address"}\n'


@pytest.mark.parametrize("batch_size", [1, 10])
def test_small_requests_leave_without_waiting_for_more_records(
    batch_size: int, client: Client, sandbox: Sandbox
) -> None:
    given: list[int] = []

    def source() -> Iterator[dict[str, object]]:
        for number, record in enumerate(contacts(3 * batch_size)):
            given.append(len(emails(sandbox)))
            if number == 2 * batch_size:
                # Those of the first request are there: without it, this source would never go on.
                while not emails(sandbox):
                    pass
            yield record

    report = client.push_contacts("hubspot", source(), batch_size=batch_size)
    assert report.pushed == 3 * batch_size


class Sized:
    def __len__(self) -> int:
        return 5_000

    def __iter__(self) -> Iterator[dict[str, object]]:
        yield from contacts(150)
        raise RuntimeError("customers' data may stand here")


def test_a_source_that_raises_is_why_the_push_ended_early(client: Client) -> None:
    with pytest.raises(RuntimeError) as caught:
        client.push_contacts("hubspot", Sized())
    report: graph8_crm.PushReport = caught.value.report  # type: ignore[attr-defined]
    assert (report.pushed, report.not_sent) == (150, 4_850)
    assert report.ended_early == "the source of the records raised RuntimeError"


@pytest.mark.parametrize("found", [[], {"total": 0}, "no", 0, 1])
def test_a_look_that_gives_no_answer_leaves_the_doubt(
    found: Any, client: Client, sandbox: Sandbox
) -> None:
    sandbox.fail_next("close_after_write", operation="push_contacts")
    with pytest.raises(TypeError, match="resolve_unknown gave a") as caught:
        client.push_contacts("hubspot", contacts(2), resolve_unknown=lambda _: found)
    report: graph8_crm.PushReport = caught.value.report  # type: ignore[attr-defined]
    assert report.unknown == 2


def test_members_of_an_answered_part_are_counted(client: Client, sandbox: Sandbox) -> None:
    sandbox.command("add_list", provider="salesforce", id="701")
    change = {"list_id": "701", "add": [f"003{number:012}" for number in range(500)]}
    sandbox.fail_next("status", status=401, body=None, skip=1, operation="push_lists")
    with pytest.raises(graph8_crm.AuthenticationError) as caught:
        client.push_lists("salesforce", [change])
    report = caught.value.report
    assert report is not None
    assert report.list_members_to_add == 200
    assert report.list_members_added is not None
