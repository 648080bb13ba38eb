"""The requests of a push."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from .plain import as_dict
from .tables import Column, column


@dataclass(frozen=True)
class RequestLine:
    """A batch of a push and its requests."""

    first_index: int
    """The index of its first record."""
    records: int
    """How many records it had."""
    status: int | None
    """The status of the last answer; None where none came."""
    attempts: int
    """How often it was tried."""
    milliseconds: float
    """How long the last try took."""
    request_id: str | None
    """The service's id of the last try, for its support."""

    _columns: ClassVar[tuple[Column, ...]] = (
        column("first_index", "int"),
        column("records", "int"),
        column("status", "int"),
        column("attempts", "int"),
        column("milliseconds", "number"),
        column("request_id", "text"),
    )

    def to_dict(self) -> dict[str, Any]:
        """All attributes, fit for JSON."""
        return as_dict(self)
