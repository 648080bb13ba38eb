"""What the package repeats of the core by name, compared both ways: nothing is forgotten."""

from __future__ import annotations

import dataclasses
import inspect
import json
from typing import Any, get_args, get_origin, get_type_hints

import pytest

import graph8_crm
from graph8_crm import _errors, _names, _types
from graph8_crm import _graph8_crm as native
from graph8_crm._results import added_to_list

CORE: dict[str, list[str]] = json.loads(native.core_names())


def literals(annotation: Any) -> set[str]:
    """All texts of a Literal, or of a union of them."""
    if isinstance(annotation, str):
        return {annotation}
    found = {text for part in get_args(annotation) for text in literals(part)}
    return found if get_origin(annotation) is not None else set()


def option_names(options: Any) -> set[str]:
    """The names of a TypedDict, those of its bases included."""
    return set(options.__annotations__)


def fields(of: type) -> set[str]:
    return {field.name for field in dataclasses.fields(of) if not field.name.startswith("_")}


@pytest.mark.parametrize(
    ("names", "face"),
    [
        ("providers", literals(_names.Provider)),
        ("entity_types", literals(_names.EntityType)),
        ("push_kinds", literals(_names.PushKind)),
        ("outcomes", {outcome.value for outcome in graph8_crm.Outcome}),
        # What the caller cancelled raises the caller's own error.
        ("error_kinds", {*_errors._CLASSES, "cancelled"}),
        ("client_settings", {*inspect.signature(graph8_crm.Client).parameters}),
        ("client_settings", {*inspect.signature(graph8_crm.AsyncClient).parameters}),
        ("problem", fields(graph8_crm.Problem)),
        ("skip", fields(graph8_crm.Skip)),
        ("added_to_list", fields(graph8_crm.AddedToList)),
        ("not_added_reasons", literals(added_to_list.NotAddedReason)),
        ("check_report", fields(graph8_crm.CheckReport)),
        ("finding_codes", literals(_names.FindingCode)),
        ("severities", literals(_names.Severity)),
        ("fix_kinds", literals(_names.FixKind)),
        ("check_options", option_names(_types.CheckOptions) - {"headers"}),
        ("graph8_contacts_query", option_names(_types.Graph8ContactsQuery) - {"headers"}),
        ("graph8_companies_query", option_names(_types.Graph8CompaniesQuery) - {"headers"}),
        ("progress", fields(graph8_crm.PushProgress)),
    ],
)
def test_the_face_has_the_names_of_the_core_and_no_others(names: str, face: set[str]) -> None:
    assert face == set(CORE[names])


def test_a_report_has_the_fields_of_the_core() -> None:
    # Its unsent records are had by records_of(), its outcomes travel apart.
    # Its request log, and what became of a list, are parsed when they are asked for.
    apart = {"unsent", "changes", "request_log", "added_to_list"}
    of_core = set(CORE["report"]) - apart | {"outcomes"}
    assert fields(graph8_crm.PushReport) == of_core


def test_the_options_of_a_push_are_those_of_the_core() -> None:
    own = {"progress", "stop", "headers"}
    of_core = set(CORE["push_options"]) - {
        name for name in CORE["push_options"] if name.endswith("_ms")
    }
    assert option_names(_types.PushOptions) == of_core | own


def test_the_settings_of_a_client_have_one_type_and_default_in_both_places() -> None:
    parameters = inspect.signature(graph8_crm.Client).parameters.values()
    of_client = {
        setting.name: (setting.annotation, setting.default)
        for setting in parameters
        if setting.kind is setting.KEYWORD_ONLY
    }
    of_options = {
        name: (
            hint.__forward_arg__,
            name == "credentials" if hint.__forward_arg__ == "bool" else None,
        )
        for name, hint in _types.ClientOptions.__annotations__.items()
    }
    assert of_client == of_options


def test_each_kind_of_error_has_a_class_of_its_own() -> None:
    classes = list(_errors._CLASSES.values())
    assert len(set(classes)) == len(classes)
    assert all(getattr(graph8_crm, error.__name__) is error for error in classes)


def test_reasons_to_wait_are_those_of_the_core() -> None:
    reason = get_type_hints(graph8_crm.Wait)["reason"]
    assert literals(reason) == set(CORE["wait_reasons"])
