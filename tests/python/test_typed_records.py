"""The record classes of each CRM."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys

import pytest

import graph8_crm
from graph8_crm import Client, hubspot, salesforce


def test_holds_exactly_what_was_given() -> None:
    contact = hubspot.Contact(email="a@b.de", firstname=None, custom={"shoe size": 44})
    assert contact.to_dict() == {"email": "a@b.de", "firstname": None, "shoe size": 44}
    assert contact.lastname is None
    contact.lastname = "Lovelace"
    del contact.firstname
    assert contact.to_dict() == {"email": "a@b.de", "shoe size": 44, "lastname": "Lovelace"}


def test_is_a_value() -> None:
    contact = hubspot.Contact(email="a@b.de")
    assert repr(contact) == "hubspot.Contact(email='a@b.de')"
    assert contact == hubspot.Contact(email="a@b.de")
    assert contact != hubspot.Company()
    assert contact != {"email": "a@b.de"}
    assert pickle.loads(pickle.dumps(contact)) == copy.deepcopy(contact) == contact
    with pytest.raises(TypeError, match="unhashable"):
        hash(contact)


def test_an_unknown_field_is_an_error_that_names_the_nearest() -> None:
    with pytest.raises(TypeError, match=r"hubspot.Contact has no field 'emial' .*'email'.*custom="):
        hubspot.Contact(emial="a@b.de")  # type: ignore[call-arg]
    with pytest.raises(AttributeError, match="no field 'nope'"):
        hubspot.Contact().nope = 1  # type: ignore[attr-defined]
    with pytest.raises(TypeError, match="both"):
        salesforce.Contact(Email="a", custom={"Email": "b"})


def test_a_wrong_type_fails_the_record_by_its_field(client: Client) -> None:
    records = [
        hubspot.Contact(email="a@b.de"),
        hubspot.Contact(email=5),  # type: ignore[arg-type]
        hubspot.Contact(email="c@b.de", custom={"anything": [1]}),
    ]
    report = client.push_contacts("hubspot", records)
    assert report.problems[0].message == "record 1: field 'email': is a number; pass a str"
    assert report.outcomes[0] == "pushed"


def test_are_loaded_when_they_are_used() -> None:
    code = (
        "import sys, graph8_crm\n"
        "assert 'graph8_crm.hubspot' not in sys.modules\n"
        "graph8_crm.hubspot.Contact(email='x')\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(AttributeError, match="no attribute 'nope'"):
        graph8_crm.nope  # type: ignore[attr-defined]  # noqa: B018


def test_fields_tell_their_types_and_a_json_schema(client: Client) -> None:
    fields = client.fields("salesforce")
    by_slug = {field.slug: field for field in fields}
    assert by_slug["Email"].python_type == "str"
    assert by_slug["Birthdate"].kind == "date"
    schema = fields.to_schema()
    assert set(schema["properties"]) == set(by_slug)
    assert schema["required"] == [field.slug for field in fields if field.required]
    assert schema["properties"]["Birthdate"]["format"] == "date"
