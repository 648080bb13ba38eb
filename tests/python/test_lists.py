"""List changes by name and e-mail: what Python adds; the rules are contract cases."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from conftest import until

from graph8_crm import ConfigError, ListChange, PermissionDeniedError, report_of

if TYPE_CHECKING:
    from pathlib import Path

    from graph8_crm import PushReport, Sandbox


def members(sandbox: Sandbox, name: str) -> list[str]:
    return next(found["members"] for found in sandbox.lists("hubspot") if found["name"] == name)


def looks(sandbox: Sandbox) -> list[str]:
    return [found["path"] for found in sandbox.requests() if "/integrations/" in found["path"]]


def test_changes_as_objects_and_as_mappings(sandbox: Sandbox) -> None:
    sandbox.add_contacts("hubspot", [{"email": f"p{number}@x.test"} for number in range(250)])
    sandbox.add_list("hubspot", name="VIP")
    emails = [f"P{number}@x.test" for number in range(250)]
    report = sandbox.client().push_lists(
        "hubspot",
        [
            ListChange(list_name="VIP", add_emails=emails),
            {"list_name": "VIP", "remove_emails": emails[:1]},
            {"list_name": "New", "list_id": None, "add_emails": emails[:1]},
        ],
        create_list=True,
    )
    assert (report.pushed, report.list_members_added) == (3, 251)
    assert len(members(sandbox, "VIP")) == 249
    assert len(members(sandbox, "New")) == 1
    # Two lists, one of them made; 250 addresses.
    assert len(looks(sandbox)) == 2 + 1 + 3


def test_a_change_keeps_its_place_for_ids() -> None:
    assert ListChange(7, ["1"], ["2"]).to_dict() == {"list_id": 7, "add": ["1"], "remove": ["2"]}
    named = ListChange(list_name="VIP", add_emails=["a@x.test"])
    assert named.to_dict() == {
        "list_name": "VIP",
        "add": (),
        "remove": (),
        "add_emails": ["a@x.test"],
    }


def test_a_journal_knows_a_change_by_what_it_says(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.add_contacts("hubspot", [{"email": "ada@x.test"}])
    sandbox.add_list("hubspot", name="VIP")
    changes = [
        {"list_name": "VIP", "add_emails": ["ada@x.test"]},
        {"list_name": "Nowhere", "add_emails": ["ada@x.test"]},
        {"list_id": "77", "add_emails": ["nobody@x.test"]},
    ]
    journal = tmp_path / "lists.journal"
    sandbox.fail_next("hold", operation="push_lists", after_write=True)

    async def cancelled() -> PushReport:
        async with sandbox.async_client() as client:
            push = asyncio.create_task(client.push_lists("hubspot", changes, journal=journal))
            await until(lambda: sandbox.held() == 1)
            push.cancel()
            with pytest.raises(asyncio.CancelledError) as caught:
                await push
        report = report_of(caught.value)
        assert report is not None
        return report

    first = asyncio.run(cancelled())
    assert (first.unknown, first.failed) == (1, 2)
    client = sandbox.client()
    second = client.push_lists("hubspot", changes, journal=journal)
    assert (second.pushed, second.failed, second.unknown) == (1, 2, 0)
    assert len(members(sandbox, "VIP")) == 1
    asked = len(sandbox.requests())
    third = client.push_lists("hubspot", changes, journal=journal)
    assert (third.pushed, third.failed) == (1, 2)
    assert len(sandbox.requests()) == asked
    other = [{"list_name": "VIP", "add_emails": ["bob@x.test"]}, *changes[1:]]
    with pytest.raises(ConfigError):
        client.push_lists("hubspot", other, journal=journal)


def test_what_was_not_looked_up_goes_on_with_the_journal(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.add_list("hubspot", name="VIP")
    changes = [{"list_name": "VIP", "add": ["1"]}]
    journal = tmp_path / "lists.journal"
    with pytest.raises(PermissionDeniedError) as refused:
        sandbox.client("g8_sbx_no_lookups").push_lists("hubspot", changes, journal=journal)
    assert refused.value.report is not None
    assert refused.value.report.not_sent == 1
    assert sandbox.client().push_lists("hubspot", changes, journal=journal).pushed == 1
