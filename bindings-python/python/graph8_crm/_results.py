"""What calls give back: immutable, comparable, picklable."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal, NoReturn, cast, overload

from . import _graph8_crm as native
from ._errors import NotAllPushedError, error_from_json
from ._graph8_crm import parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from ._names import Provider, PushKind


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
    """The outcome of every record by its index in the input; four records a byte."""

    __slots__ = ("_length", "_packed")

    def __init__(self, packed: bytes, length: int) -> None:
        self._packed = packed
        self._length = length

    @property
    def packed(self) -> bytes:
        """Four outcomes a byte, the first in the lowest bits.

        0 is pushed, 1 failed, 2 unknown, 3 not sent. Records beyond the last byte are not sent.
        """
        return self._packed

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> Outcome: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Outcome, ...]: ...
    def __getitem__(self, index: int | slice) -> Outcome | tuple[Outcome, ...]:
        if isinstance(index, slice):
            return tuple(map(self._at, range(*index.indices(self._length))))
        place = index + self._length if index < 0 else index
        if not 0 <= place < self._length:
            raise IndexError(f"no record has the index {index}: there are {self._length}")
        return self._at(place)

    def _at(self, index: int) -> Outcome:
        if index >> 2 >= len(self._packed):
            return Outcome.NOT_SENT
        return _BY_CODE[self._packed[index >> 2] >> ((index & 3) << 1) & 3]

    def __iter__(self) -> Iterator[Outcome]:
        return map(self._at, range(self._length))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Outcomes):
            return NotImplemented
        return self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[int, bytes]:
        return self._length, self._packed.rstrip(b"\xff")

    def __repr__(self) -> str:
        return f"<Outcomes of {len(self)} records>"

    def __reduce__(self) -> tuple[type[Outcomes], tuple[bytes, int]]:
        return Outcomes, (self._packed, self._length)


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
        return _as_dict(self)


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
        return cast("dict[str, Any]", json.loads(native.fields_schema(fields)))


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
    retryable: bool = False
    """Whether it may simply be sent again as it is: the CRM could not take it at that moment."""

    def __iter__(self) -> Iterator[Any]:
        """For `index, outcome, message, record = problem`."""
        return iter((self.index, self.outcome, self.message, self.record))

    def to_dict(self) -> dict[str, Any]:
        """All attributes, fit for JSON."""
        return _as_dict(self) | {"outcome": self.outcome.value}


@dataclass(frozen=True, slots=True)
class MessageCount:
    """How many records had a message."""

    outcome: Outcome
    """`Outcome.FAILED` or `Outcome.UNKNOWN`."""
    message: str
    """The message of the problems."""
    count: int
    """Records."""

    def to_dict(self) -> dict[str, Any]:
        """All attributes, fit for JSON."""
        return _as_dict(self) | {"outcome": self.outcome.value}


@dataclass(frozen=True, slots=True)
class Wait:
    """A wait of all requests of a push."""

    reason: Literal["rate_limit", "retry", "crm_rate_limit"]
    """Why: the rate limit has no room, or what failed without effect is tried again."""
    seconds: float | None
    """How much longer, as far as that is known."""


@dataclass(frozen=True, slots=True)
class PushProgress:
    """How far a push is."""

    records: int
    """Records read from the source so far."""
    total: int | None
    """Records of the whole source, where it has a length."""
    pushed: int
    """Records created, or list changes applied."""
    failed: int
    """Records refused."""
    unknown: int
    """Records sent without a trustworthy answer."""
    requests: int
    """Requests whose fate is known, repeats included."""
    in_flight: int
    """Requests under way or waiting to leave."""
    bytes_sent: int
    """Bytes of request bodies handed to the network, repeats included."""
    batch_size: int
    """Records a request at the moment."""
    elapsed_seconds: float
    """Since the push began."""
    records_per_second: float
    """Records settled a second by this run, on average."""
    waiting: Wait | None
    """Set when every request waits."""
    seconds_left: float | None
    """Time left at this rate, where the total is known."""


@dataclass(frozen=True, slots=True)
class JournalStatus:
    """What a journal tells of its push so far."""

    provider: str
    """The CRM that is pushed into."""
    kind: str
    """What is pushed."""
    base_url: str
    """The service's address."""
    started_at: str
    """When the first run began, RFC 3339."""
    finished_at: str | None
    """When every record had been tried, RFC 3339; None before."""
    runs: int
    """How many runs there were."""
    in_use: bool
    """Whether a push uses the journal now."""
    records: int | None
    """Records of the whole source, known once the push has finished."""
    pushed: int
    """Records created, or list changes applied."""
    failed: int
    """Records that the service or the CRM refused."""
    unknown: int
    """Records sent without a trustworthy answer, those of open batches included."""
    open_batches: int
    """Batches that were about to leave and whose answer is not known."""
    unknown_indexes: tuple[int, ...]
    """The unknown records' places in the input, ascending."""
    failed_indexes: tuple[int, ...]
    """The failed records' places in the input, ascending."""


@dataclass(frozen=True)
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
    """Records that had no effect through no fault of their own: they never left, or their request
    was refused as a whole before any record was touched (401, 402, 403, 404, 429). Send them
    again."""
    unread: int
    """Of those that never left, the ones at the end of the source that were not even read."""
    requests: int
    """Requests made, repeats included; of a push that went on from a journal those of this run,
    while its records are those of all runs."""
    bytes_sent: int
    """Bytes of request bodies handed to the network, repeats included; of this run."""
    bytes_received: int
    """Bytes of answer bodies, after decompression; of this run."""
    elapsed_seconds: float
    """From the start of this run of the push to its report."""
    problems: tuple[Problem, ...]
    """The failed and unknown records, in the order of the input; see `problems_omitted`."""
    problems_omitted: int
    """Failed and unknown records that are not in `problems`, which holds 100,000 records or 64 MiB
    of them; a dead-letter file has them all."""
    messages: tuple[MessageCount, ...]
    """How often each message came, the most frequent first; omitted problems are counted too."""
    ended_early: str | None
    """Why the push stopped before every record was tried, in words."""
    list_members_to_add: int | None
    """Of a list push: contacts that the answered requests of this run asked to add."""
    list_members_added: int | None
    """Of a list push: memberships that the service says it added. Fewer than asked for when some
    contacts were members before, or the CRM does not know them."""
    list_members_to_remove: int | None
    """Of a list push: contacts that the answered requests of this run asked to remove."""
    list_members_removed: int | None
    """Of a list push: memberships that the service says it removed."""
    summary: str
    """The counts and the most frequent messages, in one line."""
    outcomes: Outcomes
    """The outcome of every record, by index."""
    _unsent: tuple[tuple[int, Any], ...] = field(default=(), repr=False)

    @property
    def failures(self) -> tuple[Problem, ...]:
        """The failed records."""
        return tuple(problem for problem in self.problems if problem.outcome is Outcome.FAILED)

    @property
    def unknowns(self) -> tuple[Problem, ...]:
        """The records whose outcome is unknown: look in the CRM before you send them again."""
        return tuple(problem for problem in self.problems if problem.outcome is Outcome.UNKNOWN)

    def failures_by_message(self) -> dict[str, int]:
        """How many records failed with each message, the most frequent first."""
        return {
            entry.message: entry.count for entry in self.messages if entry.outcome is Outcome.FAILED
        }

    def records_of(self, outcome: Outcome | str) -> list[Any]:
        """The records of one outcome as they were sent, in the order of the input, for another try.

        Records that could not be encoded have no such form and are left out.

        Raises:
            ValueError: For `pushed`, of which a report keeps none.
            LookupError: The report does not hold all of them: some problems were omitted, or the
                last records were never read and are still with their source.
        """
        wanted = Outcome(outcome)
        if wanted is Outcome.PUSHED:
            raise ValueError("a report keeps no pushed records")
        if wanted is Outcome.NOT_SENT:
            if self.unread:
                raise LookupError(
                    f"{self.unread} records were never read from their source: they are its last "
                    f"ones, from index {self.records - self.unread} on"
                )
            return [record for _, record in self._unsent]
        if self.problems_omitted:
            raise LookupError(
                f"{self.problems_omitted} failed or unknown records were too many to keep: ask for "
                "a dead_letter file to have them all"
            )
        return [
            problem.record
            for problem in self.problems
            if problem.outcome is wanted and problem.record is not None
        ]

    def raise_for_failures(self) -> None:
        """Does nothing when every record was pushed.

        Raises:
            NotAllPushedError: Some were not; it carries this report.
        """
        if self.pushed != self.records:
            raise NotAllPushedError(self.summary, report=self)

    def merge(self, following: PushReport) -> PushReport:
        """Both reports as one, as if the other's records had followed this one's in the input.

        Raises:
            ConfigError: They are of different CRMs or kinds.
        """
        return report_of(native.merge_reports(*self._to_wire(), *following._to_wire()))

    def to_dict(self) -> dict[str, Any]:
        """All public attributes but `outcomes`, fit for JSON."""
        attributes = _as_dict(self)
        attributes["problems"] = [problem.to_dict() for problem in self.problems]
        attributes["messages"] = [entry.to_dict() for entry in self.messages]
        del attributes["outcomes"], attributes["_unsent"]
        return attributes

    def _to_wire(self) -> tuple[str, bytes]:
        unsent = [{"index": index, "record": record} for index, record in self._unsent]
        return json.dumps(self.to_dict() | {"unsent": unsent}), self.outcomes.packed

    def __repr__(self) -> str:
        early = "" if self.ended_early is None else f", ended early: {self.ended_early}"
        return (
            f"PushReport({self.records} {self.kind} to {self.provider}: {self.pushed} pushed, "
            f"{self.failed} failed, {self.unknown} unknown, {self.not_sent} not sent{early})"
        )


def syncs_from_json(text: str) -> list[CrmSync]:
    """What `list_syncs` gives."""
    return [CrmSync(**wire) for wire in json.loads(text)]


def fields_from_json(text: str) -> Fields:
    """What `fields` gives."""
    return Fields(Field(**wire) for wire in json.loads(text))


def status_from_json(text: str) -> ConnectionStatus:
    """What `status` gives."""
    return ConnectionStatus(**json.loads(text))


def progress_from_json(text: str) -> PushProgress:
    """A snapshot of a push."""
    wire = cast("dict[str, Any]", json.loads(text))
    waiting = wire.pop("waiting")
    return PushProgress(**wire, waiting=None if waiting is None else Wait(**waiting))


def problems_from_json(text: str) -> tuple[Problem, ...]:
    """Problems of a push under way."""
    return tuple(map(_problem, json.loads(text)))


def _problem(wire: dict[str, Any]) -> Problem:
    outcome = Outcome(wire["outcome"])
    return Problem(
        wire["index"],
        outcome,
        wire["message"],
        wire["record"],
        wire["request_id"],
        # A report that was pickled by an earlier version has none.
        wire.get("retryable", False),
    )


def result_of(reply: native.NativeReply) -> str:
    """The result of a call that is no push, or its exception."""
    if reply.result is None:
        raise_error(reply)
    return reply.result


def report_of(reply: native.NativeReply) -> PushReport:
    """A push's report, whether it comes alone or with an error."""
    told = reply.report()
    if told is None:
        raise_error(reply)
    return _new_report(told)


def _new_report(told: dict[str, Any]) -> PushReport:
    """As `PushReport(…)`, which takes several times as long: a frozen class sets one by one."""
    details = told.pop("details")
    told["outcomes"] = Outcomes(told["outcomes"], told["records"])
    report = object.__new__(PushReport)
    object.__setattr__(report, "__dict__", told)
    try:
        told.update(_NO_DETAILS if details is None else _details(json.loads(details)))
    except MemoryError as error:
        # The counts and outcomes at least.
        told.update(_NO_DETAILS, problems_omitted=told["failed"] + told["unknown"])
        error.report = report  # type: ignore[attr-defined]
        raise
    return report


_NO_DETAILS: dict[str, tuple[()]] = {"problems": (), "messages": (), "_unsent": ()}


def _details(wire: dict[str, Any]) -> dict[str, tuple[Any, ...]]:
    messages = (
        MessageCount(Outcome(entry["outcome"]), entry["message"], entry["count"])
        for entry in wire.get("messages", ())
    )
    return {
        "problems": tuple(map(_problem, wire.get("problems", ()))),
        "messages": tuple(messages),
        "_unsent": tuple((entry["index"], entry["record"]) for entry in wire.get("unsent", ())),
    }


def raise_error(reply: native.NativeReply) -> NoReturn:
    """Raises what the reply says went wrong, the report attached."""
    told = reply.report()
    report = None if told is None else _new_report(told)
    if reply.error is None:
        raise RuntimeError("the native module gave neither result nor error; reinstall graph8-crm")
    raise error_from_json(reply.error, report)


def journal_status(path: str | os.PathLike[str]) -> JournalStatus:
    """What a push's journal tells; it may be in use, and nothing need be writable.

    Raises:
        StorageError: There is no sound journal, or it can't be read.
        ConfigError: The path is empty.
    """
    wire = json.loads(result_of(native.journal_status(os.fspath(path))))
    for name in ("unknown_indexes", "failed_indexes"):
        wire[name] = tuple(wire[name])
    return JournalStatus(**wire)


def read_dead_letter(
    path: str | os.PathLike[str], outcomes: Iterable[Outcome | str] = (Outcome.FAILED,)
) -> list[Any]:
    """The records of a dead-letter file for another try, in its order.

    Args:
        path: The file.
        outcomes: Which records: those whose last outcome is one of these. Default: failed ones;
            look into the CRM before you send unknown ones again.

    Raises:
        StorageError: The file can't be read.
        ConfigError: The path is empty.
    """
    names = [Outcome(outcome).value for outcome in outcomes]
    return cast("list[Any]", json.loads(result_of(native.read_dead_letter(os.fspath(path), names))))
