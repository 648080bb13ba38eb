"""The fields of a CRM's entity: looked up, kept, made a schema, compared with columns."""

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import pytest

from graph8_crm import ConfigError, EntityType, Field, Fields, Provider, Suggestions

if TYPE_CHECKING:
    from graph8_crm import Client, Sandbox

HEADERS = Path(__file__).resolve().parents[1] / "contract/suggestions/headers.json"
CASES: list[dict[str, Any]] = json.loads(HEADERS.read_text(encoding="utf-8"))["cases"]


@pytest.fixture(scope="module")
def live(session_sandbox: Sandbox) -> dict[tuple[str, str], Fields]:
    session_sandbox.reset()
    with session_sandbox.client() as client:
        return {
            (provider, entity_type): client.fields(provider, entity_type)
            for provider in get_args(Provider)
            for entity_type in get_args(EntityType)
        }


@pytest.mark.parametrize("provider", get_args(Provider))
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["source"])
def test_each_column_of_a_real_export_goes_where_the_crm_keeps_it(
    case: dict[str, Any], provider: str, live: dict[tuple[str, str], Fields]
) -> None:
    suggestions = live[provider, case["entity_type"]].suggest(case["names"])
    assert [found.name for found in suggestions] == case["names"]
    fields = {found.name: found.field for found in reversed(suggestions) if found.field}
    assert fields == case["expected"][provider]
    reasons = {found.name: found.reason for found in reversed(suggestions)}
    expected = case.get("reasons", {}).get(provider, {})
    assert {name: reasons[name] for name in expected} == expected


def test_suggestions_are_a_push_s_options(live: dict[tuple[str, str], Fields]) -> None:
    names = ("email", "First Name", "Shoe size")
    found = live["hubspot", "contacts"].suggest(name for name in names)
    assert found.rename == {"First Name": "firstname"}
    assert found.columns == ["email", "First Name"]
    assert repr(found) == "Suggestions(2 of 3 names have a field)"
    assert found[0].to_dict() == {
        "name": "email",
        "field": "email",
        "label": "Email",
        "reason": "same name",
    }
    assert found[-1].field is None
    assert isinstance(found[1:], Suggestions)
    assert pickle.loads(pickle.dumps(found)) == copy.deepcopy(found) == found != found[1:]
    assert hash(found) == hash(copy.copy(found))


def test_a_column_that_stands_twice_takes_no_field_from_the_first(
    live: dict[tuple[str, str], Fields],
) -> None:
    suggestions = live["hubspot", "contacts"].suggest(["Email", "First name", "Email"])
    assert [found.field for found in suggestions] == ["email", "firstname", None]
    assert suggestions.rename == {"Email": "email", "First name": "firstname"}


def test_checks_go_by_the_fields_that_were_asked_for_last(sandbox: Sandbox) -> None:
    with sandbox.client() as client:
        people = [{"email": "a@example.com", "tier": "gold"}]
        assert not client.check_contacts("hubspot", people).ok
        sandbox.add_custom_field("hubspot", "contacts", "tier", type="string")
        assert not client.check_contacts("hubspot", people).ok  # known for five minutes
        assert "tier" in client.fields("hubspot")
        assert client.check_contacts("hubspot", people).ok


def test_suggest_says_what_it_needs(live: dict[tuple[str, str], Fields]) -> None:
    fields = live["hubspot", "contacts"]
    with pytest.raises(ConfigError, match="list of texts"):
        fields.suggest("Email")
    with pytest.raises(ConfigError, match="list of texts"):
        fields.suggest([1])  # type: ignore[list-item]
    with pytest.raises(ConfigError, match=r"client\.fields\(provider, entity_type\)"):
        Fields(fields).suggest(["Email"])


def test_a_custom_field_is_found_by_its_label(sandbox: Sandbox) -> None:
    name = "LinkedIn Profile"
    sandbox.add_custom_field("salesforce", "contacts", "LinkedIn__c", type="url", name=name)
    found = sandbox.client().fields("salesforce").suggest(["linkedin_url"])
    assert found.rename == {"linkedin_url": "LinkedIn__c"}


def test_fields_are_a_sequence_that_is_looked_up_by_name(
    live: dict[tuple[str, str], Fields],
) -> None:
    fields = live["hubspot", "contacts"]
    assert fields["email"] is fields[0] is fields.get("email")
    assert "email" in fields
    assert fields[0] in fields
    assert "Email" not in fields
    assert 5 not in fields
    assert fields.get("nope") is None
    assert fields.get("nope", 1) == 1
    assert len(fields) == len(list(fields)) == len(list(reversed(fields)))
    part = fields[1:3]
    assert isinstance(part, Fields)
    assert (part.provider, part.entity_type, len(part)) == ("hubspot", "contacts", 2)
    assert "email" not in part
    assert fields.index(fields["lastname"]) == 2
    assert fields.count(fields["lastname"]) == 1
    with pytest.raises(KeyError, match=r"hubspot contacts has the name 'emial'.*'email'"):
        fields["emial"]
    with pytest.raises(IndexError):
        fields[1000]
    assert repr(part) == "Fields(2 fields of hubspot contacts)"
    assert repr(Fields()) == "Fields(0 fields)"
    with pytest.raises(AttributeError):
        fields.provider = "zoho"  # type: ignore[misc]


def test_only_salesforces_names_are_the_same_in_any_letter_case(
    live: dict[tuple[str, str], Fields],
) -> None:
    salesforce = live["salesforce", "contacts"]
    assert salesforce["lastname"] is salesforce["LASTNAME"] is salesforce["LastName"]
    assert "EMAIL" in salesforce
    assert "email" not in live["zoho", "contacts"]


def test_fields_are_values(live: dict[tuple[str, str], Fields]) -> None:
    fields = live["zoho", "companies"]
    for copied in (pickle.loads(pickle.dumps(fields)), copy.deepcopy(fields), fields[:]):
        assert copied == fields
        assert (copied.provider, copied.entity_type) == ("zoho", "companies")
        assert copied["Account_Name"] == fields["Account_Name"]
    assert hash(fields[:]) == hash(fields)
    assert fields != Fields(fields)
    assert fields != list(fields)


def test_fields_are_kept_as_json(live: dict[tuple[str, str], Fields]) -> None:
    fields = live["pipedrive", "contacts"]
    saved = fields.to_json()
    assert Fields.from_json(saved) == fields == Fields.from_json(saved.encode())
    # As another language would write it, and as the service answers.
    answer = {"data": {"fields": [{"slug": "a", "type": "text", "length": 5}]}}
    read = Fields.from_json(json.dumps(answer))
    assert read.provider is None
    assert read["a"] == Field("", "a", "text", extra={"length": 5})
    for text in ("", "[1]", "{}", b"\xff"):
        with pytest.raises(ConfigError, match="no saved answer of fields"):
            Fields.from_json(text)


def test_a_schema_has_what_the_crm_tells(live: dict[tuple[str, str], Fields]) -> None:
    fields = live["salesforce", "contacts"]
    schema = fields.to_schema(additional_properties=False)
    assert schema["additionalProperties"] is False
    assert "additionalProperties" not in fields.to_schema()
    properties = schema["properties"]
    assert properties["LastName"]["maxLength"] == 80
    assert properties["Id"]["readOnly"] is True
    assert "readOnly" not in properties["Email"]
    assert properties["Salutation"]["enum"][0] == "Mr."
    assert properties["Salutation"]["enum"][-1] is None


@pytest.mark.parametrize(
    ("provider", "slug", "value"),
    [
        ("hubspot", "industry", "COMPUTER_SOFTWARE"),
        ("salesforce", "Industry", "Banking"),
        ("pipedrive", "label_ids", 5),
        ("zoho", "Account_Type", "Analyst"),
        ("sugarcrm", "industry", "Banking"),
    ],
)
def test_a_schema_reads_each_crms_own_description(
    provider: Provider, slug: str, value: object, sandbox: Sandbox
) -> None:
    sandbox.command("set_description", description="native")
    fields = sandbox.client().fields(provider, "companies")
    found = fields.to_schema()["properties"][slug]
    assert value in found.get("items", found)["enum"]
    sandbox.command("set_description", description="bare")
    bare = sandbox.client().fields(provider, "companies")
    assert not {"enum", "items", "readOnly"} & set(bare.to_schema()["properties"][slug])
    # What can be set is known without the answer.
    told = [(found.name, found.field) for found in fields.suggest(field.slug for field in fields)]
    assert told == [
        (found.name, found.field) for found in bare.suggest(field.slug for field in bare)
    ]


def test_fields_of_another_crm_are_refused(client: Client) -> None:
    theirs = client.fields("zoho")
    for fields in (theirs, theirs[:3], theirs.to_json()):
        with pytest.raises(ConfigError, match="fields are those of zoho's contacts"):
            client.check_contacts("hubspot", [{"email": "a@b.io"}], fields=fields)
