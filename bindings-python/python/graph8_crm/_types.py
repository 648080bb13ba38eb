"""Names and inputs that the public functions take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypedDict

if TYPE_CHECKING:
    import os

Provider = Literal["hubspot", "salesforce", "pipedrive", "zoho", "sugarcrm"]
"""A CRM."""

EntityType = Literal["contacts", "companies", "leads", "deals"]
"""What a CRM's fields are asked for."""

PushKind = Literal["contacts", "companies", "lists"]
"""What a push creates or changes."""

OnUnknown = Literal["report", "retry"]
"""What to do with a batch that was sent and got no trustworthy answer."""

Record = Mapping[str, object]
"""A contact or company in the CRM's own field names.

Values are `str`, `int`, `float`, `bool`, `None`, `datetime` (RFC 3339; a naive one without zone),
`date`, `time`, `Decimal` (a number, digits as written), `UUID`, `Enum` (its value), and lists,
tuples and mappings of these. NaN and infinities travel as null.
"""


@dataclass(frozen=True, slots=True)
class ListChange:
    """Adds contacts to one list of the CRM and removes others, all by the CRM's own ids.

    Applying the same change twice has no further effect.
    """

    list_id: str | int
    """The list's id in the CRM."""
    add: Sequence[str | int] = ()
    """Ids of the contacts to add."""
    remove: Sequence[str | int] = ()
    """Ids of the contacts to remove."""

    def to_dict(self) -> dict[str, object]:
        """The change as it goes to the core."""
        return {"list_id": self.list_id, "add": self.add, "remove": self.remove}


class ClientOptions(TypedDict, total=False):
    """The keyword arguments of `Client` and `AsyncClient` beside key and address."""

    connect_timeout: float | None
    read_timeout: float | None
    timeout: float | None
    proxy: str | None
    ca_file: str | os.PathLike[str] | None
    ca_pem: str | None
    org_id: str | None
    target_org_id: str | None
    user_agent_suffix: str | None
    allow_http: bool
    http2: bool
