"""What the service tells of a CRM's connection."""

from __future__ import annotations

import json
from collections.abc import Mapping  # noqa: TC003 (for those who look up type hints)
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from .._graph8_crm import parse_timestamp
from .._json import JSONValue  # noqa: TC001 (for those who look up type hints)
from . import html
from .plain import as_dict
from .tables import Column, ResultTable, column, json_column

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class CrmSync:
    """A CRM that the organisation has connected."""

    provider: str
    """The CRM's name as the service gives it; may be one that this version does not know."""
    status: str
    """The connection's state, for example `connected`."""
    connection_id: str | None = None
    """The connection's id in graph8."""
    last_sync_at: str | None = None
    """When it last synchronised, as the service wrote it."""
    connected_at: str | None = None
    """When it was connected, as the service wrote it."""
    extra: Mapping[str, JSONValue] = field(default_factory=dict[str, "JSONValue"], hash=False)
    """Keys that this version does not know."""

    @property
    def last_sync_time(self) -> datetime | None:
        """`last_sync_at` in UTC, when it is RFC 3339."""
        return None if self.last_sync_at is None else parse_timestamp(self.last_sync_at)

    @property
    def connected_time(self) -> datetime | None:
        """`connected_at` in UTC, when it is RFC 3339."""
        return None if self.connected_at is None else parse_timestamp(self.connected_at)

    _columns: ClassVar[tuple[Column, ...]] = (
        column("provider", "text"),
        column("status", "text"),
        column("connection_id", "text"),
        column("last_sync_at", "text"),
        column("connected_at", "text"),
        json_column("extra"),
    )

    def to_dict(self) -> dict[str, Any]:
        """All attributes, fit for JSON."""
        return as_dict(self)


@dataclass(frozen=True, slots=True)
class ConnectionStatus:
    """Whether a CRM's connection works."""

    provider: str
    """The CRM."""
    connected: bool
    """Whether pushes can work now."""
    connection_id: str | None = None
    """The connection's id in graph8."""
    crm_type: str | None = None
    """The kind of CRM behind the connection."""
    message: str | None = None
    """Why it is broken, when it is."""
    last_sync_at: str | None = None
    """When it last synchronised, as the service wrote it."""
    extra: Mapping[str, JSONValue] = field(default_factory=dict[str, "JSONValue"], hash=False)
    """Keys that this version does not know."""

    @property
    def last_sync_time(self) -> datetime | None:
        """`last_sync_at` in UTC, when it is RFC 3339."""
        return None if self.last_sync_at is None else parse_timestamp(self.last_sync_at)

    def _repr_html_(self) -> str:
        state = "Connected" if self.connected else "Not connected"
        rows = [
            ("state", state),
            ("message", self.message),
            ("kind of CRM", self.crm_type),
            ("connection", self.connection_id),
            ("last synchronised", self.last_sync_at),
        ]
        shown = [(name, value) for name, value in rows if value is not None]
        return html.page(html.pairs(f"Connection to {self.provider}", shown))

    def to_dict(self) -> dict[str, Any]:
        """All attributes, fit for JSON."""
        return as_dict(self)


def syncs_from_json(text: str) -> ResultTable[CrmSync]:
    """What `list_syncs` gives."""
    return ResultTable(CrmSync, (CrmSync(**wire) for wire in json.loads(text)))


def status_from_json(text: str) -> ConnectionStatus:
    """What `status` gives."""
    return ConnectionStatus(**json.loads(text))
