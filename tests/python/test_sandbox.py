"""The sandbox's face in Python: every verb."""

from __future__ import annotations

import asyncio

import pytest
from conftest import contacts, until

import graph8_crm
from graph8_crm import Client, Sandbox


def test_a_seed_gives_the_same_ids_again() -> None:
    ids = []
    for _ in range(2):
        with graph8_crm.sandbox(seed=3) as sandbox:
            sandbox.client().push_contacts("zoho", [{"Last_Name": "Ada"}])
            ids.append(sandbox.records("zoho", "contacts")[0]["id"])
    assert ids[0] == ids[1]


def test_strict_refuses_what_the_crm_swallows() -> None:
    record = {"Last_Name": "Ada", "No_Such_Field": "x"}
    with graph8_crm.sandbox() as lenient, graph8_crm.sandbox(strict=True) as strict:
        assert lenient.client().push_contacts("zoho", [record]).pushed == 1
        assert strict.client().push_contacts("zoho", [record]).failed == 1


def test_a_custom_field_is_discovered_and_taken(client: Client, sandbox: Sandbox) -> None:
    sandbox.add_custom_field("hubspot", "contacts", "shoe_size", type="number", label="Shoe size")
    field = {field.slug: field for field in client.fields("hubspot")}["shoe_size"]
    assert (field.type, field.label) == ("number", "Shoe size")
    assert client.push_contacts("hubspot", [{"email": "a@example.com", "shoe_size": 40}]).pushed


def test_lists_have_the_id_and_name_that_they_were_given(sandbox: Sandbox) -> None:
    assert sandbox.add_list("zoho", id="77", name="Press") == "77"
    held = {each["id"]: each for each in sandbox.lists("zoho")}["77"]
    assert (held["name"], held["members"]) == ("Press", [])


def test_a_key_is_worth_what_the_test_says(sandbox: Sandbox) -> None:
    with sandbox.client(api_key="g8_sbx_other") as client:
        assert client.list_syncs()
        sandbox.set_key("g8_sbx_other", "no_credits")
        with pytest.raises(graph8_crm.PaymentRequiredError) as caught:
            client.push_contacts("hubspot", contacts(1))
    assert caught.value.status == 402


def test_a_rate_limit_holds_until_it_is_taken_away(sandbox: Sandbox) -> None:
    client = sandbox.client(rate_limit=False)
    sandbox.set_rate_limit({"window": "fixed", "per_second": 1000, "per_minute": 1})
    client.list_syncs()

    async def push() -> None:
        pushing = sandbox.async_client(rate_limit=False).push_contacts("hubspot", contacts(1))
        task = asyncio.create_task(pushing)
        await until(lambda: sandbox.requests()[-1]["status"] == 429)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(push())
    sandbox.set_rate_limit(None)
    assert client.list_syncs()


def test_the_log_has_no_key(client: Client, sandbox: Sandbox) -> None:
    client.status("hubspot")
    assert sandbox.requests()[0]["headers"]["authorization"] == "Bearer ***"


def test_a_reset_forgets_everything(client: Client, sandbox: Sandbox) -> None:
    client.push_contacts("hubspot", contacts(3))
    sandbox.fail_next("close_before_read", count=9)
    sandbox.reset()
    assert sandbox.records("hubspot", "contacts") == []
    assert sandbox.requests() == []
    assert client.push_contacts("hubspot", contacts(3)).pushed == 3


def test_it_says_what_is_wrong_with_a_command_or_an_option(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="nonsense"):
        sandbox.command("nonsense")
    with pytest.raises(ValueError, match="per_second"):
        graph8_crm.sandbox(rate_limit={"window": "fixed"})
    with pytest.raises(OSError, match="in use"):
        graph8_crm.sandbox(port=int(sandbox.url.rsplit(":", 1)[1]))


def test_a_stopped_one_says_so() -> None:
    with graph8_crm.sandbox() as sandbox:
        assert sandbox.url in repr(sandbox)
    sandbox.stop()
    with pytest.raises(RuntimeError, match="stopped"):
        sandbox.requests()
