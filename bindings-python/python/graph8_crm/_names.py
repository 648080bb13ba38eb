"""The names that calls take and results hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from typing_extensions import TypeIs

Provider = Literal["hubspot", "salesforce", "pipedrive", "zoho", "sugarcrm"]
"""A CRM."""

PROVIDERS: tuple[Provider, ...] = get_args(Provider)
"""All CRMs."""


def is_provider(name: object) -> TypeIs[Provider]:
    """Whether it is the name of a CRM, in `PROVIDERS`."""
    return name in PROVIDERS


EntityType = Literal["contacts", "companies", "leads", "deals"]
"""What a CRM's fields are asked for."""

PushKind = Literal["contacts", "companies", "lists"]
"""What a push creates or changes."""

OnUnknown = Literal["report", "retry"]
"""What to do with a batch that was sent and got no trustworthy answer."""

OnChange = Literal["report", "push", "push_all"]
"""What to do with a record that was pushed and is another by now."""

OnError = Literal["continue", "stop"]
"""What to do when a record fails or its outcome is unknown."""

Unique = Literal["first", "error"]
"""What becomes of records that share an identity with an earlier one of the same push."""

Severity = Literal["error", "warning"]
"""What a finding means: the CRM refuses the record, or takes it, but not as it was meant."""

FindingCode = Literal[
    "not_a_record",
    "unknown_field",
    "missing_required",
    "wrong_type",
    "bad_date",
    "invalid_email",
    "invalid_option",
    "too_long",
    "read_only",
    "surrounding_blanks",
    "repeated_identity",
    "no_identity",
    "number_as_float",
    "not_a_number",
    "left_out",
    "nothing_left",
    "not_looked_up",
    "similar_name",
    "new_journal",
    "repeated_key",
    "no_key",
]
"""What a check finds; docs/checking.md says what each means."""

FixKind = Literal[
    "blanks",
    "whole_float",
    "number_from_text",
    "text_from_number",
    "boolean_from_text",
    "text_from_boolean",
    "date",
    "date_time",
    "list_joined",
    "list_form",
    "option_label",
    "empty_dropped",
    "empty_nulled",
]
"""What `fix` makes right; docs/checking.md has the conversions."""
