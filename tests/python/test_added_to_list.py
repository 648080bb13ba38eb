"""Contacts of a push in a list: counted on both ends; the rules are contract cases."""

from __future__ import annotations

import asyncio
import pickle
import random
from typing import TYPE_CHECKING, Any

import pytest
from conftest import contacts, until

import graph8_crm
from graph8_crm import ConfigError, Outcome, PushProgress, PushReport, ResultTable

if TYPE_CHECKING:
    from pathlib import Path

    from graph8_crm import AddedToList, Sandbox

VIP: dict[str, str | int] = {"list_id": "7"}


def members(sandbox: Sandbox) -> list[str]:
    found: list[str] = next(
        entry["members"] for entry in sandbox.lists("hubspot") if entry["id"] == "7"
    )
    return found


def ids_by_email(sandbox: Sandbox) -> dict[str, str]:
    records = sandbox.records("hubspot", "contacts")
    return {str(record["fields"]["email"]): record["id"] for record in records}


def not_added(added: AddedToList) -> dict[int, str]:
    return {problem.index: problem.reason for problem in added.problems}


def check_both_ends(
    sandbox: Sandbox, people: list[dict[str, object]], report: PushReport, before: int = 0
) -> None:
    added = report.added_to_list
    assert added is not None
    left = added.not_found + added.ambiguous + added.failed + added.unknown + added.not_sent
    assert added.added + left == report.pushed + report.skipped
    reasons = not_added(added)
    assert len(reasons) == left
    of_crm, in_list = ids_by_email(sandbox), set(members(sandbox))
    may_be_there = 0
    for index, person in enumerate(people):
        is_member = of_crm.get(str(person["email"])) in in_list
        if report.outcomes[index] not in (Outcome.PUSHED, Outcome.SKIPPED):
            assert index not in reasons
            continue
        if index not in reasons:
            assert is_member, index
        elif reasons[index] != "unknown":
            assert not is_member or before, (index, reasons[index])
        else:
            may_be_there += is_member
    if not before:
        assert added.added <= len(in_list) <= added.added + may_be_there


def test_any_number_is_added_100_per_change(sandbox: Sandbox) -> None:
    sandbox.add_list("hubspot", id="7")
    people = contacts(250)
    sandbox.add_contacts("hubspot", people[:30])
    with sandbox.client() as client:
        report = client.push_contacts("hubspot", people, skip_existing=True, add_to_list=VIP)
    check_both_ends(sandbox, people, report)
    added = report.added_to_list
    assert added is not None
    assert (added.added, added.new_members, len(members(sandbox))) == (250, 250, 250)
    changes: list[Any] = [
        request["body"] for request in sandbox.requests() if "/lists/" in request["path"]
    ]
    sizes = [len(change["records"][0]["add_contact_ids"]) for change in changes]
    assert sizes == [100, 100, 50]
    # Those that were skipped are known by their ids.
    looks: list[Any] = [
        request["body"] for request in sandbox.requests() if "lookup" in request["path"]
    ]
    assert sum(len(look["emails"]) for look in looks) == 250 + 220


def test_two_records_of_one_contact_are_both_added(sandbox: Sandbox) -> None:
    sandbox.add_list("hubspot", id="7")
    people = [{"email": "ada@x.test"}, {"email": "ADA@x.test"}]
    with sandbox.client() as client:
        report = client.push_contacts("hubspot", people, unique="first", add_to_list=VIP)
    added = report.added_to_list
    assert added is not None
    assert (report.pushed, report.skipped, added.added, added.new_members) == (1, 1, 2, 1)


def test_a_search_that_lags_is_asked_again(sandbox: Sandbox) -> None:
    sandbox.add_list("hubspot", id="7")
    sandbox.set_siblings(index_lag_ms=900)
    seen: list[str] = []

    def progress(snapshot: PushProgress) -> None:
        if snapshot.waiting is not None:
            seen.append(snapshot.waiting.reason)

    with sandbox.client() as client:
        report = client.push_contacts("hubspot", contacts(3), add_to_list=VIP, progress=progress)
    assert report.added_to_list is not None
    assert report.added_to_list.added == 3


def test_a_deadline_ends_the_wait_for_the_search(sandbox: Sandbox) -> None:
    sandbox.add_list("hubspot", id="7")
    sandbox.set_siblings(index_lag_ms=3_600_000)
    with (
        sandbox.client() as client,
        pytest.raises(graph8_crm.RequestTimeoutError, match="deadline") as caught,
    ):
        client.push_contacts("hubspot", contacts(2), add_to_list=VIP, deadline=2)
    report = caught.value.report
    assert report is not None
    added = report.added_to_list
    assert added is not None
    assert (report.pushed, added.added, added.not_sent) == (2, 0, 2)
    assert set(not_added(added).values()) == {"not_sent"}
    assert added.ended_early is not None
    assert "deadline" in added.ended_early


def test_the_log_tells_of_one_push(sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    sandbox.add_list("hubspot", id="7")
    with caplog.at_level("DEBUG", "graph8_crm"), sandbox.client() as client:
        client.push_contacts("hubspot", contacts(2), add_to_list=VIP)
        client.push_contacts("hubspot", contacts(1, 5))
    events = [record.graph8 for record in caplog.records if hasattr(record, "graph8")]
    pushes = [
        event for event in events if event["event"] in ("push_started", "batch", "push_ended")
    ]
    assert {event["kind"] for event in pushes} == {"contacts"}
    ended = [event["added_to_list"] for event in pushes if event["event"] == "push_ended"]
    assert ended == [2, None]
    operations = [event["operation"] for event in events if event["event"] == "request"]
    assert "push_lists" in operations
    said = [message for message in caplog.messages if "push of contacts to hubspot ends" in message]
    assert [message.endswith(", 2 added to the list") for message in said] == [True, False]


def test_a_cancel_leaves_the_contacts_pushed_and_a_journal_adds_all(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.add_list("hubspot", id="7")
    people = contacts(3)
    journal = tmp_path / "contacts.journal"
    sandbox.fail_next("hold", operation="push_lists", after_write=True)

    async def cancelled() -> PushReport:
        async with sandbox.async_client() as client:
            call = client.push_contacts("hubspot", people, journal=journal, add_to_list=VIP)
            push = asyncio.create_task(call)
            await until(lambda: sandbox.held() == 1)
            push.cancel()
            with pytest.raises(asyncio.CancelledError) as caught:
                await push
        report = graph8_crm.report_of(caught.value)
        assert report is not None
        return report

    first = asyncio.run(cancelled())
    assert first.pushed == 3
    assert first.added_to_list is not None
    assert first.added_to_list.unknown == 3
    check_both_ends(sandbox, people, first)
    with sandbox.client() as client:
        second = client.push_contacts("hubspot", people, journal=journal, add_to_list=VIP)
    assert second.added_to_list is not None
    assert (second.pushed, second.added_to_list.added) == (3, 3)
    assert (len(ids_by_email(sandbox)), len(members(sandbox))) == (3, 3)


@pytest.mark.parametrize("seed", range(12))
def test_whatever_fails_both_ends_agree_and_the_journal_mends_it(
    sandbox: Sandbox, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    sandbox.add_list("hubspot", id="7")
    people = contacts(40)
    sandbox.add_contacts("hubspot", chance.sample(people, 8))
    if seed % 3 == 0:
        sandbox.set_siblings(index_lag_ms=300)
    operations: list[Any] = ["push_contacts", "find_contacts", "push_lists"]
    kinds: list[tuple[Any, dict[str, Any]]] = [
        ("close_after_write", {}),
        ("close_before_read", {}),
        ("status", {"status": 500}),
        ("status", {"status": 403}),
        ("truncate", {"bytes": 20}),
    ]
    for operation in operations:
        kind, more = chance.choice(kinds)
        count = chance.choice([1, 1, 2, 5])
        sandbox.fail_next(kind, operation=operation, count=count, skip=chance.randrange(3), **more)
    options: dict[str, Any] = {
        "journal": tmp_path / "contacts.journal",
        "primary_key": "email",
        "skip_existing": True,
        "resolve_unknown": "lookup",
        "resolve_unknown_after": 0.4,
        "batch_size": 10,
        "add_to_list": VIP,
    }
    with sandbox.client() as client:
        try:
            report = client.push_contacts("hubspot", people, **options)
        except graph8_crm.Graph8Error as error:
            ended = error.report
        else:
            ended = report
        assert ended is not None
        report = ended
        check_both_ends(sandbox, people, report)
        sandbox.command("clear_faults")
        before = len(members(sandbox))
        # What was in doubt and is not there is sent by the run after.
        client.push_contacts("hubspot", people, **options)
        again = client.push_contacts("hubspot", people, **options)
    check_both_ends(sandbox, people, again, before)
    assert again.added_to_list is not None
    assert again.added_to_list.added == again.pushed + again.skipped
    assert again.pushed + again.skipped + again.unknown == 40
    assert len(ids_by_email(sandbox)) == len(sandbox.records("hubspot", "contacts"))
    if again.unknown == 0:
        assert len(members(sandbox)) == 40


def test_reports_with_a_list_are_merged_shown_and_pickled(sandbox: Sandbox) -> None:
    sandbox.add_list("hubspot", id="7")
    nameless: list[dict[str, object]] = [{"firstname": "Nameless"}, {"email": "bad"}]
    with sandbox.client() as client:
        first = client.push_contacts("hubspot", contacts(2) + nameless, add_to_list=VIP)
        second = client.push_contacts("hubspot", nameless[:1], add_to_list=VIP)
        retried = first.merge(
            client.push_contacts("hubspot", contacts(1, 5), add_to_list=VIP), of="failed"
        )
        without = client.push_contacts("hubspot", contacts(1, 9))
    assert without.added_to_list is None
    both = first.merge(second).added_to_list
    assert both is not None
    assert (both.added, both.not_found, list(not_added(both))) == (2, 2, [2, 4])
    assert without.merge(second).added_to_list == graph8_crm.AddedToList(
        list_id="7",
        list_name=None,
        added=0,
        new_members=0,
        not_found=1,
        ambiguous=0,
        failed=0,
        unknown=0,
        not_sent=0,
        problems=ResultTable(
            graph8_crm.NotAdded,
            [
                graph8_crm.NotAdded(
                    1,
                    "not_found",
                    "it has no e-mail address by itself by which it could be found in the CRM",
                )
            ],
        ),
        problems_omitted=0,
        ended_early=None,
    )
    mended = retried.added_to_list
    assert mended is not None
    assert (mended.added, mended.not_found, retried.pushed) == (3, 1, 4)
    assert pickle.loads(pickle.dumps(first)).added_to_list == first.added_to_list
    assert str(first.added_to_list) == "2 of 3 in the list 7"
    assert "2 of 3 in the list 7" in first.summary
    assert "2 of 3 in the list 7" in first._repr_html_()
    assert first.to_dict()["added_to_list"]["problems"][0]["index"] == 2


def test_a_list_that_may_be_meant_otherwise_is_refused_before_anything_is_sent(
    sandbox: Sandbox,
) -> None:
    wrong: list[Any] = ["42", "701D000000ABCdeIAH", 1.5, {"name": "VIP"}, {}, ["VIP"]]
    with sandbox.client() as client:
        for given in wrong:
            with pytest.raises(ConfigError, match="add_to_list is"):
                client.push_contacts("hubspot", contacts(1), add_to_list=given)
        with pytest.raises(ConfigError, match="create_list goes with"):
            client.push_contacts("hubspot", contacts(1), create_list=True)
    assert sandbox.requests() == []
