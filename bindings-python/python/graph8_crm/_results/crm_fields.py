"""The fields of a CRM's entity."""

from __future__ import annotations

import json
from collections.abc import Mapping  # noqa: TC003 (for those who look up type hints)
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar, cast, overload

from .. import _graph8_crm as native
from .._errors import ConfigError
from .._json import JSONValue  # noqa: TC001 (for those who look up type hints)
from .plain import as_dict
from .report import result_of
from .suggestions import Suggestions, suggestions_from_json
from .tables import Column, ResultTable, column, json_column

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .._names import EntityType, Provider

T = TypeVar("T")


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
    extra: Mapping[str, JSONValue] = field(default_factory=dict[str, "JSONValue"], hash=False)
    """Keys that this version does not know."""

    @property
    def kind(self) -> FieldKind:
        """The kind of value that it takes, as far as the CRM's type name tells."""
        return cast("FieldKind", native.field_kind(self.type or ""))

    @property
    def python_type(self) -> str:
        """The matching annotation, for example `str` or `datetime.date`."""
        return _PYTHON_TYPES[self.kind]

    _columns: ClassVar[tuple[Column, ...]] = (
        column("name", "text"),
        column("slug", "text"),
        column("type", "text"),
        column("required", "bool"),
        column("label", "text"),
        column("kind", "text"),
        json_column("extra"),
    )

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


# No subclass of Sequence: mypy would hold `"email" in fields` for a mistake, as no field is a text.
class Fields:
    """The fields of an entity, as the customer's CRM has them; in their order, and by name.

    `fields["email"]` and `"email" in fields` look a field up by the key that records have for it;
    Salesforce's in any letter case.
    """

    __slots__ = ("_by_name", "_entity_type", "_fields", "_provider")

    def __init__(
        self,
        fields: Iterable[Field] = (),
        provider: Provider | None = None,
        entity_type: EntityType | None = None,
    ) -> None:
        self._fields = tuple(fields)
        self._provider: Provider | None = provider
        self._entity_type: EntityType | None = entity_type
        self._by_name: dict[str, Field] | None = None

    @property
    def provider(self) -> Provider | None:
        """The CRM; None when these were made without saying it."""
        return self._provider

    @property
    def entity_type(self) -> EntityType | None:
        """What the fields are of; None when these were made without saying it."""
        return self._entity_type

    def __len__(self) -> int:
        return len(self._fields)

    def __iter__(self) -> Iterator[Field]:
        return iter(self._fields)

    def __reversed__(self) -> Iterator[Field]:
        return reversed(self._fields)

    @overload
    def __getitem__(self, key: int | str) -> Field: ...
    @overload
    def __getitem__(self, key: slice) -> Fields: ...
    def __getitem__(self, key: int | str | slice) -> Field | Fields:
        if isinstance(key, slice):
            return Fields(self._fields[key], self._provider, self._entity_type)
        if isinstance(key, str):
            found = self.get(key)
            if found is None:
                raise KeyError(self._missing(key))
            return found
        return self._fields[key]

    @overload
    def get(self, name: str) -> Field | None: ...
    @overload
    def get(self, name: str, default: T) -> Field | T: ...
    def get(self, name: str, default: T | None = None) -> Field | T | None:
        """The field of that name, or `default`."""
        if self._by_name is None:
            by_name: dict[str, Field] = {}
            for entry in self._fields:
                by_name.setdefault(entry.slug, entry)
            if self._provider == "salesforce":
                for entry in self._fields:
                    by_name.setdefault(entry.slug.lower(), entry)
            self._by_name = by_name
        found = self._by_name.get(name)
        if found is None and self._provider == "salesforce":
            found = self._by_name.get(name.lower())
        return default if found is None else found

    def __contains__(self, item: object) -> bool:
        if isinstance(item, str):
            return self.get(item) is not None
        return item in self._fields

    def index(self, field: Field) -> int:
        """The place of a field.

        Raises:
            ValueError: It is not among these.
        """
        return self._fields.index(field)

    def count(self, field: Field) -> int:
        """How often a field is among these."""
        return self._fields.count(field)

    def _missing(self, name: str) -> str:
        of = f" of {self._provider} {self._entity_type}" if self._provider else ""
        nearest = native.nearest_name(name, [entry.slug for entry in self._fields])
        hint = "" if nearest is None else f"; did you mean {nearest!r}?"
        return f"no field{of} has the name {name!r}{hint}"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Fields):
            return NotImplemented
        return self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[tuple[Field, ...], Provider | None, EntityType | None]:
        return self._fields, self._provider, self._entity_type

    def __repr__(self) -> str:
        of = f" of {self._provider} {self._entity_type}" if self._provider else ""
        return f"Fields({len(self)} fields{of})"

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The fields as an Arrow stream, in a capsule (the Arrow PyCapsule interface).

        The schema is always the table's own; a requested one is left to its reader to cast to.
        """
        return self._table().__arrow_c_stream__()

    def _repr_html_(self) -> str:
        of = f" of {self._provider} {self._entity_type}" if self._provider else ""
        caption = f"{len(self):,} fields{of}"
        return self._table().to_html(caption)

    def _table(self) -> ResultTable[Field]:
        return ResultTable(Field, self._fields)

    def __reduce__(self) -> tuple[Any, ...]:
        return Fields, self._key()

    def suggest(self, names: Iterable[str]) -> Suggestions:
        """The field that each of a table's columns belongs to, with the reason, or why to none.

        No field is given to two names, and none that a create cannot set. The names alone decide:
        look at the result before a push.

            found = client.fields("hubspot").suggest(frame.columns)
            client.push_contacts("hubspot", frame, columns=found.columns, rename=found.rename)

        Raises:
            ConfigError: These fields do not say whose they are, or a name is no text.
        """
        given: list[object] = list(names)
        if isinstance(names, str) or not all(isinstance(name, str) for name in given):
            raise ConfigError("suggest takes the names of columns: a list of texts")
        reply = native.suggest_fields(self.to_json(), cast("list[str]", given))
        return suggestions_from_json(result_of(reply))

    def to_schema(self, *, additional_properties: bool = True) -> dict[str, Any]:
        """A JSON Schema (draft 2020-12) of a record, custom fields included.

        It has the options and lengths that the CRM tells, and which fields are read-only. Null is
        allowed where a field is not required; a type that the CRM's type name does not tell is left
        open.

        Args:
            additional_properties: Whether fields beside these are allowed. Default: True.
        """
        reply = native.fields_schema(self.to_json(), additional_properties)
        return cast("dict[str, Any]", json.loads(result_of(reply)))

    def to_json(self) -> str:
        """JSON text from which `from_json` makes the same, in Python, Node or Rust."""
        return json.dumps(
            {
                "provider": self._provider,
                "entity_type": self._entity_type,
                "fields": [entry.to_dict() for entry in self._fields],
            }
        )

    @classmethod
    def from_json(cls, text: str | bytes) -> Fields:
        """Fields that were kept as JSON, or an answer of the service.

        Raises:
            ConfigError: The text is neither.
        """
        try:
            text = text.decode() if isinstance(text, bytes) else text
        except UnicodeDecodeError as error:
            raise ConfigError(f"this is no saved answer of fields: {error}") from None
        return fields_from_json(result_of(native.read_fields(text)))


def fields_from_json(text: str) -> Fields:
    """What `fields` gives."""
    wire = json.loads(text)
    fields = (Field(**entry) for entry in wire["fields"])
    return Fields(fields, wire["provider"], wire["entity_type"])
