"""Looks into a CRM: what Python adds to the core's, whose rules are contract cases."""

from __future__ import annotations

import asyncio
import pickle

import pytest

from graph8_crm import ConfigError, FoundContacts, Sandbox


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
    sizes = [len(request["body"]["emails"]) for request in sandbox.requests()[1:]]
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
