"""The fields of a CRM's entity."""

from __future__ import annotations

import json
from collections.abc import Mapping  # noqa: TC003 (for those who look up type hints)
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from .. import _graph8_crm as native
from .plain import as_dict
from .report import result_of


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a CRM's entity, custom ones included."""

    name: str
    """The name that people read."""
    slug: str
    """The key to use in records."""
    type: str | None = None
    """The CRM's own type name."""
    required: bool | None = None
    """Whether a create must have it."""
    label: str | None = None
    """The label in the CRM's interface."""
    extra: Mapping[str, Any] = field(default_factory=dict[str, Any], hash=False)
    """Keys that this version does not know."""

    @property
    def kind(self) -> FieldKind:
        """The kind of value that it takes, as far as the CRM's type name tells."""
        return cast("FieldKind", native.field_kind(self.type or ""))

    @property
    def python_type(self) -> str:
        """The matching annotation, for example `str` or `datetime.date`."""
        return _PYTHON_TYPES[self.kind]

    def to_dict(self) -> dict[str, Any]:
        """All attributes, fit for JSON."""
        return as_dict(self)


FieldKind = Literal[
    "text", "integer", "number", "boolean", "date", "datetime", "list", "object", "any"
]
"""The kind of value that a field takes."""

_PYTHON_TYPES: dict[FieldKind, str] = {
    "text": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "date": "datetime.date",
    "datetime": "datetime.datetime",
    "list": "list[object]",
    "object": "dict[str, object]",
    "any": "object",
}


class Fields(list[Field]):
    """The fields of an entity, as the customer's CRM has them."""

    def to_schema(self) -> dict[str, Any]:
        """A JSON Schema (draft 2020-12) of a record, custom fields included.

        Null is allowed where a field is not required, and so are fields beside these; a type that
        the CRM's type name does not tell is left open.
        """
        fields = json.dumps([field.to_dict() for field in self])
        return cast("dict[str, Any]", json.loads(result_of(native.fields_schema(fields))))


def fields_from_json(text: str) -> Fields:
    """What `fields` gives."""
    return Fields(Field(**wire) for wire in json.loads(text))
