"""The records of a push that failed, are in doubt or were skipped."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from .._json import JSONObject, fit_for_json, read_with_records
from .outcomes import Outcome
from .plain import as_dict
from .tables import Column, column, json_column

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Problem:
    """A record that failed or whose outcome is unknown."""

    index: int
    """Its place in the input, from 0."""
    outcome: Outcome
    """`Outcome.FAILED` or `Outcome.UNKNOWN`."""
    message: str
    """Why: the message of the service or the CRM, where they gave one."""
    # Customers' data: not in a repr that ends in a log.
    record: JSONObject | None = field(default=None, hash=False, repr=False)
    """The record as it was sent; None when it could not be encoded. What was handed in and is no
    object at all, which is an error of its own, stands here as it came."""
    request_id: str | None = None
    """The service's id of the request that carried it."""
    retryable: bool = False
    """Whether it may simply be sent again as it is: the CRM could not take it at that moment."""

    _columns: ClassVar[tuple[Column, ...]] = (
        column("index", "int"),
        column("outcome", "text", "outcome.value"),
        column("message", "text"),
        json_column("record"),
        column("request_id", "text"),
        column("retryable", "bool"),
    )

    def __iter__(self) -> Iterator[Any]:
        """For `index, outcome, message, record = problem`."""
        return iter((self.index, self.outcome, self.message, self.record))

    def to_dict(self) -> dict[str, Any]:
        """All attributes, fit for JSON: each `Decimal` of the record as the nearest `float`."""
        record = fit_for_json(self.record)
        return as_dict(self) | {"outcome": self.outcome.value, "record": record}


@dataclass(frozen=True, slots=True)
class Skip:
    """A record that was left out on purpose."""

    index: int
    """Its place in the input, from 0."""
    message: str
    """Why, and which record stands for it."""
    record: JSONObject | None = field(default=None, hash=False, repr=False)
    """The record as it would have been sent."""
    existing: tuple[str, ...] = ()
    """The CRM's ids of the contacts that it has in place of this one; none where an earlier record
    of the push stands for it."""

    _columns: ClassVar[tuple[Column, ...]] = (
        column("index", "int"),
        column("message", "text"),
        column("existing", "texts", lambda skip: list(skip.existing)),
        json_column("record"),
    )

    def to_dict(self) -> dict[str, Any]:
        """All attributes, fit for JSON: each `Decimal` of the record as the nearest `float`."""
        return as_dict(self) | {
            "existing": list(self.existing),
            "record": fit_for_json(self.record),
        }


@dataclass(frozen=True, slots=True)
class MessageCount:
    """How many records had a message."""

    outcome: Outcome
    """`Outcome.FAILED`, `Outcome.UNKNOWN` or `Outcome.SKIPPED`."""
    message: str
    """The message of the problems or skips; where theirs names another record, without its
    index."""
    count: int
    """Records."""

    _columns: ClassVar[tuple[Column, ...]] = (
        column("outcome", "text", "outcome.value"),
        column("message", "text"),
        column("count", "int"),
    )

    def to_dict(self) -> dict[str, Any]:
        """All attributes, fit for JSON."""
        return as_dict(self) | {"outcome": self.outcome.value}


@dataclass(frozen=True, slots=True)
class MessageGroup:
    """Records whose messages differ in their values alone."""

    outcome: Outcome
    """`Outcome.FAILED`, `Outcome.UNKNOWN` or `Outcome.SKIPPED`."""
    message: str
    """What their messages have in common; `…` stands for e-mail addresses, ids, numbers, times and
    quoted texts that are not the same in all of them."""
    count: int
    """Records."""
    examples: tuple[int, ...]
    """The places of the first of them in the input, at most five."""

    _columns: ClassVar[tuple[Column, ...]] = (
        column("outcome", "text", "outcome.value"),
        column("message", "text"),
        column("count", "int"),
        column("examples", "ints", lambda group: list(group.examples)),
    )

    def to_dict(self) -> dict[str, Any]:
        """All attributes, fit for JSON."""
        return as_dict(self) | {"outcome": self.outcome.value, "examples": list(self.examples)}


def problems_from_json(text: str) -> tuple[Problem, ...]:
    """Problems of a push under way."""
    return tuple(map(problem_of, read_with_records(text)))


def problem_of(wire: dict[str, Any]) -> Problem:
    """A problem out of the core's JSON."""
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
