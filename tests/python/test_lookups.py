"""Looks into a CRM: what Python adds to the core's, whose rules are contract cases."""

from __future__ import annotations

import asyncio
import pickle
from pathlib import Path
from typing import Any, Literal

import pytest

from graph8_crm import ConfigError, FoundContacts, PushProgress, Sandbox


def test_any_number_of_addresses_is_asked_for_100_per_request(sandbox: Sandbox) -> None:
    sandbox.add_contacts("hubspot", [{"email": "p7@x.test"}, {"email": "p249@x.test"}])
    asked = (f"p{number}@x.test" for number in range(250))
    with sandbox.client() as client:
        found = client.find_contacts("hubspot", asked)
    assert isinstance(found, FoundContacts)
    assert (len(found), len(found.missing)) == (250, 248)
    assert list(found) == [f"p{number}@x.test" for number in range(250)]
    assert found["p7@x.test"] == ("512345678001",)
    assert "p250@x.test" not in found
    assert str(found) == "<FoundContacts: 2 of 250 are there>"
    assert pickle.loads(pickle.dumps(found)) == found
    bodies: list[Any] = [request["body"] for request in sandbox.requests()[1:]]
    sizes = [len(body["emails"]) for body in bodies]
    assert sorted(sizes) == [50, 100, 100]


def test_the_connections_are_asked_for_once(sandbox: Sandbox) -> None:
    async def twice() -> None:
        async with sandbox.async_client() as client:
            await asyncio.gather(
                client.find_contacts("zoho", ["a@x.test"]),
                client.find_contacts("sugarcrm", ["a@x.test"]),
            )

    asyncio.run(twice())
    paths = [request["path"].rpartition("/")[2] for request in sandbox.requests()]
    assert paths == ["crm-syncs", "lookup-by-email", "lookup-by-email"]


@pytest.mark.parametrize(
    ("emails", "message"),
    [
        ("ada@x.test", "emails is one text"),
        (["ada@x.test", float("nan")], r"emails\[1\] is a float"),
        ([None], r"emails\[0\] is a NoneType"),
    ],
)
def test_what_is_no_list_of_addresses_is_told_by_its_place(
    sandbox: Sandbox, emails: list[str], message: str
) -> None:
    with sandbox.client() as client, pytest.raises(TypeError, match=message):
        client.find_contacts("zoho", emails)


def test_lookup_is_the_only_name_of_a_way_to_end_doubts(sandbox: Sandbox) -> None:
    records = [{"email": "ada@x.test"}]
    with sandbox.client() as client:
        with pytest.raises(ConfigError, match="resolve_unknown is 'look': use lookup"):
            client.push_contacts("hubspot", records, resolve_unknown="look")  # type: ignore[arg-type]
        with pytest.raises(ConfigError, match="goes with resolve_unknown"):
            client.push_contacts("hubspot", records, resolve_unknown_after=1)


def test_a_search_that_lags_does_not_find_what_is_new(sandbox: Sandbox) -> None:
    sandbox.add_contacts("hubspot", [{"email": "ada@x.test"}])
    sandbox.set_siblings(index_lag_ms=3_600_000)
    with sandbox.client() as client:
        assert client.find_contacts("hubspot", ["ada@x.test"]).missing == ["ada@x.test"]


LOOK: dict[str, Any] = {
    "skip_existing": True,
    "resolve_unknown": "lookup",
    "resolve_unknown_after": 0,
}


def test_a_doubt_about_a_record_that_has_changed_stays(sandbox: Sandbox, tmp_path: Path) -> None:
    """Today's address does not tell whether yesterday's record is there."""
    options: dict[str, Any] = {
        "columns": ["name", "email"],
        "primary_key": "id",
        "journal": tmp_path / "people.journal",
    }
    client = sandbox.client()
    sandbox.fail_next("close_after_write", operation="push_contacts")
    ada = {"id": 1, "name": "Ada", "email": "ada@old.example"}
    assert client.push_contacts("pipedrive", [ada], **options).unknown == 1
    moved = {**ada, "email": "ada@new.example"}
    for _ in range(2):
        report = client.push_contacts("pipedrive", [moved], **options, **LOOK)
        assert report.unknown == 1
        assert "has changed since it was sent" in report.problems[0].message
    assert len(sandbox.records("pipedrive", "contacts")) == 1
    report = client.push_contacts("pipedrive", [ada], **options, **LOOK)
    assert (report.unknown, report.not_sent) == (1, 0), "it is there, and may be older"


@pytest.mark.parametrize("unique", [None, "first"])
def test_another_records_further_address_ends_no_doubt(
    sandbox: Sandbox, unique: Literal["first"] | None
) -> None:
    sandbox.fail_next("status", status=500, operation="push_contacts", skip=1)
    people = [
        {"email": "ada@example.com", "work_email": "bob@example.com"},
        {"email": "bob@example.com"},
    ]
    report = sandbox.client().push_contacts(
        "hubspot", people, batch_size=1, concurrency=1, unique=unique, **LOOK
    )
    assert (report.pushed, report.unknown) == (1, 1)
    assert len(sandbox.records("hubspot", "contacts")) == 1


def test_an_earlier_runs_record_ends_no_doubt(sandbox: Sandbox, tmp_path: Path) -> None:
    """The search did not find it before, and does now."""
    options: dict[str, Any] = {"primary_key": "id", "journal": tmp_path / "people.journal"}
    client = sandbox.client()
    people = [
        {"id": 1, "name": "Ada", "email": "ada@example.com"},
        {"id": 2, "name": "Ada L.", "email": "ada@example.com"},
    ]
    assert client.push_contacts("pipedrive", people[:1], **options).pushed == 1
    sandbox.set_siblings(index_lag_ms=3_600_000)
    sandbox.fail_next("status", status=500, operation="push_contacts")

    def search_catches_up(snapshot: PushProgress) -> None:
        if snapshot.unknown:
            sandbox.set_siblings(index_lag_ms=0)

    look = {**LOOK, "resolve_unknown_after": 2}
    report = client.push_contacts(
        "pipedrive", people, **options, **look, progress=search_catches_up
    )
    assert (report.pushed, report.pushed_before, report.unknown) == (1, 1, 1)


def test_a_retry_without_a_look_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(ConfigError, match="without a look"):
        sandbox.client().push_contacts("hubspot", [], skip_existing=True, on_unknown="retry")
