"""What calls give back: immutable, comparable, picklable."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import Enum
from typing import TYPE_CHECKING, Any, cast, overload

from ._graph8_crm import parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ._types import Provider, PushKind


class Outcome(str, Enum):
    """What became of a record."""

    PUSHED = "pushed"
    """The service answered that it was created, or the list change applied."""
    FAILED = "failed"
    """The service, the CRM or our own check refused it. Safe to send again after a fix."""
    UNKNOWN = "unknown"
    """It was sent and no trustworthy answer came. Look before you send it again."""
    NOT_SENT = "not_sent"
    """It never left. Safe to send again."""

    def __str__(self) -> str:
        return self.value


_BY_CODE = tuple(Outcome)


class Outcomes(Sequence[Outcome]):
    """The outcome of every record by its index in the input; one byte a record."""

    __slots__ = ("_codes",)

    def __init__(self, codes: bytes) -> None:
        self._codes = codes

    def __len__(self) -> int:
        return len(self._codes)

    @overload
    def __getitem__(self, index: int) -> Outcome: ...
    @overload
    def __getitem__(self, index: slice) -> Outcomes: ...
    def __getitem__(self, index: int | slice) -> Outcome | Outcomes:
        if isinstance(index, slice):
            return Outcomes(self._codes[index])
        return _BY_CODE[self._codes[index]]

    def __iter__(self) -> Iterator[Outcome]:
        return map(_BY_CODE.__getitem__, self._codes)

    def __eq__(self, other: object) -> bool:
        return self._codes == other._codes if isinstance(other, Outcomes) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._codes)

    def __repr__(self) -> str:
        return f"<Outcomes of {len(self)} records>"

    def __reduce__(self) -> tuple[type[Outcomes], tuple[bytes]]:
        return Outcomes, (self._codes,)


def _as_dict(result: Any) -> dict[str, Any]:
    return {item.name: getattr(result, item.name) for item in fields(result)}


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
    extra: Mapping[str, Any] = field(default_factory=dict[str, Any], hash=False)
    """Keys that this version does not know."""

    @property
    def last_sync_time(self) -> datetime | None:
        """`last_sync_at` in UTC, when it is RFC 3339."""
        return None if self.last_sync_at is None else parse_timestamp(self.last_sync_at)

    @property
    def connected_time(self) -> datetime | None:
        """`connected_at` in UTC, when it is RFC 3339."""
        return None if self.connected_at is None else parse_timestamp(self.connected_at)

    def to_dict(self) -> dict[str, Any]:
        """All attributes, fit for JSON."""
        return _as_dict(self)


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

    def to_dict(self) -> dict[str, Any]:
        """All attributes, fit for JSON."""
        return _as_dict(self)


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
    extra: Mapping[str, Any] = field(default_factory=dict[str, Any], hash=False)
    """Keys that this version does not know."""

    @property
    def last_sync_time(self) -> datetime | None:
        """`last_sync_at` in UTC, when it is RFC 3339."""
        return None if self.last_sync_at is None else parse_timestamp(self.last_sync_at)

    def to_dict(self) -> dict[str, Any]:
        """All attributes, fit for JSON."""
        return _as_dict(self)


@dataclass(frozen=True, slots=True)
class Problem:
    """A record that failed or whose outcome is unknown."""

    index: int
    """Its place in the input, from 0."""
    outcome: Outcome
    """`Outcome.FAILED` or `Outcome.UNKNOWN`."""
    message: str
    """Why, in the words of the service or the CRM where they gave any."""
    # Customers' data: not in a repr that ends in a log.
    record: Any = field(default=None, hash=False, repr=False)
    """The record as it was sent; None when it could not be encoded."""
    request_id: str | None = None
    """The service's id of the request that carried it."""

    def to_dict(self) -> dict[str, Any]:
        """All attributes, fit for JSON."""
        return _as_dict(self) | {"outcome": self.outcome.value}


@dataclass(frozen=True, slots=True)
class PushReport:
    """What became of every record of a push.

    `pushed + failed + unknown + not_sent` is always the number of records handed in.
    """

    provider: Provider
    """The CRM that was pushed into."""
    kind: PushKind
    """What was pushed."""
    records: int
    """Records handed in."""
    pushed: int
    """Records created, or list changes applied."""
    failed: int
    """Records refused."""
    unknown: int
    """Records sent without a trustworthy answer."""
    not_sent: int
    """Records that never left."""
    requests: int
    """Requests made, repeats included."""
    bytes_sent: int
    """Bytes of request bodies handed to the network, repeats included."""
    bytes_received: int
    """Bytes of answer bodies, after decompression."""
    elapsed_seconds: float
    """From the start of the push to its report."""
    problems: tuple[Problem, ...]
    """The failed and unknown records, in the order of the input."""
    ended_early: str | None
    """Why the push stopped before every record was tried, in words."""
    list_members_added: int | None
    """Of a list push: memberships that the service says it added."""
    list_members_removed: int | None
    """Of a list push: memberships that the service says it removed."""
    outcomes: Outcomes
    """The outcome of every record, by index."""

    @property
    def failures(self) -> tuple[Problem, ...]:
        """The failed records."""
        return tuple(problem for problem in self.problems if problem.outcome is Outcome.FAILED)

    @property
    def unknowns(self) -> tuple[Problem, ...]:
        """The records whose outcome is unknown: look in the CRM before you send them again."""
        return tuple(problem for problem in self.problems if problem.outcome is Outcome.UNKNOWN)

    def to_dict(self) -> dict[str, Any]:
        """All attributes but `outcomes`, fit for JSON."""
        attributes = _as_dict(self) | {"problems": [problem.to_dict() for problem in self.problems]}
        del attributes["outcomes"]
        return attributes

    def __repr__(self) -> str:
        early = "" if self.ended_early is None else f", ended early: {self.ended_early}"
        return (
            f"PushReport({self.records} {self.kind} to {self.provider}: {self.pushed} pushed, "
            f"{self.failed} failed, {self.unknown} unknown, {self.not_sent} not sent{early})"
        )


def syncs_from_json(text: str) -> list[CrmSync]:
    """What `list_syncs` gives."""
    return [CrmSync(**wire) for wire in json.loads(text)]


def fields_from_json(text: str) -> list[Field]:
    """What `fields` gives."""
    return [Field(**wire) for wire in json.loads(text)]


def status_from_json(text: str) -> ConnectionStatus:
    """What `status` gives."""
    return ConnectionStatus(**json.loads(text))


def report_from_json(text: str, outcomes: bytes) -> PushReport:
    """What a push gives."""
    wire = cast("dict[str, Any]", json.loads(text))
    problems = tuple(
        Problem(**problem | {"outcome": Outcome(problem["outcome"])})
        for problem in wire.pop("problems")
    )
    return PushReport(**wire, problems=problems, outcomes=Outcomes(outcomes))
