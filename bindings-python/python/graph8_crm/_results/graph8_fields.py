"""Where the fields of graph8's own rows go."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from .. import _graph8_crm as native
from .plain import as_dict
from .report import result_of

if TYPE_CHECKING:
    from .._names import Provider

Graph8Takes = Literal[
    "text",
    "number",
    "integer",
    "domain",
    "option",
    "name",
    "entries",
    "email_entries",
    "address",
]
"""How a CRM's field takes a value of a graph8 row."""


@dataclass(frozen=True, slots=True)
class Graph8Field:
    """A field of graph8's own rows, and where it goes in a CRM."""

    name: str
    """Its name in graph8."""
    field: str | None = None
    """The CRM's own field; None where there is none: the value is left out, unless `rename` gives
    it a place."""
    takes: Graph8Takes | None = None
    """How the CRM's field takes the value; None where there is no such field."""
    part: str | None = None
    """What it is of a field that several make up: `first` or `last` of a name, the label of an
    entry in a list, the key in an address; `instead` where it stands in for the field before it."""

    def to_dict(self) -> dict[str, Any]:
        """All attributes, fit for JSON."""
        return as_dict(self)


def graph8_fields(
    provider: Provider | str, kind: Literal["contacts", "companies"] = "contacts"
) -> tuple[Graph8Field, ...]:
    """Where the fields of graph8's own rows go in a CRM, as `form="graph8"` does it.

    Raises:
        ConfigError: There is no such CRM or kind.
    """
    fields = json.loads(result_of(native.graph8_fields(provider, kind)))
    return tuple(Graph8Field(**wire) for wire in fields)
